"""Reading through the veil: every read of the port, each without what is hidden."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import Any, TypeVar

from backends.areas import Hidden
from backends.port import (
    Backend,
    CustomerFile,
    LeavesOut,
    Listing,
    Match,
    MatchedOn,
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
    Area,
    AuditEntry,
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
from backends.veil.covering import Areas, covered, is_gone, is_mute
from backends.veil.exporting import audit_covered, export_covered
from backends.veil.knowing import Hides, Knowing
from backends.veil.remembering import Remembered

R = TypeVar("R", bound=Record)
T = TypeVar("T")

_WHOLE_HISTORY = TimelineFilter()
_ALL_TICKETS = TicketFilter()
_ALL_OUTAGES = OutageFilter()
_ALL_WAITING = QueueFilter()
_ALL_PENDING = PendingFilter()
_MOST_PAGES = 50
"""Pages that are read on for one that was asked for, when hidden texts are all that they hold."""

FOUND_BY: Mapping[MatchedOn, Area] = {
    MatchedOn.CONTRACT: Area.PAYMENT,
    MatchedOn.MAC: Area.NETWORK,
    MatchedOn.IP: Area.NETWORK,
}
"""Ways of finding a customer that would tell what is hidden."""


class Reading:
    """The part of a veil that reads."""

    def __init__(self, inner: Backend, hides: Callable[[], Hides]) -> None:
        self.inner = inner
        self._knowing = Knowing(inner, hides)
        self._remembered = Remembered()

    @contextmanager
    def _left_out(self, hidden: Hidden) -> Iterator[None]:
        """Tell the source what not to fetch while the block runs, where it can."""
        with self.inner.leave_out(hidden) if isinstance(self.inner, LeavesOut) else nullcontext():
            yield

    async def _asked(self, call: Callable[[], Awaitable[T]]) -> tuple[T, Hidden]:
        """Return what the source gives when told what to leave out, and what that was."""
        hidden = await self._knowing.hidden()
        if not hidden:
            return await call(), hidden
        with self._left_out(hidden):
            return await call(), hidden

    async def _covered(self, record: R, areas: Areas | None = None) -> R:
        """Return a record without what is hidden of it."""
        areas = await self._knowing.of(record) if areas is None else areas
        if not areas:
            return record
        self._knowing.see((record,))
        billing = not self._knowing.trusted and await self._knowing.hangs(record, areas)
        shown = covered(record, areas, billing)
        if shown is not record:
            self._remembered.keep(record)
        return shown

    async def _all_covered(self, records: Sequence[R], areas: Areas | None = None) -> tuple[R, ...]:
        return tuple([await self._covered(one, areas) for one in records])

    async def _mute(self, contact: Contact) -> bool:
        """Return whether no word of a contact may be found; a source that leaves out has not searched in it."""
        if self._knowing.trusted:
            return False
        areas = await self._knowing.of(contact)
        return is_mute(contact, areas, await self._knowing.hangs(contact, areas))

    # everybody's --------------------------------------------------------------------------------------------------

    async def operators(self) -> tuple[Operator, ...]:
        """Return all operators, by name."""
        return await self.inner.operators()

    async def agents(self) -> tuple[Agent, ...]:
        """Return all agents, by login."""
        return await self.inner.agents()

    async def customers(self, keys: Sequence[Key]) -> tuple[Customer, ...]:
        """Return those of the customers that exist, in the given order."""
        found = await self.inner.customers(keys)
        self._knowing.see(found)
        return found

    async def outages(self, only: OutageFilter = _ALL_OUTAGES) -> tuple[Outage, ...]:
        """Return outages, newest first."""
        return await self.inner.outages(only)

    async def links(self, ends: Collection[Origin]) -> tuple[Link, ...]:
        """Return every link that has one of these ends, oldest first."""
        return await self.inner.links(ends)

    async def presence(self, customer_key: Key) -> tuple[Presence, ...]:
        """Return who has this customer open now."""
        return await self.inner.presence(customer_key)

    # finding ------------------------------------------------------------------------------------------------------

    async def search(
        self, text: str, *, limit: int = 20, operator_keys: frozenset[Key] = frozenset()
    ) -> tuple[Match, ...]:
        """Return customers that `text` may mean; nobody is found by what is hidden of them."""
        found, hidden = await self._asked(lambda: self.inner.search(text, limit=limit, operator_keys=operator_keys))
        if not hidden:
            return found
        self._knowing.see([one.customer for one in found])
        return tuple([one for one in found if FOUND_BY.get(one.on) not in await self._knowing.of(one.customer)])

    async def search_text(self, text: str, *, limit: int = 50, after: str | None = None) -> Page[TextHit]:
        """Return contacts with all words of `text`; hidden texts are not among them, as if they had other words."""

        async def page(at: str | None) -> Page[TextHit]:
            found, _hidden = await self._asked(lambda: self.inner.search_text(text, limit=limit, after=at))
            return found

        async def kept(hit: TextHit) -> TextHit | None:
            if await self._mute(hit.contact):
                return None
            return replace(hit, contact=await self._covered(hit.contact))

        return await self._page(page, kept, after)

    async def _page(
        self,
        page: Callable[[str | None], Awaitable[Page[T]]],
        kept: Callable[[T], Awaitable[T | None]],
        after: str | None,
    ) -> Page[T]:
        """Return a page of what is kept; pages that lose everything are passed over, so that none looks like an end."""
        rows: list[T] = []
        for _page in range(_MOST_PAGES):
            found = await page(after)
            if not await self._knowing.hidden():
                return found
            rows += [one for row in found.rows if (one := await kept(row)) is not None]
            after = found.after
            if rows or after is None:
                break
        return Page(tuple(rows), after)

    # one customer -------------------------------------------------------------------------------------------------

    async def customer_file(self, key: Key) -> CustomerFile:
        """Return everything about a customer that is not hidden but the timeline; raises NotFound."""
        file, hidden = await self._asked(lambda: self.inner.customer_file(key))
        if not hidden:
            return file
        self._knowing.see((file.customer, *file.tickets))
        areas = await self._knowing.of(file.customer)
        if not areas:
            return file
        money = Area.PAYMENT in areas
        return replace(
            file,
            lines=await self._all_covered(file.lines, areas),
            contracts=await self._all_covered(file.contracts, areas),
            charges=() if money else file.charges,
            disputes=() if money else file.disputes,
            tickets=await self._all_covered(file.tickets, areas),
            chases=await self._all_covered(file.chases, areas),
            promises=await self._all_covered(file.promises, areas),
            visits=await self._all_covered(file.visits, areas),
            handovers=await self._all_covered(file.handovers, areas),
            recent_inbound=await self._all_covered(file.recent_inbound, areas),
        )

    async def timeline(
        self, customer_key: Key, *, only: TimelineFilter = _WHOLE_HISTORY, after: str | None = None, limit: int = 50
    ) -> Page[Entry]:
        """Return the history newest first; a search for words in it passes over hidden texts."""

        async def page(at: str | None) -> Page[Entry]:
            found, _hidden = await self._asked(
                lambda: self.inner.timeline(customer_key, only=only, after=at, limit=limit)
            )
            return found

        async def kept(entry: Entry) -> Entry | None:
            if only.text.strip() and isinstance(entry, Contact) and await self._mute(entry):
                return None
            return await self._covered(entry)

        return await self._page(page, kept, after)

    async def contact(self, key: Key) -> Contact:
        """Return a contact with its whole body, unless that is hidden; raises NotFound."""
        found, hidden = await self._asked(lambda: self.inner.contact(key))
        return await self._covered(found) if hidden else found

    async def ticket(self, reference_or_key: str) -> Ticket:
        """Return a ticket by its key or by its reference in any case; raises NotFound."""
        found, hidden = await self._asked(lambda: self.inner.ticket(reference_or_key))
        return await self._covered(found) if hidden else found

    # lists --------------------------------------------------------------------------------------------------------

    async def tickets(
        self, only: TicketFilter = _ALL_TICKETS, *, after: str | None = None, limit: int = 100
    ) -> Page[Ticket]:
        """Return tickets, newest first."""
        found, hidden = await self._asked(lambda: self.inner.tickets(only, after=after, limit=limit))
        return replace(found, rows=await self._all_covered(found.rows)) if hidden else found

    async def queue(
        self, only: QueueFilter = _ALL_WAITING, *, after: str | None = None, limit: int = 50
    ) -> Page[tuple[Contact, Customer]]:
        """Return contacts that wait for an answer (R10), oldest first, with their customers."""
        found, hidden = await self._asked(lambda: self.inner.queue(only, after=after, limit=limit))
        if not hidden:
            return found
        self._knowing.see([customer for _contact, customer in found.rows])
        rows = [(await self._covered(contact), customer) for contact, customer in found.rows]
        return replace(found, rows=tuple(rows))

    async def pending(
        self, only: PendingFilter = _ALL_PENDING, *, after: str | None = None, limit: int = 200
    ) -> Page[Pending]:
        """Return what is to be done over all customers; of whom payments are hidden, their disputes are not there."""

        async def page(at: str | None) -> Page[Pending]:
            found, _hidden = await self._asked(lambda: self.inner.pending(only, after=at, limit=limit))
            self._knowing.see([one.customer for one in found.rows])
            return found

        async def kept(one: Pending) -> Pending | None:
            areas = await self._knowing.of(one.customer)
            if is_gone(one.record, areas):
                return None
            return replace(one, record=await self._covered(one.record, areas))

        return await self._page(page, kept, after)

    # keeping ------------------------------------------------------------------------------------------------------

    async def audit(self, *, customer_key: Key = "", after: str | None = None, limit: int = 100) -> Page[AuditEntry]:
        """Return the audit trail, newest first; reasons that may speak of what is hidden are left out."""
        found = await self.inner.audit(customer_key=customer_key, after=after, limit=limit)
        if not await self._knowing.hidden():
            return found
        rows = [audit_covered(one, await self._audit_areas(one)) for one in found.rows]
        return replace(found, rows=tuple(rows))

    async def _audit_areas(self, entry: AuditEntry) -> Areas:
        return await (
            self._knowing.of_customer(entry.customer_key) if entry.customer_key else self._knowing.of_operator("")
        )

    async def export(self, customer_key: Key, actor: str) -> Mapping[str, Any]:
        """Return everything about a person that is not hidden as plain JSON values; audited."""
        found, hidden = await self._asked(lambda: self.inner.export(customer_key, actor))
        if not hidden:
            return found
        return export_covered(found, await self._knowing.of_customer(customer_key))

    async def _listed(
        self, kind: type[Record], *, customer_key: Key = "", after: str | None = None, limit: int = 100
    ) -> Page[Record]:
        inner = self.inner
        assert isinstance(inner, Listing)

        async def page(at: str | None) -> Page[Record]:
            found, _hidden = await self._asked(
                lambda: inner.listed(kind, customer_key=customer_key, after=at, limit=limit)
            )
            return found

        async def kept(record: Record) -> Record | None:
            areas = await self._knowing.of(record)
            return None if is_gone(record, areas) else await self._covered(record, areas)

        return await self._page(page, kept, after)
