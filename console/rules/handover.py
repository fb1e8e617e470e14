"""Handing a report on: when it lies on whose table, until when it must be accepted, and what is late (R22)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from backends.records import Agent, Handover, Holder, Operator, Role, TicketEvent, TicketEventKind
from console.rules.agenda import sides_of
from console.rules.working_time import calendar_of, next_opening

MUST_ACCEPT = frozenset({Holder.DESK, Holder.TECHNICAL, Holder.BILLING})
"""Who has to say that they took over what was handed to them; a supplier does so by a colleague who minds it."""


def is_open(handover: Handover) -> bool:
    """Return whether nobody has accepted or declined it yet."""
    return handover.accepted_at is None and handover.declined_at is None


_OWN_SIDE: Mapping[Role, Holder] = {
    Role.DESK: Holder.DESK,
    Role.ADVISOR: Holder.DESK,
    Role.SUPERVISOR: Holder.DESK,
    Role.TECHNICAL: Holder.TECHNICAL,
    Role.BILLING: Holder.BILLING,
}
"""Where somebody of a role sits; the hotline sits outside and passes everything on."""


def must_accept(
    agent: Agent, to: Holder, name: str = "", colleagues: Sequence[str] = (), *, later: bool = False
) -> bool:
    """Return whether what this agent gives on has to be accepted.

    It has when it leaves the one side where they sit, lies there only `later`, or goes to a colleague by name: then
    somebody else has to take it. A supplier does not accept, unless a colleague minds it there. Whoever sits on several
    sides passes from one to another.
    """
    if to is Holder.SUPPLIER:
        return bool(name) and name in colleagues
    if to not in MUST_ACCEPT:
        return False
    own = {_OWN_SIDE[role] for role in agent.roles if role in _OWN_SIDE}
    other = bool(name) and name not in (agent.name, agent.login)
    stays = to in own and (to is Holder.DESK or len(own) == 1)
    return later or other or not stays


def may_accept(handover: Handover, agent: Agent) -> bool:
    """Return whether an agent is one of those who can accept or decline."""
    return handover.to in sides_of(agent)


def table_at(to: Holder, now: datetime, operator: Operator, *, at_once: bool) -> datetime:
    """Return when a report lies on the table of whoever gets it, in UTC.

    At once, or when the operator's desk works next. The customer and a supplier have no desk hours of ours.
    """
    if at_once or to not in MUST_ACCEPT:
        return now
    return next_opening(now, calendar_of(operator))


def accept_by(handover: Handover, operator: Operator) -> datetime:
    """Return until when it is to be accepted, in UTC."""
    return handover.due_at or handover.at + timedelta(minutes=operator.accept_minutes)


def late(handover: Handover, operator: Operator, now: datetime) -> bool:
    """Return whether nobody accepted it in time, so that it is raised on both sides."""
    return is_open(handover) and now > accept_by(handover, operator)


def late_by(handover: Handover, operator: Operator, now: datetime) -> timedelta:
    """Return for how long it is late; nothing when it is not."""
    return now - accept_by(handover, operator) if late(handover, operator, now) else timedelta()


def to_accept(handovers: Iterable[Handover], agent: Agent) -> tuple[Handover, ...]:
    """Return what an agent can accept or decline, the one that waits longest first."""
    mine = [one for one in handovers if is_open(one) and may_accept(one, agent)]
    return tuple(sorted(mine, key=lambda one: (one.due_at or one.at, one.at, one.key)))


def was_raised(handover: Handover, events: Iterable[TicketEvent]) -> bool:
    """Return whether it was raised already, as the ticket's events tell."""
    return any(
        one.kind is TicketEventKind.RAISED and one.ticket_key == handover.ticket_key and one.at >= handover.at
        for one in events
    )
