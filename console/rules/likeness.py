"""Whether two texts are about the same: telling words, folded and cut to their stems, and what they speak of.

No dictionary and no model: words that say nothing in five languages are left out, endings are cut, and a handful of
stems tell what a text is about. The same texts give the same answer everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache

from backends.clean import fold, tokens
from console.rules.likeness_words import AGAIN, SILENT, TOPICS

STEM = 5
"""Letters of a word that are compared: endings differ by case and number, in Polish most of all."""
SHORTEST = 3
"""Letters from which on a word can tell something."""
READ = 1200
"""Characters of a text that are read: what matters is said at the beginning."""


class Topic(StrEnum):
    """What a text speaks of."""

    INTERNET = "internet"
    TV = "tv"
    TELEPHONE = "telephone"
    MONEY = "money"
    INSTALLATION = "installation"
    MOVING = "moving"
    CONTRACT = "contract"
    DATA = "data"
    ACCOUNT = "account"
    BANK = "bank"


_SPOKEN: dict[str, frozenset[Topic]] = {}
for _topic, _words in TOPICS.items():
    for _word in _words.split():
        for _token in tokens(_word):
            _SPOKEN[_token] = _SPOKEN.get(_token, frozenset()) | {Topic(_topic)}


TOPICAL = frozenset(word[:STEM] for word in _SPOKEN)
"""Stems of the words that tell a topic: two letters about invoices share them, whatever else they are about."""


def unquoted(text: str) -> str:
    """Return the beginning of a message without what it quotes: the answer is what its sender says now."""
    lines = [line for line in text[: 4 * READ].splitlines() if not line.lstrip().startswith(">")]
    return "\n".join(lines)[:READ]


def _tells(word: str) -> bool:
    if word in SILENT:
        return False
    return len(word) >= SHORTEST if word.isalpha() else len(word) > SHORTEST


@lru_cache(maxsize=512)
def stems(text: str) -> frozenset[str]:
    """Return the stems of the words of a text that tell something."""
    return frozenset(word[:STEM] for word in tokens(unquoted(text)) if _tells(word))


@lru_cache(maxsize=512)
def topics(text: str) -> frozenset[Topic]:
    """Return what a text speaks of, as far as a word of it says so."""
    found: set[Topic] = set()
    for word in tokens(unquoted(text)):
        found |= _SPOKEN.get(word, frozenset())
    return frozenset(found)


def asks_again(text: str) -> bool:
    """Return whether a text sounds like asking again about something: nobody came, still nothing, the third time."""
    folded = f" {fold(unquoted(text))} "
    return any(phrase in folded for phrase in AGAIN)


def stems_of(texts: Iterable[str]) -> frozenset[str]:
    """Return the stems of several texts together."""
    return frozenset().union(*(stems(text) for text in texts))


def topics_of(texts: Iterable[str]) -> frozenset[Topic]:
    """Return what several texts speak of together."""
    return frozenset().union(*(topics(text) for text in texts))
