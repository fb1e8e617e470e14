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

_Candidate = tuple[int, int]
"""(row, rank)"""


def find(asked: Asked) -> Iterator[Found]:
    """Yield who has all typed words in name and places; ranks 50 (the name, whole words) to 62 (a place)."""
    words = list(dict.fromkeys(tokens(asked.text)))[:MOST_WORDS]
    if all(word.isdigit() for word in words):
        words = _postcode(asked.text)
    if not words:
        return
    most = max(2 * asked.limit, 40)
    rarest = words[0] if len(words) == 1 else min(words, key=lambda word: _rows(asked, word))
    others = [word for word in words if word != rarest]
    rows: dict[int, None] = {}
    for field in _fields(words):
        found = _candidates(asked, field, rarest, others, most)
        rows.update(dict.fromkeys(found))
        if field == NAME and len(found) >= most:
            rows.update(dict.fromkeys(_recent(asked, rarest, others)))
        if len(rows) >= most:
            break
    for row in rows:
        match = _judged(asked, row, words)
        if match is not None:
            yield match


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


def _candidates(asked: Asked, field: int, word: str, others: Sequence[str], limit: int) -> list[int]:
    also, values = _also(others, "search_word.customer_id")
    found = asked.connection.execute(
        "SELECT customer_id FROM search_word WHERE field = ? AND word >= ? AND word < ?"  # noqa: S608
        f"{also}{asked.theirs} ORDER BY word LIMIT ?",
        (field, word, word + LAST, *values, limit),
    )
    return [row for (row,) in found]


def _recent(asked: Asked, word: str, others: Sequence[str]) -> list[int]:
    """Return those of the customers in touch last who have the words."""
    also, values = _also([word, *others], "lately.customer_id")
    theirs = asked.theirs.replace("= customer_id", "= lately.customer_id")
    found = asked.connection.execute(
        "SELECT DISTINCT customer_id FROM (SELECT customer_id FROM contact ORDER BY at DESC LIMIT ?) AS lately"  # noqa: S608
        f" WHERE 1{also}{theirs}",
        (_RECENT_CONTACTS, *values),
    )
    return [row for (row,) in found]


def _judged(asked: Asked, row: int, words: Sequence[str]) -> Found | None:
    """Return how well a customer matches: how many words in the name, and whether they are whole."""
    held: dict[int, list[str]] = {NAME: [], PLACE: [], POSTCODE: []}
    for field, word in asked.connection.execute("SELECT field, word FROM search_word WHERE customer_id = ?", (row,)):
        held[field].append(word)
    in_name = [word for word in words if any(one.startswith(word) for one in held[NAME])]
    latest = asked.connection.execute("SELECT max(at) FROM contact WHERE customer_id = ?", (row,)).fetchone()[0] or 0
    if len(in_name) == len(words):
        whole = all(word in held[NAME] for word in words)
        return Found(row, 50 if whole else 51, MatchedOn.NAME, recent=latest)
    if in_name:
        return Found(row, 55, MatchedOn.NAME, recent=latest)
    in_postcode = [word for word in words if any(one.startswith(word) for one in held[POSTCODE])]
    if len(in_postcode) == len(words):
        whole = all(word in held[POSTCODE] for word in words)
        return Found(row, 58 if whole else 60, MatchedOn.POSTCODE, recent=latest)
    return Found(row, 62, MatchedOn.PLACE, recent=latest)
