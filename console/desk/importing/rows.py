"""Reads tables row by row: CSV and JSON lines, with everything that real files do to a reader.

A row that cannot be read is given as a row with a fault, and reading goes on behind it; a quotation mark that is never
closed costs its own row and not the rest of the file. Rows are counted as a spreadsheet does: the header is row 1.
"""

from __future__ import annotations

import csv
import json
from collections import deque
from collections.abc import Iterator
from collections.abc import Mapping as Table
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import IO, Any

from console.desk.importing.mapping import Format, Mapping, Reading
from console.i18n import _

Cell = str | tuple[str, ...]
"""The text of a cell; a JSON list is a tuple."""

_WIDE = ("utf-16", "utf16", "utf-32", "utf32", "utf_16", "utf_32")


@dataclass(frozen=True, slots=True)
class Row:
    """One row as read. `fault` is a reason's code when it could not be understood; `cells` is empty then."""

    number: int
    cells: Table[str, Cell]
    text: str
    """The row as it stands in the file."""
    raw: bytes
    end: int
    """How many bytes or characters of the file were read when this row was."""
    fault: str = ""


class SourceError(Exception):
    """A whole file cannot be used; `words` says why in the operator's language."""

    def __init__(self, file: str, words: str) -> None:
        super().__init__(f"{file}: {words}")
        self.file = file
        self.words = words


class _TooBigError(Exception):
    """A row passed the limit."""


class _Lines:
    """The lines of a file, none longer than the limit, with the possibility to give lines back."""

    def __init__(self, file: IO[str], limit: int) -> None:
        self._file = file
        self._limit = limit
        self._again: deque[str] = deque()
        self.read = 0

    def give_back(self, lines: list[str]) -> None:
        self._again.extendleft(reversed(lines))

    def next(self) -> str:
        """Return the next line; an empty text at the end; raises _TooBigError, positioned behind the long line."""
        if self._again:
            return self._again.popleft()
        text = self._file.readline(self._limit + 1)
        self.read += len(text)
        if len(text) > self._limit and not text.endswith(("\n", "\r")):
            while rest := self._file.readline(self._limit):
                self.read += len(rest)
                if rest.endswith(("\n", "\r")):
                    break
            raise _TooBigError
        return text


class _Feed:
    """Feeds lines to the CSV reader and remembers which ones the current row is made of."""

    def __init__(self, lines: _Lines, limit: int) -> None:
        self._lines = lines
        self._limit = limit
        self.taken: list[str] = []
        self._size = 0

    def start(self) -> None:
        self.taken = []
        self._size = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        text = self._lines.next()
        if not text:
            raise StopIteration
        self.taken.append(text)
        self._size += len(text)
        if self._size > self._limit:
            raise _TooBigError
        return text


class Decoder:
    """Opens a file in the first encoding and reads single rows again in the others, where the first does not fit."""

    def __init__(self, encodings: tuple[str, ...]) -> None:
        first = encodings[0]
        self.encoding = "utf-8-sig" if first.lower() in ("utf-8", "utf8") else first
        self.wide = first.lower().startswith(_WIDE)
        self._others = encodings[1:]

    def open(self, path: Path) -> IO[str]:
        """Open `path` for reading; raises OSError."""
        errors = "strict" if self.wide else "surrogateescape"
        return path.open(encoding=self.encoding, errors=errors, newline="")

    def raw(self, text: str) -> bytes:
        """Return the bytes that `text` was read from."""
        if self.wide:
            return text.encode("utf-8")
        return text.encode(self.encoding.removesuffix("-sig"), "surrogateescape")

    def again(self, text: str) -> str | None:
        """Return `text` read in the first encoding that knows all its bytes; None when none does."""
        if text.isascii() or not any("\udc80" <= character <= "\udcff" for character in text):
            return text
        for encoding in self._others:
            try:
                return self.raw(text).decode(encoding)
            except UnicodeDecodeError:
                continue
        return None


def rows(path: Path, mapping: Mapping, format_: Format) -> Iterator[Row]:
    """Yield the rows of a CSV or JSON lines file; raises SourceError when the whole file cannot be used, OSError."""
    decoder = Decoder(mapping.reading.encodings)
    with decoder.open(path) as file:
        lines = _Lines(file, mapping.reading.row_limit)
        reader = _csv_rows if format_ is Format.CSV else _json_rows
        try:
            yield from reader(lines, decoder, mapping, path)
        except UnicodeDecodeError as error:
            raise SourceError(str(path), _("is not {encoding}").format(encoding=decoder.encoding)) from error


