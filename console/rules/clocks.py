"""Clocks of cases: until when something is due, how much is left, and whether it was kept (R1, R2, R15, R42).

A case has several clocks at once, by the policies that were valid when it began. A due time that a helpdesk set is a
fact and takes the place of the case's main clock, but never of a legal one. A supplier's delay stops no clock; waiting
for the customer stops those whose policy says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from backends.records import (
    AnswerState,
    Channel,
    Contact,
    Direction,
    Operator,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketState,
)
from console.rules.policies import (
    DUE,
    FIRST_RESPONSE,
    MAIN,
    TAKE_CHARGE,
    End,
    Pause,
    Policies,
    Policy,
    PolicyError,
    Start,
    Unit,
)
from console.rules.workdays import add_months, add_working_days, end_of_day
from console.rules.working_time import (
    FAR,
    Calendar,
    Counted,
    advanced,
    calendar_of,
    counted_between,
    next_opening,
    zone_of,
)

__all__ = [
    "DUE", "EARLY", "FIRST_RESPONSE", "MAIN", "MOVES_CLOCKS", "TAKE_CHARGE", "TOLD_BY_EVENTS", "Clock", "ClockState",
    "End", "Pause", "Policies", "Policy", "PolicyError", "Start", "Unit", "clock", "clocks", "depends_on_history",
    "first_response", "pressing", "started_at", "zone_of",
]  # fmt: skip

EARLY = timedelta(hours=4)
"""A clock warns this long before its end, or in its last fifth, whichever is shorter."""
DAY = timedelta(days=1)


class ClockState(StrEnum):
    """How a clock stands."""

    RUNNING = "running"
    WARNING = "warning"
    LATE = "late"
    PAUSED = "paused"
    KEPT = "kept"
    BROKEN = "broken"
    """Ended after its due time."""


_RANK = {state: rank for rank, state in enumerate((
    ClockState.LATE, ClockState.WARNING, ClockState.RUNNING, ClockState.PAUSED, ClockState.BROKEN, ClockState.KEPT,
))}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock: `due_at` is UTC."""

    state: ClockState
    due_at: datetime
    left: timedelta
    """Until due; negative when late. For one that ended, what was left then."""
    name: str = DUE
    """Which clock: a policy's `clock`."""
    unit: Unit = Unit.HOURS
    counted: timedelta = timedelta()
    """What is left of the time that its policy counts: desk hours, or days of 24 hours for working days."""
    legal: bool = False
    source: str = ""
    consequence: str = ""

    @property
    def working_days(self) -> int | None:
        """Working days left after today, the one on which it is due among them; None where none are counted or left.

        Clocks in days end with the last minute of a day, which is what a whole day lacks.
        """
        counts = self.unit is Unit.WORKING_DAYS and self.counted >= timedelta()
        return (self.counted + timedelta(minutes=1)) // DAY if counts else None

    @property
    def working_time(self) -> timedelta | None:
        """Desk time left, None for a clock that counts none or has run out."""
        counts = self.unit is Unit.WORKING_HOURS and self.counted >= timedelta()
        return self.counted if counts else None

    @property
    def ended(self) -> bool:
        """Whether it runs no more."""
        return self.state in (ClockState.KEPT, ClockState.BROKEN)


_COUNTED = {Unit.WORKING_HOURS: Counted.DESK, Unit.WORKING_DAYS: Counted.WORKING_DAYS}
_ELAPSED = {Unit.MINUTES: timedelta(minutes=1), Unit.HOURS: timedelta(hours=1), Unit.WORKING_HOURS: timedelta(hours=1)}


def _due(start: datetime, policy: Policy, calendar: Calendar) -> datetime:
    """Return when a clock that starts then is due, in UTC, while nobody made us wait.

    Clocks in days end with the day on the wall, and the day on which they start does not count. One in working time
    that is no legal one starts when the desk opens: a report of the night is one of the next working morning (R22).
    """
    if policy.unit in _ELAPSED:
        return advanced(start, policy.count * _ELAPSED[policy.unit], calendar, _counts(policy.unit))
    try:
        if policy.unit is Unit.WORKING_DAYS:
            begins = start if policy.legal else next_opening(start, calendar)
            first = calendar.local_day(begins)
            day = add_working_days(first, policy.count, calendar.country, calendar.region)
        elif policy.unit is Unit.MONTHS:
            day = add_months(calendar.local_day(start), policy.count)
        else:
            day = calendar.local_day(start) + timedelta(days=policy.count * (7 if policy.unit is Unit.WEEKS else 1))
        return end_of_day(day, calendar.zone).astimezone(UTC)
    except (OverflowError, ValueError):
        return FAR


def _counts(unit: Unit) -> Counted:
    return _COUNTED.get(unit, Counted.ALL)


