"""The list of what is to be done now, gathered from the records of a desk (R10, R17, R22, R24), and kept up to date.

What a source cannot tell is a named gap, and what failed is a named trouble: neither ever looks like an empty list.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, TypeVar, runtime_checkable

from backends.errors import BackendError
from backends.port import (
    Capability,
    OutageFilter,
    Page,
    Pending,
    PendingFilter,
    PendingKind,
    QueueFilter,
    TicketFilter,
)
from backends.records import LIVE_OUTAGE_STATES, OPEN_STATES, Agent, Contact, Customer, Holder, Key, OutageState, Ticket
from console.desk.desk import Desk
from console.rules.agenda import EVERYTHING, AgendaFilter, Item, chosen, ordered, sides_of, without_twins
from console.rules.agenda_items import HORIZON, Known, of_message, of_pending
from console.rules.renewals import RenewalRules

PAGE = 200
"""Rows a page: a page of an embedded store is read between two keys."""
MOST = 10_000
"""Rows read of each part of the list."""
MOST_TICKETS = 1_000
"""Open tickets read, the newest: what a thing to do is about."""
ENDED_SINCE = timedelta(days=30)
"""How far back an outage that is over is looked for: a word promised at its end is owed since then."""
REST = 0.5
"""Seconds that changes are collected before the list is read again, at least."""
SHARE = 4
"""Reading again takes at most one part in so many and one of the time."""
_OVER = frozenset(OutageState) - LIVE_OUTAGE_STATES

T = TypeVar("T")


class Part(StrEnum):
    """The parts of the list, by where they come from."""

    MESSAGES = "messages"
    DUE = "due"
    """Promises, hand-overs, next steps."""
    RENEWALS = "renewals"
    HOLDS = "holds"
    OUTAGES = "outages"
    """Which outages are over: without them no word at restoration can be due."""


@runtime_checkable
class Lacking(Protocol):
    """A backend made of several sources, of which some can do less than others."""

    def lacking(self, capability: Capability) -> tuple[str, ...]:
        """Return the names of the sources that cannot do it."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A part that some source cannot tell at all."""

    part: Part
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Agenda:
    """All there is to do at `at` (UTC), most urgent first, whoever is to do it.

    `whole` is False while further pages are read; `cut` when there is more than can be read.
    """

    at: datetime
    items: tuple[Item, ...] = ()
    gaps: tuple[Gap, ...] = ()
    failed: Mapping[Part, BackendError] = field(default_factory=dict)
    whole: bool = True
    cut: bool = False


@dataclass(slots=True)
class _Stream:
    """One part being read, page after page."""

    part: Part
    fetch: Callable[[str | None], Awaitable[Page[Item | None]]]
    items: list[Item] = field(default_factory=list)
    after: str | None = None
    rows: int = 0
    done: bool = False
    error: BackendError | None = None

    async def read_on(self) -> None:
        """Read one more page; an error ends the reading and is kept."""
        try:
            page = await self.fetch(self.after)
        except BackendError as error:
            self.error, self.done = error, True
            return
        self.items += [one for one in page.rows if one is not None]
        self.rows += len(page.rows)
        self.after = page.after
        self.done = page.after is None or self.rows >= MOST


def gaps_of(desk: Desk) -> tuple[Gap, ...]:
    """Return which parts which sources of a desk cannot tell."""
    asked = [(Part.MESSAGES, Capability.QUEUE), (Part.DUE, Capability.PENDING), (Part.OUTAGES, Capability.OUTAGES)]
    found = []
    for part, capability in asked:
        if not desk.can(capability):
            found.append(Gap(part, (desk.backend.name,)))
        elif part is not Part.OUTAGES and isinstance(desk.backend, Lacking):
            names = desk.backend.lacking(capability)
            found += [Gap(part, names)] if names else []
    return tuple(found)


