"""The doorbell: whoever may ring makes us look at our own source at once, and can do nothing else."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from backends.contract.living import Listener
from backends.feeds.alertmanager import open_url
from backends.feeds.push import BODY_LIMIT, HEAD_LIMIT, MOST_CALLERS, Doorbell
from tests.servers.alertmanager import free_port
from tests.servers.plain import PlainServer, Request, reply

PATIENCE = 10.0


async def _ring(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        async with asyncio.timeout(PATIENCE):
            return (await reader.read()).split(b"\r\n")[0]
    except ConnectionResetError:
        return b"reset"
    finally:
        writer.close()


def _post(body: bytes = b"{}", head: bytes = b"", length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    return b"POST /any HTTP/1.1\r\nHost: x\r\n%bContent-Length: %d\r\n\r\n%b" % (head, size, body)


async def _hung(token_file: str = "") -> tuple[Doorbell, list[int]]:
    rung: list[int] = []
    bell = Doorbell("127.0.0.1:0", token_file)
    await bell.hang(lambda: rung.append(1))
    assert not bell.fault
    return bell, rung


async def test_a_post_rings() -> None:
    """Any POST rings, whatever it holds; the answer is short and the line closed."""
    bell, rung = await _hung()
    assert await _ring(bell.port, _post()) == b"HTTP/1.1 200 OK"
    assert await _ring(bell.port, _post(b"\x00\xff" * 1_000)) == b"HTTP/1.1 200 OK"
    assert len(rung) == 2
    await bell.take_down()
    await bell.take_down()


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 405"),
        (b"POST /\r\n" + b"x: y\r\n" * HEAD_LIMIT + b"\r\n", b"HTTP/1.1 400"),
        (_post(length=BODY_LIMIT + 1), b"HTTP/1.1 413"),
        (_post(length=-1), b"HTTP/1.1 413"),
        (_post(head=b"Content-Length: many\r\n").replace(b"Content-Length: 2", b"X: 2"), b"HTTP/1.1 413"),
    ],
    ids=["get", "head", "body", "negative", "words"],
)
async def test_odd_callers_are_turned_away(request_bytes: bytes, status: bytes) -> None:
    """Other methods, endless heads and bodies do not ring."""
    bell, rung = await _hung()
    assert (await _ring(bell.port, request_bytes))[:12] in (status, b"reset")
    assert rung == []
    await bell.take_down()


async def test_a_token_keeps_strangers_out(tmp_path: Path) -> None:
    """With a token file only who knows the token rings."""
    file = tmp_path / "token"
    file.write_text("  s3cret\n")
    bell, rung = await _hung(str(file))
    for head in (b"", b"Authorization: Bearer wrong\r\n", b"Authorization: s3cret\r\n"):
        assert await _ring(bell.port, _post(head=head)) == b"HTTP/1.1 401 Unauthorized"
    assert rung == []
    assert await _ring(bell.port, _post(head=b"Authorization: Bearer s3cret\r\n")) == b"HTTP/1.1 200 OK"
    assert len(rung) == 1
    await bell.take_down()


@pytest.mark.parametrize("content", [None, " \n"])
async def test_without_its_token_nobody_rings(tmp_path: Path, content: str | None) -> None:
    """A token file that is missing or empty does not open the door to all: there is no door, and that is told."""
    file = tmp_path / "token"
    if content is not None:
        file.write_text(content)
    bell = Doorbell("127.0.0.1:0", str(file))
    await bell.hang(lambda: None)
    assert bell.fault


async def test_a_taken_port_is_no_error() -> None:
    """A second console on the same computer polls all the same, and `fault` says why nobody can ring there."""
    bell, _rung = await _hung()
    other = Doorbell(f"127.0.0.1:{bell.port}")
    await other.hang(lambda: None)
    assert other.fault
    await other.take_down()
    await bell.take_down()


async def test_many_callers_do_not_hold_it_up() -> None:
    """Callers that say nothing take no more than so many places, and are let go when it is taken down."""
    bell, rung = await _hung()
    silent = [await asyncio.open_connection("127.0.0.1", bell.port) for _ in range(MOST_CALLERS)]
    async with asyncio.timeout(PATIENCE):
        while len(bell._callers) < MOST_CALLERS:
            await asyncio.sleep(0.01)
    assert await _ring(bell.port, _post()) in (b"HTTP/1.1 503 Busy", b"reset")
    assert rung == []
    await bell.take_down()
    for _reader, writer in silent:
        writer.close()


async def test_a_push_cannot_forge_an_outage() -> None:
    """A forged push makes us ask the source, once more and not at every ring; what is shown is what the source says."""
    asked: list[str] = []

    def answer(request: Request) -> bytes:
        asked.append(request.path)
        return reply(200, {"uptime": "x"} if request.path.endswith("status") else [])

    port = free_port()
    async with PlainServer(answer) as server:
        options = {"listen": f"127.0.0.1:{port}"}
        backend = open_url(f"alertmanager+{server.url}/", poll=600.0, options=options)
        await backend.open()
        listener = Listener(backend.events(), PATIENCE)
        async with asyncio.timeout(PATIENCE):
            while backend._doorbell is None or backend._doorbell._server is None:
                await asyncio.sleep(0.01)
        before = len(asked)
        forged = b'{"status":"firing","alerts":[{"labels":{"town":"Radom"},"status":"firing"}]}'
        for _ in range(50):
            await _ring(port, _post(forged))
        async with asyncio.timeout(PATIENCE):
            while len(asked) == before:
                await asyncio.sleep(0.01)
        assert len(asked) - before < 40
        assert await backend.outages() == ()
        assert listener.heard == []
        await listener.stop()
        await backend.close()
