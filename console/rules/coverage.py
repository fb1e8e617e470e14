"""Whether an outage hits a line, and exactly why (R26).

Services narrow; places and network elements are alternatives. Comparison knows no case, no diacritics and no spaces,
and an element covers everything below it: `lub-3` covers the port `lub-3/1/4`. Of towns and postcodes letters and
digits alone count: `St. Albans`, `St Albans` and `ST-ALBANS` are one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from backends.clean import fold
from backends.records import (
    LIVE_OUTAGE_STATES,
    Customer,
    CustomerKind,
    Key,
    Line,
    LineState,
    NetworkPath,
    Outage,
    OutageKind,
    OutageState,
    Place,
)


class Because(StrEnum):
    """What of an outage's coverage matched, strongest first."""

    ELEMENT = "element"
    POSTCODE = "postcode"
    TOWN = "town"
    EVERYWHERE = "everywhere"


@dataclass(frozen=True, slots=True)
class Hit:
    """An outage that covers a customer's line; `level` names the part of the path that is the
    element itself; empty when the line lies behind it."""

    outage: Outage
    line_key: Key
    because: Because
    value: str
    level: str = ""


_LEVELS = ("port", "olt", "node", "exchange")
_SEPARATORS = "/:.-_ "
_PARTING = re.compile(r"[/:.\-_\s]+")


@lru_cache(maxsize=8192)  # the same few names are laid over every line of every customer
def _bare(text: str) -> str:
    return "".join(fold(text).split())


@lru_cache(maxsize=8192)
def _parted(text: str) -> str:
    """Return a name with all its signs alike: `LUB 3/1`, `lub-3-1` and `Lub - 3 / 1` are one."""
    return "|".join(part for part in _PARTING.split(fold(text)) if part)


@lru_cache(maxsize=8192)
def _letters(text: str) -> str:
    return "".join(character for character in fold(text) if character.isalnum())


@lru_cache(maxsize=1024)
def _names_on(path: NetworkPath) -> dict[str, str]:
    """Return the level of every element that a path runs over, by its bare name; what lies above one has none.

    What stands before a separator, spaces too, names what lies above: `lub-3/1` lies below `lub-3`, and `lub 3 1` below
    `lub 3`. Each name stands in two forms, without spaces and with all signs alike, for people type one for another.
    """
    levels: dict[str, str] = {}
    for level in _LEVELS:
        for form in (_bare, _parted):
            levels.setdefault(form(getattr(path, level)), level)
    for level in _LEVELS:
        spelled = fold(getattr(path, level))
        for place, sign in enumerate(spelled):
            if sign in _SEPARATORS:
                levels.setdefault(_bare(spelled[:place]), "")
                levels.setdefault(_parted(spelled[:place]), "")
    levels.pop("", None)
    return levels


@dataclass(frozen=True, slots=True)
class Element:
    """Something that a line runs over: `bare` compares, `shown` is how it is spelled, `level` is empty for a part of a
    name, such as the card `lub-3/1` of the port `lub-3/1/4`."""

    bare: str
    shown: str
    level: str = ""


@lru_cache(maxsize=1024)
def elements_on(path: NetworkPath) -> tuple[Element, ...]:
    """Return what a line runs over, nearest to the customer first: its port, cards within the OLT, OLT, node, exchange.

    What only begins like the OLT's name (`lub` of `lub-3`) is left out: several OLTs may be called so.
    """
    found = [Element(_parted(path.port), path.port.strip(), "port")]
    spelled = " ".join(path.port.split())
    below = f"{_parted(path.olt)}|"
    for end in range(len(spelled) - 1, 0, -1):
        card = _parted(spelled[:end])
        if spelled[end] in _SEPARATORS and len(below) > 1 and card.startswith(below):
            found.append(Element(card, spelled[:end].rstrip(_SEPARATORS)))
    found += [Element(_parted(getattr(path, level)), getattr(path, level).strip(), level) for level in _LEVELS[1:]]
    return tuple({one.bare: one for one in reversed(found) if one.bare}.values())[::-1]


def same_place(outage: Outage, because: Because, value: str) -> bool:
    """Return whether an outage names this very element or postcode as one of its own."""
    if because is Because.ELEMENT:
        return any(_parted(one) == _parted(value) for one in outage.coverage.elements)
    return any(_letters(one) == _letters(value) for one in outage.coverage.postcodes)


def bare_name(because: Because, value: str) -> str:
    """Return the name of an element or postcode as it is compared."""
    return _parted(value) if because is Because.ELEMENT else _letters(value)


