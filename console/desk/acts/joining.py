"""Joining what is one matter, and parting it again: a contact and a ticket, or two tickets (R38).

A contact that is joined counts as a chase, at its own time, and the case's clock starts at the earliest contact. Each
act is one batch, so that undo restores the very same content of the store.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from backends.port import Batch, Put, Remove
from backends.records import (
    Chase,
    Contact,
    Direction,
    Dispute,
    Entry,
    Handover,
    Key,
    Priority,
    Promise,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketState,
    Visit,
    new_key,
)
from console.desk.acts.chasing import count_with_one_more, raised_by
from console.desk.acts.scene import Scene, Unfit, changed, event, new

JOINED_INTO = "joined_into"
"""Code under which a ticket's details name the reference of the ticket that it was joined into."""

Hanging = TypeVar("Hanging", Chase, Promise, Visit, Handover, Dispute)


def _must_be_open(ticket: Ticket) -> None:
    if ticket.state is TicketState.CLOSED:
        raise Unfit("ticket", "closed")


def join_contact(scene: Scene, contact: Contact, ticket: Ticket, evidence: str = "") -> Batch:
    """Hang a contact on the open ticket that it is about; `evidence` says in words why, and is kept with it.

    What the customer said counts as a chase, at the time of the contact; the ticket's clock runs from the earliest of
    its contacts. What we sent is only hung on the ticket. Raises Unfit for a contact that has a ticket, one of somebody
    else, and a closed ticket.
    """
    _must_be_open(ticket)
    if contact.ticket_key:
        raise Unfit("contact", "joined")
    if contact.customer_key != ticket.customer_key:
        raise Unfit("contact", "of_another")
    first = ticket.first_contact_at
    known = first.isoformat() if first else ""
    items: list[Put] = [changed(replace(contact, ticket_key=ticket.key))]
    after = ticket
    count = ""
    if contact.direction is Direction.INBOUND:
        number = count_with_one_more(scene, ticket)
        count = str(number)
        items.append(
            new(
                Chase(
                    new_key(),
                    ticket.key,
                    ticket.customer_key,
                    contact.at,
                    scene.agent.name,
                    contact_key=contact.key,
                    note=contact.subject,
                )
            )
        )
        lifted = raised_by(scene, ticket, number, contact.subject, contact)
        items += lifted.items
        after = replace(lifted.ticket, first_contact_at=min(first or ticket.opened_at, contact.at))
    if after != ticket:
        items.append(changed(after))
    joined = event(scene, ticket, TicketEventKind.JOINED, before=known, after=count, text=evidence, contact=contact)
    return scene.batch(*items, joined, reason=evidence)


def part_contact(scene: Scene, contact: Contact, ticket: Ticket, history: Iterable[Entry] = ()) -> Batch:
    """Take a contact off a ticket again: its chase goes, and the clock runs from the earliest contact that is left.

    `history` are the ticket's contacts and events. A priority that was raised stays: somebody may have acted on it.
    Raises Unfit for a contact that is not on this ticket.
    """
    if contact.ticket_key != ticket.key:
        raise Unfit("contact", "not_joined")
    items: list[Put | Remove] = [changed(replace(contact, ticket_key=""))]
    for one in scene.file.chases:
        if one.ticket_key == ticket.key and one.contact_key == contact.key:
            items.append(Remove(one, seen=one.version))
    first = _first_without(ticket, contact, tuple(history))
    if first != ticket.first_contact_at:
        items.append(changed(replace(ticket, first_contact_at=first)))
    items.append(event(scene, ticket, TicketEventKind.PARTED, text=contact.subject, contact=contact))
    return Batch(tuple(items), actor=scene.agent.login)


def not_the_same(scene: Scene, contact: Contact, ticket: Ticket) -> Batch:
    """Say that a contact is not about this ticket, so that it is not proposed any more."""
    if contact.ticket_key == ticket.key:
        raise Unfit("contact", "joined")
    return scene.batch(event(scene, ticket, TicketEventKind.PARTED, text=contact.subject, contact=contact))


