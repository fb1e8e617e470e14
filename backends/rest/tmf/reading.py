"""What the port reads, asked of a TM Forum server; every list is looked through again here."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

from backends.clean import tokens
from backends.errors import Invalid, NotFound
from backends.port import (
    CustomerFile,
    OutageFilter,
    Page,
    QueueFilter,
    TicketFilter,
    TimelineFilter,
)
from backends.records import (
    OPEN_STATES,
    AnswerState,
    Contact,
    Contract,
    Customer,
    Direction,
    Entry,
    Key,
    Outage,
    Record,
    Ticket,
    Visit,
)
from backends.rest.rt.matching import begins
from backends.rest.tmf.cases import STATES, ticket_events
from backends.rest.tmf.pieces import Json, moment
from backends.rest.tmf.site import Filters, Site, together
from backends.rest.tmf.wire import from_wire

R = TypeVar("R", bound=Record)
T = TypeVar("T")
Place = tuple[str, str]

PREVIEW = 240
"""Characters of a body in a page."""
RECENT = 50
_REMEMBERED = 2_000
_MANY = 1_000
"""Asked for at once of what is always read whole."""
_RECENT_SPAN = timedelta(days=30)
_CLOSED_SPAN = timedelta(days=90)
_PARTY: Mapping[Any, str] = {
    Ticket: "relatedParty.id",
    Contact: "relatedParty.id",
    Visit: "relatedParty.id",
    Contract: "engagedParty.id",
}
_MOMENTS: Mapping[Any, tuple[str, str]] = {
    Contact: ("interactionDate.startDateTime", "at"),
    Ticket: ("creationDate", "opened_at"),
}
"""The attribute that says when, and our field."""


class Reader:
    """One server, read."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._seen: OrderedDict[tuple[Key, int], Record] = OrderedDict()

    # one ----------------------------------------------------------------------------------------------------------

    def record(self, kind: type[R], document: Json) -> R:
        """Return the record that a resource is."""
        found = from_wire(cast("type[Record]", kind), document, self.site.frame)
        assert isinstance(found, kind)
        self._seen[found.key, found.version] = found
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return found

    def looks_the_same(self, now: Record, version: int | None) -> bool:
        """Return whether a record holds what it held in a version that was read before.

        A new note moves a ticket's `lastUpdate`, and changes nothing that anybody could overwrite.
        """
        seen = self._seen.get((now.key, version or 0))
        return seen is not None and replace(seen, version=now.version) == now

    async def one(self, kind: type[R], key: Key) -> R:
        """Return a record by its key; raises NotFound."""
        return self.record(kind, await self.site.get(kind, self.site.keys.identifier(cast("type[Record]", kind), key)))

    async def customers(self, keys: Sequence[Key]) -> tuple[Customer, ...]:
        """Return those of the customers that exist, in the given order."""
        wanted = [key for key in dict.fromkeys(keys) if self.site.keys.identifier(Customer, key)]
        found = dict(zip(wanted, await together(*map(self._customer, wanted)), strict=True))
        return tuple(customer for key in keys if (customer := found.get(key)) is not None)

    async def _customer(self, key: Key) -> Customer | None:
        try:
            return await self.one(Customer, key)
        except NotFound:
            return None

    async def ticket(self, reference_or_key: str) -> Ticket:
        """Return a ticket by its key, or by what people call it; raises NotFound."""
        identifier = self.site.keys.identifier(Ticket, reference_or_key)
        found = self.record(Ticket, await self.site.get(Ticket, identifier or reference_or_key))
        if identifier or found.reference.casefold() == reference_or_key.casefold():
            return found
        raise NotFound("no such ticket", source=self.site.name)

    # many ---------------------------------------------------------------------------------------------------------

    async def theirs(self, kind: type[R], key: Key, filters: Filters | None = None) -> list[R]:
        """Return the records of a kind that are about a customer."""
        return [record for record, _ in await self._theirs(kind, key, filters)]

    async def _theirs(self, kind: type[R], key: Key, filters: Filters | None = None) -> list[tuple[R, Json]]:
        asked = {_PARTY[kind]: self.site.keys.identifier(Customer, key), **(filters or {})}
        found = [(self.record(kind, one), one) for one in await self.site.find(kind, asked)]
        return [(record, one) for record, one in found if getattr(record, "customer_key", "") == key]

    async def customer_file(self, key: Key, now: datetime) -> CustomerFile:
        """Return everything about a customer but the timeline; raises NotFound."""
        customer: Customer
        tickets: list[Ticket]
        contracts: list[Contract]
        visits: list[Visit]
        recent: list[Contact]
        asked: tuple[Coroutine[Any, Any, Any], ...] = (
            self.one(Customer, key),
            self.theirs(Ticket, key),
            self.theirs(Contract, key),
            self.theirs(Visit, key),
            self._contacts(key, now - _RECENT_SPAN),
        )
        customer, tickets, contracts, visits, (total, recent) = await together(*asked)
        current = [ticket for ticket in tickets if _is_current(ticket, now)]
        current.sort(key=lambda ticket: place_of(ticket.opened_at, ticket.key), reverse=True)
        keys = {ticket.key for ticket in current} | {""}  # a visit of no ticket is still to be expected
        inbound = [one for one in recent if one.direction is Direction.INBOUND]
        inbound.sort(key=lambda contact: place_of(contact.at, contact.key), reverse=True)
        return CustomerFile(
            customer=customer,
            operator=self.site.options.operator,
            contracts=tuple(contracts),
            tickets=tuple(current),
            visits=tuple(visit for visit in visits if visit.ticket_key in keys),
            recent_inbound=tuple(map(preview, inbound[:RECENT])),
            contacts_total=total,
        )

    async def _contacts(self, key: Key, since: datetime) -> tuple[int, list[Contact]]:
        """Return how many contacts a customer has, and of those since a moment at least the newest inbound ones."""
        attribute, _ = _MOMENTS[Contact]
        asked = {_PARTY[Contact]: self.site.keys.identifier(Customer, key)}
        rows, total = await self.site.piece(Contact, asked, 0, 1)
        if total is None or not await self.site.honours():
            # a server that tells no total, or may not have looked at the filter, is asked for all
            every = await self.theirs(Contact, key)
            return len(every), [contact for contact in every if contact.at >= since]
        narrowed = {**asked, f"{attribute}.gte": moment(since), "direction": "inbound"}
        recent = (
            await self._ordered(Contact, narrowed, None, RECENT, lambda one: one.customer_key == key) if rows else []
        )
        return total, [contact for contact in recent if contact.at >= since]

    # pages --------------------------------------------------------------------------------------------------------

    async def timeline(self, key: Key, only: TimelineFilter, after: str | None, limit: int) -> Page[Entry]:
        """Return a page of the history, newest first; raises NotFound, Invalid."""
        last = place_in(after) if after is not None else None
        asked = {_PARTY[Contact]: self.site.keys.identifier(Customer, key)}
        contacts_only = only.channels or only.directions or only.text.strip() or only.unanswered or only.thread
        with_events = only.events and not contacts_only
        contacts: list[Contact]
        tickets: list[tuple[Ticket, Json]]
        wanted: tuple[Coroutine[Any, Any, Any], ...] = (
            self.one(Customer, key),
            self._ordered(Contact, asked, last, limit, lambda one: one.customer_key == key and _passes(one, only)),
            self._theirs(Ticket, key) if with_events else _nothing(),
        )
        _, contacts, tickets = await together(*wanted)
        entries: list[Entry] = list(contacts)
        for ticket, document in tickets:
            if only.ticket_key in ("", ticket.key):
                entries += [replace(event, customer_key=key) for event in ticket_events(document, self.site.frame)]
        found = page(entries, lambda entry: place_of(entry.at, entry.key), last, limit)
        return Page(tuple(preview(one) if isinstance(one, Contact) else one for one in found.rows), found.after)

    async def tickets(self, only: TicketFilter, after: str | None, limit: int) -> Page[Ticket]:
        """Return a page of tickets, newest first; raises Invalid."""
        last = place_in(after) if after is not None else None
        asked: dict[str, str] = {}
        if only.customer_key:
            asked[_PARTY[Ticket]] = self.site.keys.identifier(Customer, only.customer_key) or "-"
        if len(only.states) == 1 and await self.site.honours():
            asked["status"] = STATES[next(iter(only.states))]
        if only.opened_since is not None:
            asked["creationDate.gte"] = moment(only.opened_since)
        rows = await self._ordered(Ticket, asked, last, limit, lambda ticket: _is_asked(ticket, only))
        return page(rows, lambda ticket: place_of(ticket.opened_at, ticket.key), last, limit)

    async def _ordered(
        self, kind: type[R], filters: Filters, last: Place | None, limit: int, passes: Callable[[R], bool]
    ) -> list[R]:
        """Return at least the newest `limit` records before a place that pass, when there are so many.

        Our own server sorts and narrows, so that reading ends early; any other one may do neither, and is read whole.
        """
        attribute, field = _MOMENTS[kind]
        sorts = await self.site.honours()
        asked = dict(filters)
        if sorts:
            asked["sort"] = f"-{attribute}"
            if last is not None:
                asked[f"{attribute}.lte"] = moment(_moment_in(last))
        found: list[R] = []
        async for document in self.site.walk(kind, asked):
            record = self.record(kind, document)
            at: datetime = getattr(record, field)
            if not passes(record) or (last is not None and place_of(at, record.key) >= last):
                continue
            if sorts and len(found) > limit and getattr(found[limit], field) > at:
                break
            found.append(record)
        return found

    async def outages(self, only: OutageFilter) -> tuple[Outage, ...]:
        """Return outages, newest first."""
        rows = [self.record(Outage, one) for one in await self.site.find(Outage, size=_MANY)]
        rows = [outage for outage in rows if _is_alive(outage, only)]
        rows.sort(key=lambda outage: place_of(outage.started_at, outage.key), reverse=True)
        return tuple(rows[: only.limit])

    async def queue(self, only: QueueFilter, after: str | None, limit: int) -> Page[tuple[Contact, Customer]]:
        """Return a page of contacts that wait for an answer, oldest first, with their customers."""
        last = place_in(after) if after is not None else None
        rows = [self.record(Contact, one) for one in await self.site.find(Contact, {"status": "open"})]
        waiting = [
            contact
            for contact in rows
            if contact.answer is AnswerState.WAITING
            and (not only.operator_keys or contact.operator_key in only.operator_keys)
            and (not only.channels or contact.channel in only.channels)
        ]
        found = page(waiting, lambda contact: place_of(contact.at, contact.key), last, limit, oldest=True)
        known = {one.key: one for one in await self.customers([contact.customer_key for contact in found.rows])}
        together = ((preview(contact), known.get(contact.customer_key)) for contact in found.rows)
        return Page(tuple((contact, who) for contact, who in together if who is not None), found.after)


