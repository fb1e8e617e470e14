"""What a batch must be before its first request is sent: nothing can be taken back afterwards."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime

from backends.errors import Invalid, Unsupported
from backends.port import Batch, Capability, Put, Remove
from backends.records import Contact, Customer, Key, Record, Ticket, is_new

STORES: frozenset[type[Record]] = frozenset({Customer, Ticket, Contact})


def kind_of(kind: type[Record]) -> str:
    """Return the name of a kind as the port writes it: `ticket_event`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


def check(batch: Batch, operator: Key) -> tuple[Put, ...]:
    """Return the items of a batch that is sound in itself; raises Unsupported or Invalid."""
    puts = tuple(_supported(item) for item in batch.items)
    seen: set[tuple[type[Record], Key]] = set()
    for item in puts:
        record = item.record
        if not record.key:
            raise Invalid("key", "missing")
        if (type(record), record.key) in seen:
            raise Invalid("key", "twice")
        seen.add((type(record), record.key))
    for item in puts:
        _check(item, operator)
    return puts


def _supported(item: Put | Remove) -> Put:
    if isinstance(item, Remove):
        raise Unsupported(Capability.UNDO, "what Zammad took cannot be taken back")
    if type(item.record) not in STORES:
        raise Unsupported(f"write.{kind_of(type(item.record))}")
    if item.raw is not None:
        raise Unsupported(Capability.RAW)
    return item


def _check(item: Put, operator: Key) -> None:
    record = item.record
    for spec in fields(record):
        value = getattr(record, spec.name)
        if isinstance(value, datetime) and value.tzinfo is None:
            raise Invalid(spec.name, "naive")
    if isinstance(record, Contact) and not record.whole:
        raise Invalid("body", "cut")
    if not is_new(record.key):
        if isinstance(record, Contact):
            raise Unsupported("change.contact", "an article stays as it was written")
        if item.seen is None:
            raise Invalid("seen", "missing")
    for name in ("customer_key", "operator_key"):
        if getattr(record, name, "-") == "":
            raise Invalid(name, "missing")
    if getattr(record, "operator_key", operator) != operator:
        raise Invalid("operator_key", "unknown")


def of_kind(puts: tuple[Put, ...], kind: type[Record]) -> Mapping[Key, Record]:
    """Return the records of a kind that a batch brings, by their new keys."""
    return {put.record.key: put.record for put in puts if type(put.record) is kind and is_new(put.record.key)}
