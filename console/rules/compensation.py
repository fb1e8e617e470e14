"""What a customer is owed because something took too long, today and at the next step (R33).

Tariffs are data with a source and the day from which they hold. Whether a case has a claim is decided by the version
valid when it began; each day is paid by the version valid on that day, so that a change on 1 April changes the days
after it and no other. All amounts are in a currency's smallest unit; none ever falls as time passes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from backends.port import CustomerFile
from backends.records import (
    Contact,
    Contract,
    ContractState,
    CustomerFlag,
    Line,
    Money,
    Operator,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketKind,
    TicketState,
    Visit,
    VisitState,
)
from console.rules.clocks import Policies, clocks, started_at
from console.rules.workdays import add_working_days, start_of_day
from console.rules.working_time import MOST_DAYS, Calendar, calendar_of

NOTICE = timedelta(hours=24)
"""A visit that is called off later than this before its window counts as missed."""
MOMENT = timedelta(microseconds=1)
_STATES = frozenset({TicketEventKind.STATE, TicketEventKind.REOPENED})
_RUNNING = frozenset({ContractState.RUNNING, ContractState.NOTICE_GIVEN})


class After(StrEnum):
    """After what a tariff begins to pay."""

    WORKING_DAYS = "working_days"
    """After `grace` whole working days; the day of the report is none."""
    CALENDAR_DAYS = "calendar_days"
    CLOCK = "clock"
    """After the end of the day on which the case's `clock` is due."""
    AGREED = "agreed"
    """From the day on which the service was to start, that day paid too; a day is paid when it is over."""
    VISIT = "visit"
    """Once for each visit that the engineer did not keep."""


