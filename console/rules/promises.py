"""The ledger of promises: which were told, which are about to break, which broke (R37).

A promise that was told to a customer breaks when its time passes. A check that the desk planned for itself was told to
nobody: it comes up as a thing to do, and never as a broken word.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from backends.records import Key, Promise, PromiseKind, PromiseState

SOON = timedelta(hours=2)
"""A promise comes up this long before it breaks, or in the last fifth of its time where that is shorter."""
_FIFTH = 5
OPEN_ENDED = frozenset({PromiseKind.WORD_AT_RESTORATION})
"""Kinds that are due when something ends, whatever time is expected (R27)."""
UNTOLD = frozenset({PromiseKind.DOCUMENT_CHECK})
"""Kinds that the desk plans for itself: no customer was told of them."""


def is_told(promise: Promise) -> bool:
    """Return whether a customer was told of it."""
    return promise.kind not in UNTOLD


def is_open(promise: Promise) -> bool:
    """Return whether it is neither kept nor withdrawn."""
    return promise.state is PromiseState.OPEN


def can_break(promise: Promise) -> bool:
    """Return whether it is open, was told to a customer and has a time that can pass."""
    return is_open(promise) and is_told(promise) and promise.kind not in OPEN_ENDED and promise.due_at is not None


def is_broken(promise: Promise, now: datetime) -> bool:
    """Return whether its time has passed without its being kept or withdrawn."""
    return can_break(promise) and promise.due_at is not None and promise.due_at < now


def comes_up_at(promise: Promise) -> datetime | None:
    """Return when a promise comes up before it breaks; None for one that cannot."""
    if not can_break(promise) or promise.due_at is None:
        return None
    early = max(timedelta(), min(SOON, (promise.due_at - promise.made_at) / _FIFTH))
    return promise.due_at - early


def about_to_break(promises: Iterable[Promise], now: datetime) -> tuple[Promise, ...]:
    """Return the promises that come up now and are not broken yet, the one due first first."""
    found = []
    for one in promises:
        up = comes_up_at(one)
        if up is not None and one.due_at is not None and up <= now <= one.due_at:
            found.append(one)
    return tuple(sorted(found, key=_due))


def broken(promises: Iterable[Promise], now: datetime) -> tuple[Promise, ...]:
    """Return the broken promises, the longest broken first."""
    return tuple(sorted((one for one in promises if is_broken(one, now)), key=_due))


def _due(promise: Promise) -> tuple[datetime, Key]:
    return promise.due_at or promise.made_at, promise.key
