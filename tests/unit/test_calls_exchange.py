"""The listener for exchanges, over real connections: who may tell it something, and what no bytes can make it do."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.calls.call import Heard
from console.calls.exchange import MOST, Address, Exchange, address_in, is_loopback
from console.calls.http import BODY, HEAD

BODY_TEXT = b"event=newCall&from=493055571600&to=49221470334&direction=in&callId=1"
TOKEN = "s3cret-of-the-exchange"
PIECES = [
    b"POST ", b"/cti ", b"HTTP/1.1", b"\r\n", b"\r\n\r\n", b"Content-Length: ", b"7", b":", b"\x00", b"\xff",
    b"Transfer-Encoding: chunked\r\n",
]  # fmt: skip


@asynccontextmanager
async def listening(token: str = "", seconds: float = 2.0) -> AsyncIterator[tuple[Exchange, list[Heard]]]:
    """Run a listener on this computer; gives it and what it heard."""
    heard: list[Heard] = []
    exchange = Exchange(Address("127.0.0.1", 0), heard.append, token, seconds)
    await exchange.start()
    try:
        yield exchange, heard
    finally:
        await exchange.stop()


async def said(exchange: Exchange, raw: bytes, *, end: bool = True) -> bytes:
    """Return everything that is answered to some bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", exchange.port)
    try:
        writer.write(raw)
        await writer.drain()
        if end:
            writer.write_eof()
        return await asyncio.wait_for(reader.read(), 10)
    except ConnectionError:
        return b""
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


def post(path: str = "/cti", body: bytes = BODY_TEXT, **headers: str) -> bytes:
    """Return a request as an exchange sends it."""
    given = {
        "Host": "127.0.0.1:5088",
        "Content-Type": "application/x-www-form-urlencoded",
        "Content-Length": str(len(body)),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items() if value)
    return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body


def status(answer: bytes) -> int:
    """Return the status of an answer, 0 for none."""
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0


@pytest.mark.parametrize("path", ["/cti", "/api/v1/cti/", "/api/v1/cti/any-token"])
async def test_an_exchange_on_this_computer_is_heard(path: str) -> None:
    """Without a token, at the path that exchanges know; it gets an empty object."""
    async with listening() as (exchange, heard):
        answer = await said(exchange, post(path))
        assert status(answer) == 200
        assert answer.endswith(b"\r\n\r\n{}")
        assert [one.number for one in heard] == ["493055571600"]


async def test_sipgate_is_told_where_to_tell_more() -> None:
    """Later news goes to the address that the first came to."""
    async with listening() as (exchange, _heard):
        answer = await said(exchange, post("/sipgate/in", Host="localhost:5088"))
        assert b'onAnswer="http://localhost:5088/sipgate/in"' in answer
        assert b"Content-Type: application/xml" in answer


async def test_sipgate_finds_back_through_a_proxy_with_its_token() -> None:
    """Else nothing would be told of answering and hanging up."""
    async with listening(TOKEN) as (exchange, _heard):
        raw = post(f"/sipgate/in?token={TOKEN}", BODY_TEXT, Host="desk.example", X_Forwarded_Proto="https")
        answer = await said(exchange, raw)
        assert f'onHangup="https://desk.example/sipgate/in?token={TOKEN}"'.encode() in answer


async def test_a_body_in_chunks_is_read() -> None:
    """Some exchanges do not know the length of what they send."""
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (BODY_TEXT[:10], BODY_TEXT[10:])) + b"0\r\n\r\n"
    async with listening() as (exchange, heard):
        raw = post(body=b"", Content_Length="", Transfer_Encoding="chunked") + chunks
        assert status(await said(exchange, raw)) == 200
        assert len(heard) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Referer": "https://evil.example/"},
        {"Host": "rebound.example"},
        {"Host": ""},
    ],
)
async def test_a_page_in_a_browser_is_turned_away(headers: dict[str, str]) -> None:
    """Whatever page the agent has open may send forms to this computer."""
    async with listening() as (exchange, heard):
        assert status(await said(exchange, post("/cti", BODY_TEXT, **headers))) == 403
        assert heard == []


@pytest.mark.parametrize(
    ("path", "headers", "expected"),
    [
        ("/cti", {}, 403),
        ("/cti/wrong", {}, 403),
        (f"/cti/{TOKEN}x", {}, 403),
        (f"/cti/{TOKEN}", {}, 200),
        (f"/api/v1/cti/{TOKEN}", {"Host": "desk.example"}, 200),
        (f"/sipgate/in?token={TOKEN}", {}, 200),
        ("/cti", {"Authorization": f"Bearer {TOKEN}"}, 200),
        ("/cti", {"Authorization": "Basic " + base64.b64encode(f"pbx:{TOKEN}".encode()).decode()}, 200),
        ("/cti", {"Authorization": "Basic !!!"}, 403),
    ],
)
async def test_with_a_token_nothing_else_opens(path: str, headers: dict[str, str], expected: int) -> None:
    """In the path, in the query, or as credentials."""
    async with listening(TOKEN) as (exchange, heard):
        assert status(await said(exchange, post(path, BODY_TEXT, **headers))) == expected
        assert len(heard) == (expected == 200)


