"""Customers by words of their name and places, each by its beginning; every typed word must match.

Names are few letters when they are looked for: one letter may begin the names of a hundred thousand customers. The
index gives the first of them in its order, whole words first; those who were in touch lately are looked at beside
them, because one of them is who calls.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from backends.clean import tokens
from backends.port import MatchedOn
from backends.sql.finding import LAST, Asked, Found
from backends.sql.index import NAME, PLACE, POSTCODE

MOST_WORDS = 8
_RECENT_CONTACTS = 250
_POSTCODE = (3, 10)
"""How many digits a postcode may have, or be typed of it."""
_COUNTED = 500  # rows up to which the rarest word is looked for

LATEST = "coalesce((SELECT max(at) FROM contact WHERE contact.customer_id = {}.customer_id), 0)"
"""When the customer of a row was last in touch, in microseconds; 0 for never. To be filled with the table's name."""

_Candidate = tuple[int, str, int]
"""(customer, the word that was found, when the customer was last in touch)"""


def find(asked: Asked) -> Iterator[Found]:
    """Yield who has all typed words in name and places; ranks 50 (the name, whole words) to 62 (a place)."""
    words = list(dict.fromkeys(tokens(asked.text)))[:MOST_WORDS]
    if all(word.isdigit() for word in words):
        words = _postcode(asked.text)
    if not words:
        return
    most = max(asked.limit + 10, 30)
    rarest = words[0] if len(words) == 1 else min(words, key=lambda word: _rows(asked, word))
    others = [word for word in words if word != rarest]
    found: dict[int, Found] = {}
    for field in _fields(words):
        candidates = _candidates(asked, field, rarest, others, most)
        if field == NAME and len(candidates) >= most:
            candidates += _recent(asked, rarest, others)
        for row, word, latest in candidates:
            if row not in found:
                found[row] = _judged(asked, row, words, latest) if others else _simple(row, field, word, rarest, latest)
        if len(found) >= most:
            break
    yield from found.values()


def _simple(row: int, field: int, word: str, typed: str, latest: int) -> Found:
    """Return how well a customer matches one typed word, which the index has answered already."""
    on = {NAME: MatchedOn.NAME, POSTCODE: MatchedOn.POSTCODE, PLACE: MatchedOn.PLACE}[field]
    rank = {NAME: 50, POSTCODE: 58, PLACE: 62}[field]
    return Found(row, rank if word == typed else rank + 1, on, recent=latest)


def _postcode(text: str) -> list[str]:
    """Return numbers alone as the one postcode that they may be; none are names, and houses are too many."""
    whole = "".join(tokens(text))
    return [whole] if _POSTCODE[0] <= len(whole) <= _POSTCODE[1] else []


def _fields(words: Sequence[str]) -> tuple[int, ...]:
    """Return where to look, in order."""
    return (POSTCODE,) if all(word.isdigit() for word in words) else (NAME, POSTCODE, PLACE)


def _rows(asked: Asked, word: str) -> int:
    """Return how many rows of the index begin with `word`, counted up to a limit."""
    (count,) = asked.connection.execute(
        "SELECT count(*) FROM (SELECT 1 FROM search_word WHERE field IN (0, 1, 2) AND word >= ? AND word < ? LIMIT ?)",
        (word, word + LAST, _COUNTED),
    ).fetchone()
    return int(count)


def _also(others: Sequence[str], customer: str) -> tuple[str, list[str]]:
    """Return the conditions, and their values, that a customer has each of the other words too."""
    condition = (
        f" AND EXISTS (SELECT 1 FROM search_word AS other WHERE other.customer_id = {customer}"  # noqa: S608
        " AND other.word >= ? AND other.word < ?)"
    )
    return condition * len(others), [end for word in others for end in (word, word + LAST)]


def _candidates(asked: Asked, field: int, word: str, others: Sequence[str], limit: int) -> list[_Candidate]:
    also, values = _also(others, "search_word.customer_id")
    found = asked.connection.execute(
        f"SELECT customer_id, word, {LATEST.format('search_word')} FROM search_word"  # noqa: S608
        f" WHERE field = ? AND word >= ? AND word < ?{also}{asked.theirs} ORDER BY word LIMIT ?",
        (field, word, word + LAST, *values, limit),
    )
    return found.fetchall()


def _recent(asked: Asked, word: str, others: Sequence[str]) -> list[_Candidate]:
    """Return those of the customers in touch last who have the words in their name or places."""
    also, values = _also(others, "search_word.customer_id")
    theirs = asked.theirs.replace("= customer_id", "= search_word.customer_id")
    found = asked.connection.execute(
        "SELECT search_word.customer_id, search_word.word, lately.at"  # noqa: S608
        " FROM (SELECT customer_id, max(at) AS at FROM (SELECT customer_id, at FROM contact ORDER BY at DESC LIMIT ?)"
        "  GROUP BY customer_id) AS lately"
        " CROSS JOIN search_word ON search_word.customer_id = lately.customer_id"
        f" WHERE search_word.field = {NAME} AND search_word.word >= ? AND search_word.word < ?{also}{theirs}",
        (_RECENT_CONTACTS, word, word + LAST, *values),
    )
    return found.fetchall()


def _judged(asked: Asked, row: int, words: Sequence[str], latest: int) -> Found:
    """Return how well a customer matches: how many words in the name, and whether they are whole."""
    held: dict[int, list[str]] = {NAME: [], PLACE: [], POSTCODE: []}
    for field, word in asked.connection.execute("SELECT field, word FROM search_word WHERE customer_id = ?", (row,)):
        held[field].append(word)
    in_name = [word for word in words if any(one.startswith(word) for one in held[NAME])]
    if len(in_name) == len(words):
        whole = all(word in held[NAME] for word in words)
        return Found(row, 50 if whole else 51, MatchedOn.NAME, recent=latest)
    if in_name:
        return Found(row, 55, MatchedOn.NAME, recent=latest)
    if all(any(one.startswith(word) for one in held[POSTCODE]) for word in words):
        return Found(row, 58, MatchedOn.POSTCODE, recent=latest)
    return Found(row, 62, MatchedOn.PLACE, recent=latest)
