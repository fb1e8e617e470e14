"""The audit trail: appended in the transaction of what it tells of, chained, checked as a whole.

The chain shows every change, gap and exchange of rows by whoever cannot compute it anew. Whoever may write the file
and runs our own code over it can forge a whole chain: only a copy of the last digest kept elsewhere shows that.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from datetime import datetime

from backends.errors import Invalid
from backends.port import Page
from backends.records import FIRST_LINK, AuditEntry, AuditVerdict, Key, chained
from backends.sql.columns import micros, moment_of

_COLUMNS = "sequence, at, actor, act, subject, subject_key, customer_key, detail, previous, digest"
_INSERT = f"INSERT INTO audit ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
_STEP = 5_000

Note = tuple[str, str, str, str, str, str]
"""(actor, act, subject, subject key, customer key, detail)"""


def append(connection: sqlite3.Connection, at: datetime, notes: Iterable[Note]) -> None:
    """Add rows to the trail within the transaction of `connection`."""
    sequence, previous = connection.execute("SELECT sequence, digest FROM audit_head").fetchone()
    moment = micros(at)
    rows = []
    for note in notes:
        sequence += 1
        digest = chained(previous, sequence, at, *note)
        rows.append((sequence, moment, *note, previous, digest))
        previous = digest
    if rows:
        connection.executemany(_INSERT, rows)
        connection.execute("UPDATE audit_head SET sequence = ?, digest = ?", (sequence, previous))


def page(connection: sqlite3.Connection, customer_key: Key, after: str | None, limit: int) -> Page[AuditEntry]:
    """Return rows of the trail, newest first."""
    where, values = ["1"], []
    if customer_key:
        where.append("customer_key = ?")
        values.append(customer_key)
    if after is not None:
        if not (after.isascii() and after.isdigit()):
            raise Invalid("after", "cursor")
        where.append("sequence < ?")
        values.append(after)
    found = connection.execute(
        f"SELECT {_COLUMNS} FROM audit WHERE {' AND '.join(where)} ORDER BY sequence DESC LIMIT ?",  # noqa: S608
        (*values, limit + 1),
    ).fetchall()
    rows = tuple(AuditEntry(row[0], moment_of(row[1]), *row[2:]) for row in found[:limit])
    return Page(rows, str(rows[-1].sequence) if len(found) > limit and rows else None)


def about(connection: sqlite3.Connection, customer_key: Key) -> list[AuditEntry]:
    """Return all rows of the trail about a customer, oldest first."""
    found = connection.execute(
        f"SELECT {_COLUMNS} FROM audit WHERE customer_key = ? ORDER BY sequence",  # noqa: S608
        (customer_key,),
    )
    return [AuditEntry(row[0], moment_of(row[1]), *row[2:]) for row in found]


def verify(connection: sqlite3.Connection, progress: Callable[[int, int], None] | None = None) -> AuditVerdict:
    """Check the chain from the first row to the head; `progress` hears (rows done, rows in all)."""
    (total,) = connection.execute("SELECT count(*) FROM audit").fetchone()
    head = connection.execute("SELECT sequence, digest FROM audit_head").fetchone() or (0, "")
    previous, expected = FIRST_LINK, 1
    for row in connection.execute(f"SELECT {_COLUMNS} FROM audit ORDER BY sequence"):  # noqa: S608
        reason = _misfit(connection, row, expected, previous)
        if reason:
            return AuditVerdict(total, row[0], reason)
        previous = row[9]
        expected += 1
        if progress and (expected % _STEP == 0 or expected > total):
            progress(expected - 1, total)
    if tuple(head) != (expected - 1, previous):
        return AuditVerdict(total, expected, "truncated" if head[0] >= expected else "changed")
    return AuditVerdict(total)


def _misfit(connection: sqlite3.Connection, row: tuple[int, int, str, str, str, str, str, str, str, str],
            expected: int, previous: str) -> str:  # fmt: skip
    """Return why a row does not follow the one with the digest `previous`; empty when it does."""
    sequence, at, *note, linked, digest = row
    if sequence != expected:
        return "missing"
    actor, act, subject, subject_key, customer_key, detail = note
    fits = chained(linked, sequence, moment_of(at), actor, act, subject, subject_key, customer_key, detail) == digest
    if linked == previous:
        return "" if fits else "changed"
    moved = connection.execute("SELECT 1 FROM audit WHERE digest = ? AND sequence <> ?", (linked, expected - 1))
    return "reordered" if moved.fetchone() else "changed"
