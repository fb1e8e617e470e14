"""Hearing of changes: by any process, at once, and at no cost while nothing happens."""

from __future__ import annotations

import asyncio
import resource
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from backends.contract.samples import a_customer, a_line, an_operator, an_outage
from backends.events import CustomerChanged, Event, OutageChanged, Resync
from backends.port import Batch, Put
from backends.records import Outage
from backends.sql import living, open_url, telling
from backends.sql.store import SqlBackend

PATIENCE = 10.0


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlBackend]:
    """Yield a new store."""
    backend = open_url(f"sqlite://{tmp_path}/x.db")
    await backend.open()
    yield backend
    await backend.close()


async def an_event(listening: AsyncIterator[Event]) -> Event:
    """Return the next event without its cursor."""
    async with asyncio.timeout(PATIENCE):
        return replace(await anext(listening), cursor="")


async def raised(store: SqlBackend) -> str:
    """Store an outage and return its key."""
    after = (await store.write(Batch((Put(an_outage()),), "ola"))).changes[0].after
    assert isinstance(after, Outage)
    return after.key


WRITER = """
import asyncio
from backends.contract.samples import an_outage
from backends.port import Batch, Put
from backends.sql import open_url

async def write():
    backend = open_url("{url}")
    await backend.open()
    receipt = await backend.write(Batch((Put(an_outage()),), "leo"))
    print(receipt.changes[0].after.key, flush=True)
    await backend.close()

asyncio.run(write())
"""


async def from_another_process(store: SqlBackend) -> str:
    """Let another process store an outage and end; return its key."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WRITER.format(url=store.url), stdout=subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert process.returncode == 0
    return output.decode().strip()


@pytest.mark.parametrize("told", [True, False])
async def test_another_process_is_heard(store: SqlBackend, told: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another process stores is heard, by the kernel's word and, where it gives none, by looking."""
    if not told:

        def refuse(_folder: Path) -> int:
            raise OSError(38, "inotify_init1")

        monkeypatch.setattr(living, "_watch", refuse)
    listening = store.events()
    waiting = asyncio.ensure_future(an_event(listening))
    key = await from_another_process(store)
    assert await waiting == OutageChanged(key)
    again = asyncio.ensure_future(an_event(listening))
    key = await from_another_process(store)
    assert await again == OutageChanged(key)


async def test_a_writer_that_is_not_ours_is_heard(store: SqlBackend) -> None:
    """A change made with another tool, which touches the log before its commit, is heard all the same."""
    (stored,) = [(await store.write(Batch((Put(an_operator()),), "ola"))).changes[0].after]
    assert stored is not None
    listening = store.events()
    waiting = asyncio.ensure_future(an_event(listening))
    await asyncio.sleep(0)
    connection = sqlite3.connect(store.file)
    connection.execute("INSERT INTO change (event, customer_id, key) VALUES ('outage', 0, 'outage:7')")
    connection.commit()
    connection.close()
    assert await waiting == OutageChanged("outage:7")


async def test_a_log_that_is_made_anew_is_heard(store: SqlBackend, tmp_path: Path) -> None:
    """After all writers have gone and the write-ahead log with them, the next writer is heard."""
    await raised(store)
    await store.close()
    assert [each.name for each in tmp_path.iterdir()] == ["x.db"]
    await store.open()
    listening = store.events()
    waiting = asyncio.ensure_future(an_event(listening))
    key = await from_another_process(store)
    assert await waiting == OutageChanged(key)


async def test_own_changes_are_heard_by_all(store: SqlBackend) -> None:
    """Every listener of this process hears what this process stores, in order."""
    listeners = [store.events() for _ in range(3)]
    keys = [await raised(store) for _ in range(4)]
    for listening in listeners:
        assert [await an_event(listening) for _ in keys] == [OutageChanged(key) for key in keys]


async def test_a_large_batch_says_read_anew(store: SqlBackend) -> None:
    """An import tells listeners once that everything may have changed, not thousands of times."""
    listening = store.events()
    operator = an_operator()
    people = tuple(Put(a_customer(operator)) for _ in range(telling.AT_ONCE + 1))
    await store.write(Batch((Put(operator), *people), "ola", act="import"))
    assert await an_event(listening) == Resync()
    key = await raised(store)
    assert await an_event(listening) == OutageChanged(key)


async def test_who_fell_too_far_behind_looks_again(store: SqlBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cursor from before the kept log, or from no log of ours, gives Resync, then what follows."""
    monkeypatch.setattr(telling, "KEPT", 3)
    for _ in range(12):
        await raised(store)
    for cursor in ("1", "999", "x", "-1", "9" * 30):
        listening = store.events(since=cursor)
        assert await an_event(listening) == Resync()
        key = await raised(store)
        assert await an_event(listening) == OutageChanged(key)


async def test_a_cursor_goes_on_where_it_was(store: SqlBackend) -> None:
    """After a pause nothing is missed and nothing comes twice."""
    listening = store.events()
    await raised(store)
    async with asyncio.timeout(PATIENCE):
        cursor = (await anext(listening)).cursor
    keys = [await raised(store) for _ in range(3)]
    resumed = store.events(since=cursor)
    assert [await an_event(resumed) for _ in keys] == [OutageChanged(key) for key in keys]


async def test_an_idle_store_sleeps(store: SqlBackend) -> None:
    """While nothing happens a listener is not woken once: the loop has neither timers nor work."""
    listening = store.events()
    waiting = asyncio.ensure_future(an_event(listening))
    await asyncio.sleep(0.05)
    before = resource.getrusage(resource.RUSAGE_SELF)
    await asyncio.sleep(1.0)  # the span in which there must be nothing: no condition to wait for
    after = resource.getrusage(resource.RUSAGE_SELF)
    assert after.ru_nvcsw - before.ru_nvcsw <= 5
    waiting.cancel()


async def test_closing_ends_listening(store: SqlBackend) -> None:
    """A listener ends when the store is closed, and the kernel's watch with it."""
    listening = store.events()
    waiting = asyncio.ensure_future(anext(listening, None))
    await asyncio.sleep(0)
    await store.close()
    async with asyncio.timeout(PATIENCE):
        assert await waiting is None


async def test_a_customer_is_heard_once_a_batch(store: SqlBackend) -> None:
    """Many changes of one customer in a batch are one event."""
    operator = an_operator()
    customer = a_customer(operator)
    stored = (await store.write(Batch((Put(operator), Put(customer)), "ola"))).changes[1].after
    assert stored is not None
    listening = store.events()
    await store.write(Batch(tuple(Put(a_line(replace(customer, key=stored.key))) for _ in range(3)), "ola"))
    key = await raised(store)
    assert await an_event(listening) == CustomerChanged(stored.key)
    assert await an_event(listening) == OutageChanged(key)
