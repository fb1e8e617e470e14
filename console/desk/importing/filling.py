"""Applies a mapping's rules to one row: cells in, finished values by path out."""

from __future__ import annotations

from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from backends.records import Place
from console.desk.importing.dates import read_date
from console.desk.importing.fields import Field, Kind, field_at
from console.desk.importing.mapping import Invalid, Mapping, Rule, Skip
from console.desk.importing.reasons import BadValue
from console.desk.importing.rows import Cell
from console.desk.importing.values import Value, value_of

_PATTERN_REACH = 10_000  # a mapping's expression may be slow; no column to cut pieces from is longer
_NAMED_BY = {
    "line": "line.number",
    "contract": "contract.number",
    "charge": "charge.id",
    "ticket": "ticket.id",
    "contact": "contact.id",
}
"""A row without this field does not have that section; of ticket and contact it has at least one."""
C = TypeVar("C", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Doubt:
    """A value that could be read in two ways, and what was done about it; `code` is one of `dates`, or a reason."""

    path: str
    code: str
    text: str
    taken: str = ""
    other: str = ""


@dataclass(slots=True)
class Filled:
    """The values of one row by path, and what was doubtful about them."""

    values: dict[str, Value] = field(default_factory=dict)
    doubts: list[Doubt] = field(default_factory=list)

    def text(self, path: str, default: str = "") -> str:
        """Return a text, `default` where there is none."""
        value = self.values.get(path)
        return value if isinstance(value, str) else default

    def texts(self, path: str) -> tuple[str, ...]:
        """Return the values of a field that takes many."""
        value = self.values.get(path)
        return value if isinstance(value, tuple) else ()

    def moment(self, path: str) -> datetime | None:
        """Return a moment."""
        value = self.values.get(path)
        return value if isinstance(value, datetime) else None

    def choice(self, path: str, default: C) -> C:
        """Return a choice of the same kind as `default`."""
        value = self.values.get(path)
        return value if isinstance(value, type(default)) else default

    def number(self, path: str) -> int:
        """Return a whole number, 0 where there is none."""
        value = self.values.get(path)
        return value if isinstance(value, int) else 0

    def place(self, section: str) -> Place:
        """Return the place below `section`."""
        parts = ("street", "house", "unit", "postcode", "town", "region", "country")
        return Place(**{part: self.text(f"{section}.place.{part}") for part in parts})


def is_skipped(cells: Table[str, Cell], skips: tuple[Skip, ...]) -> bool:
    """Return whether the mapping leaves this row out on purpose."""
    for skip in skips:
        text = _flat(cells.get(skip.column, ""))
        if text.casefold() in skip.equals or (skip.pattern and skip.pattern.search(text[:_PATTERN_REACH])):
            return True
    return False


def fill(cells: Table[str, Cell], mapping: Mapping, *, now: datetime) -> Filled:
    """Return the finished values of a row; raises BadValue, with the field's path, for the first that will not do."""
    filled = Filled()
    absent = _absent(cells, mapping)
    for path, rule in mapping.rules.items():
        if rule.same_as or path.partition(".")[0] in absent:
            continue
        known = field_at(path)
        assert known is not None
        try:
            value = _filled(cells, rule, known, mapping, filled, now)
        except BadValue as error:
            if rule.invalid is not Invalid.DROP:
                raise BadValue(error.reason, error.shown, path) from error
            filled.doubts.append(Doubt(path, error.reason, error.shown))
            value = None
        if value is None and (rule.needed or known.needed) and not _may_stay_empty(path, mapping):
            raise BadValue("empty", "", path)
        if value is not None:
            filled.values[path] = value
    for path, rule in mapping.rules.items():
        if rule.same_as in filled.values:
            filled.values[path] = filled.values[rule.same_as]
    return filled


def _absent(cells: Table[str, Cell], mapping: Mapping) -> frozenset[str]:
    """Return the sections that this row does not have: their name is empty here."""
    found: set[str] = set()
    for section, name in _NAMED_BY.items():
        rule = mapping.rules.get(name)
        if rule is not None and not any(_pieces(cells, rule)):
            found.add(section)
    if {"ticket", "contact"} <= found or not mapping.makes("contact"):
        found.discard("ticket")
    if "ticket" in found or not mapping.makes("ticket"):
        found.discard("contact")
    return frozenset(found)


def _may_stay_empty(path: str, mapping: Mapping) -> bool:
    """Return whether a needed field can be done without in a single row: a customer found needs no name."""
    return path == "customer.name" and bool(mapping.match)


def _filled(
    cells: Table[str, Cell], rule: Rule, known: Field, mapping: Mapping, filled: Filled, now: datetime
) -> Value | None:
    pieces = [text for piece in _pieces(cells, rule) if (text := _looked_up(piece, rule))]
    if not pieces and rule.default:
        pieces = [rule.default]
    pieces = [f"{rule.prefix}{piece}{rule.suffix}" for piece in pieces]
    if not pieces:
        return None
    if rule.date is not None:
        return _dated(rule.join.join(pieces), cells, rule, known, filled, now)
    if known.many:
        return _several(pieces, rule, known, mapping, filled)
    value = value_of(rule.join.join(pieces), known, mapping)
    return None if value == "" else value


def _several(pieces: list[str], rule: Rule, known: Field, mapping: Mapping, filled: Filled) -> Value | None:
    """Return the values of all pieces, each once; a piece that may be dropped takes no other with it."""
    found: dict[str, None] = {}
    for piece in pieces:
        try:
            found[str(value_of(piece, known, mapping))] = None
        except BadValue as error:
            if rule.invalid is not Invalid.DROP:
                raise
            filled.doubts.append(Doubt(rule.path, error.reason, error.shown))
    return tuple(found) or None


def _dated(text: str, cells: Table[str, Cell], rule: Rule, known: Field, filled: Filled, now: datetime) -> Value:
    assert rule.date is not None
    check = _joined(cells, rule.date.check_columns, rule.date.check_join)
    read = read_date(text, rule.date, check, now=now)
    other = read.other.isoformat() if read.other else ""
    for code in read.doubts:
        filled.doubts.append(Doubt(rule.path, code, text, read.day.isoformat(), other))
    return read.day if known.kind is Kind.DAY else read.moment


def _flat(cell: Cell) -> str:
    return (cell if isinstance(cell, str) else ", ".join(cell)).replace("\x00", "").strip()


def _joined(cells: Table[str, Cell], columns: tuple[str, ...], join: str) -> str:
    return join.join(text for column in columns if (text := _flat(cells.get(column, ""))))


def _pieces(cells: Table[str, Cell], rule: Rule) -> list[str]:
    """Return what the rule reads from its columns: one text, or several where a cell is cut or is a list."""
    if rule.constant is not None:
        return [rule.constant]
    only = cells.get(rule.columns[0], "") if len(rule.columns) == 1 else ""
    known = field_at(rule.path)
    if isinstance(only, tuple) and known is not None and known.many:
        texts = [each.replace("\x00", "").strip() for each in only]
    else:
        texts = [_joined(cells, rule.columns, rule.join)]
    if rule.pattern is not None:
        texts = [_matched(text, rule) for text in texts]
    if rule.split:
        texts = [part.strip() for text in texts for part in text.split(rule.split)]
        texts = [part for part in texts if part]
        if rule.take:
            at = rule.take - 1 if rule.take > 0 else rule.take
            texts = [texts[at]] if -len(texts) <= at < len(texts) else []
    return texts


def _matched(text: str, rule: Rule) -> str:
    assert rule.pattern is not None
    found = rule.pattern.search(text[:_PATTERN_REACH])
    if found is None:
        return ""
    return (found.group(1) if found.re.groups else found.group()) or ""


def _looked_up(text: str, rule: Rule) -> str:
    if rule.table is None:
        return text
    found = rule.table.get(text.casefold())
    if found is not None:
        return found
    if not text:
        return ""
    if rule.otherwise is None:
        raise BadValue("unknown_value", text)
    return rule.otherwise
