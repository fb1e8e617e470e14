"""The pieces that all resources are made of: references, named values, notes, moments; written and read tolerantly.

A resource is a JSON object as `json` reads it. Writing is told by `Api` how its version looks; reading takes either
version's form wherever it stands. What a record knows and the standard does not travels as named values
(characteristics): in the resource's own list of them where the standard has one, else in an additional attribute of
the same form. Nothing here does I/O.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import UTC, datetime
from functools import cache
from typing import Any, Protocol, cast
from urllib.parse import quote

from backends import clean
from backends.errors import Invalid
from backends.records import Key, Record
from backends.rest.tmf.names import Api, Version
from backends.wire.forms import coder, hints_of
from backends.wire.scalars import Wrong, plain_moment
from backends.wire.scalars import moment as strict_moment

Json = dict[str, Any]

VERSION_NAME = "recordVersion"
"""The named value in which our own server tells a record's version."""
CUSTOMER, OPERATOR = "customer", "operator"
"""Roles of related parties whose ids are keys."""
_BLOCKS = frozenset({"say", "resolution", "description", "body", "note", "text"})
"""Fields of several lines; all other texts are one line."""
_TYPES: Mapping[type, tuple[str, str]] = {
    str: ("String", "string"),
    bool: ("Boolean", "boolean"),
    int: ("Integer", "integer"),
    float: ("Number", "number"),
    dict: ("Object", "object"),
}


class Keys(Protocol):
    """How the ids of the wire and the keys of records lead to each other."""

    def key(self, kind: type[Record], identifier: str) -> Key:
        """Return the key for an id; empty for a kind that is not ours."""

    def identifier(self, kind: type[Record], key: Key) -> str:
        """Return the id for a key; empty when it is none of this kind."""

    def operator_key(self, code: str) -> Key:
        """Return the key of the operator that is called so on the wire."""

    def operator_code(self, key: Key) -> str:
        """Return what an operator is called on the wire."""

    def name_of(self, record: Record) -> str:
        """Return the id under which a stored record is a resource."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The circumstances of a mapping."""

    version: Version
    keys: Keys
    extras: bool = True
    """Whether what the standard has no attribute for is sent as named values."""
    strict: bool = False
    """Whether a wrong value is Invalid and an id is never taken for a reference, as a server wants it that stores what
    it reads; else wrong values are left out, as a tolerant reader does."""


def camel(name: str) -> str:
    """Return a field's name as the industry writes names: `greeting_name` is `greetingName`."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


# writing -------------------------------------------------------------------------------------------------------------


def moment(value: datetime) -> str:
    """Return a moment as RFC 3339 in UTC; raises Invalid `naive` for one without a zone."""
    try:
        return plain_moment(value)
    except Wrong as wrong:
        raise wrong.invalid() from None


def urn(referred: str, identifier: str) -> str:
    """Return an href for a reference: the standard demands one in places, and not every thing has an address."""
    return f"urn:tmf:{referred}:{quote(identifier, safe='')}"


def reference(api: Api, what: str, role: str, identifier: str, referred: str, name: str = "") -> Json:
    """Return a reference to a `party`, `entity`, `item`, `channel` or `place` in its role."""
    shape = api.shape
    wrapping = shape.wrapping(what)
    inner: Json = {"id": identifier, "href": urn(referred, identifier), "name": name or identifier}
    inner["@referredType"] = referred
    if not wrapping.inner:
        return {**inner, "role": role}
    return {"@type": wrapping.outer_type, "role": role, wrapping.inner: {"@type": wrapping.inner_type, **inner}}


def plain_reference(api: Api, kind: str, identifier: str) -> Json:
    """Return a reference without a role, such as an affected service."""
    found: Json = {"id": identifier, "name": identifier}
    return {"@type": kind, **found} if api.shape.typed else found


def note(api: Api, identifier: str, author: str, at: datetime, text: str) -> Json:
    """Return a note."""
    found: Json = {"id": identifier, "author": author, "date": moment(at), "text": text}
    return {"@type": "Note", **found} if api.shape.typed else found


def named(api: Api, name: str, value: Any) -> Json:
    """Return a named value."""
    if isinstance(value, list):
        if any(not isinstance(one, str | dict) for one in value):
            value = {"rows": value}  # the standard knows lists of texts and of objects only
            kind, json_type = _TYPES[dict]
        else:
            kind, json_type = ("ObjectArray" if any(isinstance(one, dict) for one in value) else "StringArray"), "array"
    else:
        kind, json_type = _TYPES[type(value)]
    found: Json = {"name": name, "valueType": json_type, "value": value}
    return {"@type": f"{kind}Characteristic", **found} if api.shape.typed else found


@cache
def _hints(kind: Hashable) -> Mapping[str, Any]:
    return hints_of(kind)


@cache
def _default(kind: Hashable, name: str) -> Any:
    (spec,) = (spec for spec in fields(cast("type[Record]", kind)) if spec.name == name)
    if spec.default_factory is not MISSING:
        return spec.default_factory()
    return "" if spec.default is MISSING else spec.default


def extra_values(api: Api, record: Record, names: Iterable[str]) -> list[Json]:
    """Return the fields of a record as named values, without those at their default; raises Invalid `naive`."""
    kind = cast("Hashable", type(record))
    hints = _hints(kind)
    found: list[Json] = []
    for name in names:
        value = getattr(record, name)
        if value == _default(kind, name):
            continue
        try:
            found.append(named(api, camel(name), coder(hints[name]).write(value)))
        except Wrong as wrong:
            wrong.way.append(name)
            raise wrong.invalid() from None
    return found


def version_value(api: Api, record: Record) -> list[Json]:
    """Return the record's version as a named value; none for what is not stored."""
    return [named(api, VERSION_NAME, record.version)] if record.version else []