async def _outages(desk: Desk) -> tuple[frozenset[Key] | None, Mapping[Key, datetime]]:
    """Return which outages go on, and when those of the last weeks were over; None where nobody can say."""
    if not desk.can(Capability.OUTAGES):
        return None, {}
    since = desk.clock() - ENDED_SINCE
    live = await desk.live_outages()
    over = await desk.backend.outages(OutageFilter(states=_OVER, operator_keys=desk.outage_operators, since=since))
    return frozenset(one.key for one in live), {one.key: one.ended_at for one in over if one.ended_at is not None}


async def _tickets(desk: Desk) -> Mapping[Key, Ticket]:
    """Return the newest open tickets by key: what a thing to do is about, who holds it."""
    found: dict[Key, Ticket] = {}
    after: str | None = None
    only = TicketFilter(operator_keys=desk.operator_keys, states=OPEN_STATES)
    while len(found) < MOST_TICKETS:
        page = await desk.backend.tickets(only, after=after, limit=PAGE)
        found |= {one.key: one for one in page.rows}
        after = page.after
        if after is None:
            break
    return found


async def _known(desk: Desk, rules: RenewalRules) -> tuple[Known, dict[Part, BackendError]]:
    failed: dict[Part, BackendError] = {}
    live: frozenset[Key] | None = None
    ended: Mapping[Key, datetime] = {}
    tickets: Mapping[Key, Ticket] = {}
    try:
        live, ended = await _outages(desk)
    except BackendError as error:
        failed[Part.OUTAGES] = error
    try:
        tickets = await _tickets(desk)
    except BackendError:
        tickets = {}  # the list is as complete without them; only what an item is about is not known
    known = Known(desk.clock(), rules, desk.policies, operators=desk.operators, tickets=tickets, live=live, ended=ended)
    return known, failed


def _streams(desk: Desk, known: Known) -> list[_Stream]:
    backend, keys = desk.backend, desk.operator_keys
    streams: list[_Stream] = []

    async def messages(after: str | None) -> Page[Item | None]:
        page: Page[tuple[Contact, Customer]] = await backend.queue(
            QueueFilter(operator_keys=keys), after=after, limit=PAGE
        )
        return Page(tuple(of_message(one, who, known) for one, who in page.rows), page.after)

    def pending(only: PendingFilter) -> Callable[[str | None], Awaitable[Page[Item | None]]]:
        async def fetch(after: str | None) -> Page[Item | None]:
            page: Page[Pending] = await backend.pending(only, after=after, limit=PAGE)
            return Page(tuple(of_pending(one, known) for one in page.rows), page.after)

        return fetch

    if desk.can(Capability.QUEUE):
        streams.append(_Stream(Part.MESSAGES, messages))
    if desk.can(Capability.PENDING):
        due = frozenset({PendingKind.PROMISE, PendingKind.HANDOVER, PendingKind.TICKET})
        streams.append(_Stream(Part.DUE, pending(PendingFilter(due, keys, until=known.now + HORIZON))))
        today = known.now.date()
        first, last = today - timedelta(days=1), today + timedelta(days=known.rules.farthest + 1)
        contracts = PendingFilter(frozenset({PendingKind.CONTRACT}), keys, ends_from=first, ends_to=last)
        streams.append(_Stream(Part.RENEWALS, pending(contracts)))
        if Holder.BILLING in sides_of(desk.agent):
            streams.append(_Stream(Part.HOLDS, pending(PendingFilter(frozenset({PendingKind.DISPUTE}), keys))))
    return streams


