"""What a profile says about its TM Forum server: the wire version, where each API is, whose desk it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from backends import clean
from backends.errors import Invalid
from backends.records import Operator
from backends.rest.tmf.names import V4, VERSIONS, Version

_KNOWN = frozenset({"version", "paths", "operator", "extras", "idempotency", "page"})
_OPERATOR = frozenset(each.name for each in fields(Operator)) - {"key", "parent_key", "version"}
_TEXTS = frozenset({"code", "name", "country", "language", "time_zone", "currency", "email", "greeting", "desk_hours"})
_MOST = 1_000


class Idempotency(StrEnum):
    """How a request is kept from being done twice."""

    AUTO = "auto"
    """By the header where the server says that it honours it, else by marks."""
    HEADER = "header"
    MARKS = "marks"
    """A mark in what is created, looked for before a request is sent again."""


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a profile's source, checked."""

    version: Version = V4
    operator: Operator = field(default_factory=lambda: _operator("desk"))
    extras: bool = True
    """Whether fields that the standard has no attribute for are sent as named values."""
    idempotency: Idempotency = Idempotency.AUTO
    page: int = 100
    """Resources asked for at once."""


def _operator(code: str) -> Operator:
    return Operator(f"operator:{code}", code, code, "", "", "UTC")


def options_from(given: Mapping[str, object] | None, url: str, source: str = "") -> Options:
    """Return the options in a profile's table; raises Invalid naming the first one that is wrong."""
    table = dict(given or {})
    for name in table:
        if name not in _KNOWN:
            raise Invalid(f"options.{name}", "unknown", f"there is no option {name}", source=source)
    number = table.get("version", 4)
    version = VERSIONS.get(number) if isinstance(number, int) else None
    if version is None:
        raise Invalid("options.version", "unknown", "4 or 5", source=source)
    extras, page = table.get("extras", True), table.get("page", 100)
    if not isinstance(extras, bool):
        raise Invalid("options.extras", "type", "true or false", source=source)
    if not isinstance(page, int) or isinstance(page, bool) or not 1 <= page <= _MOST:
        raise Invalid("options.page", "out_of_range", f"from 1 to {_MOST}", source=source)
    try:
        idempotency = Idempotency(str(table.get("idempotency", "auto")))
    except ValueError:
        raise Invalid("options.idempotency", "unknown", "auto, header or marks", source=source) from None
    return Options(
        _placed(version, _table(table, "paths", source), source),
        _said_operator(_table(table, "operator", source), url, source),
        extras,
        idempotency,
        page,
    )


def _table(table: Mapping[str, object], name: str, source: str) -> Mapping[str, object]:
    found = table.get(name, {})
    if not isinstance(found, dict):
        raise Invalid(f"options.{name}", "type", "a table is needed", source=source)
    return found


def _placed(version: Version, paths: Mapping[str, object], source: str) -> Version:
    """Return `version` with the base paths that the profile gives, by the API's number or its resource."""
    apis = dict(version.apis)
    for name, path in paths.items():
        kinds = [kind for kind, api in apis.items() if name.lower() in (api.number.lower(), api.resource.lower())]
        if not kinds:
            says = ", ".join(f"{api.number} or {api.resource}" for api in apis.values())
            raise Invalid(f"options.paths.{name}", "unknown", says, source=source)
        if not isinstance(path, str) or not path.isprintable() or any(sign in path for sign in "?#") or "//" in path:
            raise Invalid(f"options.paths.{name}", "type", "a path below the host is needed", source=source)
        apis[kinds[0]] = replace(apis[kinds[0]], base=path.strip("/"))
    return replace(version, apis=apis)


def _said_operator(given: Mapping[str, object], url: str, source: str) -> Operator:
    for name, value in given.items():
        if name not in _OPERATOR or (name in _TEXTS and not isinstance(value, str)):
            raise Invalid(f"options.operator.{name}", "unknown" if name not in _OPERATOR else "type", source=source)
    texts: dict[str, Any] = {name: clean.line(str(value)) for name, value in given.items() if name in _TEXTS}
    code = texts.get("code") or (urlsplit(url).hostname or "desk").partition(".")[0]
    found = replace(_operator(code), **texts)
    found = replace(found, key=f"operator:{code}", code=code, name=texts.get("name") or code)
    numbers, threshold = given.get("numbers", ()), given.get("chase_threshold", found.chase_threshold)
    if not isinstance(numbers, list | tuple) or not all(isinstance(one, str) for one in numbers):
        raise Invalid("options.operator.numbers", "type", "a list of telephone numbers", source=source)
    if not isinstance(threshold, int):
        raise Invalid("options.operator.chase_threshold", "type", "a number", source=source)
    return replace(found, numbers=tuple(clean.line(one) for one in numbers), chase_threshold=threshold)
