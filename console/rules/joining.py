"""Which open matter a contact is about: proposed, never done by itself (R38, R37).

Customers act on several fronts at once: they call, then write, then send a fax, all about one thing. A contact that
is about an open ticket is a chase of it. What is proposed must be right nearly always, for whoever reads it may be
tired: a matter is proposed when its number is named, when the thread is the same, or when line or subject, time and
words agree; when two matters fit about as well, none is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from backends.clean import fold
from backends.port import CustomerFile
from backends.records import (
    OPEN_STATES,
    Channel,
    Contact,
    Direction,
    Entry,
    Key,
    Line,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketKind,
)
from console.rules.identity import plain_subject
from console.rules.likeness import TOPICAL, Topic, asks_again, stems, stems_of, topics, topics_of

NEAR = timedelta(days=21)
"""How long after the last word about a matter a contact may come and still be about it."""
BEFORE = timedelta(days=3)
"""How long before its ticket was opened: a mail in the evening, a call in the morning."""
FEW, ENOUGH = 2, 4
"""Telling words in common that are needed beside the same line or topic, and without."""
SHARE, LARGE_SHARE = 0.15, 0.3
"""Of a contact's telling words, the part that must occur in the matter beside the same line or topic, and without."""
CLEARLY = 1.5
"""By how much the best matter must fit better than the next one."""


class Ground(StrEnum):
    """What speaks for it."""

    REFERENCE = "reference"
    THREAD = "thread"
    LINE = "line"
    SUBJECT = "subject"
    TOPIC = "topic"
    AGAIN = "again"
    WORDS = "words"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Proof:
    """One piece of evidence: `count` of `of` words, or how long `apart` the contact came from the last word of it.

    `apart` is negative for a contact from before the ticket was opened.
    """

    ground: Ground
    count: int = 0
    of: int = 0
    apart: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Proposal:
    """That a contact is about a ticket, and what speaks for it, strongest first."""

    contact_key: Key
    ticket_key: Key
    proof: tuple[Proof, ...]
    score: float


@dataclass(frozen=True, slots=True)
class Matter:
    """An open ticket with what was said about it so far."""

    ticket: Ticket
    contacts: tuple[Contact, ...] = ()
    line: Line | None = None
    names: frozenset[str] = frozenset()
    """Stems of names: whoever signs two letters has not written twice about one thing."""

    def said_before(self, contact: Contact) -> tuple[Contact, ...]:
        """Return the contacts about it that are not this one, in time order."""
        others = (one for one in self.contacts if one.key != contact.key)
        return tuple(sorted(others, key=lambda one: (one.at, one.key)))


def matters(
    tickets: Iterable[Ticket], contacts: Iterable[Contact], lines: Iterable[Line] = (), names: Iterable[str] = ()
) -> tuple[Matter, ...]:
    """Return the open matters among `tickets`, each with its contacts among `contacts` and its line.

    `names` are the customer's, the operator's, and whatever else stands under every letter; those of the colleagues
    come with the contacts.
    """
    contacts = tuple(contacts)
    silent = stems_of((*names, *{one.agent for one in contacts}))
    by_ticket: dict[Key, list[Contact]] = {}
    for one in {one.key: one for one in contacts}.values():
        if one.ticket_key:
            by_ticket.setdefault(one.ticket_key, []).append(one)
    known = {line.key: line for line in lines}
    return tuple(
        Matter(one, tuple(by_ticket.get(one.key, ())), known.get(one.line_key), silent)
        for one in tickets
        if one.state in OPEN_STATES
    )


def can_be_proposed(contact: Contact) -> bool:
    """Return whether a contact may be about a matter that nobody named: what a customer said, and not yet joined."""
    return contact.direction is Direction.INBOUND and not contact.ticket_key and contact.channel != Channel.NOTE


def said_apart(entries: Iterable[Entry]) -> frozenset[tuple[Key, Key]]:
    """Return the (contact, ticket) pairs of which a person said last that they are not one matter."""
    last: dict[tuple[Key, Key], TicketEvent] = {}
    for one in entries:
        if isinstance(one, TicketEvent) and one.contact_key and one.kind in _JUDGED:
            pair = (one.contact_key, one.ticket_key)
            if pair not in last or (one.at, one.key) > (last[pair].at, last[pair].key):
                last[pair] = one
    return frozenset(pair for pair, one in last.items() if one.kind is TicketEventKind.PARTED)


