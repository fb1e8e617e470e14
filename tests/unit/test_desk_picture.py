"""The picture of one customer, and listening for what changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from backends.errors import NotFound, TimedOut, Unavailable, Unsupported
from backends.events import CustomerChanged, Event, OutageChanged, Resync
from backends.memory import MemoryBackend
from backends.port import Capability, OutageFilter, TimelineFilter
from backends.records import (
    Contact,
    Coverage,
    Direction,
    Outage,
    OutageState,
    Role,
    TicketEvent,
    TicketEventKind,
    TicketKind,
    TicketState,
    new_key,
)
from console.desk import live
from console.desk.desk import Desk, agent_for
from console.desk.picture import find_one, gather, stale
from console.rules.clocks import Pause, Policies, Policy, Unit, clock
from console.rules.roles import Right
from console.rules.sources import SourceState
from tests.acts_stage import AGENT, NOW, at_counter


def outage(hours: float = 1, **changes: Any) -> Outage:
    """Return an outage that hits everybody."""
    one = Outage(new_key(), "", OutageState.CONFIRMED, "cut", NOW - timedelta(hours=hours), Coverage())
    return replace(one, **changes)


async def test_r12_one_picture_holds_file_history_and_outages() -> None:
    """R12: everything of one customer from one source, marked fresh."""
    async with at_counter() as desk:
        mail = await desk.mail()
        live_one = await desk.stored(outage())
        over = await desk.stored(outage(90, state=OutageState.RESTORED, ended_at=NOW - timedelta(hours=80)))
        picture = await desk.picture()
        assert [one.outage.key for one in picture.hits] == [live_one.key]
        assert [one.outage.key for one in picture.past_hits] == [over.key]
        assert [getattr(one, "key", "") for one in picture.happenings()] == [
            f"outage:{live_one.key}:start", mail.key, f"outage:{over.key}:end", f"outage:{over.key}:start",
        ]  # fmt: skip
        assert picture.sources[0].state is SourceState.FRESH
        old = stale(picture, TimedOut("slow"))
        assert (old.sources[0].state, old.entries) == (SourceState.STALE, picture.entries)


async def test_r26_a_live_outage_is_found_however_many_are_over() -> None:
    """R26: the limit of a list of outages never hides one that goes on."""

    class Few(MemoryBackend):
        """A backend that lists three outages at most."""

        async def outages(self, only: OutageFilter = OutageFilter()) -> tuple[Outage, ...]:  # noqa: B008
            return (await super().outages(only))[:3]

    async with at_counter() as desk:
        running = await desk.stored(outage(50))
        for hours in range(1, 9):
            await desk.stored(outage(hours, state=OutageState.RESTORED, ended_at=NOW))
        memory = desk.backend
        assert isinstance(memory, MemoryBackend)
        few = Few(store=memory.store)
        await few.open()
        picture = await gather(few, desk.customer.key, NOW)
        assert [one.outage.key for one in picture.hits] == [running.key]
        assert len(picture.past_hits) == 3


async def test_older_pages_follow_and_refreshing_keeps_them() -> None:
    """More history is fetched as needed, nothing twice; a refreshed picture shows as much as before."""
    async with at_counter() as desk:
        for hours in range(12):
            await desk.mail(at=NOW - timedelta(hours=hours), subject=str(hours))
        picture = await desk.desk.open(desk.customer.key, limit=5)
        assert (len(picture.entries), picture.after is None) == (5, False)
        await desk.stored(outage(9))
        early = await gather(desk.backend, desk.customer.key, NOW, limit=5)
        assert not [one for one in early.happenings() if not isinstance(one, Contact)]
        whole = await desk.desk.older(early)
        assert (len(whole.entries), whole.after) == (12, None)
        assert len(whole.happenings()) == 13
        assert await desk.desk.older(whole) is whole
        again = await desk.desk.refreshed(whole)
        assert again.entries == whole.entries


async def test_a_filter_leaves_outages_out_and_is_kept_by_refreshing() -> None:
    """What is filtered shows only what was asked for."""
    async with at_counter() as desk:
        await desk.mail()
        await desk.stored(outage())
        picture = await desk.picture()
        only = TimelineFilter(directions=frozenset({Direction.OUTBOUND}))
        filtered = await desk.desk.filtered(picture, only)
        assert filtered.happenings() == []
        assert (await desk.desk.refreshed(filtered)).only == only


async def test_a_source_without_outages_or_audit_is_asked_for_neither() -> None:
    """A backend that can less gives a picture with less, and no error."""
    async with at_counter() as desk:
        memory = desk.backend
        assert isinstance(memory, MemoryBackend)
        plain = MemoryBackend(store=memory.store, capabilities={Capability.SEARCH})
        await plain.open()
        poor = Desk(plain, AGENT, desk.desk.zone, clock=lambda: NOW)
        await poor.start()
        picture = await poor.open(desk.customer.key)
        assert (picture.hits, picture.past_hits) == ((), ())
        assert await poor.live_outages() == ()
        assert (await poor.waiting()).rows == ()


async def test_opening_a_customer_leaves_a_trace() -> None:
    """Who read which customer is in the audit trail; refreshing is not reading again."""
    async with at_counter() as desk:
        picture = await desk.picture()
        await desk.desk.refreshed(picture)
        trail = await desk.backend.audit(customer_key=desk.customer.key)
        assert [(row.actor, row.act) for row in trail.rows if row.act == "read"] == [("ola", "read")]


async def test_one_customer_is_meant_or_it_is_said_why_not() -> None:
    """A text that names nobody, or several, is told apart."""
    async with at_counter() as desk:
        assert await find_one(desk.backend, desk.customer.number) == desk.customer.key
        assert await find_one(desk.backend, "nowak") == desk.customer.key
        with pytest.raises(NotFound, match="none"):
            await find_one(desk.backend, "zzz")
        with pytest.raises(NotFound, match="none"):  # only called much like it
            await find_one(desk.backend, "novak")
        await desk.stored(replace(desk.customer, key=new_key(), number="", name="Jan Nowak", version=0))
        with pytest.raises(NotFound, match="several"):
            await find_one(desk.backend, "nowak")


async def test_the_agent_is_who_the_records_say() -> None:
    """Name, roles and operators of an agent who is stored win over those of the configuration."""
    async with at_counter() as desk:
        stored = replace(AGENT, key=new_key(), name="Ola D", roles=frozenset({Role.HOTLINE}))
        stored = await desk.stored(replace(stored, operator_keys=(desk.customer.operator_key,)))
        await desk.desk.start()
        assert desk.desk.agent == stored
        assert Right.OUTAGE_DECIDE not in desk.desk.rights
        assert desk.desk.operator_keys == {desk.customer.operator_key}
        assert agent_for("ola", (stored,)) is stored
        assert agent_for("new").roles == {Role.DESK}


class Flaky:
    """A source of events that breaks where its script says so."""

    capabilities = frozenset({Capability.LIVE})

    def __init__(self, *script: Event | Exception) -> None:
        self.script = list(script)
        self.asked: list[str | None] = []

    async def events(self, since: str | None = None) -> AsyncIterator[Event]:
        """Yield the next events of the script; raise where it says so; end with it."""
        self.asked.append(since)
        while self.script:
            step = self.script.pop(0)
            if isinstance(step, Exception):
                raise step
            yield step


async def heard(source: Flaky, monkeypatch: pytest.MonkeyPatch) -> tuple[list[object], list[float]]:
    """Listen until the script ends; return what was heard and how long was waited between."""
    said: list[object] = []
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr("console.desk.live.asyncio.sleep", pause)
    await live.listen(source, said.append, said.append)  # type: ignore[arg-type]
    return said, pauses


async def test_after_a_loss_everything_is_read_again_from_the_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is shown as stale is read again by itself, and events go on where they stopped."""
    broken = Unavailable("gone")
    one, two = CustomerChanged("1", "c1"), OutageChanged("2", "c2")
    source = Flaky(one, broken, two)
    said, _pauses = await heard(source, monkeypatch)
    assert said == [one, broken, Resync(), two]
    assert source.asked == [None, "c1"]


