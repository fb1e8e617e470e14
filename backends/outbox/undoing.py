"""Taking back what only waits: the batches go out of the journal as if they had never been made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from backends.errors import Conflict, Invalid
from backends.memory.checking import REFERS, named_by
from backends.outbox.entries import Entry, alike
from backends.outbox.marks import Became, Name, number_in, place_in
from backends.port import Batch, Change, Put, Receipt, Remove
from backends.records import Record
from backends.wire import kind_name


@dataclass(frozen=True, slots=True)
class Plan:
    """Which batches an undo takes out of the journal, what it has to do beyond that, and what came of it."""

    withdrawn: tuple[int, ...]
    rest: Batch
    changes: tuple[Change, ...]

    def receipt(self, since: Receipt | None, entry: Entry) -> Receipt:
        """Return what came of the whole undo; `since` is what came of the rest of it."""
        found = (*self.changes, *(since.changes if since else ()))
        return Receipt(found, entry.since, keys={}, waiting=bool(since and since.waiting))


def planned(batch: Batch, entries: Mapping[int, Entry], became: Became) -> Plan | None:
    """Return how to take back what waits, None when the batch takes back nothing that does, or only a part of it.

    Raises Conflict when a later batch changed one of the records, Invalid `in_use` when one names a record that would
    be gone, as any source does.
    """
    if batch.act != "undo" and not any(isinstance(item, Remove) for item in batch.items):
        return None
    withdrawn: dict[int, set[Name]] = {}
    rest: list[Put | Remove] = []
    changes: list[Change] = []
    for item in batch.items:
        left, base = _unwound(item, entries, withdrawn)
        if left is not None:
            rest.append(left)
        else:
            changes.append(Change(_last(item, entries), base))
    if not withdrawn:
        return None
    if any(entries[number].stores - names for number, names in withdrawn.items()):
        return None
    _check_later(withdrawn, entries, became)
    return Plan(tuple(sorted(withdrawn, reverse=True)), replace(batch, items=tuple(rest)), tuple(changes))


def _last(item: Put | Remove, entries: Mapping[int, Entry]) -> Record:
    """Return the record as the batch left it that an item of an undo takes back."""
    entry = entries[number_in(item.seen) or 0]
    position = entry.position_of((kind_name(type(item.record)), item.record.key))
    return item.record if position is None else entry.record(position)


def _unwound(
    item: Put | Remove, entries: Mapping[int, Entry], withdrawn: dict[int, set[Name]]
) -> tuple[Put | Remove | None, Record | None]:
    """Return what is left to do for one item once the waiting batches are gone, and what its record is then."""
    name = (kind_name(type(item.record)), item.record.key)
    seen = item.seen
    while (entry := entries.get(number_in(seen) or 0)) is not None:
        position = entry.position_of(name)
        if position is None:
            break
        withdrawn.setdefault(entry.number, set()).add(name)
        before = entry.before(position)
        if before is None:
            return (None, None) if isinstance(item, Remove) else (item, None)
        seen = entry.batch.items[position].seen
        if isinstance(item, Put) and alike(before, item.record):
            return None, before
    if seen is None or seen == item.seen:
        return item, None
    return replace(item, seen=seen), None


def _check_later(withdrawn: Mapping[int, set[Name]], entries: Mapping[int, Entry], became: Became) -> None:
    for number, later in entries.items():
        if number in withdrawn:
            continue
        for position, item in enumerate(later.batch.items):
            if number_in(item.seen) in withdrawn:
                raise Conflict(became.record(later.record(position)))
            for field, key in named_by(item.record):
                place = place_in(key)
                if place is not None and place[0] in withdrawn:
                    raise Invalid(field, "in_use", f"{kind_name(REFERS[field])} is named by batch {number}")
