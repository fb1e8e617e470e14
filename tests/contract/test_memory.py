"""The reference implementation keeps every promise of the port, and a few of its own."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from backends.contract import BackendContract
from backends.contract.samples import a_contact, a_customer, a_ticket, an_operator, an_outage
from backends.errors import Invalid, Unavailable, Unsupported
from backends.events import OutageChanged, Resync
from backends.memory import MemoryBackend, Store, open_url
from backends.port import Backend, Batch, Capability, Put, TimelineFilter
from backends.records import AuditVerdict, Outage, Record, TicketState


class TestMemory(BackendContract):
    """The suite over dictionaries."""

    @pytest_asyncio.fixture
    async def backend(self) -> AsyncIterator[Backend]:
        """Yield an empty store."""
        backend = open_url("memory:")
        await backend.open()
        yield backend
        await backend.close()

    async def second(self, backend: Backend) -> Backend:
        """Return another handle on the same dictionaries."""
        assert isinstance(backend, MemoryBackend)
        another = backend.another()
        await another.open()
        return another


async def _filled(*records: Record, store: Store | None = None) -> MemoryBackend:
    backend = MemoryBackend(records, store=store)
    await backend.open()
    return backend


async def test_prepared_records_keep_their_keys() -> None:
    """A store can be filled with records that know their keys, in any order; they can then be changed and named."""
    operator = an_operator(key="breza")
    customer = a_customer(operator, key="nowak", number="C-1")
    ticket = a_ticket(customer, key="t", reference="T-1")
    backend = await _filled(ticket, customer, operator)
    file = await backend.customer_file("nowak")
    assert (file.operator.key, file.tickets[0].key) == ("breza", "t")
    stored = file.tickets[0]
    await backend.write(
        Batch((Put(replace(stored, state=TicketState.SOLVED), seen=stored.version), Put(a_contact(customer))), "ola")
    )
    assert (await backend.ticket("T-1")).state is TicketState.SOLVED
    assert len((await backend.timeline("nowak")).rows) == 1


async def test_prepared_records_are_checked() -> None:
    """A store is not filled with records that lead nowhere."""
    with pytest.raises(Invalid) as raised:
        MemoryBackend([a_customer(an_operator())])
    assert raised.value.field == "operator_key"


async def test_a_clock_can_be_given() -> None:
    """The store's moments come from its clock, so that a test can stand at any time."""
    moment = datetime(2031, 5, 1, 9, tzinfo=UTC)
    backend = MemoryBackend(now=lambda: moment)
    await backend.open()
    assert (await backend.write(Batch((Put(an_outage()),), "ola"))).at == moment
    assert (await backend.audit()).rows[0].at == moment


async def test_what_is_closed_within_90_days_depends_on_the_clock() -> None:
    """The customer's file looks at the store's clock, not at the machine's."""
    moment = datetime(2031, 5, 1, 9, tzinfo=UTC)
    operator = an_operator(key="o")
    customer = a_customer(operator, key="c")
    closed = a_ticket(customer, state=TicketState.CLOSED, closed_at=moment - timedelta(days=90))
    backend = MemoryBackend([operator, customer, closed], now=lambda: moment)
    await backend.open()
    assert len((await backend.customer_file("c")).tickets) == 1
    moment += timedelta(seconds=1)
    assert (await backend.customer_file("c")).tickets == ()


async def test_who_fell_too_far_behind_looks_again() -> None:
    """A cursor from before the kept events gives Resync, then what follows; one from within them goes on."""
    backend = await _filled(store=Store(kept_events=3))
    listening = backend.events()
    first = await backend.write(Batch((Put(an_outage()),), "ola"))
    began = await anext(listening)
    stored: list[Outage] = []
    for _ in range(3):
        after = (await backend.write(Batch((Put(an_outage()),), "ola"))).changes[0].after
        assert isinstance(after, Outage)
        stored.append(after)
    assert first.changes[0].after is not None
    resumed = backend.events(since=began.cursor)
    assert [replace(await anext(resumed), cursor="") for _ in stored] == [OutageChanged(each.key) for each in stored]
    await backend.write(Batch((Put(an_outage()),), "ola"))
    behind = backend.events(since=began.cursor)
    assert isinstance(await anext(behind), Resync)
    last = (await backend.write(Batch((Put(an_outage()),), "ola"))).changes[0].after
    assert last is not None
    heard = await anext(behind)
    assert replace(heard, cursor="") == OutageChanged(last.key)
    await backend.close()


