"""Presence: seen by other processes within a second, gone with whoever is gone, and nobody reads anew because of it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from backends.contract.samples import a_customer, an_operator
from backends.events import CustomerChanged, Event, PresenceChanged
from backends.memory import MemoryBackend
from backends.port import PRESENCE_AGE, Backend, Batch, Capability, Presence, Put
from backends.records import Customer
from backends.sql import open_url
from console.desk.several import Several
from tests.several_stage import HELPDESK, operator_in, person_in

PATIENCE = 10.0


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = datetime(2026, 6, 1, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the moment that was set."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Return a clock."""
    return Clock()


@pytest_asyncio.fixture(params=["sqlite", "memory"])
async def store(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> AsyncIterator[Backend]:
    """Yield a store by the test's clock."""
    backend: Backend = MemoryBackend(now=clock)
    if request.param == "sqlite":
        from backends.sql.store import SqlBackend

        backend = SqlBackend(f"sqlite://{tmp_path}/x.db", now=clock)
    await backend.open()
    yield backend
    await backend.close()


async def somebody(backend: Backend) -> Customer:
    """Store a customer and return them."""
    operator = an_operator()
    receipt = await backend.write(Batch((Put(operator), Put(a_customer(operator))), "ola"))
    stored = receipt.changes[1].after
    assert isinstance(stored, Customer)
    return stored


def at(customer: Customer, clock: Clock, *, agent: str = "ola", writing: bool = False) -> Presence:
    """Return what a console says that has a customer open."""
    return Presence(agent, customer.key, clock(), clock(), writing=writing)


@asynccontextmanager
async def heard(backend: Backend) -> AsyncIterator[list[Event]]:
    """Collect the events of a backend meanwhile, once listening has begun."""
    found: list[Event] = []
    events = backend.events()

    async def listen() -> None:
        async for event in events:
            found.append(replace(event, cursor=""))

    task = asyncio.create_task(listen())
    await asyncio.sleep(0)
    try:
        yield found
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(found: list[Event], event: Event) -> None:
    """Wait until an event was heard."""
    async with asyncio.timeout(PATIENCE):
        while event not in found:
            await asyncio.sleep(0.01)


async def test_whoever_is_not_heard_of_is_gone(store: Backend, clock: Clock) -> None:
    """After 90 seconds of silence a console is nowhere; told again in time, it stays, since when it came."""
    customer = await somebody(store)
    came = clock()
    said = at(customer, clock)
    await store.present(said, agent="ola", console="one")
    for _ in range(5):
        clock.now += timedelta(seconds=30)
        await store.present(said, agent="ola", console="one")
    (seen,) = await store.presence(customer.key)
    assert (seen.since, seen.seen_at) == (came, clock())
    clock.now += PRESENCE_AGE
    assert len(await store.presence(customer.key)) == 1
    clock.now += timedelta(seconds=1)
    assert await store.presence(customer.key) == ()


async def test_the_next_who_comes_tells_of_the_gone(store: Backend, clock: Clock) -> None:
    """Whoever has the customer open hears that a killed console is gone with the next word of any console."""
    customer = await somebody(store)
    await store.present(at(customer, clock, agent="leo"), agent="leo", console="killed")
    clock.now += PRESENCE_AGE + timedelta(seconds=1)
    async with heard(store) as found:
        await store.present(None, agent="ola", console="one")
        await until(found, PresenceChanged(customer.key))


async def test_a_teller_cannot_say_who_else_is_there(store: Backend, clock: Clock) -> None:
    """The agent who tells is the one who is seen, whatever stands in what is told; nobody is there since tomorrow."""
    customer = await somebody(store)
    said = replace(at(customer, clock, agent="leo"), since=clock() + timedelta(days=1), seen_at=clock())
    await store.present(said, agent="ola", console="one")
    (seen,) = await store.presence(customer.key)
    assert (seen.agent, seen.since) == ("ola", clock())


COLLEAGUE = """
import asyncio, sys, time
from datetime import UTC, datetime
from backends.port import Presence
from backends.sql import open_url

async def be():
    backend = open_url("{url}")
    await backend.open()
    for line in sys.stdin:
        writing = line.strip() == "writes"
        now = datetime.now(UTC)
        await backend.present(Presence("leo", "{key}", now, now, writing=writing), agent="leo", console="theirs")
        print(time.monotonic(), flush=True)

asyncio.run(be())
"""


async def test_another_process_is_seen_within_a_second(tmp_path: Path) -> None:
    """Two consoles on one file: each word of the one is heard by the other at once, heartbeats are not, a kill is."""
    backend = open_url(f"sqlite://{tmp_path}/x.db")
    await backend.open()
    customer = await somebody(backend)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", COLLEAGUE.format(url=backend.url, key=customer.key),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin
    assert process.stdout
    news = PresenceChanged(customer.key)
    async with heard(backend) as found:
        for word, told in (("opens", 1), ("opens", 1), ("writes", 2), ("writes", 2), ("stops", 3)):
            process.stdin.write(f"{word}\n".encode())
            await process.stdin.drain()
            done = float(await asyncio.wait_for(process.stdout.readline(), PATIENCE))
            async with asyncio.timeout(PATIENCE):
                while found.count(news) < told:
                    await asyncio.sleep(0.005)
            assert time.monotonic() - done < 1.0
            (seen,) = await backend.presence(customer.key)
            assert (seen.agent, seen.writing) == ("leo", word == "writes")
        process.kill()
        await process.wait()
        assert len(await backend.presence(customer.key)) == 1, "nobody knows yet that the console was killed"
        assert found == [news] * 3
        assert not any(isinstance(event, CustomerChanged) for event in found)
    await backend.close()
    later = open_url(backend.url)
    later._now = lambda: datetime.now(UTC) + PRESENCE_AGE + timedelta(seconds=1)
    await later.open()
    assert await later.presence(customer.key) == ()
    await later.present(None, agent="ola", console="mine")
    assert later._connection is not None
    assert later._connection.execute("SELECT count(*) FROM presence").fetchone() == (0,)
    await later.close()


async def test_agents_of_one_desk_meet_at_a_helpdesks_customer(clock: Clock) -> None:
    """A customer whom only a helpdesk knows is told of at home: it knows no presence, and no agent misses another."""
    home, far = MemoryBackend(name="own", now=clock), MemoryBackend(name="desk", capabilities=_POOR)
    one = Several(home, {"desk": far})
    other = Several(MemoryBackend(store=home.store, name="own"), {"desk": far.another()})
    far_without = MemoryBackend(store=far.store, name="desk")
    for backend in (one, other, far_without):
        await backend.open()
    person = await person_in(far_without, await operator_in(far_without))
    key = f"desk|{person.key}"
    await one.customer_file(key)
    async with heard(other) as found:
        await one.present(replace(at(person, clock), customer_key=key), agent="ola", console="one")
        await until(found, PresenceChanged(key))
    (seen,) = await other.presence(key)
    assert (seen.agent, seen.customer_key) == ("ola", key)
    await one.present(None, agent="ola", console="one")
    assert await other.presence(key) == ()
    for backend in (one, other, far_without):
        await backend.close()


_POOR = HELPDESK - {Capability.PRESENCE, Capability.PENDING}


async def test_two_desks_meet_in_the_source_that_both_use(clock: Clock) -> None:
    """Desks with home stores of their own see each other at a customer of a source that knows presence."""
    far = MemoryBackend(name="desk", now=clock)
    one = Several(MemoryBackend(name="own", now=clock), {"desk": far})
    other = Several(MemoryBackend(name="mine", now=clock), {"far": MemoryBackend(store=far.store, name="desk")})
    for backend in (one, other):
        await backend.open()
    person = await person_in(far, await operator_in(far))
    ours, theirs = f"desk|{person.key}", f"far|{person.key}"
    await one.customer_file(ours)
    async with heard(other) as found:
        await one.present(replace(at(person, clock), customer_key=ours), agent="ola", console="one")
        await until(found, PresenceChanged(theirs))
    (seen,) = await other.presence(theirs)
    assert (seen.agent, seen.customer_key) == ("ola", theirs)
    home = await somebody(one.home.backend)
    await one.present(at(home, clock), agent="ola", console="one")
    assert await other.presence(theirs) == (), "who goes to a customer of their own has left the source's"
    for backend in (one, other):
        await backend.close()
