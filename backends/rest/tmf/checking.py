"""What a batch must be before its first request is sent: nothing can be taken back afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass, replace
from datetime import datetime
from typing import Any

from backends.errors import Conflict, Invalid, NotFound, Unsupported
from backends.port import Batch, Capability, Put, Remove
from backends.records import (
    Contact,
    Contract,
    Customer,
    Key,
    Operator,
    Outage,
    Record,
    Ticket,
    TicketEvent,
    Visit,
    is_new,
    utc,
)
from backends.rest.tmf.reading import Reader
from backends.rest.tmf.site import together
from backends.wire.forms import kind_name

STORES: frozenset[type[Record]] = frozenset({Customer, Contact, Ticket, TicketEvent, Contract, Visit, Outage})
REFERS: Mapping[str, type[Record]] = {
    "operator_key": Operator,
    "operator_keys": Operator,
    "customer_key": Customer,
    "ticket_key": Ticket,
    "contact_key": Contact,
    "answered_by": Contact,
    "outage_key": Outage,
}
"""Fields that name a record of a kind that this source holds."""
LINES: Mapping[type[Record], frozenset[str]] = {
    Ticket: frozenset({"line_key"}),
    Contact: frozenset({"line_key"}),
    Contract: frozenset({"line_keys"}),
}
"""Fields that name lines, of which these six APIs tell nothing: what the server says is kept, nothing else is."""


def named_by(record: Record) -> Iterator[tuple[str, Key]]:
    """Yield (field, key) for each record that `record` names."""
    for spec in fields(record):
        if spec.name in REFERS:
            value: str | tuple[str, ...] = getattr(record, spec.name)
            for key in (value,) if isinstance(value, str) else value:
                if key:
                    yield spec.name, key


def sound(batch: Batch) -> tuple[Put, ...]:
    """Return the items of a batch that is sound in itself, moments in UTC; raises Unsupported, Invalid."""
    puts = tuple(_supported(item) for item in batch.items)
    seen: set[tuple[type[Record], Key]] = set()
    for item in puts:
        record = item.record
        if not record.key:
            raise Invalid("key", "missing")
        if (type(record), record.key) in seen:
            raise Invalid("key", "twice")
        seen.add((type(record), record.key))
    return tuple(replace(item, record=_sound(item)) for item in puts)


def _supported(item: Put | Remove) -> Put:
    kind = type(item.record)
    if isinstance(item, Remove):
        raise Unsupported(Capability.UNDO, "the standard has no way to take a resource back")
    if kind not in STORES:
        raise Unsupported(f"write.{kind_name(kind)}")
    if item.raw is not None:
        raise Unsupported(Capability.RAW)
    if kind is TicketEvent and not is_new(item.record.key):
        raise Unsupported("change.ticket_event", "a note stays as it was written")
    return item


def _sound(item: Put) -> Record:
    record = item.record
    if isinstance(record, Contact) and not record.whole:
        raise Invalid("body", "cut", "the beginning of a body must not replace the whole")
    if not is_new(record.key) and item.seen is None:
        raise Invalid("seen", "missing")
    for spec in fields(record):
        needed = spec.default is MISSING and spec.default_factory is MISSING
        if spec.name in REFERS and needed and not getattr(record, spec.name):
            raise Invalid(spec.name, "missing")
    changes: dict[str, Any] = {spec.name: _in_utc(getattr(record, spec.name), spec.name) for spec in fields(record)}
    return replace(record, **changes)


def _in_utc(value: Any, name: str) -> Any:
    """Return `value` with every moment in UTC; raises Invalid naming the part that has no zone."""
    if isinstance(value, datetime):
        try:
            return utc(value)
        except ValueError:
            raise Invalid(name, "naive") from None
        except OverflowError:
            raise Invalid(name, "out_of_range") from None
    if isinstance(value, tuple):
        return tuple(_in_utc(part, f"{name}[{index}]") for index, part in enumerate(value))
    if is_dataclass(value) and not isinstance(value, type):
        parts = {spec.name: _in_utc(getattr(value, spec.name), f"{name}.{spec.name}") for spec in fields(value)}
        return replace(value, **parts)
    return value


async def check_references(reader: Reader, puts: tuple[Put, ...]) -> None:
    """Raise Invalid `unknown` naming the first field that leads to nothing, neither in the batch nor on the server."""
    brought = {(type(item.record), item.record.key) for item in puts}
    asked: dict[tuple[type[Record], Key], str] = {}
    for item in puts:
        for name, key in named_by(item.record):
            kind = REFERS[name]
            if kind is Operator:
                if key != reader.site.options.operator.key:
                    raise Invalid(name, "unknown")
            elif (kind, key) not in brought:
                if not reader.site.keys.identifier(kind, key):
                    raise Invalid(name, "unknown")
                asked.setdefault((kind, key), name)
    if len(puts) > 1 or any(isinstance(item.record, TicketEvent) for item in puts) or not await reader.site.honours():
        await together(*(_exists(reader, kind, key, name) for (kind, key), name in asked.items()))


async def _exists(reader: Reader, kind: type[Any], key: Key, name: str) -> None:
    try:
        await reader.one(kind, key)
    except NotFound:
        raise Invalid(name, "unknown", source=reader.site.name) from None


async def stale(reader: Reader, item: Put) -> tuple[Record | None, bool]:
    """Return the record as it is now, and whether it is another version than was seen; None when it is gone."""
    try:
        now = await reader.one(type(item.record), item.record.key)
    except NotFound:
        return None, True
    return now, now.version != item.seen and not reader.looks_the_same(now, item.seen)


def conflict(now: Record | None, source: str) -> Conflict:
    """Return the error that tells the newer record."""
    return Conflict(now, "somebody changed it meanwhile", source=source)
