"""Lines, the contracts they run under, and money owed or disputed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from backends.records.base import Key, Money, NetworkPath, Origin, Place


class LineState(StrEnum):
    """Where a line stands in its life."""

    ORDERED = "ordered"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Line:
    """One service at one place: what an outage can hit."""

    key: Key
    number: str
    """The line id that engineers and invoices use; assigned by the backend when empty at creation."""
    customer_key: Key
    service: str
    """`internet`, `tv`, `telephone`, `mobile`, … A service is data, not code."""
    place: Place = Place()
    path: NetworkPath = NetworkPath()
    product: str = ""
    technology: str = ""
    phone: str = ""
    mac: str = ""
    ip: str = ""
    state: LineState = LineState.ACTIVE
    since: datetime | None = None
    version: int = 0


class ContractState(StrEnum):
    """Where a contract stands."""

    OFFERED = "offered"
    RUNNING = "running"
    NOTICE_GIVEN = "notice_given"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Contract:
    """A fixed or open term between customer and operator (R24)."""

    key: Key
    number: str
    customer_key: Key
    product: str
    started_on: date
    ends_on: date | None = None
    """End of the fixed term; None for an open one."""
    term_months: int = 0
    price: Money | None = None
    """A month's price during the term."""
    list_price: Money | None = None
    """A month's price afterwards."""
    state: ContractState = ContractState.RUNNING
    notice_sent_at: datetime | None = None
    """When the customer was told that the term ends."""
    line_keys: tuple[Key, ...] = ()
    version: int = 0


@dataclass(frozen=True, slots=True)
class Charge:
    """Something billed; payment data beyond this is never held."""

    key: Key
    customer_key: Key
    text: str
    amount: Money
    charged_on: date
    due_on: date | None = None
    paid_on: date | None = None
    dunning_on: date | None = None
    """The day on which the next dunning step, up to suspension, happens by itself (R39)."""
    contract_key: Key = ""
    origin: Origin | None = None
    version: int = 0


class DisputeState(StrEnum):
    """Where a dispute stands; a hold is billing's promise not to dun meanwhile (R39)."""

    OPEN = "open"
    HOLD_ASKED = "hold_asked"
    ON_HOLD = "on_hold"
    UPHELD = "upheld"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Dispute:
    """A customer's objection to charges."""

    key: Key
    customer_key: Key
    reason: str
    opened_at: datetime
    amount: Money | None = None
    charge_keys: tuple[Key, ...] = ()
    ticket_key: Key = ""
    state: DisputeState = DisputeState.OPEN
    answer: str = ""
    """What billing answered."""
    closed_at: datetime | None = None
    version: int = 0
