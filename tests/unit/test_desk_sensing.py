"""The sensor at work on real stores: consoles side by side propose an outage once (R26)."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from backends.errors import NotFound
from backends.memory import MemoryBackend
from backends.port import Backend, Batch, CustomerFile, Put
from backends.records import (
    Agent,
    Customer,
    CustomerKind,
    Line,
    NetworkPath,
    Operator,
    Outage,
    OutageState,
    Record,
    Role,
    Ticket,
    TicketKind,
    new_key,
)
from backends.registry import backend_for
from console.config_desk import Sensor
from console.desk.acts.outages import update_outage
from console.desk.desk import Desk
from console.desk.ruling import DeskRules
from console.desk.sensing import Sensing
from console.rules.sensor import SOURCE

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
HOTLINE = Agent("", "ola", "Ola", frozenset({Role.HOTLINE}))


async def network(backend: Backend, customers: int = 4) -> list[Customer]:
    """Store an operator above a brand, and customers of the brand on ports of one OLT."""
    group = Operator(new_key(), "LG", "Luna Group", "PL", "pl", "Europe/Warsaw")
    brand = Operator(new_key(), "LUN", "Luna", "PL", "pl", "Europe/Warsaw", parent_key=group.key)
    people = [Customer(new_key(), "", brand.key, CustomerKind.SUBSCRIBER, f"Ewa {n}", "pl") for n in range(customers)]
    lines = [
        Line(new_key(), "", one.key, "internet", path=NetworkPath(olt="LUB-3", port=f"LUB-3/{n}/1"))
        for n, one in enumerate(people)
    ]
    records: list[Record] = [group, brand, *people, *lines]
    receipt = await backend.write(Batch(tuple(map(Put, records)), actor="test"))
    return [one.after for one in receipt.changes if isinstance(one.after, Customer)]


async def fault(backend: Backend, customer: Customer, at: datetime = NOW) -> Ticket:
    """Store a fault that this customer reports."""
    ticket = Ticket(
        new_key(), "", customer.key, customer.operator_key, TicketKind.FAULT, "dead", at,
        details=(("symptom", "no_service"),),
    )  # fmt: skip
    receipt = await backend.write(Batch((Put(ticket),), actor="test"))
    stored = receipt.changes[0].after
    assert isinstance(stored, Ticket)
    return stored


def desk_at(backend: Backend, agent: Agent = HOTLINE, **rules: int) -> Desk:
    """Return a desk on a backend, some minutes after the faults."""
    desk = Desk(backend, agent, ZoneInfo("UTC"), clock=lambda: NOW + timedelta(minutes=5))
    desk.rules = replace(DeskRules(), sensor=Sensor(**rules))
    return desk


async def test_r26_the_third_customer_makes_a_suspicion_that_says_why() -> None:
    """R26: at two nothing happens; at three there is a suspected outage of the network's operator, with references."""
    backend = MemoryBackend()
    await backend.open()
    people = await network(backend)
    sensing = Sensing(desk_at(backend))
    tickets = [await fault(backend, one) for one in people[:2]]
    assert await sensing.sense() == ()
    tickets.append(await fault(backend, people[2]))
    [proposed] = await sensing.sense()
    operators = {one.key: one for one in await backend.operators()}
    assert (proposed.state, proposed.source, proposed.cause) == (OutageState.SUSPECTED, SOURCE, "no_service")
    assert proposed.coverage.elements == ("LUB-3",)
    assert proposed.coverage.services == ("internet",)
    assert [operators[key].code for key in proposed.operator_keys] == ["LG"]
    assert all(one.reference in proposed.updates[0].text for one in tickets)
    assert proposed.reference
    await fault(backend, people[3])
    assert await sensing.sense() == ()
    assert await Sensing(desk_at(backend)).sense() == ()


async def test_r26_a_dismissed_suspicion_stays_quiet() -> None:
    """R26: after a dismissal with its reason the same place proposes nothing, however many call."""
    backend = MemoryBackend()
    await backend.open()
    people = await network(backend, 6)
    for one in people[:3]:
        await fault(backend, one)
    desk = desk_at(backend)
    [proposed] = await Sensing(desk).sense()
    chief = Agent("", "iga", "Iga", frozenset({Role.SUPERVISOR}))
    batch = update_outage(
        proposed, {"text": "a cable at one house"}, agent=chief, now=desk.clock(), zone=desk.zone,
        state=OutageState.DISMISSED,
    )  # fmt: skip
    await backend.write(batch)
    for one in people[3:]:
        await fault(backend, one, desk.clock())
    assert await Sensing(desk).sense() == ()
    desk.clock = lambda: NOW + timedelta(hours=14)
    for one in people[3:]:
        await fault(backend, one, desk.clock())
    [again] = await Sensing(desk).sense()
    assert again.key != proposed.key


