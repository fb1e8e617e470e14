"""Engineers' visits: which can still come, which windows collide, and what nobody has said yet (R5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from backends.records import Key, Visit, VisitState

COMING = frozenset({VisitState.PLANNED, VisitState.CONFIRMED})
"""States in which an engineer may still come."""

NEXT: Mapping[VisitState, tuple[VisitState, ...]] = {
    VisitState.PLANNED: (VisitState.CONFIRMED, VisitState.DONE, VisitState.MISSED, VisitState.CANCELLED),
    VisitState.CONFIRMED: (VisitState.DONE, VisitState.MISSED, VisitState.CANCELLED),
    VisitState.DONE: (),
    VisitState.MISSED: (),
    VisitState.CANCELLED: (),
}
"""What can become of a visit."""


def coming(visits: Iterable[Visit], ticket_key: Key = "") -> tuple[Visit, ...]:
    """Return the visits that are not settled, the next one first; those of one ticket where it is named."""
    found = (one for one in visits if one.state in COMING and ticket_key in ("", one.ticket_key))
    return tuple(sorted(found, key=lambda one: (one.window_from, one.key)))


def of_ticket(visits: Iterable[Visit], ticket_key: Key) -> tuple[Visit, ...]:
    """Return all visits of a ticket, the latest first."""
    found = (one for one in visits if one.ticket_key == ticket_key)
    return tuple(sorted(found, key=lambda one: (one.window_from, one.key), reverse=True))


def colliding(begin: datetime, end: datetime, visits: Sequence[Visit], but: Key = "") -> Visit | None:
    """Return the visit, still to come, whose window overlaps this one; windows that only touch do not."""
    return next(
        (one for one in coming(visits) if one.key != but and one.window_from < end and begin < one.window_to), None
    )


def unsettled(visits: Iterable[Visit], now: datetime) -> tuple[Visit, ...]:
    """Return the visits whose window is over and of which nobody said whether the engineer came, oldest first."""
    return tuple(one for one in coming(visits) if one.window_to < now)
