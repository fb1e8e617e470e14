"""What a server takes upon itself, and what it does with who asks for more."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from backends.errors import Busy
from backends.memory import MemoryBackend
from backends.serve.office import Limits
from tests.serve.standing import Standing, standing


def _as(served: Standing, *roles: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {served.token(*roles)}"}


async def _raw(served: Standing, sent: bytes) -> bytes:
    """Send bytes over a socket of our own and return all that comes until the server hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.server.listening_port)
    writer.write(sent)
    await writer.drain()
    found = b""
    try:
        async with asyncio.timeout(10):
            while piece := await reader.read(65_536):
                found += piece
    except ConnectionResetError:
        pass
    finally:
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)
    return found


async def test_a_body_that_is_too_long_is_refused(tmp_path: Path) -> None:
    """Declared or not, more bytes than the limit are 413, and no more of them are read."""

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b" " * 100

    async with standing(tmp_path, limits=Limits(rate=0, body=1_000)) as served, served.http() as http:
        for body in (b" " * 1_001, pieces()):
            answer = await http.post("desk/v1/search", content=body)
            assert (answer.status_code, answer.json()["code"]) == (413, "refused")
        assert (await http.post("desk/v1/search", json={"text": "x"})).status_code == 200


async def test_who_asks_too_often_is_told_when_to_come_again(tmp_path: Path) -> None:
    """Each token has a rate of its own; beyond it is 429 with Retry-After, and the client raises Busy."""
    async with standing(tmp_path, limits=Limits(rate=0.001, burst=3)) as served:
        one, other = _as(served), _as(served)
        async with httpx.AsyncClient(base_url=served.base) as http:
            codes = [(await http.get("desk/v1/operators", headers=one)).status_code for _ in range(4)]
            assert codes == [200, 200, 200, 429]
            answer = await http.get("desk/v1/operators", headers=one)
            assert int(answer.headers["retry-after"]) >= 1
            assert (await http.get("desk/v1/operators", headers=other)).status_code == 200
            assert [(await http.get("desk/v1/about")).status_code for _ in range(4)] == [401, 401, 401, 429]
        client = served.client(deadline=1.0)
        await client.open()
        answers = await asyncio.gather(*(client.operators() for _ in range(5)), return_exceptions=True)
        assert {type(answer) for answer in answers} == {tuple, Busy}
        await client.close()


class Slow(MemoryBackend):
    """A store whose operators are long in coming."""

    def __init__(self) -> None:
        super().__init__()
        self.go = asyncio.Event()
        self.asked = 0

    async def operators(self) -> Any:
        self.asked += 1
        await self.go.wait()
        return await super().operators()


async def test_only_so_much_is_worked_on_at_once(tmp_path: Path) -> None:
    """Beyond the limit a request is told to come again; health answers all the same."""
    slow = Slow()
    async with standing(tmp_path, limits=Limits(rate=0, at_once=2), backend=slow) as served, served.http() as http:
        waiting = [asyncio.create_task(http.get("desk/v1/operators")) for _ in range(2)]
        async with asyncio.timeout(10):
            while slow.asked < 2:
                await asyncio.sleep(0.01)
        answer = await http.get("desk/v1/about")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        slow.go.set()
        assert [(await task).status_code for task in waiting] == [200, 200]


async def test_a_request_may_take_only_so_long(tmp_path: Path) -> None:
    """A backend that does not answer is 504; the place it took is free again."""
    async with (
        standing(tmp_path, limits=Limits(rate=0, at_once=1, seconds=0.2), backend=Slow()) as served,
        served.http() as http,
    ):
        for _ in range(2):
            answer = await http.get("desk/v1/operators")
            assert (answer.status_code, answer.json()["code"]) == (504, "timed_out")


async def test_who_sends_a_head_too_slowly_is_hung_up_on(tmp_path: Path) -> None:
    """Half a head, or none, does not hold a connection; the first request and later ones alike."""
    async with standing(tmp_path, limits=Limits(rate=0, headers_seconds=0.3)) as served:
        assert await _raw(served, b"") == b""
        assert await _raw(served, b"GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: ") == b""
        twice = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\nGET /hea"
        assert (await _raw(served, twice)).startswith(b"HTTP/1.1 200")


