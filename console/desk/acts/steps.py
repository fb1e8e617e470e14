"""Acts on the next step of a ticket: it was taken, and what comes after it (R5)."""

from __future__ import annotations

from dataclasses import replace

from backends.port import Batch, Put
from backends.records import Ticket, TicketEventKind, TicketState
from console.desk.acts.scene import Scene, Unfit, Values, changed, event, moment_of, text_of


def step_taken(scene: Scene, ticket: Ticket, values: Values) -> Batch:
    """Record that the next step was taken, and name the one after it, if there is one.

    Answers: next_step, next_step_at (plain words, needed with a next step: a step without a date is none).
    """
    if ticket.state is TicketState.CLOSED:
        raise Unfit("ticket", "closed")
    following = text_of(values, "next_step")
    at = moment_of(values, "next_step_at", scene, needed=bool(following))
    if at is not None and not following:
        raise Unfit("next_step", "needed")
    items: list[Put] = [changed(replace(ticket, next_step=following, next_step_at=at))]
    after = at.isoformat() if at else ""
    told = " → ".join(part for part in (ticket.next_step, following) if part)
    items.append(event(scene, ticket, TicketEventKind.NEXT_STEP, before=ticket.next_step, after=after, text=told))
    return scene.batch(*items)
