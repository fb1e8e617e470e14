"""What becomes of a batch that is sent again, and of those that build on one that is given up."""

from __future__ import annotations

from dataclasses import replace

from backends.errors import Conflict, NotFound
from backends.outbox.entries import Entry, Stand, emptied, rebased
from backends.port import Put
from backends.wire import kind_name


def again(entry: Entry, *, over_theirs: bool = False) -> Entry:
    """Return an entry back in line; with `over_theirs` it is based on what the source has now."""
    newer = entry.error.newer if isinstance(entry.error, Conflict) else None
    after = emptied(entry)
    if not over_theirs or newer is None:
        return after
    items = tuple(
        replace(item, seen=newer.version) if type(item.record) is type(newer) and item.record.key == newer.key else item
        for item in entry.batch.items
    )
    befores = tuple(
        newer if type(item.record) is type(newer) and item.record.key == newer.key else before
        for item, before in zip(entry.batch.items, entry.befores, strict=False)
    )
    return replace(after, batch=replace(entry.batch, items=items), befores=befores)


def without(later: Entry, dropped: Entry) -> Entry:
    """Return an entry as it is once an earlier one is given up: based on what that one was based on, or refused."""
    items = list(later.batch.items)
    befores = list(later.befores)
    for at, item in enumerate(items):
        position = dropped.position_of((kind_name(type(item.record)), item.record.key))
        before = dropped.before(position) if position is not None else None
        if position is None or before is None or not isinstance(item, Put):
            continue
        if item.seen != dropped.record(position).version:
            continue
        items[at] = replace(
            item, record=rebased(item.record, dropped.record(position), before), seen=dropped.batch.items[position].seen
        )
        if at < len(befores):
            befores[at] = before
    after = replace(later, batch=replace(later.batch, items=tuple(items)), befores=tuple(befores))
    if dropped.number not in after.ground:
        return after
    gone = NotFound(f"delivery {dropped.number} was dropped")
    return replace(after, state=Stand.REFUSED, error=gone, next_at=None)
