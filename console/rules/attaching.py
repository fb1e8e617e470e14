"""A caller and the outage that explains their fault: whether they are attached, which ticket is about it (R26)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from backends.port import CustomerFile
from backends.records import Contact, Key, Promise, PromiseKind, PromiseState, Ticket, TicketKind
from console.rules.coverage import Hit, is_live
from console.rules.standing import open_tickets

BEFORE = timedelta(hours=12)
"""A fault reported so long before the outage is thought to have begun may still be about it."""


def word_of(promises: Iterable[Promise], outage_key: Key) -> Promise | None:
    """Return the open promise to tell a customer when this outage is over; None where nobody promised it (R27)."""
    for one in promises:
        meant = one.kind is PromiseKind.WORD_AT_RESTORATION and one.outage_key == outage_key
        if meant and one.state is PromiseState.OPEN:
            return one
    return None


def contacts_about(contacts: Iterable[Contact], promise: Promise) -> int:
    """Return how many of the contacts were about the outage of a promised word, that of the promise included."""
    about = {one.key for one in contacts if one.outage_key == promise.outage_key}
    return max(1, len(about | ({promise.contact_key} - {""})))


def fault_about(file: CustomerFile, hit: Hit) -> Ticket | None:
    """Return the open fault that this outage explains, the newest; None without one.

    One that is attached to it already, else one of the same line, or of no line in particular, that was first told of
    since the outage, or not long before.
    """
    since = hit.outage.started_at - BEFORE
    faults = [one for one in open_tickets(file) if one.kind is TicketKind.FAULT]
    for one in faults:
        if one.outage_key == hit.outage.key:
            return one
    fitting = (one for one in faults if not one.outage_key and one.line_key in ("", hit.line_key))
    return next((one for one in fitting if (one.first_contact_at or one.opened_at) >= since), None)


def attachable(hits: Sequence[Hit], now: datetime) -> tuple[Hit, ...]:
    """Return the outages that a caller can be attached to: those that go on, and announced ones when none does."""
    live = tuple(one for one in hits if is_live(one.outage))
    begun = tuple(one for one in live if one.outage.started_at <= now)
    return begun or live
