"""Customers by a telephone number in any notation: whole, by its end, or as it is being typed from its beginning.

Stored numbers are E.164. A number typed without its country is dialled from one of the operators' countries; leading
zeros are what such numbers have before them (or keep, as in Italy). `phonenumbers` is loaded once a text looks like a
number and has been found, or was not found by anything cheaper.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from backends.port import MatchedOn
from backends.sql.finding import Asked, Found
from backends.sql.index import PHONE, PHONE_REVERSED, digits_of

SHORTEST = 4
"""Digits from which a part of a number says anything."""

_DIALLED = re.compile(r"[+(\s]*[0-9][0-9\s()./\-\u2010-\u2015]*")
_LONGEST = 40


def find(asked: Asked) -> Iterator[Found]:
    """Yield who has this number; ranks: the whole number 10, its end 20, its beginning 21."""
    text = asked.text
    if len(text) > _LONGEST or _DIALLED.fullmatch(text) is None:
        return
    international = text.lstrip(" (").startswith(("+", "00"))
    digits = digits_of(re.sub(r"\(\s*0\s*\)", "", text) if international else text)
    bare = digits.lstrip("0")
    if len(bare) < SHORTEST and len(digits) < SHORTEST:
        return
    empty = True
    whole = {bare} if international else None
    for code, row, line in asked.codes(PHONE_REVERSED, bare[::-1]) if len(bare) >= SHORTEST else ():
        empty = False
        number = code[::-1]
        whole = whole or _whole(asked, digits, bare)
        yield _found(row, line, number, whole)
    if len(digits) < SHORTEST:
        return
    whole = whole or _whole(asked, digits, bare)
    for start in sorted(whole):
        for number, row, line in asked.codes(PHONE, start):
            empty = False
            yield _found(row, line, number, whole, part=21)
    if empty:
        for number in _parsed(asked, text) - whole:
            for found, row, line in asked.codes(PHONE, number):
                yield _found(row, line, found, {number}, part=21)


def _found(row: int, line: int, number: str, whole: set[str], part: int = 20) -> Found:
    exact = number in whole
    return Found(row, 10 if exact else part, MatchedOn.PHONE, number, exact=exact, line=line)


def _whole(asked: Asked, digits: str, bare: str) -> set[str]:
    """Return the numbers in E.164, without the plus, that `digits` may be, dialled from our operators' countries."""
    import phonenumbers

    callings = {phonenumbers.country_code_for_region(country) for country in asked.countries()} - {0}
    numbers = {bare}
    for calling in callings:
        numbers |= {f"{calling}{bare}", f"{calling}{digits}"}
    return {number for number in numbers if number}


def _parsed(asked: Asked, text: str) -> set[str]:
    """Return what the library takes `text` for, from each of our operators' countries."""
    import phonenumbers

    found = set()
    for country in asked.countries():
        try:
            number = phonenumbers.parse(text, country)
        except phonenumbers.NumberParseException:
            continue
        found.add(f"{number.country_code}{phonenumbers.national_significant_number(number)}")
    return found
