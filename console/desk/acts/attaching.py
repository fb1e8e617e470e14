"""Acts on a caller whom an outage hits: no new ticket, a contact that says what they were told, and a promised word."""

from __future__ import annotations

from dataclasses import replace

from backends.port import Batch, Put
from backends.records import Channel, Direction, Promise, PromiseKind, TicketEventKind, new_key
from console.desk.acts.contacts import contact_now
from console.desk.acts.scene import Scene, Unfit, changed, event, new
from console.rules.attaching import fault_about, word_of
from console.rules.coverage import Hit, is_live


def attach(scene: Scene, hit: Hit, *, told: str, subject: str) -> Batch:
    """Attach the caller to the outage that hits them (R26, R27).

    Stores the call with what they were `told`, and the promise of a word when the outage is over; an open fault about
    it is linked, no new one is made. Who was promised a word already is counted once more and promised nothing again.
    Raises Unfit `over` for an outage that does not go on.
    """
    outage = hit.outage
    if not is_live(outage):
        raise Unfit("outage", "over")
    ticket = fault_about(scene.file, hit)
    call = contact_now(scene, Channel.CALL, Direction.INBOUND, note=told, subject=subject, ticket=ticket)
    call = replace(call, outage_key=outage.key, line_key=call.line_key or hit.line_key, outcome="information")
    items: list[Put] = [new(call)]
    if ticket is not None and ticket.outage_key != outage.key:
        items.append(changed(replace(ticket, outage_key=outage.key)))
        what = outage.reference or outage.title
        items.append(event(scene, ticket, TicketEventKind.OUTAGE_ATTACHED, after=outage.key, text=what, contact=call))
    if word_of(scene.file.promises, outage.key) is None:
        promise = Promise(
            key=new_key(),
            customer_key=scene.file.customer.key,
            kind=PromiseKind.WORD_AT_RESTORATION,
            deed="",
            made_at=scene.now,
            due_at=None,
            ticket_key=ticket.key if ticket else "",
            contact_key=call.key,
            outage_key=outage.key,
            made_by=scene.agent.name,
            owner=scene.agent.name,
        )
        items.append(new(promise))
        if ticket is not None:
            items.append(event(scene, ticket, TicketEventKind.PROMISED, before=promise.kind, contact=call))
    return scene.batch(*items, act="create")
