"""What can be said against a batch without asking the source: said at once, while the form is still open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields

from backends.errors import Invalid, Unsupported
from backends.memory.checking import REFERS, in_utc, named_by
from backends.port import Backend, Batch, Capability, Put, Remove
from backends.records import Contact, Key, Record, is_new
from backends.wire import kind_name


def check(batch: Batch, backend: Backend) -> None:
    """Raise Unsupported and Invalid as any source would."""
    for item in batch.items:
        kind = type(item.record)
        if isinstance(item, Remove):
            _needs(backend, Capability.UNDO)
        if isinstance(item, Put) and item.raw is not None:
            _needs(backend, Capability.RAW)
        if kind not in backend.stores:
            raise Unsupported(f"write.{kind_name(kind)}", source=backend.name)
    names: set[tuple[type[Record], Key]] = set()
    brought: dict[Key, type[Record]] = {}
    for item in batch.items:
        name = (type(item.record), item.record.key)
        if not name[1]:
            raise Invalid("key", "missing")
        if name in names:
            raise Invalid("key", "twice")
        names.add(name)
        if is_new(name[1]):
            brought[name[1]] = name[0]
    for item in batch.items:
        if isinstance(item, Put):
            _check_put(item, brought)


def _needs(backend: Backend, capability: Capability) -> None:
    if capability not in backend.capabilities:
        raise Unsupported(capability, source=backend.name)


def _check_put(item: Put, brought: Mapping[Key, type[Record]]) -> None:
    record = item.record
    if isinstance(record, Contact) and not record.whole:
        raise Invalid("body", "cut", "the beginning of a body must not replace the whole")
    if item.seen is None and not is_new(record.key):
        raise Invalid("seen", "missing")
    in_utc(record)
    for spec in fields(record):
        needed = spec.default is MISSING and spec.default_factory is MISSING
        if spec.name in REFERS and needed and not getattr(record, spec.name):
            raise Invalid(spec.name, "missing")
    for field, key in named_by(record):
        if is_new(key) and brought.get(key) is not REFERS[field]:
            raise Invalid(field, "unknown")