MOVES_CLOCKS = frozenset({TicketEventKind.STATE, TicketEventKind.CLOSED, TicketEventKind.REOPENED})
"""Kinds of events that tell when a case waited for the customer and when no more."""
TOLD_BY_EVENTS = MOVES_CLOCKS | {TicketEventKind.VISIT}
"""Kinds of events that clocks and compensation are reckoned from."""

_SPOKEN = frozenset({Channel.CALL, Channel.CHAT, Channel.VISIT})


def started_at(ticket: Ticket) -> datetime:
    """Return when the customer first spoke of the case, on any channel: its clocks run from there."""
    first = ticket.first_contact_at
    return min(first, ticket.opened_at) if first is not None else ticket.opened_at


def _waits(events: Iterable[TicketEvent], now: datetime) -> list[tuple[datetime, datetime]]:
    """Return from when until when the case waited for the customer, from its events in any order, up to `now`.

    Closing and opening again end the waiting as a new state does. What is dated after `now` has not happened yet.
    """
    found: list[tuple[datetime, datetime]] = []
    since: datetime | None = None
    told = [one for one in events if one.kind in MOVES_CLOCKS and one.at <= now]
    for event in sorted(told, key=lambda one: (one.at, len(one.key), one.key)):
        if event.after == TicketState.WAITING_CUSTOMER and since is None:
            since = event.at
        elif event.after != TicketState.WAITING_CUSTOMER and since is not None:
            found.append((since, event.at))
            since = None
    return [*found, (since, now)] if since is not None else found


def _ran(
    policy: Policy,
    start: datetime,
    calendar: Calendar,
    now: datetime,
    *,
    ended_at: datetime | None,
    events: Sequence[TicketEvent] = (),
    waiting: bool = False,
) -> Clock:
    """Return how the clock of a policy stands that started then; `waiting` is true while the customer is waited for."""
    end = ended_at or now
    due = _due(start, policy, calendar)
    counts = _counts(policy.unit)
    if policy.pauses:
        paused = sum(
            (counted_between(max(begin, start), until, calendar, counts)
             for begin, until in _waits(events, end) if until > start),
            timedelta(),
        )  # fmt: skip
        due = advanced(due, paused, calendar, counts) if paused else due
    left = due - end
    counted = counted_between(end, due, calendar, counts)
    if ended_at is not None:
        state = ClockState.KEPT if left >= timedelta() else ClockState.BROKEN
    elif left < timedelta():
        state = ClockState.LATE
    elif waiting and policy.pauses:
        state = ClockState.PAUSED
    else:
        state = ClockState.WARNING if _warns(policy.warn_days, start, due, end, calendar) else ClockState.RUNNING
    return Clock(state, due, left, policy.clock, policy.unit, counted, policy.legal, policy.source, policy.consequence)


def _warns(days: int, start: datetime, due: datetime, now: datetime, calendar: Calendar) -> bool:
    """Return whether little time is left: until due, or until the desk goes home for the last time before that."""
    early = min(EARLY, (due - start) / 5)
    if due - now <= max(early, days * DAY):
        return True
    if due - now > 7 * DAY:
        return False
    return counted_between(now, due, calendar, Counted.DESK) <= early


def _told_at(policy: Policy, ticket: Ticket, contacts: Sequence[Contact]) -> datetime | None:
    """Return when the customer was first told on this ticket, after it was opened, as the policy wants it."""

    def tells(one: Contact) -> bool:
        if one.ticket_key != ticket.key or one.at <= ticket.opened_at:
            return False
        outbound = one.direction is Direction.OUTBOUND
        if policy.told_by:
            return outbound and one.channel in policy.told_by
        return outbound or (one.direction is Direction.INBOUND and one.channel in _SPOKEN)

    return min((one.at for one in contacts if tells(one)), default=None)


def _ended_at(policy: Policy, ticket: Ticket, contacts: Sequence[Contact]) -> datetime | None:
    ends: list[datetime | None] = [ticket.closed_at]
    if policy.ends is End.TAKEN_IN_CHARGE:
        ends.append(ticket.taken_in_charge_at)
    elif policy.ends is End.TOLD:
        ends.append(_told_at(policy, ticket, contacts))
    return min((one for one in ends if one is not None), default=None)


def _began_on(ticket: Ticket, contacts: Sequence[Contact]) -> str:
    """Return the channel of the ticket's first inbound contact, empty when it is not known."""
    inbound = [one for one in contacts if one.ticket_key == ticket.key and one.direction is Direction.INBOUND]
    first = min(inbound, key=lambda one: (one.at, one.key), default=None)
    return first.channel if first is not None else ""


def _unknowable(policy: Policy, ticket: Ticket) -> bool:
    """Return whether somebody evidently works on the case, and only its source did not say since when."""
    return (
        policy.ends is End.TAKEN_IN_CHARGE
        and ticket.taken_in_charge_at is None
        and ticket.state is not TicketState.OPEN
    )


