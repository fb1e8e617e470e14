"""Several lists that each come in pages, read as one list in order.

Every source gives its rows in the same order. A row may be shown once no source can still give one that stands before
it; a source that has not answered yet, or does not answer, holds nobody back.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from backends.errors import BackendError, Invalid
from backends.port import Page

T = TypeVar("T")
Fetch = Callable[[str | None], Awaitable[Page[T]]]


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def newest(at: datetime) -> timedelta:
    """Return a sort key that puts the newest first."""
    return _EPOCH - at


@dataclass(slots=True)
class Stream(Generic[T]):
    """The pages of one source: what came, and how to get what follows."""

    source: str
    fetch: Fetch[T]
    rows: list[T] = field(default_factory=list)
    after: str | None = None
    begun: bool = False
    old: bool = False
    """Whether its source has changed since; it serves until a newer one is read."""
    error: BackendError | None = None

    @property
    def more(self) -> bool:
        """Whether further rows may come."""
        return self.begun and self.after is not None and self.error is None

    async def go_on(self) -> None:
        """Read the next page; an error ends the stream and keeps what came before."""
        try:
            page = await self.fetch(self.after)
        except BackendError as error:
            self.error = error
            self.begun = True
            return
        self.rows.extend(page.rows)
        self.after = page.after
        self.begun = True


NEAR = 24
"""Rows back in which a double is looked for: doubles are near in time."""


def _gate(streams: Sequence[Stream[T]], order: Callable[[T], Any]) -> tuple[Stream[T] | None, Any]:
    """Return the stream whose next page may still hold rows that stand before others', and where it stands.

    Rows of one moment stand in the order of their streams, so that a page which comes later changes none before it.
    """
    gate: Stream[T] | None = None
    last: Any = None
    for number, stream in enumerate(streams):
        if not stream.more:
            continue
        if not stream.rows:
            return stream, None
        at = (order(stream.rows[-1]), number)
        if gate is None or at < last:
            gate, last = stream, at
    return gate, last


def merged(
    streams: Sequence[Stream[T]], order: Callable[[T], Any], join: Callable[[T, T], T | None] | None = None
) -> tuple[list[T], Stream[T] | None]:
    """Return the rows that may be shown in order, and the stream to read on when more are wanted.

    `order` gives a sort key, smallest first. `join` gives one row for two rows of different sources that are the same,
    None for two that are not; the row of the stream that stands first in `streams` is given first.
    """
    gate, last = _gate(streams, order)
    if gate is not None and last is None:
        return [], gate
    every = [
        (order(row), number, row)
        for number, stream in enumerate(streams)
        for row in stream.rows
        if gate is None or (order(row), number) <= last
    ]
    every.sort(key=lambda one: one[:2])
    if join is None or len(streams) < 2:
        return [row for _at, _number, row in every], gate
    kept: list[tuple[int, T]] = []
    for _at, number, row in every:
        if not _joined_into(kept, number, row, join):
            kept.append((number, row))
    return [row for _number, row in kept], gate


def _joined_into(kept: list[tuple[int, T]], number: int, row: T, join: Callable[[T, T], T | None]) -> bool:
    for place in range(len(kept) - 1, max(-1, len(kept) - 1 - NEAR), -1):
        others, other = kept[place]
        if others == number:
            continue
        one = join(other, row) if others < number else join(row, other)
        if one is not None:
            kept[place] = (min(others, number), one)
            return True
    return False


MOST_READINGS = 64
"""Lists that can be read on; the cursor of one that was begun long before the others is not known any more."""


class Readings:
    """Lists that were begun: a cursor names one, and how much of it was given.

    What is read on is the list as it was begun. Read anew, rows that came in meanwhile would push others across the
    edge between two pages.
    """

    def __init__(self) -> None:
        self._begun: OrderedDict[str, list[Stream[Any]]] = OrderedDict()
        self._count = 0

    def cursor(self, streams: list[Stream[Any]], offset: int, before: str | None) -> str:
        """Return the cursor of what follows the first `offset` rows; `before` is the one that led here."""
        name = before.partition(":")[0] if before is not None else ""
        if name not in self._begun:
            self._count += 1
            name = f"r{self._count}"
        self._begun[name] = streams
        self._begun.move_to_end(name)
        while len(self._begun) > MOST_READINGS:
            self._begun.popitem(last=False)
        return f"{name}:{offset}"

    def of(self, cursor: str) -> tuple[list[Stream[Any]], int]:
        """Return the list and how much of it was given; raises Invalid for a cursor that is not known."""
        name, _colon, offset = cursor.partition(":")
        if name not in self._begun or not (offset.isascii() and offset.isdecimal()):
            raise Invalid("after", "cursor")
        return self._begun[name], int(offset)
