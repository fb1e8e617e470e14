"""Keys across sources: those of the home store as they are, all others with the source's name before them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar

from backends.records import KINDS, Key, Record, is_new

R = TypeVar("R", bound=Record)
HOME = ""
"""Name under which the profile's own backend stands among the sources."""
BETWEEN = "|"


def joined(source: str, key: Key) -> Key:
    """Return a source's key as the desk knows it; new and empty keys belong to nobody yet."""
    return key if source == HOME or not key or is_new(key) else f"{source}{BETWEEN}{key}"


def parted(key: Key, sources: Mapping[str, Any]) -> tuple[str, Key]:
    """Return the source that a key belongs to and the key there."""
    source, between, rest = key.partition(BETWEEN)
    return (source, rest) if between and source in sources else (HOME, key)


_SEVERAL = {"Key": False, "tuple[Key, ...]": True}
_FIELDS: dict[type, tuple[tuple[str, bool], ...]] = {
    kind: tuple((one.name, _SEVERAL[str(one.type)]) for one in fields(kind) if one.type in _SEVERAL) for kind in KINDS
}
"""The fields of each record that hold keys: (name, whether it holds several)."""


def rekeyed(record: R, change: Callable[[Key], Key]) -> R:
    """Return a record with every key in it changed; the same record when none is."""
    changes: dict[str, Any] = {}
    for name, several in _FIELDS[type(record)]:
        value = getattr(record, name)
        new = tuple(map(change, value)) if several else change(value) if value else value
        if new != value:
            changes[name] = new
    return replace(record, **changes) if changes else record


def keys_in(record: Record) -> frozenset[Key]:
    """Return every key that stands in a record, its own included."""
    found: set[Key] = set()
    for name, several in _FIELDS[type(record)]:
        value = getattr(record, name)
        found.update(value if several else (value,))
    return frozenset(found - {""})
