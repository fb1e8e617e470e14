"""Turns the text of a cell into the value that a field takes; everything from outside is cleaned here."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from backends import clean
from backends.records import Money
from console.desk.importing.fields import Field, Kind
from console.desk.importing.mapping import Mapping
from console.desk.importing.reasons import BadValue

Value = str | datetime | date | Money | int | bool | StrEnum | tuple[str, ...]
"""What a finished field holds; a field of many values holds a tuple."""

LINE_LIMIT = clean.LINE_LIMIT
_PART = r"[^\s@<>,;:\"\\()\[\]._-][^\s@<>,;:\"\\()\[\]._]{0,62}"
_ADDRESS = re.compile(rf"[^\s@<>,;:\"\\()\[\]]{{1,64}}@(?:{_PART}\.)+[^\W\d_]{{2,63}}")
_YES = frozenset({"yes", "y", "true", "t", "1", "x", "on", "tak", "sì", "si", "vero", "oui", "vrai", "ja", "sant"})
_NO = frozenset({"no", "n", "false", "f", "0", "off", "nie", "falso", "non", "faux", "nej", "falskt"})
_SMALL = {"JPY": 0, "KRW": 0, "ISK": 0, "CLP": 0, "VND": 0, "BHD": 3, "KWD": 3, "OMR": 3, "TND": 3, "JOD": 3}
_PHONE_LIMIT = 60


def email(text: str) -> str:
    """Return an e-mail address in lower case; raises BadValue."""
    address = clean.line(text, limit=320).removeprefix("mailto:").strip().lower()
    if not _ADDRESS.fullmatch(address):
        raise BadValue("bad_email", text)
    return address


def phone(text: str, region: str) -> str:
    """Return a telephone number in E.164; `region` reads numbers without a country code; raises BadValue."""
    import phonenumbers  # heavy, and only tables with telephone numbers need it

    if len(text) > _PHONE_LIMIT:
        raise BadValue("bad_phone", text)
    try:
        number = phonenumbers.parse(text, region or None)
    except phonenumbers.NumberParseException as error:
        raise BadValue("bad_phone", text) from error
    if not phonenumbers.is_possible_number(number):
        raise BadValue("bad_phone", text)
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def money(text: str, mapping: Mapping) -> Money:
    """Return an amount such as `1.234,50`, `1 234,50 zł` or `EUR 12`, in the mapping's currency; raises BadValue."""
    if not mapping.currency:
        raise BadValue("no_currency", text)
    other = "," if mapping.decimal == "." else "."
    bare = re.sub(r"[^\d.,()+\-−]", "", text)
    negative = bare.startswith(("-", "−", "(")) or bare.endswith("-")
    digits = bare.strip("()+-−").replace(other, "").replace(mapping.decimal, ".")
    places = _SMALL.get(mapping.currency, 2)
    try:
        amount = Decimal(digits).scaleb(places)
    except InvalidOperation as error:
        raise BadValue("bad_amount", text) from error
    if amount != amount.to_integral_value() or abs(amount) > 10**15:
        raise BadValue("bad_amount", text)
    return Money(int(-amount if negative else amount), mapping.currency)


def number(text: str) -> int:
    """Return a whole number that is not negative; raises BadValue."""
    if not re.fullmatch(r"[0-9]{1,12}(?:\.0+)?", text):
        raise BadValue("bad_number", text)
    return int(text.partition(".")[0])


def yes(text: str) -> bool:
    """Return whether `text` says yes, in any of the interface's languages; raises BadValue."""
    word = text.casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise BadValue("bad_yes", text)


def _letters(text: str, reason: str) -> str:
    code = text[:2] if len(text) == 5 and text[2] in "-_" else text
    if not (len(code) == 2 and code.isascii() and code.isalpha()):
        raise BadValue(reason, text)
    return code


def value_of(text: str, field: Field, mapping: Mapping) -> Value:
    """Return `text`, which is not empty, as the value that `field` takes; dates are read elsewhere; raises BadValue."""
    match field.kind:
        case Kind.BLOCK:
            return clean.block(text)
        case Kind.CODE:
            return "_".join(clean.line(text, limit=60).lower().split())
        case Kind.CHOICE:
            return _choice(text, field)
        case Kind.PHONE:
            return phone(text, mapping.region)
        case Kind.EMAIL:
            return email(text)
        case Kind.LANGUAGE:
            return _letters(text, "bad_language").lower()
        case Kind.COUNTRY:
            return _letters(text, "bad_country").upper()
        case Kind.MONEY:
            return money(text, mapping)
        case Kind.NUMBER:
            return number(text)
        case Kind.YES:
            return yes(text)
        case _:
            return clean.line(text, limit=LINE_LIMIT)


def _choice(text: str, field: Field) -> StrEnum:
    if field.choices is None:
        raise BadValue("not_a_choice", text)
    try:
        return field.choices(text.strip().lower().replace(" ", "_"))
    except ValueError as error:
        raise BadValue("not_a_choice", text) from error