async def test_who_sends_a_body_too_slowly_is_told_so(tmp_path: Path) -> None:
    """A body that does not come is 408."""
    async with standing(tmp_path, limits=Limits(rate=0, body_seconds=0.3, headers_seconds=1.0)) as served:
        token = served.token()
        head = (
            f"POST /desk/v1/search HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Length: 9\r\n\r\n{{"
        )
        assert (await _raw(served, head.encode())).startswith(b"HTTP/1.1 408")


async def test_a_head_that_is_too_long_is_refused(tmp_path: Path) -> None:
    """Endless headers are cut off."""
    async with standing(tmp_path) as served:
        assert (await _raw(served, b"GET /health HTTP/1.1\r\nX: " + b"x" * 200_000)).startswith(b"HTTP/1.1 400")


async def test_only_so_many_listen(tmp_path: Path) -> None:
    """Streams have a limit of their own."""
    limits = Limits(rate=0, listeners=1)
    async with (
        standing(tmp_path, limits=limits) as served,
        served.http() as http,
        http.stream("GET", "desk/v1/events") as one,
    ):
        assert one.status_code == 200
        assert (await http.get("desk/v1/events")).status_code == 503


@pytest.mark.parametrize("limit", [0, -1, 1_001, "9", None, 2**70])
async def test_an_answer_has_so_many_rows_at_most(tmp_path: Path, limit: object) -> None:
    """A page that is asked for is of a sensible size."""
    async with standing(tmp_path) as served, httpx.AsyncClient(base_url=served.base, headers=_as(served)) as http:
        for path in ("tickets", "queue", "audit"):
            answer = await http.post(f"desk/v1/{path}", json={"limit": limit})
            assert (answer.status_code, answer.json()["error"]["field"]) == (422, "limit")


async def test_faults_are_not_described_to_clients(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What nobody expected is an id for the client, and a place without words for the log."""

    class Broken(MemoryBackend):
        async def agents(self) -> Any:
            raise RuntimeError("customer Nowak has a secret")

    async with standing(tmp_path, backend=Broken()) as served, served.http() as http:
        answer = await http.get("desk/v1/agents")
        assert (answer.status_code, answer.json()["code"]) == (500, "internal")
        assert (await http.get("desk/v1/operators")).status_code == 200
    assert "Nowak" not in answer.text
    assert "RuntimeError" in caplog.text
    assert "Nowak" not in caplog.text


async def test_answers_are_not_kept_by_who_passes_them_on(tmp_path: Path) -> None:
    """Personal data is not to be cached, and nothing is to be guessed about its type."""
    async with standing(tmp_path) as served, httpx.AsyncClient(base_url=served.base, headers=_as(served)) as http:
        for path in ("desk/v1/operators", "desk/v1/nowhere", "health"):
            answer = await http.get(path)
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert "server" not in answer.headers


async def test_metrics_name_nobody(tmp_path: Path) -> None:
    """Requests are counted by route, method and status; keys and names do not appear."""
    async with standing(tmp_path) as served:
        headers = _as(served, "monitor")
        async with httpx.AsyncClient(base_url=served.base) as http:
            await http.post("desk/v1/search", json={"text": "nowak"}, headers=_as(served))
            await http.get("desk/v1/nowak-was-here", headers=_as(served))
            told = await http.get("metrics", headers=headers)
    assert 'cordboard_requests_total{method="POST",route="/desk/v1/search",status="200"} 1' in told.text
    assert 'route="other",status="404"} 1' in told.text
    assert "nowak" not in told.text
    assert told.headers["content-type"].startswith("text/plain; version=0.0.4")


def test_nothing_is_listened_for_in_the_clear() -> None:
    """Without a certificate, an address that others can reach is refused before anything is opened."""
    from backends.errors import Invalid
    from backends.serve.running import Address

    for host in ("0.0.0.0", "::", socket.gethostname(), "192.0.2.1"):
        with pytest.raises(Invalid):
            Address(host).check()
    Address("0.0.0.0", behind_proxy=True).check()
    Address("127.0.0.1").check()
