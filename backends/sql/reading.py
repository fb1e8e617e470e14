"""What the port reads, each from one state of the store: the customer's file, history, lists and queues."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from backends.clean import tokens
from backends.errors import Invalid, NotFound
from backends.port import CustomerFile, OutageFilter, Page, QueueFilter, TicketFilter, TimelineFilter
from backends.records import (
    OPEN_STATES,
    Contact,
    Customer,
    Direction,
    Entry,
    Key,
    Outage,
    PromiseState,
    Record,
    Ticket,
)
from backends.sql import leaving, words
from backends.sql.columns import micros, row_of
from backends.sql.leaving import selected
from backends.sql.pages import Where, cursor, place_in
from backends.sql.shapes import BY_KIND, Shape, comparable
from backends.sql.stored import find, get

RECENT = 50
"""Inbound contacts in a customer's file."""
_MOST_VALUES = 500
"""Values of one statement; SQLite's own limit was 999 for long."""
_RECENT_SPAN = timedelta(days=30)
_CLOSED_SPAN = timedelta(days=90)
_OPEN = ", ".join(sorted(f"'{state.value}'" for state in OPEN_STATES))

CUSTOMER, CONTACT, TICKET, EVENT = (BY_KIND[kind] for kind in ("customer", "contact", "ticket", "ticket_event"))


def every(connection: sqlite3.Connection, kind: str, order: str) -> tuple[Any, ...]:
    """Return all records of a kind in the order of a column."""
    shape = BY_KIND[kind]
    return tuple(map(shape.build, connection.execute(f'SELECT {shape.selected} FROM "{kind}" ORDER BY {order}, id')))  # noqa: S608


def _selected(connection: sqlite3.Connection, shape: Shape, rest: str, values: Iterable[Any] = ()) -> tuple[Any, ...]:
    found = connection.execute(f'SELECT {selected(shape)} FROM "{shape.kind}" {rest}', tuple(values))  # noqa: S608
    return tuple(map(shape.build, found))


def customers(connection: sqlite3.Connection, keys: Iterable[Key]) -> tuple[Customer, ...]:
    """Return those of the customers that exist, in the given order."""
    wanted = [(key, row) for key in keys if (row := row_of("customer", key)) is not None]
    found: dict[Key, Customer] = {}
    for at in range(0, len(wanted), _MOST_VALUES):
        rows = [row for _key, row in wanted[at : at + _MOST_VALUES]]
        marks = ", ".join("?" * len(rows))
        found.update((one.key, one) for one in _selected(connection, CUSTOMER, f"WHERE id IN ({marks})", rows))
    return tuple(found[key] for key, _row in wanted if key in found)


def customer_file(connection: sqlite3.Connection, key: Key, now: datetime) -> CustomerFile:
    """Return everything about a customer but the timeline; raises NotFound."""
    row = row_of("customer", key)
    found = connection.execute(f"SELECT customer.contacts, {CUSTOMER.selected} FROM customer WHERE id = ?", (row,))  # noqa: S608
    held = found.fetchone() if row is not None else None
    if held is None or row is None:
        raise NotFound(f"no customer {key!r}")
    customer: Customer = CUSTOMER.build(held[1:])

    def theirs(kind: str) -> tuple[Any, ...]:
        if leaving.is_gone(kind, customer.operator_key):
            return ()
        return _selected(connection, BY_KIND[kind], "WHERE customer_id = ? ORDER BY id", (row,))

    tickets = _current_tickets(connection, row, now)
    keys = {ticket.key for ticket in tickets}

    def hanging(kind: str) -> tuple[Any, ...]:
        return tuple(each for each in theirs(kind) if each.ticket_key in keys) if keys else ()

    promises = tuple(
        each
        for each in theirs("promise")
        if each.ticket_key in keys or (not each.ticket_key and each.state is PromiseState.OPEN)
    )
    return CustomerFile(
        customer=customer,
        operator=get(connection, "operator", customer.operator_key),
        lines=theirs("line"),
        contracts=theirs("contract"),
        charges=theirs("charge"),
        disputes=theirs("dispute"),
        tickets=tickets,
        chases=hanging("chase"),
        promises=promises,
        visits=hanging("visit"),
        handovers=hanging("handover"),
        recent_inbound=_selected(
            connection,
            CONTACT,
            "WHERE customer_id = ? AND at >= ? AND direction = ? ORDER BY at DESC, id DESC LIMIT ?",
            (row, micros(now - _RECENT_SPAN), Direction.INBOUND.value, RECENT),
        ),
        contacts_total=held[0],
    )


