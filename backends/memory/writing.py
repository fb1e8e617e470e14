"""A batch, applied to a state that is thrown away unless everything fits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime

from backends.errors import Conflict, Invalid
from backends.memory.checking import (
    check_link,
    check_once,
    check_references,
    check_unlinked,
    check_unreferred,
    in_utc,
    numbered,
    origin_of,
    resolved,
)
from backends.memory.state import State, customer_of, kind_of
from backends.port import Batch, Change, Put, Receipt, Remove
from backends.records import Contact, Key, Link, Record, is_new


def apply(state: State, batch: Batch, now: datetime, *, keep_keys: bool = False, source: str = "") -> Receipt:
    """Change `state` by `batch` and return what came of it; when this raises, `state` is to be thrown away.

    `keep_keys` stores records under the keys they bring, for a store that is filled with prepared records; `source`
    is what the store is called, by which the ends of links in it are known.
    """
    if batch.idempotency_key in state.receipts:
        return replace(state.receipts[batch.idempotency_key], repeated=True)
    _check_once_each(batch)
    keys, known = _keys(state, batch, keep_keys)
    positions = {position for position, _ in known}
    changes = tuple(
        _remove(state, item) if isinstance(item, Remove) else _put(state, item, keys, keep_keys)
        for position, item in enumerate(batch.items)
        if position not in positions
    )
    for change in changes:
        if change.after is None:
            assert change.before is not None
            check_unreferred(state, change.before)
            check_unlinked(state, change.before, source)
        else:
            check_references(state, change.after)
            check_once(state, change.after)
            if isinstance(change.after, Link):
                check_link(state, change.after, source)
    for change in changes:
        _note(state, batch, change, now, source)
    state.tell(changes, source)
    receipt = Receipt(changes, now, tuple(known), keys)
    if batch.idempotency_key:
        state.receipts[batch.idempotency_key] = receipt
    return receipt


def _check_once_each(batch: Batch) -> None:
    seen: set[tuple[type[Record], Key]] = set()
    for item in batch.items:
        if not item.record.key:
            raise Invalid("key", "missing")
        name = (type(item.record), item.record.key)
        if name in seen:
            raise Invalid("key", "twice")
        seen.add(name)


def _keys(state: State, batch: Batch, keep_keys: bool) -> tuple[dict[Key, Key], list[tuple[int, Key]]]:
    """Return the real key of each new one, and which items of the batch are known already."""
    keys: dict[Key, Key] = {}
    known: list[tuple[int, Key]] = []
    origins = {
        (type(record), origin_of(record)): key for table in state.tables.values() for key, record in table.items()
    }
    for position, item in enumerate(batch.items):
        record = item.record
        if isinstance(item, Remove) or not (is_new(record.key) or keep_keys):
            continue
        origin = origin_of(record)
        stored = origins.get((type(record), origin)) if origin else None
        if item.unless_known and stored is not None:
            keys[record.key] = stored
            known.append((position, stored))
            continue
        keys[record.key] = f"{state.count('key'):08d}" if is_new(record.key) else record.key
        origins[type(record), origin] = keys[record.key]
    return keys, known


def _put(state: State, item: Put, keys: Mapping[Key, Key], keep_keys: bool) -> Change:
    record = item.record
    if isinstance(record, Contact) and not record.whole:
        raise Invalid("body", "cut", "the beginning of a body must not replace the whole")
    before: Record | None = None
    version = 1
    if not (is_new(record.key) or keep_keys):
        if item.seen is None:
            raise Invalid("seen", "missing")
        before = state.find(type(record), record.key)
        if before is None or before.version != item.seen:
            raise Conflict(before)
        version = before.version + 1
    after = replace(in_utc(numbered(state, resolved(record, keys))), version=version)
    state.store(after)
    if item.raw is not None:
        state.raws[type(after), after.key] = item.raw
    return Change(before, after)


def _remove(state: State, item: Remove) -> Change:
    before = state.find(type(item.record), item.record.key)
    if before is None or before.version != item.seen:
        raise Conflict(before)
    del state.tables[type(before)][before.key]
    state.raws.pop((type(before), before.key), None)
    return Change(before, None)


def _note(state: State, batch: Batch, change: Change, now: datetime, source: str) -> None:
    record = change.after or change.before
    assert record is not None
    if change.before is None:
        what = "new"
    elif change.after is None:
        what = "removed"
    else:
        names = (spec.name for spec in fields(record) if spec.name != "version")
        what = " ".join(name for name in names if getattr(change.before, name) != getattr(change.after, name))
    detail = f"{what}: {batch.reason}" if batch.reason else what
    about = customer_of(record)
    if isinstance(record, Link):
        about = next(iter(state.linked(record, source)), "")
    state.note(now, batch.actor, batch.act, kind_of(record), record.key, about, detail)
