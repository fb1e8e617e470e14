"""The port's errors on the wire: told apart by kind, so that the other side raises the same one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backends import errors
from backends.errors import BackendError, Busy, Conflict, Invalid, Unsupported, WrongVersion
from backends.records import Record
from backends.wire.forms import TAG, Form, kind_name

_BASE = "@baseType"
_RECORD: Form[Record | None] = Form(Record | None)

ERRORS: Mapping[str, type[BackendError]] = {
    kind_name(kind): kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, BackendError)
}
"""Every error of the port by its name."""


def plain_error(error: BackendError) -> dict[str, Any]:
    """Return an error as JSON values; one that a backend derived for itself counts as the port's own it comes from."""
    lineage = [kind_name(kind) for kind in type(error).__mro__ if ERRORS.get(kind_name(kind)) is kind]
    found: dict[str, Any] = {TAG: lineage[0], "detail": error.detail, "source": error.source}
    if len(lineage) > 1:
        found[_BASE] = lineage[1]
    match error:
        case Busy():
            found["retry_after"] = error.retry_after
        case Invalid():
            found |= {"field": error.field, "code": error.code}
        case Conflict():
            found["newer"] = _RECORD.plain(error.newer)
        case Unsupported():
            found["capability"] = error.capability
        case WrongVersion():
            found |= {"found": error.found, "known": error.known, "newer": error.newer}
    return found


def built_error(value: Any, *, source: str = "") -> BackendError:
    """Return the error that JSON values stand for, an unknown kind as the one it is based on; raises Invalid.

    `source` names the backend that tells it; without one, what the other side said stays.
    """
    given = _GIVEN.built(value)
    kind = ERRORS.get(_text(given, TAG)) or ERRORS.get(_text(given, _BASE)) or BackendError
    detail, where = _text(given, "detail"), source or _text(given, "source")
    if kind is Busy:
        after = given.get("retry_after")
        return Busy(detail, source=where, retry_after=float(after) if isinstance(after, int | float) else None)
    if kind is Invalid:
        return Invalid(_text(given, "field"), _text(given, "code"), detail, source=where)
    if kind is Conflict:
        return Conflict(_RECORD.built(given.get("newer")), detail, source=where)
    if kind is Unsupported:
        return Unsupported(_text(given, "capability"), detail, source=where)
    if kind is WrongVersion:
        newer = given.get("newer") is True
        wrong = WrongVersion(_text(given, "found"), _text(given, "known"), newer=newer, source=where)
        wrong.detail = detail or wrong.detail
        return wrong
    return kind(detail, source=where)


_GIVEN: Form[Mapping[str, Any]] = Form(Mapping[str, Any])


def _text(given: Mapping[str, Any], name: str) -> str:
    from backends import clean

    value = given.get(name, "")
    return clean.block(value) if isinstance(value, str) else ""
