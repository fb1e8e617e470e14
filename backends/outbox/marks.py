"""Keys and versions that the outbox gives until the source gives its own, and how the one becomes the other.

A record of the seventh batch, third in it, is `outbox:7/2`; what the seventh batch changes has the version of that
batch until the source answers. Such versions are larger than any that a source gives, and grow with every batch.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from backends.memory.checking import REFERS, named_by, resolved
from backends.port import Batch, Put, Receipt, Remove
from backends.records import Key, Record, is_new
from backends.wire import kind_name

__all__ = [
    "Became", "Name", "Real", "Unknown", "is_provisional", "named", "number_in", "place_in", "provisional_key",
    "provisional_version", "rows_of", "seen_of", "stored_by", "translated",
]  # fmt: skip

Name = tuple[str, Key]
"""A kind of record and a key: what names one record of a source."""

_FIRST_VERSION = 1 << 60
_KEY = re.compile(r"outbox:([0-9]{1,15})/([0-9]{1,9})", re.ASCII)


def provisional_key(number: int, position: int) -> Key:
    """Return the key of a new record that stands at `position` of the batch `number`."""
    return f"outbox:{number}/{position}"


def place_in(key: Key) -> tuple[int, int] | None:
    """Return the number of the batch and the position that a provisional key stands for, None for any other key."""
    found = _KEY.fullmatch(key)
    return (int(found[1]), int(found[2])) if found else None


def is_provisional(key: Key) -> bool:
    """Return whether the outbox gave this key."""
    return place_in(key) is not None


def provisional_version(number: int) -> int:
    """Return the version of what the batch `number` stores, until the source says its own."""
    return _FIRST_VERSION + number


def number_in(version: int | None) -> int | None:
    """Return the number of the batch that gave this version, None when a source gave it."""
    return version - _FIRST_VERSION if version is not None and version > _FIRST_VERSION else None


def seen_of(item: Put | Remove) -> int | None:
    """Return the version that an item is based on, None for a new record."""
    return item.seen


def named(batch: Batch) -> Iterator[Name]:
    """Yield what a batch stores or mentions, new records of its own left out."""
    for item in batch.items:
        if not is_new(item.record.key):
            yield kind_name(type(item.record)), item.record.key
        for field, key in named_by(item.record):
            if not is_new(key):
                yield kind_name(REFERS[field]), key


def stored_by(number: int, batch: Batch) -> Iterator[Name]:
    """Yield what a batch creates, changes or removes, new records by their provisional keys."""
    for position, item in enumerate(batch.items):
        key = item.record.key
        yield kind_name(type(item.record)), provisional_key(number, position) if is_new(key) else key


@dataclass(frozen=True, slots=True)
class Real:
    """What became of one item of a delivered batch; version 0 where the source kept a record it knew already."""

    number: int
    position: int
    kind: str
    key: Key
    version: int


def rows_of(number: int, batch: Batch, receipt: Receipt) -> list[Real]:
    """Return what became of each item of a batch, to be looked up by later batches and by who still shows it."""
    known = dict(receipt.known)
    rows = [
        Real(number, position, kind_name(type(batch.items[position].record)), key, 0) for position, key in known.items()
    ]
    rest = [position for position in range(len(batch.items)) if position not in known]
    for position, change in zip(rest, receipt.changes, strict=False):
        if change.after is not None:
            kind = kind_name(type(change.after))
            rows.append(Real(number, position, kind, change.after.key, change.after.version))
    return rows


class Unknown(Exception):
    """A batch names what another one was to create, and that one is gone."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Became:
    """The real keys and versions of what was delivered."""

    def __init__(self, rows: Iterable[Real] = ()) -> None:
        self.keys: dict[Key, Key] = {}
        """Provisional key → real one."""
        self._versions: dict[tuple[int, str, Key], int] = {}
        for row in rows:
            self.add(row)

    def add(self, row: Real) -> None:
        """Remember what became of one item."""
        self.keys[provisional_key(row.number, row.position)] = row.key
        if row.version:
            self._versions[row.number, row.kind, row.key] = row.version

    def key(self, key: Key) -> Key:
        """Return the real key where there is one by now."""
        return self.keys.get(key, key)

    def version(self, kind: str, key: Key, version: int | None) -> int | None:
        """Return the real version for a provisional one where the source has said it; `key` is real."""
        number = number_in(version)
        return version if number is None else self._versions.get((number, kind, key), version)

    def record(self, record: Record, more: Mapping[Key, Key] | None = None) -> Record:
        """Return `record` with all keys that are real by now, and with `more` replaced as well."""
        found = resolved(record, {**self.keys, **more} if more else self.keys)
        version = self.version(kind_name(type(found)), found.key, found.version)
        return found if version is None or version == found.version else replace(found, version=version)


def translated(batch: Batch, became: Became) -> Batch:
    """Return a batch as the source can take it: no key and no version of ours is left; raises Unknown."""
    items: list[Put | Remove] = []
    for item in batch.items:
        record = became.record(item.record)
        seen = became.version(kind_name(type(record)), record.key, item.seen)
        left = number_in(seen)
        for key in (record.key, *(key for _field, key in named_by(record))):
            place = place_in(key)
            if place is not None:
                left = place[0]
        if left is not None:
            raise Unknown(left)
        items.append(_based_on(item, record, seen))
    return replace(batch, items=tuple(items))


def _based_on(item: Put | Remove, record: Record, seen: int | None) -> Put | Remove:
    if isinstance(item, Put):
        return replace(item, record=record, seen=seen)
    assert seen is not None
    return replace(item, record=record, seen=seen)