async def test_others_are_listened_to_only_with_a_token() -> None:
    """An address that others reach is refused before anything listens there."""
    with pytest.raises(PermissionError):
        await Exchange(Address("0.0.0.0", 0), lambda _heard: None).start()


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"GET /cti HTTP/1.1\r\nHost: localhost\r\n\r\n", 405),
        (post("/nothing"), 404),
        (post(body=b"event=reboot&callId=1"), 400),
        (post(body=b"{}", Content_Type="text/xml"), 415),
        (post(Content_Length="-1"), 400),
        (post(Content_Length=str(BODY + 1)), 413),
        (post(Content_Length="9" * 40), 413),
        (post(Transfer_Encoding="chunked"), 400),
        (post(body=b"", Content_Length="", Transfer_Encoding="gzip"), 501),
        (post(body=b"zz\r\n", Content_Length="", Transfer_Encoding="chunked"), 400),
        (post(body=b"fffffff\r\n", Content_Length="", Transfer_Encoding="chunked"), 413),
        (post(Expect="something"), 417),
        (b"POST /cti HTTP/2.0\r\n\r\n", 505),
        (b"POST /cti HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"POST /cti HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"POST /cti HTTP/1.1\r\nBad Name: 1\r\n\r\n", 400),
        (b"POST /cti HTTP/1.1\r\n" + b"X: 1\r\n" * 100 + b"\r\n", 431),
        (b"POST /" + b"a" * (2 * HEAD) + b" HTTP/1.1\r\n\r\n", 431),
        (b"\x16\x03\x01\x02\x00\r\n\r\n", 400),
        (b"\r\n\r\n\r\n\r\n", 400),
    ],
)
async def test_what_is_no_request_is_refused(raw: bytes, expected: int) -> None:
    """With the status that says why; the next request is heard all the same."""
    async with listening() as (exchange, heard):
        assert status(await said(exchange, raw)) == expected
        assert heard == []
        assert status(await said(exchange, post())) == 200


async def test_who_is_slow_is_dropped() -> None:
    """A connection that says nothing, or half of something, holds its place for a while and no longer."""
    async with listening(seconds=0.2) as (exchange, heard):
        assert await said(exchange, b"", end=False) == b""
        assert await said(exchange, post()[:-5], end=False) == b""
        assert heard == []


async def test_many_at_once_leave_room() -> None:
    """Whoever opens all connections is dropped in time, and the exchange is heard again."""
    async with listening(seconds=0.3) as (exchange, heard):
        held = [await asyncio.open_connection("127.0.0.1", exchange.port) for _number in range(MOST)]
        assert status(await said(exchange, post())) == 503
        for reader, writer in held:
            assert await asyncio.wait_for(reader.read(), 10) == b""
            writer.close()
            await writer.wait_closed()
        assert status(await said(exchange, post())) == 200
        assert len(heard) == 1


async def test_a_fault_of_ours_ends_nothing() -> None:
    """Whatever goes wrong while news is taken in, the exchange is answered and the listener goes on."""

    def fails(_heard: Heard) -> None:
        raise RuntimeError

    exchange = Exchange(Address("127.0.0.1", 0), fails)
    await exchange.start()
    try:
        assert status(await said(exchange, post())) == 500
        assert status(await said(exchange, post())) == 500
    finally:
        await exchange.stop()


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.one_of(
        st.binary(max_size=400),
        st.binary(max_size=80).map(lambda body: post(body=body)),
        st.lists(st.sampled_from(PIECES), max_size=30).map(b"".join),
    )
)
async def test_no_bytes_break_the_listener(raw: bytes) -> None:
    """Each connection gets one answer or none, and the next one is served."""
    async with listening() as (exchange, _heard):
        answer = await said(exchange, raw)
        assert answer == b"" or status(answer) >= 200 or answer.startswith(b"HTTP/1.1 100")
        assert status(await said(exchange, post())) == 200


def test_addresses() -> None:
    """A port alone is meant on this computer; what is no address is none."""
    assert address_in("5088") == Address("127.0.0.1", 5088)
    assert address_in("localhost:5088") == Address("127.0.0.1", 5088)
    assert address_in("[::1]:80") == Address("::1", 80)
    assert address_in("desk.example", 4444) == Address("desk.example", 4444)
    for text in ("", "x:y", "host:99999", "a b:80", "desk.example"):
        assert address_in(text) is None, text
    assert is_loopback("127.8.8.8")
    assert is_loopback("::1")
    assert not is_loopback("0.0.0.0")
    assert not is_loopback("desk.example")
