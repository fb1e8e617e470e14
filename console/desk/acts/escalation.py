"""Acts on the ladder: climb a rung, or step down, each with a reason (R40)."""

from __future__ import annotations

from dataclasses import replace

from backends.port import Batch, Put
from backends.records import Ticket, TicketEventKind, TicketState
from console.desk.acts.scene import Scene, Unfit, Values, changed, event, text_of
from console.rules.asking import raised
from console.rules.escalation import GROUND, climbs, ladder_of, next_rung

DOWN = "down:"
"""The answer that takes a case off the ladder; an empty one means the next rung."""


def escalate(scene: Scene, ticket: Ticket, values: Values) -> Batch:
    """Move a case to a rung of its operator's ladder.

    Answers: rung (empty: the next one; DOWN: off the ladder), reason (needed). A step up raises the priority by one; a
    step down leaves it, for somebody above has judged it. Raises Unfit for a rung that the ladder does not have and for
    the one the case stands on.
    """
    if ticket.state is TicketState.CLOSED:
        raise Unfit("ticket", "closed")
    ladder = ladder_of(scene.file.operator)
    typed = values.get("rung", "").strip()
    rung = GROUND if typed == DOWN else typed or next_rung(ticket.escalated_to, ladder)
    if rung != GROUND and rung not in ladder:
        raise Unfit("rung", "no_rung")
    if rung == ticket.escalated_to:
        raise Unfit("rung", "same_rung")
    reason = text_of(values, "reason", needed=True)
    moved = replace(ticket, escalated_to=rung)
    items: list[Put] = [
        event(scene, ticket, TicketEventKind.ESCALATED, before=ticket.escalated_to, after=rung, text=reason)
    ]
    higher = raised(ticket.priority)
    if climbs(ticket.escalated_to, rung, ladder) and higher is not ticket.priority:
        moved = replace(moved, priority=higher)
        items.append(event(scene, ticket, TicketEventKind.PRIORITY, before=ticket.priority, after=higher))
    return scene.batch(changed(moved), *items, reason=reason)
