"""Outages: a network fault or works that affect more than one customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from backends.records.base import Key, Origin


class OutageState(StrEnum):
    """Suspected → confirmed → restored; a suspicion may be dismissed instead."""

    SUSPECTED = "suspected"
    CONFIRMED = "confirmed"
    RESTORED = "restored"
    DISMISSED = "dismissed"


LIVE_OUTAGE_STATES = frozenset({OutageState.SUSPECTED, OutageState.CONFIRMED})


class OutageKind(StrEnum):
    """An unplanned fault, or works announced beforehand."""

    FAULT = "fault"
    PLANNED_WORKS = "planned_works"


@dataclass(frozen=True, slots=True)
class Coverage:
    """Whom an outage hits. An empty part says nothing; services narrow, places and elements are alternatives."""

    services: tuple[str, ...] = ()
    postcodes: tuple[str, ...] = ()
    """Postcodes, or ranges such as `61-001..61-099`, or beginnings such as `61-*`."""
    towns: tuple[str, ...] = ()
    elements: tuple[str, ...] = ()
    """Names of exchanges, nodes, OLTs or ports."""
    country: str = ""


@dataclass(frozen=True, slots=True)
class OutageUpdate:
    """What was said about an outage, and when."""

    at: datetime
    text: str
    by: str = ""
    state: OutageState | None = None
    """The state from this update on, where it changed."""


@dataclass(frozen=True, slots=True)
class Outage:
    """A fault or works that affects more than one customer (R26)."""

    key: Key
    reference: str
    """Assigned by the backend when empty at creation."""
    state: OutageState
    title: str
    started_at: datetime
    coverage: Coverage
    operator_keys: tuple[Key, ...] = ()
    """Operators whose customers are hit; empty means all."""
    kind: OutageKind = OutageKind.FAULT
    cause: str = ""
    expected_end: datetime | None = None
    confirmed_at: datetime | None = None
    ended_at: datetime | None = None
    """When it was restored or dismissed."""
    source: str = ""
    """Who or what reported it: an agent, a monitoring system, a supplier."""
    supplier: str = ""
    supplier_reference: str = ""
    say: str = ""
    """What to tell a customer, in the operator's language; empty lets the rules word it."""
    updates: tuple[OutageUpdate, ...] = ()
    origin: Origin | None = None
    version: int = 0
