"""Asking again: it counts, raises the case from the operator's threshold on, and tells who has the ball (R37)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from backends.port import Put
from backends.records import Contact, Handover, Holder, Ticket, TicketEventKind, new_key
from console.desk.acts.scene import Scene, event, new
from console.i18n import _n
from console.rules.asking import raised
from console.rules.handover import is_open, table_at
from console.rules.standing import chases_by_ticket

ANSWERS_FOR = {Holder.SUPPLIER: Holder.DESK, Holder.CUSTOMER: Holder.DESK}
"""Who hears of a chase where the ball is with somebody who does not read this desk: we chase them for the customer."""


@dataclass(frozen=True, slots=True)
class Raised:
    """What asking again does to a ticket: the ticket as it is then, and what is stored beside it."""

    ticket: Ticket
    items: tuple[Put, ...] = ()


def told(ticket: Ticket) -> Holder:
    """Return who is told that a ticket was chased."""
    return ANSWERS_FOR.get(ticket.holder, ticket.holder)


def count_with_one_more(scene: Scene, ticket: Ticket) -> int:
    """Return which chase the next one is."""
    return chases_by_ticket(scene.file.chases).get(ticket.key, 0) + 1


def raised_by(scene: Scene, ticket: Ticket, count: int, note: str = "", contact: Contact | None = None) -> Raised:
    """Return what the chase number `count` does to a ticket; nothing below the operator's threshold (R37).

    From the threshold on each chase raises the priority by one, and the holder is told: as a hand-over to the same
    hands, which stands on their agenda until somebody there accepts it, and is raised when nobody does in time. While
    one is still to be accepted, no second one is made.
    """
    if count < scene.file.operator.chase_threshold:
        return Raised(ticket)
    items: list[Put] = []
    higher = raised(ticket.priority)
    if higher is not ticket.priority:
        items.append(event(scene, ticket, TicketEventKind.PRIORITY, before=ticket.priority, after=higher))
        ticket = replace(ticket, priority=higher)
    if not _being_told(scene, ticket):
        words = _n("asked again once", "asked again {n} times", count).format(n=count)
        call = Handover(
            new_key(),
            ticket.key,
            ticket.customer_key,
            told(ticket),
            scene.now,
            by=scene.agent.name,
            note=f"{words}: {note}" if note else words,
            due_at=_accepted_by(scene, ticket),
        )
        items.append(new(call))
        items.append(event(scene, ticket, TicketEventKind.HANDOVER, after=call.to, text=words, contact=contact))
    return Raised(ticket, tuple(items))


def _accepted_by(scene: Scene, ticket: Ticket) -> datetime:
    """Return until when whoever is told must say so: the desk from its next opening on, others at once."""
    operator, to = scene.file.operator, told(ticket)
    lies_there = table_at(to, scene.now, operator, at_once=to is not Holder.DESK)
    return lies_there + timedelta(minutes=operator.accept_minutes)


def _being_told(scene: Scene, ticket: Ticket) -> bool:
    return any(one.ticket_key == ticket.key and is_open(one) for one in scene.file.handovers)
