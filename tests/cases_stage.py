"""What undoing a case's acts is measured by: everything that a database file holds."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

Content = dict[str, list[tuple[Any, ...]]]

ASIDE = frozenset({"audit", "audit_head", "change", "counter", "presence", "receipt", "sqlite_sequence", "fact"})
"""Tables that tell what was done, which an undo does not make undone, and the numbers that were given away."""


def content_of(file: Path) -> Content:
    """Return every row of every table of a database but those ASIDE, versions aside, as pictures to compare."""
    connection = sqlite3.connect(file)
    try:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        kept = [name for name in names if name not in ASIDE and not name.startswith("contact_words")]
        found: Content = {}
        for name in sorted(kept):
            cursor = connection.execute(f'SELECT * FROM "{name}"')
            columns = [one[0] for one in cursor.description]
            versions = {at for at, one in enumerate(columns) if one == "version"}
            rows = [tuple(value for at, value in enumerate(row) if at not in versions) for row in cursor]
            found[name] = sorted(rows, key=repr)
        return found
    finally:
        connection.close()


def differing(one: Content, other: Content) -> list[str]:
    """Return the tables in which two contents differ."""
    return [name for name in one if one[name] != other.get(name)]
