"""The veil: a backend that shows of another one what a role may see (R41)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from backends.around import Around
from backends.errors import BackendError
from backends.events import Event
from backends.port import Backend, Listing, Origins, Presence
from backends.records import Agent, AuditVerdict, Key, Origin, Record
from backends.veil.knowing import Hides
from backends.veil.writing import Writing


def _nobody(_agents: Sequence[Agent]) -> None:
    """Learn nothing."""


class Veil(Writing, Around):
    """A backend around `inner`; `hides` says at any moment what is hidden.

    `learn` hears who works here once the source is open: what is hidden often follows from it.
    """

    def __init__(
        self, inner: Backend, hides: Callable[[], Hides], *, learn: Callable[[Sequence[Agent]], None] = _nobody
    ) -> None:
        super().__init__(inner, hides)
        self._learn = learn
        if isinstance(inner, Origins):
            self.stored = self._stored_origins
        if isinstance(inner, Listing):
            self.listed = self._listed
            self.counted = self._counted

    # what it is ---------------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Make the source ready, and learn who works here."""
        await self.inner.open()
        if self._learn is not _nobody:
            self._learn(await self.inner.agents())

    async def close(self) -> None:
        """Let go of everything; may be called twice."""
        await self.inner.close()

    # passing on ---------------------------------------------------------------------------------------------------

    def events(self, since: str | None = None) -> AsyncIterator[Event]:
        """Yield what changes; events carry keys and nothing that is hidden."""
        return self.inner.events(since)

    async def note_read(self, customer_key: Key, actor: str, detail: str = "") -> None:
        """Record in the audit trail that `actor` opened this customer."""
        await self.inner.note_read(customer_key, actor, detail)

    async def present(self, presence: Presence | None, *, agent: str, console: str) -> None:
        """Say which customer `agent` has open in this console."""
        await self.inner.present(presence, agent=agent, console=console)

    async def audit_verify(self, progress: Callable[[int, int], None] | None = None) -> AuditVerdict:
        """Check the whole chain."""
        return await self.inner.audit_verify(progress)

    async def forget(self, customer_key: Key, actor: str, reason: str) -> Mapping[str, int]:
        """Erase personal data, hidden or not, keep counts and clocks."""
        counts = await self.inner.forget(customer_key, actor, reason)
        self._remembered.forget()
        return counts

    async def _stored_origins(self, kind: type[Record], origins: Collection[Origin]) -> Mapping[Origin, Key]:
        inner: Any = self.inner
        found: Mapping[Origin, Key] = await inner.stored(kind, origins)
        return found

    async def _counted(self, kind: type[Record]) -> int:
        inner: Any = self.inner
        count: int = await inner.counted(kind)
        return 0 if await self._knowing.kind_is_gone(kind) else count


class VeilOverCopy(Veil):
    """A veil before a source of which a copy is kept (`backends.offline`): it tells how old what is read is."""

    @property
    def error(self) -> BackendError | None:
        """Why the source did not answer last, None when it did."""
        found: BackendError | None = getattr(self.inner, "error", None)
        return found

    @property
    def last_answer(self) -> datetime | None:
        """When the source was last heard; None when it never was."""
        found: datetime | None = getattr(self.inner, "last_answer", None)
        return found

    @property
    def stale_since(self) -> Mapping[str, datetime]:
        """What is read from the copy, and of when that is."""
        found: Mapping[str, datetime] = getattr(self.inner, "stale_since", {})
        return found
