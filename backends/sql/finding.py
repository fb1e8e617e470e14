"""What the ways of searching share: what was asked, what was found, and ranges of the indexes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from backends.port import MatchedOn
from backends.records import Key

LAST = "\U0010ffff"
"""Sorts after whatever a code or word can go on with."""


@dataclass(frozen=True, slots=True)
class Found:
    """A customer's row and why it was found; the smaller `rank` stands higher, then the later `recent`."""

    row: int
    rank: int
    on: MatchedOn
    code: str = ""
    """What matched in the index; the record shows how people write it."""
    shown: str = ""
    exact: bool = False
    only: bool = False
    """Exact as long as the text finds nobody else in any other way."""
    near: bool = False
    """Found by a word that is spelt a little differently."""
    record_key: Key = ""
    line: int = 0
    recent: int = 0
    """When the customer was last in touch (microseconds), 0 where that does not matter."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One search: the text, how many customers are wanted, and whose."""

    connection: sqlite3.Connection
    text: str
    limit: int
    operators: tuple[int, ...] = ()

    @property
    def theirs(self) -> str:
        """Return the condition that a row's `customer_id` is a customer of the operators asked for."""
        if not self.operators:
            return ""
        listed = ", ".join(str(int(row)) for row in self.operators)
        return f" AND (SELECT operator_id FROM customer WHERE customer.id = customer_id) IN ({listed})"  # noqa: S608

    def codes(self, kind: str, start: str, limit: int | None = None) -> Iterator[tuple[str, int, int]]:
        """Yield (code, customer, line) of the codes of a kind that begin with `start`, in order."""
        return self.connection.execute(
            "SELECT code, customer_id, line_id FROM search_code WHERE kind = ? AND code >= ? AND code < ?"  # noqa: S608
            f"{self.theirs} ORDER BY code LIMIT ?",
            (kind, start, start + LAST, limit or self.limit),
        )

    def countries(self) -> list[str]:
        """Return the countries in which our operators work."""
        return [country for (country,) in self.connection.execute("SELECT DISTINCT country FROM operator")]