async def _nothing() -> list[Any]:
    return []


def _is_current(ticket: Ticket, now: datetime) -> bool:
    return ticket.state in OPEN_STATES or (ticket.closed_at or ticket.opened_at) >= now - _CLOSED_SPAN


def _passes(contact: Contact, only: TimelineFilter) -> bool:
    there = [*tokens(contact.subject), *tokens(contact.body)] if only.text.strip() else []
    return (
        (not only.channels or contact.channel in only.channels)
        and (not only.directions or contact.direction in only.directions)
        and (not only.text.strip() or begins(tokens(only.text), there))
        and (not only.unanswered or contact.answer is AnswerState.WAITING)
        and only.ticket_key in ("", contact.ticket_key)
        and only.thread in ("", contact.thread)
    )


def _is_asked(ticket: Ticket, only: TicketFilter) -> bool:
    return (
        only.customer_key in ("", ticket.customer_key)
        and (not only.operator_keys or ticket.operator_key in only.operator_keys)
        and (not only.states or ticket.state in only.states)
        and (not only.kinds or ticket.kind in only.kinds)
        and (only.opened_since is None or ticket.opened_at >= only.opened_since)
    )


def _is_alive(outage: Outage, only: OutageFilter) -> bool:
    return (
        (not only.states or outage.state in only.states)
        and (not only.operator_keys or not outage.operator_keys or bool(only.operator_keys & set(outage.operator_keys)))
        and (only.until is None or outage.started_at <= only.until)
        and (only.since is None or outage.ended_at is None or outage.ended_at >= only.since)
    )


