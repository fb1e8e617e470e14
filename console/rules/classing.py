"""How a case went, as proposed when it is closed (R4): the person who closes it decides."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from backends.records import Chase, Outcome, Promise, PromiseState, Ticket
from console.rules.clocks import ClockState
from console.rules.promises import OPEN_ENDED, is_told
from console.rules.standing import chases_by_ticket

COMPOUNDED_FROM = 3
"""A customer who had to ask this often was failed more than once, whatever else went well (R37)."""
_TOO_LATE = frozenset({ClockState.LATE, ClockState.BROKEN})


def was_broken(promise: Promise, now: datetime) -> bool:
    """Return whether a promise's time passed before it was kept or withdrawn; one without a time never breaks.

    Nor does one that is due when something ends, whatever time was expected (R27).
    """
    if promise.kind in OPEN_ENDED:
        return False
    settled = promise.closed_at if promise.state is not PromiseState.OPEN else None
    return promise.due_at is not None and promise.due_at < (settled or now)


def proposed_outcome(
    ticket: Ticket,
    chases: Sequence[Chase],
    promises: Sequence[Promise],
    clock: ClockState,
    now: datetime,
    *,
    reopened: bool = False,
) -> Outcome:
    """Return the class that fits what happened to `ticket` up to `now` (R4).

    `chases` and `promises` may be those of all the customer's cases; `clock` is how the ticket's own stands. Compounded
    when the customer asked again three times or more, or a promise was broken on a late case; recovered when any one
    thing went wrong; else right first time.
    """
    chased = chases_by_ticket(chases).get(ticket.key, 0)
    broken = any(one.ticket_key == ticket.key and is_told(one) and was_broken(one, now) for one in promises)
    late = clock in _TOO_LATE
    if chased >= COMPOUNDED_FROM or (broken and late):
        return Outcome.COMPOUNDED
    return Outcome.RECOVERED if chased or broken or late or reopened else Outcome.RIGHT_FIRST_TIME
