"""One person under two numbers in one store: who leads to whom, who may be the same, and all that is theirs.

A customer who was found to be somebody else leads to them by a link: left is the number that was given up, right the
person. Whoever looks for the old number finds the person.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from backends.errors import Unsupported
from backends.port import Backend, Capability, Listing, Match
from backends.records import KINDS, Customer, Key, Link, LinkKind, Origin, Record
from console.desk.sources import Joining
from console.rules.identity import Counterpart, Sameness, compare

LONGEST_WAY = 8
"""Links that are followed one after the other: more is a circle that somebody made by hand."""
PAGE = 200
ALIKE = 10


def end_of(backend: Backend, key: Key) -> Origin:
    """Return a customer's source and key there, as links name them."""
    return backend.end_of(key) if isinstance(backend, Joining) else Origin(backend.name, key)


def store_of(backend: Backend) -> Backend:
    """Return the store that keeps the desk's own customers: the home store where there are several sources."""
    if not isinstance(backend, Joining):
        return backend
    home: Backend = getattr(backend, "home").backend  # noqa: B009 -- not in the face that screens are shown
    return home


def in_own_store(backend: Backend, key: Key) -> bool:
    """Return whether a customer is kept in the desk's own store, where records can be moved."""
    return end_of(backend, key) == Origin(store_of(backend).name, key)


def can_move(backend: Backend) -> bool:
    """Return whether everything of one customer can be found and moved to another."""
    store = store_of(backend)
    return isinstance(store, Listing) and {Capability.LINKS, Capability.WRITE} <= store.capabilities


async def leading(backend: Backend, keys: Collection[Key]) -> Mapping[Key, Key]:
    """Return for those of the customers that lead to somebody else whom they lead to, after all links."""
    if Capability.LINKS not in backend.capabilities or not any(keys):
        return {}
    found: dict[Key, Key] = {}
    asked = {key: key for key in keys if key}
    for _step in range(LONGEST_WAY):
        steps = _steps(await backend.links(frozenset(end_of(backend, key) for key in set(asked.values()))))
        moved = {first: steps[end_of(backend, now)] for first, now in asked.items() if end_of(backend, now) in steps}
        if not moved:
            break
        found |= moved
        asked = moved
    return {first: last for first, last in found.items() if first != last}


def _steps(links: Iterable[Link]) -> Mapping[Origin, Key]:
    same = (one for one in links if one.kind is LinkKind.SAME_CUSTOMER and one.left.source == one.right.source)
    return {one.left: one.right.foreign_id for one in same}


async def person_of(backend: Backend, key: Key) -> Key:
    """Return the key of the person that a customer's key leads to: their own, or another's."""
    return (await leading(backend, (key,))).get(key, key)


async def as_persons(backend: Backend, matches: tuple[Match, ...]) -> tuple[Match, ...]:
    """Return matches with persons in the place of the numbers that lead to them, each person once.

    A number that was given up has no telephone or address left: nobody else is asked about at each letter typed.
    """
    leads = await leading(backend, {one.customer.key for one in matches if not one.customer.points})
    if not leads:
        return matches
    known = {one.key: one for one in await backend.customers(tuple(dict.fromkeys(leads.values())))}
    found: dict[Key, Match] = {}
    for match in matches:
        person = known.get(leads.get(match.customer.key, ""), match.customer)
        kept = found.get(person.key)
        if kept is None or (match.exact and not kept.exact):
            found[person.key] = replace(match, customer=person)
    return tuple(found.values())


async def belongings(backend: Backend, key: Key) -> tuple[Record, ...]:
    """Return every record that a customer of the desk's own store has, the customer left out.

    Raises Unsupported where the store cannot be walked.
    """
    store = store_of(backend)
    if not isinstance(store, Listing):
        raise Unsupported("listing", source=store.name)
    found: list[Record] = []
    for kind in sorted(KINDS, key=lambda one: one.__name__):
        if kind is Customer or "customer_key" not in kind.__dataclass_fields__:
            continue
        after: str | None = None
        while True:
            page = await store.listed(kind, customer_key=key, after=after, limit=PAGE)
            found += [one for one in page.rows if getattr(one, "customer_key", "") == key]
            after = page.after
            if after is None:
                break
    return tuple(found)


async def alike(backend: Backend, customer: Customer) -> tuple[Counterpart, ...]:
    """Return who in the same store may be the same person, the surest first; nobody of whom it was denied."""
    if not can_move(backend) or not in_own_store(backend, customer.key):
        return ()
    store = store_of(backend)
    own = end_of(backend, customer.key)
    denied = {end for one in await backend.links(frozenset({own})) for end in one.ends if end != own}
    found: dict[Key, Counterpart] = {}
    questions = dict.fromkeys((*(point.value for point in customer.points if point.value), customer.name))
    for text in questions:
        operators = frozenset({customer.operator_key})
        for match in await store.search(text, limit=ALIKE, operator_keys=operators):
            other = match.customer
            end = end_of(backend, other.key)
            judged = compare(customer, other)
            if other.key == customer.key or end in denied or judged.same is Sameness.OTHER:
                continue
            found[other.key] = Counterpart(own.source, end, other, judged.evidence, False)
    return tuple(sorted(found.values(), key=lambda one: (-len(one.evidence), one.customer.number)))


def same_store(ends: Sequence[Origin]) -> bool:
    """Return whether all ends are in one source."""
    return len({one.source for one in ends}) == 1
