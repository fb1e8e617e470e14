"""What the command line prints: lines, tables and JSON that no stored text can turn into commands to the terminal.

On a terminal a table has headings and columns that line up and fit its width; into a pipe or a file it is one record a
line, cells whole and parted by tabs, without headings, ready for `cut`, `sort` and `awk`.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from backends import clean
from console.rules.privacy import masked, masked_values

_UNSAFE_IN_JSON = re.compile(
    "[\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_GAP = 2  # blank cells between two columns
_LEAST = 6  # cells that a column keeps when others need room
_READABLE = 20  # cells below which a column that can be cut says too little, and less needed ones leave instead
_ELLIPSIS = "…"


def json_text(value: object, *, ascii_only: bool = False) -> str:
    """Return `value` as indented JSON that means the same and shows nothing by itself.

    Controls, bidi marks, line separators, invisible characters and lone surrogates are written as `\\uXXXX`. Card
    numbers in texts are masked.
    """
    text = json.dumps(masked_values(value), ensure_ascii=ascii_only, indent=2, default=_plain)
    return _UNSAFE_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _plain(value: object) -> Any:
    """Return what JSON has for a value of a record: sets sorted, moments in ISO 8601, dataclasses as objects."""
    from dataclasses import fields, is_dataclass
    from datetime import date, datetime

    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: getattr(value, one.name) for one in fields(value)}
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, frozenset | set):
        return sorted(value)
    return str(value)


def moment_text(moment: Any) -> str:
    """Return an aware moment in UTC to the second, as `2031-05-01T08:30:00Z`."""
    from datetime import UTC

    return str(moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"))


def _cell_width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def width(text: str) -> int:
    """Return how many cells of a terminal `text` takes."""
    return len(text) if text.isascii() else sum(map(_cell_width, text))


def fitted(text: str, cells: int) -> str:
    """Return `text` cut to `cells` with an ellipsis where something is missing."""
    if width(text) <= cells:
        return text
    kept: list[str] = []
    room = cells - 1
    for character in text:
        room -= _cell_width(character)
        if room < 0:
            break
        kept.append(character)
    return "".join(kept).rstrip() + _ELLIPSIS


@dataclass(frozen=True, slots=True)
class Column:
    """A column's heading; one that is `fixed` is never cut. On a narrow terminal the highest `drop` leaves first."""

    heading: str
    fixed: bool = False
    right: bool = False
    drop: int = 0


class Writer:
    """Prints text to one stream after taking every control and bidi character out of it."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    @property
    def tty(self) -> bool:
        """Whether a person at a terminal reads this."""
        return self.stream.isatty()

    @property
    def columns(self) -> int:
        """How many cells a line may have: COLUMNS, else the terminal's width, else 80."""
        return max(20, shutil.get_terminal_size().columns)

    def line(self, text: str = "") -> None:
        """Print one or several lines."""
        for part in text.split("\n"):
            self._put(masked(clean.strip_controls(part)) + "\n")

    def part(self, text: str) -> None:
        """Print a beginning of a line and show it at once, as before an answer."""
        self._put(clean.strip_controls(text))
        self.stream.flush()

    def row(self, cells: Sequence[str]) -> None:
        """Print one record with tabs between its cells."""
        self._put("\t".join(masked(clean.strip_controls(" ".join(cell.split()))) for cell in cells) + "\n")

    def json(self, value: object) -> None:
        """Print `value` as JSON with a line end; in plain ASCII where the stream is not UTF-8."""
        encoding = (getattr(self.stream, "encoding", "") or "").lower().replace("-", "")
        self._put(json_text(value, ascii_only=encoding != "utf8") + "\n")

    def table(self, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
        """Print records: aligned under headings for a person, parted by tabs for a program; nothing when empty."""
        if not self.tty:
            for row in rows:
                self.row(row)
            return
        if not rows:
            return
        clear = [
            [clean.width_safe(masked(clean.strip_controls(" ".join(cell.split())))) for cell in row] for row in rows
        ]
        table = [[column.heading for column in columns], *clear]
        left = _kept(columns, table, self.columns)
        columns = [columns[index] for index in left]
        table = [[row[index] for index in left] for row in table]
        widths = _shares(columns, table, self.columns)
        for row in table:
            self._put(_aligned(columns, row, widths) + "\n")

    def _put(self, text: str) -> None:
        try:
            self.stream.write(text)
        except UnicodeEncodeError:
            encoding = self.stream.encoding or "ascii"
            self.stream.write(text.encode(encoding, "replace").decode(encoding))


def _needs(rows: Sequence[Sequence[str]], index: int) -> int:
    return max(width(row[index]) for row in rows)


def _kept(columns: Sequence[Column], rows: Sequence[Sequence[str]], room: int) -> list[int]:
    """Return which columns stay: those that may leave do so while the others could not be read."""
    kept = list(range(len(columns)))
    while True:
        least = [_needs(rows, index) if columns[index].fixed else min(_READABLE, _needs(rows, index)) for index in kept]
        first = max(kept, key=lambda index: columns[index].drop)
        if sum(least) + _GAP * (len(kept) - 1) <= room or not columns[first].drop:
            return kept
        kept.remove(first)


def _shares(columns: Sequence[Column], rows: Sequence[Sequence[str]], room: int) -> list[int]:
    """Return each column's width: what it needs, the widest ones giving way until all fit."""
    widths = [_needs(rows, index) for index in range(len(columns))]
    over = sum(widths) + _GAP * (len(widths) - 1) - room
    while over > 0:
        elastic = [index for index, column in enumerate(columns) if not column.fixed and widths[index] > _LEAST]
        if not elastic:
            break
        widths[max(elastic, key=lambda index: widths[index])] -= 1
        over -= 1
    return widths


def _aligned(columns: Sequence[Column], row: Sequence[str], widths: Sequence[int]) -> str:
    cells: list[str] = []
    for column, text, cells_wide in zip(columns, row, widths, strict=True):
        shown = fitted(text, cells_wide)
        blank = " " * (cells_wide - width(shown))
        cells.append(blank + shown if column.right else shown + blank)
    return (" " * _GAP).join(cells).rstrip()


def standard_streams() -> tuple[Writer, Writer]:
    """Return writers for standard output and standard error."""
    return Writer(sys.stdout), Writer(sys.stderr)
