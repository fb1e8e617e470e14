"""Moments, durations, amounts, references and codes in people's words, in the operator's language.

Month and weekday names come from the catalogue and not from babel: the first frame shows dates, and babel costs
20 ms of it; besides, only our own abbreviations keep the widths that rows rely on. Every result is cut from plain
spaces: no U+00A0 or U+202F reaches a row.
"""

from __future__ import annotations

from console.words.amounts import joined, money, ordinal_contact
from console.words.codes import channel_word, word
from console.words.spelling import SPELLING_LANGUAGES, spell
from console.words.times import (
    AGE_WIDTH,
    DAY_WIDTH,
    LEFT_WIDTH,
    MOMENT_SHORT_WIDTH,
    MOMENT_WIDTH,
    age,
    day,
    duration,
    left,
    moment,
)

__all__ = [
    "AGE_WIDTH", "DAY_WIDTH", "LEFT_WIDTH", "MOMENT_SHORT_WIDTH", "MOMENT_WIDTH", "SPELLING_LANGUAGES",
    "age", "channel_word", "day", "duration", "joined", "left", "moment", "money", "ordinal_contact", "spell", "word",
]  # fmt: skip
