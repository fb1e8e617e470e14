"""Pages of what was read whole: cut, filtered and ordered here, since RT's own pages move while they are read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from backends.clean import tokens
from backends.errors import Invalid
from backends.port import Page, QueueFilter, TicketFilter, TimelineFilter
from backends.records import AnswerState, Contact, Entry, Key, Ticket, TicketEvent

T = TypeVar("T")
Place = tuple[str, str]

PREVIEW = 240
"""Characters of a body in a page."""


def place_of(at: datetime, key: Key) -> Place:
    """Return where a row of this moment and key stands."""
    return at.isoformat(timespec="microseconds").rjust(32, "0"), key


def page(rows: Iterable[T], place: Callable[[T], Place], after: str | None, limit: int, *, oldest: bool) -> Page[T]:
    """Return the rows that follow the cursor `after`; raises Invalid for a cursor that no page gave."""
    last = None if after is None else place_in(after)
    ordered = sorted(rows, key=place, reverse=not oldest)
    if last is not None:
        ordered = [row for row in ordered if (place(row) > last if oldest else place(row) < last)]
    shown = tuple(ordered[:limit])
    more = len(ordered) > len(shown)
    return Page(shown, json.dumps(place(shown[-1])) if more and shown else None)


def place_in(cursor: str) -> Place:
    """Return the place that a cursor stands for; raises Invalid."""
    try:
        place = json.loads(cursor)
    except (ValueError, RecursionError) as error:
        raise Invalid("after", "cursor") from error
    match place:
        case [str(at), str(key)] if _is_moment(at):
            return at, key
    raise Invalid("after", "cursor")


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text.lstrip("0") if text[:1] == "0" and len(text) > 32 else text)
    except ValueError:
        return False
    return True


def preview(contact: Contact) -> Contact:
    """Return a contact with the beginning of its body only."""
    if len(contact.body) <= PREVIEW:
        return contact
    return replace(contact, body=contact.body[:PREVIEW], whole=False)


def shown(entry: Entry) -> Entry:
    """Return an entry as a page holds it."""
    return preview(entry) if isinstance(entry, Contact) else entry


def has_words(words: list[str], *texts: str) -> bool:
    """Return whether each of `words` begins some word of `texts`; no words are found nowhere."""
    there = [token for text in texts for token in tokens(text)]
    return bool(words) and all(any(token.startswith(word) for token in there) for word in words)


def passes(entry: Entry, only: TimelineFilter) -> bool:
    """Return whether an entry of the timeline is wanted."""
    if only.ticket_key not in ("", entry.ticket_key):
        return False
    if isinstance(entry, TicketEvent):
        of_contacts = only.channels or only.directions or only.text.strip() or only.unanswered or only.thread
        return only.events and not of_contacts
    return (
        (not only.channels or entry.channel in only.channels)
        and (not only.directions or entry.direction in only.directions)
        and (not only.text.strip() or has_words(tokens(only.text), entry.subject, entry.body))
        and (not only.unanswered or entry.answer is AnswerState.WAITING)
        and only.thread in ("", entry.thread)
    )


def is_wanted(ticket: Ticket, only: TicketFilter) -> bool:
    """Return whether a ticket is wanted."""
    return (
        only.customer_key in ("", ticket.customer_key)
        and (not only.operator_keys or ticket.operator_key in only.operator_keys)
        and (not only.states or ticket.state in only.states)
        and (not only.kinds or ticket.kind in only.kinds)
        and (only.opened_since is None or ticket.opened_at >= only.opened_since)
    )


def waits(contact: Contact, only: QueueFilter) -> bool:
    """Return whether a contact waits for an answer and is wanted."""
    return (
        contact.answer is AnswerState.WAITING
        and (not only.operator_keys or contact.operator_key in only.operator_keys)
        and (not only.channels or contact.channel in only.channels)
    )
