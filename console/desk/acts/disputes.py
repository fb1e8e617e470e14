"""Acts on disputes: open one, ask billing to hold dunning meanwhile, and billing's answer (R39).

Every step leaves a mark on a ticket, with the state as its code: on the dispute's own, which is one of billing, the
whole of it; on another, that it happened, without what was said of money.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from backends.port import Batch, Put
from backends.records import (
    OPEN_STATES,
    Charge,
    Dispute,
    DisputeState,
    Money,
    Ticket,
    TicketEventKind,
    TicketKind,
    new_key,
)
from console.desk.acts.scene import Scene, Unfit, Values, changed, code_of, event, new, note_of, text_of
from console.desk.acts.tickets import open_ticket

ANSWERS = (
    DisputeState.ON_HOLD,
    DisputeState.OPEN,
    DisputeState.REFUSED,
    DisputeState.UPHELD,
    DisputeState.WITHDRAWN,
)
"""What billing can answer: it waits; it does not, and the dispute goes on; the charge stands; the customer is right; or
does not object any more."""
_WITH_WORDS = frozenset({DisputeState.OPEN, DisputeState.REFUSED})
_FINAL = frozenset({DisputeState.UPHELD, DisputeState.REFUSED, DisputeState.WITHDRAWN})
_ASKABLE = frozenset({DisputeState.OPEN})
_ANSWERABLE = frozenset({DisputeState.OPEN, DisputeState.HOLD_ASKED, DisputeState.ON_HOLD})


def unpaid(charges: Sequence[Charge]) -> tuple[Charge, ...]:
    """Return the charges that are not paid, the one that is dunned first before the others, then the newest."""

    def order(one: Charge) -> tuple[bool, int, int]:
        dunned = one.dunning_on.toordinal() if one.dunning_on else 0
        return one.dunning_on is None, dunned, -one.charged_on.toordinal()

    return tuple(sorted((one for one in charges if one.paid_on is None), key=order))


def billing_ticket(tickets: Sequence[Ticket]) -> Ticket | None:
    """Return the newest open billing ticket, None when there is none."""
    return next((one for one in tickets if one.kind is TicketKind.BILLING and one.state in OPEN_STATES), None)


def _disputed(scene: Scene, values: Values) -> tuple[Charge, ...]:
    """Return the charges that an answer names: one by its key, or all that are not paid."""
    wanted = values.get("charge", "")
    if not wanted:
        return unpaid(scene.file.charges)
    found = tuple(one for one in scene.file.charges if one.key == wanted)
    if not found:
        raise Unfit("charge", "unknown")
    return found


def _amount(charges: Sequence[Charge]) -> Money | None:
    """Return what the charges come to; None where they are in several currencies, or there are none."""
    currencies = {one.amount.currency for one in charges}
    if len(currencies) != 1:
        return None
    return Money(sum(one.amount.minor for one in charges), currencies.pop())


def open_dispute(scene: Scene, values: Values) -> Batch:
    """Store that the customer objects to charges, and ask billing at once to hold dunning unless told otherwise (R39).

    Answers: reason (needed), charge (a key; empty means all that are not paid), hold (`no` leaves billing unasked). It
    hangs on the open billing ticket; without one a ticket is opened, so that the customer has a number to quote (R34).
    """
    reason = note_of(values, "reason", needed=True)
    charges = _disputed(scene, values)
    items: list[Put] = []
    ticket = billing_ticket(scene.file.tickets)
    if ticket is None:
        opened = open_ticket(scene, {"kind": TicketKind.BILLING, "description": reason})
        items += [one for one in opened.items if isinstance(one, Put)]
        ticket = next(one.record for one in items if isinstance(one.record, Ticket))
    state = DisputeState.OPEN if values.get("hold") == "no" else DisputeState.HOLD_ASKED
    dispute = Dispute(
        key=new_key(),
        customer_key=scene.file.customer.key,
        reason=reason,
        opened_at=scene.now,
        amount=_amount(charges),
        charge_keys=tuple(one.key for one in charges),
        ticket_key=ticket.key,
        state=state,
    )
    items += [new(dispute), event(scene, ticket, TicketEventKind.NOTE, after=state, text=reason)]
    return scene.batch(*items, act="create")


def ask_hold(scene: Scene, dispute: Dispute, values: Values) -> Batch:
    """Ask billing not to dun while a dispute is open (R39). Answers: note, what billing should know."""
    if dispute.state not in _ASKABLE:
        raise Unfit("dispute", "hold_asked" if dispute.state is DisputeState.HOLD_ASKED else "decided")
    after = replace(dispute, state=DisputeState.HOLD_ASKED)
    return _stepped(scene, dispute, after, note_of(values, "note"))


def answer_hold(scene: Scene, dispute: Dispute, values: Values) -> Batch:
    """Store billing's answer, with its text, which a refusal needs.

    A hold that is refused does not end the dispute: the customer still objects, and dunning ahead stays a warning.

    Answers: state, answer.
    """
    if dispute.state not in _ANSWERABLE:
        raise Unfit("dispute", "decided")
    state = code_of(values, "state", DisputeState)
    if state not in ANSWERS:
        raise Unfit("state", "unknown")
    answer = text_of(values, "answer", needed=state in _WITH_WORDS)
    ended = scene.now if state in _FINAL else None
    return _stepped(scene, dispute, replace(dispute, state=state, answer=answer, closed_at=ended), answer)


def withdraw(scene: Scene, dispute: Dispute, values: Values) -> Batch:
    """Store that the customer does not object any more. Answers: note."""
    if dispute.state not in _ANSWERABLE:
        raise Unfit("dispute", "decided")
    ended = replace(dispute, state=DisputeState.WITHDRAWN, closed_at=scene.now)
    return _stepped(scene, dispute, ended, note_of(values, "note"))


def _stepped(scene: Scene, before: Dispute, after: Dispute, said: str) -> Batch:
    """Return the batch of a step, with its mark on the dispute's ticket; nothing said is left where all may read it."""
    items = [changed(after)]
    ticket = next((one for one in scene.file.tickets if one.key == before.ticket_key), None)
    if ticket is None:
        ticket = billing_ticket(scene.file.tickets)
    if ticket is not None:
        text = said if ticket.kind is TicketKind.BILLING else ""
        items.append(event(scene, ticket, TicketEventKind.NOTE, before=before.state, after=after.state, text=text))
    return scene.batch(*items)
