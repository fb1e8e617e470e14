"""Links in the store: found by their ends, checked, and about which customers of this store they are."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable

from backends.errors import Invalid
from backends.records import Link, LinkKind, Origin, Record, is_new
from backends.sql.columns import row_of
from backends.sql.shapes import BY_KIND, BY_RECORD
from backends.sql.stored import find

LINKED = {
    LinkKind.SAME_CUSTOMER: ("customer",),
    LinkKind.SAME_CONTACT: ("contact",),
    LinkKind.SAME_TICKET: ("ticket",),
    LinkKind.NOT_SAME: ("customer", "contact", "ticket"),
}
"""The kinds of record that an end of a link may name."""

_SHAPE = BY_KIND["link"]


def of_ends(connection: sqlite3.Connection, ends: Collection[Origin]) -> tuple[Link, ...]:
    """Return every link that has one of these ends, oldest first."""
    found: dict[int, Link] = {}
    for side in ("left", "right"):
        query = f"SELECT {_SHAPE.selected} FROM link WHERE {side}_source = ? AND {side}_id = ?"  # noqa: S608
        for end in ends:
            for row in connection.execute(query, (end.source, end.foreign_id)):
                found[row[0]] = _SHAPE.build(row)
    return tuple(link for _, link in sorted(found.items(), key=lambda one: (one[1].made_at, one[0])))


def about(connection: sqlite3.Connection, customer: int) -> list[tuple[int, Link]]:
    """Return the links, with their rows, that are about a customer of this store."""
    query = "SELECT link_id FROM link_customer WHERE customer_id = ? ORDER BY link_id"
    return [(row, find(connection, _SHAPE, row)) for (row,) in connection.execute(query, (customer,)).fetchall()]


def customers_of(connection: sqlite3.Connection, link: Link) -> list[int]:
    """Return the customers of this store whom a stored link is about."""
    query = "SELECT customer_id FROM link_customer WHERE link_id = ? ORDER BY customer_id"
    return [row for (row,) in connection.execute(query, (row_of("link", link.key),))]


def settle(connection: sqlite3.Connection, link: Link, source: str) -> list[int]:
    """Check a link just stored, and note about which customers of this store, called `source`, it is.

    Returns those customers. Raises Invalid when an end is empty, leads to nothing here, or the pair is linked already.
    """
    row = row_of("link", link.key)
    owners: dict[int, None] = {}
    for name, end in (("left", link.left), ("right", link.right)):
        if not end.source or not end.foreign_id:
            raise Invalid(name, "missing")
        if is_new(end.foreign_id):
            raise Invalid(name, "unknown")
        if end.source == source:
            owner = _owner(connection, link.kind, end.foreign_id)
            if owner is None:
                raise Invalid(name, "unknown")
            owners[owner] = None
    if link.left == link.right:
        raise Invalid("right", "same")
    query = "SELECT 1 FROM link WHERE left_source = ? AND left_id = ? AND right_source = ? AND right_id = ? AND id <> ?"
    values = (link.right.source, link.right.foreign_id, link.left.source, link.left.foreign_id, row)
    if connection.execute(query, values).fetchone() is not None:
        raise Invalid("right", "taken")
    drop(connection, row)
    rows = [(owner, row) for owner in owners]
    connection.executemany("INSERT INTO link_customer (customer_id, link_id) VALUES (?, ?)", rows)
    return list(owners)


def drop(connection: sqlite3.Connection, row: int | None) -> None:
    """Forget about which customers a link is."""
    connection.execute("DELETE FROM link_customer WHERE link_id = ?", (row,))


def erase(connection: sqlite3.Connection, links: Iterable[int]) -> None:
    """Erase links, with what was kept beside them."""
    for row in links:
        drop(connection, row)
        connection.execute("DELETE FROM original WHERE subject = 'link' AND subject_id = ?", (row,))
        connection.execute("DELETE FROM link WHERE id = ?", (row,))


def check_unlinked(connection: sqlite3.Connection, record: Record, source: str) -> None:
    """Raise Invalid `in_use` naming the end of a link that names the record removed from the store called `source`."""
    kind = BY_RECORD[type(record)].kind
    if not any(kind in kinds for kinds in LINKED.values()):
        return
    row = row_of(kind, record.key)
    if kind == "customer":
        found = connection.execute("SELECT link_id FROM link_customer WHERE customer_id = ?", (row,)).fetchone()
        if found is not None:
            raise Invalid("left", "in_use", f"link {found[0]} is about {record.key}")
    for side in ("left", "right"):
        query = f"SELECT id FROM link WHERE {side}_source = ? AND {side}_id = ?"  # noqa: S608 -- names of our own
        found = connection.execute(query, (source, record.key)).fetchone()
        if found is not None:
            raise Invalid(side, "in_use", f"link {found[0]} names it")


def _owner(connection: sqlite3.Connection, kind: LinkKind, key: str) -> int | None:
    """Return the customer whom the record of this key is, or belongs to."""
    for name in LINKED[kind]:
        row = row_of(name, key)
        if row is not None:
            column = "id" if name == "customer" else "customer_id"
            query = f'SELECT {column} FROM "{name}" WHERE id = ?'  # noqa: S608 -- names of our own
            found = connection.execute(query, (row,)).fetchone()
            if found is not None:
                return int(found[0])
    return None
