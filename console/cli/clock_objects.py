"""Clocks and what is owed as `show --json` prints them: codes, moments in UTC, amounts in the smallest unit."""

from __future__ import annotations

from typing import Any

from backends.records import Money, Ticket
from console.cli.output import moment_text
from console.desk.picture import Picture
from console.present.clocking import owed_now
from console.present.setting import Now
from console.rules.clocks import Clock, clocks


def _money(amount: Money) -> dict[str, Any]:
    return {"minor": amount.minor, "currency": amount.currency}


def _clock(one: Clock) -> dict[str, Any]:
    working = one.working_time
    return {
        "clock": one.name,
        "state": one.state.value,
        "due_at": moment_text(one.due_at),
        "left_seconds": int(one.left.total_seconds()),
        "working_days_left": one.working_days,
        "desk_seconds_left": int(working.total_seconds()) if working is not None else None,
        "legal": one.legal,
        "source": one.source,
    }


def clock_parts(ticket: Ticket, picture: Picture, now: Now) -> dict[str, Any]:
    """Return the clocks of a ticket, the most pressing first, what is owed for it and what was given (R1, R33)."""
    file = picture.file
    every = clocks(ticket, file.operator, now.at, picture.waits, picture.heard, now.policies)
    found = owed_now(ticket, file, now, picture.waits, picture.heard)
    return {
        "clocks": [_clock(one) for one in every],
        "owed": None
        if found is None
        else {
            "today": _money(found.amount),
            "next": _money(found.next_amount) if found.next_amount else None,
            "next_at": moment_text(found.next_at) if found.next_at else None,
            "for": [{"tariff": one.name, "minor": one.amount, "source": one.source} for one in found.shares],
            "doubts": list(found.doubts),
        },
        "compensations": [
            {**_money(one.amount), "reason": one.reason, "at": moment_text(one.at), "by": one.by}
            for one in ticket.compensations
        ],
    }
