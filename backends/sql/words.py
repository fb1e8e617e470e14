"""Finding contacts by the words of their text, in the whole store or within one customer."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from typing import Any

from backends.clean import tokens
from backends.errors import Invalid
from backends.port import Page, TextHit
from backends.records import Contact
from backends.sql.columns import row_of
from backends.sql.index import contact_row, owner_token, whole
from backends.sql.shapes import BY_KIND
from backends.sql.stored import shortened

MOST_WORDS = 16
"""Words of a query that are looked up; a longer one is a pasted text, whose first words say enough."""
LONGEST_WORD = 64

_AROUND = 60
_WORD = re.compile(r"\w+")
_CONTACT = BY_KIND["contact"]


def expression(words: Sequence[str], customer: int | None = None) -> str:
    """Return the full-text query for contacts that have all of `words`, which come folded, by prefix.

    Every word is quoted: none of them can be an operator.
    """
    parts = [f'"{owner_token(customer)}"'] if customer is not None else []
    parts += [f'"{word[:LONGEST_WORD]}" *' for word in words[:MOST_WORDS]]
    return " AND ".join(parts)


def within_customer(customer: int, words: Sequence[str]) -> tuple[Any, ...]:
    """Return the condition, and its value, that a contact of `customer` has all of `words`; none are found nowhere."""
    if not words:
        return ("0",)
    return (
        "id IN (SELECT rowid & 2147483647 FROM contact_words WHERE contact_words MATCH ?)",
        expression(words, customer),
    )


def search_text(connection: sqlite3.Connection, text: str, after: str | None, limit: int) -> Page[TextHit]:
    """Return a page of contacts with all words of `text`, newest first."""
    if after is not None and not re.fullmatch("[0-9]{1,19}", after):
        raise Invalid("after", "cursor")
    words = list(dict.fromkeys(tokens(text)))
    if not words:
        return Page(())
    ceiling = (1 << 63) - 1 if after is None else min(int(after), (1 << 63) - 1)
    found = connection.execute(
        "SELECT rowid FROM contact_words WHERE contact_words MATCH ? AND rowid < ? ORDER BY rowid DESC LIMIT ?",
        (expression(words), ceiling, limit + 1),
    ).fetchall()
    hits = [_hit(connection, contact_row(row), words) for (row,) in found[:limit]]
    hits.sort(key=lambda hit: (hit.contact.at, row_of("contact", hit.contact.key)), reverse=True)
    return Page(tuple(hits), str(found[limit - 1][0]) if len(found) > limit and hits else None)


def _hit(connection: sqlite3.Connection, row: int, words: Sequence[str]) -> TextHit:
    *held, name, number, body = connection.execute(
        f"SELECT {_CONTACT.selected}, customer.name, customer.number, contact_body.body FROM contact"  # noqa: S608
        " JOIN customer ON customer.id = contact.customer_id LEFT JOIN contact_body ON contact_body.id = contact.id"
        " WHERE contact.id = ?",
        (row,),
    ).fetchone()
    contact: Contact = whole(_CONTACT.build(held), body)
    return TextHit(shortened(contact), name, number, around(contact, words))


def around(contact: Contact, words: Sequence[str]) -> str:
    """Return the piece of a contact's text around the first of `words`: of its body where it is there, else subject."""
    for text in (contact.body, contact.subject):
        for found in _WORD.finditer(text):
            if any(token.startswith(word) for token in tokens(found.group()) for word in words):
                start = max(0, found.start() - _AROUND)
                return text[start : found.end() + _AROUND]
    return (contact.body or contact.subject)[: 2 * _AROUND]
