"""Customers whose name is only spelt much like the text, for when nobody is found as it stands.

Every spelling within reach is looked up in the index of words; nothing looks through the names.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from backends.nearness import spellings, typed_words
from backends.port import MatchedOn
from backends.sql.finding import LAST, Asked, Found
from backends.sql.index import NAME
from backends.sql.names import LATEST

_MOST = 30
"""Customers that are looked at beside those asked for."""
_DRIVEN = 5_000
"""Customers of the rarest word that are looked at for the other words."""


def find(asked: Asked) -> Iterator[Found]:
    """Yield who has each typed word, or a name spelt much like it; who needs fewer changes stands higher."""
    words = typed_words(asked.text)
    near = {word: known for word in words if (known := _known(asked, word))}
    if not near:
        return
    for row, latest in _rows(asked, words, near):
        held = [word for (word,) in asked.connection.execute(_WORDS, (row,))]
        changed = sum(not any(one.startswith(word) for one in held) for word in words)
        yield Found(row, 70 + changed, MatchedOn.NAME, near=True, recent=latest)


_WORDS = "SELECT word FROM search_word WHERE customer_id = ?"


def _known(asked: Asked, word: str) -> list[str]:
    """Return the words of names that are spelt much like `word`."""
    found = asked.connection.execute(
        "SELECT value FROM json_each(?) WHERE EXISTS"
        " (SELECT 1 FROM search_word WHERE field = ? AND search_word.word = json_each.value)",
        (json.dumps(sorted(spellings(word))), NAME),
    )
    return [value for (value,) in found]


def _rows(asked: Asked, words: Sequence[str], near: Mapping[str, Sequence[str]]) -> list[tuple[int, int]]:
    """Return the customers who have all words, as they are or spelt otherwise, and when they were in touch last."""
    leading = min(near, key=lambda word: _bearers(asked, near[word]))
    others = [word for word in words if word != leading]
    values = [value for word in others for value in (word, word + LAST, NAME, json.dumps(near.get(word, ())))]
    theirs = asked.theirs.replace("= customer_id", "= led.customer_id")
    found = asked.connection.execute(
        f"SELECT customer_id, {LATEST.format('led')} FROM (SELECT DISTINCT customer_id FROM search_word"  # noqa: S608
        " WHERE field = ? AND word IN (SELECT value FROM json_each(?)) LIMIT ?) AS led"
        f" WHERE true{_ALSO * len(others)}{theirs} LIMIT ?",
        (NAME, json.dumps(near[leading]), _DRIVEN, *values, asked.limit + _MOST),
    )
    return found.fetchall()


_ALSO = (
    " AND EXISTS (SELECT 1 FROM search_word AS other WHERE other.customer_id = led.customer_id AND"
    " (other.word >= ? AND other.word < ? OR other.field = ? AND other.word IN (SELECT value FROM json_each(?))))"
)


def _bearers(asked: Asked, known: Sequence[str]) -> int:
    """Return how many customers have one of these words in their name, counted up to a limit."""
    (count,) = asked.connection.execute(
        "SELECT count(*) FROM (SELECT 1 FROM search_word"
        " WHERE field = ? AND word IN (SELECT value FROM json_each(?)) LIMIT ?)",
        (NAME, json.dumps(known), _DRIVEN),
    ).fetchone()
    return int(count)
