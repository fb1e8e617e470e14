"""When an outage is over: who was promised a word, in which order, and by which way they hear it (R27)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from backends.port import Pending
from backends.records import (
    Channel,
    ContactPoint,
    Customer,
    CustomerFlag,
    Key,
    Outage,
    OutageState,
    PointKind,
    Promise,
    PromiseKind,
)

FIRST = frozenset({CustomerFlag.PRIORITY_REPAIR, CustomerFlag.VULNERABLE})
"""Who is told before all others."""
OVER = frozenset({OutageState.RESTORED, OutageState.DISMISSED})
"""States in which the promised word is due; who was told of a suspicion is told, too, that it was none."""


def as_over(outage: Outage, at: datetime) -> Outage:
    """Return an outage as it will be told of at its end, were that now; one that is over stays as it is."""
    return outage if outage.state in OVER else replace(outage, state=OutageState.RESTORED, ended_at=at)


_WAYS = {PointKind.MOBILE: Channel.SMS, PointKind.EMAIL: Channel.EMAIL, PointKind.PHONE: Channel.CALL}


def comes_first(customer: Customer) -> bool:
    """Return whether a customer is told before others."""
    return not FIRST.isdisjoint(customer.flags)


def words_promised(pending: Iterable[Pending], outage: Outage) -> tuple[tuple[Promise, Customer], ...]:
    """Return the open promises of a word about an outage in the order in which they are kept.

    Priority repair and vulnerable customers first, then as they were promised; each customer once.
    """
    found: dict[Key, tuple[Promise, Customer]] = {}
    for one in pending:
        promise = one.record
        if not isinstance(promise, Promise) or promise.outage_key != outage.key:
            continue
        if promise.kind is PromiseKind.WORD_AT_RESTORATION:
            found.setdefault(promise.key, (promise, one.customer))
    return tuple(sorted(found.values(), key=lambda one: (not comes_first(one[1]), one[0].made_at, one[0].key)))


def way_to(customer: Customer) -> tuple[str, ContactPoint | None]:
    """Return the channel by which a customer hears a word, and where: what they prefer, else SMS, e-mail, a call.

    A number that is no mobile one is called. Without any of these it is a letter, to the customer's place.
    """
    usable = [one for one in customer.points if one.kind in _WAYS and one.value]
    preferred = [one for one in usable if one.preferred]
    for points in (preferred, usable):
        for kind, channel in _WAYS.items():
            for one in points:
                if one.kind is kind:
                    return channel, one
    return Channel.LETTER, None
