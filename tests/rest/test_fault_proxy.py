"""The fault proxy does what a fault says and counts what the server has got, or no test with it proves anything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import httpx
import pytest

from tests.servers.faulty import (
    DROP_AFTER,
    DROP_BEFORE,
    GARBAGE,
    HANG,
    PASS,
    TRUNCATED,
    Fault,
    FaultProxy,
    Kind,
    Storm,
    delay,
    drip,
    error,
    redirect,
    too_many,
)
from tests.servers.plain import Given, PlainServer, Request, reply

ROWS = {"rows": list(range(50))}


def _rows(_request: Request) -> bytes:
    return reply(200, ROWS)


async def _posted(proxy: FaultProxy, seconds: float = 5.0) -> httpx.Response:
    async with httpx.AsyncClient(timeout=seconds, trust_env=False) as client:
        return await client.post(proxy.url + "/notes?page=1", json={"text": "zażółć"})


@pytest.mark.parametrize(
    ("fault", "wrong"),
    [
        (DROP_BEFORE, httpx.RemoteProtocolError | httpx.ReadError),
        (DROP_AFTER, httpx.RemoteProtocolError | httpx.ReadError),
        (TRUNCATED, httpx.RemoteProtocolError),
        (HANG, httpx.ReadTimeout),
    ],
)
async def test_a_lost_answer_fails_and_the_server_got_it_or_not(fault: Fault, wrong: type[Exception]) -> None:
    """What drops before forwarding never reaches the server; what drops after has reached it, once, body and all."""
    async with PlainServer(_rows) as server, FaultProxy(server.url, [fault]) as proxy:
        with pytest.raises(httpx.TransportError) as caught:
            await _posted(proxy, 0.3 if fault is HANG else 5.0)
        assert isinstance(caught.value, wrong)
        assert len(server.requests) == proxy.forwarded["POST"] == int(fault.forwarded)
        assert proxy.struck == {fault.kind: 1}
        if fault.forwarded:
            assert server.requests[0].body == '{"text":"zażółć"}'.encode()
        assert (await _posted(proxy)).json() == ROWS


@pytest.mark.parametrize(
    ("fault", "status", "forwarded"),
    [
        (PASS, 200, 1),
        (delay(0.01), 200, 1),
        (drip(0.02), 200, 1),
        (GARBAGE, 200, 1),
        (too_many(7), 429, 0),
        (error(500), 500, 0),
        (error(500, forwarded=True), 500, 1),
        (redirect("http://elsewhere.invalid/x"), 307, 0),
    ],
)
async def test_a_spoilt_answer_has_the_status_of_its_fault(fault: Fault, status: int, forwarded: int) -> None:
    """Each fault that answers gives its status and its header, and only garbage and refusals lose the body."""
    async with PlainServer(_rows) as server, FaultProxy(server.url, [fault]) as proxy:
        answer = await _posted(proxy)
        assert (answer.status_code, len(server.requests)) == (status, forwarded)
        assert answer.headers.get("retry-after", "") == fault.retry_after
        assert answer.headers.get("location", "") == fault.target
        if status == 200 and fault is not GARBAGE:
            assert answer.json() == ROWS
            assert server.requests[0].target == "/notes?page=1"
            assert server.requests[0].headers["host"] == proxy.url.removeprefix("http://")
        elif status == 200:
            with pytest.raises(ValueError):
                answer.json()


async def test_a_storm_repeats_itself_and_can_be_confined_to_writes() -> None:
    """The same seed strikes the same requests with the same faults; methods that are not meant pass."""

    async def course(seed: int) -> list[Kind]:
        async with PlainServer(_rows) as server:
            storm = Storm(seed, 0.5, (error(500), error(502), too_many(0)))
            async with (
                FaultProxy(server.url, storm=storm, only=["post"]) as proxy,
                httpx.AsyncClient(trust_env=False) as client,
            ):
                for _ in range(12):
                    await client.post(proxy.url)
                    assert (await client.get(proxy.url)).status_code == 200
                proxy.calm()
                assert (await client.post(proxy.url)).status_code == 200
                return [one.fault.kind for one in proxy.seen if one.method == "POST"]

    assert await course(3) == await course(3) != await course(4)


async def test_what_never_ends_passes_as_it_comes() -> None:
    """A stream's first event is there before the second is sent."""
    go_on = asyncio.Event()

    async def events() -> AsyncGenerator[bytes, None]:
        yield b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: one\n\n"
        await go_on.wait()
        yield b"data: two\n\n"

    def handler(_request: Request) -> Given:
        return events()

    async with (
        PlainServer(handler) as server,
        FaultProxy(server.url) as proxy,
        httpx.AsyncClient(trust_env=False) as client,
        client.stream("GET", proxy.url) as answer,
    ):
        pieces = answer.aiter_text()
        assert await anext(pieces) == "data: one\n\n"
        go_on.set()
        assert await anext(pieces) == "data: two\n\n"


async def test_a_server_that_is_down_comes_back_at_the_same_address() -> None:
    """While it is down connections are refused; afterwards the same URL answers."""
    async with PlainServer(_rows) as server, FaultProxy(server.url) as proxy:
        before = proxy.url
        await proxy.down()
        with pytest.raises(httpx.ConnectError):
            await _posted(proxy)
        await proxy.up()
        assert proxy.url == before
        assert (await _posted(proxy)).status_code == 200
