"""What a role may do (R41); what it may not see is a matter of the backend, what it may not do is one of this table."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from backends.records import Role


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
    FORGET = "forget"
    AUDIT = "audit"


_RIGHTS: dict[Role, frozenset[Right]] = {
    Role.DESK: frozenset({Right.WRITE, Right.REPLY, Right.OUTAGE_SUSPECT, Right.COMPENSATE}),
    Role.HOTLINE: frozenset({Right.WRITE, Right.REPLY, Right.OUTAGE_SUSPECT}),
    Role.TECHNICAL: frozenset({Right.WRITE, Right.OUTAGE_SUSPECT, Right.OUTAGE_DECIDE}),
    Role.BILLING: frozenset({Right.WRITE, Right.REPLY, Right.COMPENSATE}),
    Role.SUPERVISOR: frozenset(Right),
    Role.ADVISOR: frozenset({Right.WRITE}),
}


def rights_of(roles: Collection[Role]) -> frozenset[Right]:
    """Return everything that somebody with these roles may do."""
    return frozenset().union(*(_RIGHTS[role] for role in roles))


def may(roles: Collection[Role], right: Right) -> bool:
    """Return whether one of the roles carries the right."""
    return any(right in _RIGHTS[role] for role in roles)
