"""How one field of a record lies in the columns of its table.

A `Part` names the field, its columns, and the two functions between them; `backends.sql.shapes` lists the parts of
every record. Values that SQLite keeps as they are pass without a function.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields, is_dataclass
from dataclasses import field as later
from datetime import UTC, date, datetime, timedelta
from enum import Enum, StrEnum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from backends.records import Key, Money, NetworkPath, Origin, Place

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

_read_json = json.JSONDecoder().raw_decode
"""`json.loads` without its search for white space around, which costs more than small values themselves."""

KEEP = object()
"""What `Part.blank` holds where forgetting a person leaves the field as it is."""


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a record and its columns; with several columns `store` returns and `load` takes one value each."""

    field: str
    columns: tuple[str, ...]
    store: Callable[[Any], Any] | None = None
    load: Callable[..., Any] | None = None
    refers: str = ""
    """The kind of record that this key, or each of these keys, names."""
    many: bool = False
    """Whether the field holds a tuple of keys."""
    single: bool = later(init=False)
    """Whether there is one column."""
    blank: Any = KEEP
    """What stands here after the person was forgotten, or the function that makes it of what stood here."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "single", len(self.columns) == 1)


def micros(moment: datetime) -> int:
    """Return microseconds since 1970 in UTC; raises ValueError for a naive moment."""
    if moment.tzinfo is None:
        raise ValueError("naive")
    return (moment - EPOCH) // MICROSECOND


def moment_of(value: int) -> datetime:
    """Return the moment, in UTC, of microseconds since 1970."""
    return EPOCH + timedelta(microseconds=value)


def key_of(kind: str, row: int) -> Key:
    """Return the key of a stored record, e.g. `ticket:17`."""
    return f"{kind}:{row}"


def row_of(kind: str, key: Key) -> int | None:
    """Return the integer that `key` holds when it names a `kind`, else None."""
    name, colon, digits = key.partition(":")
    if name != kind or not colon or not digits.isdecimal() or not digits.isascii() or len(digits) > 18:
        return None
    return int(digits)


def text(field: str, *, blank: Any = KEEP) -> Part:
    """Return the part for a plain text."""
    return Part(field, (field,), store=_text, blank=blank)


def _text(value: str) -> str:
    """Return `value`; raises AttributeError for what is no text, ValueError for half of a surrogate pair."""
    if not value.isascii():
        value.encode()
    return value


def number(field: str) -> Part:
    """Return the part for a whole number."""
    return Part(field, (field,))


def flag(field: str) -> Part:
    """Return the part for a truth value, kept as 0 or 1."""
    return Part(field, (field,), store=int, load=bool)


def moment(field: str) -> Part:
    """Return the part for a moment."""
    return Part(field, (field,), store=micros, load=moment_of)


def optional_moment(field: str) -> Part:
    """Return the part for a moment that may be missing."""
    return Part(field, (field,), store=_optional(micros), load=_optional(moment_of))


def day(field: str) -> Part:
    """Return the part for a calendar day."""
    return Part(field, (field,), store=date.isoformat, load=date.fromisoformat)


def optional_day(field: str) -> Part:
    """Return the part for a calendar day that may be missing."""
    return Part(field, (field,), store=_optional(date.isoformat), load=_optional(date.fromisoformat))


def _optional(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def some(value: Any) -> Any:
        return None if value is None else function(value)

    return some


def code(field: str, codes: type[StrEnum]) -> Part:
    """Return the part for one of `codes`."""
    known = {member.value: member for member in codes}
    stored = {member: member.value for member in codes}
    return Part(field, (field,), store=stored.__getitem__, load=known.__getitem__)


def optional_code(field: str, codes: type[StrEnum]) -> Part:
    """Return the part for one of `codes` or nothing."""
    inner = code(field, codes)
    assert inner.store is not None
    assert inner.load is not None
    return Part(field, (field,), store=_optional(inner.store), load=_optional(inner.load))


def key(field: str, kind: str, column: str = "") -> Part:
    """Return the part for the key of another record; the empty key is NULL."""
    start = f"{kind}:"

    def load(row: int | None) -> Key:
        return "" if row is None else f"{start}{row}"

    return Part(field, (column or field.removesuffix("_key") + "_id",), store=_key_store(kind), load=load, refers=kind)


def _key_store(kind: str) -> Callable[[Key], int | None]:
    def store(value: Key) -> int | None:
        if not value:
            return None
        row = row_of(kind, value)
        if row is None:
            raise ValueError("unknown")
        return row

    return store


def keys(field: str, kind: str) -> Part:
    """Return the part for the keys of several other records, kept as a JSON list of integers."""
    store_one = _key_store(kind)
    start = f"{kind}:"

    def store(value: tuple[Key, ...]) -> str:
        return "[]" if not value else json.dumps([store_one(one) for one in value], separators=(",", ":"))

    def load(value: str) -> tuple[Key, ...]:
        return () if value == "[]" else tuple(f"{start}{row}" for row in _read_json(value)[0])

    column = field.removesuffix("_keys") + "_ids"
    return Part(field, (column,), store=store, load=load, refers=kind, many=True)


def place(*, blank: Any = KEEP) -> Part:
    """Return the part for a postal place."""
    names = tuple(one.name for one in fields(Place))
    nowhere = Place()

    def load(*parts: str) -> Place:
        return Place(*parts) if any(parts) else nowhere

    def store(value: Place) -> tuple[str, ...]:
        return (value.street, value.house, value.unit, value.postcode, value.town, value.region, value.country)

    return Part("place", names, store=store, load=load, blank=blank)


def path(*, blank: Any = KEEP) -> Part:
    """Return the part for a line's way through the network."""

    def store(value: NetworkPath) -> tuple[str, ...]:
        return (value.exchange, value.node, value.olt, value.port)

    return Part("path", ("exchange", "node", "olt", "port"), store=store, load=NetworkPath, blank=blank)


