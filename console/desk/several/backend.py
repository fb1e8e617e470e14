"""Several sources as one backend: asked all at once, shown as they come, none holding up the others.

The home store is the profile's own: its keys are the desk's keys, it keeps the audit trail, the links between sources,
and what a helpdesk has no place for. A source that is slow, gone or refusing is a named state, never an empty list.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from backends.areas import REVEAL
from backends.delivery import Delivery
from backends.errors import BackendError, NotFound, Unsupported
from backends.events import Event
from backends.port import (
    Backend,
    Batch,
    Capability,
    CustomerFile,
    Match,
    OutageFilter,
    Page,
    Pending,
    PendingFilter,
    Presence,
    QueueFilter,
    Receipt,
    TextHit,
    TicketFilter,
    TimelineFilter,
)
from backends.records import (
    Agent,
    AuditEntry,
    AuditVerdict,
    Contact,
    Customer,
    Entry,
    Key,
    Link,
    Operator,
    Origin,
    Outage,
    Record,
    Ticket,
    TicketEvent,
)
from console.desk.several.circle import Circle
from console.desk.several.circles import Circles
from console.desk.several.consoles import Consoles
from console.desk.several.hearing import Hearing
from console.desk.several.keys import HOME, joined, parted, rekeyed
from console.desk.several.lists import Lists
from console.desk.several.members import Member
from console.desk.several.outages import Outages
from console.desk.several.pages import Readings, merged, newest
from console.desk.several.searching import Searching
from console.desk.several.writing import Writing
from console.desk.sources import Journalled, Source, SourceState
from console.rules.identity import Counterpart, Judgement, as_one, compare, same_contact, same_event

GRACE = 0.12
"""Seconds that a page waits for sources other than the one asked; what comes later is shown when it comes."""
FIRST_TIME = 1.0
"""Seconds that whoever wants to know all operators waits for sources that are still being opened."""
EVERYTHING = TimelineFilter()
_ALL_TICKETS = TicketFilter()
_ALL_OUTAGES = OutageFilter()
_ALL_WAITING = QueueFilter()
_ALL_PENDING = PendingFilter()
MOST_REFERENCES = 2_000


class Several:
    """The port over several sources; `home` is the profile's own backend, `others` are the sources by name."""

    def __init__(
        self,
        home: Backend,
        others: Mapping[str, Backend],
        *,
        writes: Mapping[str, frozenset[type[Record]]] | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        grace: float = GRACE,
    ) -> None:
        wishes = writes or {}
        self.members = {HOME: Member(HOME, home)} | {
            name: Member(name, backend, wishes.get(name, frozenset())) for name, backend in others.items()
        }
        self.home = self.members[HOME]
        self.name = home.name
        self.url = home.url
        self.capabilities = _together(self.members.values())
        self.stores: frozenset[type[Record]] = frozenset().union(
            *(one.backend.stores for one in self.members.values() if one.can(Capability.WRITE))
        )
        self.omits: Mapping[type[Record], frozenset[str]] = home.omits
        self.clock = clock
        self._grace = grace
        self._codes: dict[str, Key] = {}
        self._operators: list[Operator] = []
        self._readings = Readings()
        self._opening: set[asyncio.Future[None]] = set()
        self._references: OrderedDict[Key, str] = OrderedDict()
        self._hearing = Hearing(self.members, clock)
        self._circles = Circles(self.members, clock, grace, self._hearing, self.meet)
        self._hearing.circles = self._circles
        self._outages = Outages(self.members, clock, grace, self._hearing, self.meet)
        self._hearing.outages = self._outages
        self._searching = Searching(self.members, clock, self.meet)
        self._lists = Lists(self.members, self._circles, self._readings, clock, self.meet, self.name)
        self._consoles = Consoles(self.members, self._circles, clock, self.name)
        self._writing = Writing(self.members, self._circles, self._outages, lambda: self._operators)

    # opening and closing --------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Open the home store, and begin to open all others; raises what the home store raises."""
        await self.home.backend.open()
        self.home.answered(self.clock())
        self._opening = {
            asyncio.ensure_future(self._open(one)) for one in self.members.values() if one is not self.home
        }
        await self.opened(self._grace)

    async def opened(self, seconds: float) -> None:
        """Wait so long at most for sources that are still being opened."""
        if self._opening:
            _done, self._opening = await asyncio.wait(self._opening, timeout=seconds)

    async def _open(self, member: Member) -> None:
        try:
            await member.backend.open()
            await self.meet(member)
        except BackendError as error:
            member.failed(error)
        self._hearing.tell_all()

    async def close(self) -> None:
        """Close every source; may be called twice."""
        for task in self._opening:
            task.cancel()
        await self._hearing.stop()
        self._circles.stop()
        self._outages.stop()
        await self._outages.shadows.stop()
        for member in self.members.values():
            with suppress(BackendError):
                await member.backend.close()

    async def meet(self, member: Member, *keys: Key) -> None:
        """Learn a source's operators, so that they are the same in every source; raises what it raises.

        They are read once, and again when one of `keys`, in its own notation, is not among them.
        """
        if member.known_operators and (member is self.home or all(key in member.operators for key in keys if key)):
            return
        if member is not self.home:
            await self._meet_home()
        found = await member.backend.operators()
        unknown = member.meet(found, self._codes)
        if member is self.home:
            self._operators = [*found, *self._operators_elsewhere()]
        else:
            ours = {one.key for one in self._operators}
            self._operators += [known for one in unknown if (known := rekeyed(one, member.up)).key not in ours]
        member.answered(self.clock())

    async def _meet_home(self) -> None:
        """Learn the home store's operators as they are now; another console may have added one."""
        self.home.known_operators = False
        try:
            await self.meet(self.home)
        except BackendError as error:
            self.home.failed(error)

    # reading --------------------------------------------------------------------------------------------------------

    async def operators(self) -> tuple[Operator, ...]:
        """Return the operators of all sources that have told theirs, each once; waits a second for slow ones."""
        await self.opened(FIRST_TIME)
        self.home.known_operators = False  # another console may have added one
        await self.meet(self.home)
        return tuple(sorted(self._operators, key=lambda one: one.name))

    def _operators_elsewhere(self) -> list[Operator]:
        return [one for one in self._operators if parted(one.key, self.members)[0] != HOME]

    async def agents(self) -> tuple[Agent, ...]:
        """Return the agents of the home store."""
        return await self.home.backend.agents()

    async def search(
        self, text: str, *, limit: int = 20, operator_keys: frozenset[Key] = frozenset()
    ) -> tuple[Match, ...]:
        """Return the matches of all sources, each person once; waits for the slowest within its deadline."""
        answers = [one async for one in self.searching(text, limit=limit, operator_keys=operator_keys)]
        return answers[-1] if answers else ()

    def searching(
        self, text: str, *, limit: int = 20, operator_keys: frozenset[Key] = frozenset(), rest: float = 0.0
    ) -> AsyncIterator[tuple[Match, ...]]:
        """Yield what is found so far, again with each source that answers; remote ones are asked after `rest` seconds.

        Raises only when no source at all could answer.
        """
        return self._searching.searching(text, limit, operator_keys, rest)

    async def search_text(self, text: str, *, limit: int = 50, after: str | None = None) -> Page[TextHit]:
        """Return hits of all sources that can search in texts, newest first."""
        return await self._lists.text_hits(text, limit, after)

    async def customer_file(self, key: Key) -> CustomerFile:
        """Return what is known of a customer so far; raises when the source they were opened in never answered.

        Parts of other sources that are late are told as a change of this customer when they come.
        """
        circle = await self._circles.gathered(key)
        file = circle.one()
        if file is None:
            raise circle.asked.error or NotFound(key, source=self.name)
        return file

    async def customers(self, keys: Sequence[Key]) -> tuple[Customer, ...]:
        """Return those of the customers that their sources know, in the given order."""
        return await self._lists.customers(keys)

    async def timeline(
        self, customer_key: Key, *, only: TimelineFilter = EVERYTHING, after: str | None = None, limit: int = 50
    ) -> Page[Entry]:
        """Return the histories of all sources as one, newest first, what two of them hold once."""
        circle = await self._circles.known(customer_key)
        order, offset = self._readings.of(after) if after is not None else ([], 0)
        if after is None:
            streams = await self._circles.streams(circle, only, limit)
            # One that answers later is news; it must not push rows about that were given already.
            order = [one for one in streams.values() if one.begun]
            order.sort(key=lambda one: (one.source != HOME, one.source))
        while True:
            rows, gate = merged(order, lambda one: newest(one.at), self._one_entry)
            if len(rows) > offset + limit or gate is None:
                break
            await gate.go_on()
        failed = next((one.error for one in order if one.error is not None), None)
        if not rows and failed is not None and not any(one.begun and one.error is None for one in order):
            raise failed
        page = [rekeyed(one, circle.stands) for one in rows[offset : offset + limit]]
        more = len(rows) > offset + limit or any(one.more for one in order)
        return Page(tuple(page), self._readings.cursor(order, offset + limit, after) if more else None)

    def _one_entry(self, one: Entry, other: Entry) -> Entry | None:
        if isinstance(one, Contact) and isinstance(other, Contact) and same_contact(one, other):
            found = as_one(one, other)
            self._references[found.key] = found.reference
            while len(self._references) > MOST_REFERENCES:
                self._references.popitem(last=False)
            return found
        if isinstance(one, TicketEvent) and isinstance(other, TicketEvent) and same_event(one, other):
            return one
        return None

    async def contact(self, key: Key) -> Contact:
        """Return a contact with its whole body, under the references of all sources that hold it."""
        source, rest = parted(key, self.members)
        member = self.members[source]
        found = rekeyed(await member.backend.contact(rest), member.up)
        return self._circles.as_shown(replace(found, reference=self._references.get(key, found.reference)))

    async def ticket(self, reference_or_key: str) -> Ticket:
        """Return a ticket by its key, or by its reference in the first source that knows it: home first."""
        source, rest = parted(reference_or_key, self.members)
        if source != HOME:
            member = self.members[source]
            return self._circles.as_shown(rekeyed(await member.backend.ticket(rest), member.up))
        trouble: BackendError = NotFound(reference_or_key, source=self.name)
        for member in self.members.values():
            if member is not self.home and not member.knows_customers:
                continue
            try:
                return self._circles.as_shown(rekeyed(await member.backend.ticket(rest), member.up))
            except NotFound:
                continue
            except BackendError as error:
                trouble = error
        raise trouble

    async def tickets(
        self, only: TicketFilter = _ALL_TICKETS, *, after: str | None = None, limit: int = 100
    ) -> Page[Ticket]:
        """Return the tickets of all sources, newest first."""
        return await self._lists.tickets(only, limit, after)

    async def outages(self, only: OutageFilter = _ALL_OUTAGES) -> tuple[Outage, ...]:
        """Return the outages of all sources, newest first; those of a source that does not answer as it last told."""
        if Capability.OUTAGES not in self.capabilities:
            raise Unsupported(Capability.OUTAGES, source=self.name)
        return await self._outages.asked(only)

    async def queue(
        self, only: QueueFilter = _ALL_WAITING, *, after: str | None = None, limit: int = 50
    ) -> Page[tuple[Contact, Customer]]:
        """Return what waits for an answer in all sources, oldest first."""
        return await self._lists.waiting(only, limit, after)

    async def pending(
        self, only: PendingFilter = _ALL_PENDING, *, after: str | None = None, limit: int = 200
    ) -> Page[Pending]:
        """Return what is to be done in all sources that can list it, by due time and kind."""
        return await self._lists.pending(only, limit, after)

    async def presence(self, customer_key: Key) -> tuple[Presence, ...]:
        """Return who has this customer open, in whatever source and under whatever key of theirs."""
        return await self._consoles.at(customer_key)

    async def links(self, ends: Collection[Origin]) -> tuple[Link, ...]:
        """Return the links of the home store that have one of these ends."""
        return await self.home.backend.links(ends)

    # writing --------------------------------------------------------------------------------------------------------

    async def write(self, batch: Batch) -> Receipt:
        """Store each record where it belongs; raises before anything is stored when one of them has no place."""
        return await self._writing.write(batch)

    async def note_read(self, customer_key: Key, actor: str, detail: str = "") -> None:
        """Record in the audit trail of each source that keeps one that the customer was opened.

        Only the home store's refusal is raised: a source that is away must not keep a customer from being served. What
        a reveal says has to be kept somewhere: where no source could keep it, that is raised as well (R41).
        """
        circle = await self._circles.known(customer_key)
        missing: BackendError | None = Unsupported(Capability.AUDIT) if detail.startswith(REVEAL) else None
        for part in circle.parts.values():
            if part.file is None or not part.member.can(Capability.AUDIT):
                continue
            try:
                await part.member.backend.note_read(part.key, actor, detail)
                missing = None
            except BackendError:
                if part.member is self.home:
                    raise
        if missing is not None:
            raise missing

    # living ---------------------------------------------------------------------------------------------------------

    async def present(self, presence: Presence | None, *, agent: str, console: str) -> None:
        """Say which customer `agent` has open, in every source that can be told; raises what the home store raises."""
        await self._consoles.present(presence, agent, console)

    def events(self, since: str | None = None) -> AsyncIterator[Event]:
        """Yield what changes in any source, under the keys by which customers are shown; sources come and go."""
        return self._hearing.events(since)

    def lacking(self, capability: Capability) -> tuple[str, ...]:
        """Return the names of the sources that cannot do it: what they hold is missing from a list of it."""
        return tuple(one.shown for one in self.members.values() if not one.can(capability))

    def standing(self, customer_key: Key = "") -> tuple[Source, ...]:
        """Return how each source stands, for one customer or at all."""
        circle = self._circles.of(customer_key) if customer_key else None
        return tuple(self._standing_of(member, circle) for member in self.members.values())

    def _standing_of(self, member: Member, circle: Circle | None) -> Source:
        part = circle.parts.get(member.name) if circle is not None else None
        if part is None:
            state = SourceState.FRESH if member.answered_at else SourceState.LOADING
            if member.error is not None:
                state = SourceState.STALE if member.answered_at else SourceState.FAILED
            return Source(member.shown, state, member.answered_at, member.error)
        error = part.error or member.trouble
        if error is not None:
            told = member.last_told if part.file is not None else part.told_at
            return Source(member.shown, SourceState.STALE if part.file else SourceState.FAILED, told, error)
        if part.told_at is None:
            return Source(member.shown, SourceState.LOADING)
        live = member.can(Capability.LIVE) and not part.dirty
        return Source(member.shown, SourceState.FRESH, member.answered_at if live else part.told_at)

    # who is who -----------------------------------------------------------------------------------------------------

    def end_of(self, customer_key: Key) -> Origin:
        """Return the source of a customer and their key there, as links name them."""
        source, rest = parted(customer_key, self.members)
        return Origin(self.members[source].shown, rest)

    def counterparts(self, customer_key: Key) -> tuple[Counterpart, ...]:
        """Return who is, or might be, the same person in other sources: those shown as one first."""
        circle = self._circles.of(customer_key)
        if circle is None or circle.asked.file is None:
            return ()
        own = circle.asked.file.customer
        found = [
            self._counterpart(part.file.customer, compare(own, part.file.customer), joined_with=True)
            for part in circle.known()
            if part is not circle.asked and part.file is not None
        ]
        ends = {one.end for one in found}
        maybe = [self._counterpart(one, judged, joined_with=False) for one, judged in circle.maybe.values()]
        return (*found, *(one for one in maybe if one.end not in ends))

    def _counterpart(self, customer: Customer, judged: Judgement, *, joined_with: bool) -> Counterpart:
        end = self.end_of(customer.key)
        return Counterpart(end.source, end, customer, tuple(judged.evidence), joined_with)

    # what is on its way ---------------------------------------------------------------------------------------------

    @property
    def damage(self) -> BackendError | None:
        """That the journal of a source's outbox is or was damaged; None when none is."""
        outboxes = [one.backend for one in self.members.values() if isinstance(one.backend, Journalled)]
        return next((one.damage for one in outboxes if one.damage is not None), None)

    def deliveries(self, customer_key: Key = "") -> tuple[Delivery, ...]:
        """Return what waits in the outboxes of all sources, oldest first, with the desk's keys."""
        return self._writing.deliveries(customer_key)

    async def deliver(self) -> None:
        """Try at once what waits, everywhere."""
        await self._writing.deliver()

    async def send_again(self, number: int, *, over_theirs: bool = False) -> None:
        """Put a refused delivery back in line; raises NotFound."""
        await self._writing.send_again(number, over_theirs=over_theirs)

    async def drop(self, number: int, actor: str, reason: str) -> None:
        """Give a delivery up; raises NotFound."""
        await self._writing.drop(number, actor, reason)

    # keeping --------------------------------------------------------------------------------------------------------

    async def audit(self, *, customer_key: Key = "", after: str | None = None, limit: int = 100) -> Page[AuditEntry]:
        """Return the home store's audit trail."""
        return await self.home.backend.audit(customer_key=customer_key, after=after, limit=limit)

    async def audit_verify(self, progress: Callable[[int, int], None] | None = None) -> AuditVerdict:
        """Check the home store's chain."""
        return await self.home.backend.audit_verify(progress)

    async def export(self, customer_key: Key, actor: str) -> Mapping[str, Any]:
        """Return everything the source of a customer holds about them."""
        source, rest = parted(customer_key, self.members)
        return await self.members[source].backend.export(rest, actor)

    async def forget(self, customer_key: Key, actor: str, reason: str) -> Mapping[str, int]:
        """Erase a customer's personal data in their source."""
        source, rest = parted(customer_key, self.members)
        return await self.members[source].backend.forget(rest, actor, reason)

    async def stored(self, kind: type[Record], origins: Collection[Origin]) -> Mapping[Origin, Key]:
        """Return the home store's keys of imported records; nothing where it does not keep them."""
        return await self._circles.stored(kind, origins)


def _together(members: Iterable[Member]) -> frozenset[Capability]:
    """Return what can be done at all: what any source can, and of keeping only what the home store can."""
    every = list(members)
    home = next(one for one in every if one.name == HOME)
    anywhere = frozenset(Capability) - {
        Capability.AUDIT, Capability.LINKS, Capability.RAW, Capability.EXPORT, Capability.FORGET
    }  # fmt: skip
    found = frozenset(capability for one in every for capability in one.backend.capabilities)
    return (found & anywhere) | home.backend.capabilities | {Capability.LIVE}


__all__ = ["Several", "joined"]
