"""Giving a person everything held about them, erasing it, and looking after the file."""

from __future__ import annotations

import base64
import os
import sqlite3
import stat
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Any

from backends.errors import Refused
from backends.records import Contact, Key, Record
from backends.sql import consoles, index, leaving, linking, receipts, telling, trail
from backends.sql.columns import row_of
from backends.sql.shapes import BY_KIND, OWNED, SHAPES, Shape
from backends.sql.stored import find, get, shortened

Check = tuple[str, bool, str]
_PAGES = 256
"""Pages that a backup copies between two words of progress."""


def plain(value: Any) -> Any:
    """Return a record, or a part of one, as JSON values; moments in ISO 8601."""
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(plain(part) for part in value)
    if isinstance(value, tuple | list):
        return [plain(part) for part in value]
    return value


def _about(connection: sqlite3.Connection, customer: int) -> list[tuple[Shape, int, Record]]:
    """Return everything that belongs to a customer, the customer first, contacts whole."""
    found = []
    for kind in ("customer", *OWNED):
        if not leaving.is_asked_for(connection, kind, customer):
            continue
        column = "id" if kind == "customer" else "customer_id"
        query = f'SELECT id FROM "{kind}" WHERE {column} = ? ORDER BY id'  # noqa: S608 -- names of our own
        for (row,) in connection.execute(query, (customer,)).fetchall():
            found.append((BY_KIND[kind], row, find(connection, BY_KIND[kind], row)))
    return found


def held_about(connection: sqlite3.Connection, key: Key) -> dict[str, Any]:
    """Return everything held about a customer: a list a kind, the originals in base64, the audit rows."""
    customer = get(connection, "customer", key)
    held: dict[str, Any] = {"operator": plain(get(connection, "operator", customer.operator_key))}
    originals = []
    everything = not leaving.of_operator(customer.operator_key)  # nothing can be left out of an original
    for shape, row, record in _about(connection, row_of("customer", key) or 0):
        held.setdefault(shape.kind, []).append(plain(record))
        if not everything:
            continue
        query = "SELECT body FROM original WHERE subject = ? AND subject_id = ?"
        for (body,) in connection.execute(query, (shape.kind, row)):
            originals.append({"kind": shape.kind, "key": record.key, "base64": base64.b64encode(body).decode()})
    for _, link in linking.about(connection, row_of("customer", key) or 0):
        held.setdefault("link", []).append(plain(link))
    held["originals"] = originals
    held["audit"] = [plain(entry) for entry in trail.about(connection, key)]
    return held


def erase(connection: sqlite3.Connection, key: Key, now: datetime, actor: str, reason: str) -> dict[str, int]:
    """Erase a person within the transaction of `connection`; returns how many records of each kind were changed.

    Numbers, references, origins, states, moments and amounts stay: without its origin a repeated import would bring
    the person back. The trail stays as it is, because it never held what customers said.
    """
    get(connection, "customer", key)
    customer = row_of("customer", key) or 0
    counts: dict[str, int] = {}
    rows: list[tuple[str, int, Key]] = []
    for shape, row, record in _about(connection, customer):
        _erase_one(connection, shape, row, record)
        counts[shape.kind] = counts.get(shape.kind, 0) + 1
        if shape.kind in ("contact", "ticket"):
            rows.append((shape.kind, customer, record.key))
    links = linking.about(connection, customer)
    if links:
        counts["link"] = len(links)
    others = sorted({row for _, link in links for row in linking.customers_of(connection, link)} - {customer})
    linking.erase(connection, (row for row, _ in links))
    index.drop_customer(connection, customer)
    index.index_customers(connection, [customer], set())
    receipts.forget(connection, customer)
    consoles.forget(connection, key)
    trail.append(connection, now, [(actor, "forget", "customer", key, key, reason)])
    telling.add(connection, [*(("customer", row, "") for row in (customer, *others)), *rows])
    _scrub_words(connection)
    return counts


def _erase_one(connection: sqlite3.Connection, shape: Shape, row: int, record: Any) -> None:
    after = shape.forgotten(record)
    if isinstance(record, Contact):
        index.drop_words(connection, [record])
        connection.execute("DELETE FROM contact_body WHERE id = ?", (row,))
        index.add_words(connection, [after])
        after = shortened(after)
    connection.execute(shape.update, (*shape.row(after, row, record.version + 1)[1:], row))
    connection.execute("DELETE FROM original WHERE subject = ? AND subject_id = ?", (shape.kind, row))


def _scrub_words(connection: sqlite3.Connection) -> None:
    """Make the full-text index forget what was deleted from it, which otherwise waits there for the next merge."""
    connection.execute("INSERT INTO contact_words (contact_words) VALUES ('optimize')")


def truncate_log(connection: sqlite3.Connection) -> None:
    """Move the write-ahead log into the file and empty it: what was erased stands there until then."""
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


# looking after the file ---------------------------------------------------------------------------------------------