async def test_pauses_grow_to_a_limit_and_start_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is down is not asked ever more often; one that answered gets a short pause again."""
    losses = [Unavailable("gone") for _number in range(10)]
    _said, pauses = await heard(Flaky(*losses, CustomerChanged("1", "c1"), Unavailable("again")), monkeypatch)
    assert all(pause <= live.LONGEST_PAUSE * 1.3 for pause in pauses)
    assert pauses[5] > pauses[0] * 3
    assert pauses[-1] <= live.FIRST_PAUSE * 1.3


async def test_a_source_that_tells_nothing_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without live events, or when the source finds out that it has none, listening ends quietly."""
    silent = Flaky(CustomerChanged("1"))
    silent.capabilities = frozenset()
    assert await heard(silent, monkeypatch) == ([], [])
    assert await heard(Flaky(Unsupported("live")), monkeypatch) == ([], [])


async def test_listening_ends_when_it_is_cancelled() -> None:
    """Leaving the console ends the listener at once."""
    async with at_counter() as desk:
        said: list[Event] = []
        task = asyncio.create_task(live.listen(desk.backend, said.append))
        await asyncio.sleep(0)
        await desk.mail()
        while not said:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.mark.parametrize("first_page", [60, 3])
async def test_the_clock_of_a_ticket_knows_how_long_it_waited(first_page: int) -> None:
    """Time waiting for the customer moves the due time, however much of the history is on the screen."""
    async with at_counter() as desk:
        opened = NOW - timedelta(days=9)
        ticket = await desk.ticket(opened_at=opened, first_contact_at=opened)
        states = (TicketState.WAITING_CUSTOMER, TicketState.IN_PROGRESS)
        for days, state in zip((8, 3), states, strict=True):
            at = NOW - timedelta(days=days)
            await desk.stored(
                TicketEvent(new_key(), ticket.key, desk.customer.key, TicketEventKind.STATE, at, after=state)
            )
        for minutes in range(5):
            await desk.mail(at=NOW - timedelta(minutes=minutes))
        picture = await desk.desk.open(desk.customer.key, limit=first_page)
        policy = Policy(
            "repair", 2, Unit.CALENDAR_DAYS, "test", frozenset(TicketKind), pauses_for=frozenset({Pause.CUSTOMER})
        )
        rules = Policies((policy,))
        plain = clock(picture.file.tickets[0], picture.file.operator, NOW, (), rules)
        waited = clock(picture.file.tickets[0], picture.file.operator, NOW, picture.waits, rules)
        assert plain is not None
        assert waited is not None
        assert waited.due_at - plain.due_at == timedelta(days=5)
        assert (await desk.desk.refreshed(picture)).waits