def preview(contact: Contact) -> Contact:
    """Return a contact with the beginning of its body only."""
    if len(contact.body) <= PREVIEW:
        return contact
    return replace(contact, body=contact.body[:PREVIEW], whole=False)


def place_of(at: datetime, key: Key) -> Place:
    """Return where a row of this moment and key stands; moments in UTC sort as text."""
    return at.isoformat(timespec="microseconds").rjust(32, "0"), key


def place_in(cursor: str) -> Place:
    """Return the place that a cursor tells; raises Invalid `cursor` for one that no page gave."""
    try:
        match json.loads(cursor):
            case [str(at), str(key)] if key:
                datetime.fromisoformat(at)
                return at, key
    except (ValueError, RecursionError):
        pass
    raise Invalid("after", "cursor")


def _moment_in(place: Place) -> datetime:
    return datetime.fromisoformat(place[0])


def page(
    rows: Iterable[T], place: Callable[[T], Place], last: Place | None, limit: int, *, oldest: bool = False
) -> Page[T]:
    """Return the rows that follow a place, newest first or oldest first."""
    ordered = sorted(rows, key=place, reverse=not oldest)
    if last is not None:
        ordered = [row for row in ordered if (place(row) > last if oldest else place(row) < last)]
    shown = tuple(ordered[:limit])
    return Page(shown, json.dumps(place(shown[-1])) if len(ordered) > limit and shown else None)
