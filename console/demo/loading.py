"""Writes the demo into a backend, batch by batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from backends.port import Put
from backends.records import Key, is_new

if TYPE_CHECKING:
    from backends.port import Backend

_OF_THE_FOUNDATION = ("operator_key", "operator_keys", "parent_key", "outage_key")
"""Fields that name records of the first batch; all others name records of their own batch."""


_NAMES: dict[type, tuple[str, ...]] = {}


def _key_fields(kind: type) -> tuple[str, ...]:
    """Return the names of the fields by which a record of this kind may name one of an earlier batch."""
    if kind not in _NAMES:
        _NAMES[kind] = tuple(field.name for field in fields(kind) if field.name in _OF_THE_FOUNDATION)
    return _NAMES[kind]


def pointed(put: Put, real: dict[Key, Key]) -> Put:
    """Return `put` with keys of records that are stored already put in place of the new ones."""
    changes: dict[str, Any] = {}
    for name in _key_fields(type(put.record)):
        value = getattr(put.record, name)
        if isinstance(value, tuple):
            if any(key in real for key in value):
                changes[name] = tuple(real.get(key, key) for key in value)
        elif value in real:
            changes[name] = real[value]
    return replace(put, record=replace(put.record, **changes)) if changes else put


async def load(
    backend: Backend, *, customers: int = 2000, seed: int = 1, now: datetime, progress: Callable[[int, int], None] | None = None
) -> int:
    """Write a demo of so many customers into an open, empty `backend`; returns how many records it holds.

    `now` is the UTC moment of the night it shows; `progress` hears (customers done, customers in all). Raises what
    `Backend.write` raises.
    """
    from console.demo.generation import generate

    real: dict[Key, Key] = {}
    written = 0
    done = 0
    for number, batch in enumerate(generate(customers=customers, seed=seed, now=now)):
        items = tuple(pointed(item, real) if isinstance(item, Put) else item for item in batch.items)
        receipt = await backend.write(replace(batch, items=items))
        if number < FOUNDATION and receipt.keys:
            real.update({new: key for new, key in receipt.keys.items() if is_new(new)})
        written += len(items)
        done += sum(1 for item in items if type(item.record).__name__ == "Customer")
        if progress is not None:
            progress(done, max(customers, done))
    return written


FOUNDATION = 1
"""How many batches at the beginning hold what all later ones name: operators, agents, outages."""
