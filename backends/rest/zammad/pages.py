"""Pages of what was read from several lists: by moment and key, with a cursor that says where the last page ended."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from backends.clean import tokens
from backends.errors import Invalid
from backends.port import Page, TimelineFilter
from backends.records import AnswerState, Contact, Key

T = TypeVar("T")
Place = tuple[str, str]

PREVIEW = 240
"""Characters of a body in a page."""


def place_of(at: datetime, key: Key) -> Place:
    """Return where a row of this moment (UTC) and key stands: as text, in the order of time."""
    return at.isoformat(timespec="microseconds").rjust(32, "0"), key


def place_in(cursor: str) -> Place:
    """Return the place in a cursor; raises Invalid for one that no page gave."""
    try:
        place = json.loads(cursor)
    except (ValueError, RecursionError) as error:
        raise Invalid("after", "cursor") from error
    match place:
        case [str(at), str(key)]:
            return at, key
    raise Invalid("after", "cursor")


def page(
    rows: Iterable[T], place: Callable[[T], Place], after: str | None, limit: int, *, oldest: bool = False
) -> Page[T]:
    """Return the rows that follow the cursor, newest first unless `oldest`; raises Invalid."""
    ordered = sorted(rows, key=place, reverse=not oldest)
    if after is not None:
        last = place_in(after)
        ordered = [row for row in ordered if (place(row) > last if oldest else place(row) < last)]
    shown = tuple(ordered[:limit])
    return Page(shown, json.dumps(place(shown[-1])) if shown and len(ordered) > len(shown) else None)


def preview(contact: Contact) -> Contact:
    """Return a contact with the beginning of its body only."""
    if len(contact.body) <= PREVIEW:
        return contact
    return replace(contact, body=contact.body[:PREVIEW], whole=False)


def begins(words: Iterable[str], there: Iterable[str]) -> bool:
    """Return whether each of `words` begins one of the words `there`; no words are found nowhere."""
    wanted, held = list(words), list(there)
    return bool(wanted) and all(any(each.startswith(word) for each in held) for word in wanted)


def passes(contact: Contact, only: TimelineFilter) -> bool:
    """Return whether a filter of the timeline lets a contact through."""
    words = only.text.strip()
    return (
        (not only.channels or contact.channel in only.channels)
        and (not only.directions or contact.direction in only.directions)
        and (not words or begins(tokens(words), [*tokens(contact.subject), *tokens(contact.body)]))
        and (not only.unanswered or contact.answer is AnswerState.WAITING)
        and only.ticket_key in ("", contact.ticket_key)
        and only.thread in ("", contact.thread)
    )
