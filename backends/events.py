"""What a backend tells those who listen: something changed, look again. Events carry keys, not records."""

from __future__ import annotations

from dataclasses import dataclass

from backends.records import Key


@dataclass(frozen=True, slots=True)
class CustomerChanged:
    """A customer, or a line, contract, charge, dispute or promise of theirs."""

    customer_key: Key
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class ContactAdded:
    """A contact was stored, or one was answered or waived."""

    customer_key: Key
    key: Key
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class TicketChanged:
    """A ticket, or something that hangs on it, was stored."""

    customer_key: Key
    key: Key
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class OutageChanged:
    """An outage was raised, updated, confirmed, restored or dismissed."""

    key: Key
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class PresenceChanged:
    """Somebody opened this customer, left, began or stopped writing; nothing that is stored about them changed."""

    customer_key: Key
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class Resync:
    """Events were lost: everything on screen may be old."""

    cursor: str = ""


Event = CustomerChanged | ContactAdded | TicketChanged | OutageChanged | PresenceChanged | Resync
"""`cursor` is where to resume after this event."""
