"""Reads what customers are told of an outage from `texts.toml`, with an operator's own words over it (R28 to R31)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Any

from backends.clean import line
from console.data import DataError
from console.i18n import _

SHIPPED = Path(__file__).with_name("texts.toml")
FOLDER_FILE = "texts.toml"
"""In an operator's folder: the words for all operators; `CODE.toml` beside it are those of one."""
LARGEST = 1_000_000  # bytes; such a file is written by hand
LONGEST = 2_000  # characters of one text
STATES = ("suspected", "confirmed", "until", "works", "restored", "dismissed")
KINDS = ("say", "greeting", "web", "message")
FIELDS = frozenset({"operator", "services", "area", "since", "until", "start", "end", "reference"})
"""What a text may name in braces."""

_PLAIN = ("area", "parts", "everywhere", "more_places", "and", "all_services")
_TIMES = (
    "since_today", "since_yesterday", "since_day", "until_today", "until_tomorrow", "until_day", "at_today",
    "at_tomorrow", "at_yesterday", "at_day",
)  # fmt: skip
_PAGE = (
    "title", "now", "planned", "past", "none", "as_of", "reference", "began", "expected", "ended", "suspected",
    "confirmed", "works", "restored", "start", "end",
)  # fmt: skip
_NAMED: Mapping[str, frozenset[str]] = {
    "area": frozenset({"place"}),
    "page.title": frozenset({"operator"}),
    "page.as_of": frozenset({"when"}),
}
_TIME_FIELDS = frozenset({"time", "day", "month"})
_AT = re.compile(r" \(at line (\d+), column \d+\)$")

Table = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts by language and path, e.g. `until.web`; every language has all of them."""

    by_language: Mapping[str, Mapping[str, str]]

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that are spoken, in the order of the files."""
        return tuple(self.by_language)

    def get(self, language: str, path: str) -> str:
        """Return a text; a language that is not spoken is answered in English."""
        return self.by_language.get(language, self.by_language["en"])[path]

    def service(self, language: str, code: str) -> str:
        """Return a service as it stands in a sentence; one that has no words shows as itself."""
        return self.by_language.get(language, self.by_language["en"]).get(f"services.{code}", code)


def _needed() -> tuple[str, ...]:
    states = tuple(f"{state}.{kind}" for state in STATES for kind in KINDS)
    return (*_PLAIN, *(f"when.{one}" for one in _TIMES), *states, *(f"page.{one}" for one in _PAGE))


def _allowed(path: str) -> frozenset[str]:
    table, _dot, _name = path.rpartition(".")
    if table == "when":
        return _TIME_FIELDS
    if table in STATES:
        return FIELDS
    return _NAMED.get(path, frozenset())


class _File:
    """One file on its way to texts."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._raw = ""

    def wrong(self, where: str, says: str, line: int = 0) -> DataError:
        """Return what is wrong, with the line of the setting."""
        return DataError(self.path, line or self._line(where), where, says)

    def _line(self, where: str) -> int:
        """Return the line of a setting such as `en.until.web`: under its table, or the table itself."""
        table, _dot, name = where.rpartition(".")
        inside, start = "", 0
        for number, text in enumerate(self._raw.splitlines(), start=1):
            if found := re.match(r"\s*\[([^\]]+)\]", text):
                inside = found[1].replace(" ", "")
                start = number if inside in (where, table) else start
            elif inside == table and re.match(rf"\s*{re.escape(name)}\s*=", text):
                return number
        return start

    def read(self) -> dict[str, dict[str, str]]:
        """Return the file's texts by language and path; raises DataError."""
        try:
            if self.path.stat().st_size > LARGEST:
                raise self.wrong("", _("this file is too large for texts"))
            self._raw = self.path.read_text("utf-8")
            found = tomllib.loads(self._raw)
        except OSError as error:
            raise self.wrong("", _("cannot be read: {why}").format(why=error.strerror)) from error
        except UnicodeDecodeError as error:
            raise self.wrong("", _("is not written in UTF-8")) from error
        except tomllib.TOMLDecodeError as error:
            at = _AT.search(str(error))
            raise self.wrong("", _("is no TOML: {why}").format(why=error), int(at[1]) if at else 0) from error
        return {language: self._language(language, table) for language, table in found.items()}

    def _language(self, language: str, table: object) -> dict[str, str]:
        if not re.fullmatch("[a-z]{2}", language) or not isinstance(table, Mapping):
            raise self.wrong(language, _("write a table named by a language of two letters, as in [en]"))
        known = frozenset(_needed())
        texts = {}
        for path, value in _flat(table):
            if path not in known and not path.startswith("services."):
                raise self.wrong(f"{language}.{path}", _("no such text; those that ship name all there are"))
            texts[path] = self._text(f"{language}.{path}", path, value)
        return texts

    def _text(self, where: str, path: str, value: object) -> str:
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(where, _("write a text in quotes"))
        try:
            asked = {name for _text, name, _spec, _conversion in Formatter().parse(value) if name is not None}
            plain = all(not spec and not conversion for _t, _n, spec, conversion in Formatter().parse(value))
        except ValueError as error:
            raise self.wrong(where, _("write {{ and }} for braces that name nothing")) from error
        allowed = _allowed(path)
        if unknown := sorted(asked - allowed):
            names = ", ".join(f"{{{one}}}" for one in sorted(allowed)) or "-"
            says = _("{{{name}}} is not known here; known: {names}")
            raise self.wrong(where, says.format(name=line(unknown[0], limit=40), names=names))
        if not plain:
            raise self.wrong(where, _("a name in braces stands alone, as in {operator}"))
        return line(value, limit=LONGEST)


def _flat(table: Table, before: str = "") -> Iterable[tuple[str, object]]:
    for name, value in table.items():
        if isinstance(value, Mapping) and not before:
            yield from _flat(value, f"{name}.")
        else:
            yield f"{before}{name}", value


def _files(own: Path | None, code: str) -> tuple[Path, ...]:
    """Return the files that lie over each other, the lowest first."""
    if own is None:
        return (SHIPPED,)
    if not own.is_dir():
        return (SHIPPED, own)
    named = [one for one in sorted(own.glob("*.toml")) if code and one.stem.upper() == code.upper()]
    general = own / FOLDER_FILE
    return (SHIPPED, *([general] if general.is_file() else []), *(one for one in named if one != general))


def _read(files: tuple[Path, ...]) -> Texts:
    texts: dict[str, dict[str, str]] = {}
    for path in files:
        file = _File(path)
        for language, found in file.read().items():
            texts.setdefault(language, {}).update(found)
            if missing := [name for name in _needed() if name not in texts[language]]:
                raise file.wrong(language, _("this language lacks the text {name}").format(name=missing[0]))
    return Texts(texts)


@lru_cache(maxsize=64)
def texts_of(own: Path | None = None, code: str = "") -> Texts:
    """Return what is told in the name of the operator with that code; raises DataError for a wrong file.

    `own` is an operator's file, or a folder with `texts.toml` and files by code; files are read once.
    """
    return _read(_files(own, code))


def check(own: Path) -> None:
    """Raise DataError for the first thing wrong in an operator's file or folder."""
    codes = [one.stem for one in sorted(own.glob("*.toml"))] if own.is_dir() else [""]
    for code in codes:
        texts_of(own, code)
