"""Acts on tickets: open, chase, hand over, close, fix on the spot, give the reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from backends.port import Batch, Put
from backends.records import (
    Channel,
    Chase,
    Contact,
    Direction,
    Holder,
    Key,
    Line,
    Outcome,
    Priority,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketKind,
    TicketState,
    new_key,
)
from console.desk.acts.chasing import count_with_one_more, raised_by
from console.desk.acts.contacts import contact_now, subject_from, ticket_named
from console.desk.acts.joining import JOINED_INTO
from console.desk.acts.scene import Scene, Unfit, Values, changed, code_of, event, moment_of, new, note_of, text_of
from console.rules.asking import HOLDERS, QUESTIONS
from console.rules.classing import proposed_outcome
from console.rules.clocks import ClockState, clock
from console.rules.handover import is_open as not_accepted
from console.rules.promises import is_open, is_told

OPENS_WITH_CONTACT = (Channel.CALL, Channel.CHAT, Channel.VISIT)
"""Channels on which opening a ticket is itself the contact; a note of it is stored with the ticket."""


def _line_key(scene: Scene, values: Values) -> Key:
    key = values.get("line", "")
    if key and not any(line.key == key for line in scene.file.lines):
        raise Unfit("line", "unknown")
    return key


def line_of(scene: Scene, ticket: Ticket) -> Line | None:
    """Return the line that a ticket is about, None when it names none."""
    return next((line for line in scene.file.lines if line.key == ticket.line_key), None)


def _details(kind: TicketKind, values: Values) -> tuple[tuple[str, str], ...]:
    details: list[tuple[str, str]] = []
    for question in QUESTIONS[kind]:
        answer = text_of(values, question.code, needed=question.needed)
        if answer and question.choices and answer not in question.choices:
            raise Unfit(question.code, "unknown")
        if answer:
            details.append((question.code, answer))
    return tuple(details)


def _fresh(scene: Scene, values: Values, about: Contact | None) -> Ticket:
    kind = code_of(values, "kind", TicketKind)
    details = _details(kind, values)  # asked first, so what is missing there is told first
    description = note_of(values, "description")
    subject = text_of(values, "subject") or subject_from(description) or (about.subject if about else "")
    if not subject:
        raise Unfit("subject", "needed")
    holder = HOLDERS[kind]
    return Ticket(
        key=new_key(),
        reference="",
        customer_key=scene.file.customer.key,
        operator_key=scene.file.customer.operator_key,
        kind=kind,
        subject=subject,
        description=description,
        details=details,
        opened_at=scene.now,
        first_contact_at=min(about.at, scene.now) if about else scene.now,
        opened_by=scene.agent.name,
        priority=code_of(values, "priority", Priority, Priority.NORMAL),
        line_key=_line_key(scene, values),
        holder=holder,
        held_since=scene.now,
        taken_in_charge_at=scene.now if values.get("channel") in OPENS_WITH_CONTACT else None,
    )


def open_ticket(scene: Scene, values: Values, about: Contact | None = None) -> Batch:
    """Open a ticket; the legal clock starts at the contact it is about (R36).

    Answers: kind (needed), the kind's own questions, subject or description (needed), line, priority, channel. `about`
    is the contact it came from, which then hangs on it; without one, a spoken channel makes a contact too.
    """
    ticket = _fresh(scene, values, about)
    items: list[Put] = [new(ticket)]
    contact: Contact | None = None
    if about is not None:
        items.append(changed(replace(about, ticket_key=ticket.key)))
        contact = about
    elif (channel := values.get("channel", "")) in OPENS_WITH_CONTACT:
        contact = contact_now(
            scene,
            channel,
            Direction.INBOUND,
            note=ticket.description or ticket.subject,
            subject=ticket.subject,
            ticket=ticket,
        )
        items.append(new(contact))
    items.append(event(scene, ticket, TicketEventKind.OPENED, after=ticket.kind, text=ticket.subject, contact=contact))
    return scene.batch(*items, act="create")


def chase(scene: Scene, ticket: Ticket, values: Values) -> Batch:
    """Count the customer's asking again, tell the holder, raise the priority at the operator's threshold (R37).

    Answers: note, channel.
    """
    _must_be_open(ticket)
    note = note_of(values, "note")
    contact = contact_now(
        scene,
        text_of(values, "channel") or Channel.CALL,
        Direction.INBOUND,
        note=note,
        subject=ticket.subject,
        ticket=ticket,
    )
    count = count_with_one_more(scene, ticket)
    record = Chase(
        new_key(), ticket.key, ticket.customer_key, scene.now, scene.agent.name, contact_key=contact.key, note=note
    )
    lifted = raised_by(scene, ticket, count, note, contact)
    items = [
        new(contact),
        new(record),
        event(scene, ticket, TicketEventKind.CHASED, after=str(count), text=note, contact=contact),
        *lifted.items,
    ]
    if lifted.ticket != ticket:
        items.append(changed(lifted.ticket))
    return scene.batch(*items, act="create")


def hand_over(scene: Scene, ticket: Ticket, values: Values) -> Batch:
    """Give the ball to somebody else, with the next step and its date (R5).

    Answers: holder (needed), holder_name, holder_reference, next_step, next_step_at. A step that stays the same keeps
    its date unless another is given.
    """
    _must_be_open(ticket)
    holder = code_of(values, "holder", Holder)
    state = TicketState.WAITING_CUSTOMER if holder is Holder.CUSTOMER else TicketState.IN_PROGRESS
    name = text_of(values, "holder_name")
    step, step_at = text_of(values, "next_step"), moment_of(values, "next_step_at", scene)
    if step_at is None and step and step == ticket.next_step:
        step_at = ticket.next_step_at
    moved = replace(
        ticket,
        holder=holder,
        holder_name=name,
        holder_reference=text_of(values, "holder_reference"),
        held_since=ticket.held_since if (holder, name) == (ticket.holder, ticket.holder_name) else scene.now,
        next_step=step,
        next_step_at=step_at,
        state=state,
    )
    if moved == ticket:
        raise Unfit("holder", "unchanged")
    items = [changed(moved)]
    if (holder, name) != (ticket.holder, ticket.holder_name):
        items.append(event(scene, ticket, TicketEventKind.HOLDER, before=ticket.holder, after=holder, text=name))
    if moved.next_step != ticket.next_step:
        items.append(event(scene, ticket, TicketEventKind.NEXT_STEP, text=moved.next_step))
    if state is not ticket.state:
        items.append(event(scene, ticket, TicketEventKind.STATE, before=ticket.state, after=state))
    return scene.batch(*items)


def _must_be_open(ticket: Ticket) -> None:
    if ticket.state is TicketState.CLOSED:
        raise Unfit("ticket", "closed")


def class_of(scene: Scene, ticket: Ticket, events: Sequence[TicketEvent] = ()) -> Outcome:
    """Return how a case went, as proposed when it is closed now (R4).

    `events` are what is known of its history: how long it waited for the customer, and whether it came back.
    """
    main = clock(ticket, scene.file.operator, scene.now, events, scene.policies)
    state = main.state if main is not None else ClockState.RUNNING
    reopened = any(one.ticket_key == ticket.key and one.kind is TicketEventKind.REOPENED for one in events)
    return proposed_outcome(ticket, scene.file.chases, scene.file.promises, state, scene.now, reopened=reopened)


def close(scene: Scene, ticket: Ticket, values: Values, events: Sequence[TicketEvent] = ()) -> Batch:
    """Close a case and class it (R4); with an open promise, or otherwise classed than proposed, only with a reason.

    Answers: outcome (needed), resolution, reason. `events` are what is known of the case's history; the class that
    follows from it is kept beside the one that was chosen.
    """
    _must_be_open(ticket)
    outcome = code_of(values, "outcome", Outcome)
    proposed = class_of(scene, ticket, events)
    resolution = note_of(values, "resolution")
    reason = text_of(values, "reason")
    if not reason and _promised(scene, ticket):
        raise Unfit("reason", "open_promise")
    if not reason and outcome is not proposed:
        raise Unfit("reason", "class_changed")
    return scene.batch(*_closing(scene, ticket, outcome, resolution, reason, proposed), reason=reason)


def _promised(scene: Scene, ticket: Ticket) -> bool:
    """Return whether something that the customer was told is still owed on this case."""
    return any(one.ticket_key == ticket.key and is_open(one) and is_told(one) for one in scene.file.promises)


def _why_in_spite_of_promises(scene: Scene, ticket: Ticket, note: str) -> str:
    """Return why a case that is fixed now is closed with a promise open: what was done is the reason."""
    return subject_from(note) if _promised(scene, ticket) else ""


def _closing(
    scene: Scene,
    ticket: Ticket,
    outcome: Outcome,
    resolution: str,
    reason: str,
    proposed: Outcome,
    contact: Contact | None = None,
) -> tuple[Put, ...]:
    closed = replace(
        ticket,
        state=TicketState.CLOSED,
        closed_at=scene.now,
        outcome=outcome,
        outcome_reason=reason,
        class_proposed=proposed,
        resolution=resolution,
    )
    told = resolution or reason
    said = event(scene, ticket, TicketEventKind.CLOSED, before=ticket.state, after=outcome, text=told, contact=contact)
    return changed(closed), said, *handovers_settled(scene, ticket)


def handovers_settled(scene: Scene, ticket: Ticket) -> list[Put]:
    """Return what becomes of handovers that are open when the ball goes on or the case ends: moot, nobody's debt."""
    theirs = [one for one in scene.file.handovers if one.ticket_key == ticket.key and not_accepted(one)]
    return [changed(replace(one, accepted_at=scene.now, accepted_by=scene.agent.name)) for one in theirs]


