"""The outbox under kill -9, on a full disk and with a damaged journal: each write is there exactly once.

A killed process proves that nothing waits in memory only; that the disk itself keeps what it was told to sync, it
cannot prove.
"""

from __future__ import annotations

import asyncio
import os
import random
import resource
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from backends.contract.samples import a_contact, a_customer, an_operator
from backends.errors import Full
from backends.outbox import Outbox, Post
from backends.port import Batch, Put
from backends.records import Contact
from backends.sql import open_url
from tests.outbox.box_stage import ACTOR, a_desk, until

KILLS = 24

WRITER = """
import asyncio, random, sys
from pathlib import Path
from backends.contract.samples import a_chase, a_contact, a_ticket
from backends.errors import TimedOut, Unavailable
from backends.outbox import Outbox
from backends.port import Batch, Put
from backends.sql import open_url

chance = random.Random({seed})

class Flaky:
    def __init__(self, inner):
        self.inner = inner
    def __getattr__(self, name):
        return getattr(self.inner, name)
    async def write(self, batch):
        draw = chance.random()
        if draw < 0.25:
            raise Unavailable("lost before")
        receipt = await self.inner.write(batch)
        if draw < 0.5:
            raise TimedOut("lost after")
        return receipt

async def write():
    outbox = Outbox(Flaky(open_url("{url}")), Path("{journal}"), agent="ola", patience=0.2, poll=0.02)
    await outbox.open()
    (match,) = await outbox.search("everybody")
    count = 0
    while True:
        tag = "{tag}-" + str(count)
        ticket = a_ticket(match.customer, subject=tag)
        batch = Batch((Put(ticket), Put(a_chase(ticket))), "ola")
        receipt = await outbox.write(batch)
        print(tag, flush=True)
        stored = receipt.changes[0].after
        await outbox.write(Batch((Put(a_contact(match.customer, body=tag, ticket_key=stored.key)),), "ola"))
        print("=" + tag, flush=True)
        count += 1

asyncio.run(write())
"""


async def a_store(file: Path) -> str:
    """Make a store with one customer and return its URL."""
    backend = open_url(f"sqlite://{file}")
    await backend.open()
    operator = an_operator()
    await backend.write(Batch((Put(operator), Put(a_customer(operator, name="Everybody"))), ACTOR))
    await backend.close()
    return backend.url


def writers_killed(url: str, journal: Path) -> tuple[set[str], set[str]]:
    """Kill pairs of writers at random moments; return the tickets and the contacts that they were told are safe."""
    moments = random.Random(20)
    told: list[str] = []
    for pair in range(KILLS // 2):
        processes = [a_writer(url, journal, 2 * pair + each) for each in range(2)]
        firsts = [process.stdout.readline() for process in processes if process.stdout is not None]
        for process, first in zip(processes, firsts, strict=True):
            time.sleep(moments.uniform(0.0, 0.15))
            process.send_signal(signal.SIGKILL)
            output, errors = process.communicate(timeout=60)
            assert b"Traceback" not in errors, errors.decode()
            told += [line.decode() for line in (first + output).split(b"\n")[:-1]]
    tickets = {line for line in told if not line.startswith("=")}
    return tickets, {line[1:] for line in told if line.startswith("=")}


def a_writer(url: str, journal: Path, number: int) -> subprocess.Popen[bytes]:
    """Start a console that writes before a flaky source and prints what it was told is safe."""
    code = WRITER.format(url=url, journal=journal, tag=f"w{number}", seed=number)
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.mark.slow
async def test_killed_consoles_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    """Two consoles on a journal, killed at any moment: each write told safe is stored once, none in part or twice."""
    url, journal = await a_store(tmp_path / "x.db"), tmp_path / "box" / "p-s.db"
    tickets, contacts = await asyncio.to_thread(writers_killed, url, journal)
    assert len(tickets) >= KILLS
    with Post(journal, "s") as post:
        assert post.check() == []
        assert not post.running
    outbox = Outbox(open_url(url), journal, agent=ACTOR, poll=0.02)
    await outbox.open()
    assert outbox.damage is None
    await outbox.deliver()
    await until(lambda: not outbox.deliveries(), patience=30)
    await outbox.close()
    with sqlite3.connect(tmp_path / "x.db") as connection:
        subjects = Counter(row[0] for row in connection.execute("SELECT subject FROM ticket"))
        chases = Counter(
            row[0] for row in connection.execute("SELECT subject FROM chase JOIN ticket ON ticket.id = ticket_id")
        )
        bodies = Counter(row[0] for row in connection.execute("SELECT body FROM contact"))
        led = connection.execute(
            "SELECT count(*) FROM contact JOIN ticket ON ticket.id = ticket_id WHERE ticket.subject = contact.body"
        ).fetchone()
    assert set(subjects.values()) == {1}
    assert chases == subjects
    assert tickets <= subjects.keys()
    assert set(bodies.values()) <= {1}
    assert contacts <= bodies.keys()
    assert led == (len(bodies),)
    with Post(journal, "s") as post:
        assert post.check() == []
        assert post.deliveries() == ()


async def test_a_full_disk_is_told_at_once_and_nothing_looks_saved(tmp_path: Path) -> None:
    """Where the journal cannot grow a write raises Full, shows nothing and sends nothing; with room it works again."""
    async with a_desk(tmp_path) as desk:
        await desk.put(a_contact(desk.customer, body="before"))
        limit = resource.getrlimit(resource.RLIMIT_FSIZE)
        old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        asked = len(desk.line.asked)
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limit[1]))
            with pytest.raises(Full):
                await desk.put(a_contact(desk.customer, body="no room " * 9_000))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limit)
            signal.signal(signal.SIGXFSZ, old)
        assert desk.outbox.deliveries() == ()
        assert len(desk.line.asked) == asked
        assert len((await desk.outbox.timeline(desk.customer.key)).rows) == 1
        assert not (await desk.put(a_contact(desk.customer, body="after"))).waiting
        assert desk.bodies(Contact) == {"before": 1, "after": 1}


