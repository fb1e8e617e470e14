"""What was done to a ticket, and calls of the caller log, as entries of a customer's history."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from backends import clean
from backends.records import (
    Channel,
    Contact,
    Direction,
    Key,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketState,
)
from backends.rest.zammad import rows
from backends.rest.zammad.cases import Cases
from backends.rest.zammad.options import Options
from backends.rest.zammad.people import key_of
from backends.rest.zammad.rows import Row

_KINDS: Mapping[str, TicketEventKind] = {
    "state": TicketEventKind.STATE,
    "priority": TicketEventKind.PRIORITY,
    "owner": TicketEventKind.HOLDER,
    "group": TicketEventKind.HOLDER,
    "pending_time": TicketEventKind.NEXT_STEP,
    "title": TicketEventKind.NOTE,
}
_JOINING = re.compile(r"merged|link", re.IGNORECASE)
_LOGGED_WITHIN = (timedelta(minutes=-1), timedelta(minutes=15))
"""From when before a call's beginning until when after its end a note of it may have been written."""
_SECONDS = 86_400


def ticket_events(cases: Cases, ticket: Ticket, history: Sequence[Row]) -> list[TicketEvent]:
    """Return the changes of a ticket that say something to an agent: states, holders, priorities, joins."""
    found = [_event(cases, ticket, row) for row in history]
    return [event for event in found if event is not None]


def _event(cases: Cases, ticket: Ticket, row: Row) -> TicketEvent | None:
    at, number = rows.moment(row, "created_at"), rows.number(row, "id")
    attribute, what = rows.raw(row, "attribute"), rows.raw(row, "type")
    if at is None or not number or rows.raw(row, "object") not in ("Ticket", ""):
        return None
    before, after = rows.line(row, "value_from"), rows.line(row, "value_to")
    kind = _KINDS.get(attribute)
    if _JOINING.search(what) or attribute.startswith("link"):
        kind = TicketEventKind.JOINED
    elif what == "created" and not attribute:
        kind, before, after = TicketEventKind.OPENED, "", ""
    elif kind is TicketEventKind.STATE:
        kind, before, after = _state_change(cases, before, after)
    elif kind is TicketEventKind.PRIORITY:
        before, after = (cases.priority_code(name) for name in (before, after))
    if kind is None:
        return None
    return TicketEvent(
        key=f"history:{number}",
        ticket_key=ticket.key,
        customer_key=ticket.customer_key,
        kind=kind,
        at=at,
        by=rows.line(row, "by") or rows.line(row, "created_by"),
        before=before,
        after=after,
        text=clean.line(attribute) if kind is TicketEventKind.NOTE else "",
        version=1,
    )


def _state_change(cases: Cases, before: str, after: str) -> tuple[TicketEventKind, str, str]:
    was, now = cases.state_code(before), cases.state_code(after)
    if now == TicketState.CLOSED:
        return TicketEventKind.CLOSED, was, now
    return (TicketEventKind.REOPENED if was == TicketState.CLOSED else TicketEventKind.STATE), was, now


def call_key(number: int) -> Key:
    """Return the key of a call of the caller log."""
    return f"call:{number}"


def caller_of(row: Row) -> int:
    """Return the user whom a call surely was with; 0 when it is only a guess, or several share the number."""
    side = "to" if rows.raw(row, "direction") == "out" else "from"
    held = rows.inside(row, "preferences").get(side)
    known = {
        rows.number(each, "user_id") or rows.number(each, "o_id")
        for each in rows.rows_in(held)
        if rows.raw(each, "level") == "known" and rows.raw(each, "object") in ("User", "")
    }
    return known.pop() if len(known) == 1 else 0


def call(options: Options, row: Row) -> Contact | None:
    """Return a call with a known customer as a contact; None for one of somebody unknown."""
    number, user = rows.number(row, "id"), caller_of(row)
    if not number or not user:
        return None
    began, ended = rows.moment(row, "start"), rows.moment(row, "end")
    at = began or rows.moment(row, "initialized_at") or rows.moment(row, "created_at") or datetime.fromtimestamp(0, UTC)
    inbound = rows.raw(row, "direction") != "out"
    return Contact(
        key=call_key(number),
        reference=f"P-{number}",
        customer_key=key_of(user),
        operator_key=options.operator.key,
        channel=Channel.CALL,
        direction=Direction.INBOUND if inbound else Direction.OUTBOUND,
        at=at,
        seconds=min(_SECONDS, max(0, int((ended - began).total_seconds()))) if began and ended else 0,
        agent=rows.line(row, "to_comment") if inbound else rows.line(row, "from_comment"),
        sender=rows.line(row, "from"),
        recipient=rows.line(row, "to"),
        outcome=rows.line(row, "comment"),
        version=rows.version(row),
    )


def unlogged(calls: Sequence[Contact], contacts: Sequence[Contact]) -> list[Contact]:
    """Return those calls that nobody has written a note of yet."""
    before, after = _LOGGED_WITHIN
    noted = [contact.at for contact in contacts if contact.channel == Channel.CALL]
    return [
        each
        for each in calls
        if not any(each.at + before <= at <= each.at + timedelta(seconds=each.seconds) + after for at in noted)
    ]