def _records(lines: _Lines, reading: Reading) -> Iterator[tuple[list[str], str, str]]:
    """Yield (cells, text of the row, fault) of a CSV file; empty lines are left out."""
    feed = _Feed(lines, reading.row_limit)
    if csv.field_size_limit() < reading.row_limit:
        csv.field_size_limit(reading.row_limit)

    def fresh() -> Iterator[list[str]]:
        return csv.reader(feed, delimiter=reading.delimiter, quotechar=reading.quote, strict=True)

    reader = fresh()
    while True:
        feed.start()
        fault = ""
        cells: list[str] = []
        try:
            cells = next(reader)
        except StopIteration:
            return
        except _TooBigError:
            fault = "too_big"
        except csv.Error:
            fault = "bad_quotes"
        if fault:
            lines.give_back(feed.taken[1:])
            reader = fresh()
            yield [], feed.taken[0] if feed.taken else "", fault
        elif cells:
            yield cells, "".join(feed.taken), ""


def _csv_rows(lines: _Lines, decoder: Decoder, mapping: Mapping, path: Path) -> Iterator[Row]:
    reading = mapping.reading
    records = _records(lines, reading)
    names: list[str] = list(reading.columns)
    number = 0
    if not names:
        head, _text, fault = next(records, ([], "", ""))
        names = [(decoder.again(name) or name).strip() for name in head]
        number = 1
        if fault or not names:
            raise SourceError(str(path), _("has no header"))
    _check_columns(names, mapping, path)
    for cells, text, fault in records:
        number += 1
        if not fault and len(cells) != len(names):
            if reading.fill_short_rows and len(cells) < len(names):
                cells = cells + [""] * (len(names) - len(cells))
            else:
                fault = "ragged"
        read = [] if fault else [decoder.again(cell) for cell in cells]
        known = [cell for cell in read if cell is not None]
        if len(known) != len(read):
            fault = "bad_encoding"
        found: Table[str, Cell] = {} if fault else dict(zip(names, known, strict=True))
        yield Row(number, found, text.rstrip("\r\n"), decoder.raw(text), lines.read, fault)


def _check_columns(names: list[str], mapping: Mapping, path: Path) -> None:
    """Raise SourceError when the table lacks columns that the mapping reads, or has one of them twice."""
    missing = [name for name in mapping.columns() if name not in names]
    if missing:
        near = {name: get_close_matches(name, names, n=1) for name in missing}
        shown = ", ".join(f"{name} ({'≈ ' + near[name][0] if near[name] else '?'})" for name in missing)
        raise SourceError(str(path), _("has no column {names}; it has {columns}").format(
            names=shown, columns=", ".join(names)))  # fmt: skip
    twice = [name for name in mapping.columns() if names.count(name) > 1]
    if twice:
        raise SourceError(str(path), _("has more than one column {names}").format(names=", ".join(twice)))


class JsonCells(Table[str, Cell]):
    """The values of a JSON object by name, or by a way such as `person.phones.0` through what it holds."""

    def __init__(self, data: dict[str, Any]) -> None:
        self._data = data

    def __getitem__(self, name: str) -> Cell:
        if name in self._data:
            return _cell(self._data[name])
        value: Any = self._data
        for part in name.split("."):
            if isinstance(value, dict) and part in value:
                value = value[part]
            elif isinstance(value, list) and part in map(str, range(len(value))):
                value = value[int(part)]
            else:
                raise KeyError(name)
        return _cell(value)

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)


def _cell(value: object) -> Cell:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case str():
            return value
        case list():
            return tuple(text for each in value if isinstance(text := _cell(each), str) and text)
        case dict():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)


def _json_rows(lines: _Lines, decoder: Decoder, mapping: Mapping, path: Path) -> Iterator[Row]:
    number = 0
    while True:
        number += 1
        try:
            text = lines.next()
        except _TooBigError:
            yield Row(number, {}, "", b"", lines.read, "too_big")
            continue
        if not text:
            return
        if not text.strip():
            continue
        decoded = decoder.again(text)
        fault = "bad_encoding" if decoded is None else ""
        cells: Table[str, Cell] = {}
        if decoded is not None:
            try:
                data = json.loads(decoded)
            except (ValueError, RecursionError):
                data = None
            if isinstance(data, dict):
                cells = JsonCells(data)
            else:
                fault = "bad_json"
        yield Row(number, cells, text.rstrip("\r\n"), decoder.raw(text), lines.read, fault)
