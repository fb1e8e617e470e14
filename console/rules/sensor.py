"""The sensor: several customers report the same at one place, before the network side has said a word (R26).

It proposes a suspicion and never more. Nobody is asked twice about one place: what an outage that goes on covers is
explained already, what was over when it was reported belongs to the outage that is over, and a place that somebody
dismissed stays quiet for a time.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from backends.records import Customer, Key, Line, Outage, OutageState, Ticket, TicketKind
from console.rules.coverage import Because, bare_name, elements_on, hit, is_live, same_place

SOURCE = "sensor"
"""The source of an outage that was proposed here; it has no title, and its cause is the symptom's code."""
SYMPTOM = "symptom"
"""The question of a fault whose answers are compared."""
AT_HOME = frozenset({"wifi", "other"})
"""Answers that have nothing in common with a neighbour's: Wi-Fi is at home, and something else is anything."""


class Threshold(Protocol):
    """How many customers, within how many minutes; and how many hours a dismissed place stays quiet. 0 reports: off."""

    @property
    def reports(self) -> int:
        """Customers who report the same."""

    @property
    def minutes(self) -> int:
        """Minutes within which they do."""

    @property
    def quiet_hours(self) -> int:
        """Hours that a place stays quiet after it was dismissed."""


@dataclass(frozen=True, slots=True)
class Report:
    """A fault that a customer reported: its ticket, whose it is, and the line it is about as far as that is known.

    `network` is the operator who runs the network: the one above a brand, else the customer's own.
    """

    ticket: Ticket
    customer: Customer
    network: Key
    line: Line | None = None

    @property
    def symptom(self) -> str:
        """What happens, as its code."""
        return symptom_of(self.ticket)


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Something that seems to be broken: what, where, and what speaks for it. `first_at` is the first report (UTC)."""

    symptom: str
    because: Because
    value: str
    level: str
    network: Key
    country: str
    services: tuple[str, ...]
    references: tuple[str, ...]
    first_at: datetime

    def occasion(self, known: Sequence[Outage]) -> str:
        """Return the name under which every console stores this one suspicion, so that ten of them propose it once.

        It is made of the place, and of the outages that were `known` there: after one is over, the next is another.
        What happens is left out: where nothing works for some it is slow for others.
        """
        there = sorted(one.key for one in known if same_place(one, self.because, self.value))
        name = (self.network, self.because, bare_name(self.because, self.value), *there)
        return f"sensor-{hashlib.sha256(chr(31).join(name).encode()).hexdigest()[:32]}"


def symptom_of(ticket: Ticket) -> str:
    """Return what happens, as a fault's code; empty for anything that can be no sign of an outage."""
    if ticket.kind is not TicketKind.FAULT or ticket.outage_key:
        return ""
    answer = dict(ticket.details).get(SYMPTOM, "")
    return "" if answer in AT_HOME else answer


def _explained(report: Report, outage: Outage, now: datetime, rule: Threshold) -> bool:
    """Return whether an outage accounts for a report, or keeps it from being spoken of again."""
    if is_live(outage):
        if outage.started_at > now:
            return False
    elif outage.ended_at is None:
        return False
    elif report.ticket.opened_at > outage.ended_at:
        quiet = timedelta(hours=rule.quiet_hours)
        if outage.state is not OutageState.DISMISSED or now - outage.ended_at >= quiet:
            return False
    line = report.line or Line("", "", report.customer.key, "", place=report.customer.place)
    return hit(outage, line, report.customer, (report.network,)) is not None


def _places(report: Report) -> list[tuple[Because, str, str, str]]:
    """Return the places a report may stand for, narrowest first: (why, name compared, name shown, level)."""
    line = report.line
    found = [(Because.ELEMENT, one.bare, one.shown, one.level) for one in elements_on(line.path)] if line else []
    place = line.place if line is not None and line.place.postcode else report.customer.place
    if bare := bare_name(Because.POSTCODE, place.postcode):
        found.append((Because.POSTCODE, bare, place.postcode.strip(), ""))
    return found


_Place = tuple[Because, str]


def _customers(reports: Sequence[Report]) -> set[Key]:
    return {one.customer.key for one in reports}


def _narrowest(reports: Sequence[Report], rule: Threshold) -> tuple[_Place, list[Report]] | None:
    """Return the lowest place that enough customers have in common, wider where more are hit beside it; None without.

    Elements are taken before postcodes. A place gives way to the one above when enough further customers are hit there:
    one suspicion for an exchange, and not one for each of its cards.
    """
    at: dict[_Place, list[Report]] = defaultdict(list)
    rank: dict[_Place, int] = {}
    for report in reports:
        places = _places(report)
        for step, (because, bare, _shown, _level) in enumerate(places):
            at[because, bare].append(report)
            rank[because, bare] = min(rank.get((because, bare), step), step)
    enough = [one for one in at if len(_customers(at[one])) >= rule.reports]
    if not enough:
        return None
    order = list(Because)
    chosen = min(enough, key=lambda one: (order.index(one[0]), rank[one], -len(_customers(at[one])), one[1]))
    while wider := [
        one
        for one in enough
        if one[0] is chosen[0] is Because.ELEMENT
        and len(_customers(at[one]) - _customers(at[chosen])) >= rule.reports
        and _customers(at[one]) > _customers(at[chosen])
    ]:
        chosen = min(wider, key=lambda one: (rank[one], len(_customers(at[one])), one[1]))
    return chosen, at[chosen]


def _suspicion(place: _Place, reports: Sequence[Report]) -> Suspicion:
    because = place[0]
    first = min(reports, key=lambda one: (one.ticket.opened_at, one.ticket.key))
    named = next(one for one in _places(first) if one[:2] == place)
    services = {one.line.service if one.line else "" for one in reports}
    countries = {(one.line.place.country if one.line else "") or one.customer.place.country for one in reports}
    ordered = sorted(reports, key=lambda one: (one.ticket.opened_at, one.ticket.key))
    return Suspicion(
        symptom=first.symptom,
        because=because,
        value=named[2],
        level=named[3],
        network=first.network,
        country=countries.pop() if len(countries) == 1 else "",
        services=() if "" in services else tuple(sorted(services)),
        references=tuple(dict.fromkeys(one.ticket.reference or one.ticket.key for one in ordered)),
        first_at=first.ticket.opened_at,
    )


def suspicions(
    reports: Sequence[Report], outages: Sequence[Outage], now: datetime, rule: Threshold
) -> tuple[Suspicion, ...]:
    """Return what the reports of the last minutes make likely, the earliest first; each customer counts once a place.

    `outages` are those that go on, and those that ended within the hours a dismissed place stays quiet.
    """
    if rule.reports < 1:
        return ()
    since = now - timedelta(minutes=rule.minutes)
    told: Mapping[tuple[Key, str], list[Report]] = defaultdict(list)
    for one in reports:
        fresh = since <= one.ticket.opened_at <= now
        if fresh and one.symptom and not any(_explained(one, outage, now, rule) for outage in outages):
            told[one.network, one.symptom].append(one)
    found: list[Suspicion] = []
    for left in told.values():
        while (narrow := _narrowest(left, rule)) is not None:
            place, there = narrow
            found.append(_suspicion(place, there))
            left = [one for one in left if one not in there]
    return tuple(sorted(found, key=lambda one: (one.first_at, one.value)))
