"""What may be stored: moments with a time zone, references to what exists, numbers and origins given once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from backends.errors import Invalid
from backends.memory.state import LINKED, State, kind_of
from backends.records import (
    Agent,
    Charge,
    Contact,
    Contract,
    Customer,
    Key,
    Line,
    Link,
    Operator,
    Origin,
    Outage,
    Record,
    Ticket,
    is_new,
    utc,
)

R = TypeVar("R", bound=Record)

REFERS: Mapping[str, type[Record]] = {
    "operator_key": Operator,
    "operator_keys": Operator,
    "parent_key": Operator,
    "customer_key": Customer,
    "line_key": Line,
    "line_keys": Line,
    "contract_key": Contract,
    "charge_keys": Charge,
    "ticket_key": Ticket,
    "contact_key": Contact,
    "answered_by": Contact,
    "outage_key": Outage,
}
"""Fields that name another record, and the kind of that record."""

NUMBERED: Mapping[type, tuple[str, str]] = {
    Customer: ("number", "C"),
    Ticket: ("reference", "T"),
    Contact: ("reference", "K"),
    Line: ("number", "L"),
    Outage: ("reference", "O"),
}
"""Kinds that get a reference when they come without one: its field and its letter."""

ONCE: Mapping[type[Record], tuple[str, ...]] = {
    Operator: ("code",),
    Agent: ("login",),
    Customer: ("operator_key", "number"),
    Ticket: ("reference",),
    Contact: ("reference",),
    Outage: ("reference",),
}
"""Fields that no two records of a kind share, whatever their case; the last one is named in the error."""


def origin_of(record: Record) -> Origin | None:
    """Return where a record was imported from, None for kinds that know no origin."""
    return getattr(record, "origin", None)


def named_by(record: Record) -> Iterator[tuple[str, Key]]:
    """Yield (field, key) for each record that `record` names."""
    for spec in fields(record):
        if spec.name in REFERS:
            value: str | tuple[str, ...] = getattr(record, spec.name)
            for key in (value,) if isinstance(value, str) else value:
                if key:
                    yield spec.name, key


def resolved(record: R, keys: Mapping[Key, Key]) -> R:
    """Return `record` with the real keys in place of the new ones."""
    changes: dict[str, Any] = {"key": keys.get(record.key, record.key)}
    for name in REFERS:
        value = getattr(record, name, None)
        if isinstance(value, str):
            changes[name] = keys.get(value, value)
        elif isinstance(value, tuple):
            changes[name] = tuple(keys.get(key, key) for key in value)
    if isinstance(record, Link):
        for name in ("left", "right"):
            end: Origin = getattr(record, name)
            changes[name] = replace(end, foreign_id=keys.get(end.foreign_id, end.foreign_id))
    return replace(record, **changes)


def in_utc(record: R) -> R:
    """Return `record` with every moment in UTC; raises Invalid `naive` naming the field of one without a zone."""
    changes: dict[str, Any] = {spec.name: _in_utc(getattr(record, spec.name), spec.name) for spec in fields(record)}
    return replace(record, **changes)


def _in_utc(value: Any, name: str) -> Any:
    if isinstance(value, datetime):
        try:
            return utc(value)
        except ValueError as error:
            raise Invalid(name, "naive") from error
        except OverflowError as error:
            raise Invalid(name, "out_of_range") from error
    if isinstance(value, tuple):
        return tuple(_in_utc(part, f"{name}[{index}]") for index, part in enumerate(value))
    if is_dataclass(value) and not isinstance(value, type):
        parts = {spec.name: _in_utc(getattr(value, spec.name), f"{name}.{spec.name}") for spec in fields(value)}
        return replace(value, **parts)
    return value


def check_references(state: State, record: Record) -> None:
    """Raise Invalid `missing` or `unknown` naming the first field that does not lead to a stored record."""
    for spec in fields(record):
        needed = spec.default is MISSING and spec.default_factory is MISSING
        if spec.name in REFERS and needed and not getattr(record, spec.name):
            raise Invalid(spec.name, "missing")
    for name, key in named_by(record):
        if is_new(key) or state.find(REFERS[name], key) is None:
            raise Invalid(name, "unknown")


def check_unreferred(state: State, removed: Record) -> None:
    """Raise Invalid `in_use` naming the field by which another record still leads to the one removed."""
    for table in state.tables.values():
        for record in table.values():
            for name, key in named_by(record):
                if key == removed.key and REFERS[name] is type(removed):
                    raise Invalid(name, "in_use", f"{kind_of(record)} {record.key} names it")


def check_unlinked(state: State, removed: Record, source: str) -> None:
    """Raise Invalid `in_use` naming the end of a link, in the store called `source`, that names the one removed."""
    for link in state.every(Link):
        for name, end in (("left", link.left), ("right", link.right)):
            if end.source == source and end.foreign_id == removed.key and type(removed) in LINKED[link.kind]:
                raise Invalid(name, "in_use", f"link {link.key} names it")


def check_link(state: State, link: Link, source: str) -> None:
    """Raise Invalid when an end is empty, leads to nothing in this store, or the pair is one end or linked already."""
    for name, end in (("left", link.left), ("right", link.right)):
        if not end.source or not end.foreign_id:
            raise Invalid(name, "missing")
        if is_new(end.foreign_id) or (end.source == source and state.of_end(link.kind, end, source) is None):
            raise Invalid(name, "unknown")
    if link.left == link.right:
        raise Invalid("right", "same")
    for other in state.every(Link):
        if other.key != link.key and frozenset(other.ends) == frozenset(link.ends):
            raise Invalid("right", "taken")


def check_once(state: State, record: Record) -> None:
    """Raise Invalid `taken` when another record of the kind has the same number, login, code or origin."""
    names = ONCE.get(type(record), ())
    mine = [getattr(record, name).casefold() for name in names]
    origin = origin_of(record)
    for other in state.every(type(record)):
        if other.key == record.key:
            continue
        if names and mine == [getattr(other, name).casefold() for name in names]:
            raise Invalid(names[-1], "taken")
        if origin is not None and origin_of(other) == origin:
            raise Invalid("origin", "taken")


def numbered(state: State, record: R) -> R:
    """Return `record` with a reference of its own when it came without one."""
    if type(record) not in NUMBERED:
        return record
    name, letter = NUMBERED[type(record)]
    if getattr(record, name):
        return record
    taken = {getattr(other, name).casefold() for other in state.every(type(record))}
    while True:
        reference = f"{letter}-{100_000 + state.count(letter)}"
        if reference.casefold() not in taken:
            changes: dict[str, Any] = {name: reference}
            return replace(record, **changes)
