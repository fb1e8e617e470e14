"""The reference implementation of the port: dictionaries, everything looked at, nothing clever; used by tests.

A `Store` outlives its handles and may have several, as a file has several programs. A batch is applied to a copy of
the state, which then takes the place of the old one: no reader ever sees half of it. All handles of a store must live
in one event loop; nothing survives the process.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from backends.errors import Unavailable, Unsupported
from backends.events import Event, PresenceChanged, Resync
from backends.memory import forgetting, reading, searching, writing
from backends.memory.checking import origin_of
from backends.memory.consoles import Consoles
from backends.memory.pending import pending
from backends.memory.state import State, kind_of, without
from backends.port import (
    Batch,
    Capability,
    CustomerFile,
    Match,
    OutageFilter,
    Page,
    Pending,
    PendingFilter,
    Presence,
    Put,
    QueueFilter,
    Receipt,
    Remove,
    TextHit,
    TicketFilter,
    TimelineFilter,
)
from backends.records import (
    FIRST_LINK,
    KINDS,
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
    chained,
)

__all__ = ["CAPABILITIES", "EXAMPLE", "STORES", "MemoryBackend", "Store", "open_url"]

CAPABILITIES = frozenset(Capability)
STORES = KINDS
EXAMPLE = "memory:"

_WHOLE_HISTORY = TimelineFilter()
_ALL_TICKETS = TicketFilter()
_ALL_OUTAGES = OutageFilter()
_ALL_WAITING = QueueFilter()
_ALL_PENDING = PendingFilter()


def _now() -> datetime:
    return datetime.now(UTC)


class Store:
    """What the handles share: the state, the clock, and who waits for something to happen."""

    def __init__(self, now: Callable[[], datetime] = _now, kept_events: int = 10_000) -> None:
        self.state = State()
        self.consoles = Consoles()
        self.now = now
        self.kept_events = kept_events
        self.dropped_events = 0
        """How many events are no longer kept; the first one kept has this number."""
        self.waiting: set[asyncio.Event] = set()

    def swap(self, state: State) -> None:
        """Make `state` the stored one and wake who listens."""
        surplus = max(0, len(state.happened) - self.kept_events)
        del state.happened[:surplus]
        self.dropped_events += surplus
        self.state = state
        for waiting in self.waiting:
            waiting.set()


class MemoryBackend:
    """A backend in memory with every capability, kind and field, or those given, as a helpdesk has that knows less.

    With `stores`, records of other kinds are refused; with `omits`, these fields are blank whatever is written.
    `records` fill it: each keeps the key it brings, or gets one when that is a new one; in any order, they may name
    each other. They raise Invalid as a batch would.
    """

    def __init__(
        self,
        records: Iterable[Record] = (),
        *,
        store: Store | None = None,
        now: Callable[[], datetime] = _now,
        name: str = "memory",
        capabilities: Iterable[Capability] = Capability,
        stores: Iterable[type[Record]] = KINDS,
        omits: Mapping[type[Record], Iterable[str]] | None = None,
    ) -> None:
        self.name = name
        self.url = "memory:"
        self.capabilities = frozenset(capabilities)
        self.stores = frozenset(stores)
        self.omits: Mapping[type[Record], frozenset[str]] = {
            kind: frozenset(names) for kind, names in (omits or {}).items()
        }
        self.store = store or Store(now)
        self._open = False
        self._closed = asyncio.Event()
        filling = Batch(tuple(Put(record) for record in records), actor="", act="import")
        if filling.items:
            state = self.store.state.copy()
            writing.apply(state, filling, self.store.now(), keep_keys=True, source=name)
            self.store.swap(state)

    def another(self) -> MemoryBackend:
        """Return a second handle on the same store, not opened yet."""
        return MemoryBackend(
            store=self.store,
            name=self.name,
            capabilities=self.capabilities,
            stores=self.stores,
            omits=self.omits,
        )

    async def open(self) -> None:
        """Make ready."""
        self._open = True
        self._closed.clear()

    async def close(self) -> None:
        """End all listening; the store stays."""
        self._open = False
        self._closed.set()
        for waiting in self.store.waiting:
            waiting.set()

    @property
    def _state(self) -> State:
        if not self._open:
            raise Unavailable("not open", source=self.name)
        return self.store.state

    def _needs(self, capability: Capability) -> None:
        if capability not in self.capabilities:
            raise Unsupported(capability, source=self.name)

    # reading ------------------------------------------------------------------------------------------------------

    async def operators(self) -> tuple[Operator, ...]:
        """Return all operators, by name."""
        return tuple(sorted(self._state.every(Operator), key=lambda operator: (operator.name, operator.key)))

    async def agents(self) -> tuple[Agent, ...]:
        """Return all agents, by login."""
        return tuple(sorted(self._state.every(Agent), key=lambda agent: agent.login))

    async def customers(self, keys: Sequence[Key]) -> tuple[Customer, ...]:
        """Return those of the customers that exist, in the given order."""
        known = {one.key: one for one in self._state.every(Customer)}
        return tuple(known[key] for key in keys if key in known)

    async def search(
        self, text: str, *, limit: int = 20, operator_keys: frozenset[Key] = frozenset()
    ) -> tuple[Match, ...]:
        """Return customers that `text` may mean, best first."""
        self._needs(Capability.SEARCH)
        return searching.search(self._state, text, limit, operator_keys)

    async def search_text(self, text: str, *, limit: int = 50, after: str | None = None) -> Page[TextHit]:
        """Return contacts that have all words of `text`, newest first."""
        self._needs(Capability.TEXT_SEARCH)
        return reading.search_text(self._state, text, after, limit)

    async def customer_file(self, key: Key) -> CustomerFile:
        """Return everything about a customer but the timeline; raises NotFound."""
        return reading.customer_file(self._state, key, self.store.now())

    async def timeline(
        self, customer_key: Key, *, only: TimelineFilter = _WHOLE_HISTORY, after: str | None = None, limit: int = 50
    ) -> Page[Entry]:
        """Return the history newest first; raises NotFound."""
        return reading.timeline(self._state, customer_key, only, after, limit)

    async def contact(self, key: Key) -> Contact:
        """Return a contact with its whole body; raises NotFound."""
        return self._state.get(Contact, key)

    async def ticket(self, reference_or_key: str) -> Ticket:
        """Return a ticket by its key or reference; raises NotFound."""
        return reading.ticket(self._state, reference_or_key)

    async def tickets(
        self, only: TicketFilter = _ALL_TICKETS, *, after: str | None = None, limit: int = 100
    ) -> Page[Ticket]:
        """Return tickets, newest first."""
        return reading.tickets(self._state, only, after, limit)

    async def outages(self, only: OutageFilter = _ALL_OUTAGES) -> tuple[Outage, ...]:
        """Return outages, newest first."""
        self._needs(Capability.OUTAGES)
        return reading.outages(self._state, only)

    async def queue(
        self, only: QueueFilter = _ALL_WAITING, *, after: str | None = None, limit: int = 50
    ) -> Page[tuple[Contact, Customer]]:
        """Return contacts that wait for an answer, oldest first, with their customers."""
        self._needs(Capability.QUEUE)
        return reading.queue(self._state, only, after, limit)

    async def links(self, ends: Collection[Origin]) -> tuple[Link, ...]:
        """Return every link that has one of these ends, oldest first."""
        self._needs(Capability.LINKS)
        wanted = frozenset(ends)
        found = (link for link in self._state.every(Link) if not wanted.isdisjoint(link.ends))
        return tuple(sorted(found, key=lambda link: (link.made_at, link.key)))

    async def pending(
        self, only: PendingFilter = _ALL_PENDING, *, after: str | None = None, limit: int = 200
    ) -> Page[Pending]:
        """Return what is to be done over all customers, by due time, kind and key."""
        self._needs(Capability.PENDING)
        return pending(self._state, only, after, limit)

    async def presence(self, customer_key: Key) -> tuple[Presence, ...]:
        """Return who has this customer open now, each agent once, by login."""
        self._needs_presence()
        return self.store.consoles.at(customer_key, self.store.now())

    def _needs_presence(self) -> None:
        self._needs(Capability.PRESENCE)
        if not self._open:
            raise Unavailable("not open", source=self.name)

    # writing ------------------------------------------------------------------------------------------------------

    async def write(self, batch: Batch) -> Receipt:
        """Store a batch whole or not at all; raises Conflict, Invalid."""
        self._needs(Capability.WRITE)
        if any(isinstance(item, Remove) for item in batch.items):
            self._needs(Capability.UNDO)
        if any(isinstance(item, Put) and item.raw is not None for item in batch.items):
            self._needs(Capability.RAW)
        self._refuse_kinds(batch)
        state = self._state.copy()
        receipt = writing.apply(state, self._blank(batch), self.store.now(), source=self.name)
        self.store.swap(state)
        return receipt

    def _refuse_kinds(self, batch: Batch) -> None:
        for item in batch.items:
            if type(item.record) not in self.stores:
                raise Unsupported(f"write.{kind_of(item.record)}", source=self.name)

    def _blank(self, batch: Batch) -> Batch:
        """Return `batch` with what this store has no place for at its default."""
        if not self.omits:
            return batch
        items = (
            replace(item, record=without(item.record, self.omits.get(type(item.record), ()))) for item in batch.items
        )
        return replace(batch, items=tuple(items))

    async def note_read(self, customer_key: Key, actor: str, detail: str = "") -> None:
        """Record in the audit trail that `actor` opened this customer; raises NotFound."""
        self._needs(Capability.AUDIT)
        state = self._state.copy()
        state.get(Customer, customer_key)
        self._note(state, actor, "read", customer_key, detail)
        self.store.swap(state)

    def _note(self, state: State, actor: str, act: str, customer_key: Key, detail: str) -> None:
        state.note(self.store.now(), actor, act, "customer", customer_key, customer_key, detail)

    # living -------------------------------------------------------------------------------------------------------

    async def present(self, presence: Presence | None, *, agent: str, console: str) -> None:
        """Say which customer `agent` has open in this console, None for none."""
        self._needs_presence()
        news = self.store.consoles.present(presence, agent, console, self.store.now())
        if news:
            state = self._state.copy()
            state.happened.extend(map(PresenceChanged, news))
            self.store.swap(state)

    def events(self, since: str | None = None) -> AsyncIterator[Event]:
        """Yield what changes from this call on, or from the cursor `since`; ends when closed."""
        self._needs(Capability.LIVE)
        newest = self.store.dropped_events + len(self._state.happened)
        return self._follow(newest if since is None else _number(since), newest)

    async def _follow(self, position: int, newest: int) -> AsyncIterator[Event]:
        waiting = asyncio.Event()
        self.store.waiting.add(waiting)
        try:
            while not self._closed.is_set():
                waiting.clear()
                kept_from = self.store.dropped_events
                if not kept_from <= position <= newest:
                    position = kept_from + len(self.store.state.happened)
                    yield Resync(str(position))
                for event in self.store.state.happened[position - kept_from :]:
                    position += 1
                    yield replace(event, cursor=str(position))
                newest = self.store.dropped_events + len(self.store.state.happened)
                if position == newest:
                    await waiting.wait()
                    newest = self.store.dropped_events + len(self.store.state.happened)
        finally:
            self.store.waiting.discard(waiting)

    # keeping ------------------------------------------------------------------------------------------------------

    async def audit(self, *, customer_key: Key = "", after: str | None = None, limit: int = 100) -> Page[AuditEntry]:
        """Return the audit trail, newest first."""
        self._needs(Capability.AUDIT)
        rows = [entry for entry in self._state.trail if customer_key in ("", entry.customer_key)]
        return reading.page(rows, lambda entry: (f"{entry.sequence:020d}", ""), after, limit, oldest=False)

    async def audit_verify(self, progress: Callable[[int, int], None] | None = None) -> AuditVerdict:
        """Check the whole chain."""
        self._needs(Capability.AUDIT)
        trail = self._state.trail
        previous = FIRST_LINK
        for number, row in enumerate(trail, 1):
            digest = chained(
                previous, number, row.at, row.actor, row.act, row.subject, row.subject_key, row.customer_key, row.detail
            )
            if row.sequence != number:
                return AuditVerdict(len(trail), number, "missing" if row.sequence > number else "reordered")
            if row.previous != previous or row.digest != digest:
                return AuditVerdict(len(trail), number, "changed")
            previous = digest
            if progress:
                progress(number, len(trail))
        return AuditVerdict(len(trail))

    async def export(self, customer_key: Key, actor: str) -> Mapping[str, Any]:
        """Return everything held about a person as plain JSON values; audited; raises NotFound."""
        self._needs(Capability.EXPORT)
        state = self._state.copy()
        held = forgetting.held_about(state, customer_key, self.name)
        self._note(state, actor, "export", customer_key, "")
        self.store.swap(state)
        return held

    async def forget(self, customer_key: Key, actor: str, reason: str) -> Mapping[str, int]:
        """Erase personal data, keep counts and clocks; raises NotFound."""
        self._needs(Capability.FORGET)
        state = self._state.copy()
        counts = forgetting.erase(state, customer_key, self.name)
        self._note(state, actor, "forget", customer_key, reason)
        self.store.consoles.forget(customer_key)
        self.store.swap(state)
        return counts

    async def stored(self, kind: type[Record], origins: Collection[Origin]) -> Mapping[Origin, Key]:
        """Return the keys of those records of `kind` that came from one of `origins`."""
        wanted = frozenset(origins)
        found = ((origin_of(record), record.key) for record in self._state.every(kind))
        return {origin: key for origin, key in found if origin in wanted}

    async def listed(
        self, kind: type[Record], *, customer_key: Key = "", after: str | None = None, limit: int = 100
    ) -> Page[Record]:
        """Return records of a kind in the order in which they were stored; raises Invalid."""
        return reading.listed(self._state, kind, customer_key, after, limit)

    async def counted(self, kind: type[Record]) -> int:
        """Return how many records of a kind there are."""
        return sum(1 for _ in self._state.every(kind))


def _number(cursor: str) -> int:
    """Return the number in a cursor, -1 when no event ever had such a cursor."""
    return int(cursor) if cursor.isascii() and cursor.isdigit() else -1


def open_url(url: str, **settings: object) -> MemoryBackend:
    """Return an empty backend for `memory:`, not opened yet; each call gives a store of its own."""
    return MemoryBackend()
