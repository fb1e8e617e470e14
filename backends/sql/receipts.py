"""Receipts of batches with an idempotency key, kept for a week so that a repeated batch stores nothing."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from backends.port import Batch, Change, Receipt
from backends.records import Record
from backends.sql.columns import micros, moment_of, row_of
from backends.sql.shapes import BY_KIND, BY_RECORD, customer_of

KEPT = timedelta(days=7)


def find(connection: sqlite3.Connection, batch: Batch) -> Receipt | None:
    """Return the receipt of an earlier batch with the same idempotency key, marked as repeated."""
    row = connection.execute("SELECT at, body FROM receipt WHERE key = ?", (batch.idempotency_key,)).fetchone()
    if row is None:
        return None
    held = json.loads(row[1])
    return Receipt(
        changes=tuple(Change(_record(before), _record(after)) for before, after in held["changes"]),
        at=moment_of(row[0]),
        known=tuple((position, key) for position, key in held["known"]),
        keys=held["keys"],
        repeated=True,
    )


def keep(connection: sqlite3.Connection, key: str, receipt: Receipt, also: Iterable[int] = ()) -> None:
    """Keep a receipt, about its records' customers and those of its links, and drop those that nobody asks for."""
    at = micros(receipt.at)
    records = (record for change in receipt.changes for record in (change.before, change.after))
    customers = sorted({*also, *(row for record in records if (row := _customer(record)))})
    body = {
        "changes": [(_values(change.before), _values(change.after)) for change in receipt.changes],
        "known": receipt.known,
        "keys": dict(receipt.keys or {}),
    }
    connection.execute(
        "INSERT INTO receipt (key, at, customer_ids, body) VALUES (?, ?, ?, ?)",
        (key, at, json.dumps(customers), json.dumps(body, ensure_ascii=False, separators=(",", ":"))),
    )
    connection.execute("DELETE FROM receipt WHERE at < ?", (at - KEPT // timedelta(microseconds=1),))


def forget(connection: sqlite3.Connection, customer: int) -> None:
    """Take what is about a customer out of all receipts; that the batches were stored stays known."""
    found = connection.execute(
        "SELECT key, body FROM receipt WHERE EXISTS (SELECT 1 FROM json_each(customer_ids) WHERE value = ?)",
        (customer,),
    ).fetchall()
    for key, body in found:
        held = json.loads(body)
        held["changes"] = [
            pair
            for pair in held["changes"]
            if customer not in (_about(pair[0]), _about(pair[1])) and "link" not in (_kind(pair[0]), _kind(pair[1]))
        ]
        connection.execute("UPDATE receipt SET body = ? WHERE key = ?", (json.dumps(held, ensure_ascii=False), key))


def _customer(record: Record | None) -> int | None:
    return None if record is None else row_of("customer", customer_of(record))


def _about(values: Any) -> int | None:
    return _customer(_record(values))


def _kind(values: Any) -> str:
    """Return the kind of a kept record; whose link it was is not kept, so that it goes with each of its customers."""
    return str(values[0]) if values else ""


def _values(record: Record | None) -> Any:
    """Return the kind and the values of a record's row; a contact's body is whole."""
    if record is None:
        return None
    shape = BY_RECORD[type(record)]
    row = row_of(shape.kind, record.key)
    assert row is not None
    return [shape.kind, shape.row(record, row, record.version)]


def _record(values: Any) -> Any:
    if values is None:
        return None
    kind, row = values
    shape = BY_KIND[kind]
    return shape.build(row[:-1] if shape.number else row)
