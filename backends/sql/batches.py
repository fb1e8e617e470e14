"""A batch, applied within one transaction of the writer."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable
from dataclasses import MISSING, fields, replace
from datetime import UTC, datetime
from typing import Any

from backends.errors import Conflict, Invalid
from backends.port import Batch, Change, Put, Receipt, Remove
from backends.records import Contact, Customer, Key, Line, Link, Origin, Record, is_new
from backends.sql import index, linking, receipts, telling, trail
from backends.sql.columns import Part, key_of, row_of
from backends.sql.references import assigned
from backends.sql.shapes import BY_RECORD, SHAPES, Shape, comparable, customer_of
from backends.sql.stored import PREVIEW, find

IN_BULK = frozenset({"import", "demo"})
"""Acts whose audit rows count the records of a kind instead of naming each."""

_BODY, _WHOLE = (BY_RECORD[Contact].columns.index(name) for name in ("body", "whole"))
_BIG = 500  # items from which a larger cache pays


def apply(connection: sqlite3.Connection, batch: Batch, now: datetime, source: str = "") -> Receipt:
    """Store `batch` and return its receipt; raises Conflict and Invalid, after which the caller rolls back.

    `source` is what the store is called, by which the ends of links in it are known.
    """
    if batch.idempotency_key:
        before = receipts.find(connection, batch)
        if before is not None:
            return before
    big = len(batch.items) > _BIG
    if big:
        connection.execute("PRAGMA cache_size = -16384")
    try:
        work = _Work(connection, batch, now, source)
        receipt = work.done()
    finally:
        if big:
            connection.execute("PRAGMA cache_size = -256")
    if batch.idempotency_key:
        receipts.keep(connection, batch.idempotency_key, receipt, work.linked())
    return receipt


class _Work:
    """One batch on its way into the store."""

    def __init__(self, connection: sqlite3.Connection, batch: Batch, now: datetime, source: str) -> None:
        self.connection = connection
        self.batch = batch
        self.now = now
        self.source = source
        self.owners: dict[Key, list[int]] = {}
        self.keys: dict[Key, Key] = {}
        self.known: list[tuple[int, Key]] = []
        self.last: dict[str, int] = {}
        self.numbers: dict[tuple[str, int], str] = {}
        self.exists: set[Key] = set()
        self.removed: list[tuple[Shape, int]] = []
        self.waiting: dict[str, list[list[Any]]] = {}
        self.bodies: list[tuple[int, str]] = []
        self.originals: list[tuple[str, int, bytes]] = []
        self.found_by: set[int] = set()
        self.fresh: set[int] = set()
        self.new_words: list[Contact] = []
        self.old_words: list[Contact] = []

    def done(self) -> Receipt:
        """Return the receipt once everything is stored, indexed, audited and told."""
        self.connection.execute("PRAGMA defer_foreign_keys = ON")
        self._check_each_once()
        self._number_the_new()
        left_alone = {position for position, _ in self.known}
        changes = tuple(
            self._remove(item) if isinstance(item, Remove) else self._put(item)
            for position, item in enumerate(self.batch.items)
            if position not in left_alone
        )
        self._flush()
        self._check_references(changes)
        self._check_removed()
        self._link(changes)
        self._index()
        self._count()
        trail.append(self.connection, self.now, self._notes(changes))
        telling.tell(self.connection, changes, self.linked())
        return Receipt(changes, self.now, tuple(self.known), dict(self.keys))

    # keys and numbers ---------------------------------------------------------------------------------------------

    def _check_each_once(self) -> None:
        seen: set[tuple[type, Key]] = set()
        for item in self.batch.items:
            name = (type(item.record), item.record.key)
            if not item.record.key:
                raise Invalid("key", "missing")
            if name in seen:
                raise Invalid("key", "twice")
            seen.add(name)

    def _number_the_new(self) -> None:
        """Give every new record its row first, so that records may name each other in any order."""
        origins: dict[tuple[str, Origin], Key] = {}
        given = self._numbers_given()
        for position, item in enumerate(self.batch.items):
            record = item.record
            if isinstance(item, Remove) or not is_new(record.key):
                continue
            shape = BY_RECORD[type(record)]
            origin: Origin | None = getattr(record, "origin", None)
            if item.unless_known and origin is not None:
                stored = origins.get((shape.kind, origin)) or self._of_origin(shape, origin)
                if stored:
                    self.keys[record.key] = stored
                    self.known.append((position, stored))
                    continue
            row = self._next(shape, given)
            self.keys[record.key] = key_of(shape.kind, row)
            if origin is not None:
                origins[shape.kind, origin] = self.keys[record.key]

    def _numbers_given(self) -> set[tuple[str, str]]:
        given = set()
        for item in self.batch.items:
            shape = BY_RECORD[type(item.record)]
            if shape.number and (number := getattr(item.record, shape.number)):
                given.add((shape.kind, comparable(number)))
        return given

    def _next(self, shape: Shape, given: set[tuple[str, str]]) -> int:
        """Return the next row of a kind: never one that was given before, nor one whose number an import has taken."""
        if shape.kind not in self.last:
            found = self.connection.execute("SELECT last FROM counter WHERE kind = ?", (shape.kind,)).fetchone()
            self.last[shape.kind] = found[0] if found else 0
        while True:
            self.last[shape.kind] += 1
            row = self.last[shape.kind]
            if not shape.number:
                return row
            self.numbers[shape.kind, row] = assigned(shape.letter, row)
            number = comparable(self.numbers[shape.kind, row])
            taken = self.connection.execute(
                f'SELECT 1 FROM "{shape.kind}" WHERE "{shape.number}_key" = ?',  # noqa: S608 -- names of our own
                (number,),
            ).fetchone()
            if not taken and (shape.kind, number) not in given:
                return row

    def _of_origin(self, shape: Shape, origin: Origin) -> Key:
        found = self.connection.execute(
            f'SELECT id FROM "{shape.kind}" WHERE origin_source = ? AND origin_id = ?',  # noqa: S608
            (origin.source, origin.foreign_id),
        ).fetchone()
        return key_of(shape.kind, found[0]) if found else ""

    def _count(self) -> None:
        self.connection.executemany(
            "INSERT INTO counter (kind, last) VALUES (?, ?) ON CONFLICT DO UPDATE SET last = excluded.last",
            list(self.last.items()),
        )

    # single items -------------------------------------------------------------------------------------------------

    def _put(self, item: Put) -> Change:
        shape = BY_RECORD[type(item.record)]
        if isinstance(item.record, Contact) and not item.record.whole:
            raise Invalid("body", "cut", "the beginning of a body must not replace the whole")
        before: Record | None = None
        if is_new(item.record.key):
            row = row_of(shape.kind, self.keys[item.record.key]) or 0
            after = self._created(
                shape, self._settled(shape, item.record, self.numbers.get((shape.kind, row), ""), 1), row
            )
        else:
            before, row = self._seen(shape, item)
            if isinstance(before, Link):
                self.owners[before.key] = linking.customers_of(self.connection, before)
            number = getattr(before, shape.number) if shape.number else ""
            after = self._changed(shape, before, self._settled(shape, item.record, number, before.version + 1), row)
        if item.raw is not None:
            self.originals.append((shape.kind, row, item.raw))
        return Change(before, after)

    def _seen(self, shape: Shape, item: Put | Remove) -> tuple[Record, int]:
        """Return the stored record that the item is about, when it is still the version that was seen."""
        if item.seen is None:
            raise Invalid("seen", "missing")
        self._flush()
        row = row_of(shape.kind, item.record.key)
        before: Record | None = None if row is None else find(self.connection, shape, row)
        if before is None or row is None or before.version != item.seen:
            raise Conflict(before)
        return before, row

    def _created(self, shape: Shape, after: Any, row: int) -> Any:
        self.waiting.setdefault(shape.kind, []).append(self._row(shape, after, row, 1))
        self._note_for_index(None, after, row)
        return after

    def _changed(self, shape: Shape, before: Any, after: Any, row: int) -> Any:
        values = self._row(shape, after, row, after.version)
        try:
            self.connection.execute(shape.update, (*values[1:], row))
        except sqlite3.IntegrityError as error:
            raise _refusal(shape, error) from error
        self._note_for_index(before, after, row)
        return after

    def _row(self, shape: Shape, record: Any, row: int, version: int) -> list[Any]:
        _check_needed(shape, record)
        values = shape.row(record, row, version)
        if isinstance(record, Contact) and len(record.body) > PREVIEW:
            self.bodies.append((row, record.body))
            values[_BODY], values[_WHOLE] = record.body[:PREVIEW], 0
        return values

    def _remove(self, item: Remove) -> Change:
        shape = BY_RECORD[type(item.record)]
        before, row = self._seen(shape, item)
        if isinstance(before, Link):
            self.owners[before.key] = linking.customers_of(self.connection, before)
            linking.drop(self.connection, row)
        self.connection.execute("DELETE FROM original WHERE subject = ? AND subject_id = ?", (shape.kind, row))
        if isinstance(before, Customer):
            index.drop_customer(self.connection, row)
        self._note_for_index(before, None, row)
        self.removed.append((shape, row))
        return Change(before, None)

    def _settled(self, shape: Shape, record: Any, number: str, version: int) -> Any:
        """Return `record` as it will be read: real keys, its number when it has none, moments in UTC, its version."""
        changes: dict[str, Any] = {"key": self.keys.get(record.key, record.key), "version": version}
        if shape.number and not getattr(record, shape.number):
            changes[shape.number] = number
        for part in shape.parts:
            value = getattr(record, part.field)
            if part.refers:
                if not part.many:
                    changes[part.field] = self.keys.get(value, value)
                elif value:
                    changes[part.field] = tuple(self.keys.get(one, one) for one in value)
            elif isinstance(record, Link) and isinstance(value, Origin):
                changes[part.field] = replace(value, foreign_id=self.keys.get(value.foreign_id, value.foreign_id))
            elif isinstance(value, datetime) and value.tzinfo is not None and value.tzinfo is not UTC:
                changes[part.field] = value.astimezone(UTC)
        return replace(record, **changes)

    # together -----------------------------------------------------------------------------------------------------

    def _flush(self) -> None:
        """Write what waits, many rows a statement."""
        for shape in SHAPES:
            rows = self.waiting.pop(shape.kind, None)
            if rows:
                try:
                    self.connection.executemany(shape.insert, rows)
                except sqlite3.IntegrityError as error:
                    raise _refusal(shape, error) from error
        if self.bodies:
            self.connection.executemany("INSERT OR REPLACE INTO contact_body (id, body) VALUES (?, ?)", self.bodies)
            self.bodies.clear()
        if self.originals:
            self.connection.executemany("INSERT OR REPLACE INTO original VALUES (?, ?, ?)", self.originals)
            self.originals.clear()

    def _check_references(self, changes: Iterable[Change]) -> None:
        """Raise Invalid naming the first field that leads to no record."""
        for change in changes:
            if change.after is None:
                continue
            for part in BY_RECORD[type(change.after)].parts:
                if not part.refers:
                    continue
                value = getattr(change.after, part.field)
                for key in value if part.many else (value,):
                    if key and key not in self.exists:
                        self._check_reference(part, key)

    def _check_reference(self, part: Part, key: Key) -> None:
        row = row_of(part.refers, key)
        query = f'SELECT 1 FROM "{part.refers}" WHERE id = ?'  # noqa: S608 -- names of our own
        if row is None or self.connection.execute(query, (row,)).fetchone() is None:
            raise Invalid(part.field, "unknown")
        self.exists.add(key)

    def _check_removed(self) -> None:
        """Delete what is to go, once nothing names it any more; raises Invalid naming the field that still does."""
        for shape, row in self.removed:
            self.connection.execute(f'DELETE FROM "{shape.kind}" WHERE id = ?', (row,))  # noqa: S608
        for shape, row in self.removed:
            for other in SHAPES:
                for part in other.parts:
                    if part.refers == shape.kind and self._is_named(other, part, row):
                        raise Invalid(part.field, "in_use", f"{other.kind} names {shape.kind} {row}")

    def _link(self, changes: Iterable[Change]) -> None:
        """Check links, and see that none names what was removed; the customers of their ends are to be told."""
        for change in changes:
            after = change.after
            if isinstance(after, Link):
                owners = linking.settle(self.connection, after, self.source)
                self.owners[after.key] = list(dict.fromkeys([*owners, *self.owners.get(after.key, ())]))
            elif after is None and change.before is not None:
                linking.check_unlinked(self.connection, change.before, self.source)

    def linked(self) -> list[int]:
        """Return the customers whom links of this batch are about, or were."""
        return sorted({row for rows in self.owners.values() for row in rows})

    def _is_named(self, other: Shape, part: Part, row: int) -> bool:
        column = part.columns[0]
        if part.many:
            held = f'"{other.kind}", json_each("{other.kind}".{column})'
            query = f"SELECT 1 FROM {held} WHERE json_each.value = ? LIMIT 1"  # noqa: S608
        else:
            query = f'SELECT 1 FROM "{other.kind}" WHERE {column} = ? LIMIT 1'  # noqa: S608
        return self.connection.execute(query, (row,)).fetchone() is not None

    def _note_for_index(self, before: Record | None, after: Record | None, row: int) -> None:
        """Remember what searching must learn of a change."""
        subject = after or before
        if isinstance(subject, Customer):
            self.found_by.add(row)
            if before is None:
                self.fresh.add(row)
        elif isinstance(subject, Line):
            for each in (before, after):
                if isinstance(each, Line) and (owner := row_of("customer", each.customer_key)) is not None:
                    self.found_by.add(owner)
        elif isinstance(subject, Contact):
            self._note_words(before, after)

    def _note_words(self, before: Record | None, after: Record | None) -> None:
        if isinstance(before, Contact) and isinstance(after, Contact):
            names = ("subject", "body", "at", "customer_key")
            if all(getattr(before, name) == getattr(after, name) for name in names):
                return
            if len(before.body) > PREVIEW >= len(after.body):
                self.connection.execute("DELETE FROM contact_body WHERE id = ?", (row_of("contact", after.key),))
        if isinstance(before, Contact):
            self.old_words.append(before)
        if isinstance(after, Contact):
            self.new_words.append(after)

    def _index(self) -> None:
        index.index_customers(self.connection, sorted(self.found_by), self.fresh)
        index.drop_words(self.connection, self.old_words)
        index.add_words(self.connection, self.new_words)

    # telling ------------------------------------------------------------------------------------------------------

    def _notes(self, changes: tuple[Change, ...]) -> list[trail.Note]:
        batch = self.batch
        if batch.act in IN_BULK:
            counts = Counter(BY_RECORD[type(change.after or change.before)].kind for change in changes)
            reason = f": {batch.reason}" if batch.reason else ""
            return [(batch.actor, batch.act, kind, "", "", f"{count} new{reason}") for kind, count in counts.items()]
        return [_note(batch, change, self.owners) for change in changes]


def _note(batch: Batch, change: Change, owners: dict[Key, list[int]]) -> trail.Note:
    record = change.after or change.before
    assert record is not None
    if change.before is None:
        what = "new"
    elif change.after is None:
        what = "removed"
    else:
        names = (one.name for one in fields(record) if one.name != "version")
        what = " ".join(name for name in names if getattr(change.before, name) != getattr(change.after, name))
    detail = f"{what}: {batch.reason}" if batch.reason else what
    about = customer_of(record)
    if owners.get(record.key):
        about = key_of("customer", owners[record.key][0])
    return (batch.actor, batch.act, BY_RECORD[type(record)].kind, record.key, about, detail)


def _check_needed(shape: Shape, record: Record) -> None:
    """Raise Invalid when a key is empty that the record cannot do without."""
    for name in _NEEDED[shape.kind]:
        if not getattr(record, name):
            raise Invalid(name, "missing")


_NEEDED = {
    shape.kind: tuple(
        part.field
        for part in shape.parts
        for one in fields(shape.record)
        if one.name == part.field and part.refers and not part.many and one.default is MISSING
    )
    for shape in SHAPES
}


def _refusal(shape: Shape, error: sqlite3.IntegrityError) -> Invalid:
    """Return which field a constraint refused, from what SQLite says of it."""
    text = str(error)
    if text.startswith("UNIQUE"):
        column = text.rpartition(".")[2]
        if "origin_" in text:
            return Invalid("origin", "taken")
        if shape.record is Link:
            return Invalid("right", "taken")
        return Invalid(shape.number if f"{shape.number}_key" in text else column, "taken")
    for part in shape.parts:
        if any(f".{column} " in f"{text} " or text.endswith(f"_{column}") for column in part.columns):
            return Invalid(part.field, "value", error.sqlite_errorname)
    return Invalid("", "value", error.sqlite_errorname)
