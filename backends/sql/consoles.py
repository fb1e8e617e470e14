"""Who has which customer open now: a row a console, told again by it every half minute, and no trace of it later."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from backends.port import PRESENCE_AGE, Presence, each_agent
from backends.records import Key
from backends.sql import telling
from backends.sql.columns import key_of, micros, moment_of, row_of

_Row = tuple[int, int | None, int, int]
"""(customer, ticket, since, writing)"""


def present(connection: sqlite3.Connection, told: Presence | None, agent: str, console: str, now: datetime) -> None:
    """Note where a console is, within the transaction of `connection`; tells who listens only of what is news."""
    news = _leave_the_gone(connection, now)
    before: _Row | None = connection.execute(
        "SELECT customer_id, ticket_id, since, writing FROM presence WHERE agent = ? AND console = ?", (agent, console)
    ).fetchone()
    after = None if told is None else _row(connection, told, now)
    if before is not None and (after is None or after[0] != before[0]):
        news.add(before[0])
    if after is not None and (before is None or (after[0], after[3]) != (before[0], before[3])):
        news.add(after[0])
    if after is None:
        connection.execute("DELETE FROM presence WHERE agent = ? AND console = ?", (agent, console))
    else:
        connection.execute(
            "INSERT INTO presence (agent, console, customer_id, ticket_id, since, writing, seen_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (agent, console) DO UPDATE SET"
            " customer_id = excluded.customer_id, ticket_id = excluded.ticket_id, since = excluded.since,"
            " writing = excluded.writing, seen_at = excluded.seen_at",
            (agent, console, *after, micros(now)),
        )
    telling.add(connection, [("presence", customer, "") for customer in sorted(news)])


def _leave_the_gone(connection: sqlite3.Connection, now: datetime) -> set[int]:
    """Drop the consoles that were not heard of for too long; returns the customers they had open."""
    last = (micros(now - PRESENCE_AGE),)
    gone = {row for (row,) in connection.execute("SELECT customer_id FROM presence WHERE seen_at < ?", last)}
    if gone:
        connection.execute("DELETE FROM presence WHERE seen_at < ?", last)
    return gone


def _row(connection: sqlite3.Connection, told: Presence, now: datetime) -> _Row | None:
    """Return what is stored of a console's word; None where the customer is not in this store."""
    customer = row_of("customer", told.customer_key)
    if not connection.execute("SELECT 1 FROM customer WHERE id = ?", (customer,)).fetchone() or customer is None:
        return None
    ticket = row_of("ticket", told.ticket_key)
    if ticket is not None and not connection.execute("SELECT 1 FROM ticket WHERE id = ?", (ticket,)).fetchone():
        ticket = None
    return customer, ticket, micros(min(told.since, now)), int(told.writing)


def presence(connection: sqlite3.Connection, key: Key, now: datetime) -> tuple[Presence, ...]:
    """Return who has a customer open now, each agent once, by login."""
    found = connection.execute(
        "SELECT agent, ticket_id, since, seen_at, writing FROM presence WHERE customer_id = ? AND seen_at >= ?",
        (row_of("customer", key), micros(now - PRESENCE_AGE)),
    )
    return each_agent(
        Presence(
            agent,
            key,
            moment_of(since),
            moment_of(seen_at),
            "" if ticket is None else key_of("ticket", ticket),
            bool(writing),
        )
        for agent, ticket, since, seen_at, writing in found
    )


def forget(connection: sqlite3.Connection, customer: int) -> None:
    """Drop who has a customer open, within the transaction of `connection`."""
    if connection.execute("DELETE FROM presence WHERE customer_id = ?", (customer,)).rowcount:
        telling.add(connection, [("presence", customer, "")])