def _current_tickets(connection: sqlite3.Connection, row: int, now: datetime) -> tuple[Ticket, ...]:
    return _selected(
        connection,
        TICKET,
        f"WHERE customer_id = ? AND (state IN ({_OPEN}) OR coalesce(closed_at, opened_at) >= ?)"
        " ORDER BY opened_at DESC, id DESC",
        (row, micros(now - _CLOSED_SPAN)),
    )


def timeline(
    connection: sqlite3.Connection, key: Key, only: TimelineFilter, after: str | None, limit: int
) -> Page[Entry]:
    """Return a page of the history, newest first; at one moment events stand above contacts; raises NotFound."""
    row = row_of("customer", key)
    if row is None or not connection.execute("SELECT 1 FROM customer WHERE id = ?", (row,)).fetchone():
        raise NotFound(f"no customer {key!r}")
    place = place_in(after) if after is not None else None
    contacts = _contacts_of(connection, row, only, place, limit + 1)
    contacts_only = only.channels or only.directions or only.text.strip() or only.unanswered or only.thread
    events = [] if contacts_only or not only.events else _events_of(connection, row, only, place, limit + 1)
    merged = sorted([*contacts, *events], key=lambda one: one[0], reverse=True)
    shown = merged[:limit]
    entries = tuple((CONTACT if place[1] == "c" else EVENT).build(held) for place, held in shown)
    more = len(merged) > limit and shown
    return Page(entries, cursor(shown[-1][0][0], shown[-1][0][2], shown[-1][0][1]) if more else None)


_Placed = tuple[tuple[int, str, int], tuple[Any, ...]]
"""((moment, `c` for a contact or `e` for an event, row), columns)"""


def _before(where: Where, kind: str, place: tuple[int, int, str] | None) -> None:
    """Add that rows of `kind` stand below `place`: earlier, or at one moment contacts below events, or lower rows."""
    if place is None:
        return
    at, row, stood = place
    if stood == kind or not stood:
        where.add("(at, id) < (?, ?)", at, row)
    elif kind < stood:
        where.add("at <= ?", at)
    else:
        where.add("at < ?", at)


def _contacts_of(
    connection: sqlite3.Connection, row: int, only: TimelineFilter, place: tuple[int, int, str] | None, limit: int
) -> list[_Placed]:
    where = Where("customer_id = ?", values=(row,))
    _before(where, "c", place)
    if only.channels:
        where.among("channel", sorted(only.channels))
    if only.directions:
        where.among("direction", sorted(only.directions))
    if only.unanswered:
        where.add("answer = 'waiting'")
    if only.ticket_key:
        where.add("ticket_id = ?", row_of("ticket", only.ticket_key))
    if only.thread:
        where.add("thread = ?", only.thread)
    if only.text.strip():
        where.add(*words.within_customer(connection, row, tokens(only.text)))
        where.add(leaving.heard('"contact".id'))
    return _placed(connection, CONTACT, "c", where, limit)


def _events_of(
    connection: sqlite3.Connection, row: int, only: TimelineFilter, place: tuple[int, int, str] | None, limit: int
) -> list[_Placed]:
    where = Where("customer_id = ?", values=(row,))
    _before(where, "e", place)
    if only.ticket_key:
        where.add("ticket_id = ?", row_of("ticket", only.ticket_key))
    return _placed(connection, EVENT, "e", where, limit)


def _placed(connection: sqlite3.Connection, shape: Shape, kind: str, where: Where, limit: int) -> list[_Placed]:
    found = connection.execute(
        f'SELECT at, {selected(shape)} FROM "{shape.kind}" WHERE {where} ORDER BY at DESC, id DESC LIMIT ?',  # noqa: S608
        (*where.values, limit),
    )
    return [((held[0], kind, held[1]), held[1:]) for held in found]


def ticket(connection: sqlite3.Connection, reference_or_key: str) -> Ticket:
    """Return a ticket by its key, or by its reference with or without dashes in any case; raises NotFound."""
    row = row_of("ticket", reference_or_key)
    if row is None:
        found = connection.execute(
            "SELECT id FROM ticket WHERE reference_key = ?", (comparable(reference_or_key),)
        ).fetchone()
        row = found[0] if found else None
    record: Ticket | None = None if row is None else find(connection, TICKET, row)
    if record is None:
        raise NotFound("no such ticket")
    return record


