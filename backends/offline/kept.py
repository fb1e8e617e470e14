"""A backend before a remote one that answers with what it was told last while the remote one is away."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from backends.areas import opened_now
from backends.around import Around
from backends.errors import BackendError, Invalid, NotSignedIn, Unavailable
from backends.events import Event
from backends.memory.searching import search
from backends.memory.state import State
from backends.offline.keeping import Store, erase
from backends.port import (
    Backend,
    Batch,
    CustomerFile,
    Match,
    Origins,
    OutageFilter,
    Page,
    Pending,
    PendingFilter,
    Presence,
    QueueFilter,
    Receipt,
    TextHit,
    TicketFilter,
    TimelineFilter,
)
from backends.records import (
    LIVE_OUTAGE_STATES,
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
    Outage,
    Record,
    Ticket,
)
from backends.wire import CUSTOMER_FILE, TIMELINE, Form

T = TypeVar("T")

DAYS = 7
"""Days after which what was kept is erased."""

_WHOLE_HISTORY = TimelineFilter()
_ALL_TICKETS = TicketFilter()
_ALL_OUTAGES = OutageFilter()
_ALL_WAITING = QueueFilter()
_ALL_PENDING = PendingFilter()
_OPERATORS: Form[tuple[Operator, ...]] = Form(tuple[Operator, ...])
_AGENTS: Form[tuple[Agent, ...]] = Form(tuple[Agent, ...])
_OUTAGES: Form[tuple[Outage, ...]] = Form(tuple[Outage, ...])
_CUSTOMER: Form[Customer] = Form(Customer)
_CONTACT: Form[Contact] = Form(Contact)


def _now() -> datetime:
    return datetime.now(UTC)


class Kept(Around):
    """A backend that keeps what was read in the file `store` for `days`, when `keep` is true.

    When it is not, nothing is on the disk, a file of a time when it was is removed, and only `last_answer` is known.
    """

    def __init__(
        self,
        inner: Backend,
        store: Path,
        *,
        keep: bool,
        days: int = DAYS,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self.inner = inner
        self.keep = keep
        self.last_answer: datetime | None = None
        """When the source was last heard; None when it never was."""
        self.error: BackendError | None = None
        """Why the source did not answer last, None when it did."""
        self.failure: Exception | None = None
        """Why nothing can be kept on this disk, None when it can."""
        self._file = store
        self._store = Store(store, days, now)
        self._now = now
        self._stale: dict[str, datetime] = {}
        self._thread: ThreadPoolExecutor | None = None
        self._reached = False
        self._open = False
        self._retry_at = 0.0
        if isinstance(inner, Origins):
            self.stored = self._stored

    # what it is -------------------------------------------------------------------------------------------------------

    @property
    def stale_since(self) -> Mapping[str, datetime]:
        """What was last answered from here, and when the source had told it: by customer key, or by `outages`, …"""
        return MappingProxyType(self._stale)

    # opening ----------------------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Make ready; a source that cannot be reached fails this only when nothing may be kept."""
        self._open = True
        try:
            if self.keep:
                await self._run(self._store.open)
            else:
                erase(self._file)
        except (OSError, sqlite3.Error) as error:
            self.failure = error
        try:
            await self._reach()
        except (Unavailable, NotSignedIn) as error:
            self.error = error
            if not self.keep:
                raise

    async def close(self) -> None:
        """Let go of everything; may be called twice."""
        self._open = self._reached = False
        self._retry_at = 0.0
        thread, self._thread = self._thread, None
        if thread is not None:
            await asyncio.wrap_future(thread.submit(self._store.close))
            thread.shutdown()
        await self.inner.close()

    async def forget_all(self) -> None:
        """Erase everything that was kept."""
        await self._run(self._store.close)
        erase(self._file)
        self._stale.clear()
        if self.keep and self._open:
            await self._run(self._store.open)

    async def _run(self, job: Callable[[], T]) -> T:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="kept")
        return await asyncio.wrap_future(self._thread.submit(job))

    async def _reach(self) -> None:
        """Open the source if it is not; raises why it cannot be, and tries no more than once a second."""
        if self._reached:
            return
        if not self._open:
            raise Unavailable("not open", source=self.name)
        loop = asyncio.get_running_loop()
        if self.error is not None and loop.time() < self._retry_at:
            raise self.error
        try:
            await self.inner.open()
        finally:
            self._retry_at = loop.time() + 1.0
        self._reached = True
        self.error, self.last_answer = None, self._now()

    # asking and keeping -----------------------------------------------------------------------------------------------

    async def _asked(self, call: Callable[[], Awaitable[T]]) -> T:
        """Return what the source answers, and notice whether it does."""
        try:
            await self._reach()
            found = await call()
        except (Unavailable, NotSignedIn) as error:
            self.error = error
            raise
        self.error, self.last_answer = None, self._now()
        return found

    async def _remembered(
        self, call: Callable[[], Awaitable[T]], form: Form[T], name: str, *, customer: Key = "", mark: str = ""
    ) -> T:
        """Return the source's answer and keep it, or the kept one when the source is away."""
        try:
            found = await self._asked(call)
        except Unavailable:
            kept = await self._kept(form, name)
            if kept is None:
                raise
            self._stale[mark or customer] = kept[1]
            return kept[0]
        self._stale.pop(mark or customer, None)
        self._keep(form, name, customer, found)
        return found

    def _keep(self, form: Form[T], name: str, customer: Key, found: T) -> None:
        """Keep an answer, without anybody waiting for the disk; what is open for a while only is never kept (R41)."""
        if not self.keep or self._thread is None or opened_now():
            return

        at = self._now()

        def put() -> None:
            try:
                self._store.put(name, customer, form.text(found), at)
            except (OSError, sqlite3.Error, Invalid) as error:
                self.failure = error

        self._thread.submit(put)

    async def _kept(self, form: Form[T], name: str) -> tuple[T, datetime] | None:
        """Return a kept answer and when it was given, None when there is none."""
        if not self.keep:
            return None
        with suppress(OSError, sqlite3.Error, Invalid):
            found = await self._run(lambda: self._store.get(name))
            if found is not None:
                return form.read(found[0]), found[1]
        return None

    async def _every(self, form: Form[T], name: str) -> list[tuple[T, datetime]]:
        """Return the kept answers whose names begin so."""
        found: list[tuple[T, datetime]] = []
        if self.keep:
            with suppress(OSError, sqlite3.Error):
                for body, at in await self._run(lambda: self._store.all(name)):
                    with suppress(Invalid):
                        found.append((form.read(body), at))
        return found

    # reading ----------------------------------------------------------------------------------------------------------

    async def operators(self) -> tuple[Operator, ...]:
        """Return all operators, by name."""
        return await self._remembered(lambda: self.inner.operators(), _OPERATORS, "operators", mark="operators")

    async def agents(self) -> tuple[Agent, ...]:
        """Return all agents, by login."""
        return await self._remembered(lambda: self.inner.agents(), _AGENTS, "agents", mark="agents")

    async def customer_file(self, key: Key) -> CustomerFile:
        """Return everything about a customer but the timeline; raises NotFound."""
        return await self._remembered(lambda: self.inner.customer_file(key), CUSTOMER_FILE, f"file:{key}", customer=key)

    async def timeline(
        self, customer_key: Key, *, only: TimelineFilter = _WHOLE_HISTORY, after: str | None = None, limit: int = 50
    ) -> Page[Entry]:
        """Return the history newest first; of what is kept, only the first page without a filter."""

        async def call() -> Page[Entry]:
            return await self.inner.timeline(customer_key, only=only, after=after, limit=limit)

        if after is not None or only != _WHOLE_HISTORY:
            return await self._asked(call)
        return await self._remembered(call, TIMELINE, f"timeline:{customer_key}", customer=customer_key)

    async def contact(self, key: Key) -> Contact:
        """Return a contact with its whole body; raises NotFound."""
        try:
            found = await self._asked(lambda: self.inner.contact(key))
        except Unavailable:
            kept = await self._kept(_CONTACT, f"contact:{key}") or await self._of_timelines(key)
            if kept is None:
                raise
            self._stale[kept[0].customer_key] = kept[1]
            return kept[0]
        self._keep(_CONTACT, f"contact:{key}", found.customer_key, found)
        return found

    async def _of_timelines(self, key: Key) -> tuple[Contact, datetime] | None:
        for page, at in await self._every(TIMELINE, "timeline:"):
            for row in page.rows:
                if isinstance(row, Contact) and row.key == key and row.whole:
                    return row, at
        return None

    async def customers(self, keys: Sequence[Key]) -> tuple[Customer, ...]:
        """Return those of the customers that exist; while the source is away, those that were read."""
        try:
            found = await self._asked(lambda: self.inner.customers(keys))
        except Unavailable:
            known = await self._customers()
            here = tuple(known[key][0] for key in keys if key in known)
            if not here:
                raise
            self._stale.update((one.key, known[one.key][1]) for one in here)
            return here
        for customer in found:
            self._keep(_CUSTOMER, f"customer:{customer.key}", customer.key, customer)
        return found

    async def _customers(self) -> dict[Key, tuple[Customer, datetime]]:
        known = {one.key: (one, at) for one, at in await self._every(_CUSTOMER, "customer:")}
        for file, at in await self._every(CUSTOMER_FILE, "file:"):
            if file.customer.key not in known or known[file.customer.key][1] < at:
                known[file.customer.key] = (file.customer, at)
        return known

    async def search(
        self, text: str, *, limit: int = 20, operator_keys: frozenset[Key] = frozenset()
    ) -> tuple[Match, ...]:
        """Return customers that `text` may mean; while the source is away, among those that were read."""
        try:
            found = await self._asked(lambda: self.inner.search(text, limit=limit, operator_keys=operator_keys))
        except Unavailable:
            matches = search(await self._state(), text, limit, operator_keys)
            if not matches:
                raise  # an empty answer would say that there is nobody
            known = await self._customers()
            self._stale.update(
                (one.customer.key, known[one.customer.key][1]) for one in matches if one.customer.key in known
            )
            return matches
        for match in found:
            self._keep(_CUSTOMER, f"customer:{match.customer.key}", match.customer.key, match.customer)
        return found

    async def _state(self) -> State:
        """Return everything that a search can find among what is kept."""
        state = State()
        operators = await self._kept(_OPERATORS, "operators")
        for operator in operators[0] if operators else ():
            state.store(operator)
        for customer, _at in (await self._customers()).values():
            state.store(customer)
        for file, _at in await self._every(CUSTOMER_FILE, "file:"):
            for rows in (file.lines, file.contracts, file.tickets, file.recent_inbound):
                for record in rows:
                    state.store(record)
        return state

    async def ticket(self, reference_or_key: str) -> Ticket:
        """Return a ticket by its key or its reference; raises NotFound."""
        try:
            return await self._asked(lambda: self.inner.ticket(reference_or_key))
        except Unavailable:
            wanted = reference_or_key.casefold()
            for file, at in await self._every(CUSTOMER_FILE, "file:"):
                for ticket in file.tickets:
                    if ticket.key == reference_or_key or (wanted and ticket.reference.casefold() == wanted):
                        self._stale[ticket.customer_key] = at
                        return ticket
            raise

    async def outages(self, only: OutageFilter = _ALL_OUTAGES) -> tuple[Outage, ...]:
        """Return outages, newest first; only those that were going on are kept."""

        async def call() -> tuple[Outage, ...]:
            return await self.inner.outages(only)

        if only.states != LIVE_OUTAGE_STATES or only.since is not None or only.until is not None:
            return await self._asked(call)
        name = f"outages:{only.limit}:{' '.join(sorted(only.operator_keys))}"
        return await self._remembered(call, _OUTAGES, name, mark="outages")

    async def search_text(self, text: str, *, limit: int = 50, after: str | None = None) -> Page[TextHit]:
        """Return contacts whose subject or body has all words of `text`; nothing of it is kept."""
        return await self._asked(lambda: self.inner.search_text(text, limit=limit, after=after))

    async def tickets(
        self, only: TicketFilter = _ALL_TICKETS, *, after: str | None = None, limit: int = 100
    ) -> Page[Ticket]:
        """Return tickets, newest first; nothing of it is kept."""
        return await self._asked(lambda: self.inner.tickets(only, after=after, limit=limit))

    async def queue(
        self, only: QueueFilter = _ALL_WAITING, *, after: str | None = None, limit: int = 50
    ) -> Page[tuple[Contact, Customer]]:
        """Return contacts that wait for an answer; nothing of it is kept: an old queue sends two to one customer."""
        return await self._asked(lambda: self.inner.queue(only, after=after, limit=limit))

    async def links(self, ends: Collection[Origin]) -> tuple[Link, ...]:
        """Return every link that has one of these ends; nothing of it is kept."""
        return await self._asked(lambda: self.inner.links(ends))

    async def pending(
        self, only: PendingFilter = _ALL_PENDING, *, after: str | None = None, limit: int = 200
    ) -> Page[Pending]:
        """Return what is to be done; nothing of it is kept: by an old list two would do the same thing."""
        return await self._asked(lambda: self.inner.pending(only, after=after, limit=limit))

    async def presence(self, customer_key: Key) -> tuple[Presence, ...]:
        """Return who has this customer open now; nothing of it is kept."""
        return await self._asked(lambda: self.inner.presence(customer_key))

    # all else goes to the source --------------------------------------------------------------------------------------

    async def present(self, presence: Presence | None, *, agent: str, console: str) -> None:
        """Say in the source which customer `agent` has open."""
        await self._asked(lambda: self.inner.present(presence, agent=agent, console=console))

    async def write(self, batch: Batch) -> Receipt:
        """Store a batch in the source."""
        return await self._asked(lambda: self.inner.write(batch))

    async def note_read(self, customer_key: Key, actor: str, detail: str = "") -> None:
        """Record in the source's audit trail that `actor` opened this customer."""
        await self._asked(lambda: self.inner.note_read(customer_key, actor, detail))

    def events(self, since: str | None = None) -> AsyncIterator[Event]:
        """Yield what changes in the source."""
        if not self._reached:
            raise self.error or Unavailable("not open", source=self.name)
        return self.inner.events(since)

    async def audit(self, *, customer_key: Key = "", after: str | None = None, limit: int = 100) -> Page[AuditEntry]:
        """Return the source's audit trail."""
        return await self._asked(lambda: self.inner.audit(customer_key=customer_key, after=after, limit=limit))

    async def audit_verify(self, progress: Callable[[int, int], None] | None = None) -> AuditVerdict:
        """Check the source's whole chain."""
        return await self._asked(lambda: self.inner.audit_verify(progress))

    async def export(self, customer_key: Key, actor: str) -> Mapping[str, Any]:
        """Return everything held about a person in the source; what is kept here is a copy of it."""
        return await self._asked(lambda: self.inner.export(customer_key, actor))

    async def forget(self, customer_key: Key, actor: str, reason: str) -> Mapping[str, int]:
        """Erase personal data in the source and here."""
        counts = await self._asked(lambda: self.inner.forget(customer_key, actor, reason))
        if self.keep:
            await self._run(lambda: self._store.forget(customer_key))
        return counts

    async def _stored(self, kind: type[Record], origins: Collection[Origin]) -> Mapping[Origin, Key]:
        assert isinstance(self.inner, Origins)
        inner = self.inner
        return await self._asked(lambda: inner.stored(kind, origins))
