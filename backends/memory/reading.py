"""What the port reads: the customer's file, pages by keyset, the outages alive in a span."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from backends.clean import tokens
from backends.errors import Invalid, NotFound
from backends.memory.searching import around, has_words
from backends.memory.state import R, State, customer_of
from backends.port import (
    CustomerFile,
    OutageFilter,
    Page,
    QueueFilter,
    TextHit,
    TicketFilter,
    TimelineFilter,
)
from backends.records import (
    OPEN_STATES,
    AnswerState,
    Charge,
    Chase,
    Contact,
    Contract,
    Customer,
    Direction,
    Dispute,
    Entry,
    Handover,
    Key,
    Line,
    Operator,
    Outage,
    Promise,
    PromiseState,
    Record,
    Ticket,
    TicketEvent,
    Visit,
)

T = TypeVar("T")
Place = tuple[str, str]
"""Where a row stands in its order: its moment in ISO 8601 (UTC, so it sorts as text), and its key."""

PREVIEW = 240
"""Characters of a body in a page."""
RECENT_INBOUND = 50


def place_of(at: datetime, key: Key) -> Place:
    """Return where a row of this moment and key stands."""
    return at.isoformat(timespec="microseconds").rjust(32, "0"), key


def page(rows: Iterable[T], place: Callable[[T], Place], after: str | None, limit: int, *, oldest: bool) -> Page[T]:
    """Return the rows that follow the cursor `after`; raises Invalid for a cursor that no page gave."""
    ordered = sorted(rows, key=place, reverse=not oldest)
    if after is not None:
        last = _place_in(after)
        ordered = [row for row in ordered if (place(row) > last if oldest else place(row) < last)]
    shown = tuple(ordered[:limit])
    more = len(ordered) > len(shown)
    return Page(shown, json.dumps(place(shown[-1])) if more and shown else None)


def _place_in(cursor: str) -> Place:
    try:
        place = json.loads(cursor)
    except ValueError as error:
        raise Invalid("after", "cursor") from error
    match place:
        case [str(at), str(key)]:
            return at, key
    raise Invalid("after", "cursor")


def preview(contact: Contact) -> Contact:
    """Return a contact with the beginning of its body only."""
    if len(contact.body) <= PREVIEW:
        return contact
    return replace(contact, body=contact.body[:PREVIEW], whole=False)


def _shown(entry: Entry) -> Entry:
    return preview(entry) if isinstance(entry, Contact) else entry


def customer_file(state: State, key: Key, now: datetime) -> CustomerFile:
    """Return what `Backend.customer_file` promises."""
    customer = state.get(Customer, key)

    def theirs(kind: type[R]) -> list[R]:
        return [record for record in state.every(kind) if getattr(record, "customer_key", "") == key]

    contacts = theirs(Contact)
    tickets = [ticket for ticket in theirs(Ticket) if _is_current(ticket, now)]
    tickets.sort(key=lambda ticket: place_of(ticket.opened_at, ticket.key), reverse=True)
    keys = {ticket.key for ticket in tickets}
    loose = [each for each in theirs(Promise) if not each.ticket_key and each.state is PromiseState.OPEN]
    since = now - timedelta(days=30)
    inbound = [each for each in contacts if each.direction is Direction.INBOUND and each.at >= since]
    inbound.sort(key=lambda contact: place_of(contact.at, contact.key), reverse=True)
    return CustomerFile(
        customer=customer,
        operator=state.get(Operator, customer.operator_key),
        lines=tuple(theirs(Line)),
        contracts=tuple(theirs(Contract)),
        charges=tuple(theirs(Charge)),
        disputes=tuple(theirs(Dispute)),
        tickets=tuple(tickets),
        chases=tuple(each for each in theirs(Chase) if each.ticket_key in keys),
        promises=tuple(each for each in theirs(Promise) if each.ticket_key in keys or each in loose),
        visits=tuple(each for each in theirs(Visit) if each.ticket_key in keys),
        handovers=tuple(each for each in theirs(Handover) if each.ticket_key in keys),
        recent_inbound=tuple(preview(contact) for contact in inbound[:RECENT_INBOUND]),
        contacts_total=len(contacts),
    )


def _is_current(ticket: Ticket, now: datetime) -> bool:
    if ticket.state in OPEN_STATES:
        return True
    return (ticket.closed_at or ticket.opened_at) >= now - timedelta(days=90)


def timeline(state: State, key: Key, only: TimelineFilter, after: str | None, limit: int) -> Page[Entry]:
    """Return what `Backend.timeline` promises; raises NotFound for an unknown customer."""
    state.get(Customer, key)
    entries: list[Entry] = [each for each in state.every(Contact) if each.customer_key == key and _passes(each, only)]
    contacts_only = only.channels or only.directions or only.text.strip() or only.unanswered or only.thread
    if only.events and not contacts_only:
        events = (each for each in state.every(TicketEvent) if each.customer_key == key)
        entries += [each for each in events if only.ticket_key in ("", each.ticket_key)]
    # a contact and an event may share moment and key in a store that was filled with prepared records
    found = page(
        entries, lambda entry: place_of(entry.at, f"{entry.key} {type(entry).__name__}"), after, limit, oldest=False
    )
    return Page(tuple(_shown(entry) for entry in found.rows), found.after)


def _passes(contact: Contact, only: TimelineFilter) -> bool:
    return (
        (not only.channels or contact.channel in only.channels)
        and (not only.directions or contact.direction in only.directions)
        and (not only.text.strip() or has_words(tokens(only.text), contact.subject, contact.body))
        and (not only.unanswered or contact.answer is AnswerState.WAITING)
        and only.ticket_key in ("", contact.ticket_key)
        and only.thread in ("", contact.thread)
    )


def search_text(state: State, text: str, after: str | None, limit: int) -> Page[TextHit]:
    """Return what `Backend.search_text` promises."""
    words = tokens(text)
    contacts = [each for each in state.every(Contact) if has_words(words, each.subject, each.body)]
    found = page(contacts, lambda contact: place_of(contact.at, contact.key), after, limit, oldest=False)
    return Page(tuple(_hit(state, contact, words) for contact in found.rows), found.after)


def _hit(state: State, contact: Contact, words: list[str]) -> TextHit:
    customer = state.get(Customer, contact.customer_key)
    text = around(words, contact.body if has_words(words[:1], contact.body) else contact.subject)
    return TextHit(preview(contact), customer.name, customer.number, text)


def tickets(state: State, only: TicketFilter, after: str | None, limit: int) -> Page[Ticket]:
    """Return what `Backend.tickets` promises."""
    rows = [
        ticket
        for ticket in state.every(Ticket)
        if only.customer_key in ("", ticket.customer_key)
        and (not only.operator_keys or ticket.operator_key in only.operator_keys)
        and (not only.states or ticket.state in only.states)
        and (not only.kinds or ticket.kind in only.kinds)
        and (only.opened_since is None or ticket.opened_at >= only.opened_since)
    ]
    return page(rows, lambda ticket: place_of(ticket.opened_at, ticket.key), after, limit, oldest=False)


def ticket(state: State, reference_or_key: str) -> Ticket:
    """Return a ticket by its key or its reference in any case; raises NotFound."""
    found = state.find(Ticket, reference_or_key)
    if found is not None:
        return found
    for each in state.every(Ticket):
        if each.reference.casefold() == reference_or_key.casefold():
            return each
    raise NotFound("no such ticket")


def outages(state: State, only: OutageFilter) -> tuple[Outage, ...]:
    """Return what `Backend.outages` promises."""
    rows = [
        outage
        for outage in state.every(Outage)
        if (not only.states or outage.state in only.states)
        and (not only.operator_keys or not outage.operator_keys or only.operator_keys & set(outage.operator_keys))
        and (only.until is None or outage.started_at <= only.until)
        and (only.since is None or outage.ended_at is None or outage.ended_at >= only.since)
    ]
    rows.sort(key=lambda outage: place_of(outage.started_at, outage.key), reverse=True)
    return tuple(rows[: only.limit])


def queue(state: State, only: QueueFilter, after: str | None, limit: int) -> Page[tuple[Contact, Customer]]:
    """Return what `Backend.queue` promises."""
    waiting = [
        contact
        for contact in state.every(Contact)
        if contact.answer is AnswerState.WAITING
        and (not only.operator_keys or contact.operator_key in only.operator_keys)
        and (not only.channels or contact.channel in only.channels)
    ]
    found = page(waiting, lambda contact: place_of(contact.at, contact.key), after, limit, oldest=True)
    return Page(
        tuple((preview(contact), state.get(Customer, contact.customer_key)) for contact in found.rows), found.after
    )


def listed(state: State, kind: type[Record], customer_key: Key, after: str | None, limit: int) -> Page[Record]:
    """Return what `Listing.listed` promises."""
    rows = [record for record in state.every(kind) if customer_key in ("", customer_of(record))]
    keys = [record.key for record in rows]
    if after is not None and after not in keys:
        raise Invalid("after", "cursor")
    begin = 0 if after is None else keys.index(after) + 1
    shown = tuple(rows[begin : begin + limit])
    return Page(shown, shown[-1].key if shown and begin + limit < len(rows) else None)
