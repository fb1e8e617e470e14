"""The smallest values on the wire: moments, days, bytes, numbers, texts, choices; and how a wrong one is reported.

Moments are RFC 3339 in UTC with microseconds, days ISO 8601, bytes base64, choices their codes. Numbers are whole and
fit into 64 bits, because that is what stores hold. Reading is strict: nothing is guessed or converted.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Callable
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

from backends import clean
from backends.errors import Invalid

GREATEST = 2**63 - 1
"""The largest whole number; the least is its negative, less one."""

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,12})?(?:[Zz]|[+-]\d\d:\d\d)?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class Wrong(Exception):
    """A value that cannot be read or written, with the way to it; becomes Invalid before it leaves the package."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.way: list[str] = []
        """Names and `[positions]` from the innermost outwards."""

    def invalid(self) -> Invalid:
        """Return the port's error, its field written like `updates[0].at`."""
        path = ""
        for step in reversed(self.way):
            path += step if not path or step.startswith("[") else f".{step}"
        return Invalid(path, self.code, f"{path or 'value'}: {self.detail or self.code}")


def called(value: object) -> str:
    """Return what JSON calls the type of `value`, to be read in an error."""
    names = {str: "a text", bool: "true or false", int: "a number", float: "a number", list: "a list"}
    return "null" if value is None else names.get(type(value), "an object")


def text(value: Any) -> str:
    """Return a text as every terminal can show it: what comes over a wire comes from outside."""
    if type(value) is not str:
        raise Wrong("type", f"a text is needed, not {called(value)}")
    return clean.block(value)


def asked(value: Any) -> str:
    """Return a text that is only searched for, exactly as it came."""
    if type(value) is not str:
        raise Wrong("type", f"a text is needed, not {called(value)}")
    return value


def nothing(value: Any) -> None:
    """Return None, the answer of what only does something."""
    if value is not None:
        raise Wrong("type", f"null is needed, not {called(value)}")


def truth(value: Any) -> bool:
    """Return true or false."""
    if type(value) is not bool:
        raise Wrong("type", f"true or false is needed, not {called(value)}")
    return value


def whole_number(value: Any) -> int:
    """Return a whole number of at most 64 bits."""
    if type(value) is not int:
        raise Wrong("type", f"a whole number is needed, not {called(value)}")
    if not -GREATEST - 1 <= value <= GREATEST:
        raise Wrong("range", "a number of more than 64 bits")
    return value


def number(value: Any) -> float:
    """Return a number."""
    if type(value) not in (int, float):
        raise Wrong("type", f"a number is needed, not {called(value)}")
    return float(value)


def plain_moment(moment: Any) -> str:
    """Return a moment as `2026-03-29T01:00:00.000000Z`."""
    if not isinstance(moment, datetime):
        raise Wrong("type", "a moment is needed")
    if moment.tzinfo is None:
        raise Wrong("naive", "a moment without a time zone")
    try:
        return moment.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"
    except OverflowError:
        raise Wrong("range", "a moment outside the years 1 to 9999") from None


def moment(value: Any) -> datetime:
    """Return the moment that an RFC 3339 text names, in UTC; what is finer than a microsecond is cut off."""
    if type(value) is not str:
        raise Wrong("type", f"a moment is needed, not {called(value)}")
    if not _MOMENT.fullmatch(value):
        raise Wrong("moment", "not a moment as RFC 3339 writes it")
    try:
        found = datetime.fromisoformat(value.upper())
        if found.tzinfo is None:
            raise Wrong("naive", "a moment without a time zone")
        return found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Wrong("moment", "no such moment") from None


def plain_day(day: Any) -> str:
    """Return a calendar day as `2026-03-29`."""
    if type(day) is not date:
        raise Wrong("type", "a calendar day is needed")
    return day.isoformat()


def day(value: Any) -> date:
    """Return the calendar day that a text names."""
    if type(value) is not str or not _DAY.fullmatch(value):
        raise Wrong("day", "not a day as ISO 8601 writes it")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise Wrong("day", "no such day") from None


def plain_bytes(value: bytes) -> str:
    """Return bytes in base64."""
    return b64encode(value).decode("ascii")


def some_bytes(value: Any) -> bytes:
    """Return the bytes that a base64 text stands for."""
    if type(value) is not str:
        raise Wrong("type", f"base64 is needed, not {called(value)}")
    try:
        return b64decode(value, validate=True)
    except (NotBase64, ValueError):
        raise Wrong("base64", "not base64") from None


def choice(kind: type[Enum]) -> Callable[[Any], Enum]:
    """Return the function that reads a code of `kind`."""
    known = {each.value: each for each in kind}

    def one(value: Any) -> Enum:
        if type(value) is not str:
            raise Wrong("type", f"a code is needed, not {called(value)}")
        found = known.get(value)
        if found is None:
            raise Wrong("choice", f"none of {', '.join(known)}")
        return found

    return one
