"""What speaks for two things being one matter, in words: on rows, in forms, and when it was done (R38)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from backends.records import Contact, Direction, Key, Ticket, TicketState
from console.i18n import N_, _, _n
from console.present.labels import plain
from console.rules.joining import Ground, Proof, Proposal
from widgets.views import ChoiceView

_GROUNDS: Mapping[Ground, str] = {
    Ground.REFERENCE: N_("names the ticket"),
    Ground.THREAD: N_("same thread"),
    Ground.LINE: N_("same line"),
    Ground.SUBJECT: N_("same subject"),
    Ground.TOPIC: N_("same topic"),
    Ground.AGAIN: N_("asks again"),
}
PART = "part"


def _apart(apart: timedelta) -> str:
    """Return how long after the last word about it something came: `26 hours after`."""
    hours = int(abs(apart).total_seconds() // 3600)
    days = hours // 24
    before = apart < timedelta()
    if hours < 1:
        return _("minutes before") if before else _("minutes after")
    if hours < 3 * 24:
        if before:
            return _n("{n} hour before", "{n} hours before", hours).format(n=hours)
        return _n("{n} hour after", "{n} hours after", hours).format(n=hours)
    if before:
        return _n("{n} day before", "{n} days before", days).format(n=days)
    return _n("{n} day after", "{n} days after", days).format(n=days)


def _proof(one: Proof) -> str:
    if one.ground is Ground.WORDS:
        return _n("{count} of {n} word", "{count} of {n} words", one.of).format(count=one.count, n=one.of)
    return _apart(one.apart) if one.ground is Ground.TIME else _(_GROUNDS[one.ground])


def evidence_words(proof: Sequence[Proof]) -> str:
    """Return what speaks for it: `same line; 5 of 7 words; 26 hours after`."""
    return "; ".join(_proof(one) for one in proof)


def proposed_references(found: Mapping[Key, Proposal], tickets: Mapping[Key, Ticket]) -> Mapping[Key, str]:
    """Return the references of the tickets that contacts may be about, by the contact's key."""
    return {
        key: plain(tickets[one.ticket_key].reference) or "…" for key, one in found.items() if one.ticket_key in tickets
    }


def proposal_words(one: Proposal, ticket: Ticket) -> str:
    """Return a proposal as one sentence."""
    return _("Looks like {ticket}: {evidence}").format(
        ticket=plain(f"{ticket.reference} {ticket.subject}", 44), evidence=evidence_words(one.proof)
    )


def duplicate_words(one: Proposal, ticket: Ticket, about: Contact | None) -> str:
    """Return what a form for a new ticket says when the matter is open already, and what to press instead."""
    instead = _("Esc, then J joins it") if about is not None else _("Esc, then c counts a chase")
    return f"{proposal_words(one, ticket)}; {instead}"


def joined_words(ticket: Ticket, evidence: str) -> str:
    """Return that a contact was joined, and why."""
    reference = plain(ticket.reference)
    if not evidence:
        return _("Joined to {reference}.").format(reference=reference)
    return _("Joined to {reference}: {evidence}.").format(reference=reference, evidence=evidence)


def _label(ticket: Ticket) -> str:
    return plain(f"{ticket.reference} {ticket.subject}", 44)


def contact_choices(contact: Contact, tickets: Sequence[Ticket]) -> list[ChoiceView]:
    """Return the open tickets that a contact can be joined to, those from before it first."""
    opened = [one for one in tickets if one.state is not TicketState.CLOSED]
    opened.sort(key=lambda one: one.opened_at > contact.at)
    return [ChoiceView(one.key, _label(one), str(number)) for number, one in enumerate(opened[:9], start=1)]


def part_choices(contact: Contact, ticket: Ticket) -> list[ChoiceView]:
    """Return what can be done with a contact that is on a ticket: take it off."""
    hint = _("its chase is not counted any more") if contact.direction is Direction.INBOUND else ""
    return [ChoiceView(PART, _("Take it off {ticket}").format(ticket=_label(ticket)), "p", hint)]


def ticket_choices(one: Ticket, tickets: Sequence[Ticket], hints: Mapping[Key, str]) -> list[ChoiceView]:
    """Return the open tickets that may be the same matter as this one."""
    others = [other for other in tickets if other.key != one.key and other.state is not TicketState.CLOSED]
    others.sort(key=lambda other: other.key not in hints)
    return [
        ChoiceView(other.key, _label(other), str(number), hints.get(other.key, ""))
        for number, other in enumerate(others[:9], start=1)
    ]
