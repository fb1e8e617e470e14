"""The outbox: a backend before a remote one that loses nothing when the line is bad (R23)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from backends.around import Around
from backends.errors import BackendError, Damaged, NotSignedIn, Unavailable
from backends.events import Event
from backends.outbox.entries import Entry
from backends.outbox.ledger import Ledger
from backends.outbox.marks import is_provisional
from backends.outbox.reading import Remembered, plain_export
from backends.outbox.sending import POLL, Postman
from backends.outbox.taking import Taking, looked_at
from backends.outbox.telling import Changed, Hub
from backends.port import Backend, Capability, Origins, Page, Presence
from backends.records import AuditEntry, AuditVerdict, Key, Origin, Record

PATIENCE = 2.0
"""Seconds that an agent waits for the source's answer before the batch counts as waiting."""


def _now() -> datetime:
    return datetime.now(UTC)


class Outbox(Taking, Around):
    """A backend that journals every batch before it sends it to `inner`, and lays what waits over what it reads.

    `journal` is the file, the agent's own; `agent` the login that takes back in the source what was given up here.
    A batch whose answer is not there within `patience` seconds comes back with a provisional receipt, `waiting`.
    """

    def __init__(
        self,
        inner: Backend,
        journal: Path,
        *,
        agent: str,
        now: Callable[[], datetime] = _now,
        patience: float = PATIENCE,
        poll: float = POLL,
    ) -> None:
        self.inner = inner
        self.agent = agent
        self._error: BackendError | None = None
        self._last_answer: datetime | None = None
        self._away = False
        self.remembered = Remembered()
        self.hub = Hub()
        self.ledger = Ledger(journal, inner.name, now, self.heard)
        self.patience = patience
        self._poll = poll
        self.postman: Postman | None = None
        self._opening: asyncio.Task[None] | None = None
        self.given: set[int] = set()
        self._reached = False
        self._retry_at = 0.0
        if isinstance(inner, Origins):
            self.stored = self._stored

    # what it is -------------------------------------------------------------------------------------------------------

    @property
    def error(self) -> BackendError | None:
        """Why the source did not answer last, None when it did; what is read may then be a copy (`last_answer`)."""
        return self._error or getattr(self.inner, "error", None)

    @property
    def last_answer(self) -> datetime | None:
        """When the source was last heard; None when it never was."""
        heard: datetime | None = getattr(self.inner, "last_answer", self._last_answer)
        return heard

    @property
    def stale_since(self) -> Mapping[str, datetime]:
        """What is read from a kept copy, and of when that is; nothing where none is kept."""
        found: Mapping[str, datetime] = getattr(self.inner, "stale_since", {})
        return found

    @property
    def failure(self) -> BackendError | None:
        """Why nothing can be taken: the journal cannot be used. None when it can."""
        return self.ledger.failure

    @property
    def damage(self) -> Damaged | None:
        """That the journal is or was damaged, where it was moved to, how many batches cannot be read; None when not."""
        moved, unread = self.ledger.journal.moved, self.ledger.journal.unread
        if moved is None and not unread:
            return None
        return Damaged(f"{moved or self.ledger.journal.path}: {unread} not read", source=self.name)

    @property
    def undelivered(self) -> BackendError | None:
        """Why what waits was not delivered at the last try, None when it was."""
        return self.postman.error if self.postman is not None else None

    def watch(self, changed: Changed) -> Callable[[], None]:
        """Call `changed` after every change of what waits, until the function returned here is called."""
        self.hub.watchers.append(changed)
        return lambda: self.hub.watchers.remove(changed) if changed in self.hub.watchers else None

    # opening ----------------------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Open the journal and try to reach the source; an unreachable one is tried again in the background.

        Raises WrongVersion and Damaged of the source; what keeps the journal from being used stands in `failure`.
        """
        if self.postman is not None:
            return
        await self.ledger.open()
        self.postman = Postman(
            self.inner, self.ledger, agent=self.agent, opened=self.reach, apart=self.hidden, poll=self._poll
        )
        try:
            async with asyncio.timeout(self.patience):
                await self.reach()
        except (Unavailable, NotSignedIn) as error:
            self.unanswered(error)
        except TimeoutError:
            self.unanswered(Unavailable("not reached yet", source=self.name))
        except BaseException:
            await self.close()
            raise
        self.postman.start()

    async def close(self) -> None:
        """Let go of everything; what waits stays in the journal. May be called twice."""
        postman, self.postman = self.postman, None
        if postman is not None:
            await postman.stop(self.patience)
        opening, self._opening = self._opening, None
        if opening is not None:
            opening.cancel()
            await asyncio.gather(opening, return_exceptions=True)
        self._reached = False
        self._retry_at = 0.0
        await self.inner.close()
        self.hub.close()
        await self.ledger.close()

    async def reach(self) -> None:
        """Make the source ready; raises why it cannot be reached, and tries no more than once a second."""
        if self._reached:
            return
        if self.postman is None:
            raise Unavailable("not open", source=self.name)
        loop = asyncio.get_running_loop()
        if self._opening is None or (self._opening.done() and loop.time() >= self._retry_at):
            self._opening = asyncio.create_task(self._open_inner())
            self._opening.add_done_callback(looked_at)
        await asyncio.shield(self._opening)

    async def _open_inner(self) -> None:
        try:
            await self.inner.open()
        finally:
            self._retry_at = asyncio.get_running_loop().time() + 1.0
        self._reached = True
        self.answered()

    def unanswered(self, error: BackendError) -> None:
        """Hear why the source did not answer."""
        self._error, self._away = error, True

    def answered(self) -> None:
        """Hear that the source has answered: what waits for it is due."""
        if getattr(self.inner, "error", None) is not None:
            self._away = True  # a kept copy answered in its place
            return
        back, self._away = self._away, False
        self._error, self._last_answer = None, self.ledger.now()
        if back and self.postman is not None:
            self.postman.wake(line_back=True)

    def hidden(self) -> frozenset[int]:
        """Return the numbers of batches whose agents still stand at the form."""
        waiters = self.postman.waiters if self.postman is not None else {}
        if not self.ledger.entries:
            return frozenset(waiters)
        # what another console has just taken is as yet between its agent and the source
        since = self.ledger.now() - timedelta(seconds=self.patience)
        others = (
            entry.number
            for entry in self.ledger.entries.values()
            if not entry.tries and entry.since > since and entry.number not in self.given
        )
        return frozenset((*waiters, *others))

    def heard(self, before: Entry | None, after: Entry | None) -> None:
        """Tell who listens of an entry before and after a change."""
        entry = after or before
        assert entry is not None
        if entry.number not in self.hidden():
            self.hub.tell(entry, self.ledger.became)
            self.hub.changed()

    def at_work(self) -> Postman:
        """Return who delivers; raises Unavailable while the outbox is not open."""
        if self.postman is None:
            raise Unavailable("not open", source=self.name)
        return self.postman

    # living -----------------------------------------------------------------------------------------------------------

    async def present(self, presence: Presence | None, *, agent: str, console: str) -> None:
        """Say which customer `agent` has open; never journalled: where somebody was is nothing to be delivered later.

        Of a customer who waits here the source knows nothing: the console is nowhere then. Raises Unavailable.
        """
        told = presence
        if presence is not None:
            key, ticket = self.real(presence.customer_key), self.real(presence.ticket_key)
            told = replace(presence, customer_key=key, ticket_key="" if is_provisional(ticket) else ticket)
            if is_provisional(key):
                told = None
        await self.asked(lambda: self.inner.present(told, agent=agent, console=console))

    def events(self, since: str | None = None) -> AsyncIterator[Event]:
        """Yield what changes in the source and in the outbox, from this call on or from the source's cursor `since`."""
        if Capability.LIVE in self.capabilities and not self._reached:
            raise self.error or Unavailable("not reached yet", source=self.name)
        return self.hub.merged(self.inner.events(since))

    # keeping ----------------------------------------------------------------------------------------------------------

    async def note_read(self, customer_key: Key, actor: str, detail: str = "") -> None:
        """Record in the source's audit trail that `actor` opened this customer, later when it is away."""
        key = self.real(customer_key)
        if Capability.AUDIT in self.capabilities and is_provisional(key):
            return  # the source does not know them yet, and who took them down is in the batch
        try:
            await self.asked(lambda: self.inner.note_read(key, actor, detail))
        except Unavailable:
            await self.ledger.ready()
            await self.ledger.note(key, actor, detail)

    async def audit(self, *, customer_key: Key = "", after: str | None = None, limit: int = 100) -> Page[AuditEntry]:
        """Return the source's audit trail, newest first."""
        key = self.real(customer_key)
        return await self.asked(lambda: self.inner.audit(customer_key=key, after=after, limit=limit))

    async def audit_verify(self, progress: Callable[[int, int], None] | None = None) -> AuditVerdict:
        """Check the source's whole chain."""
        return await self.asked(lambda: self.inner.audit_verify(progress))

    async def export(self, customer_key: Key, actor: str) -> Mapping[str, Any]:
        """Return everything held about a person, what waits for them included."""
        key = self.real(customer_key)
        found = await self.asked(lambda: self.inner.export(key, actor))
        return plain_export(found, await self.held(key))

    async def forget(self, customer_key: Key, actor: str, reason: str) -> Mapping[str, int]:
        """Erase personal data in the source and what waits here for this customer."""
        key = self.real(customer_key)
        counts = await self.asked(lambda: self.inner.forget(key, actor, reason))
        theirs = [one for one in self.ledger.entries.values() if one.concerns(key, self.ledger.became)]
        for entry in theirs:
            await self.ledger.remove(entry.number, actor, reason)
        self.remembered = Remembered()
        await self.ledger.tidy()
        return counts

    async def _stored(self, kind: type[Record], origins: Collection[Origin]) -> Mapping[Origin, Key]:
        assert isinstance(self.inner, Origins)
        inner = self.inner
        return await self.asked(lambda: inner.stored(kind, origins))
