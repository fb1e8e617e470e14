"""Who is who across sources: when customers, or contacts, of two systems are the same, and what speaks for it.

Wrongly joined, two people read each other's letters; wrongly parted, a customer tells the story twice. So only what
could hardly be chance joins by itself, what might be chance is proposed, and what an agent said goes before both.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from backends.clean import fold
from backends.records import AnswerState, Contact, Customer, Origin, PointKind, TicketEvent

SHORTEST_NAME = 3
"""Letters from which on a word of a name says something: `de`, `Jr` and initials do not."""
SAME_SUBJECT = timedelta(minutes=10)
"""How far apart two systems may have received the same message."""
SAME_MOMENT = timedelta(minutes=2)
"""How far apart two systems may have noted the same exchange, where no subject helps."""
SAME_LENGTH = 15
"""Seconds by which two systems may measure the same call differently."""
BEGINNING = 120
"""Characters of a text that are compared: pages of a history hold only its beginning."""


class Sameness(StrEnum):
    """How sure it is that two records are about the same."""

    SAME = "same"
    MAYBE = "maybe"
    """Worth proposing, not worth acting on."""
    OTHER = "other"


class Evidence(StrEnum):
    """What speaks for it."""

    NUMBER = "number"
    EMAIL = "email"
    PHONE = "phone"
    NAME = "name"
    PLACE = "place"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The answer, and what it rests on."""

    same: Sameness
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Counterpart:
    """Somebody in another source who is, or might be, the open customer: `joined` when shown as one with them."""

    source: str
    end: Origin
    customer: Customer
    evidence: tuple[Evidence, ...]
    joined: bool


def name_words(name: str) -> frozenset[str]:
    """Return the words of a name that tell people apart, folded."""
    return frozenset(word for word in fold(name).replace("-", " ").split() if len(word) >= SHORTEST_NAME)


def _points(customer: Customer, *, emails: bool) -> frozenset[str]:
    return frozenset(
        point.value.casefold()
        for point in customer.points
        if point.value and (point.kind is PointKind.EMAIL) is emails and point.kind is not PointKind.SOCIAL
    )


def compare(one: Customer, other: Customer) -> Judgement:
    """Return whether two customers of two systems are the same person.

    Customers of different operators never are: whoever has contracts with two companies is a customer of each (R22).
    A shared telephone number or address joins only who has a name in common, for families share a landline; and so
    does a customer number, for two systems that number by themselves both begin with 1.
    """
    if one.operator_key and other.operator_key and one.operator_key != other.operator_key:
        return Judgement(Sameness.OTHER)
    evidence: list[Evidence] = []
    if one.number and fold(one.number) == fold(other.number):
        evidence.append(Evidence.NUMBER)
    if _points(one, emails=True) & _points(other, emails=True):
        evidence.append(Evidence.EMAIL)
    if _points(one, emails=False) & _points(other, emails=False):
        evidence.append(Evidence.PHONE)
    names, others = name_words(one.name), name_words(other.name)
    if names & others:
        evidence.append(Evidence.NAME)
    if one.place.postcode and one.place.postcode == other.place.postcode:
        evidence.append(Evidence.PLACE)
    return Judgement(_sameness(frozenset(evidence), unnamed=not names or not others), tuple(evidence))


def _sameness(evidence: frozenset[Evidence], *, unnamed: bool) -> Sameness:
    reach = evidence & {Evidence.EMAIL, Evidence.PHONE}
    named = Evidence.NAME in evidence
    numbered = Evidence.NUMBER in evidence
    if (numbered or reach) and (named or (unnamed and (numbered or Evidence.EMAIL in reach))):
        return Sameness.SAME
    if numbered or reach or {Evidence.NAME, Evidence.PLACE} <= evidence:
        return Sameness.MAYBE
    return Sameness.OTHER


def _beginning(text: str) -> str:
    return " ".join(fold(text).split())[:BEGINNING]


def plain_subject(text: str) -> str:
    """Return a subject without marks of answering, forwarding and of ticket systems: `Re: [desk #12] No tone`."""
    words = " ".join(fold(text).split())
    while True:
        head, colon, rest = words.partition(":")
        if colon and len(head.strip()) <= 4 and rest:
            words = rest.strip()
        elif words.startswith("[") and "]" in words:
            words = words.partition("]")[2].strip()
        else:
            return words


def same_contact(one: Contact, other: Contact) -> bool:
    """Return whether two systems noted the same exchange: same channel and direction, near in time, alike in words.

    Both must be contacts of the same customer. Two short calls one after the other are two: without any words, only
    the same moment and the same length make a call the same.
    """
    if one.channel != other.channel or one.direction is not other.direction:
        return False
    apart = abs(one.at - other.at)
    bodies = _beginning(one.body), _beginning(other.body)
    shorter = min(len(text) for text in bodies)
    alike = bool(shorter) and bodies[0][:shorter] == bodies[1][:shorter] and (shorter >= 40 or bodies[0] == bodies[1])
    if one.subject and other.subject and plain_subject(one.subject) == plain_subject(other.subject):
        return apart <= SAME_SUBJECT and (alike or not all(bodies))
    if any(bodies):
        return apart <= SAME_MOMENT and alike
    return apart <= SAME_MOMENT and one.seconds > 0 and abs(one.seconds - other.seconds) <= SAME_LENGTH


def same_event(one: TicketEvent, other: TicketEvent) -> bool:
    """Return whether two systems noted the same change of one ticket."""
    same = one.ticket_key == other.ticket_key and one.kind is other.kind and one.after == other.after
    return same and one.text == other.text and abs(one.at - other.at) <= SAME_MOMENT


def as_one(one: Contact, other: Contact) -> Contact:
    """Return what two systems noted of one exchange as one contact: the first one's words, both references.

    Answered in one system is answered (R10); a text that only one of them has is kept.
    """
    references = [one.reference, *(name for name in (other.reference,) if name and name != one.reference)]
    settled = one.answer if one.answer is not AnswerState.WAITING else other.answer
    body, whole = (one.body, one.whole) if one.body or not other.body else (other.body, other.whole)
    return replace(
        one,
        reference=" · ".join(name for name in references if name),
        answer=settled,
        answered_at=one.answered_at or other.answered_at,
        body=body,
        whole=whole,
        ticket_key=one.ticket_key or other.ticket_key,
        subject=one.subject or other.subject,
    )
