"""Clocks of tickets: until when a case is due, how much is left, and whether it was kept.

Policies are data. A due time that a helpdesk set is a fact and wins; otherwise the policy of the ticket's kind counts
from the first contact. A supplier's delay never stops a clock; waiting for the customer stops the policies that say so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from backends.records import Operator, Ticket, TicketEvent, TicketEventKind, TicketKind, TicketState
from console.rules.workdays import add_working_days, end_of_day


class Unit(StrEnum):
    """What a policy counts."""

    WORKING_DAYS = "working_days"
    CALENDAR_DAYS = "calendar_days"
    HOURS = "hours"


@dataclass(frozen=True, slots=True)
class Policy:
    """How long a kind of case may take; `source` names where the number comes from."""

    count: int
    unit: Unit
    source: str
    pauses_for_customer: bool = True


DEFAULT: Mapping[TicketKind, Policy] = {
    TicketKind.FAULT: Policy(2, Unit.WORKING_DAYS, "R1"),
    TicketKind.INSTALLATION: Policy(12, Unit.WORKING_DAYS, "R2"),
    TicketKind.COMPLAINT: Policy(30, Unit.CALENDAR_DAYS, "REGULATION: complaint answer", pauses_for_customer=False),
    TicketKind.DATA_REQUEST: Policy(30, Unit.CALENDAR_DAYS, "GDPR 12", pauses_for_customer=False),
    TicketKind.BILLING: Policy(5, Unit.WORKING_DAYS, "house rule"),
    TicketKind.CHANGE: Policy(5, Unit.WORKING_DAYS, "house rule"),
    TicketKind.SALES: Policy(2, Unit.WORKING_DAYS, "house rule"),
}

EARLY = timedelta(hours=4)
"""A clock warns this long before its end, or in its last fifth, whichever is shorter."""


class ClockState(StrEnum):
    """How a clock stands."""

    RUNNING = "running"
    WARNING = "warning"
    LATE = "late"
    PAUSED = "paused"
    KEPT = "kept"
    BROKEN = "broken"
    """Closed after its due time."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A ticket's clock: `due_at` is UTC."""

    state: ClockState
    due_at: datetime
    left: timedelta
    """Until due; negative when late. For a closed case, what was left at closing."""


def zone_of(operator: Operator) -> ZoneInfo:
    """Return the zone in which an operator's days begin and end; UTC where its record names none that exists."""
    try:
        return ZoneInfo(operator.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def _due(start: datetime, policy: Policy, operator: Operator) -> datetime:
    zone = zone_of(operator)
    local = start.astimezone(zone)
    if policy.unit is Unit.HOURS:
        return start + timedelta(hours=policy.count)
    day: date = local.date()
    if policy.unit is Unit.WORKING_DAYS:
        day = add_working_days(day, policy.count, operator.country)
    else:
        day += timedelta(days=policy.count)
    return end_of_day(day, zone).astimezone(UTC)


MOVES_CLOCKS = frozenset({TicketEventKind.STATE, TicketEventKind.CLOSED, TicketEventKind.REOPENED})
"""Kinds of events that tell when a case waited for the customer and when no more."""


def may_have_waited(ticket: Ticket) -> bool:
    """Return whether a ticket's due time depends on how long it waited for the customer."""
    return ticket.due_at is None and DEFAULT[ticket.kind].pauses_for_customer


def paused_for(events: Sequence[TicketEvent], now: datetime) -> timedelta:
    """Return how long the case waited for the customer, up to `now`, from its events in any order.

    Closing and opening again end the waiting as a new state does. What is dated after `now` has not happened yet.
    """
    waited = timedelta()
    since: datetime | None = None
    told = [one for one in events if one.kind in MOVES_CLOCKS and one.at <= now]
    for event in sorted(told, key=lambda one: (one.at, len(one.key), one.key)):
        if event.after == TicketState.WAITING_CUSTOMER and since is None:
            since = event.at
        elif event.after != TicketState.WAITING_CUSTOMER and since is not None:
            waited += event.at - since
            since = None
    return waited + (now - since if since is not None else timedelta())


def clock(
    ticket: Ticket, operator: Operator, now: datetime, events: Sequence[TicketEvent] = (), policy: Policy | None = None
) -> Clock:
    """Return how the ticket's clock stands at `now`; events of other tickets may be among `events`."""
    policy = policy or DEFAULT[ticket.kind]
    start = ticket.first_contact_at or ticket.opened_at
    end = ticket.closed_at or now
    due = ticket.due_at
    if due is None:
        due = _due(start, policy, operator)
        if policy.pauses_for_customer:
            due += paused_for([one for one in events if one.ticket_key == ticket.key], end)
    left = due - end
    if ticket.closed_at is not None:
        return Clock(ClockState.KEPT if left >= timedelta() else ClockState.BROKEN, due, left)
    if left < timedelta():
        return Clock(ClockState.LATE, due, left)
    if ticket.state is TicketState.WAITING_CUSTOMER and policy.pauses_for_customer:
        return Clock(ClockState.PAUSED, due, left)
    early = min(EARLY, (due - start) / 5)
    return Clock(ClockState.WARNING if left <= early else ClockState.RUNNING, due, left)
