"""Single records by their key, as the writer and the readers both need them."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from backends.errors import NotFound
from backends.records import Contact, Key, Origin
from backends.sql.columns import key_of, row_of
from backends.sql.index import whole
from backends.sql.leaving import selected
from backends.sql.shapes import BY_KIND, Shape

PREVIEW = 240
"""Characters of a body that lie in the page rows of `contact`."""


def find(connection: sqlite3.Connection, shape: Shape, row: int) -> Any:
    """Return the record in a row, contacts with their whole body, or None."""
    found = connection.execute(
        f'SELECT {selected(shape)} FROM "{shape.kind}" WHERE id = ?',  # noqa: S608 -- names of our own
        (row,),
    ).fetchone()
    if found is None:
        return None
    record = shape.build(found)
    if isinstance(record, Contact) and not record.whole:
        body = connection.execute("SELECT body FROM contact_body WHERE id = ?", (row,)).fetchone()
        return whole(record, body[0] if body else None)
    return record


def get(connection: sqlite3.Connection, kind: str, key: Key) -> Any:
    """Return the record of a key; raises NotFound."""
    row = row_of(kind, key)
    record = None if row is None else find(connection, BY_KIND[kind], row)
    if record is None:
        raise NotFound(f"no {kind} {key!r}")
    return record


def of_origins(connection: sqlite3.Connection, shape: Shape, origins: Collection[Origin]) -> dict[Origin, Key]:
    """Return the keys of those records of a kind that came from one of `origins`; none for kinds without origins."""
    found: dict[Origin, Key] = {}
    if not any(part.field == "origin" for part in shape.parts):
        return found
    query = f'SELECT id FROM "{shape.kind}" WHERE origin_source = ? AND origin_id = ?'  # noqa: S608 -- our own names
    for origin in origins:
        row = connection.execute(query, (origin.source, origin.foreign_id)).fetchone()
        if row is not None:
            found[origin] = key_of(shape.kind, row[0])
    return found


def shortened(contact: Contact) -> Contact:
    """Return a contact as its page row holds it."""
    if len(contact.body) <= PREVIEW:
        return contact
    return replace(contact, body=contact.body[:PREVIEW], whole=False)