class TariffError(ValueError):
    """A tariff cannot hold: `field` is what is wrong, `code` says how (`steps`, `fall`, `dates`, `kinds`)."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(f"{field}: {code}")
        self.field = field
        self.code = code


@dataclass(frozen=True, slots=True)
class Step:
    """From which paid day on (the first is 1) how much: an amount, or a percent of the monthly fee if that is more."""

    from_day: int
    amount: int
    percent: int = 0


@dataclass(frozen=True, slots=True)
class Tariff:
    """One right to compensation; raises TariffError when it contradicts itself. Empty conditions mean any."""

    name: str
    currency: str
    source: str
    kinds: frozenset[TicketKind]
    after: After
    steps: tuple[Step, ...]
    since: date
    until: date | None = None
    country: str = ""
    operator: str = ""
    grace: int = 0
    clock: str = ""
    most: int | None = None
    """What it pays at most for one case."""
    services: frozenset[str] = frozenset()
    symptoms: frozenset[str] = frozenset()
    """What the customer must have reported: a total loss of service."""
    consumers: bool = False
    """It is for consumers and not for businesses."""
    once: bool = False
    """Repeated cases about one matter are paid once: by the first of them."""
    own: bool = False

    def __post_init__(self) -> None:
        days = [step.from_day for step in self.steps]
        wrong = (
            ("kinds", "kinds", not self.kinds),
            ("amounts", "steps", not self.steps or days != sorted(set(days)) or days[0] != 1),
            ("until", "dates", self.until is not None and self.until <= self.since),
            ("clock", "clock", (self.after is After.CLOCK) != bool(self.clock)),
        )
        for field, code, holds in wrong:
            if holds:
                raise TariffError(field, code)

    def on_day(self, number: int, fee: int) -> int:
        """Return what the `number`th paid day is worth, with the monthly `fee` in the tariff's currency."""
        step = [one for one in self.steps if one.from_day <= number][-1]
        return max(step.amount, (fee * step.percent + 50) // 100)

    def _rank(self) -> tuple[bool, bool, bool, date]:
        return bool(self.operator), bool(self.country), self.own, self.since


@dataclass(frozen=True, eq=False)
class Tariffs:
    """All tariffs a desk works by; one for an operator goes before that of its country, the own before the shipped."""

    every: tuple[Tariff, ...] = ()

    def valid(self, operator: Operator, day: date) -> tuple[Tariff, ...]:
        """Return the tariffs that hold for an operator on a day, one of each name, by name."""
        return _valid(self, operator.country.strip().upper(), operator.code.upper(), day)

    def over(self, own: Iterable[Tariff]) -> Tariffs:
        """Return these tariffs with others laid over them."""
        return Tariffs((*self.every, *own))


@lru_cache(maxsize=2048)
def _valid(tariffs: Tariffs, country: str, code: str, day: date) -> tuple[Tariff, ...]:
    best: dict[str, Tariff] = {}
    for one in tariffs.every:
        holds = one.since <= day and (one.until is None or day < one.until)
        if holds and one.country in ("", country) and one.operator in ("", code):
            known = best.get(one.name)
            if known is None or known._rank() <= one._rank():
                best[one.name] = one
    return tuple(best[name] for name in sorted(best))


@dataclass(frozen=True, slots=True)
class Share:
    """What one tariff makes of a case."""

    name: str
    amount: int
    source: str
    doubt: str = ""
    """On what it hangs that nobody asked or wrote down, as a code: `symptom`, whether all service was lost;
    `called_off`, whether it was we who called a visit off too late. Empty where nothing is in doubt."""
    counted_with: str = ""
    """Reference of the earlier case about the same matter that is paid instead of this one."""


@dataclass(frozen=True, slots=True)
class Owed:
    """What a case is owed today, what it comes to next and when, and what was given already."""

    amount: Money
    shares: tuple[Share, ...]
    next_amount: Money | None = None
    next_at: datetime | None = None
    """UTC; None when nothing is added any more."""
    given: int = 0

    @property
    def open(self) -> Money:
        """What is still to be given today; never less than nothing."""
        return Money(max(0, self.amount.minor - self.given), self.amount.currency)

    @property
    def doubts(self) -> tuple[str, ...]:
        """On what it hangs that nobody asked, each code once."""
        return tuple(dict.fromkeys(one.doubt for one in self.shares if one.doubt))


@dataclass(frozen=True, slots=True)
class _Case:
    """A ticket with everything that decides what is owed for it."""

    ticket: Ticket
    file: CustomerFile
    calendar: Calendar
    tariffs: Tariffs
    policies: Policies
    events: tuple[TicketEvent, ...]
    contacts: Sequence[Contact]
    now: datetime

    @property
    def began(self) -> date:
        return self.calendar.local_day(started_at(self.ticket))

    def line(self) -> Line | None:
        return next((one for one in self.file.lines if one.key == self.ticket.line_key), None)

    def fee(self, currency: str) -> int:
        """Return the monthly fee of the line's contract, else of all that run; 0 in another currency."""
        running = [one for one in self.file.contracts if one.state in _RUNNING]
        theirs = [one for one in running if self.ticket.line_key and self.ticket.line_key in one.line_keys]
        return sum(_price(one, currency) for one in theirs or running)

    def ended_at(self) -> datetime | None:
        """Return when it worked again: when it was settled in our eyes for the last time, else at closing.

        A case that is closed days after it was settled, as helpdesks do, was not out of order for these days too.
        """
        closed = self.ticket.closed_at
        if closed is None and self.ticket.state is not TicketState.SOLVED:
            return None
        until = self.now if closed is None else min(closed, self.now)
        moves = [one for one in self.events if one.kind in _STATES and one.at <= until]
        last = max(moves, key=lambda one: (one.at, len(one.key), one.key), default=None)
        return last.at if last is not None and last.after == TicketState.SOLVED else closed

    def rate(self, tariff: Tariff, day: date) -> Tariff:
        """Return the version of a tariff that pays for a day: the one valid then, of the same currency."""
        valid = self.tariffs.valid(self.file.operator, day)
        return next((one for one in valid if one.name == tariff.name and one.currency == tariff.currency), tariff)


def _price(contract: Contract, currency: str) -> int:
    return contract.price.minor if contract.price is not None and contract.price.currency == currency else 0


def _concerns(case: _Case, tariff: Tariff) -> bool:
    line = case.line()
    symptom = dict(case.ticket.details).get("symptom", "")
    return (
        case.ticket.kind in tariff.kinds
        and not (tariff.consumers and CustomerFlag.BUSINESS in case.file.customer.flags)
        and not (tariff.services and line is not None and line.service not in tariff.services)
        and not (tariff.symptoms and symptom and symptom not in tariff.symptoms)
    )


def _agreed(case: _Case) -> date | None:
    """Return the day on which a service was to start: as a helpdesk set it, else that of the first visit agreed.

    A visit that was called off in time is no agreed one any more; one that was called off too late still is.
    """
    if case.ticket.due_at is not None:
        return case.calendar.local_day(case.ticket.due_at)
    visits = [one for one in _visits(case) if one.state is not VisitState.CANCELLED] + _called_off(case)
    first = min(visits, key=lambda one: one.window_from, default=None)
    return case.calendar.local_day(first.window_from) if first is not None else None


def _visits(case: _Case) -> list[Visit]:
    return [one for one in case.file.visits if one.ticket_key == case.ticket.key]


def _first_day(case: _Case, tariff: Tariff) -> date | None:
    """Return the first day that is paid, None where there is none."""
    day = case.began
    if tariff.after is After.WORKING_DAYS:
        return add_working_days(day, tariff.grace, case.calendar.country, case.calendar.region) + timedelta(days=1)
    if tariff.after is After.CALENDAR_DAYS:
        return day + timedelta(days=tariff.grace + 1)
    if tariff.after is After.AGREED:
        return _agreed(case)
    every = clocks(case.ticket, case.file.operator, case.now, case.events, case.contacts, case.policies)
    due = next((one.due_at for one in every if one.name == tariff.clock), None)
    return case.calendar.local_day(due) + timedelta(days=1) if due is not None else None


def _called_off(case: _Case) -> list[Visit]:
    """Return the visits that were called off too late, by whom nobody wrote down."""
    at = [one.at for one in case.events if one.kind is TicketEventKind.VISIT and one.after == VisitState.CANCELLED]

    def too_late(visit: Visit) -> bool:
        return any(visit.window_from - NOTICE < one <= visit.window_from for one in at)

    return [one for one in _visits(case) if one.state is VisitState.CANCELLED and too_late(one)]


def _missed(case: _Case) -> list[Visit]:
    """Return the visits that were not kept by now: the engineer did not come, or it was called off too late."""
    missed = [one for one in _visits(case) if one.state is VisitState.MISSED and one.window_from <= case.now]
    return missed + _called_off(case)


def _worth(case: _Case, tariff: Tariff, first: date | None, today: date) -> int:
    """Return what a tariff comes to on a day."""
    if tariff.after is After.VISIT:
        days = [case.calendar.local_day(one.window_from) for one in _missed(case)]
        found = sum(_paid(case, tariff, day, 1) for day in days)
    elif first is None:
        return 0
    else:
        count = (today - first).days + (tariff.after is not After.AGREED)
        count = min(count, MOST_DAYS)
        found = sum(_paid(case, tariff, first + timedelta(days=number), number + 1) for number in range(count))
    return found if tariff.most is None else min(found, tariff.most)


def _paid(case: _Case, tariff: Tariff, day: date, number: int) -> int:
    version = case.rate(tariff, day)
    return version.on_day(number, case.fee(tariff.currency))


def _paid_with(case: _Case, tariff: Tariff) -> str:
    """Return the reference of an earlier case about the same matter, still open when this one began; else empty."""
    if not tariff.once:
        return ""
    began = started_at(case.ticket)
    earlier = [
        one for one in case.file.tickets
        if one.key != case.ticket.key and one.kind is case.ticket.kind and one.line_key == case.ticket.line_key
        and (started_at(one), one.key) < (began, case.ticket.key) and (one.closed_at is None or one.closed_at > began)
    ]  # fmt: skip
    first = min(earlier, key=lambda one: (started_at(one), one.key), default=None)
    return (first.reference or first.key) if first is not None else ""


def _doubt(case: _Case, tariff: Tariff) -> str:
    if tariff.symptoms and not dict(case.ticket.details).get("symptom"):
        return "symptom"
    on_visits = tariff.after is After.VISIT or (tariff.after is After.AGREED and case.ticket.due_at is None)
    return "called_off" if on_visits and _called_off(case) else ""


def owed(
    ticket: Ticket,
    file: CustomerFile,
    now: datetime,
    tariffs: Tariffs,
    policies: Policies,
    events: Sequence[TicketEvent] = (),
    contacts: Sequence[Contact] = (),
) -> Owed | None:
    """Return what a case is owed at `now` by the tariffs of its operator; None where none concerns it.

    `events` and `contacts` may be those of all the customer's cases. Tariffs of another currency than the first are
    left out: amounts of two currencies make no sum. Dates at the ends of the calendar are nobody's claim.
    """
    try:
        return _owed(ticket, file, now, tariffs, policies, events, contacts)
    except OverflowError:
        return None


def _owed(
    ticket: Ticket,
    file: CustomerFile,
    now: datetime,
    tariffs: Tariffs,
    policies: Policies,
    events: Sequence[TicketEvent],
    contacts: Sequence[Contact],
) -> Owed | None:
    own = tuple(one for one in events if one.ticket_key == ticket.key)
    case = _Case(ticket, file, calendar_of(file.operator), tariffs, policies, own, contacts, now)
    found = [one for one in tariffs.valid(file.operator, case.began) if _concerns(case, one)]
    found = [one for one in found if one.currency == found[0].currency]
    if not found:
        return None
    ended = case.ended_at()
    today = case.calendar.local_day(now if ended is None else min(ended, now) - MOMENT)
    firsts = {one.name: None if one.after is After.VISIT else _first_day(case, one) for one in found}
    paid_with = {one.name: _paid_with(case, one) for one in found}

    def worth(tariff: Tariff, day: date) -> int:
        return 0 if paid_with[tariff.name] else _worth(case, tariff, firsts[tariff.name], day)

    shares = tuple(
        Share(one.name, worth(one, today), case.rate(one, today).source, _doubt(case, one), paid_with[one.name])
        for one in found
    )
    total = sum(one.amount for one in shares)
    currency = found[0].currency
    given = sum(one.amount.minor for one in ticket.compensations if one.amount.currency == currency)
    next_day = _next_day(found, firsts, today) if ended is None else None
    later = sum(worth(one, next_day) for one in found) if next_day is not None else total
    if next_day is None or later <= total:
        return Owed(Money(total, currency), shares, given=given)
    at = start_of_day(next_day, case.calendar.zone).astimezone(now.tzinfo)
    return Owed(Money(total, currency), shares, Money(later, currency), at, given)


def _next_day(found: Sequence[Tariff], firsts: dict[str, date | None], today: date) -> date | None:
    """Return the next day on which a tariff pays more, None when none does by the mere passing of time."""
    days: list[date] = []
    for tariff in found:
        first = firsts[tariff.name]
        if first is not None:
            begins = first + timedelta(days=tariff.after is After.AGREED)
            days.append(max(begins, today + timedelta(days=1)))
    return min(days, default=None)