def _of_policy(
    policy: Policy, ticket: Ticket, calendar: Calendar, now: datetime,
    events: Sequence[TicketEvent], contacts: Sequence[Contact],
) -> Clock:  # fmt: skip
    start = ticket.opened_at if policy.starts is Start.OPENING else started_at(ticket)
    waiting = ticket.state is TicketState.WAITING_CUSTOMER
    ended_at = _ended_at(policy, ticket, contacts)
    return _ran(policy, start, calendar, now, ended_at=ended_at, events=events, waiting=waiting)


def _given(ticket: Ticket, due: datetime, calendar: Calendar, now: datetime, name: str) -> Clock:
    """Return the clock of a due time that a helpdesk set: nothing moves it."""
    end = ticket.closed_at or now
    left = due - end
    if ticket.closed_at is not None:
        state = ClockState.KEPT if left >= timedelta() else ClockState.BROKEN
    elif left < timedelta():
        state = ClockState.LATE
    else:
        warns = _warns(0, started_at(ticket), due, end, calendar)
        state = ClockState.WARNING if warns else ClockState.RUNNING
    return Clock(state, due, left, name, Unit.HOURS, left)


def _day(ticket: Ticket, policies: Policies, operator: Operator, calendar: Calendar, channel: str) -> dict[str, Policy]:
    return dict(policies.for_case(ticket.kind, operator, calendar.local_day(started_at(ticket)), channel))


def clock(
    ticket: Ticket, operator: Operator, now: datetime, events: Sequence[TicketEvent], policies: Policies
) -> Clock | None:
    """Return the main clock of a case at `now`: whether it is settled in time; None where no policy has one.

    Events of other tickets may be among `events`, in any order.
    """
    calendar = calendar_of(operator)
    main = _day(ticket, policies, operator, calendar, "").get(MAIN[ticket.kind])
    if ticket.due_at is not None:
        return _given(ticket, ticket.due_at, calendar, now, main.clock if main else DUE)
    own = [one for one in events if one.ticket_key == ticket.key]
    return _of_policy(main, ticket, calendar, now, own, ()) if main is not None else None


def clocks(
    ticket: Ticket,
    operator: Operator,
    now: datetime,
    events: Sequence[TicketEvent],
    contacts: Sequence[Contact],
    policies: Policies,
) -> tuple[Clock, ...]:
    """Return all clocks of a case at `now`, the most pressing first; those that ended come last, broken before kept.

    `events` and `contacts` may be those of all the customer's cases, in any order; contacts of the case that wait for
    an answer have a clock each (R15).
    """
    calendar = calendar_of(operator)
    own = [one for one in events if one.ticket_key == ticket.key]
    theirs = [one for one in contacts if one.ticket_key == ticket.key]
    found: list[Clock] = []
    chosen = _day(ticket, policies, operator, calendar, _began_on(ticket, theirs))
    main = chosen.get(MAIN[ticket.kind])
    if ticket.due_at is not None:
        found.append(_given(ticket, ticket.due_at, calendar, now, main.clock if main else DUE))
        if main is not None and not main.legal:
            del chosen[main.clock]
    for policy in chosen.values():
        if not _unknowable(policy, ticket):
            found.append(_of_policy(policy, ticket, calendar, now, own, theirs))
    for contact in theirs:
        if contact.answer is AnswerState.WAITING:
            answer = first_response(contact, operator, now, policies)
            found += [answer] if answer is not None else []
    return tuple(sorted(found, key=_urgency))


def _urgency(one: Clock) -> tuple[int, datetime, str, str]:
    return _RANK[one.state], one.due_at, one.name, one.source


def pressing(every: Sequence[Clock]) -> Clock | None:
    """Return the clock that presses most, None when all have ended."""
    running = [one for one in every if not one.ended]
    return min(running, key=_urgency, default=None)


def first_response(contact: Contact, operator: Operator, now: datetime, policies: Policies) -> Clock | None:
    """Return the clock of a contact that waits for an answer, or was answered, by its channel (R15).

    None for one that needs none, or of which somebody said so, and where no policy has a clock for its channel.
    """
    answered = contact.answer is AnswerState.ANSWERED
    if not answered and contact.answer is not AnswerState.WAITING:
        return None
    calendar = calendar_of(operator)
    policy = policies.for_answer(contact.channel, operator, calendar.local_day(contact.at))
    if policy is None or (answered and contact.answered_at is None):
        return None
    return _ran(policy, contact.at, calendar, now, ended_at=contact.answered_at if answered else None)


def depends_on_history(ticket: Ticket, operator: Operator, policies: Policies) -> bool:
    """Return whether a ticket's clocks depend on events or contacts of its history, all of which are needed then."""
    given = MAIN[ticket.kind] if ticket.due_at is not None else ""
    every = policies.concerning(ticket.kind, operator)
    return any(one.ends is End.TOLD or one.channels or (one.pauses and one.clock != given) for one in every)