async def test_listening_begins_with_the_call() -> None:
    """What is stored between the call of `events` and the first wait is heard."""
    backend = await _filled()
    listening = backend.events()
    after = (await backend.write(Batch((Put(an_outage()),), "ola"))).changes[0].after
    assert after is not None
    async with asyncio.timeout(10):
        assert replace(await anext(listening), cursor="") == OutageChanged(after.key)


@pytest.mark.parametrize(
    ("damage", "verdict"),
    [
        ("actor", AuditVerdict(6, 3, "changed")),
        ("digest", AuditVerdict(6, 3, "changed")),
        ("missing", AuditVerdict(5, 3, "missing")),
        ("swapped", AuditVerdict(6, 3, "missing")),
        ("again", AuditVerdict(7, 4, "reordered")),
    ],
)
async def test_a_damaged_trail_is_found(damage: str, verdict: AuditVerdict) -> None:
    """A row that was changed, taken out, moved or put in twice is named by the first place that does not fit."""
    backend = await _filled()
    for _ in range(6):
        await backend.write(Batch((Put(an_operator()),), "ola"))
    trail = backend.store.state.trail
    assert await backend.audit_verify() == AuditVerdict(6)
    match damage:
        case "actor":
            trail[2] = replace(trail[2], actor="leo")
        case "digest":
            trail[2] = replace(trail[2], digest="0" * 64)
        case "missing":
            del trail[2]
        case "swapped":
            trail[2], trail[3] = trail[3], trail[2]
        case "again":
            trail.insert(3, trail[2])
    assert await backend.audit_verify() == verdict


async def test_a_handle_that_is_not_open_says_so() -> None:
    """Before it is opened and after it is closed, a handle raises Unavailable and never looks empty."""
    backend = MemoryBackend()
    for _ in range(2):
        for asked in (backend.operators(), backend.search("x"), backend.write(Batch((), "ola"))):
            with pytest.raises(Unavailable):
                await asked
        await backend.open()
        await backend.close()


async def test_the_store_outlives_its_handles() -> None:
    """What one handle stored is there for the next, and for itself when opened again."""
    backend = await _filled(an_operator(key="o"))
    await backend.close()
    other = backend.another()
    await other.open()
    assert [operator.key for operator in await other.operators()] == ["o"]
    await backend.open()
    assert [operator.key for operator in await backend.operators()] == ["o"]


async def test_stores_are_apart() -> None:
    """Each URL opened is a store of its own."""
    one, other = open_url("memory:"), open_url("memory:")
    await one.open()
    await other.open()
    await one.write(Batch((Put(an_operator()),), "ola"))
    assert await other.operators() == ()


async def test_it_can_be_told_to_do_less() -> None:
    """With fewer capabilities it refuses the rest, so that disabled actions can be seen."""
    backend = MemoryBackend(capabilities={Capability.SEARCH})
    await backend.open()
    assert await backend.search("x") == ()
    with pytest.raises(Unsupported):
        await backend.write(Batch((Put(an_operator()),), "ola"))
    with pytest.raises(Unsupported):
        backend.events()
    for asked in (backend.audit(), backend.audit_verify(), backend.note_read("c", "ola")):
        with pytest.raises(Unsupported) as raised:
            await asked
        assert raised.value.capability == Capability.AUDIT


async def test_a_filter_of_signs_only_finds_nothing() -> None:
    """A filter text without a word lets nothing through, a blank one everything."""
    operator = an_operator(key="o")
    customer = a_customer(operator, key="c")
    backend = await _filled(operator, customer, a_contact(customer, body="x"))
    assert (await backend.timeline("c", only=TimelineFilter(text="!"))).rows == ()
    assert len((await backend.timeline("c", only=TimelineFilter(text=" "))).rows) == 1


def test_nothing_heavy_is_loaded() -> None:
    """Importing the backend loads neither the suite, nor its tools, nor the telephone tables."""
    code = "import sys, backends.memory; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & {"pytest", "hypothesis", "phonenumbers", "sqlmodel", "textual", "backends.contract"}
