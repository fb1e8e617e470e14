"""Finding contacts by the words of their text, in the whole store or within one customer."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from typing import Any

from backends.clean import fold, tokens
from backends.errors import Invalid
from backends.port import Page, TextHit
from backends.records import Contact
from backends.sql.columns import row_of
from backends.sql.finding import LAST
from backends.sql.index import LONGEST_WORD, contact_row, owner_token, whole
from backends.sql.leaving import heard, selected
from backends.sql.shapes import BY_KIND
from backends.sql.stored import shortened

MOST_WORDS = 16
"""Words of a query that are looked up; a longer one is a pasted text, whose first words say enough."""
MOST_ENDINGS = 100
"""Words that one beginning may stand for until the index is asked for the beginning itself."""

_AROUND = 60
_WORD = re.compile(r"[^\W_]+")
_CONTACT = BY_KIND["contact"]


def expression(connection: sqlite3.Connection, words: Sequence[str], customer: int | None = None) -> str:
    """Return the full-text query for contacts that have all of `words`, which come folded, by prefix.

    It is empty when no text holds one of them. Every word is quoted: none of them can be an operator.
    """
    parts = [f'"{owner_token(customer)}"'] if customer is not None else []
    for word in words[:MOST_WORDS]:
        part = _beginning(connection, word[:LONGEST_WORD])
        if not part:
            return ""
        parts.append(part)
    return " AND ".join(parts)


def _beginning(connection: sqlite3.Connection, word: str) -> str:
    """Return the query for words that begin with `word`: those that there are, where they are not too many."""
    query = "SELECT word FROM text_word WHERE word >= ? AND word < ? LIMIT ?"
    found = connection.execute(query, (word, word + LAST, MOST_ENDINGS + 1)).fetchall()
    if len(found) > MOST_ENDINGS:
        return f'"{word}" *'
    return "(" + " OR ".join(f'"{one}"' for (one,) in found) + ")" if found else ""


def within_customer(connection: sqlite3.Connection, customer: int, words: Sequence[str]) -> tuple[Any, ...]:
    """Return the condition, and its value, that a contact of `customer` has all of `words`; none are found nowhere."""
    query = expression(connection, words, customer) if words else ""
    if not query:
        return ("0",)
    return ("id IN (SELECT rowid & 2147483647 FROM contact_words WHERE contact_words MATCH ?)", query)


def search_text(connection: sqlite3.Connection, text: str, after: str | None, limit: int) -> Page[TextHit]:
    """Return a page of contacts with all words of `text`, newest first."""
    if after is not None and not re.fullmatch("[0-9]{1,19}", after):
        raise Invalid("after", "cursor")
    words = list(dict.fromkeys(tokens(text)))
    query = expression(connection, words) if words else ""
    if not query:
        return Page(())
    ceiling = (1 << 63) - 1 if after is None else min(int(after), (1 << 63) - 1)
    found = connection.execute(
        "SELECT rowid FROM contact_words WHERE contact_words MATCH ? AND rowid < ?"  # noqa: S608 -- our own condition
        f" AND {heard('contact_words.rowid & 2147483647')} ORDER BY rowid DESC LIMIT ?",
        (query, ceiling, limit + 1),
    ).fetchall()
    hits = [_hit(connection, contact_row(row), words) for (row,) in found[:limit]]
    hits.sort(key=lambda hit: (hit.contact.at, row_of("contact", hit.contact.key)), reverse=True)
    return Page(tuple(hits), str(found[limit - 1][0]) if len(found) > limit and hits else None)


def _hit(connection: sqlite3.Connection, row: int, words: Sequence[str]) -> TextHit:
    *held, name, number, body = connection.execute(
        f"SELECT {selected(_CONTACT)}, customer.name, customer.number, contact_body.body FROM contact"  # noqa: S608
        " JOIN customer ON customer.id = contact.customer_id LEFT JOIN contact_body ON contact_body.id = contact.id"
        " WHERE contact.id = ?",
        (row,),
    ).fetchone()
    contact: Contact = whole(_CONTACT.build(held), body)
    return TextHit(shortened(contact), name, number, around(contact, words))


def around(contact: Contact, words: Sequence[str]) -> str:
    """Return the piece of a contact's text around the first of `words`: of its body where it is there, else subject."""
    for text in (contact.body, contact.subject):
        place = _place(text, words)
        if place is not None:
            return text[max(0, place[0] - _AROUND) : place[1] + _AROUND]
    return (contact.body or contact.subject)[: 2 * _AROUND]


class _Flat(dict[int, str]):
    """Table for `str.translate` that folds each letter to one, so that places stay where they are."""

    def __missing__(self, code: int) -> str:
        folded = fold(chr(code))
        flat = folded[0] if folded else " "
        if len(self) < _REMEMBERED:
            self[code] = flat
        return flat


_FLAT = _Flat()
_REMEMBERED = 4_096


def _place(text: str, words: Sequence[str]) -> tuple[int, int] | None:
    """Return where the first word of `text` that begins with one of `words` stands."""
    flat = text.translate(_FLAT)
    quick = re.search(rf"(?<![^\W_])(?:{'|'.join(map(re.escape, words))})[^\W_]*", flat)
    if quick is not None:
        return quick.span()
    if not text.isascii():
        for found in _WORD.finditer(text):  # letters that fold to two, such as ß
            if any(token.startswith(word) for token in tokens(found.group()) for word in words):
                return found.span()
    return None