_JUDGED = frozenset({TicketEventKind.JOINED, TicketEventKind.PARTED})
_KIND_TOPICS: Mapping[TicketKind, frozenset[Topic]] = {
    TicketKind.BILLING: frozenset({Topic.MONEY}),
    TicketKind.INSTALLATION: frozenset({Topic.INSTALLATION}),
    TicketKind.DATA_REQUEST: frozenset({Topic.DATA}),
}
_SERVICE_TOPICS = {"internet": Topic.INTERNET, "tv": Topic.TV, "telephone": Topic.TELEPHONE}


def _ticket_texts(ticket: Ticket) -> tuple[str, ...]:
    return (ticket.subject, ticket.description, *(answer for _code, answer in ticket.details))


def _matter_texts(matter: Matter, contact: Contact) -> tuple[str, ...]:
    said = (text for one in matter.said_before(contact) for text in (one.subject, one.body))
    return (*_ticket_texts(matter.ticket), *said)


def _matter_topics(matter: Matter) -> frozenset[Topic]:
    """Return what a matter is about: what its ticket says, its kind and its line."""
    found = topics_of(_ticket_texts(matter.ticket)) | _KIND_TOPICS.get(matter.ticket.kind, frozenset())
    service = _SERVICE_TOPICS.get(matter.line.service) if matter.line is not None else None
    if service is not None and matter.ticket.kind is TicketKind.FAULT:
        found |= {service}
    return found


def _text(contact: Contact) -> str:
    return f"{contact.subject}\n{contact.body}"


def _named(contact: Contact, ticket: Ticket) -> bool:
    """Return whether a contact names the ticket's number, and not a longer one that holds it."""
    reference = fold(ticket.reference)
    named = rf"(?<!\w){re.escape(reference)}(?!\w)"
    return len(reference) > FEW and re.search(named, fold(_text(contact))) is not None


def _apart(contact: Contact, matter: Matter) -> timedelta | None:
    """Return how long after the last word about a matter a contact came; None when it is too far off."""
    ticket = matter.ticket
    times = [ticket.opened_at, *(one.at for one in matter.said_before(contact))]
    before = [at for at in times if at <= contact.at]
    if before:
        apart = contact.at - max(before)
        return apart if apart <= NEAR else None
    ahead = contact.at - min(times)
    return ahead if -ahead <= BEFORE else None


def _same_line(contact: Contact, matter: Matter) -> bool | None:
    """Return whether contact and matter name the same line; None when one of them names none."""
    ticket, line = matter.ticket, matter.line
    if contact.line_key and ticket.line_key:
        return contact.line_key == ticket.line_key
    if line is not None and line.number and fold(line.number) in fold(_text(contact)):
        return True
    return None


def _same_subject(contact: Contact, matter: Matter) -> bool:
    own = plain_subject(contact.subject)
    if not own or not stems(own):
        return False
    subjects = (matter.ticket.subject, *(one.subject for one in matter.said_before(contact)))
    return any(own == plain_subject(one) for one in subjects)


def _judged(contact: Contact, matter: Matter, alone: bool) -> Proposal | None:
    """Return what speaks for a contact being about a matter, None when it is not enough.

    `alone` says that the customer has no other open matter, which asking again could be about.
    """
    proof = _sure(contact, matter)
    certain = bool(proof)
    line, apart = _same_line(contact, matter), _apart(contact, matter)
    if not certain and (line is False or apart is None):
        return None
    text = _text(contact)
    spoken, about = topics(text), _matter_topics(matter)
    own = stems(text) - matter.names
    shared = own & stems_of(_matter_texts(matter, contact))
    grounds = {
        Ground.LINE: bool(line),
        Ground.SUBJECT: _same_subject(contact, matter),
        Ground.TOPIC: bool(spoken & about),
        Ground.AGAIN: alone and asks_again(text),
    }
    found = frozenset(ground for ground, true in grounds.items() if true)
    other = bool(spoken) and bool(about) and not spoken & about
    if not certain and (other or not _alike(found, len(shared - TOPICAL), len(own))):
        return None
    proof += [Proof(ground) for ground in grounds if ground in found]
    if shared:
        proof.append(Proof(Ground.WORDS, len(shared), len(own)))
    if apart is not None:
        proof.append(Proof(Ground.TIME, apart=apart))
    return Proposal(contact.key, matter.ticket.key, tuple(proof), _score(proof))


