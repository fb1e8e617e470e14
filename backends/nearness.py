"""Words spelt much like a typed one: one slip of the finger, or letters that are written for each other.

Names are heard, not read: `Öberg` is typed `Oeberg`, `Lindqvist` `Lindkvist`, `Zieliński` `Zelinska`. All spellings of
a word within reach are made and looked up, so that the cost grows with the word and not with the number of customers.
Words are folded (`backends.clean.fold`).
"""

from __future__ import annotations

from collections.abc import Iterator

from backends.clean import fold, tokens

SHORTEST = 4
"""Letters from which a word may be spelt differently: shorter ones are near to too much."""
_LONGEST = 24
_MOST_WORDS = 4

_WRITTEN_FOR = (
    ("oe", "o"), ("ae", "a"), ("ue", "u"), ("aa", "a"), ("kv", "qv"), ("kw", "qv"), ("kv", "kw"), ("w", "v"),
    ("ph", "f"), ("th", "t"), ("ck", "k"), ("c", "k"), ("cz", "ch"), ("sz", "sh"), ("sz", "s"), ("y", "i"), ("j", "i"),
    ("ks", "x"), ("ij", "y"), ("z", "s"),
)  # fmt: skip
"""Letters that stand for each other, both ways: umlauts written out, and what sounds alike in our languages."""
_MOST_REWRITTEN = 160

_LATIN = "abcdefghijklmnopqrstuvwxyz"
_CYRILLIC = "абвгдежзийклмнопрстуфхцчшщъыьэюяєіґ"
_GREEK = "αβγδεζηθικλμνξοπρστυφχψω"


def typed_words(text: str) -> list[str]:
    """Return the words of a text that may be a misspelt name; none when it holds more than letters, or too few."""
    if not all(character.isalpha() or character in " -'" for character in fold(text)):
        return []
    words = list(dict.fromkeys(tokens(text)))
    return words if len(words) <= _MOST_WORDS and any(len(word) >= SHORTEST for word in words) else []


def spellings(word: str) -> frozenset[str]:
    """Return the words that may be meant by `word`, itself left out; none for one that is too short or too long.

    One letter may be too many, missing, another one, or in its neighbour's place; instead, letters may be written for
    each other in two ways at most.
    """
    if not SHORTEST <= len(word) <= _LONGEST:
        return frozenset()
    rewritten: set[str] = set()
    for once in _rewritten(word):
        rewritten.add(once)
        if len(rewritten) < _MOST_REWRITTEN:
            rewritten.update(_rewritten(once))
    return frozenset({*_slips(word), *rewritten} - {word})


def _rewritten(word: str) -> Iterator[str]:
    """Yield `word` with one pair of letters written for each other, at one place or at all of them."""
    for one, other in _WRITTEN_FOR:
        for old, new in ((one, other), (other, one)):
            if old not in word:
                continue
            yield word.replace(old, new)
            if word.count(old) > 1:
                at = word.find(old)
                while at >= 0:
                    yield word[:at] + new + word[at + len(old) :]
                    at = word.find(old, at + 1)


def _slips(word: str) -> Iterator[str]:
    """Yield the words at a distance of one: a letter less, two swapped, one changed, one more."""
    letters = next((all_ for all_ in (_LATIN, _CYRILLIC, _GREEK) if word[0] in all_), "".join(sorted({*word})))
    for at in range(len(word) + 1):
        before, after = word[:at], word[at:]
        if after:
            yield before + after[1:]
            yield from (before + letter + after[1:] for letter in letters)
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:]
        yield from (before + letter + after for letter in letters)
