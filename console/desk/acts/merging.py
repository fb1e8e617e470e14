"""Making two customers of one store one: all that is of the one moves to the other, whom its number leads to (R38).

One batch, so that undo restores the very same content. Nothing is thrown away: what the person lacks is taken over,
what both have stays with each, and the number that was given up keeps its name and its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from backends.port import Batch, Put
from backends.records import Customer, CustomerKind, Link, LinkKind, Origin, Place, Record, new_key
from console.desk.acts.scene import Unfit, changed


def merge(
    person: Customer,
    given_up: Customer,
    belongings: Sequence[Record],
    *,
    store: str,
    evidence: Sequence[str],
    actor: str,
    now: datetime,
    known: Sequence[Link] = (),
) -> Batch:
    """Return the batch that moves everything of `given_up` to `person`, both customers of the source `store`.

    `belongings` are all records of `given_up`; `known` the links of both. Raises Unfit for one and the same customer,
    and for customers of two operators: whoever has contracts with two companies is a customer of each (R22).
    """
    if person.key == given_up.key:
        raise Unfit("customer", "unchanged")
    if person.operator_key != given_up.operator_key:
        raise Unfit("customer", "two_operators")
    left, right = Origin(store, given_up.key), Origin(store, person.key)
    moved = tuple(_moved(one, person) for one in belongings)
    # The one that gives up its origin goes first: a foreign number names one record at any moment.
    return Batch(
        (
            changed(_left_behind(person, given_up)),
            changed(_enriched(person, given_up)),
            *moved,
            *_links_moved(left, right, known),
            _leads(left, right, evidence, actor, now, known),
        ),
        actor=actor,
        act="link",
        reason="; ".join(evidence),
    )


def _moved(record: Any, person: Customer) -> Put:
    return changed(replace(record, customer_key=person.key))


def _enriched(person: Customer, other: Customer) -> Customer:
    """Return the person with what only the other number knew of them."""
    points = {(one.kind, one.value): one for one in person.points}
    has_preferred = any(one.preferred for one in person.points)
    for point in other.points:
        points.setdefault((point.kind, point.value), replace(point, preferred=point.preferred and not has_preferred))
    subscriber = CustomerKind.SUBSCRIBER in (person.kind, other.kind)
    return replace(
        person,
        kind=CustomerKind.SUBSCRIBER if subscriber else person.kind,
        greeting_name=person.greeting_name or other.greeting_name,
        place=other.place if person.place == Place() else person.place,
        points=tuple(points.values()),
        flags=person.flags | other.flags,
        authorised=tuple(dict.fromkeys((*person.authorised, *other.authorised))),
        tone=person.tone or other.tone,
        since=min((one for one in (person.since, other.since) if one is not None), default=None),
        origin=person.origin or other.origin,
    )


def _left_behind(person: Customer, other: Customer) -> Customer:
    """Return what stays under the number that was given up: its name and place; who rings is the person."""
    return replace(
        other,
        points=(),
        authorised=(),
        flags=frozenset(),
        tone="",
        origin=other.origin if person.origin is not None else None,
    )


def _links_moved(left: Origin, right: Origin, known: Sequence[Link]) -> list[Put]:
    """Return the links to other sources of the number that was given up, as links of the person.

    What the person has a link to already stays as it is, and so does what leads to the number that was given up.
    """
    taken = {end for link in known if right in link.ends for end in link.ends}
    found: list[Put] = []
    for link in known:
        other = link.right if link.left == left else link.left
        if left not in link.ends or right in link.ends or other in taken or other.source == left.source:
            continue
        ends = (right, link.right) if link.left == left else (link.left, right)
        found.append(changed(replace(link, left=ends[0], right=ends[1])))
    return found


def _leads(
    left: Origin, right: Origin, evidence: Sequence[str], actor: str, now: datetime, known: Sequence[Link]
) -> Put:
    """Return the storing of the link by which the number leads to the person, in place of what was said before."""
    before = next((one for one in known if set(one.ends) == {left, right}), None)
    link = Link(
        before.key if before is not None else new_key(),
        LinkKind.SAME_CUSTOMER,
        left,
        right,
        tuple(evidence),
        actor,
        now,
        before.version if before is not None else 0,
    )
    return Put(link, seen=before.version if before is not None else None)