def _sure(contact: Contact, matter: Matter) -> list[Proof]:
    """Return what leaves no doubt: the ticket's number in the text, or the thread of a contact about it."""
    proof: list[Proof] = []
    if _named(contact, matter.ticket):
        proof.append(Proof(Ground.REFERENCE))
    if contact.thread and any(one.thread == contact.thread for one in matter.said_before(contact)):
        proof.append(Proof(Ground.THREAD))
    return proof


def _alike(found: Collection[Ground], shared: int, own: int) -> bool:
    """Return whether enough words agree: the fewer are needed, the more else speaks for it."""
    if Ground.SUBJECT in found:
        return True
    if Ground.AGAIN in found and shared >= FEW:
        return True
    if Ground.LINE in found or Ground.TOPIC in found:
        return shared >= FEW and shared >= SHARE * own
    return shared >= ENOUGH and shared >= LARGE_SHARE * own


_WEIGHT = {Ground.REFERENCE: 100.0, Ground.THREAD: 50.0, Ground.SUBJECT: 10.0, Ground.LINE: 2.0, Ground.TOPIC: 2.0}


def _score(proof: Sequence[Proof]) -> float:
    total = sum(_WEIGHT.get(one.ground, 0.0) for one in proof)
    words = next((one for one in proof if one.ground is Ground.WORDS), None)
    return total + (words.count + 4.0 * words.count / words.of if words is not None and words.of else 0.0)


def proposal(
    contact: Contact, among: Sequence[Matter], apart: Collection[tuple[Key, Key]] = frozenset()
) -> Proposal | None:
    """Return the open matter that a contact is about, None when none fits or two fit about as well (R38).

    `apart` are (contact, ticket) pairs of which a person said that they are not one matter. The answer depends on
    nothing but the arguments, and not on the order of `among`.
    """
    if not can_be_proposed(contact):
        return None
    alone = len(among) == 1
    judged = (_judged(contact, one, alone) for one in among if (contact.key, one.ticket.key) not in apart)
    found = [one for one in judged if one is not None]
    found.sort(key=lambda one: (-one.score, one.ticket_key))
    if not found or (len(found) > 1 and found[0].score < CLEARLY * found[1].score):
        return None
    return found[0]


def proposed_for(file: CustomerFile, entries: Sequence[Entry]) -> Mapping[Key, Proposal]:
    """Return what is proposed for the contacts among a customer's `entries`, by the contact's key (R38)."""
    among = matters_of(file, entries)
    if not among:
        return {}
    since = min(one.ticket.opened_at for one in among) - BEFORE
    asked = (one for one in entries if isinstance(one, Contact) and one.at >= since)
    return proposals(asked, among, said_apart(entries))


def matters_of(file: CustomerFile, entries: Iterable[Entry] = ()) -> tuple[Matter, ...]:
    """Return a customer's open matters, with what is known of them from the file and from these entries."""
    known = {one.key: one for one in entries if isinstance(one, Contact)}
    contacts = {**{one.key: one for one in file.recent_inbound}, **known}
    customer = file.customer
    names = (customer.name, customer.greeting_name, customer.place.street, customer.place.town, file.operator.name)
    return matters(file.tickets, contacts.values(), file.lines, names)


def proposals(
    contacts: Iterable[Contact], among: Sequence[Matter], apart: Collection[tuple[Key, Key]] = frozenset()
) -> Mapping[Key, Proposal]:
    """Return what is proposed for each of the contacts that fits an open matter, by the contact's key."""
    if not among:
        return {}
    found = (proposal(one, among, apart) for one in contacts)
    return {one.contact_key: one for one in found if one is not None}


def ticket_proposals(ticket: Ticket, among: Sequence[Matter]) -> Mapping[Key, Proposal]:
    """Return what speaks for a ticket being the same matter as others that are open, by the others' keys."""
    spoken = Contact(
        key=ticket.key,
        reference="",
        customer_key=ticket.customer_key,
        operator_key=ticket.operator_key,
        channel=Channel.CALL,
        direction=Direction.INBOUND,
        at=ticket.opened_at,
        subject=ticket.subject,
        body=ticket.description,
        line_key=ticket.line_key,
    )
    others = [one for one in among if one.ticket.key != ticket.key]
    judged = (_judged(spoken, one, False) for one in others)
    return {one.ticket_key: one for one in judged if one is not None}
