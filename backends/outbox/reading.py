"""Reading a source with what waits laid over it: every read of the port, and the keys of ours it may be asked by."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from backends import wire
from backends.errors import BackendError, NotFound, NotSignedIn, Unavailable
from backends.memory.pending import passes, pending_of
from backends.memory.searching import around, has_words
from backends.outbox.ledger import Ledger
from backends.outbox.marks import Name, is_provisional
from backends.outbox.overlay import Overlay, both, name_of, words_of
from backends.outbox.pages import Merging
from backends.port import (
    Backend,
    Capability,
    CustomerFile,
    Match,
    OutageFilter,
    Page,
    Pending,
    PendingFilter,
    Presence,
    QueueFilter,
    TextHit,
    TicketFilter,
    TimelineFilter,
)
from backends.records import (
    Agent,
    Charge,
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
)

R = TypeVar("R", bound=Record)
T = TypeVar("T")

_WHOLE_HISTORY = TimelineFilter()
_ALL_TICKETS = TicketFilter()
_ALL_OUTAGES = OutageFilter()
_ALL_WAITING = QueueFilter()
_ALL_PENDING = PendingFilter()
_NEVER = datetime.max.replace(tzinfo=UTC)
_REMEMBERED = 5_000

_HISTORY: Merging[Entry] = Merging(lambda one: one.at, name_of)
_TICKETS: Merging[Ticket] = Merging(lambda one: one.opened_at, name_of)
_HITS: Merging[TextHit] = Merging(lambda one: one.contact.at, lambda one: name_of(one.contact))
_PENDING: Merging[Pending] = Merging(lambda one: one.due_at or _NEVER, lambda one: name_of(one.record), oldest=True)
_QUEUE: Merging[tuple[Contact, Customer]] = Merging(lambda one: one[0].at, lambda one: name_of(one[0]), oldest=True)


class Remembered:
    """The records that a source told of last, whole ones before cut ones: what a change was based on."""

    def __init__(self) -> None:
        self._records: OrderedDict[Name, Record] = OrderedDict()

    def keep(self, records: Iterable[Record]) -> None:
        """Remember records; the oldest are forgotten."""
        for record in records:
            name = name_of(record)
            known = self._records.get(name)
            cut = isinstance(record, Contact) and not record.whole
            if cut and isinstance(known, Contact) and known.whole and known.version == record.version:
                continue
            self._records[name] = record
            self._records.move_to_end(name)
        while len(self._records) > _REMEMBERED:
            self._records.popitem(last=False)

    def find(self, kind: type[R], key: Key) -> R | None:
        """Return a record as it was told of last, None when it was not."""
        found = self._records.get((wire.kind_name(kind), key))
        return found if isinstance(found, kind) else None

    def every(self, kind: type[R]) -> list[R]:
        """Return all of a kind."""
        return [record for record in self._records.values() if isinstance(record, kind)]


class Reading:
    """The reading half of an outbox. `reach` makes the source ready, and raises why it cannot be."""

    inner: Backend
    ledger: Ledger
    remembered: Remembered

    async def reach(self) -> None:
        """Make the source ready for a call; raises what keeps it away."""
        raise NotImplementedError

    def hidden(self) -> frozenset[int]:
        """Return the numbers of batches that nobody is to see yet."""
        raise NotImplementedError

    def unanswered(self, error: BackendError) -> None:
        """Hear why the source did not answer."""
        raise NotImplementedError

    def answered(self) -> None:
        """Hear that the source has answered."""
        raise NotImplementedError

    # the ground -------------------------------------------------------------------------------------------------------

    def overlay(self) -> Overlay:
        """Return what waits, as it is now."""
        mark = (self.ledger.turn, self.hidden())
        if self._overlay is None or self._overlay[0] != mark:
            made = Overlay(self.ledger.entries.values(), self.ledger.became, mark[1])
            self._overlay = (mark, made)
        return self._overlay[1]

    _overlay: tuple[tuple[int, frozenset[int]], Overlay] | None = None

    def real(self, key: Key) -> Key:
        """Return the source's own key where a provisional one has become real."""
        return self.ledger.became.key(key)

    async def asked(self, call: Callable[[], Awaitable[T]]) -> T:
        """Return what the source answers, and notice whether it does."""
        try:
            await self.reach()
            found = await call()
        except (Unavailable, NotSignedIn) as error:
            self.unanswered(error)
            raise
        self.answered()
        if self.ledger.entries:
            with suppress(BackendError):
                await self.ledger.refresh()
        return found

    def _now(self, record: R) -> R | None:
        """Return a row of the source as it is to be, None for one that is laid over it in its own place."""
        return None if self.overlay().touches(name_of(record)) else record

    # people -----------------------------------------------------------------------------------------------------------

    async def operators(self) -> tuple[Operator, ...]:
        """Return all operators, by name."""
        found = await self.asked(lambda: self.inner.operators())
        self.remembered.keep(found)
        over = self.overlay()
        if not any(True for _ in over.every(Operator)) and not over.removed:
            return found
        return tuple(sorted(over.merged(found, Operator, lambda one: True), key=lambda one: (one.name, one.key)))

    async def agents(self) -> tuple[Agent, ...]:
        """Return all agents, by login."""
        found = await self.asked(lambda: self.inner.agents())
        over = self.overlay()
        if not any(True for _ in over.every(Agent)) and not over.removed:
            return found
        return tuple(sorted(over.merged(found, Agent, lambda one: True), key=lambda one: one.login))

    async def customers(self, keys: Sequence[Key]) -> tuple[Customer, ...]:
        """Return those of the customers that exist, in the given order."""
        wanted = [self.real(key) for key in keys]
        theirs = [key for key in wanted if not is_provisional(key)]
        found: tuple[Customer, ...] = ()
        if theirs or not wanted:
            found = await self.asked(lambda: self.inner.customers(theirs))
        self.remembered.keep(found)
        over = self.overlay()
        known = {one.key: now for one in found if (now := over.now(one)) is not None}
        known.update((one.key, one) for one in over.every(Customer) if one.key in wanted)
        wanted = [self.real(key) for key in keys]
        return tuple(known[key] for key in wanted if key in known)

    async def _customer(self, key: Key) -> Customer | None:
        """Return a customer from what is known here, else from the source; None where neither knows."""
        here = self.overlay().find(Customer, key) or self.remembered.find(Customer, key)
        if here is not None:
            return here
        return next(iter(await self.customers([key])), None)

    async def search(
        self, text: str, *, limit: int = 20, operator_keys: frozenset[Key] = frozenset()
    ) -> tuple[Match, ...]:
        """Return customers that `text` may mean, best first; what waits is found while the source is away."""
        failed: Unavailable | None = None
        theirs: tuple[Match, ...] = ()
        try:
            theirs = await self.asked(lambda: self.inner.search(text, limit=limit, operator_keys=operator_keys))
        except Unavailable as error:
            failed = error
        self.remembered.keep(match.customer for match in theirs)
        over = self.overlay()
        ours: tuple[Match, ...] = ()
        if over.records:
            operators = self.remembered.every(Operator)
            known = self.remembered
            ours = over.search(text, limit, operator_keys, operators, lambda key: known.find(Customer, key))
        if failed is not None and not ours:
            raise failed
        return both(theirs, ours, limit, over) if over else theirs

    async def search_text(self, text: str, *, limit: int = 50, after: str | None = None) -> Page[TextHit]:
        """Return contacts whose subject or body has all words of `text`, newest first."""
        words = words_of(text)
        names: dict[Key, Customer] = {}
        for contact in self.overlay().with_words(words):
            customer = await self._customer(contact.customer_key)
            if customer is not None:
                names[customer.key] = customer

        def hit(contact: Contact) -> TextHit:
            customer = names.get(contact.customer_key)
            piece = around(words, contact.body if has_words(words[:1], contact.body) else contact.subject)
            shown = replace(contact, body=contact.body[:240], whole=len(contact.body) <= 240)
            return TextHit(shown, customer.name if customer else "", customer.number if customer else "", piece)

        async def fetch(cursor: str | None) -> Page[TextHit]:
            return await self.asked(lambda: self.inner.search_text(text, limit=limit, after=cursor))

        return await _HITS.page(
            fetch,
            lambda: [hit(one) for one in self.overlay().with_words(words)],
            lambda one: one if self._now(one.contact) is not None else None,
            after,
            limit,
        )

    # one customer -----------------------------------------------------------------------------------------------------

    async def customer_file(self, key: Key) -> CustomerFile:
        """Return everything about a customer but the timeline; raises NotFound."""
        key = self.real(key)
        if is_provisional(key):
            base = await self._own_file(key)
        else:
            base = await self.asked(lambda: self.inner.customer_file(key))
            self._keep_file(base)
        over = self.overlay()
        return over.file(base, self.ledger.now()) if over else base

    async def _own_file(self, key: Key) -> CustomerFile:
        customer = self.overlay().find(Customer, key)
        if customer is None:
            raise NotFound(f"no customer {key!r}", source=self.inner.name)
        operator = self.overlay().find(Operator, customer.operator_key)
        operator = operator or self.remembered.find(Operator, customer.operator_key)
        if operator is None:
            operator = next((one for one in await self.operators() if one.key == customer.operator_key), None)
        if operator is None:
            raise NotFound(f"no operator {customer.operator_key!r}", source=self.inner.name)
        return CustomerFile(customer, operator)

    def _keep_file(self, file: CustomerFile) -> None:
        self.remembered.keep([file.customer, file.operator])
        for rows in (
            file.lines, file.contracts, file.charges, file.disputes, file.tickets, file.chases, file.promises,
            file.visits, file.handovers, file.recent_inbound,
        ):  # fmt: skip
            self.remembered.keep(rows)

    async def timeline(
        self, customer_key: Key, *, only: TimelineFilter = _WHOLE_HISTORY, after: str | None = None, limit: int = 50
    ) -> Page[Entry]:
        """Return the history newest first; raises NotFound."""
        key = self.real(customer_key)
        wanted = replace(only, ticket_key=self.real(only.ticket_key)) if only.ticket_key else only
        local = is_provisional(key) or is_provisional(wanted.ticket_key)
        if is_provisional(key) and self.overlay().find(Customer, key) is None:
            raise NotFound(f"no customer {key!r}", source=self.inner.name)

        async def fetch(cursor: str | None) -> Page[Entry]:
            if local:
                return Page(())
            found = await self.asked(lambda: self.inner.timeline(key, only=wanted, after=cursor, limit=limit))
            self.remembered.keep(found.rows)
            return found

        def ours() -> list[Entry]:
            # what was delivered while the source was asked is asked for by its real key, and is in its answer
            return list(self.overlay().entries_of(self.real(key), wanted))

        return await _HISTORY.page(fetch, ours, self._now, after, limit)

    async def contact(self, key: Key) -> Contact:
        """Return a contact with its whole body; raises NotFound."""
        key = self.real(key)
        found = self.overlay().find(Contact, key)
        if found is not None:
            return found
        if is_provisional(key) or ("contact", key) in self.overlay().removed:
            raise NotFound(f"no contact {key!r}", source=self.inner.name)
        stored = await self.asked(lambda: self.inner.contact(key))
        self.remembered.keep([stored])
        return self.overlay().now(stored) or stored

    async def ticket(self, reference_or_key: str) -> Ticket:
        """Return a ticket by its key or by its reference in any case; raises NotFound."""
        wanted = self.real(reference_or_key)
        for ticket in self.overlay().every(Ticket):
            if ticket.key == wanted or (wanted and ticket.reference.casefold() == wanted.casefold()):
                return ticket
        if is_provisional(wanted) or ("ticket", wanted) in self.overlay().removed:
            raise NotFound(f"no ticket {wanted!r}", source=self.inner.name)
        stored = await self.asked(lambda: self.inner.ticket(wanted))
        self.remembered.keep([stored])
        return self.overlay().now(stored) or stored

    # all --------------------------------------------------------------------------------------------------------------

    async def tickets(
        self, only: TicketFilter = _ALL_TICKETS, *, after: str | None = None, limit: int = 100
    ) -> Page[Ticket]:
        """Return tickets, newest first."""
        wanted = replace(only, customer_key=self.real(only.customer_key)) if only.customer_key else only

        async def fetch(cursor: str | None) -> Page[Ticket]:
            if is_provisional(wanted.customer_key):
                return Page(())
            found = await self.asked(lambda: self.inner.tickets(wanted, after=cursor, limit=limit))
            self.remembered.keep(found.rows)
            return found

        return await _TICKETS.page(fetch, lambda: self.overlay().tickets(wanted), self._now, after, limit)

    async def outages(self, only: OutageFilter = _ALL_OUTAGES) -> tuple[Outage, ...]:
        """Return outages, newest first."""
        found = await self.asked(lambda: self.inner.outages(only))
        self.remembered.keep(found)
        over = self.overlay()
        return over.outages(found, only) if any(True for _ in over.every(Outage)) or over.removed else found

    async def queue(
        self, only: QueueFilter = _ALL_WAITING, *, after: str | None = None, limit: int = 50
    ) -> Page[tuple[Contact, Customer]]:
        """Return contacts that wait for an answer, oldest first, with their customers."""
        owners: dict[Key, Customer] = {}
        for contact in self.overlay().waiting(only):
            customer = await self._customer(contact.customer_key)
            if customer is not None:
                owners[contact.customer_key] = customer

        async def fetch(cursor: str | None) -> Page[tuple[Contact, Customer]]:
            found = await self.asked(lambda: self.inner.queue(only, after=cursor, limit=limit))
            self.remembered.keep(record for row in found.rows for record in row)
            return found

        return await _QUEUE.page(
            fetch,
            lambda: [
                (one, owners[one.customer_key]) for one in self.overlay().waiting(only) if one.customer_key in owners
            ],
            lambda row: (row[0], self.overlay().now(row[1]) or row[1]) if self._now(row[0]) is not None else None,
            after,
            limit,
        )

    async def pending(
        self, only: PendingFilter = _ALL_PENDING, *, after: str | None = None, limit: int = 200
    ) -> Page[Pending]:
        """Return what is to be done over all customers, what waits included, and without what is done when it arrives.

        Of things that are due at one moment, those that wait stand first. Raises Unavailable while the source is away:
        what waits alone would look like all there is.
        """
        wanted = replace(only, outage_key=self.real(only.outage_key))
        owners: dict[Key, Customer] = {}
        for record in self.overlay().works():
            customer = await self._customer(record.customer_key)
            if customer is not None:
                owners[record.customer_key] = customer

        async def fetch(cursor: str | None) -> Page[Pending]:
            found = await self.asked(lambda: self.inner.pending(wanted, after=cursor, limit=limit))
            self.remembered.keep(record for row in found.rows for record in (row.record, row.customer))
            return found

        def ours() -> list[Pending]:
            works = [one for one in self.overlay().works() if one.customer_key in owners]
            found = (pending_of(one, owners[one.customer_key], self._charge) for one in works)
            return [row for row in found if row is not None and passes(row, wanted)]

        def now(row: Pending) -> Pending | None:
            if self._now(row.record) is None:
                return None
            return replace(row, customer=self.overlay().now(row.customer) or row.customer)

        return await _PENDING.page(fetch, ours, now, after, limit)

    def _charge(self, key: Key) -> Charge | None:
        return self.overlay().find(Charge, key) or self.remembered.find(Charge, key)

    async def presence(self, customer_key: Key) -> tuple[Presence, ...]:
        """Return who has this customer open now, as the source knows it; nobody has one who is not there yet."""
        key = self.real(customer_key)
        if is_provisional(key) and Capability.PRESENCE in self.inner.capabilities:
            return ()
        found = await self.asked(lambda: self.inner.presence(key))
        return tuple(replace(one, customer_key=customer_key) for one in found)

    async def links(self, ends: Collection[Origin]) -> tuple[Link, ...]:
        """Return every link that has one of these ends, oldest first."""
        name = self.inner.name
        wanted = frozenset(Origin(name, self.real(end.foreign_id)) if end.source == name else end for end in ends)
        found = await self.asked(lambda: self.inner.links(wanted))
        over = self.overlay()
        if not any(True for _ in over.every(Link)) and not over.removed:
            return found
        rows = over.merged(found, Link, lambda one: not wanted.isdisjoint(one.ends))
        return tuple(sorted(rows, key=lambda one: (one.made_at, one.key)))

    async def held(self, customer_key: Key) -> list[Any]:
        """Return what waits for a customer as plain JSON values."""
        return [
            wire.BATCH.plain(entry.batch)
            for entry in self.ledger.entries.values()
            if entry.concerns(customer_key, self.ledger.became)
        ]


def plain_export(found: Mapping[str, Any], waiting: list[Any]) -> Mapping[str, Any]:
    """Return a person's data with what waits for them in the outbox, where anything does."""
    return {**found, "outbox": waiting} if waiting else found
