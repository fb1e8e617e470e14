"""Reads files of `[[tables]]`, one fact with its source each; whatever is wrong is refused with its line and field.

The parser of the standard library tells no lines, so they are looked for in the text: tables of one name by their
number, a field by its name within its table.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from backends.clean import line
from console.data import DataError
from console.i18n import _

E = TypeVar("E", bound=StrEnum)

_LARGEST = 1_000_000  # bytes; such a file is written by hand
_HEADER = re.compile(r"\s*\[+\s*([^\[\]]+?)\s*\]+")
_AMOUNT = re.compile(r"([0-9]{1,9})\.([0-9]{2})")
_AT = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


def _line_of(text: str, name: str, number: int, field: str) -> int:
    """Return the line of a field of the `number`th table of that name, of its header without one; 0 for neither."""
    seen = at = 0
    for here, written in enumerate(text.split("\n"), start=1):
        if header := _HEADER.fullmatch(written.partition("#")[0]):
            if at:
                break
            seen += header[1].strip("\"' ") == name
            at = here if seen == number else 0
        elif at and field and re.match(rf"\s*[\"']?{re.escape(field)}[\"']?\s*=", written):
            return here
    return at


class Table:
    """One table of a file, read field by field; every reader raises DataError for what it cannot take."""

    def __init__(self, path: Path, text: str, name: str, number: int, found: Mapping[str, Any]) -> None:
        self._path = path
        self._text = text
        self._name = name
        self._number = number
        self._found = found

    def wrong(self, field: str, says: str) -> DataError:
        """Return the error for a field, or for the whole table where `field` is empty; `says` is worded."""
        where = f"{self._name} {self._number}"
        at = _line_of(self._text, self._name, self._number, field)
        return DataError(self._path, at, f"{where}, {field}" if field else where, says)

    def only(self, known: Collection[str]) -> None:
        """Refuse fields that nobody reads: a misspelt one must not be passed over."""
        for field in self._found:
            if field not in known:
                names = ", ".join(sorted(known))
                raise self.wrong(field, _("There is no such field. Known: {names}.").format(names=names))

    def has(self, field: str) -> bool:
        """Return whether the field is there."""
        return field in self._found

    def text(self, field: str, *, needed: bool = False) -> str:
        """Return a line of text, empty when it is left out and not needed."""
        found = self._found.get(field, "")
        if not isinstance(found, str) or (needed and not found.strip()):
            raise self.wrong(field, _('Write a text in quotes, as in {field} = "…".').format(field=field))
        return line(found, limit=400).strip()

    def texts(self, field: str) -> frozenset[str]:
        """Return a list of texts, empty when it is left out."""
        found = self._found.get(field, [])
        if not isinstance(found, list) or not all(isinstance(one, str) and one.strip() for one in found):
            raise self.wrong(field, _('Write a list of texts, as in {field} = ["…", "…"].').format(field=field))
        return frozenset(line(one, limit=100).strip() for one in found)

    def country(self, field: str = "country") -> str:
        """Return a country's code in capitals, empty when it is left out."""
        found = self.text(field).upper()
        if found and not re.fullmatch("[A-Z]{2}", found):
            raise self.wrong(field, _('Write the two letters of a country, as in "PL".'))
        return found

    def whole(self, field: str, least: int, most: int, default: int | None = None) -> int:
        """Return a whole number within bounds, `default` when it is left out."""
        found = self._found.get(field, default)
        if not isinstance(found, int) or isinstance(found, bool) or not least <= found <= most:
            says = _("Write a whole number from {least} to {most}, without quotes.")
            raise self.wrong(field, says.format(least=least, most=most))
        return found

    def yes_no(self, field: str) -> bool:
        """Return a yes or no; no when it is left out."""
        found = self._found.get(field, False)
        if not isinstance(found, bool):
            raise self.wrong(field, _("Write true or false, without quotes."))
        return found

    def day(self, field: str) -> date | None:
        """Return a day, None when it is left out."""
        found = self._found.get(field)
        if found is not None and type(found) is not date:
            raise self.wrong(field, _("Write a day without quotes, as in 2026-04-01."))
        return found

    def needed_day(self, field: str) -> date:
        """Return a day that must be there."""
        found = self.day(field)
        if found is None:
            raise self.wrong(field, _("Say from which day this holds, as in {field} = 2026-04-01.").format(field=field))
        return found

    def code(self, field: str, kind: type[E], default: E | None = None) -> E:
        """Return one of a few codes, `default` when it is left out."""
        found = self._found.get(field, default)
        try:
            return kind(found)
        except ValueError as error:
            raise self.wrong(field, _("Write one of: {words}.").format(words=", ".join(kind))) from error

    def codes(self, field: str, kind: type[E]) -> frozenset[E]:
        """Return some of a few codes."""
        found = self.texts(field)
        try:
            return frozenset(kind(one) for one in found)
        except ValueError as error:
            raise self.wrong(field, _("Write some of: {words}.").format(words=", ".join(kind))) from error

    def amounts(self, field: str) -> tuple[int, ...]:
        """Return a list of amounts in the smallest unit of a currency that has hundredths."""
        found = self._found.get(field, [])
        if not isinstance(found, list):
            found = [found]
        return tuple(self._minor(field, one) for one in found)

    def amount(self, field: str) -> int | None:
        """Return one amount in hundredths, None when it is left out."""
        return self._minor(field, self._found[field]) if field in self._found else None

    def _minor(self, field: str, written: object) -> int:
        found = _AMOUNT.fullmatch(written) if isinstance(written, str) else None
        if found is None:
            raise self.wrong(field, _('Write amounts in quotes with two decimals, as in "10.34".'))
        return int(found[1] + found[2])

    def wholes(self, field: str, least: int, most: int) -> tuple[int, ...]:
        """Return a list of whole numbers within bounds, empty when it is left out."""
        found = self._found.get(field, [])
        fits = isinstance(found, list) and all(
            isinstance(one, int) and not isinstance(one, bool) and least <= one <= most for one in found
        )
        if not fits:
            says = _("Write a list of whole numbers from {least} to {most}, as in [3, 5].")
            raise self.wrong(field, says.format(least=least, most=most))
        return tuple(found)


