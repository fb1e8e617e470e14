"""What to tell a customer about an outage when nobody wrote it: in the customer's language, friendly, without blame.

These are words to customers, not of the interface (R28, R29); like letters they follow the customer's language. A
language that is not here is told in the interface's own words (`banners.say_words`).
"""

from __future__ import annotations

from backends.records import Key, Outage
from console.i18n import current_language
from console.present.outage_texts import Kind, text_of, voice_of
from console.present.setting import Now


def speaks(language: str, now: Now) -> bool:
    """Return whether a customer is told in words of this language and not in the interface's.

    Where both are one language the interface's do, unless the operators have written words of their own.
    """
    if not language or (language == current_language() and now.texts_file is None):
        return False
    return language in now.texts().languages


def said(outage: Outage, now: Now, language: str, operator_key: Key = "") -> str:
    """Return a sentence for a customer of an operator in a language that is spoken; the outage has none of its own."""
    return text_of(outage, Kind.SAY, language, voice_of(None, now.texts(operator_key), now.at, now.zone))
