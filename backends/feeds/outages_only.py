"""The part of the port that a source of outages does not have: nothing there, or Unsupported by its capability."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from backends.errors import NotFound, Unsupported
from backends.port import (
    Batch,
    Capability,
    CustomerFile,
    Match,
    Page,
    Pending,
    PendingFilter,
    Presence,
    Put,
    QueueFilter,
    Receipt,
    Remove,
    TextHit,
    TicketFilter,
    TimelineFilter,
)
from backends.records import (
    Agent,
    AuditEntry,
    AuditVerdict,
    Contact,
    Customer,
    Entry,
    Key,
    Link,
    Operator,
    Origin,
    Record,
    Ticket,
)

_WHOLE_HISTORY = TimelineFilter()
_ALL_TICKETS = TicketFilter()
_ALL_WAITING = QueueFilter()
_ALL_PENDING = PendingFilter()


class OutagesOnly:
    """A backend without customers: lists are empty, a single record is NotFound, all else is Unsupported."""

    name: str = ""
    url: str = ""
    capabilities: frozenset[Capability] = frozenset({Capability.OUTAGES, Capability.LIVE})
    stores: frozenset[type[Record]] = frozenset()
    omits: Mapping[type[Record], frozenset[str]] = {}

    def _cannot(self, capability: str) -> Unsupported:
        return Unsupported(capability, source=self.name)

    def _nobody(self, what: str) -> NotFound:
        return NotFound(f"a source of outages has no {what}", source=self.name)

    async def operators(self) -> tuple[Operator, ...]:
        """Return none."""
        return ()

    async def agents(self) -> tuple[Agent, ...]:
        """Return none."""
        return ()

    async def customers(self, keys: Sequence[Key]) -> tuple[Customer, ...]:
        """Return none."""
        return ()

    async def search(
        self, text: str, *, limit: int = 20, operator_keys: frozenset[Key] = frozenset()
    ) -> tuple[Match, ...]:
        """Raise Unsupported."""
        raise self._cannot(Capability.SEARCH)

    async def search_text(self, text: str, *, limit: int = 50, after: str | None = None) -> Page[TextHit]:
        """Raise Unsupported."""
        raise self._cannot(Capability.TEXT_SEARCH)

    async def customer_file(self, key: Key) -> CustomerFile:
        """Raise NotFound: no key names a customer here."""
        raise self._nobody("customers")

    async def timeline(
        self, customer_key: Key, *, only: TimelineFilter = _WHOLE_HISTORY, after: str | None = None, limit: int = 50
    ) -> Page[Entry]:
        """Raise NotFound: no key names a customer here."""
        raise self._nobody("customers")

    async def contact(self, key: Key) -> Contact:
        """Raise NotFound."""
        raise self._nobody("contacts")

    async def ticket(self, reference_or_key: str) -> Ticket:
        """Raise NotFound."""
        raise self._nobody("tickets")

    async def tickets(
        self, only: TicketFilter = _ALL_TICKETS, *, after: str | None = None, limit: int = 100
    ) -> Page[Ticket]:
        """Return none."""
        return Page(())

    async def queue(
        self, only: QueueFilter = _ALL_WAITING, *, after: str | None = None, limit: int = 50
    ) -> Page[tuple[Contact, Customer]]:
        """Raise Unsupported."""
        raise self._cannot(Capability.QUEUE)

    async def links(self, ends: Collection[Origin]) -> tuple[Link, ...]:
        """Raise Unsupported."""
        raise self._cannot(Capability.LINKS)

    async def pending(
        self, only: PendingFilter = _ALL_PENDING, *, after: str | None = None, limit: int = 200
    ) -> Page[Pending]:
        """Raise Unsupported."""
        raise self._cannot(Capability.PENDING)

    async def present(self, presence: Presence | None, *, agent: str, console: str) -> None:
        """Raise Unsupported."""
        raise self._cannot(Capability.PRESENCE)

    async def presence(self, customer_key: Key) -> tuple[Presence, ...]:
        """Raise Unsupported."""
        raise self._cannot(Capability.PRESENCE)

    async def write(self, batch: Batch) -> Receipt:
        """Raise Unsupported: a feed is read only. Taking back and originals are named as what they are."""
        if any(isinstance(item, Remove) for item in batch.items):
            raise self._cannot(Capability.UNDO)
        if any(isinstance(item, Put) and item.raw is not None for item in batch.items):
            raise self._cannot(Capability.RAW)
        raise self._cannot(Capability.WRITE)

    async def note_read(self, customer_key: Key, actor: str, detail: str = "") -> None:
        """Raise Unsupported."""
        raise self._cannot(Capability.AUDIT)

    async def audit(self, *, customer_key: Key = "", after: str | None = None, limit: int = 100) -> Page[AuditEntry]:
        """Raise Unsupported."""
        raise self._cannot(Capability.AUDIT)

    async def audit_verify(self, progress: Callable[[int, int], None] | None = None) -> AuditVerdict:
        """Raise Unsupported."""
        raise self._cannot(Capability.AUDIT)

    async def export(self, customer_key: Key, actor: str) -> Mapping[str, Any]:
        """Raise Unsupported."""
        raise self._cannot(Capability.EXPORT)

    async def forget(self, customer_key: Key, actor: str, reason: str) -> Mapping[str, int]:
        """Raise Unsupported."""
        raise self._cannot(Capability.FORGET)
