"""The live stream: one watcher, many listeners, nothing missed, nobody waited for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from backends.contract.samples import an_outage
from backends.errors import Unavailable, Unsupported
from backends.events import Event, OutageChanged, Resync
from backends.memory import MemoryBackend
from backends.port import Batch, Capability, Put
from backends.serve.fan import Fan, Listener
from backends.serve.office import Limits
from tests.serve.standing import Standing, standing


@pytest_asyncio.fixture
async def served(tmp_path: Path) -> AsyncIterator[Standing]:
    """Run a server over an empty database."""
    async with standing(tmp_path) as found:
        yield found


async def _raised(backend: Any) -> str:
    receipt = await backend.write(Batch((Put(an_outage()),), "ola"))
    return str(receipt.changes[0].after.key)


async def test_the_stream_is_what_browsers_read(served: Standing) -> None:
    """An id to resume from, the kind of event, one line of JSON; a comment tells that listening has begun."""
    async with served.http() as http, http.stream("GET", "desk/v1/events") as answer:
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        lines = answer.aiter_lines()
        async with asyncio.timeout(10):
            assert [await anext(lines) for _ in range(3)] == ["retry: 1000", ": listening", ""]
            key = await _raised(served.office.backend)
            told = [await anext(lines) for _ in range(4)]
    assert told[0].startswith("id: ")
    cursor = told[0][4:]
    assert told[1] == "event: outage_changed"
    assert told[2] == f'data: {{"@type":"outage_changed","key":"{key}","cursor":"{cursor}"}}'
    assert told[3] == ""


async def test_a_silent_stream_says_that_it_is_alive(tmp_path: Path) -> None:
    """Comments come at intervals, so that nobody between takes the line for dead."""
    limits = Limits(rate=0, alive_seconds=0.05)
    async with (
        standing(tmp_path, limits=limits) as served,
        served.http() as http,
        http.stream("GET", "desk/v1/events") as answer,
        asyncio.timeout(10),
    ):
        seen = 0
        async for line in answer.aiter_lines():
            seen += line == ": alive"
            if seen == 3:
                break


async def test_a_stream_resumes_at_the_last_event(served: Standing) -> None:
    """Last-Event-ID, as browsers send it, and `since` mean the same."""
    keys = [await _raised(served.office.backend) for _ in range(3)]
    async with served.http() as http, asyncio.timeout(10):
        for headers, params in (({"Last-Event-ID": "1"}, {}), ({}, {"since": "1"})):
            async with http.stream("GET", "desk/v1/events", headers=headers, params=params) as answer:
                told = [line async for line in _first(answer.aiter_lines(), 11)]
            assert [line for line in told if line.startswith("data")] == [
                f'data: {{"@type":"outage_changed","key":"{key}","cursor":"{cursor}"}}'
                for cursor, key in ((2, keys[1]), (3, keys[2]))
            ]


async def _first(lines: AsyncIterator[str], count: int) -> AsyncIterator[str]:
    for _ in range(count):
        yield await anext(lines)


async def test_who_comes_back_misses_nothing_and_hears_nothing_twice(served: Standing) -> None:
    """From a cursor on, through the change from catching up to listening with all others."""
    client = served.client()
    await client.open()
    keys = [await _raised(client) for _ in range(3)]
    listening = client.events("0")
    heard = [await _soon(listening) for _ in range(3)]
    for _ in range(20):
        keys.append(await _raised(client))
        heard.append(await _soon(listening))
    assert [replace(event, cursor="") for event in heard] == [OutageChanged(key) for key in keys]
    assert served.office.fan.listening == 2, "the callbacks and this one"
    await client.close()


async def _soon(events: AsyncIterator[Event]) -> Event:
    async with asyncio.timeout(10):
        return await anext(events)


async def test_a_lost_line_is_an_error(tmp_path: Path) -> None:
    """When the server goes, listening raises Unavailable; from the last cursor on, it goes on at the next server."""
    async with standing(tmp_path) as served:
        client = served.client(served.token(name="one"))
        await client.open()
        listening = client.events("0")
        key = await _raised(served.office.backend)
        first = await _soon(listening)
        assert first == OutageChanged(key, first.cursor)
    with pytest.raises(Unavailable):
        await _soon(listening)
    await client.close()
    async with standing(tmp_path) as served:
        missed = await _raised(served.office.backend)
        client = served.client(served.token(name="two"))
        await client.open()
        again = await _soon(client.events(first.cursor))
        assert replace(again, cursor="") == OutageChanged(missed)
        await client.close()


async def test_a_server_ends_though_somebody_listens(tmp_path: Path) -> None:
    """An orderly end closes the streams instead of waiting for them."""
    async with asyncio.timeout(8):
        async with standing(tmp_path) as served:
            client = served.client()
            await client.open()
            listening = asyncio.create_task(_until_lost(client.events()))
            async with asyncio.timeout(5):
                while served.office.streams < 1:
                    await asyncio.sleep(0.01)
        assert await listening
    await client.close()


async def _until_lost(events: AsyncIterator[Event]) -> bool:
    try:
        async for _ in events:
            pass
    except Unavailable:
        return True
    return False


async def test_who_does_not_take_events_is_told_to_look_again() -> None:
    """A listener's queue is bounded: it holds a Resync in place of what did not fit, then goes on."""
    listener = Listener(queued=3)
    for number in range(1, 6):
        listener.tell(OutageChanged("o", str(number)))
    assert await listener.next() == Resync("5")
    listener.tell(OutageChanged("o", "6"))
    assert await listener.next() == OutageChanged("o", "6")
    listener.end()
    assert await listener.next() is None


