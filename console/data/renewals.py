"""Reads when customers must be told that a fixed term ends, and an operator's offers, from `renewals.toml` (R24)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import Any

from backends.clean import line
from backends.records import Money
from console.data import DataError
from console.i18n import _
from console.rules.renewals import NoticeRule, Offer, RenewalRules

SHIPPED = Path(__file__).with_name("renewals.toml")
_LARGEST = 1_000_000  # bytes; such a file is written by hand
_MOST_DAYS = 365
_MOST_MONTHS = 60
_NOTICE = frozenset({"countries", "from_days", "to_days", "by_law", "source", "holds_from"})
_OFFER = frozenset({"operator", "product", "months", "price", "currency", "says", "holds_from", "holds_to"})


class _Table:
    """One table of a file, read key by key; whatever is wrong is refused with its line."""

    def __init__(self, path: Path, text: str, where: str, found: object, known: frozenset[str]) -> None:
        self._path = path
        self._text = text
        self.where = where
        if not isinstance(found, Mapping):
            raise self.wrong("", _("write a table"))
        self._found: Mapping[str, Any] = found
        for name in found:
            if name not in known:
                raise self.wrong(name, _("no such setting; known: {names}").format(names=", ".join(sorted(known))))

    def wrong(self, name: str, says: str) -> DataError:
        """Return the error for a setting of this table."""
        where = f"{self.where}.{name}" if name else self.where
        return DataError(self._path, line_of(self._text, self.where, name), where, says)

    def text(self, name: str, *, needed: bool = False) -> str:
        """Return a line of text, empty when it is left out."""
        found = self._found.get(name, "")
        if not isinstance(found, str) or (needed and not found.strip()):
            raise self.wrong(name, _("write a text in quotes"))
        return line(found, limit=400).strip()

    def whole(self, name: str, least: int, most: int) -> int:
        """Return a whole number within bounds."""
        found = self._found.get(name)
        if not isinstance(found, int) or isinstance(found, bool) or not least <= found <= most:
            raise self.wrong(name, _("write a whole number from {least} to {most}").format(least=least, most=most))
        return found

    def yes_no(self, name: str) -> bool:
        """Return a yes or no."""
        found = self._found.get(name)
        if not isinstance(found, bool):
            raise self.wrong(name, _("write true or false"))
        return found

    def day(self, name: str) -> date | None:
        """Return a day, None when it is left out."""
        found = self._found.get(name)
        if found is not None and type(found) is not date:
            raise self.wrong(name, _("write a day without quotes, as in 2026-12-31"))
        return found

    def countries(self, name: str) -> tuple[str, ...]:
        """Return codes of countries, at least one."""
        found = self._found.get(name)
        fit = isinstance(found, list) and bool(found) and all(isinstance(one, str) for one in found)
        if not fit or not all(re.fullmatch("[A-Za-z]{2}", one) for one in found or ()):
            raise self.wrong(name, _('write codes of countries, as in ["GB", "IE"]'))
        return tuple(one.upper() for one in found or ())

    def price(self) -> Money:
        """Return the price of a month, from a text with at most two decimals and a code of currency."""
        currency = self.text("currency", needed=True).upper()
        if not re.fullmatch("[A-Z]{3}", currency):
            raise self.wrong("currency", _("write three letters, as in EUR"))
        try:
            minor = Decimal(self.text("price", needed=True)) * 100
        except InvalidOperation:
            minor = Decimal(-1)
        if not (minor.is_finite() and minor >= 0 and minor == minor.to_integral_value() and minor < 10**12):
            raise self.wrong("price", _('write an amount in quotes, as in "69.00"'))
        return Money(int(minor), currency)


def line_of(text: str, where: str, name: str) -> int:
    """Return the line, counted from 1, of a setting: `where` is its table with its place, as in `offer[2]`.

    Without such a setting the line of the table; 0 where there is neither.
    """
    head, _bracket, place = where.partition("[")
    nth = int(place.rstrip("]")) if place else 1
    seen, table = 0, 0
    for number, written in enumerate(text.splitlines(), start=1):
        stripped = written.strip()
        if re.match(r"\[", stripped):
            if table:
                break
            if stripped.strip("[] ").split("#")[0].strip(" ]") == head:
                seen += 1
                table = number if seen == nth else 0
        elif table and name and re.match(rf'"?{re.escape(name)}"?\s*=', stripped):
            return number
    return table


def _notice(table: _Table, *, countries: bool) -> NoticeRule:
    first, last = table.whole("from_days", 1, _MOST_DAYS), table.whole("to_days", 0, _MOST_DAYS)
    if first < last:
        raise table.wrong("to_days", _("the last day cannot lie before the first: from_days is {n}").format(n=first))
    held = table.day("holds_from")
    if held is None:
        raise table.wrong("holds_from", _("say from which day this holds, as in 2026-01-31"))
    named = table.countries("countries") if countries else ()
    return NoticeRule(named, first, last, table.yes_no("by_law"), table.text("source", needed=True), held)


def _offer(table: _Table) -> Offer:
    return Offer(
        operator=table.text("operator", needed=True),
        months=table.whole("months", 1, _MOST_MONTHS),
        price=table.price(),
        product=table.text("product"),
        says=table.text("says"),
        holds_from=table.day("holds_from"),
        holds_to=table.day("holds_to"),
    )


def _parsed(path: Path) -> tuple[Mapping[str, Any], str]:
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST + 1)
    except OSError as error:
        says = _("cannot be read: {why}").format(why=error.strerror or error)
        raise DataError(path, 0, "", says) from error
    if len(raw) > _LARGEST:
        raise DataError(path, 0, "", _("this file is far too large to be meant"))
    try:
        text = raw.decode("utf-8")
        return tomllib.loads(text), text
    except UnicodeDecodeError as error:
        raise DataError(path, 0, "", _("this is no text in UTF-8")) from error
    except tomllib.TOMLDecodeError as error:
        told = re.search(r"line (\d+)", str(error))
        raise DataError(path, int(told[1]) if told else 0, "", _("this is no TOML: {why}").format(why=error)) from error


def _tables(path: Path, text: str, found: Mapping[str, Any], name: str, known: frozenset[str]) -> list[_Table]:
    listed = found.get(name, [])
    if not isinstance(listed, list):
        raise DataError(path, line_of(text, name, ""), name, _("write [[{name}]], with two brackets").format(name=name))
    return [_Table(path, text, f"{name}[{place}]", one, known) for place, one in enumerate(listed, start=1)]


def _read(path: Path, below: RenewalRules | None) -> RenewalRules:
    """Return the rules of a file; what it does not say comes from those `below` it."""
    found, text = _parsed(path)
    for name in found:
        if name not in ("usual", "notice", "offer"):
            raise DataError(path, line_of(text, name, ""), name, _("known tables: usual, notice, offer"))
    notices = tuple(_notice(one, countries=True) for one in _tables(path, text, found, "notice", _NOTICE))
    offers = tuple(_offer(one) for one in _tables(path, text, found, "offer", _OFFER))
    if "usual" in found:
        usual = _notice(_Table(path, text, "usual", found["usual"], _NOTICE - {"countries"}), countries=False)
    elif below is not None:
        usual = below.usual
    else:
        raise DataError(path, 0, "usual", _("this table is missing"))
    own = {code for one in notices for code in one.countries}
    kept = tuple(one for one in (below.notices if below else ()) if not own.intersection(one.countries))
    return RenewalRules(usual, (*kept, *notices), offers)


@lru_cache(maxsize=8)
def renewal_rules(own: Path | None = None) -> RenewalRules:
    """Return the shipped rules, with an operator's own file laid over them; read once.

    A country that the own file names is ruled by it alone. Raises DataError for a file that cannot be used.
    """
    shipped = _read(SHIPPED, None)
    return _read(own.expanduser(), shipped) if own is not None else shipped
