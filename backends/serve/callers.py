"""Who asks, and what they may do.

A token belongs to one agent and carries roles: those of the records (`backends.records.Role`), and two that people do
not have: `monitor`, which may look at health and outages but at nobody's data, and `system`, a program that writes in
the name of agents whom it has signed in itself.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from backends import clean
from backends.errors import NotAllowed, NotSignedIn
from backends.port import Batch, Put, Remove
from backends.records import Agent, Operator, Outage, OutageState, Role

if TYPE_CHECKING:
    from starlette.requests import Request

    from backends.serve.ledger import Ledger

MONITOR = "monitor"
SYSTEM = "system"
ROLES: tuple[str, ...] = (*(role.value for role in Role), MONITOR, SYSTEM)
"""Every role that a token may carry."""


class Right(StrEnum):
    """Something not every token may do."""

    WATCH = "watch"
    """See operators, outages, events and metrics: nobody's personal data."""
    READ = "read"
    """See customers and what belongs to them."""
    WRITE = "write"
    OUTAGE_DECIDE = "outage_decide"
    """Store an outage that is more than a new suspicion."""
    AUDIT = "audit"
    KEEP = "keep"
    """Export and forget a customer, change operators and agents."""
    ANY_ACTOR = "any_actor"
    """Act in the name of others."""


_DESK = frozenset({Right.WATCH, Right.READ, Right.WRITE})
_RIGHTS: dict[str, frozenset[Right]] = {
    Role.DESK: _DESK,
    Role.HOTLINE: _DESK,
    Role.BILLING: _DESK,
    Role.ADVISOR: _DESK,
    Role.TECHNICAL: _DESK | {Right.OUTAGE_DECIDE},
    Role.SUPERVISOR: frozenset(Right),
    SYSTEM: frozenset(Right),
    MONITOR: frozenset({Right.WATCH}),
}


def rights_of(roles: Collection[str]) -> frozenset[Right]:
    """Return everything that these roles together may do; an unknown role may nothing."""
    return frozenset().union(*(_RIGHTS.get(role, frozenset()) for role in roles))


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request: the token's name, its agent's login, its roles."""

    token: str
    agent: str
    roles: frozenset[str]

    def may(self, right: Right) -> bool:
        """Return whether one of the roles carries the right."""
        return right in rights_of(self.roles)

    def needs(self, right: Right) -> None:
        """Raise NotAllowed unless one of the roles carries the right."""
        if not self.may(right):
            raise NotAllowed(f"this token may not: {right}")

    def as_actor(self, actor: str) -> str:
        """Return the login that goes into the trail; raises NotAllowed for somebody else's."""
        actor = clean.line(actor, limit=64)
        if not actor:
            return self.agent
        if actor != self.agent and not self.may(Right.ANY_ACTOR):
            raise NotAllowed(f"this token belongs to {self.agent} and cannot act for others")
        return actor

    def own_key(self, key: str) -> str:
        """Return the idempotency key as the backend sees it, so that two agents' keys never meet; empty stays empty."""
        return f"{self.agent}/{key}" if key else ""

    def allowed(self, batch: Batch) -> Batch:
        """Return `batch` as this caller may store it, with its actor and its key settled; raises NotAllowed."""
        self.needs(Right.WRITE)
        for item in batch.items:
            self._allow(item)
        return replace(batch, actor=self.as_actor(batch.actor), idempotency_key=self.own_key(batch.idempotency_key))

    def _allow(self, item: Put | Remove) -> None:
        record = item.record
        if isinstance(record, Operator | Agent):
            self.needs(Right.KEEP)
        elif isinstance(record, Outage) and isinstance(item, Put):
            decided = record.state in (OutageState.CONFIRMED, OutageState.RESTORED, OutageState.DISMISSED)
            if decided or item.seen is not None:
                self.needs(Right.OUTAGE_DECIDE)


def caller_with(token: str, ledger: Ledger) -> Caller:
    """Return whose token this is; raises NotSignedIn."""
    found = ledger.token(token)
    if found is None:
        raise NotSignedIn("this token is unknown, was removed or has ended")
    return Caller(found.name, found.agent, found.roles)


def bearer(header: str) -> str:
    """Return the token of an Authorization header (RFC 6750), empty when there is none."""
    scheme, _, token = header.strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def caller_of(request: Request) -> Caller:
    """Return who sent a request that has passed the gate."""
    caller: Caller = request.scope["caller"]
    return caller


def unknown_roles(roles: Collection[str]) -> list[str]:
    """Return those of `roles` that no token can carry, sorted."""
    return sorted(set(roles).difference(ROLES))
