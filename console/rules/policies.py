"""Policies: which clocks run for which cases, for how long, from when and until what (R1, R2, R15, R42).

A policy is data with a source and the day from which it holds; the version that was valid when a case began is used
for all of its life. Only the customer can stop a clock, and never a legal one: a supplier's delay stops none, which no
policy can say otherwise, because there is no word for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache

from backends.records import Operator, TicketKind


class Unit(StrEnum):
    """What a policy counts."""

    MINUTES = "minutes"
    HOURS = "hours"
    WORKING_HOURS = "working_hours"
    """Hours in which the desk is open."""
    WORKING_DAYS = "working_days"
    CALENDAR_DAYS = "calendar_days"
    WEEKS = "weeks"
    MONTHS = "months"


class Start(StrEnum):
    """Where a clock starts."""

    FIRST_CONTACT = "first_contact"
    """When the customer first spoke of it, on any channel."""
    OPENING = "opening"
    """When the ticket was opened."""


class End(StrEnum):
    """What ends a clock; the closing of the case ends any."""

    CLOSING = "closing"
    TAKEN_IN_CHARGE = "taken_in_charge"
    ANSWER = "answer"
    """An inbound contact is answered: the clock belongs to it and not to a ticket."""
    TOLD = "told"
    """The customer is told something on the ticket, on one of the policy's `told_by` channels."""


class Pause(StrEnum):
    """Who can stop a clock by keeping us waiting. There is one only."""

    CUSTOMER = "customer"


TAKE_CHARGE = "take_charge"
FIRST_RESPONSE = "first_response"
DUE = "due"
"""The clock of a case whose due time a helpdesk set, where no policy names it."""

MAIN: Mapping[TicketKind, str] = {
    TicketKind.FAULT: "repair",
    TicketKind.INSTALLATION: "installation",
    TicketKind.COMPLAINT: "answer",
    TicketKind.DATA_REQUEST: "data_request",
    TicketKind.BILLING: "settle",
    TicketKind.CHANGE: "settle",
    TicketKind.SALES: "settle",
}
"""The clock by which a kind of case as a whole is judged: whether it was settled in time."""


class PolicyError(ValueError):
    """A policy cannot hold: `field` is what is wrong, `code` says how.

    Codes: `count` (none or less), `legal_pause` (a legal clock that would pause), `kinds` (for no ticket and no
    channel), `dates` (ends before it begins), `source` (none named), `clock` (no name).
    """

    def __init__(self, field: str, code: str) -> None:
        super().__init__(f"{field}: {code}")
        self.field = field
        self.code = code


@dataclass(frozen=True, slots=True)
class Policy:
    """One clock for some cases; raises PolicyError when it contradicts itself.

    Empty `country` and `operator` mean all; `channels` are those on which the case began, or of the contact to be
    answered, empty for any. It holds for cases that began on `since` or later and before `until`.
    """

    clock: str
    count: int
    unit: Unit
    source: str
    kinds: frozenset[TicketKind] = frozenset()
    country: str = ""
    operator: str = ""
    channels: frozenset[str] = frozenset()
    starts: Start = Start.FIRST_CONTACT
    ends: End = End.CLOSING
    told_by: frozenset[str] = frozenset()
    """Channels that count as telling the customer; empty for any on which we spoke or wrote to them."""
    pauses_for: frozenset[Pause] = frozenset()
    legal: bool = False
    since: date = date.min
    until: date | None = None
    warn_days: int = 0
    """It warns this many days before its end; 0 is in its last fifth, at most four hours."""
    consequence: str = ""
    """What follows when it is broken, as a code: `accepted` is a complaint that then counts as accepted."""
    own: bool = False
    """It comes from the operator's own file."""

    def __post_init__(self) -> None:
        wrong = (
            ("clock", "clock", not self.clock),
            ("count", "count", self.count < 1),
            ("pauses_for", "legal_pause", self.legal and bool(self.pauses_for)),
            ("kinds", "kinds", (self.ends is End.ANSWER) == bool(self.kinds)),
            ("until", "dates", self.until is not None and self.until <= self.since),
            ("source", "source", not self.source.strip()),
        )
        for field, code, holds in wrong:
            if holds:
                raise PolicyError(field, code)

    @property
    def pauses(self) -> bool:
        """Whether waiting for the customer stops it."""
        return Pause.CUSTOMER in self.pauses_for

    def valid_on(self, day: date) -> bool:
        """Return whether it holds for a case that began on that day."""
        return self.since <= day and (self.until is None or day < self.until)

    def _rank(self) -> tuple[bool, bool, bool, bool, date]:
        return bool(self.operator), bool(self.country), bool(self.channels), self.own, self.since


@dataclass(frozen=True, eq=False)
class Policies:
    """All policies a desk works by. The one for an operator goes before that for its country, that before the general
    one; among these one for a channel goes before one for any, an operator's own before the shipped one, and the later
    version before the earlier."""

    every: tuple[Policy, ...] = ()

    def for_case(self, kind: TicketKind, operator: Operator, day: date, channel: str = "") -> Mapping[str, Policy]:
        """Return the policies of a case that began on `day`, one a clock; `channel` is where it began, if known."""
        return _for_case(self, kind, operator.country.strip().upper(), operator.code.upper(), day, channel)

    def for_answer(self, channel: str, operator: Operator, day: date) -> Policy | None:
        """Return by which policy a contact that came on `day` is to be answered; None when none says so (R15)."""
        return _for_answer(self, channel, operator.country.strip().upper(), operator.code.upper(), day)

    def concerning(self, kind: TicketKind, operator: Operator) -> tuple[Policy, ...]:
        """Return all policies for a kind of case of an operator, whenever and on whichever channel it began."""
        return _concerning(self, kind, operator.country.strip().upper(), operator.code.upper())

    def over(self, own: Iterable[Policy]) -> Policies:
        """Return these policies with others laid over them."""
        return Policies((*self.every, *own))


def _best(found: Iterable[Policy], country: str, code: str, day: date, channel: str) -> dict[str, Policy]:
    best: dict[str, Policy] = {}
    for one in found:
        fits = one.country in ("", country) and one.operator in ("", code) and one.valid_on(day)
        if not fits or (one.channels and channel not in one.channels):
            continue
        known = best.get(one.clock)
        if known is None or known._rank() <= one._rank():
            best[one.clock] = one
    return best


@lru_cache(maxsize=512)
def _concerning(policies: Policies, kind: TicketKind, country: str, code: str) -> tuple[Policy, ...]:
    return tuple(
        one
        for one in policies.every
        if kind in one.kinds and one.country in ("", country) and one.operator in ("", code)
    )


@lru_cache(maxsize=512)
def _for_case(
    policies: Policies, kind: TicketKind, country: str, code: str, day: date, channel: str
) -> Mapping[str, Policy]:
    return _best((one for one in policies.every if kind in one.kinds), country, code, day, channel)


@lru_cache(maxsize=512)
def _for_answer(policies: Policies, channel: str, country: str, code: str, day: date) -> Policy | None:
    answers = (one for one in policies.every if one.ends is End.ANSWER)
    found = _best(answers, country, code, day, channel)
    return max(found.values(), key=Policy._rank, default=None)