@pytest.mark.parametrize("roles", [frozenset({Role.ADVISOR}), frozenset({Role.BILLING})])
async def test_r26_who_may_not_raise_outages_has_no_sensor(roles: frozenset[Role]) -> None:
    """R41: the sensor of a console proposes nothing that its agent could not propose."""
    backend = MemoryBackend()
    await backend.open()
    for one in await network(backend):
        await fault(backend, one)
    sensing = Sensing(desk_at(backend, replace(HOTLINE, roles=roles)))
    assert not sensing.awake
    assert await sensing.sense() == ()
    assert not Sensing(desk_at(backend, reports=0)).awake


async def test_r26_a_storm_of_reports_is_looked_at_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """R26: some files are read at a time, and the sensor says that there is more until all was looked at."""
    monkeypatch.setattr("console.desk.sensing.MOST_READ", 2)
    backend = MemoryBackend()
    await backend.open()
    for one in await network(backend, 5):
        await fault(backend, one)
    sensing = Sensing(desk_at(backend))
    assert (await sensing.sense(), sensing.more) == ((), True)
    [proposed] = await sensing.sense()
    assert proposed.coverage.elements == ("LUB-3",)
    for _look in range(3):
        assert await sensing.sense() == ()
    assert (len(await backend.outages()), sensing.more) == (1, False)


async def test_r26_a_customer_who_is_gone_reports_nothing() -> None:
    """R26: one file that cannot be read any more keeps the sensor from nothing."""
    backend = MemoryBackend()
    await backend.open()
    people = await network(backend)
    for one in people:
        await fault(backend, one)
    whole = backend.customer_file

    async def some(key: str) -> CustomerFile:
        if key == people[0].key:
            raise NotFound("customer", source=backend.name)
        return await whole(key)

    backend.customer_file = some  # type: ignore[method-assign]
    [proposed] = await Sensing(desk_at(backend)).sense()
    assert len(proposed.updates[0].text.split(",")) == 3


async def _opened(file: Path) -> Backend:
    backend = backend_for(f"sqlite:///{file}")
    await backend.open()
    return backend


async def test_r26_two_consoles_on_one_file_propose_once(tmp_path: Path) -> None:
    """R26: two desks on one database, sensing at the same moment, leave one outage."""
    first, second = await _opened(tmp_path / "desk.db"), await _opened(tmp_path / "desk.db")
    try:
        for one in await network(first):
            await fault(first, one)
        sensors = [Sensing(desk_at(backend)) for backend in (first, second) for _console in range(5)]
        told = await asyncio.gather(*(one.sense() for one in sensors))
        assert sum(map(len, told)) == 1
        assert len(await first.outages()) == 1
    finally:
        await first.close()
        await second.close()


_CONSOLE = """
import asyncio, sys
from pathlib import Path
from tests.unit.test_desk_sensing import _opened, desk_at
from console.desk.sensing import Sensing

async def console():
    backend = await _opened(Path(sys.argv[1]))
    sensing = Sensing(desk_at(backend))
    print("ready", flush=True)
    sys.stdin.readline()
    await sensing.sense()
    await backend.close()

asyncio.run(console())
"""


async def test_r26_consoles_in_processes_of_their_own_propose_once(tmp_path: Path) -> None:
    """R26: three programs that see the same three reports at once leave one outage in the file."""
    file = tmp_path / "desk.db"
    backend = await _opened(file)
    for one in await network(backend):
        await fault(backend, one)
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", _CONSOLE, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _console in range(3)
    ]
    try:
        for program in programs:
            assert program.stdout is not None
            assert program.stdout.readline() == "ready\n"
        for program in programs:
            assert program.stdin is not None
            program.stdin.write("go\n")
            program.stdin.flush()
        assert [program.wait(60) for program in programs] == [0, 0, 0]
        every: tuple[Outage, ...] = await backend.outages()
        assert len(every) == 1
    finally:
        for program in programs:
            program.communicate()
        await backend.close()
