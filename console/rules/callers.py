"""Who may be calling: the order in which the customers with the caller's number are offered, and when one is sure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from backends.port import Match
from backends.records import Customer, Key, Operator


@dataclass(frozen=True, slots=True)
class Candidate:
    """A customer who has the caller's number, and what speaks for their being the one who calls."""

    customer: Customer
    of_dialled: bool = True
    """Whether they are with the operator whose number was dialled, or none of ours was."""
    last_contact_at: datetime | None = None
    open_tickets: int = 0


def family(operator_key: Key, operators: Mapping[Key, Operator]) -> frozenset[Key]:
    """Return the operator, the one it belongs to, and those that belong to it: a caller may dial any of them (R22)."""
    if not operator_key:
        return frozenset()
    above = operators[operator_key].parent_key if operator_key in operators else ""
    below = {one.key for one in operators.values() if one.parent_key == operator_key}
    return frozenset({operator_key, *below, *([above] if above else [])})


def ranked(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Return the likeliest first: of the operator dialled, then who was in contact last, then who has open tickets."""

    def order(one: Candidate) -> tuple[bool, float, int, str, Key]:
        last = one.last_contact_at.timestamp() if one.last_contact_at else float("-inf")
        return not one.of_dialled, -last, -one.open_tickets, one.customer.name, one.customer.key

    return tuple(sorted(candidates, key=order))


def sure_one(candidates: Sequence[Candidate]) -> Candidate | None:
    """Return who opens by themselves: the only one of the operator dialled; None when an agent must choose.

    Somebody who is a customer of another operator alone is never opened unasked: they dialled this one (R22).
    """
    own = [one for one in candidates if one.of_dialled]
    return own[0] if len(own) == 1 else None


def of_dialled_first(found: Sequence[Match], dialled: frozenset[Key]) -> tuple[Match, ...]:
    """Return what was found with the customers of the operators dialled before all others, else in the same order."""
    return tuple(sorted(found, key=lambda one: one.customer.operator_key not in dialled)) if dialled else tuple(found)
