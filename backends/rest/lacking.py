"""The part of the port that no helpdesk of others has, refused by its capability; dialects build on it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from backends.errors import Unsupported
from backends.port import Capability, OutageFilter, Page, Pending, PendingFilter, Presence, TextHit
from backends.records import AuditEntry, AuditVerdict, Key, Link, Origin, Outage

_ALL_OUTAGES = OutageFilter()
_ALL_PENDING = PendingFilter()


class Lacking:
    """Methods that raise Unsupported with their capability; a dialect overrides those of what its server has."""

    name: str

    def _lacks(self, capability: str) -> Unsupported:
        return Unsupported(capability, source=self.name)

    async def search_text(self, text: str, *, limit: int = 50, after: str | None = None) -> Page[TextHit]:
        """Raise Unsupported: texts are not searched there, or not reliably."""
        raise self._lacks(Capability.TEXT_SEARCH)

    async def outages(self, only: OutageFilter = _ALL_OUTAGES) -> tuple[Outage, ...]:
        """Raise Unsupported: a helpdesk knows none."""
        raise self._lacks(Capability.OUTAGES)

    async def links(self, ends: Collection[Origin]) -> tuple[Link, ...]:
        """Raise Unsupported: other systems link no customers of ours."""
        raise self._lacks(Capability.LINKS)

    async def pending(
        self, only: PendingFilter = _ALL_PENDING, *, after: str | None = None, limit: int = 200
    ) -> Page[Pending]:
        """Raise Unsupported: what is due over all customers cannot be asked for."""
        raise self._lacks(Capability.PENDING)

    async def present(self, presence: Presence | None, *, agent: str, console: str) -> None:
        """Raise Unsupported: who has whom open is not known there."""
        raise self._lacks(Capability.PRESENCE)

    async def presence(self, customer_key: Key) -> tuple[Presence, ...]:
        """Raise Unsupported: who has whom open is not known there."""
        raise self._lacks(Capability.PRESENCE)

    async def note_read(self, customer_key: Key, actor: str, detail: str = "") -> None:
        """Raise Unsupported: no trail is kept of who read what."""
        raise self._lacks(Capability.AUDIT)

    async def audit(self, *, customer_key: Key = "", after: str | None = None, limit: int = 100) -> Page[AuditEntry]:
        """Raise Unsupported: the trail of others is theirs."""
        raise self._lacks(Capability.AUDIT)

    async def audit_verify(self, progress: Callable[[int, int], None] | None = None) -> AuditVerdict:
        """Raise Unsupported: the trail of others is theirs."""
        raise self._lacks(Capability.AUDIT)

    async def export(self, customer_key: Key, actor: str) -> Mapping[str, Any]:
        """Raise Unsupported: the server's own keeper exports."""
        raise self._lacks(Capability.EXPORT)

    async def forget(self, customer_key: Key, actor: str, reason: str) -> Mapping[str, int]:
        """Raise Unsupported: the server's own keeper erases."""
        raise self._lacks(Capability.FORGET)