async def test_a_disk_that_fills_up_while_sending_doubles_nothing(tmp_path: Path) -> None:
    """When the journal cannot forget a delivered batch, it is not delivered again, now or by the next console."""
    async with a_desk(tmp_path, poll=0.02) as desk:
        desk.line.cut()
        await desk.put(a_contact(desk.customer, body="once"))
        limit = resource.getrlimit(resource.RLIMIT_FSIZE)
        old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (16, limit[1]))
            await desk.mend()
            await asyncio.sleep(0.2)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limit)
            signal.signal(signal.SIGXFSZ, old)
        assert desk.outbox.deliveries() == ()
        store = desk.line.store
    async with a_desk(tmp_path, store=store) as again:
        await again.mend()
        assert again.bodies(Contact) == {"once": 1}


async def test_the_journal_is_its_owners_alone(tmp_path: Path) -> None:
    """The folder is 0700, the journal and what stands beside it 0600, whatever the umask."""
    old = os.umask(0)
    try:
        async with a_desk(tmp_path / "deep" / "outbox") as desk:
            desk.line.cut()
            await desk.put(a_contact(desk.customer))
            folder = tmp_path / "deep" / "outbox"
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
            files = list(folder.iterdir())
            assert len(files) >= 3
            assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    finally:
        os.umask(old)


@pytest.mark.parametrize("harm", ["header", "middle", "no database"])
async def test_a_damaged_journal_is_kept_told_and_saved_from(tmp_path: Path, harm: str) -> None:
    """A damaged journal is moved aside and told of; batches that are whole in it are taken over, once each."""
    async with a_desk(tmp_path) as desk:
        desk.line.cut()
        for index in range(40):
            await desk.put(a_contact(desk.customer, body=f"{index} " + "word " * 400))
        store = desk.line.store
        await desk.outbox.ledger.tidy()
    journal = tmp_path / "box.db"
    content = bytearray(journal.read_bytes())
    middle, whole = len(content) // 2, len(content)
    begin, end = {"header": (16, 100), "middle": (middle, middle + 4096), "no database": (0, whole)}[harm]
    content[begin:end] = b"\xaa" * (end - begin)
    journal.write_bytes(content)
    for end_of_name in ("-wal", "-shm"):
        journal.with_name(journal.name + end_of_name).unlink(missing_ok=True)
    async with a_desk(tmp_path, store=store) as again:
        assert again.outbox.damage is not None
        assert "damaged" in again.outbox.damage.detail
        (moved,) = [one for one in tmp_path.glob("box.db.damaged-*") if not one.name.endswith(("-wal", "-shm"))]
        assert moved.read_bytes() == bytes(content)
        saved = len(again.outbox.deliveries())
        if harm == "middle":
            assert 0 < saved < 40
        await again.mend()
        assert set(again.bodies(Contact).values()) <= {1}
        assert len(again.stored(Contact)) == saved
        receipt = await again.put(an_operator())
        assert not receipt.waiting