# reading -------------------------------------------------------------------------------------------------------------


class Reading:
    """A resource being read: every value is cleaned; a wrong one is left out, or Invalid where that is demanded."""

    def __init__(self, api: Api, document: Mapping[str, Any], *, strict: bool = False) -> None:
        self.api = api
        self.document = document
        self.strict = strict
        self._values: dict[str, Any] | None = None

    def wrong(self, name: str, code: str) -> None:
        """Raise Invalid where reading is strict."""
        if self.strict:
            raise Invalid(name, code, f"{name}: {code}")

    def _checked(self, name: str, kind: type | tuple[type, ...]) -> Any:
        value = self.document.get(name)
        if value is None:
            return None
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            self.wrong(name, "type")
            return None
        return value

    def line(self, name: str) -> str:
        """Return a text of one line; empty when there is none."""
        return clean.line(self._text(name))

    def block(self, name: str) -> str:
        """Return a text of several lines; empty when there is none."""
        return clean.block(self._text(name))

    def _text(self, name: str) -> str:
        value = self._checked(name, str if self.strict else (str, int, float))
        return value if isinstance(value, str) else "" if value is None else str(value)

    def number(self, name: str, otherwise: int = 0) -> int:
        """Return a whole number."""
        value = self._checked(name, (int, float))
        return int(value) if value is not None and abs(value) < 1 << 63 else otherwise

    def moment(self, name: str) -> datetime | None:
        """Return a moment in UTC; one without a zone counts as UTC where reading is tolerant."""
        value = self._checked(name, str)
        if value is None:
            return None
        try:
            return strict_moment(value) if self.strict else _some_moment(value)
        except (Wrong, ValueError, OverflowError):
            self.wrong(name, "moment")
            return None

    def part(self, name: str) -> Reading:
        """Return an object within this one; an empty one when there is none."""
        return Reading(self.api, self._checked(name, dict) or {}, strict=self.strict)

    def parts(self, name: str) -> list[Reading]:
        """Return the objects of a list."""
        found = self._checked(name, list) or []
        if any(not isinstance(one, dict) for one in found):
            self.wrong(name, "type")
        return [Reading(self.api, one, strict=self.strict) for one in found if isinstance(one, dict)]

    def referred(self) -> Reading:
        """Return a reference with its attributes side by side, whichever version wrapped it."""
        flat = dict(self.document)
        for wrapper in ("partyOrPartyRole", "entity", "channel", "place", "party", "item"):
            inner = flat.get(wrapper)
            if isinstance(inner, dict):
                flat = {**inner, **{name: value for name, value in flat.items() if name != wrapper}}
                flat.setdefault("id", inner.get("id"))
        return Reading(self.api, flat, strict=self.strict)

    def parties(self) -> dict[str, Reading]:
        """Return the related parties by role in lower case; the first of each role."""
        found: dict[str, Reading] = {}
        for one in self.parts("relatedParty"):
            party = one.referred()
            found.setdefault(party.line("role").lower(), party)
        return found

    def values(self) -> dict[str, Any]:
        """Return the named values."""
        if self._values is None:
            self._values = {}
            for one in self.parts(self.api.characteristic):
                value = one.document.get("value")
                if isinstance(value, dict) and set(value) == {"rows"}:
                    value = value["rows"]
                if value is not None:
                    self._values[one.line("name")] = value
        return self._values

    def extras(self, kind: type[Record], names: Iterable[str]) -> dict[str, Any]:
        """Return those fields of a kind that are there as named values."""
        hints, found = _hints(cast("Hashable", kind)), {}
        for name in names:
            value = self.values().get(camel(name))
            if value is None:
                continue
            try:
                built = coder(hints[name]).built(value)
            except Wrong as wrong:
                self.wrong(camel(name), wrong.code)
                continue
            found[name] = clean.line(built) if type(built) is str and name not in _BLOCKS else built
        return found


def _some_moment(value: str) -> datetime:
    found = datetime.fromisoformat(value.strip().upper())
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
