"""What a deed stored, in words for the status line: ticket with its number, chase, hand-over, outage, contact."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from backends.port import CustomerFile, Receipt
from backends.records import Chase, Contact, Handover, Key, Outage, Record, Ticket
from console.i18n import _
from console.present.labels import plain
from console.words import word


def stored_words(receipt: Receipt, file: CustomerFile, outages: Iterable[Outage] = ()) -> str:
    """Return what a batch made new.

    `file` is the customer as the screen knows them, before or after it; `outages` those that hit them.
    """
    made = [one.after for one in receipt.changes if one.after is not None and one.before is None]
    who = next((word(one.to) for one in made if isinstance(one, Handover)), "")
    for one in made:
        if isinstance(one, Ticket):
            return _ticket_words(one, who)
    for one in made:
        if isinstance(one, Chase):
            return _chase_words(one, file, made, who)
    attached = {one.outage_key for one in made if isinstance(one, Contact)}
    for outage in outages:
        if outage.key in attached:
            return _("Attached to {reference}: word when it is over.").format(reference=plain(outage.reference))
    return _("Contact stored.")


def _ticket_words(ticket: Ticket, who: str) -> str:
    reference = plain(ticket.reference)
    if not reference:
        return _("Ticket stored; it has no number yet.")
    if who:
        return _("Ticket {reference} is stored, handed to {who}.").format(reference=reference, who=who)
    return _("Ticket {reference}: everything is stored.").format(reference=reference)


def _chase_words(chase: Chase, file: CustomerFile, made: Sequence[Record], who: str) -> str:
    about = chase.ticket_key
    known: set[Key] = {one.key for one in file.chases if one.ticket_key == about and not one.outbound}
    known |= {one.key for one in made if isinstance(one, Chase) and one.ticket_key == about}
    reference = next((plain(one.reference) for one in file.tickets if one.key == about), "")
    words = _("Chase number {n} on {reference} counted.")
    if who:
        words = _("Chase number {n} on {reference} counted; {who} is told.")
    return words.format(n=len(known), reference=reference, who=who)