def check(connection: sqlite3.Connection, file: Path) -> list[Check]:
    """Look for damage: the file, references, indexes, search, the trail, the schema, who may read it."""
    return [
        _integrity(connection),
        _references(connection),
        _lists(connection),
        _words(connection),
        _found_by(connection),
        _counts(connection),
        _chain(connection),
        _schema(connection),
        _private(file),
    ]


def _integrity(connection: sqlite3.Connection) -> Check:
    found = [row[0] for row in connection.execute("PRAGMA integrity_check(20)")]
    return ("integrity", found == ["ok"], "" if found == ["ok"] else "; ".join(found))


def _references(connection: sqlite3.Connection) -> Check:
    found = connection.execute("PRAGMA foreign_key_check").fetchall()
    return ("references", not found, "; ".join(f"{row[0]} {row[1]} -> {row[2]}" for row in found[:20]))


def _lists(connection: sqlite3.Connection) -> Check:
    """Check the keys that lie in lists, which SQLite does not know to be references."""
    wrong = []
    for shape in SHAPES:
        for part in shape.parts:
            if part.many:
                column = part.columns[0]
                query = (
                    f'SELECT "{shape.kind}".id FROM "{shape.kind}", json_each("{shape.kind}"."{column}")'  # noqa: S608
                    f' WHERE json_each.value NOT IN (SELECT id FROM "{part.refers}")'
                )
                wrong += [f"{shape.kind} {row[0]}: {part.field}" for row in connection.execute(query)]
    return ("lists", not wrong, "; ".join(wrong[:20]))


def _words(connection: sqlite3.Connection) -> Check:
    """Check that each customer's contacts, and nothing else, are in the full-text index under their rows."""
    wrong = 0
    try:
        for (customer,) in connection.execute("SELECT id FROM customer"):
            query = "SELECT at, id FROM contact WHERE customer_id = ?"
            held = {index.word_row(at, row) for at, row in connection.execute(query, (customer,))}
            query = "SELECT rowid FROM contact_words WHERE contact_words MATCH ?"
            found = {row for (row,) in connection.execute(query, (f'"{index.owner_token(customer)}"',))}
            wrong += len(held ^ found)
    except sqlite3.DatabaseError as error:
        return ("full text", False, str(error))
    return ("full text", not wrong, f"{wrong} contacts" if wrong else "")


def _found_by(connection: sqlite3.Connection) -> Check:
    """Check that customers are found by exactly the words and codes that their records give."""
    customers, lines = BY_KIND["customer"], BY_KIND["line"]
    wrong = 0
    for row in connection.execute(f"SELECT {customers.selected} FROM customer"):  # noqa: S608
        held = connection.execute(f"SELECT {lines.selected} FROM line WHERE customer_id = ?", (row[0],))  # noqa: S608
        words, codes = index.entries_of(customers.build(row), [(one[0], lines.build(one)) for one in held])
        query = "SELECT field, word FROM search_word WHERE customer_id = ?"
        stored_words = set(connection.execute(query, (row[0],)))
        query = "SELECT kind, code, line_id FROM search_code WHERE customer_id = ?"
        wrong += (words, codes) != (stored_words, set(connection.execute(query, (row[0],))))
    return ("search", not wrong, f"{wrong} customers" if wrong else "")


def _counts(connection: sqlite3.Connection) -> Check:
    (wrong,) = connection.execute(
        "SELECT count(*) FROM customer WHERE contacts <> (SELECT count(*) FROM contact WHERE customer_id = customer.id)"
    ).fetchone()
    return ("counts", not wrong, f"{wrong} customers" if wrong else "")


def _chain(connection: sqlite3.Connection) -> Check:
    verdict = trail.verify(connection)
    detail = f"{verdict.rows} rows" if verdict.broken_at is None else f"{verdict.reason} at {verdict.broken_at}"
    return ("audit", verdict.broken_at is None, detail)


def _schema(connection: sqlite3.Connection) -> Check:
    from backends.sql.schema import differences

    found = differences(connection)
    return ("schema", not found, "; ".join(found[:20]))


def _private(file: Path) -> Check:
    open_to_others = [
        each.name
        for each in (file, file.with_name(file.name + "-wal"), file.with_name(file.name + "-shm"))
        if each.exists() and stat.S_IMODE(each.stat().st_mode) & 0o077
    ]
    return ("private", not open_to_others, ", ".join(open_to_others))


def backup(source: sqlite3.Connection, to: Path, progress: Callable[[int, int], None] | None = None) -> int:
    """Copy the living store to a new file that only its owner can read; returns its size in bytes.

    Raises Refused when the file exists; what was begun is removed when the copy fails.
    """
    try:
        descriptor = os.open(to, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except FileExistsError as error:
        raise Refused(f"{to.name} exists") from error
    os.close(descriptor)
    try:
        target = sqlite3.connect(to)
        try:
            source.backup(
                target,
                pages=_PAGES,
                sleep=0,
                progress=lambda _status, remaining, total: progress(total - remaining, total) if progress else None,
            )
            target.execute("PRAGMA journal_mode = DELETE")
        finally:
            target.close()
        with open(to, "rb") as copy:
            os.fsync(copy.fileno())
    except BaseException:
        to.unlink(missing_ok=True)
        raise
    return to.stat().st_size
