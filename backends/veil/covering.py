"""What each area hides of a record, how the record looks then, and how what was hidden is put back before it is stored.

    payment     charges and disputes wholly; prices of contracts; compensations; every text of a billing ticket, of
                what hangs on it, and of the contacts about it
    documents   of an attached identity document everything but that it came, which rules need (R38)
    network     a line's way through the network, its MAC and IP

All functions are pure. Whether a record hangs on a billing ticket is the caller's to say: `billing`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from backends.records import (
    Area,
    Attachment,
    Charge,
    Chase,
    Contact,
    Contract,
    Dispute,
    Handover,
    Line,
    NetworkPath,
    Promise,
    Record,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketKind,
    Visit,
)

R = TypeVar("R", bound=Record)
Areas = frozenset[Area]

GONE: Mapping[type[Record], Area] = {Charge: Area.PAYMENT, Dispute: Area.PAYMENT}
"""Kinds of which nothing is left when an area is hidden."""

_ALWAYS: Mapping[type[Record], tuple[Area, Mapping[str, Any]]] = {
    Contract: (Area.PAYMENT, {"price": None, "list_price": None}),
    Ticket: (Area.PAYMENT, {"compensations": ()}),
    Line: (Area.NETWORK, {"path": NetworkPath(), "mac": "", "ip": ""}),
}
_OF_BILLING: Mapping[type[Record], Mapping[str, Any]] = {
    Ticket: {
        "subject": "",
        "description": "",
        "details": (),
        "holder_reference": "",
        "next_step": "",
        "outcome_reason": "",
        "resolution": "",
    },
    Contact: {"subject": "", "body": "", "whole": True, "waived_reason": "", "attachments": ()},
    TicketEvent: {"text": ""},
    Chase: {"note": ""},
    Promise: {"deed": "", "closed_reason": ""},
    Visit: {"note": ""},
    Handover: {"note": "", "told_customer": "", "declined_reason": ""},
}
"""What says something about money where the ticket is one of billing."""
_TELLING: Mapping[TicketEventKind, Mapping[str, Any]] = {
    TicketEventKind.COMPENSATION: {"before": "", "after": "", "text": ""},
    TicketEventKind.NOTE: {"before": "", "after": ""},
}
"""Events that tell of money whatever their ticket is about: an amount, or how a dispute stands."""
HANGING = frozenset(_OF_BILLING) - {Ticket}
"""Kinds whose text is hidden where their ticket is one of billing."""

PAPER = Attachment("", "", 0, identity_document=True)
"""All that is left of an identity document: that it came."""


def is_billing(ticket: Ticket) -> bool:
    """Return whether a ticket is about money."""
    return ticket.kind is TicketKind.BILLING


def _papers_covered(files: tuple[Attachment, ...]) -> tuple[Attachment, ...]:
    return tuple(PAPER if one.identity_document else one for one in files)


def hidden_fields(record: Record, areas: Areas, billing: bool) -> Mapping[str, Any]:
    """Return what stands in each hidden field of a record in the place of what is there."""
    found: dict[str, Any] = {}
    kind = type(record)
    always = _ALWAYS.get(kind)
    if always is not None and always[0] in areas:
        found.update(always[1])
    if Area.PAYMENT in areas:
        if billing or (isinstance(record, Ticket) and is_billing(record)):
            found.update(_OF_BILLING.get(kind, {}))
        if isinstance(record, TicketEvent):
            found.update(_TELLING.get(record.kind, {}))
    if isinstance(record, Contact) and Area.DOCUMENTS in areas and "attachments" not in found:
        covered = _papers_covered(record.attachments)
        if covered != record.attachments:
            found["attachments"] = covered
    return found


def is_gone(record: Record, areas: Areas) -> bool:
    """Return whether nothing of a record may be seen."""
    return GONE.get(type(record)) in areas


def is_mute(record: Record, areas: Areas, billing: bool) -> bool:
    """Return whether the text of a contact is hidden, so that no word of it may be found either."""
    return isinstance(record, Contact) and billing and Area.PAYMENT in areas


def covered(record: R, areas: Areas, billing: bool = False) -> R:
    """Return a record with what is hidden taken out; one that is wholly hidden is the caller's to drop."""
    fields = hidden_fields(record, areas, billing)
    if not fields or all(getattr(record, name) == blank for name, blank in fields.items()):
        return record
    return replace(record, **fields)


def restored(new: R, whole: R, areas: Areas, billing: bool) -> R:
    """Return `new`, which somebody made of the covered `whole`, with what they could not see put back.

    A hidden field that they filled in themselves stays as they filled it in.
    """
    back: dict[str, Any] = {}
    for name, blank in hidden_fields(whole, areas, billing).items():
        given = getattr(new, name)
        merge = _MERGES.get((type(whole).__name__, name))
        if given == blank:
            back[name] = getattr(whole, name)
        elif merge is not None:
            back[name] = merge(given, getattr(whole, name))
    return replace(new, **back) if back else new


def _papers_back(given: tuple[Attachment, ...], whole: tuple[Attachment, ...]) -> tuple[Attachment, ...]:
    papers = iter([one for one in whole if one.identity_document])
    return tuple(next(papers, one) if one == PAPER else one for one in given)


def _added_to(given: tuple[Any, ...], whole: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return what was there with what was added: who does not see a list can only add to it."""
    return (*whole, *(one for one in given if one not in whole))


def _answered_anew(given: tuple[tuple[str, str], ...], whole: tuple[tuple[str, str], ...]) -> tuple[Any, ...]:
    """Return answers of which some were given anew; the others stay as they were."""
    anew = {code for code, _answer in given}
    return (*(one for one in whole if one[0] not in anew), *given)


_MERGES: Mapping[tuple[str, str], Callable[[Any, Any], Any]] = {
    ("Contact", "attachments"): _papers_back,
    ("Ticket", "compensations"): _added_to,
    ("Ticket", "details"): _answered_anew,
}


def escapes(new: Record, whole: Record, billing_after: bool) -> bool:
    """Return whether a change would bring what is hidden into the open: a billing ticket or its text hung elsewhere."""
    if isinstance(whole, Ticket) and isinstance(new, Ticket):
        return is_billing(whole) and not is_billing(new)
    return getattr(new, "ticket_key", "") != getattr(whole, "ticket_key", "") and not billing_after