def reopen(scene: Scene, ticket: Ticket) -> Batch:
    """Open a closed case again: the same reference, the same clock."""
    if ticket.state is not TicketState.CLOSED:
        raise Unfit("ticket", "open")
    again = replace(
        ticket,
        state=TicketState.OPEN,
        closed_at=None,
        outcome=None,
        outcome_reason="",
        class_proposed=None,
        held_since=scene.now,
        details=tuple(one for one in ticket.details if one[0] != JOINED_INTO),
    )
    told = event(scene, ticket, TicketEventKind.REOPENED, before=ticket.state, after=TicketState.OPEN)
    return scene.batch(changed(again), told)


def fix_on_spot(scene: Scene, values: Values, events: Sequence[TicketEvent] = ()) -> Batch:
    """Store a contact and a case that was opened and closed within it, right first time (R7).

    Answers: kind, note (needed), line, channel; ticket, when it was an open case that is fixed now: that one is closed
    instead, classed by what its `events` and the file tell of it (R4).
    """
    note = note_of(values, "note", needed=True)
    channel = text_of(values, "channel") or Channel.CALL
    known = ticket_named(scene, values)
    ticket = known or _fixed_at_once(scene, values, note)
    contact = contact_now(scene, channel, Direction.INBOUND, note=note, ticket=ticket)
    contact = replace(contact, outcome="solved")
    if known is not None:
        _must_be_open(known)
        outcome = class_of(scene, known, events)
        why = _why_in_spite_of_promises(scene, known, note)
        items = list(_closing(scene, known, outcome, note, why, outcome, contact))
        return scene.batch(new(contact), *items, act="create")
    return scene.batch(
        new(ticket),
        new(contact),
        event(scene, ticket, TicketEventKind.OPENED, after=ticket.kind, text=ticket.subject, contact=contact),
        event(scene, ticket, TicketEventKind.CLOSED, after=Outcome.RIGHT_FIRST_TIME, contact=contact),
        act="create",
    )


def _fixed_at_once(scene: Scene, values: Values, note: str) -> Ticket:
    return Ticket(
        key=new_key(),
        reference="",
        customer_key=scene.file.customer.key,
        operator_key=scene.file.customer.operator_key,
        kind=code_of(values, "kind", TicketKind, TicketKind.FAULT),
        subject=subject_from(note),
        description=note,
        opened_at=scene.now,
        first_contact_at=scene.now,
        taken_in_charge_at=scene.now,
        opened_by=scene.agent.name,
        line_key=_line_key(scene, values),
        holder=Holder.DESK,
        held_since=scene.now,
        state=TicketState.CLOSED,
        closed_at=scene.now,
        outcome=Outcome.RIGHT_FIRST_TIME,
        class_proposed=Outcome.RIGHT_FIRST_TIME,
        resolution=note,
    )


def give_reference(scene: Scene, ticket: Ticket) -> Batch | None:
    """Record that the customer was told the reference (R34); None when that is recorded already."""
    if ticket.reference_given_at is not None:
        return None
    return scene.batch(
        changed(replace(ticket, reference_given_at=scene.now)),
        event(scene, ticket, TicketEventKind.REFERENCE_GIVEN, text=ticket.reference),
    )