def money(field: str) -> Part:
    """Return the part for an amount."""
    return Part(field, (f"{field}_minor", f"{field}_currency"), store=_money, load=Money)


def _money(value: Money) -> tuple[int, str]:
    return (value.minor, value.currency)


def optional_money(field: str) -> Part:
    """Return the part for an amount that may be missing."""

    def store(value: Money | None) -> tuple[int | None, str | None]:
        return (None, None) if value is None else _money(value)

    def load(minor: int | None, currency: str | None) -> Money | None:
        return None if minor is None or currency is None else Money(minor, currency)

    return Part(field, (f"{field}_minor", f"{field}_currency"), store=store, load=load)


def origin() -> Part:
    """Return the part for where a record came from."""

    def store(value: Origin | None) -> tuple[str | None, str | None]:
        return (None, None) if value is None else (value.source, value.foreign_id)

    def load(source: str | None, foreign_id: str | None) -> Origin | None:
        return None if source is None or foreign_id is None else Origin(source, foreign_id)

    return Part("origin", ("origin_source", "origin_id"), store=store, load=load)


def end(field: str) -> Part:
    """Return the part for one end of a link."""

    def store(value: Origin) -> tuple[str, str]:
        return (_text(value.source), _text(value.foreign_id))

    return Part(field, (f"{field}_source", f"{field}_id"), store=store, load=Origin)


def codes(field: str, known: type[StrEnum], *, blank: Any = KEEP) -> Part:
    """Return the part for a set of codes, kept as a sorted JSON list; codes of another program version are left out."""
    members = {member.value: member for member in known}

    def store(value: frozenset[StrEnum]) -> str:
        return "[]" if not value else json.dumps(sorted(known(one).value for one in value), separators=(",", ":"))

    def load(value: str) -> frozenset[StrEnum]:
        return (
            frozenset() if value == "[]" else frozenset(members[one] for one in _read_json(value)[0] if one in members)
        )

    return Part(field, (field,), store=store, load=load, blank=blank)


def structure(field: str, shape: Any, *, blank: Any = KEEP) -> Part:
    """Return the part for a small structure of type `shape`, kept as JSON; None is NULL."""
    build = builder(shape)

    def store(value: Any) -> str | None:
        if not value:
            return None if value is None else "[]" if value == () else "{}"
        return _text(json.dumps(compact(value), ensure_ascii=False, separators=(",", ":")))

    def load(value: str | None) -> Any:
        if value is None:
            return None
        return () if value == "[]" else build(_read_json(value)[0])

    return Part(field, (field,), store=store, load=load, blank=blank)


def compact(value: Any) -> Any:
    """Return `value` as plain JSON values without fields that hold their default; moments are microseconds."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return micros(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple | list | frozenset):
        return [compact(one) for one in value]
    if is_dataclass(value):
        found = ((one, getattr(value, one.name)) for one in fields(value))
        return {one.name: compact(held) for one, held in found if one.default is MISSING or held != one.default}
    return value


def builder(shape: Any) -> Callable[[Any], Any]:
    """Return the function that rebuilds a value of type `shape` from what `compact` made of it."""
    family, inner = get_origin(shape), get_args(shape)
    if family is tuple:
        if len(inner) == 2 and inner[1] is Ellipsis:
            one = builder(inner[0])
            return lambda value: tuple(one(each) for each in value)
        each_of = tuple(builder(part) for part in inner)
        return lambda value: tuple(build(each) for build, each in zip(each_of, value, strict=True))
    if family in (Union, UnionType):
        return _optional(builder(next(part for part in inner if part is not NoneType)))
    if shape is datetime:
        return moment_of
    if isinstance(shape, type) and issubclass(shape, StrEnum):
        return shape
    if is_dataclass(shape):
        return _record_builder(shape)
    return _as_it_is


def _as_it_is(value: Any) -> Any:
    return value


def _record_builder(shape: Any) -> Callable[[Any], Any]:
    hints = get_type_hints(shape)
    builders = {one.name: builder(hints[one.name]) for one in fields(shape)}

    def build(value: dict[str, Any]) -> Any:
        return shape(**{name: builders[name](part) for name, part in value.items() if name in builders})

    return build