async def test_a_slow_listener_costs_the_others_nothing() -> None:
    """One who does not read hears Resync later; another hears every event meanwhile."""
    backend = MemoryBackend()
    await backend.open()
    fan = Fan(backend, queued=5)
    fan.start()
    await asyncio.sleep(0)
    async with fan.listener() as slow, fan.listener() as quick:
        keys = []
        for _ in range(12):
            keys.append(await _raised(backend))
            assert replace(await _soon(quick), cursor="") == OutageChanged(keys[-1])
        assert isinstance(await _soon(slow), Resync)
        keys.append(await _raised(backend))
        assert replace(await _soon(slow), cursor="") == OutageChanged(keys[-1])
    await fan.stop()
    await backend.close()


async def test_a_backend_that_is_lost_is_followed_again() -> None:
    """The watcher resumes at its cursor when the backend's own stream breaks."""

    class Flaky(MemoryBackend):
        broken = 0

        def events(self, since: str | None = None) -> AsyncIterator[Event]:
            inner = super().events(since)

            async def some() -> AsyncIterator[Event]:
                yield await anext(inner)
                self.broken += 1
                raise Unavailable("the line broke")

            return some()

    backend = Flaky()
    await backend.open()
    fan = Fan(backend)
    fan.start()
    await asyncio.sleep(0)
    async with fan.listener() as events:
        keys = [await _raised(backend) for _ in range(3)]
        assert [replace(await _soon(events), cursor="") for _ in keys] == [OutageChanged(key) for key in keys]
    assert backend.broken >= 2
    await fan.stop()
    await backend.close()


async def test_a_backend_without_events_says_so(tmp_path: Path) -> None:
    """What is served cannot be listened to: the client raises Unsupported, before and after it knows."""
    backend = MemoryBackend(capabilities=set(Capability) - {Capability.LIVE})
    async with standing(tmp_path, backend=backend) as served, served.http() as http:
        client = served.client()
        await client.open()
        with pytest.raises(Unsupported):
            client.events()
        answer = await http.get("desk/v1/events")
        assert (answer.status_code, answer.json()["error"]["capability"]) == (501, "live")
        await client.close()
