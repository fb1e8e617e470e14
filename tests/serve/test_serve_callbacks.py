"""Callbacks: told with patience, and never to where a caller has no business."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from backends.contract.samples import a_customer, an_operator, an_outage
from backends.errors import Invalid
from backends.port import Batch, Put
from backends.serve import hub
from tests.serve.standing import standing


class Ear:
    """A server that is called back; it answers with the statuses given, the last one for ever."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses) or [204]
        self.heard: list[dict[str, Any]] = []
        self.calls = 0
        self.port = 0
        self._more = asyncio.Event()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read one request and answer it."""
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        body = json.loads(await reader.readexactly(length))
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        self.calls += 1
        if status < 300:
            self.heard.append(body)
        location = b"Location: http://169.254.169.254/\r\n" if status == 307 else b""
        writer.write(b"HTTP/1.1 %d x\r\n%sContent-Length: 0\r\nConnection: close\r\n\r\n" % (status, location))
        await writer.drain()
        writer.close()
        self._more.set()

    async def until(self, calls: int) -> None:
        """Wait until there were so many calls."""
        async with asyncio.timeout(10):
            while self.calls < calls:
                self._more.clear()
                await self._more.wait()


@asynccontextmanager
async def _ear(*statuses: int) -> AsyncIterator[Ear]:
    ear = Ear(*statuses)
    server = await asyncio.start_server(ear.take, "127.0.0.1", 0)
    ear.port = server.sockets[0].getsockname()[1]
    try:
        yield ear
    finally:
        server.close()
        await server.wait_closed()


async def test_a_callback_is_told_what_the_stream_tells(tmp_path: Path) -> None:
    """Registered, told of each event with an id, and no more after it was dropped; over a restart as well."""
    async with _ear() as ear:
        async with standing(tmp_path, hosts=["127.0.0.1"]) as served, served.http() as http:
            answer = await http.post("desk/v1/hub", json={"callback": f"http://127.0.0.1:{ear.port}/x"})
            assert answer.status_code == 201
            location = answer.headers["location"]
            receipt = await served.office.backend.write(Batch((Put(an_outage()),), "ola"))
            await ear.until(1)
            assert receipt.changes[0].after is not None
            assert ear.heard[0]["event"]["@type"] == "outage_changed"
            assert ear.heard[0]["event"]["key"] == receipt.changes[0].after.key
            assert ear.heard[0]["id"]
        async with standing(tmp_path, hosts=["127.0.0.1"]) as served:
            await served.office.backend.write(Batch((Put(an_outage()),), "ola"))
            await ear.until(2)
            async with served.http() as other:
                assert (await other.delete(location.lstrip("/"))).status_code == 404, "it is another token's"
            owner = served.office.ledger.hooks()[0].owner
            served.office.hub.remove(owner, hub.FORM, location.rpartition("/")[2])
            assert served.office.ledger.hooks() == ()


async def test_a_callback_that_fails_is_called_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """5xx and 429 are tried again with growing pauses; what follows comes after it, in order."""
    monkeypatch.setattr(hub, "TRIES", (0.0, 0.01, 0.01))
    async with _ear(503, 429, 204) as ear, standing(tmp_path, hosts=["127.0.0.1"]) as served, served.http() as http:
        await http.post("desk/v1/hub", json={"callback": f"http://127.0.0.1:{ear.port}/"})
        for _ in range(2):
            await served.office.backend.write(Batch((Put(an_outage()),), "ola"))
        await ear.until(4)
        cursors = [int(each["event"]["cursor"]) for each in ear.heard]
        assert cursors == sorted(cursors)
        assert len(cursors) == 2


async def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    """A callback cannot send the server elsewhere."""
    async with _ear(307) as ear, standing(tmp_path, hosts=["127.0.0.1"]) as served, served.http() as http:
        await http.post("desk/v1/hub", json={"callback": f"http://127.0.0.1:{ear.port}/"})
        await served.office.backend.write(Batch((Put(an_outage()),), "ola"))
        await ear.until(1)


async def test_a_monitors_callback_hears_of_outages_only(tmp_path: Path) -> None:
    """Roles hold for callbacks as for streams, and a removed token's callback is told nothing more."""
    async with _ear() as ear, standing(tmp_path, hosts=["127.0.0.1"]) as served, served.http("monitor") as http:
        await http.post("desk/v1/hub", json={"callback": f"http://127.0.0.1:{ear.port}/"})
        operator = an_operator()
        items = (Put(operator), Put(a_customer(operator)), Put(an_outage()))
        await served.office.backend.write(Batch(items, "ola"))
        await ear.until(1)
        assert [each["event"]["@type"] for each in ear.heard] == ["outage_changed"]


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "https://127.0.0.1/",
        "https://10.0.0.1/x",
        "https://[::1]/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:127.0.0.1]/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "https://user:secret@example.com/",
        "https:///path",
        "https://example.com:99999/",
        "https://example.com/\r\nX: y",
        "not a url",
        "",
        7,
        None,
        "https://example.com/" + "x" * 2_000,
    ],
)
async def test_where_a_callback_may_not_lead(tmp_path: Path, url: object) -> None:
    """Plain http, addresses inside a network, passwords and nonsense are refused when they are registered."""
    async with standing(tmp_path) as served, served.http() as http:
        answer = await http.post("desk/v1/hub", json={"callback": url})
        assert (answer.status_code, answer.json()["error"]["field"]) == (422, "callback")


async def test_a_name_that_leads_inside_is_refused_when_it_is_called() -> None:
    """A public name may be made to lead inside a network later: the address is looked at each time."""
    assert hub.check_callback("https://localhost/x", frozenset()) == "https://localhost/x"
    with pytest.raises(Invalid):
        await hub.address_of("https://localhost/x", frozenset())
    url, host = await hub.address_of("https://localhost:8443/x?y=1", frozenset({"localhost"}))
    assert host == "localhost"
    assert url in ("https://127.0.0.1:8443/x?y=1", "https://[::1]:8443/x?y=1")


async def test_a_token_has_so_many_callbacks_at_most(tmp_path: Path) -> None:
    """Registering without end is refused."""
    async with standing(tmp_path) as served, served.http() as http:
        codes = [
            (await http.post("desk/v1/hub", json={"callback": f"https://example.com/{number}"})).status_code
            for number in range(21)
        ]
        assert codes == [201] * 20 + [422]
