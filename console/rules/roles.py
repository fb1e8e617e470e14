"""What a role may do, and what it may not see (R41): a table each, over which a desk may lay its own.

What is hidden is not fetched: `backends.veil` sees to it. Who has several roles may do what one of them may, and sees
what one of them sees.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Protocol

from backends.records import Area, Role

SHIPPED = "shipped"
"""In the place of a list: what is built in holds."""


class Right(StrEnum):
    """Something not everybody may do."""

    WRITE = "write"
    """Log contacts, open, chase, promise, close."""
    REPLY = "reply"
    OUTAGE_SUSPECT = "outage_suspect"
    """Say that something is brewing."""
    OUTAGE_DECIDE = "outage_decide"
    """Confirm, update, restore, dismiss."""
    COMPENSATE = "compensate"
    HOLD_DECIDE = "hold_decide"
    """Grant or refuse that dunning waits for a dispute (R39)."""
    REVEAL = "reveal"
    """See for a while, with a reason, what the role hides."""
    FORGET = "forget"
    AUDIT = "audit"


_RIGHTS: dict[Role, frozenset[Right]] = {
    Role.DESK: frozenset({Right.WRITE, Right.REPLY, Right.OUTAGE_SUSPECT, Right.COMPENSATE, Right.REVEAL}),
    Role.HOTLINE: frozenset({Right.WRITE, Right.REPLY, Right.OUTAGE_SUSPECT}),
    Role.TECHNICAL: frozenset({Right.WRITE, Right.OUTAGE_SUSPECT, Right.OUTAGE_DECIDE, Right.REVEAL}),
    Role.BILLING: frozenset({Right.WRITE, Right.REPLY, Right.COMPENSATE, Right.HOLD_DECIDE, Right.REVEAL}),
    Role.SUPERVISOR: frozenset(Right),
    Role.ADVISOR: frozenset({Right.WRITE, Right.REVEAL}),
}

_HIDES: dict[Role, frozenset[Area]] = {
    Role.DESK: frozenset(),
    Role.HOTLINE: frozenset({Area.PAYMENT, Area.DOCUMENTS}),
    Role.TECHNICAL: frozenset({Area.PAYMENT, Area.DOCUMENTS}),
    Role.BILLING: frozenset(),
    Role.SUPERVISOR: frozenset(),
    Role.ADVISOR: frozenset({Area.PAYMENT, Area.DOCUMENTS, Area.NETWORK}),
}
"""A hotline is another company, which takes reports and needs neither bills nor passports; the technical service works
on lines, an advisor on offers. Billing keeps the network in sight: a bill is disputed for what did not work."""


class RoleSays(Protocol):
    """What a desk says of a role in place of what is built in."""

    @property
    def hides(self) -> Collection[str]:
        """Names of areas, or `SHIPPED`."""

    @property
    def may(self) -> Collection[str]:
        """Names of rights, or `SHIPPED`."""


Says = Mapping[str, RoleSays]
"""What a desk says of its roles, by the role's name."""
NOTHING_SAID: Says = {}


def rights_of(roles: Collection[Role], says: Says = NOTHING_SAID) -> frozenset[Right]:
    """Return everything that somebody with these roles may do."""
    return frozenset().union(*(_rights(role, says) for role in roles))


def _rights(role: Role, says: Says) -> frozenset[Right]:
    own = says.get(role.value)
    if own is None:
        return _RIGHTS[role]
    named = frozenset(Right(name) for name in own.may if name != SHIPPED)
    return named | _RIGHTS[role] if SHIPPED in own.may else named


def may(roles: Collection[Role], right: Right, says: Says = NOTHING_SAID) -> bool:
    """Return whether one of the roles carries the right."""
    return any(right in _rights(role, says) for role in roles)


def hidden_from(roles: Collection[Role], says: Says = NOTHING_SAID) -> frozenset[Area]:
    """Return what none of these roles may see; who has no role sees nothing."""
    hidden = frozenset(Area)
    for role in roles:
        hidden &= _hides(role, says)
    return hidden


def _hides(role: Role, says: Says) -> frozenset[Area]:
    own = says.get(role.value)
    if own is None:
        return _HIDES[role]
    named = frozenset(Area(name) for name in own.hides if name != SHIPPED)
    return named | _HIDES[role] if SHIPPED in own.hides else named
