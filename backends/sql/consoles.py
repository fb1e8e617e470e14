"""Who has which customer open now: a row a console, told again by it every half minute, and no trace of it later."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from backends.port import PRESENCE_AGE, Presence, each_agent
from backends.records import Key
from backends.sql import telling
from backends.sql.columns import micros, moment_of


def present(connection: sqlite3.Connection, told: Presence | None, agent: str, console: str, now: datetime) -> None:
    """Note where a console is, within the transaction of `connection`; tells who listens only of what is news."""
    news = _leave_the_gone(connection, now)
    before: tuple[Key, int] | None = connection.execute(
        "SELECT customer_key, writing FROM presence WHERE agent = ? AND console = ?", (agent, console)
    ).fetchone()
    after = (told.customer_key, int(told.writing)) if told is not None and told.customer_key else None
    if before is not None and (after is None or after[0] != before[0]):
        news.add(before[0])
    if after is not None and after != before:
        news.add(after[0])
    if told is None or after is None:
        connection.execute("DELETE FROM presence WHERE agent = ? AND console = ?", (agent, console))
    else:
        connection.execute(
            "INSERT INTO presence (agent, console, customer_key, writing, ticket_key, since, seen_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (agent, console) DO UPDATE SET"
            " customer_key = excluded.customer_key, writing = excluded.writing, ticket_key = excluded.ticket_key,"
            " since = excluded.since, seen_at = excluded.seen_at",
            (agent, console, *after, told.ticket_key, micros(min(told.since, now)), micros(now)),
        )
    telling.add(connection, [("presence", 0, key) for key in sorted(news)])


def _leave_the_gone(connection: sqlite3.Connection, now: datetime) -> set[Key]:
    """Drop the consoles that were not heard of for too long; returns the customers they had open."""
    last = (micros(now - PRESENCE_AGE),)
    gone = {key for (key,) in connection.execute("SELECT customer_key FROM presence WHERE seen_at < ?", last)}
    if gone:
        connection.execute("DELETE FROM presence WHERE seen_at < ?", last)
    return gone


def presence(connection: sqlite3.Connection, key: Key, now: datetime) -> tuple[Presence, ...]:
    """Return who has a customer open now, each agent once, by login."""
    found = connection.execute(
        "SELECT agent, since, seen_at, ticket_key, writing FROM presence WHERE customer_key = ? AND seen_at >= ?",
        (key, micros(now - PRESENCE_AGE)),
    )
    return each_agent(
        Presence(agent, key, moment_of(since), moment_of(seen_at), ticket, bool(writing))
        for agent, since, seen_at, ticket, writing in found
    )


def forget(connection: sqlite3.Connection, key: Key) -> None:
    """Drop who has a customer open, within the transaction of `connection`."""
    if connection.execute("DELETE FROM presence WHERE customer_key = ?", (key,)).rowcount:
        telling.add(connection, [("presence", 0, key)])
