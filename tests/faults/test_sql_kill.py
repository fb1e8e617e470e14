"""The embedded store under kill -9, on a full disk, and with many writers: nothing acknowledged is lost."""

from __future__ import annotations

import asyncio
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from backends.contract.samples import a_contact, a_customer, an_operator
from backends.errors import Busy, Full
from backends.port import Batch, Put
from backends.records import Contact, Customer
from backends.sql import open_url

KILLS = 24

WRITER = """
import asyncio, sys
from backends.contract.samples import a_contact, a_customer, a_ticket
from backends.port import Batch, Put
from backends.sql import open_url

async def write():
    backend = open_url("{url}")
    await backend.open()
    (operator,) = await backend.operators()
    (match,) = await backend.search("everybody")
    count = 0
    while count < {count}:
        ticket = a_ticket(match.customer, subject="{tag}-" + str(count))
        items = [Put(ticket)] + [
            Put(a_contact(match.customer, ticket_key=ticket.key, body="word " * 300)) for _ in range(3)
        ]
        receipt = await backend.write(Batch(tuple(items), "{tag}"))
        print(receipt.changes[0].after.key, flush=True)
        count += 1
    await backend.close()

asyncio.run(write())
"""


async def a_store(file: Path) -> str:
    """Make a store with one customer and return its URL."""
    backend = open_url(f"sqlite://{file}")
    await backend.open()
    operator = an_operator()
    await backend.write(Batch((Put(operator), Put(a_customer(operator, name="Everybody"))), "ola"))
    await backend.close()
    return backend.url


def a_writer(url: str, tag: str, count: int = 1_000_000) -> subprocess.Popen[str]:
    """Start a process that stores tickets with three contacts each, and prints each key once it is acknowledged."""
    code = WRITER.format(url=url, tag=tag, count=count)
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def acknowledged(process: subprocess.Popen[str]) -> list[str]:
    """Return the keys that a writer that has ended printed whole."""
    output, errors = process.communicate(timeout=60)
    assert "Error" not in errors, errors
    return [line for line in output.split("\n")[:-1] if line.startswith("ticket:")]


@pytest.mark.slow
async def test_killed_writers_lose_nothing_acknowledged(tmp_path: Path) -> None:
    """Killed at random moments, every acknowledged batch is there, none is there in part, and all checks pass."""
    url = await a_store(tmp_path / "x.db")
    chance = random.Random(20)
    keys: list[str] = []
    for turn in range(KILLS):
        process = a_writer(url, f"t{turn}")
        assert process.stdout is not None
        keys.append(process.stdout.readline().strip())  # it is writing now
        await asyncio.sleep(chance.uniform(0, 0.05))  # the moment is the fault that is tested
        process.send_signal(signal.SIGKILL)
        keys += acknowledged(process)
    backend = open_url(url)
    await backend.open()
    assert len(set(keys)) == len(keys) >= KILLS
    for key in keys:
        await backend.ticket(key)
    connection = sqlite3.connect(tmp_path / "x.db")
    halves = connection.execute(
        "SELECT count(*) FROM ticket WHERE (SELECT count(*) FROM contact WHERE ticket_id = ticket.id) <> 3"
    ).fetchone()
    connection.close()
    assert halves == (0,)
    assert [name for name, sound, _ in await backend.check() if not sound] == []
    await backend.close()


@pytest.mark.slow
async def test_many_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    """Four processes writing as fast as they can are never told of a lock, and all their batches are there."""
    url = await a_store(tmp_path / "x.db")
    count = 60
    writers = [a_writer(url, f"w{number}", count) for number in range(4)]
    keys = [key for process in writers for key in acknowledged(process)]
    assert [process.returncode for process in writers] == [0] * 4
    assert len(set(keys)) == 4 * count
    backend = open_url(url)
    await backend.open()
    (match,) = await backend.search("everybody")
    assert (await backend.customer_file(match.customer.key)).contacts_total == 4 * count * 3
    assert [name for name, sound, _ in await backend.check() if not sound] == []
    await backend.close()


async def test_a_writer_that_never_lets_go_is_busy(tmp_path: Path) -> None:
    """When another process holds the file beyond the deadline the write is Busy, and succeeds once it is free."""
    url = await a_store(tmp_path / "x.db")
    backend = open_url(url, patience=0.2)
    await backend.open()
    holder = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(Busy):
        await backend.write(Batch((Put(an_operator()),), "ola"))
    assert len(await backend.operators()) == 1, "reading goes on meanwhile"
    holder.execute("ROLLBACK")
    holder.close()
    await backend.write(Batch((Put(an_operator()),), "ola"))
    assert len(await backend.operators()) == 2
    await backend.close()


@pytest.fixture
def small_files() -> Iterator[None]:
    """Let no file of this process grow beyond 512 KiB: to SQLite that is a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (512 * 1024, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


async def test_a_full_disk_keeps_nothing_of_the_batch(tmp_path: Path, small_files: None) -> None:
    """Without room a batch is Full and none of it is stored; what was stored before is read; with room it goes on."""
    url = await a_store(tmp_path / "x.db")
    backend = open_url(url)
    await backend.open()
    (match,) = await backend.search("everybody")
    customer = match.customer
    assert isinstance(customer, Customer)
    stored = 0
    full = False
    while not full:
        batch = Batch(tuple(Put(a_contact(customer, body=os.urandom(6_000).hex())) for _ in range(3)), "ola")
        try:
            await backend.write(batch)
            stored += 3
        except Full:
            full = True
    assert stored > 0
    assert (await backend.customer_file(customer.key)).contacts_total == stored
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    receipt = await backend.write(batch)
    assert all(isinstance(change.after, Contact) for change in receipt.changes)
    assert (await backend.customer_file(customer.key)).contacts_total == stored + 3
    assert [name for name, sound, _ in await backend.check() if not sound] == []
    await backend.close()


async def test_a_store_that_cannot_be_made_is_full(tmp_path: Path, small_files: None) -> None:
    """Making a store without room raises Full; with room the same file becomes a store."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (8 * 1024, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    backend = open_url(f"sqlite://{tmp_path}/x.db")
    with pytest.raises(Full):
        await backend.open()
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    await backend.open()
    assert await backend.operators() == ()
    await backend.close()


async def test_two_who_make_the_store_at_once(tmp_path: Path) -> None:
    """Two programs started together on a fresh machine make one store and both open it."""
    url = f"sqlite://{tmp_path}/x.db"
    code = f"""
import asyncio
from backends.sql import open_url
from backends.contract.samples import an_operator
from backends.port import Batch, Put

async def main():
    backend = open_url("{url}")
    await backend.open()
    await backend.write(Batch((Put(an_operator()),), "ola"))
    await backend.close()

asyncio.run(main())
"""
    both = [subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True) for _ in range(2)]
    for process in both:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
    backend = open_url(url)
    await backend.open()
    assert len(await backend.operators()) == 2
    assert [name for name, sound, _ in await backend.check() if not sound] == []
    await backend.close()
