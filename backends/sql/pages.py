"""Keyset pages: a cursor says where the last row stood, so that any page costs the same."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from backends.errors import Invalid

_CURSOR = re.compile(r"(-?[0-9]{1,19})\.([0-9]{1,18})(?:\.([a-z]))?")


def cursor(at: int, row: int, kind: str = "") -> str:
    """Return the cursor of a row that stands at a moment (microseconds) and has this number."""
    return f"{at}.{row}.{kind}" if kind else f"{at}.{row}"


def place_in(after: str) -> tuple[int, int, str]:
    """Return (moment, row, kind) of a cursor; raises Invalid for one that no page gave."""
    found = _CURSOR.fullmatch(after)
    if found is None or abs(int(found[1])) >= 1 << 63 or int(found[2]) >= 1 << 63:
        raise Invalid("after", "cursor")
    return int(found[1]), int(found[2]), found[3] or ""


class Where:
    """Conditions of a query and their values, side by side."""

    def __init__(self, *conditions: str, values: Sequence[Any] = ()) -> None:
        self.conditions = list(conditions)
        self.values: list[Any] = list(values)

    def add(self, condition: str, *values: Any) -> None:
        """Add a condition that must hold as well."""
        self.conditions.append(condition)
        self.values.extend(values)

    def among(self, column: str, values: Sequence[Any]) -> None:
        """Add that `column` holds one of `values`."""
        self.add(f"{column} IN ({', '.join('?' * len(values))})", *values)

    def __str__(self) -> str:
        return " AND ".join(self.conditions) or "1"
