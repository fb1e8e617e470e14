"""What a list was asked for: attribute filters, a selection of attributes, an order, a piece of the whole.

Filters are those of the industry's guidelines (TMF630): `attribute=value`, `a.b=value` into objects and lists,
`attribute.gt|gte|lt|lte|ne=value`, a comma between values that are all welcome; several filters must all hold. A path
passes the elements into which version 5 wraps references, so that `relatedParty.id` means the same in both versions.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from backends.errors import Invalid
from backends.rest.tmf.pieces import Json

MOST = 1_000
"""Rows of one answer."""
USUAL = 100
TEXT = "q"
"""Our own parameter of customers: whatever a caller says, searched as the desk's own search does."""
_PAGING = frozenset({"fields", "offset", "limit", "sort", TEXT})
_NOT_OFFERED = frozenset({"before", "after", "filter"})
_ALWAYS = frozenset({"id", "href", "@type"})
_WRAPPERS = ("partyOrPartyRole", "entity", "channel", "place")
_COMPARED: Mapping[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
_LONGEST = 1_000


@dataclass(frozen=True, slots=True)
class Filter:
    """One attribute filter."""

    path: tuple[str, ...]
    comparison: str
    """`eq`, `ne`, `gt`, `gte`, `lt` or `lte`."""
    value: str

    @property
    def values(self) -> tuple[str, ...]:
        """What is asked for: the text as a whole, and the parts between its commas."""
        return tuple(dict.fromkeys((self.value, *(part.strip() for part in self.value.split(",")))))

    def holds(self, document: Mapping[str, Any]) -> bool:
        """Return whether a resource passes."""
        found = list(_at(document, self.path))
        if self.comparison in ("eq", "ne"):
            meets = any(_text(one) in self.values or _same_moment(one, self.value) for one in found)
            return meets == (self.comparison == "eq")
        return any(_compares(one, self.comparison, self.value) for one in found)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for a list."""

    filters: tuple[Filter, ...] = ()
    fields: frozenset[str] | None = None
    offset: int = 0
    limit: int = USUAL
    sort: tuple[tuple[str, bool], ...] = ()
    """(attribute, whether descending)"""
    text: str = ""

    def equal(self, *paths: str) -> tuple[str, ...]:
        """Return what the first of these paths must be equal to, any of it; empty when nothing is said of them."""
        for one in self.filters:
            if one.comparison == "eq" and ".".join(one.path) in paths:
                return one.values
        return ()

    def since(self, path: str) -> datetime | None:
        """Return the moment from which on `path` is asked for."""
        for one in self.filters:
            if one.comparison in ("gt", "gte") and one.path == (path,):
                return _moment(one.value)
        return None

    def passes(self, document: Mapping[str, Any]) -> bool:
        """Return whether a resource passes all filters."""
        return all(one.holds(document) for one in self.filters)

    def selected(self, document: Json) -> Json:
        """Return the asked attributes of a resource; its id, its address and its type always."""
        if self.fields is None:
            return document
        wanted = self.fields | _ALWAYS
        return {name: value for name, value in document.items() if name in wanted}

    def in_order(self, documents: list[Json]) -> list[Json]:
        """Return resources in the asked order; those without the attribute come last."""
        for name, descending in reversed(self.sort):
            path = tuple(name.split("."))
            found = [(_text(next(_at(one, path), "")), one) for one in documents]
            found.sort(key=lambda pair: pair[0], reverse=descending)
            documents = [one for value, one in found if value] + [one for value, one in found if not value]
        return documents


def asked(parameters: Sequence[tuple[str, str]]) -> Asked:
    """Return what a query asks for; raises Invalid naming the parameter that is wrong."""
    filters: list[Filter] = []
    paging: dict[str, str] = {}
    for name, value in parameters:
        if name in _NOT_OFFERED:
            raise Invalid(name, "unsupported", f"{name} is not offered; use offset, limit and attribute filters")
        if len(name) > _LONGEST or len(value) > _LONGEST:
            raise Invalid(name[:40], "length", f"at most {_LONGEST} characters")
        if name in _PAGING:
            paging[name] = value
        elif name:
            filters.append(_filter(name, value))
    fields = frozenset(part.strip() for part in _parts(paging.get("fields", "")))
    sort = tuple((part.strip().lstrip("+-"), part.strip().startswith("-")) for part in _parts(paging.get("sort", "")))
    return Asked(
        tuple(filters),
        fields or None,
        _count(paging, "offset", 0),
        min(_count(paging, "limit", USUAL), MOST),
        sort,
        paging.get(TEXT, "").strip(),
    )


def _parts(text: str) -> list[str]:
    return [part for part in text.split(",") if part.strip()]


def _count(given: Mapping[str, str], name: str, otherwise: int) -> int:
    value = given.get(name, "")
    if not value:
        return otherwise
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise Invalid(name, "number", f"{name} is a whole number from 0")
    return int(value)


def _filter(name: str, value: str) -> Filter:
    *path, last = name.split(".")
    if path and last in (*_COMPARED, "ne", "eq"):
        return Filter(tuple(path), last, value)
    return Filter((*path, last), "eq", value)


def _at(value: Any, path: Sequence[str]) -> Iterator[Any]:
    """Yield the values at a path; lists are walked through, wrappers passed."""
    if isinstance(value, list):
        for one in value:
            yield from _at(one, path)
    elif not path:
        if value is not None and not isinstance(value, dict):
            yield value
    elif isinstance(value, dict):
        if path[0] in value:
            yield from _at(value[path[0]], path[1:])
        for wrapper in _WRAPPERS:
            if isinstance(value.get(wrapper), dict) and wrapper != path[0]:
                yield from _at(value[wrapper], path)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text.strip().upper().replace(" ", "+"))
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _same_moment(value: Any, text: str) -> bool:
    if not isinstance(value, str) or len(value) < 10 or "T" not in value:
        return False
    mine = _moment(value)
    return mine is not None and mine == _moment(text)


def _compares(value: Any, comparison: str, text: str) -> bool:
    compare = _COMPARED[comparison]
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return compare(value, float(text))
        except ValueError:
            return False
    if not isinstance(value, str):
        return False
    mine, other = _moment(value), _moment(text)
    return compare(mine, other) if mine is not None and other is not None else compare(value, text)
