"""Acts on visits: plan one, and say what became of it (R5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from backends.port import Batch
from backends.records import Ticket, TicketEventKind, TicketState, Visit, VisitState, new_key
from console.desk.acts.scene import Scene, Unfit, Values, changed, event, moment_in, moment_of, new, text_of
from console.rules.visits import NEXT, colliding

LONGEST = timedelta(hours=24)
"""A window that is longer tells nobody when to be at home."""


def window_text(begin: datetime, end: datetime, scene: Scene) -> str:
    """Return a window as an event keeps it: the day as a number, the hours where the visit is."""
    first, last = begin.astimezone(scene.zone), end.astimezone(scene.zone)
    until = f"{last:%H:%M}" if first.date() == last.date() else f"{last:%Y-%m-%d %H:%M}"
    return f"{first:%Y-%m-%d %H:%M}–{until}"


def _window(scene: Scene, values: Values) -> tuple[datetime, datetime]:
    begin = moment_of(values, "window_from", scene, needed=True)
    assert begin is not None
    end = moment_in(values, "window_to", now=begin, zone=scene.zone, language=scene.language, needed=True)
    assert end is not None
    if end <= begin:
        raise Unfit("window_to", "window_order")
    if end - begin > LONGEST:
        raise Unfit("window_to", "window_long")
    if end <= scene.now:
        raise Unfit("window_from", "window_past")
    return begin, end


def plan_visit(scene: Scene, ticket: Ticket, values: Values) -> Batch:
    """Plan an engineer's visit.

    Answers: window_from (needed, plain words), window_to (needed; plain words as seen from the beginning: `12:00`, `in
    4h`), engineer, note. Raises Unfit for a window that is over, ends before it begins, lasts longer than a day, or
    overlaps another visit to this customer.
    """
    if ticket.state is TicketState.CLOSED:
        raise Unfit("ticket", "closed")
    begin, end = _window(scene, values)
    if colliding(begin, end, scene.file.visits) is not None:
        raise Unfit("window_from", "window_overlaps")
    engineer = text_of(values, "engineer")
    planned = Visit(
        new_key(), ticket.key, ticket.customer_key, begin, end, engineer=engineer, note=text_of(values, "note")
    )
    told = " · ".join(part for part in (window_text(begin, end, scene), engineer) if part)
    return scene.batch(
        new(planned), event(scene, ticket, TicketEventKind.VISIT, after=planned.state, text=told), act="create"
    )


def settle_visit(scene: Scene, ticket: Ticket, visit: Visit, state: VisitState, values: Values) -> Batch:
    """Say what became of a visit: confirmed, done, missed, or cancelled.

    Answers: reason (needed for a cancelled one), engineer. Raises Unfit for a visit that is settled already, and for
    one that is done or missed before it began.
    """
    if state not in NEXT[visit.state]:
        raise Unfit("visit", "visit_over")
    if state in (VisitState.DONE, VisitState.MISSED) and visit.window_from > scene.now:
        raise Unfit("visit", "visit_ahead")
    reason = text_of(values, "reason", needed=state is VisitState.CANCELLED)
    engineer = text_of(values, "engineer") or visit.engineer
    note = " · ".join(part for part in (visit.note, reason) if part)
    told = " · ".join(
        part for part in (window_text(visit.window_from, visit.window_to, scene), engineer, reason) if part
    )
    return scene.batch(
        changed(replace(visit, state=state, engineer=engineer, note=note)),
        event(scene, ticket, TicketEventKind.VISIT, before=visit.state, after=state, text=told),
        reason=reason,
    )
