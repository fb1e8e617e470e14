"""Who waits for a word about an outage (R27), and whom it hits (R31): read from the records, within bounds."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from backends.port import (
    Backend,
    Capability,
    Listing,
    OutageFilter,
    Pending,
    PendingFilter,
    PendingKind,
    TicketFilter,
)
from backends.records import Customer, CustomerKind, Key, Line, NetworkPath, Outage, Record, TicketKind
from console.desk.desk import Desk
from console.rules.attaching import BEFORE
from console.rules.concerned import Concern, concerned, needs_reckoning
from console.rules.coverage import hit, might_hit
from console.rules.restoring import OVER, comes_first, words_promised

LOOK_BACK = timedelta(days=14)
"""How long after an outage somebody may still wait for a word about it."""
MOST_OUTAGES = 50
PAGE = 200
LISTED = 50
"""Records a page where all are looked through: an embedded store reads a page between two keys."""
MOST_WORDS = 5_000
MOST_LINES = 200_000
"""Lines that are looked at to count whom an outage hits; beyond that the count is a least one."""
LEAST_IN_TOWN = 3
"""Customers from which on a town is named: fewer, and it could be read who they are."""
MOST_LISTED = 500
"""Customers who are listed by name."""


async def as_it_is(desk: Desk, outage: Outage) -> Outage:
    """Return an outage as it is now; as it was where it is not there any more. Raises what the backend raises."""
    since = min(outage.started_at, desk.clock()) - timedelta(days=1)
    found = await desk.backend.outages(OutageFilter(operator_keys=desk.outage_operators, since=since))
    return next((one for one in found if one.key == outage.key), outage)


async def _promises(desk: Desk, outage: Outage, most: int) -> list[Pending]:
    only = PendingFilter(
        kinds=frozenset({PendingKind.PROMISE}), operator_keys=desk.operator_keys, outage_key=outage.key
    )
    found: list[Pending] = []
    after: str | None = None
    while len(found) < most:
        page = await desk.backend.pending(only, after=after, limit=PAGE)
        found += page.rows
        after = page.after
        if after is None:
            break
    return found


async def words_of(desk: Desk, outage: Outage) -> tuple[Pending, ...]:
    """Return all promises that hang on an outage, in no order; raises what the backend raises."""
    return tuple(await _promises(desk, outage, MOST_WORDS))


async def words_due(desk: Desk) -> tuple[tuple[Outage, int], ...]:
    """Return the outages that are over and about which people wait for a word, with how many, the newest first."""
    if not (desk.can(Capability.PENDING) and desk.can(Capability.OUTAGES)):
        return ()
    only = OutageFilter(
        states=OVER, operator_keys=desk.outage_operators, since=desk.clock() - LOOK_BACK, limit=MOST_OUTAGES
    )
    found = []
    for outage in await desk.backend.outages(only):
        if count := len(words_promised(await _promises(desk, outage, MOST_WORDS), outage)):
            found.append((outage, count))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Affected:
    """Whom an outage hits: how many customers and lines, and the first of them by name.

    Where not the whole of the records could be looked through, `whole` is false and both counts are least ones.
    """

    count: int
    lines: int
    customers: tuple[Customer, ...]
    whole: bool
    towns: tuple[str, ...] = ()
    """Where they live, most first; a town of very few is left out, for it may be told to everybody."""
    operators: tuple[Key, ...] = ()
    """Whose customers they are, most first; also those whom the agent does not serve."""


async def _every(listing: Listing, kind: type[Record]) -> AsyncIterator[list[Any]]:
    after: str | None = None
    while True:
        page = await listing.listed(kind, after=after, limit=LISTED)
        yield list(page.rows)
        after = page.after
        if after is None:
            return
        await asyncio.sleep(0)  # keys come first


class _Count:
    """A count on its way through the records."""

    def __init__(self, desk: Desk, outage: Outage) -> None:
        self._desk = desk
        self._outage = outage
        self.hit: dict[Key, Customer] = {}
        self.lines = 0
        self.whole = True
        self._with_lines: set[Key] = set()
        self._paths = False
        self._towns: dict[str, set[Key]] = defaultdict(set)
        self._operators: Counter[Key] = Counter()

    def operators(self) -> tuple[Key, ...]:
        """Return the operators whose customers are hit, most first."""
        return tuple(key for key, _count in self._operators.most_common())

    def towns(self) -> tuple[str, ...]:
        """Return the towns in which enough customers are hit, most first."""
        enough = [one for one, there in self._towns.items() if len(there) >= LEAST_IN_TOWN]
        return tuple(sorted(enough, key=lambda one: (-len(self._towns[one]), one)))

    def _take(self, line: Line, customer: Customer) -> None:
        operator = self._desk.operators.get(customer.operator_key)
        above = (operator.parent_key,) if operator is not None and operator.parent_key else ()
        if hit(self._outage, line, customer, above) is not None:
            self._operators[customer.operator_key] += 1
            if self._desk.operator_keys and customer.operator_key not in self._desk.operator_keys:
                return
            self.hit[customer.key] = customer
            self.lines += bool(line.key)
            if town := line.place.town or customer.place.town:
                self._towns[town].add(customer.key)

    async def through_lines(self, listing: Listing) -> None:
        """Look at each line, and read the customers of those that may be hit."""
        seen = 0
        async for lines in _every(listing, Line):
            seen += len(lines)
            self._with_lines.update(one.customer_key for one in lines)
            self._paths = self._paths or any(one.path != NetworkPath() for one in lines)
            likely = [one for one in lines if might_hit(self._outage, one)]
            owners = await self._desk.backend.customers(tuple(dict.fromkeys(one.customer_key for one in likely)))
            by_key = {one.key: one for one in owners}
            for line in likely:
                if line.customer_key in by_key:
                    self._take(line, by_key[line.customer_key])
            if seen >= MOST_LINES:
                self.whole = False
                return
        if self._outage.coverage.elements and not self._paths:
            self.whole = False  # nobody's way through the network is known here, or may be seen

    async def through_people(self, listing: Listing) -> None:
        """Look at subscribers of whom no line is known: where they live is all there is to go by."""
        seen = 0
        async for people in _every(listing, Customer):
            seen += len(people)
            for one in people:
                if one.kind is CustomerKind.SUBSCRIBER and one.key not in self._with_lines:
                    self._take(Line("", "", one.key, "", place=one.place), one)
            if seen >= MOST_LINES:
                self.whole = False
                return

    async def known(self) -> None:
        """Count those who told us: promised a word, or with a fault that was attached to it."""
        desk, outage = self._desk, self._outage
        self.whole = False
        if desk.can(Capability.PENDING):
            for one in await _promises(desk, outage, MOST_WORDS):
                self.hit[one.customer.key] = one.customer
        only = TicketFilter(
            kinds=frozenset({TicketKind.FAULT}),
            operator_keys=desk.operator_keys,
            opened_since=outage.started_at - BEFORE,
        )
        page = await desk.backend.tickets(only, limit=MOST_LISTED)
        keys = tuple(dict.fromkeys(one.customer_key for one in page.rows if one.outage_key == outage.key))
        self.hit.update({one.key: one for one in await desk.backend.customers(keys)})
        self._operators.update(one.operator_key for one in self.hit.values())


async def affected(desk: Desk, outage: Outage) -> Affected:
    """Return whom an outage hits among the agent's operators' customers; raises what the backend raises.

    A store that can be walked through is, up to a bound; of any other those are counted who told us.
    """
    count = _Count(desk, outage)
    backend: Backend = desk.backend
    if isinstance(backend, Listing):
        await count.through_lines(backend)
        await count.through_people(backend)
    else:
        await count.known()
    people = sorted(count.hit.values(), key=lambda one: (not comes_first(one), one.name, one.key))
    return Affected(
        len(people), count.lines, tuple(people[:MOST_LISTED]), count.whole, count.towns(), count.operators()
    )


async def concern_of(desk: Desk, outage: Outage) -> Concern:
    """Return whose customers an outage concerns, looked up where it names nobody; raises what the backend raises."""
    every = tuple(desk.operators.values())
    found = (await affected(desk, outage)).operators if needs_reckoning(outage, every) else ()
    return concerned(outage, every, found)
