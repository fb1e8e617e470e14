"""One batch in the journal: what it stores, what it waits for, and how it looks while it waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from backends.delivery import Delivery, DeliveryState
from backends.errors import BackendError, Conflict
from backends.memory.checking import in_utc, resolved
from backends.outbox.marks import (
    Became,
    Name,
    named,
    number_in,
    place_in,
    provisional_key,
    provisional_version,
    stored_by,
)
from backends.port import Batch, Change, Put, Receipt, Remove
from backends.records import Key, Record, is_new
from backends.wire import kind_name


class Stand(StrEnum):
    """Where an entry of the journal stands."""

    WAITING = "waiting"
    REFUSED = "refused"
    CONFLICT = "conflict"
    WITHDRAWN = "withdrawn"
    """Given up although the source may have stored it: is asked for once more and then taken back there."""


GOING = frozenset({Stand.WAITING, Stand.WITHDRAWN})
"""What is still to be sent."""


@dataclass(frozen=True)
class Entry:
    """A batch in the journal, as it was given: with new keys of its own and provisional ones of earlier batches.

    `befores` are the records that its items were based on, as far as they are known, item by item.
    """

    number: int
    batch: Batch
    since: datetime
    state: Stand = Stand.WAITING
    befores: tuple[Record | None, ...] = ()
    tries: int = 0
    tried_at: datetime | None = None
    next_at: datetime | None = None
    maybe: bool = True
    """Whether the source may have stored it: it was sent, and no answer said otherwise."""
    error: BackendError | None = None

    @cached_property
    def keys(self) -> Mapping[Key, Key]:
        """The provisional key of each new one."""
        return {
            item.record.key: provisional_key(self.number, position)
            for position, item in enumerate(self.batch.items)
            if is_new(item.record.key)
        }

    @cached_property
    def stores(self) -> frozenset[Name]:
        """What it creates, changes or removes."""
        return frozenset(stored_by(self.number, self.batch))

    @cached_property
    def names(self) -> frozenset[Name]:
        """What it stores or mentions."""
        return frozenset(named(self.batch))

    @cached_property
    def ground(self) -> frozenset[int]:
        """The numbers of the batches whose records or versions it builds on."""
        created = (place_in(key) for _kind, key in self.names)
        versions = (number_in(item.seen) for item in self.batch.items)
        return frozenset([place[0] for place in created if place] + [each for each in versions if each is not None])

    def waits_for(self, earlier: Entry, became: Became) -> bool:
        """Return whether this must not be sent before `earlier`: nothing overtakes what it builds on or touches.

        What was refused holds up only what builds on it.
        """
        if earlier.number in self.ground:
            return True
        if earlier.state not in GOING:
            return False
        there = {(kind, became.key(key)) for kind, key in earlier.stores}
        return any((kind, became.key(key)) in there for kind, key in self.names)

    def record(self, position: int) -> Record:
        """Return an item's record with its provisional keys and version."""
        record = in_utc(resolved(self.batch.items[position].record, self.keys))
        return replace(record, version=provisional_version(self.number))

    def records(self) -> tuple[Record, ...]:
        """Return what it stores, with provisional keys where they are new."""
        return tuple(self.record(at) for at, item in enumerate(self.batch.items) if isinstance(item, Put))

    def before(self, position: int) -> Record | None:
        """Return what an item was based on, None for a new record.

        Where it is not known, the item itself stands in its place: an undo then changes nothing.
        """
        item = self.batch.items[position]
        if is_new(item.record.key):
            return None
        known = self.befores[position] if position < len(self.befores) else None
        return known or replace(item.record, version=item.seen or 0)

    def position_of(self, name: Name) -> int | None:
        """Return which item stores the record of this name, None when none does."""
        for position, one in enumerate(stored_by(self.number, self.batch)):
            if one == name:
                return position
        return None

    def receipt(self, *, repeated: bool = False) -> Receipt:
        """Return what came of it so far: everything provisional."""
        changes = tuple(
            Change(item.record, None) if isinstance(item, Remove) else Change(self.before(at), self.record(at))
            for at, item in enumerate(self.batch.items)
        )
        return Receipt(changes, self.since, keys=dict(self.keys), repeated=repeated, waiting=True)

    def concerns(self, customer_key: Key, became: Became) -> bool:
        """Return whether it stores anything of this customer, named by the provisional or the real key."""
        wanted = became.key(customer_key)
        for position, item in enumerate(self.batch.items):
            record = item.record
            kind = kind_name(type(record))
            owner = self.keys.get(record.key, record.key) if kind == "customer" else getattr(record, "customer_key", "")
            if owner and became.key(self.keys.get(owner, owner)) == wanted:
                return True
            moved = getattr(self.before(position), "customer_key", "")
            if moved and became.key(self.keys.get(moved, moved)) == wanted:
                return True
            if provisional_key(self.number, position) == customer_key:
                return True
        return False

    def delivery(self, source: str, became: Became) -> Delivery:
        """Return it as those who look at the outbox see it."""
        theirs = self.error.newer if isinstance(self.error, Conflict) else None
        items = tuple(replace(item, record=became.record(item.record)) for item in self.batch.items)
        return Delivery(
            self.number,
            source,
            DeliveryState(self.state.value) if self.state is not Stand.WITHDRAWN else DeliveryState.WAITING,
            replace(self.batch, items=items),
            self.since,
            tuple(became.record(record) for record in self.records()),
            self.tries,
            self.tried_at,
            self.error,
            theirs,
        )


def withdrawn(entry: Entry) -> Entry:
    """Return an entry that is to be taken back in the source, which may have stored it."""
    return replace(entry, state=Stand.WITHDRAWN, next_at=None, error=None)


def emptied(entry: Entry) -> Entry:
    """Return an entry that starts its way anew: due at once, and no error."""
    return replace(entry, state=Stand.WAITING, next_at=None, error=None)


def alike(seen: Record, now: Record) -> bool:
    """Return whether two versions of a record say the same; a reference that the source gave since does not count."""
    blank = {name: "" for name in ("number", "reference") if hasattr(seen, name) and getattr(seen, name) == ""}
    return replace(seen, version=0) == replace(now, version=0, **blank)  # type: ignore[arg-type]  # names by kind


def rebased(record: Record, given_up: Record, before: Record) -> Record:
    """Return `record` without what `given_up` had changed about `before`: such fields are as they were."""
    changes = {
        name: getattr(before, name)
        for name in type(record).__dataclass_fields__
        if name not in ("key", "version") and getattr(record, name) == getattr(given_up, name) != getattr(before, name)
    }
    return replace(record, **changes)