def tables_of(path: Path, name: str) -> list[Table]:
    """Return the `[[name]]` tables of a file, in order; raises DataError when it cannot be read or holds others."""
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST + 1)
    except OSError as error:
        says = _("The file cannot be read: {why}.").format(why=error.strerror or error)
        raise DataError(path, 0, "", says) from error
    if len(raw) > _LARGEST:
        raise DataError(path, 0, "", _("The file is far too large to be meant."))
    text = raw.decode("utf-8-sig", "replace").replace("\r\n", "\n")
    try:
        whole = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _AT.search(str(error))
        at = int(found[1]) if found and found[1] else text.count("\n") + 1
        says = _("This is not TOML ({what}). Texts stand in quotes, days do not.").format(what=_AT.sub("", str(error)))
        raise DataError(path, at, "", says) from error
    for other in whole:
        if other != name:
            at = _line_of(text, other, 1, "") or _first_line(text, other)
            raise DataError(path, at, other, _("Every entry begins with [[{name}]].").format(name=name))
    found_tables = whole.get(name, [])
    if not isinstance(found_tables, list) or not all(isinstance(one, dict) for one in found_tables):
        at = _line_of(text, name, 1, "") or _first_line(text, name)
        raise DataError(path, at, name, _("Every entry begins with [[{name}]].").format(name=name))
    return [Table(path, text, name, number, one) for number, one in enumerate(found_tables, start=1)]


def _first_line(text: str, field: str) -> int:
    for here, written in enumerate(text.split("\n"), start=1):
        if re.match(rf"\s*[\"']?{re.escape(field)}[\"']?\s*[=.]", written):
            return here
    return 0
