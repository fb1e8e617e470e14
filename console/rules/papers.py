"""Faxes and letters: what they lack to count, and when somebody asks the customer about it (R38).

A paper without an identity document does not count. Its sender is told what is missing, and 48 to 72 hours later, in
the desk's hours, somebody checks with them that it came. The check is planned when a paper is logged; for one that an
import or a source brought, the same rule says when it is due, without anything being stored.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from backends.records import NEEDS_IDENTITY_DOCUMENT, AnswerState, Contact, Direction, Operator, Promise, PromiseKind
from console.rules.working_time import calendar_of, next_opening

EARLIEST, LATEST = timedelta(hours=48), timedelta(hours=72)
"""How long after a paper somebody checks."""
FORGOTTEN = timedelta(days=30)
"""A paper that came earlier than this is history: nobody is rung about it any more."""


@dataclass(frozen=True, slots=True)
class PaperCheck:
    """A paper to be asked about, and when (UTC)."""

    contact: Contact
    due_at: datetime


def without_identity(contact: Contact) -> bool:
    """Return whether an inbound fax or letter came without the identity document that makes it count (R38)."""
    return (
        contact.direction is Direction.INBOUND
        and contact.channel in NEEDS_IDENTITY_DOCUMENT
        and not any(one.identity_document for one in contact.attachments)
    )


def check_due(at: datetime, operator: Operator) -> datetime:
    """Return when to check a paper that came at `at`: the first open moment of the desk from 48 hours on, in UTC.

    Within 72 hours where the desk is open then; over a long weekend it is the desk's next opening.
    """
    return next_opening(at + EARLIEST, calendar_of(operator))


def planned_for(contact: Contact, promises: Iterable[Promise]) -> Promise | None:
    """Return the check that was planned for a paper, open or not; None when none was."""
    return next(
        (one for one in promises if one.kind is PromiseKind.DOCUMENT_CHECK and one.contact_key == contact.key), None
    )


def papers_to_check(
    contacts: Iterable[Contact], promises: Iterable[Promise], operator: Operator, now: datetime
) -> tuple[PaperCheck, ...]:
    """Return the papers that nobody has dealt with, each with the time at which it is asked about, soonest first.

    They lack their document, wait for an answer, and no check is planned for them: an import brought them. `contacts`
    and `promises` may be those of many customers of one operator. A paper is settled by a later one of the same
    customer that brings a document. Once it is answered, the check is planned by that act.
    """
    known = tuple(promises)
    every = tuple(contacts)
    found = [
        PaperCheck(one, check_due(one.at, operator))
        for one in every
        if without_identity(one)
        and one.answer is AnswerState.WAITING
        and now - FORGOTTEN <= one.at <= now
        and planned_for(one, known) is None
        and not brought_later(one, every)
    ]
    return tuple(sorted(found, key=lambda one: (one.due_at, one.contact.key)))


def brought_later(paper: Contact, contacts: Iterable[Contact]) -> bool:
    """Return whether the same customer sent an identity document after this paper, or with it, on any channel."""
    return any(
        other.customer_key == paper.customer_key
        and other.at >= paper.at
        and any(one.identity_document for one in other.attachments)
        for other in contacts
    )