def _element(path: NetworkPath, elements: Iterable[str]) -> tuple[str, str] | None:
    levels = _names_on(path)
    if levels:
        for element in elements:
            for name in (_bare(element).rstrip(_SEPARATORS), _parted(element)):
                if name in levels:
                    return levels[name], element
    return None


def in_postcodes(postcode: str, patterns: Iterable[str]) -> str:
    """Return the first of `patterns` (exact, `A..B`, or a beginning with `*`) that holds `postcode`, else ``""``."""
    mine = _letters(postcode)
    if not mine:
        return ""
    for pattern in patterns:
        low, dots, high = pattern.replace("…", "..").partition("..")
        if dots:
            first, last = _letters(low), _letters(high)
            if len(first) == len(mine) == len(last) and first <= mine <= last:
                return pattern
        elif pattern.rstrip().endswith("*"):
            beginning = _letters(pattern)
            if beginning and mine.startswith(beginning):
                return pattern
        elif _letters(pattern) == mine:
            return pattern
    return ""


def _where(outage: Outage, place: Place, country: str, path: NetworkPath) -> tuple[Because, str, str] | None:
    coverage = outage.coverage
    if coverage.country and country and coverage.country.upper() != country.upper():
        return None
    if found := _element(path, coverage.elements):
        return Because.ELEMENT, found[1], found[0]
    if pattern := in_postcodes(place.postcode, coverage.postcodes):
        return Because.POSTCODE, pattern if ".." in pattern or "*" in pattern else place.postcode, ""
    town = _letters(place.town)
    for name in coverage.towns:
        if town and _letters(name) == town:
            return Because.TOWN, name, ""
    if not (coverage.elements or coverage.postcodes or coverage.towns):
        return Because.EVERYWHERE, "", ""
    return None


def _place_of(line: Line, customer: Customer) -> Place:
    if not (line.place.postcode or line.place.town):
        return customer.place
    return line.place


def hit(outage: Outage, line: Line, customer: Customer, parents: Sequence[Key] = ()) -> Hit | None:
    """Return how `outage` covers `line`, or None; `parents` are the operators above the customer's own brand.

    The state of the outage does not matter here. A line that has ended is not hit.
    """
    if line.state is LineState.ENDED:
        return None
    if outage.operator_keys and not {customer.operator_key, *parents} & set(outage.operator_keys):
        return None
    services = {_bare(service) for service in outage.coverage.services}
    if services and line.service and _bare(line.service) not in services:
        return None
    place = _place_of(line, customer)
    found = _where(outage, place, place.country or customer.place.country, line.path)
    return Hit(outage, line.key, found[0], found[1], found[2]) if found else None


def might_hit(outage: Outage, line: Line) -> bool:
    """Return whether an outage may cover a line, by the line alone; False is certain, True is for `hit` to decide."""
    if line.state is LineState.ENDED:
        return False
    services = {_bare(service) for service in outage.coverage.services}
    if services and line.service and _bare(line.service) not in services:
        return False
    if not (line.place.postcode or line.place.town):
        return True
    return _where(outage, line.place, line.place.country, line.path) is not None


_GRAVITY = {OutageState.CONFIRMED: 0, OutageState.SUSPECTED: 1, OutageState.RESTORED: 2, OutageState.DISMISSED: 3}


def hits(
    outages: Iterable[Outage], lines: Sequence[Line], customer: Customer, parents: Sequence[Key] = ()
) -> tuple[Hit, ...]:
    """Return one hit for each outage that covers any of the lines: confirmed before suspected, newest first.

    Of a subscriber whose lines no source knows, where they live is all there is to go by: a helpdesk knows people and
    not their lines, and the agent must hear of the outage all the same.
    """
    found: list[Hit] = []
    if not lines and customer.kind is CustomerKind.SUBSCRIBER:
        lines = (Line("", "", customer.key, "", place=customer.place),)
    for outage in outages:
        best = [one for line in lines if (one := hit(outage, line, customer, parents))]
        if best:
            found.append(min(best, key=lambda one: list(Because).index(one.because)))
    found.sort(key=lambda one: one.outage.started_at, reverse=True)
    found.sort(key=lambda one: (_GRAVITY[one.outage.state], one.outage.kind is OutageKind.PLANNED_WORKS))
    return tuple(found)


def is_live(outage: Outage) -> bool:
    """Return whether the outage is still going on, as far as anybody knows."""
    return outage.state in LIVE_OUTAGE_STATES
