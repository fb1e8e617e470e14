"""Acts of handing on: the ball with a package, accepting it, declining it, raising what nobody accepted (R22)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from backends.port import Batch, Put
from backends.records import (
    Agent,
    Customer,
    Handover,
    Holder,
    Operator,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketState,
    new_key,
)
from console.desk.acts.scene import Scene, Unfit, Values, changed, event, new, text_of
from console.desk.acts.tickets import hand_over as give_ball
from console.desk.acts.tickets import handovers_settled
from console.rules.handover import is_open, may_accept, must_accept, table_at

ACCEPTED, DECLINED = "accepted", "declined"


def package(
    scene: Scene, ticket: Ticket, to: Holder, *, note: str = "", told: str = "", at_once: bool = True
) -> tuple[Put, Put]:
    """Return a handover with what the customer was told, and its event on the ticket.

    It lies on the table at once or when the desk works next, and is to be accepted within the operator's minutes
    from then.
    """
    operator = scene.file.operator
    lies = table_at(to, scene.now, operator, at_once=at_once)
    made = Handover(
        key=new_key(),
        ticket_key=ticket.key,
        customer_key=ticket.customer_key,
        to=to,
        at=scene.now,
        by=scene.agent.name,
        note=note,
        told_customer=told,
        due_at=lies + timedelta(minutes=operator.accept_minutes),
    )
    return new(made), event(scene, ticket, TicketEventKind.HANDOVER, after=to, text=note)


def hand_over(
    scene: Scene, ticket: Ticket, values: Values, *, colleagues: Sequence[str] = (), technical_at_once: bool = True
) -> Batch:
    """Give the ball to somebody else; where they must accept it, a handover is made with it, without a further key.

    Answers are those of giving the ball. The technical service is told at once, or with the desk's next working hour
    as all others are. Whoever hands on what was handed to them has accepted it by that.
    """
    batch = give_ball(scene, ticket, values)
    moved = next(item.record for item in batch.items if isinstance(item.record, Ticket))
    if moved.holder is ticket.holder and moved.holder_name == ticket.holder_name:
        return batch
    items = [*batch.items, *handovers_settled(scene, ticket)]
    at_once = technical_at_once and moved.holder is Holder.TECHNICAL
    later = table_at(moved.holder, scene.now, scene.file.operator, at_once=at_once) > scene.now
    if must_accept(scene.agent, moved.holder, moved.holder_name, colleagues, later=later):
        note = " · ".join(part for part in (moved.holder_name, moved.next_step) if part)
        items += package(scene, ticket, moved.holder, note=note, at_once=at_once)
    return replace(batch, items=tuple(items))


def _taking(scene: Scene, handover: Handover) -> Ticket:
    """Return the ticket of a handover that the agent may settle; raises Unfit."""
    if not is_open(handover):
        raise Unfit("handover", "settled")
    if not may_accept(handover, scene.agent):
        raise Unfit("handover", "not_yours")
    ticket = next((one for one in scene.file.tickets if one.key == handover.ticket_key), None)
    if ticket is None:
        raise Unfit("handover", "settled")
    return ticket


def accept(scene: Scene, handover: Handover) -> Batch:
    """Take over what was handed on: from now on the agent minds it, and the ticket is taken in charge (R42)."""
    ticket = _taking(scene, handover)
    items = [
        changed(replace(handover, accepted_at=scene.now, accepted_by=scene.agent.name)),
        event(scene, ticket, TicketEventKind.HANDOVER, before=handover.to, after=ACCEPTED),
    ]
    if ticket.state is not TicketState.CLOSED:
        taken = replace(
            ticket,
            holder_name=ticket.holder_name or scene.agent.name,
            taken_in_charge_at=ticket.taken_in_charge_at or scene.now,
            state=TicketState.IN_PROGRESS if ticket.state is TicketState.OPEN else ticket.state,
        )
        if taken != ticket:
            items.append(changed(taken))
    return scene.batch(*items)


def decline(scene: Scene, handover: Handover, values: Values) -> Batch:
    """Give back what was handed on, with a reason (needed): the desk has the ball again, by name who handed it over.

    It comes up on the list of what to do within the operator's minutes of the desk's next working hour: who handed it
    over may have gone home.
    """
    ticket = _taking(scene, handover)
    reason = text_of(values, "reason", needed=True)
    items = [
        changed(replace(handover, declined_at=scene.now, declined_reason=reason)),
        event(scene, ticket, TicketEventKind.HANDOVER, before=handover.to, after=DECLINED, text=reason),
    ]
    operator = scene.file.operator
    lies = table_at(Holder.DESK, scene.now, operator, at_once=False) + timedelta(minutes=operator.accept_minutes)
    back = replace(
        ticket,
        holder=Holder.DESK,
        holder_name=handover.by,
        held_since=scene.now,
        next_step=ticket.next_step or reason,
        next_step_at=min(lies, ticket.next_step_at) if ticket.next_step_at is not None else lies,
    )
    if ticket.state is not TicketState.CLOSED and ticket.holder is handover.to:
        items.append(changed(back))
        items.append(
            event(scene, ticket, TicketEventKind.HOLDER, before=ticket.holder, after=Holder.DESK, text=handover.by)
        )
    return scene.batch(*items, reason=reason)


def raising(handover: Handover, customer: Customer, operator: Operator, agent: Agent, now: datetime) -> Batch:
    """Return what raises a handover that nobody accepted in time; however many consoles see it, it is stored once."""
    told = TicketEvent(
        key=new_key(),
        ticket_key=handover.ticket_key,
        customer_key=customer.key,
        kind=TicketEventKind.RAISED,
        at=now,
        by="",
        before=handover.by,
        after=handover.to,
        text=f"{operator.accept_minutes} min",
    )
    return Batch((Put(told),), actor=agent.login, act="change", idempotency_key=f"raised-{handover.key}")
