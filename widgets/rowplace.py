"""Where the rows of a list lie when some of them have a body open below: lines to rows and back."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping


class Places:
    """Rows of one line each, some with further lines below; lookups cost as little with 100,000 rows as with ten."""

    def __init__(self, rows: int, opened: Mapping[int, int]) -> None:
        """Take the number of rows and, by row index, the further lines of the opened ones."""
        self.rows = rows
        self._opened = sorted(opened)
        self._starts: list[int] = []
        """First line of the body of each opened row."""
        self._extra: list[int] = [0]
        """Body lines up to each opened row."""
        for index in self._opened:
            self._starts.append(index + 1 + self._extra[-1])
            self._extra.append(self._extra[-1] + opened[index])

    @property
    def lines(self) -> int:
        """All lines together."""
        return self.rows + self._extra[-1]

    def line_of(self, row: int) -> int:
        """The line of a row."""
        return row + self._extra[bisect_right(self._opened, row - 1)]

    def height_of(self, row: int) -> int:
        """Lines of a row and its body."""
        at = bisect_right(self._opened, row)
        if at and self._opened[at - 1] == row:
            return 1 + self._extra[at] - self._extra[at - 1]
        return 1

    def at(self, line: int) -> tuple[int, int]:
        """The row of a line and the line within it; 0 is the row itself, 1 the first line of its body."""
        at = bisect_right(self._starts, line)
        if at:
            inside = line - self._starts[at - 1]
            if inside < self._extra[at] - self._extra[at - 1]:
                return self._opened[at - 1], inside + 1
        return line - self._extra[at], 0
