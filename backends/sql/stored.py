"""Single records by their key, as the writer and the readers both need them."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import Any

from backends.errors import NotFound
from backends.records import Contact, Key
from backends.sql.columns import row_of
from backends.sql.index import whole
from backends.sql.shapes import BY_KIND, Shape

PREVIEW = 240
"""Characters of a body that lie in the page rows of `contact`."""


def find(connection: sqlite3.Connection, shape: Shape, row: int) -> Any:
    """Return the record in a row, contacts with their whole body, or None."""
    found = connection.execute(
        f'SELECT {shape.selected} FROM "{shape.kind}" WHERE id = ?',  # noqa: S608 -- names of our own
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


def shortened(contact: Contact) -> Contact:
    """Return a contact as its page row holds it."""
    if len(contact.body) <= PREVIEW:
        return contact
    return replace(contact, body=contact.body[:PREVIEW], whole=False)
