"""A softphone's event port: netstrings of JSON over a real connection that breaks, comes back, and says anything."""

from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.records import Direction
from console.calls.call import CallState, Heard
from console.calls.exchange import Address
from console.calls.netstrings import LARGEST, Broken, Netstrings, framed
from console.calls.softphone import follow, heard_in

INCOMING = {
    "event": True,
    "type": "CALL_INCOMING",
    "class": "call",
    "accountaor": "sip:agent@127.0.0.1:15060",
    "direction": "incoming",
    "peeruri": "sip:+358405550101@127.0.0.1:27777",
    "peerdisplayname": "Aino Virtanen",
    "id": "1-17785@127.0.0.1",
    "param": "…",
}


def event(**more: object) -> bytes:
    """Return a message of the softphone."""
    return json.dumps({**INCOMING, **more}).encode()


def test_the_events_of_a_call() -> None:
    """Ringing, answered, closed; in and out; nothing else is news."""
    heard = heard_in(event())
    assert heard is not None
    assert (heard.state, heard.id, heard.name) == (CallState.RINGING, "1-17785@127.0.0.1", "Aino Virtanen")
    assert (heard.number, heard.dialled) == ("sip:+358405550101@127.0.0.1:27777", "sip:agent@127.0.0.1:15060")
    answered, closed = heard_in(event(type="CALL_ESTABLISHED")), heard_in(event(type="CALL_CLOSED", param="reset"))
    assert answered is not None
    assert answered.state is CallState.ANSWERED
    assert closed is not None
    assert (closed.state, closed.cause) == (CallState.ENDED, "reset")
    outgoing = heard_in(event(type="CALL_OUTGOING", direction="outgoing"))
    assert outgoing is not None
    assert outgoing.direction is Direction.OUTBOUND
    for other in (event(type="REGISTER_OK"), event(event=False), event(id=""), b'{"response":true,"ok":true}', b"[]"):
        assert heard_in(other) is None


@given(st.lists(st.binary(max_size=40), max_size=6), st.lists(st.integers(1, 7), max_size=60))
def test_netstrings_are_whole_however_they_arrive(messages: list[bytes], cuts: list[int]) -> None:
    """Cut anywhere, every message comes out once, in order."""
    stream = b"".join(framed(message) for message in messages)
    netstrings, found, at = Netstrings(), [], 0
    for size in cuts:
        found += netstrings.feed(stream[at : at + size])
        at += size
    found += netstrings.feed(stream[at:])
    assert found == messages


@given(st.binary(max_size=100))
def test_no_bytes_break_the_reading(raw: bytes) -> None:
    """They are messages, a beginning of one, or refused; never more than was sent."""
    try:
        found = Netstrings().feed(raw)
    except Broken:
        return
    assert sum(map(len, found)) <= len(raw)
    for message in found:
        heard_in(message)


@pytest.mark.parametrize(
    "raw", [b"x", b"999999:", b"12345678", b"03:abc,", b":,", b"3:abcx", b"-1:", b"%d:" % (LARGEST + 1)]
)
def test_what_is_no_netstring_is_refused_at_once(raw: bytes) -> None:
    """Nothing is collected for ever in the hope of a comma."""
    with pytest.raises(Broken):
        Netstrings().feed(raw)


@given(st.recursive(st.none() | st.text(max_size=9) | st.integers() | st.booleans(), lambda x: st.lists(x, max_size=3)))
def test_odd_values_are_nothing(value: object) -> None:
    """A number, a name, an id of any type: news in clean text, or none."""
    heard = heard_in(event(peeruri=value, peerdisplayname=value, id=value, accountaor=value))
    assert heard is None or "\x1b" not in heard.name + heard.number + heard.id


async def test_the_line_to_the_softphone_comes_back() -> None:
    """It is told when it is lost and found; noise ends the connection, and not the listening."""
    heard: list[Heard] = []
    told: list[bool] = []
    sent = [event(id="1"), b"", event(id="2")]
    heard_second = asyncio.Event()

    meetings: list[asyncio.Task[None] | None] = []

    async def met(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        meetings.append(asyncio.current_task())
        message = sent.pop(0) if sent else b""
        writer.write(framed(message) if message else b"noise that is no netstring")
        await writer.drain()
        if not sent:
            await heard_second.wait()
        writer.close()
        await writer.wait_closed()

    def hear(one: Heard) -> None:
        heard.append(one)
        if one.id == "2":
            heard_second.set()

    server = await asyncio.start_server(met, "127.0.0.1", 0)
    address = Address("127.0.0.1", server.sockets[0].getsockname()[1])
    task = asyncio.create_task(follow(address, hear, told.append, first_pause=0.01))
    await asyncio.wait_for(heard_second.wait(), 20)
    task.cancel()
    await asyncio.gather(task, *(one for one in meetings if one), return_exceptions=True)
    server.close()
    assert [one.id for one in heard] == ["1", "2"]
    assert told[:4] == [True, False, True, False]


async def test_a_softphone_that_is_not_there_is_told_once() -> None:
    """And tried again, without a word each time."""
    told: list[bool] = []
    lost = asyncio.Event()

    def tell(connected: bool) -> None:
        told.append(connected)
        lost.set()

    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    task = asyncio.create_task(follow(Address("127.0.0.1", port), lambda _heard: None, tell, first_pause=0.001))
    await asyncio.wait_for(lost.wait(), 20)
    for _turn in range(50):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert told == [False]
