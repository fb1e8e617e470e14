"""The log of changes: what each transaction tells those who listen, in this process and in others."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from backends.events import ContactAdded, CustomerChanged, Event, OutageChanged, PresenceChanged, Resync, TicketChanged
from backends.port import Change
from backends.records import Agent, Contact, Key, Link, Operator, Outage, Record, Ticket
from backends.sql.columns import key_of, row_of
from backends.sql.shapes import customer_of

KEPT = 10_000
"""Rows of the log that are kept; who listens from further back is told to read anew."""
AT_ONCE = 250
"""Rows that one transaction may add; a larger one (an import) tells everybody to read anew instead."""

_Row = tuple[str, int, Key]


def tell(connection: sqlite3.Connection, changes: Iterable[Change], linked: Iterable[int] = ()) -> None:
    """Add what listeners must hear of `changes`, each thing once, within the transaction of `connection`.

    `linked` are the customers whom changed links are about.
    """
    heard: dict[_Row, None] = {("customer", customer, ""): None for customer in linked}
    for change in changes:
        for record in (change.before, change.after):  # of two customers when it was moved, else the same row twice
            row = _row(record) if record is not None else None
            if row is not None:
                heard[row] = None
    add(connection, list(heard))


def add(connection: sqlite3.Connection, rows: list[_Row]) -> None:
    """Add rows to the log, and now and then drop old ones."""
    if not rows:
        return
    if len(rows) > AT_ONCE:
        rows = [("resync", 0, "")]
    connection.executemany("INSERT INTO change (event, customer_id, key) VALUES (?, ?, ?)", rows)
    last = newest(connection)
    if last % KEPT < len(rows):
        connection.execute("DELETE FROM change WHERE id <= ?", (last - KEPT,))


def _row(record: Record) -> _Row | None:
    if isinstance(record, Operator | Agent | Link):
        return None
    if isinstance(record, Outage):
        return ("outage", 0, record.key)
    customer = row_of("customer", customer_of(record)) or 0
    if isinstance(record, Contact):
        return ("contact", customer, record.key)
    if isinstance(record, Ticket):
        return ("ticket", customer, record.key)
    ticket = getattr(record, "ticket_key", "")
    if ticket and type(record).__name__ in ("TicketEvent", "Chase", "Visit", "Handover"):
        return ("ticket", customer, ticket)
    return ("customer", customer, "")


def newest(connection: sqlite3.Connection) -> int:
    """Return the number of the last row that was ever added."""
    found = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'change'").fetchone()
    return found[0] if found else 0


def since(connection: sqlite3.Connection, cursor: int) -> list[Event]:
    """Return what happened after `cursor`; a cursor from too far back, or from another file, gives a Resync."""
    last = newest(connection)
    if cursor == last:
        return []
    (first,) = connection.execute("SELECT min(id) FROM change").fetchone()
    if not 0 <= cursor <= last or first is None or cursor < first - 1:
        return [Resync(str(last))]
    found = connection.execute("SELECT id, event, customer_id, key FROM change WHERE id > ? ORDER BY id", (cursor,))
    return [_event(*row) for row in found]


def _event(number: int, event: str, customer: int, key: Key) -> Event:
    cursor, customer_key = str(number), key_of("customer", customer)
    match event:
        case "contact":
            return ContactAdded(customer_key, key, cursor)
        case "ticket":
            return TicketChanged(customer_key, key, cursor)
        case "outage":
            return OutageChanged(key, cursor)
        case "customer":
            return CustomerChanged(customer_key, cursor)
        case "presence":
            return PresenceChanged(key, cursor)
    return Resync(cursor)
