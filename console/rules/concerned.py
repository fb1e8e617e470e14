"""Whose customers an outage concerns where it names no operator: reckoned from whom it hits and its places (R22)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from backends.records import Key, Operator, Outage

_SPELLED: Mapping[re.Pattern[str], frozenset[str]] = {
    re.compile(r"\d\d-(?:\d{3}|\d{0,2}\*)"): frozenset({"PL"}),
    re.compile(r"\d{3} (?:\d\d|\d?\*)"): frozenset({"SE", "CZ", "SK", "GR"}),
    re.compile(r"[A-Z]{1,2}\d.*"): frozenset({"GB", "IE", "IM", "JE", "GG", "MT"}),
}
"""How postcodes are spelled in some countries alone (UPU S42); what is spelled otherwise may be anywhere."""


@dataclass(frozen=True, slots=True)
class Concern:
    """The operators whose customers an outage concerns, those with the most of them first.

    `certain` says that it hits their customers, or that nobody else's can be meant; otherwise nothing is known but that
    these may be.
    """

    operators: tuple[Operator, ...]
    certain: bool = True


def countries_told(outage: Outage) -> frozenset[str]:
    """Return the countries in which an outage can be, by its own word and the spelling of postcodes; none: anywhere."""
    if country := outage.coverage.country.strip().upper():
        return frozenset({country})
    told: set[str] = set()
    for code in outage.coverage.postcodes:
        first = code.split("..")[0].strip().upper()
        spelled = next((where for form, where in _SPELLED.items() if form.fullmatch(first)), None)
        if spelled is None:
            return frozenset()
        told |= spelled
    return frozenset(told)


def named(outage: Outage, operator: Operator) -> bool:
    """Return whether an outage names an operator, or the network above it."""
    return not {operator.key, operator.parent_key}.isdisjoint(outage.operator_keys)


def concerned(outage: Outage, operators: Iterable[Operator], hit: Collection[Key] = ()) -> Concern:
    """Return whom an outage concerns: those it names, else those whose customers it hits, else all who may be meant.

    `hit` are the operators with customers whom it hits, most first. Who is in another country is never meant: a
    postcode may be one of two countries once its signs are left out.
    """
    every = tuple(operators)
    if outage.operator_keys:
        return Concern(tuple(one for one in every if named(outage, one)))
    told = countries_told(outage)
    likely = tuple(one for one in every if not told or not one.country or one.country.upper() in told)
    order = {key: place for place, key in enumerate(hit)}
    theirs = tuple(sorted((one for one in likely if one.key in order), key=lambda one: order[one.key]))
    if theirs:
        return Concern(theirs)
    covered = outage.coverage
    everywhere = not (covered.elements or covered.postcodes or covered.towns)
    return Concern(likely, everywhere or len(likely) == 1)


def needs_reckoning(outage: Outage, operators: Collection[Operator]) -> bool:
    """Return whether whom an outage hits has to be looked up to know whose customers it concerns."""
    return not outage.operator_keys and not concerned(outage, operators).certain


def with_operators(outage: Outage, concern: Concern) -> Outage:
    """Return an outage with the operators whom it was found to concern; one that names its own stays as it is."""
    if outage.operator_keys or not concern.operators:
        return outage
    return replace(outage, operator_keys=tuple(one.key for one in concern.operators))