async def reading(desk: Desk, rules: RenewalRules, *, pages: int | None = None) -> AsyncIterator[Agenda]:
    """Yield the list: first with the beginning of every part, then, when there is more, with all that is read.

    `pages` is the most pages read of each part, None for all up to `MOST` rows. Raises what the backend raises when
    no part could be read at all.
    """
    known, failed = await _known(desk, rules)
    streams = _streams(desk, known)
    gaps = gaps_of(desk)

    async def agenda() -> Agenda:
        errors = failed | {one.part: one.error for one in streams if one.error is not None}
        more = any(not one.done for one in streams)
        cut = any(one.after is not None and one.error is None for one in streams)
        found = [item for one in streams for item in one.items]
        if len(found) <= PAGE * len(streams):
            items = without_twins(ordered(found))
        else:  # a long list is sorted beside the keys, not between them
            items = await asyncio.to_thread(lambda: without_twins(ordered(found)))
        return Agenda(known.now, items, gaps, errors, whole=not more, cut=cut)

    await asyncio.gather(*(one.read_on() for one in streams))
    errors = [one.error for one in streams if one.error is not None]
    if streams and len(errors) == len(streams):
        raise errors[0]
    yield await agenda()
    read = 1
    while any(not one.done for one in streams) and (pages is None or read < pages):
        for stream in streams:
            if not stream.done:
                await stream.read_on()
                await asyncio.sleep(0)  # a key that was pressed meanwhile goes first
        read += 1
    if read > 1:
        yield await agenda()


class Watch:
    """The newest agenda of a desk, for as long as the console runs: what was read, how it is filtered, how it stands.

    The caller keeps the time: it asks `rest` how many seconds to collect changes before it reads again.
    """

    def __init__(self, desk: Desk, rules: Callable[[], RenewalRules]) -> None:
        self._desk = desk
        self._rules = rules
        self._took = 0.0
        self.agenda: Agenda | None = None
        self.error: BackendError | None = None
        self.only: AgendaFilter = EVERYTHING
        self.place: tuple[str, ...] = ()
        """The names of the item that was looked at last and of those after it: the list goes on at the first left."""
        self._kept: dict[AgendaFilter, tuple[Agenda, Agent, tuple[Item, ...]]] = {}

    @property
    def rest(self) -> float:
        """Seconds to collect changes before reading again: the longer a reading took, the rarer it is."""
        return max(REST, SHARE * self._took)

    async def read(self, *, pages: int | None = None, told: Callable[[], None] | None = None) -> None:
        """Read the list again; `told` hears each time more of it is there. What fails stands in `error`."""
        began = time.monotonic()
        try:
            async for agenda in reading(self._desk, self._rules(), pages=pages):
                kept = self.agenda is not None and len(self.agenda.items) > len(agenda.items) and not agenda.whole
                if pages is None and kept:
                    continue  # the beginning of a long list that is shown whole already says nothing new
                self.agenda, self.error = agenda, None
                if told is not None:
                    told()
        except BackendError as error:
            self.error = error
            if told is not None:
                told()
        self._took = time.monotonic() - began

    def lost(self, error: BackendError) -> None:
        """Note that the source does not answer: what is known grows old."""
        self.error = error

    def shown(self) -> tuple[Item, ...]:
        """Return what concerns the agent and passes the filter, most urgent first."""
        return self._chosen(self.only)

    def concerning(self) -> tuple[Item, ...]:
        """Return all that concerns the agent, whatever the filter."""
        return self._chosen(EVERYTHING)

    def _chosen(self, only: AgendaFilter) -> tuple[Item, ...]:
        """Return the items that pass a filter; a long list is gone through once, and not at every minute and key."""
        known, agent = self.agenda, self._desk.agent
        if known is None:
            return ()
        kept = self._kept.get(only)
        if kept is None or kept[0] is not known or kept[1] is not agent:
            if len(self._kept) > 1:
                self._kept = {one: kept for one, kept in self._kept.items() if one == EVERYTHING}
            kept = self._kept[only] = (known, agent, chosen(known.items, agent, only))
        return kept[2]

    def without(self, name: str) -> None:
        """Take an item off the list that was just done: what is read again confirms it."""
        if self.agenda is not None:
            items = tuple(one for one in self.agenda.items if one.name != name)
            self.agenda = replace(self.agenda, items=items)