def tickets(connection: sqlite3.Connection, only: TicketFilter, after: str | None, limit: int) -> Page[Ticket]:
    """Return a page of tickets, newest first."""
    where = Where()
    if only.customer_key:
        where.add("customer_id = ?", row_of("customer", only.customer_key))
    if only.operator_keys:
        where.among("operator_id", [row_of("operator", key) for key in only.operator_keys])
    if only.states:
        where.among("state", sorted(only.states))
    if only.kinds:
        where.among("kind", sorted(only.kinds))
    if only.opened_since is not None:
        where.add("opened_at >= ?", micros(only.opened_since))
    if after is not None:
        where.add("(opened_at, id) < (?, ?)", *place_in(after)[:2])
    found = _selected(
        connection, TICKET, f"WHERE {where} ORDER BY opened_at DESC, id DESC LIMIT ?", (*where.values, limit + 1)
    )
    rows = found[:limit]
    return Page(rows, _cursor_of(rows[-1].opened_at, "ticket", rows[-1].key) if len(found) > limit and rows else None)


def _cursor_of(at: datetime, kind: str, key: Key) -> str:
    return cursor(micros(at), row_of(kind, key) or 0)


def outages(connection: sqlite3.Connection, only: OutageFilter) -> tuple[Outage, ...]:
    """Return outages, newest first."""
    where = Where()
    if only.states:
        where.among("state", sorted(only.states))
    if only.until is not None:
        where.add("started_at <= ?", micros(only.until))
    if only.since is not None:
        where.add("(ended_at IS NULL OR ended_at >= ?)", micros(only.since))
    found = connection.execute(
        f"SELECT {BY_KIND['outage'].selected} FROM outage WHERE {where} ORDER BY started_at DESC, id DESC",  # noqa: S608
        where.values,
    )
    alive = map(BY_KIND["outage"].build, found)
    theirs = only.operator_keys
    return tuple(
        islice(
            (one for one in alive if not theirs or not one.operator_keys or theirs & set(one.operator_keys)), only.limit
        )
    )


def queue(
    connection: sqlite3.Connection, only: QueueFilter, after: str | None, limit: int
) -> Page[tuple[Contact, Customer]]:
    """Return a page of contacts that wait for an answer, oldest first, with their customers."""
    where = Where("contact.answer = 'waiting'")
    if only.operator_keys:
        where.among("contact.operator_id", [row_of("operator", key) for key in only.operator_keys])
    if only.channels:
        where.among("contact.channel", sorted(only.channels))
    if after is not None:
        where.add("(contact.at, contact.id) > (?, ?)", *place_in(after)[:2])
    found = connection.execute(
        f"SELECT {selected(CONTACT)}, {CUSTOMER.selected} FROM contact"  # noqa: S608
        f" JOIN customer ON customer.id = contact.customer_id WHERE {where} ORDER BY contact.at, contact.id LIMIT ?",
        (*where.values, limit + 1),
    ).fetchall()
    rows = tuple((CONTACT.build(held[:_SPLIT]), CUSTOMER.build(held[_SPLIT:])) for held in found[:limit])
    last = rows[-1][0] if len(found) > limit and rows else None
    return Page(rows, _cursor_of(last.at, "contact", last.key) if last else None)


def listed(connection: sqlite3.Connection, kind: str, customer_key: Key, after: str | None, limit: int) -> Page[Record]:
    """Return records of a kind in the order in which they were stored, all or one customer's."""
    where = Where(leaving.present(kind))
    if customer_key:
        where.add("id = ?" if kind == "customer" else "customer_id = ?", row_of("customer", customer_key))
    if after is not None:
        last = row_of(kind, after)
        if last is None:
            raise Invalid("after", "cursor")
        where.add("id > ?", last)
    rows: tuple[Record, ...] = _selected(
        connection, BY_KIND[kind], f"WHERE {where} ORDER BY id LIMIT ?", (*where.values, limit + 1)
    )
    return Page(rows[:limit], rows[limit - 1].key if len(rows) > limit else None)


def counted(connection: sqlite3.Connection, kind: str) -> int:
    """Return how many records of a kind there are."""
    query = f'SELECT count(*) FROM "{kind}" WHERE {leaving.present(kind)}'  # noqa: S608 -- names of our own
    number: int = connection.execute(query).fetchone()[0]
    return number


_SPLIT = CONTACT.selected.count(",") + 1
