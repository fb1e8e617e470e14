"""Server-sent events over a real socket: they come as they are sent, and a dead line is noticed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing

import pytest

from backends.errors import BackendError, NotSignedIn, Refused, TimedOut, Unavailable
from backends.rest import streaming, transfer
from tests.rest.http_stage import on_server
from tests.servers.plain import Given, Request, reply

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"


def _sending(*pieces: bytes, then: asyncio.Event | None = None) -> Callable[[Request], Given]:
    """Return a handler that sends the pieces and keeps the line open until `then`."""

    async def body() -> AsyncGenerator[bytes, None]:
        yield HEAD
        for piece in pieces:
            yield piece
        if then is not None:
            await then.wait()

    return lambda _request: body()


async def test_events_come_in_order_with_their_ids() -> None:
    """Comments are passed over, lines of data joined, ids kept; the request asks to go on after the last one."""
    end = asyncio.Event()
    pieces = (
        b": hello\n\n",
        b"id: 7\nevent: change\nda",
        b"ta: one\ndata: two\n\n: again\n\nid: 8\r\ndata: {}\r\n\r\n",
    )
    async with on_server(_sending(*pieces, then=end)) as (http, server):
        stream = http.stream("events", params={"kind": "ticket"}, last_id="6")
        async with aclosing(stream):
            first = await anext(stream)
            second = await anext(stream)
        assert (first.id, first.event, first.data) == ("7", "change", "one\ntwo")
        assert (second.id, second.json()) == ("8", {})
        request = server.requests[0]
        assert request.target == "/api/events?kind=ticket"
        assert request.headers["last-event-id"] == "6"
        assert request.headers["accept"] == "text/event-stream"
        assert request.headers["authorization"]
        end.set()


async def _all(stream: AsyncIterator[object]) -> list[object]:
    return [event async for event in stream]


async def test_a_stream_that_ends_or_falls_silent_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    """A closed stream and a silent one are told; comments alone keep it alive."""
    async with on_server(_sending(b"data: x\n\n")) as (http, _server):
        with pytest.raises(Unavailable, match="ended") as caught:
            await _all(http.stream("events"))
        assert caught.value.source == "desk"
    monkeypatch.setattr(transfer, "SILENCE", 0.2)
    end = asyncio.Event()
    async with on_server(_sending(b"data: x\n\n", then=end)) as (http, _server):
        with pytest.raises(Unavailable, match="silent"):
            await _all(http.stream("events"))
    end.set()

    async def comments() -> AsyncGenerator[bytes, None]:
        yield HEAD
        for _ in range(6):
            await asyncio.sleep(0.06)
            yield b": still here\n\n"
        yield b"data: late\n\n"

    async with on_server(lambda _: comments()) as (http, _server):
        stream = http.stream("events")
        assert (await anext(stream)).data == "late"


async def test_an_event_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server cannot fill the memory by never ending an event, with or without line ends."""
    monkeypatch.setattr(streaming, "EVENT_LIMIT", 100_000)

    for piece in (b"x" * 10_000, b"data: " + b"x" * 9_000 + b"\n"):
        async with on_server(_sending(*[piece] * 50)) as (http, _server):
            with pytest.raises(Unavailable, match="longer than"):
                await _all(http.stream("events"))
    async with on_server(_sending(*[b"data: " + b"x" * 9_000 + b"\n\n"] * 50)) as (http, _server):
        with pytest.raises(Unavailable, match="ended"):
            await _all(http.stream("events"))


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        (reply(401, {}), NotSignedIn),
        (reply(503, {}), Unavailable),
        (reply(200, [1]), Unavailable),
        (reply(204), Unavailable),
        (reply(302, None, {"Location": "http://elsewhere.invalid/"}), Refused),
        (b"", Unavailable),
    ],
)
async def test_a_stream_that_is_refused_says_so(answer: bytes, raised: type[BackendError]) -> None:
    """Every answer but a stream of events is an error, never a stream without events."""
    async with on_server(lambda _: answer or None) as (http, _server):
        with pytest.raises(raised):
            await _all(http.stream("events"))


async def test_a_stream_that_does_not_begin_costs_the_deadline() -> None:
    """A server that takes the request and says nothing is TimedOut."""
    hold = asyncio.Event()

    async def handler(_request: Request) -> None:
        await hold.wait()

    async with on_server(handler, deadline=0.2) as (http, _server):
        with pytest.raises(TimedOut):
            await _all(http.stream("events"))
        hold.set()


async def test_streams_take_no_place_of_requests() -> None:
    """With one connection allowed, requests go on beside two streams."""
    end = asyncio.Event()
    stream_of = _sending(b"data: x\n\n", then=end)

    def handler(request: Request) -> Given:
        given = stream_of(request) if request.path == "/api/events" else reply(200, [1])
        assert not isinstance(given, str)
        return given

    async with on_server(handler, connections=1) as (http, _server):
        streams = [http.stream("events"), http.stream("events")]
        assert [(await anext(one)).data for one in streams] == ["x", "x"]
        assert (await http.get("x")).json() == [1]
        end.set()


async def test_who_stops_listening_ends_the_connection() -> None:
    """Closing the iterator closes the line at once, not when somebody tidies up."""
    gone = asyncio.Event()

    async def body() -> AsyncGenerator[bytes, None]:
        yield HEAD + b"data: x\n\n"
        try:
            while True:
                await asyncio.sleep(0.01)
                yield b": still here\n\n"
        finally:
            gone.set()

    async with on_server(lambda _: body()) as (http, _server):
        stream = http.stream("events")
        assert (await anext(stream)).data == "x"
        await stream.aclose()
        await asyncio.wait_for(gone.wait(), 10)
