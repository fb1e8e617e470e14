"""Pages of a source with rows of our own among them, each in its place and each once.

A cursor of ours holds the source's cursor of the page that is being given, the source's row given last of it, and
where the last row given stood. The page is read again from there when it did not fit.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from backends.errors import Invalid
from backends.outbox.marks import Name
from backends.port import Page

T = TypeVar("T")

_OURS = "outbox:"


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a page begins: behind the row `last` of the source's page at `theirs`, and behind `at`, `key` of ours."""

    theirs: str | None = None
    last: tuple[str, str] | None = None
    at: str = ""
    ours: bool = False
    key: str = ""

    def cursor(self) -> str:
        return _OURS + json.dumps([self.theirs, self.last, self.at, self.ours, self.key])


def _spot(cursor: str | None) -> _Spot:
    if cursor is None or not cursor.startswith(_OURS):
        return _Spot(cursor)
    try:
        match json.loads(cursor.removeprefix(_OURS)):
            case [str() | None as theirs, [str(kind), str(key)], str(at), bool(ours), str(mine)]:
                return _Spot(theirs, (kind, key), at, ours, mine)
            case [str() | None as theirs, None, str(at), bool(ours), str(mine)]:
                return _Spot(theirs, None, at, ours, mine)
    except ValueError:
        pass
    raise Invalid("after", "cursor")


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="microseconds").rjust(32, "0")


@dataclass(frozen=True, slots=True)
class _Row(Generic[T]):
    row: T
    name: Name
    at: str
    ours: bool


@dataclass(frozen=True, slots=True)
class Merging(Generic[T]):
    """How rows are ordered and named: `at` and `name` of a row; newest first, or oldest."""

    at: Callable[[T], datetime]
    name: Callable[[T], Name]
    oldest: bool = False

    async def page(
        self,
        fetch: Callable[[str | None], Awaitable[Page[T]]],
        ours: Callable[[], Sequence[T]],
        now: Callable[[T], T | None],
        after: str | None,
        limit: int,
    ) -> Page[T]:
        """Return a page of the source's rows and ours.

        `ours` gives our rows, in any order; `now` a row of the source as it is to be, None when it is among ours or
        is no more. Both are asked once the source has answered. Raises Invalid for a cursor that no page gave.
        """
        spot = _spot(after)
        while True:
            found = await fetch(spot.theirs)
            ours_now = ours()
            rows = self._theirs(found, now, spot)
            mine = self._ours(ours_now, found, spot, first=after is None)
            merged = sorted(rows + mine, key=self._order)
            shown = merged[:limit]
            if shown or found.after is None or limit < 1:
                break
            spot = _Spot(found.after, None, spot.at, spot.ours, spot.key)
        return Page(tuple(one.row for one in shown), self._after(merged, shown, found, spot, bool(ours_now)))

    def _order(self, one: _Row[T]) -> Any:
        stamp = one.at if self.oldest else "".join(chr(0x7F - ord(sign)) for sign in one.at)
        # ours stand before the source's of the same moment, among themselves by key; the source's keep their order
        return stamp, not one.ours, one.name[1] if one.ours else ""

    def _theirs(self, found: Page[T], now: Callable[[T], T | None], spot: _Spot) -> list[_Row[T]]:
        rows = list(found.rows)
        if spot.last is not None:
            for position, row in enumerate(rows):
                if self.name(row) == spot.last:
                    rows = rows[position + 1 :]
                    break
            else:
                rows = [row for row in rows if self._beyond(_stamp(self.at(row)), spot.at)]
        kept = ((self.name(row), now(row)) for row in rows)
        return [_Row(row, name, _stamp(self.at(row)), False) for name, row in kept if row is not None]

    def _beyond(self, stamp: str, other: str) -> bool:
        return stamp > other if self.oldest else stamp < other

    def _ours(self, ours: Sequence[T], found: Page[T], spot: _Spot, *, first: bool) -> list[_Row[T]]:
        """Return those of our rows that stand between the last row given and the end of the source's page."""
        mine = [_Row(row, self.name(row), _stamp(self.at(row)), True) for row in ours]
        if not first:
            begin = spot.at or (_stamp(self.at(found.rows[0])) if found.rows else "")
            mine = [
                one
                for one in mine
                if begin
                and (
                    self._beyond(one.at, begin)
                    or (one.at == begin and (one.name[1] > spot.key if spot.ours else not spot.at))
                )
            ]
        if found.after is not None and found.rows:
            end = _stamp(self.at(found.rows[-1]))
            mine = [one for one in mine if not self._beyond(one.at, end)]
        return mine

    def _after(
        self, merged: list[_Row[T]], shown: list[_Row[T]], found: Page[T], spot: _Spot, mixed: bool
    ) -> str | None:
        """Return the cursor behind the rows shown, the source's own where nothing of ours was ever in the way."""
        if len(merged) == len(shown) and found.after is None:
            return None
        if not shown:
            return found.after
        last = shown[-1]
        key = last.name[1] if last.ours else ""
        if len(merged) == len(shown):
            if not mixed and not spot.at:
                return found.after
            return _Spot(found.after, None, last.at, last.ours, key).cursor()
        theirs = [one for one in shown if not one.ours]
        behind = theirs[-1].name if theirs else spot.last
        return _Spot(spot.theirs, behind, last.at, last.ours, key).cursor()
