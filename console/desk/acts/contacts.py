"""Acts on contacts: log one, reply to one, settle what waits for an answer."""

from __future__ import annotations

from dataclasses import replace

from backends.port import Batch, Put
from backends.records import (
    AnswerState,
    Channel,
    Contact,
    ContactPoint,
    Customer,
    Direction,
    PointKind,
    Ticket,
    new_key,
)
from console.desk.acts import papers
from console.desk.acts.scene import Scene, Unfit, Values, changed, code_of, new, note_of, text_of
from console.rules.asking import answer_needed, can_be_answered

SUBJECT = 80
LONGEST = 24 * 60 * 60
"""Seconds that a contact can take: a form that stood open for longer was forgotten, not talked over."""


def subject_from(note: str) -> str:
    """Return the first line of a note as a subject, cut at a word."""
    first = note.split("\n", 1)[0].strip()
    if len(first) <= SUBJECT:
        return first
    cut = first[:SUBJECT].rsplit(" ", 1)[0]
    return f"{cut or first[:SUBJECT]}…"


def point_for(customer: Customer, channel: str) -> ContactPoint | None:
    """Return the address that a message on `channel` goes to, the preferred one first; None when there is none."""
    kinds: tuple[PointKind, ...]
    if channel == Channel.EMAIL:
        kinds = (PointKind.EMAIL,)
    elif channel == Channel.SMS:
        kinds = (PointKind.MOBILE, PointKind.PHONE)
    elif channel == Channel.FAX:
        kinds = (PointKind.FAX,)
    elif channel == Channel.CALL:
        kinds = (PointKind.MOBILE, PointKind.PHONE)
    else:
        return None
    fitting = [point for kind in kinds for point in customer.points if point.kind is kind]
    return next((point for point in fitting if point.preferred), fitting[0] if fitting else None)


def contact_now(
    scene: Scene, channel: str, direction: Direction, *, note: str, subject: str = "", ticket: Ticket | None = None
) -> Contact:
    """Return a contact that takes place now with the scene's customer."""
    customer = scene.file.customer
    point = point_for(customer, channel)
    address = point.value if point else ""
    inbound = direction is Direction.INBOUND
    return Contact(
        key=new_key(),
        reference="",
        customer_key=customer.key,
        operator_key=customer.operator_key,
        channel=channel,
        direction=direction,
        at=scene.now,
        subject=subject or subject_from(note),
        body=note,
        ticket_key=ticket.key if ticket else "",
        line_key=ticket.line_key if ticket else "",
        agent=scene.agent.name,
        sender=address if inbound else "",
        recipient="" if inbound else address,
        answer=answer_needed(channel, direction),
    )


def ticket_named(scene: Scene, values: Values, field: str = "ticket") -> Ticket | None:
    """Return the ticket whose key the answer holds, None for none; raises Unfit for one that is not here."""
    key = values.get(field, "")
    if not key:
        return None
    for ticket in scene.file.tickets:
        if ticket.key == key:
            return ticket
    raise Unfit(field, "unknown")


def _seconds(values: Values) -> int:
    typed = values.get("seconds", "")
    seconds = int(typed) if typed.isdecimal() and len(typed) < 10 else 0
    return seconds if seconds <= LONGEST else 0


def log_contact(scene: Scene, values: Values) -> Batch:
    """Store a contact that the agent took or made: call notes, a visit, what came by letter.

    Answers: channel, direction, note (needed), subject, outcome, ticket, seconds, identity (`yes` when an identity
    document came with a fax or letter). A written inbound contact that the wrap-up calls settled is stored as answered
    (R10); with a paper that lacks its document the check of it is planned (R38).
    """
    channel = text_of(values, "channel") or Channel.CALL
    direction = code_of(values, "direction", Direction, Direction.INBOUND)
    if channel == Channel.NOTE:
        direction = Direction.INTERNAL
    note = note_of(values, "note", needed=True)
    contact = contact_now(
        scene, channel, direction, note=note, subject=text_of(values, "subject"), ticket=ticket_named(scene, values)
    )
    outcome = text_of(values, "outcome")
    contact = replace(contact, outcome=outcome, seconds=_seconds(values))
    if contact.answer is AnswerState.WAITING and outcome == "solved":
        contact = replace(contact, answer=AnswerState.ANSWERED, answered_at=scene.now)
    contact = papers.with_document(contact, values)
    return scene.batch(new(contact), *papers.what_follows(scene, contact), act="create")


def reply(scene: Scene, values: Values, to: Contact | None = None) -> Batch:
    """Store an outbound message, settle what it answers (R10), and start the ticket's care if it is the first (R42).

    Answers: channel, to, subject, body (needed), ticket.
    """
    channel = text_of(values, "channel") or (to.channel if to else Channel.EMAIL)
    body = note_of(values, "body", needed=True)
    ticket = ticket_named(scene, values)
    sent = contact_now(scene, channel, Direction.OUTBOUND, note=body, subject=text_of(values, "subject"), ticket=ticket)
    recipient = text_of(values, "to") or sent.recipient
    if channel in (Channel.EMAIL, Channel.SMS, Channel.FAX) and not recipient:
        raise Unfit("to", "needed")
    thread = to.thread if to and to.thread else (f"contact-{to.key}" if to else "")
    sent = replace(sent, recipient=recipient, thread=thread)
    items: list[Put] = [new(sent)]
    if to is not None:
        settled = replace(to, thread=thread)
        if can_be_answered(to):
            settled = replace(settled, answer=AnswerState.ANSWERED, answered_at=scene.now, answered_by=sent.key)
        if settled != to:
            items.append(changed(settled))
        items += papers.when_asked_for(scene, to)
    if ticket is not None and ticket.taken_in_charge_at is None:
        items.append(changed(replace(ticket, taken_in_charge_at=scene.now)))
    return scene.batch(*items, act="create")


def mark_answered(scene: Scene, contact: Contact) -> Batch:
    """Settle an inbound contact that was answered some other way (R10)."""
    if not can_be_answered(contact):
        raise Unfit("contact", "not_waiting")
    return scene.batch(changed(replace(contact, answer=AnswerState.ANSWERED, answered_at=scene.now)))


def waive_answer(scene: Scene, contact: Contact, values: Values) -> Batch:
    """Say, with a reason (needed), that an inbound contact needs no answer (R10)."""
    if not can_be_answered(contact):
        raise Unfit("contact", "not_waiting")
    reason = text_of(values, "reason", needed=True)
    return scene.batch(
        changed(replace(contact, answer=AnswerState.WAIVED, answered_at=scene.now, waived_reason=reason)),
        reason=reason,
    )
