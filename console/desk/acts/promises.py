"""Acts on promises: make one, keep it, withdraw it with a reason."""

from __future__ import annotations

from dataclasses import replace

from backends.port import Batch, Put
from backends.records import Promise, PromiseKind, PromiseState, Ticket, TicketEventKind, new_key
from console.desk.acts.scene import Scene, Unfit, Values, changed, code_of, event, moment_of, new, text_of


def promise(scene: Scene, values: Values, ticket: Ticket | None = None) -> Batch:
    """Store what was promised and until when.

    Answers: kind (`deed` or `call_back`), deed (needed for a deed), due (needed, plain words), owner (empty: who
    promises).
    """
    kind = code_of(values, "kind", PromiseKind, PromiseKind.DEED)
    due = moment_of(values, "due", scene, needed=True)
    deed = text_of(values, "deed", needed=kind is PromiseKind.DEED)
    made = Promise(
        key=new_key(),
        customer_key=scene.file.customer.key,
        kind=kind,
        deed=deed,
        made_at=scene.now,
        due_at=due,
        ticket_key=ticket.key if ticket else "",
        made_by=scene.agent.name,
        owner=text_of(values, "owner") or scene.agent.name,
    )
    items: list[Put] = [new(made)]
    if ticket is not None:
        after = due.isoformat() if due else ""
        items.append(event(scene, ticket, TicketEventKind.PROMISED, before=kind, after=after, text=deed))
    return scene.batch(*items, act="create")


def _settle(scene: Scene, one: Promise, state: PromiseState, reason: str, kind: TicketEventKind) -> Batch:
    if one.state is not PromiseState.OPEN:
        raise Unfit("promise", "not_open")
    items: list[Put] = [changed(replace(one, state=state, closed_at=scene.now, closed_reason=reason))]
    ticket = next((ticket for ticket in scene.file.tickets if ticket.key == one.ticket_key), None)
    if ticket is not None:
        items.append(event(scene, ticket, kind, text=reason or one.deed))
    return scene.batch(*items, reason=reason)


def keep(scene: Scene, one: Promise) -> Batch:
    """Record that a promise was kept."""
    return _settle(scene, one, PromiseState.KEPT, "", TicketEventKind.PROMISE_KEPT)


def withdraw(scene: Scene, one: Promise, values: Values) -> Batch:
    """Record that a promise will not be kept, with the reason (needed) the customer was given."""
    reason = text_of(values, "reason", needed=True)
    return _settle(scene, one, PromiseState.WITHDRAWN, reason, TicketEventKind.PROMISE_WITHDRAWN)