def _first_without(ticket: Ticket, contact: Contact, history: Sequence[Entry]) -> datetime | None:
    """Return when the customer first spoke of the case, if this contact is not about it."""
    if ticket.first_contact_at is None or ticket.first_contact_at != contact.at:
        return ticket.first_contact_at
    times = [ticket.opened_at]
    known: list[datetime] = []
    for one in history:
        if one.ticket_key != ticket.key:
            continue
        if isinstance(one, Contact) and one.key != contact.key and one.direction is Direction.INBOUND:
            times.append(one.at)
        elif isinstance(one, TicketEvent) and one.kind is TicketEventKind.JOINED and one.contact_key:
            known += _moment(one.before)
    if known:
        times.append(max(known))  # before anything was joined; what lies earlier came with a contact, which may be gone
    return min(times)


def _moment(text: str) -> list[datetime]:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return []
    return [found] if found.tzinfo is not None else []


# two tickets --------------------------------------------------------------------------------------------------------


def older_first(one: Ticket, other: Ticket) -> tuple[Ticket, Ticket]:
    """Return two tickets, the one that was opened first before the other: it stays."""
    first, second = sorted((one, other), key=lambda ticket: (ticket.opened_at, ticket.key))
    return first, second


def join_tickets(scene: Scene, one: Ticket, other: Ticket, contacts: Sequence[Contact], evidence: str = "") -> Batch:
    """Make two open tickets of one customer one: all that hangs on the younger goes to the older, which stays.

    `contacts` are those of the younger ticket, all of them. The younger is closed without a class, for it is no case
    of its own, and names the other; having been opened counts as asking again. What happened to it stays in its own
    history. Raises Unfit for a closed ticket, for twice the same one, and for tickets of two customers.
    """
    if one.key == other.key:
        raise Unfit("ticket", "unchanged")
    if one.customer_key != other.customer_key:
        raise Unfit("ticket", "of_another")
    _must_be_open(one)
    _must_be_open(other)
    older, younger = older_first(one, other)
    count = count_with_one_more(scene, older) + sum(
        1 for chase in scene.file.chases if chase.ticket_key == younger.key and not chase.outbound
    )
    asked = Chase(
        new_key(),
        older.key,
        older.customer_key,
        younger.first_contact_at or younger.opened_at,
        scene.agent.name,
        note=younger.reference,
    )
    lifted = raised_by(scene, _together(older, younger), count, younger.subject)
    items: list[Put] = [
        changed(lifted.ticket),
        changed(_closed(scene, younger, older)),
        *_moved(scene, younger.key, older.key, contacts),
        new(asked),
        *lifted.items,
        event(scene, older, TicketEventKind.JOINED, before=younger.reference, after=str(count), text=evidence),
        event(scene, younger, TicketEventKind.CLOSED, before=younger.state, text=older.reference),
    ]
    return scene.batch(*items, reason=evidence)


def _together(older: Ticket, younger: Ticket) -> Ticket:
    """Return the older ticket with what both know: the first contact, the higher priority, the first word to them.

    What was given for the younger counts for the one case there is now, or it would be given twice (R33).
    """
    ranks = list(Priority)
    return replace(
        older,
        first_contact_at=min(one.first_contact_at or one.opened_at for one in (older, younger)),
        priority=max(older.priority, younger.priority, key=ranks.index),
        line_key=older.line_key or younger.line_key,
        outage_key=older.outage_key or younger.outage_key,
        taken_in_charge_at=_earliest(older.taken_in_charge_at, younger.taken_in_charge_at),
        next_step=older.next_step or younger.next_step,
        next_step_at=older.next_step_at if older.next_step else younger.next_step_at,
        compensations=(*older.compensations, *younger.compensations),
    )


def _earliest(*moments: datetime | None) -> datetime | None:
    return min((one for one in moments if one is not None), default=None)


def _closed(scene: Scene, younger: Ticket, older: Ticket) -> Ticket:
    details = (*younger.details, (JOINED_INTO, older.reference))
    return replace(younger, state=TicketState.CLOSED, closed_at=scene.now, details=details, compensations=())


def _moved(scene: Scene, source: Key, target: Key, contacts: Sequence[Contact]) -> list[Put]:
    """Return everything that hangs on one ticket, hung on another."""
    file = scene.file
    return [
        *(changed(replace(one, ticket_key=target)) for one in contacts if one.ticket_key == source),
        *_hung(file.chases, source, target),
        *_hung(file.promises, source, target),
        *_hung(file.visits, source, target),
        *_hung(file.handovers, source, target),
        *_hung(file.disputes, source, target),
    ]


def _hung(records: Sequence[Hanging], source: Key, target: Key) -> list[Put]:
    return [changed(replace(one, ticket_key=target)) for one in records if one.ticket_key == source]
