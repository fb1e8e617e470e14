"""Fixed terms that end: who must be told, when, with which offers, and what the list price will be (R24).

When the law wants the notice is data by country, not code. Days are calendar days where the operator is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from backends.records import Contract, ContractState, Money, Operator
from console.rules.workdays import end_of_day

TERMS = (12, 24)
"""Months that a new fixed term is offered for."""


@dataclass(frozen=True, slots=True)
class NoticeRule:
    """When a customer must be told that the fixed term ends, in days before its last day.

    `by_law` says whether the days stand in the law; where the law says no more than "in good time", they are a usage
    of the trade. `holds_from` is the first day on which the rule held.
    """

    countries: tuple[str, ...]
    from_days: int
    to_days: int
    by_law: bool
    source: str
    holds_from: date


@dataclass(frozen=True, slots=True)
class Offer:
    """A new fixed term that an operator offers: `price` is a month's. An empty product means every product."""

    operator: str
    """The operator's code."""
    months: int
    price: Money
    product: str = ""
    says: str = ""
    """What the offer contains, in the operator's words."""
    holds_from: date | None = None
    holds_to: date | None = None


@dataclass(frozen=True, slots=True)
class RenewalRules:
    """All rules of notice and all offers that are known; `usual` holds for countries that no rule names."""

    usual: NoticeRule
    notices: tuple[NoticeRule, ...] = ()
    offers: tuple[Offer, ...] = ()

    def notice_for(self, country: str, day: date) -> NoticeRule:
        """Return the rule that holds in a country on a day: of several the youngest."""
        wanted = country.strip().upper()
        held = [one for one in self.notices if wanted in one.countries and one.holds_from <= day]
        return max(held, key=lambda one: one.holds_from, default=self.usual)

    @property
    def farthest(self) -> int:
        """The most days before the end of a term on which somebody may have to be told."""
        return max(one.from_days for one in (self.usual, *self.notices))


class NoticeState(StrEnum):
    """Where the notice about an ending term stands."""

    AHEAD = "ahead"
    """It is too early to tell the customer."""
    OPEN = "open"
    """The customer may be told now."""
    LATE = "late"
    """The last day on which the customer had to be told went by."""
    GIVEN = "given"


@dataclass(frozen=True, slots=True)
class Renewal:
    """A fixed term that ends: between which days the customer is told, and with what."""

    contract: Contract
    ends_on: date
    notify_from: date
    notify_to: date
    rule: NoticeRule
    state: NoticeState
    offers: tuple[Offer, ...] = ()

    def due_at(self, zone: ZoneInfo) -> datetime:
        """Return the end of the last day on which the customer may be told in time, by the operator's clock."""
        return end_of_day(self.notify_to, zone).astimezone(UTC)


def offers_for(contract: Contract, operator: Operator, today: date, offers: Sequence[Offer]) -> tuple[Offer, ...]:
    """Return what may be offered for a contract today, the shortest term first; for a term the cheapest.

    An offer for the very product goes before one for all products; one in another currency is none.
    """
    best: dict[int, Offer] = {}
    for one in offers:
        if one.operator.casefold() != operator.code.casefold() or one.product not in ("", contract.product):
            continue
        if one.price.currency != (contract.price.currency if contract.price else operator.currency):
            continue
        if (one.holds_from and today < one.holds_from) or (one.holds_to and today > one.holds_to):
            continue
        known = best.get(one.months)
        if known is None or (not one.product, one.price.minor) < (not known.product, known.price.minor):
            best[one.months] = one
    return tuple(best[months] for months in sorted(best))


def _state(contract: Contract, today: date, first: date, last: date) -> NoticeState:
    sent = contract.notice_sent_at
    if sent is not None and sent.date() >= contract.started_on:
        return NoticeState.GIVEN
    if today > last:
        return NoticeState.LATE
    return NoticeState.OPEN if today >= first else NoticeState.AHEAD


def renewal(contract: Contract, operator: Operator, today: date, rules: RenewalRules) -> Renewal | None:
    """Return how the end of a contract's fixed term stands; None for one that does not run, has no end, or is over.

    A notice sent for an earlier term does not count: it must lie within this term. A term shorter than the days of
    notice is told of from its first day on.
    """
    ends = contract.ends_on
    if contract.state is not ContractState.RUNNING or ends is None or ends < today:
        return None
    rule = rules.notice_for(operator.country, ends - timedelta(days=1))
    last = max(contract.started_on, ends - timedelta(days=rule.to_days))
    first = min(last, max(contract.started_on, ends - timedelta(days=rule.from_days)))
    state = _state(contract, today, first, last)
    return Renewal(contract, ends, first, last, rule, state, offers_for(contract, operator, today, rules.offers))


def to_be_told(renewals: Sequence[Renewal]) -> tuple[Renewal, ...]:
    """Return those whose customer is to be told now, the one whose last day comes first first."""
    owed = [one for one in renewals if one.state in (NoticeState.OPEN, NoticeState.LATE)]
    return tuple(sorted(owed, key=lambda one: (one.notify_to, one.ends_on, one.contract.key)))
