"""Takes single values out of a mapping's tables and notes what is wrong with them, all of it and not only the first."""

from __future__ import annotations

import codecs
import difflib
import re
from collections.abc import Iterable
from collections.abc import Mapping as Table
from datetime import UTC, date, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from console.desk.importing.mapping import Fault
from console.i18n import _

_TEXT_ENCODINGS = re.compile(
    r"(utf|ascii|us-ascii|latin|iso|cp\d|windows|mac|koi8|big5|gb|euc|shift|hz|johab|ptcp|tis|kz)", re.I
)


class Keys:
    """One table of the file, with the way to it; faults of all tables gather in one list."""

    def __init__(self, data: Table[str, Any], path: str = "", faults: list[Fault] | None = None) -> None:
        self.data = data
        self.path = path
        self.faults: list[Fault] = [] if faults is None else faults
        self.known: set[str] = set()
        """Keys that were taken already and are no fields."""

    def where(self, name: str) -> str:
        """Return the full key of `name` in this table."""
        return ".".join(part for part in (self.path, name) if part)

    def fault(self, name: str, wrong: str, write: str = "") -> None:
        """Note a mistake at `name`; an empty name means the table itself."""
        self.faults.append(Fault(self.where(name), wrong, write))

    def only(self, allowed: Iterable[str]) -> None:
        """Note every key that is not `allowed`, with the one that was probably meant."""
        names = tuple(allowed)
        for name in self.data:
            if name not in names:
                near = difflib.get_close_matches(name, names, n=1)
                self.fault(name, _("is no key of a mapping"), near[0] if near else ", ".join(names))

    def table(self, name: str) -> Keys:
        """Return the table below `name`; an empty one when it is missing."""
        value = self.data.get(name, {})
        if not isinstance(value, dict):
            self.fault(name, _("must be a table"), f"[{self.where(name)}]")
            value = {}
        return Keys(value, self.where(name), self.faults)

    def tables(self, name: str) -> tuple[Keys, ...]:
        """Return the tables of the array below `name`."""
        value = self.data.get(name, [])
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            self.fault(name, _("must be a list of tables"), f"[[{self.where(name)}]]")
            return ()
        return tuple(Keys(each, f"{self.where(name)}[{at}]", self.faults) for at, each in enumerate(value))

    def text(self, name: str, default: str = "", *, needed: str = "") -> str:
        """Return a text or a number as text; with `needed`, notes that it is missing and what to write."""
        value = self.data.get(name, default)
        if isinstance(value, bool) or not isinstance(value, str | int | float | date | datetime):
            self.fault(name, _("must be a text"), f'{name} = "…"')
            return default
        if needed and value == "":
            self.fault(name, _("is missing"), needed)
        return str(value)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return one text or a list of texts."""
        value = self.data.get(name, [])
        if isinstance(value, str):
            return (value,)
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            self.fault(name, _("must be a text or a list of texts"), f'{name} = ["…", "…"]')
            return ()
        return tuple(value)

    def number(self, name: str, default: int, least: int, most: int) -> int:
        """Return a whole number between `least` and `most`."""
        value = self.data.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self.fault(name, _("must be a whole number"), f"{least} … {most}")
            return default
        return value

    def yes(self, name: str, default: bool = False) -> bool:
        """Return true or false."""
        value = self.data.get(name, default)
        if not isinstance(value, bool):
            self.fault(name, _("must be true or false"), f"{name} = true")
            return default
        return value

    def choice(self, name: str, choices: Iterable[str], default: str) -> str:
        """Return one of `choices`."""
        names = tuple(str(each) for each in choices)
        value = self.data.get(name, default)
        if value == default:
            return default
        if value not in names:
            self.fault(name, _("is not known here"), ", ".join(names))
            return default
        return str(value)

    def character(self, name: str, default: str) -> str:
        """Return one character."""
        value = self.text(name, default)
        if len(value) != 1 or value in "\r\n\x00":
            self.fault(name, _("must be one character"), f"{name} = '{default}'")
            return default
        return value

    def pattern(self, name: str) -> re.Pattern[str] | None:
        """Return a regular expression, None when there is none."""
        text = self.text(name)
        if not text:
            return None
        try:
            return re.compile(text)
        except (re.error, OverflowError, RecursionError) as error:
            self.fault(name, _("is no regular expression: {why}").format(why=error))
            return None

    def zone(self, name: str) -> tzinfo:
        """Return a time zone; UTC when none is named."""
        text = self.text(name)
        if not text:
            return UTC
        try:
            return ZoneInfo(text)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.fault(name, _("is no time zone"), f'{name} = "Europe/Warsaw"')
            return UTC

    def country(self, name: str, *, needed: str = "") -> str:
        """Return a country as two capital letters."""
        text = self.text(name, needed=needed).upper()
        if text and not (len(text) == 2 and text.isascii() and text.isalpha()):
            self.fault(name, _("must be a country of two letters"), f'{name} = "PL"')
            return ""
        return text

    def days(self, name: str) -> tuple[date, date] | None:
        """Return a first and a last day."""
        value = self.data.get(name)
        if value is None:
            return None
        try:
            first, last = (each if type(each) is date else date.fromisoformat(str(each)) for each in value)
        except (TypeError, ValueError):
            self.fault(name, _("must be a first and a last day"), f"{name} = [2015-04-01, 2015-06-30]")
            return None
        if first > last:
            self.fault(name, _("ends before it begins"), f"{name} = [{last}, {first}]")
            return None
        return first, last

    def check_encoding(self, name: str, encoding: str) -> None:
        """Note an encoding that Python does not know or that is no encoding of text."""
        try:
            codecs.lookup(encoding)
            known = _TEXT_ENCODINGS.match(encoding) is not None
        except (LookupError, ValueError):
            known = False
        if not known:
            self.fault(name, _("{name} is no encoding").format(name=encoding), 'encoding = ["utf-8", "cp1252"]')
