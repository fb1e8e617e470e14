"""Telephone numbers as Zammad's users have them: free text, in any notation."""

from __future__ import annotations

import re
from functools import lru_cache

from backends import clean

_DIALLED = re.compile(r"[+\d\s().\-/]+")
_LONGEST = 40


@lru_cache(maxsize=4_096)
def e164(text: str, country: str) -> str:
    """Return a telephone number in E.164, dialled from `country`; empty when `text` can be none."""
    if len(text) > _LONGEST or not _DIALLED.fullmatch(text) or not any(each.isdigit() for each in text):
        return ""
    import phonenumbers  # slow to load, and no first frame needs it

    international = re.sub(r"^[\s(]*00", "+", text)
    try:
        number = phonenumbers.parse(international, country or None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def shown(text: str, country: str) -> str:
    """Return a number in E.164, or as it is written when it cannot be read as one."""
    return e164(text, country) or clean.line(text)


def digits(text: str) -> str:
    """Return the digits alone, empty when `text` holds more than a telephone number may."""
    return "".join(re.findall(r"[0-9]", text)) if _DIALLED.fullmatch(text) else ""


def notations(text: str, country: str) -> list[str]:
    """Return the ways in which the number may stand in a free-text field, without its signs, most telling first."""
    whole = e164(text, country)
    dialled = digits(text)
    if not whole:
        return [dialled] if dialled else []
    import phonenumbers

    number = phonenumbers.parse(whole, None)
    national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    ways = (whole, whole[1:], f"00{whole[1:]}", "".join(re.findall(r"[0-9]", national)), national, dialled)
    return list(dict.fromkeys(way for way in ways if way))
