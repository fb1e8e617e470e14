"""The ladder of escalation: rungs with names for roles, lowest first; climbing and stepping down (R40).

The shipped rungs are codes with words of their own; an operator's own ladder are names, shown as they are.
"""

from __future__ import annotations

from collections.abc import Sequence

from backends.records import Operator

SHIPPED: tuple[str, ...] = ("team_leader", "service_manager", "head_of_service", "management")
"""Who decides what the rung below could not: roles, never persons, for persons are away and roles are not."""
GROUND = ""
"""Where every case begins: with whoever works on it."""


def ladder_of(operator: Operator) -> tuple[str, ...]:
    """Return an operator's rungs, lowest first: its own, each once, else the shipped ones."""
    own = tuple(dict.fromkeys(name.strip() for name in operator.ladder if name.strip()))
    return own or SHIPPED


def level_of(rung: str, ladder: Sequence[str]) -> int:
    """Return how high a rung is, from 1; 0 for the ground, and for a rung that this ladder does not have any more."""
    return ladder.index(rung) + 1 if rung in ladder else 0


def next_rung(rung: str, ladder: Sequence[str]) -> str:
    """Return the rung above; the highest stays."""
    return ladder[min(level_of(rung, ladder), len(ladder) - 1)]


def rung_below(rung: str, ladder: Sequence[str]) -> str:
    """Return the rung below, the ground below the lowest."""
    level = level_of(rung, ladder)
    return ladder[level - 2] if level > 1 else GROUND


def climbs(before: str, after: str, ladder: Sequence[str]) -> bool:
    """Return whether the step goes up."""
    return level_of(after, ladder) > level_of(before, ladder)
