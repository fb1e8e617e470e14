"""What to tell a customer about an outage when nobody wrote it: in the customer's language, friendly, without blame.

These are words to customers, not of the interface (R28, R29); like letters they follow the customer's language. A
language that is not here is told in the interface's own words (`banners.say_words`).
"""

from __future__ import annotations

from backends.records import Outage
from console.data.texts import texts_of
from console.present.outage_texts import Kind, text_of, voice_of
from console.present.setting import Now


def speaks(language: str) -> bool:
    """Return whether there are words to customers in this language."""
    return language in texts_of().languages


def said(outage: Outage, now: Now, language: str) -> str:
    """Return a sentence for a customer who `speaks` that language; the outage has none of its own."""
    return text_of(outage, Kind.SAY, language, voice_of(None, texts_of(), now.at, now.zone))
