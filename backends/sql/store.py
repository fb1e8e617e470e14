"""The embedded backend: the port, spoken over one SQLite file."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from backends.areas import Hidden
from backends.errors import Unavailable
from backends.events import Event
from backends.port import (
    Batch,
    Capability,
    Checks,
    CustomerFile,
    Match,
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
    KINDS,
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
from backends.sql import (
    batches,
    consoles,
    keeping,
    leaving,
    linking,
    pending,
    reading,
    searching,
    telling,
    trail,
    words,
)
from backends.sql.connecting import check_older, check_revision, connect, path_of, prepare, revision
from backends.sql.faults import translated
from backends.sql.living import Watch
from backends.sql.revisions import HEAD
from backends.sql.shapes import BY_RECORD
from backends.sql.stored import get, of_origins
from backends.sql.writing import PATIENCE, Writer

T = TypeVar("T")

_WHOLE_HISTORY = TimelineFilter()
_ALL_TICKETS = TicketFilter()
_ALL_OUTAGES = OutageFilter()
_ALL_WAITING = QueueFilter()
_ALL_PENDING = PendingFilter()


def _now() -> datetime:
    return datetime.now(UTC)


class SqlBackend:
    """A backend over one SQLite file, shared with other processes; it must be used from one event loop.

    Point reads are made where they are asked for, which costs less than a trip to a thread; writing, copying and
    checking happen on threads of their own.
    """

    def __init__(
        self, url: str, *, name: str = "", now: Callable[[], datetime] = _now, patience: float = PATIENCE
    ) -> None:
        self.url = url
        self.file = path_of(url)
        self.name = name or self.file.stem
        self.capabilities = frozenset(Capability)
        self.stores: frozenset[type[Record]] = KINDS
        self.omits: Mapping[type[Record], frozenset[str]] = {}
        self._now = now
        self._patience = patience
        self._connection: sqlite3.Connection | None = None
        self._reading = threading.RLock()
        self._writer: Writer | None = None
        self._watch: Watch | None = None
        self._listeners: set[asyncio.Event] = set()
        self._seen = -1

    async def open(self) -> None:
        """Make ready, making the file where there is none; raises WrongVersion, Damaged, Full, Unavailable."""
        if self._connection is not None:
            return
        with translated(self.name, self.file):
            prepare(self.file)
            connection = connect(self.file)
            try:
                found = revision(connection)
                if found is None:
                    await self._create()
                    found = revision(connection)
                check_revision(found or "")
            except BaseException:
                connection.close()
                raise
        self._connection = connection

    async def _create(self) -> None:
        """Make the schema, on a thread because it loads much."""

        def make() -> None:
            from backends.sql import schema

            connection = connect(self.file, patience=self._patience)
            try:
                schema.create(connection)
            finally:
                connection.close()

        await asyncio.to_thread(make)

    async def close(self) -> None:
        """Finish what is being written and let go of the file; may be called twice."""
        writer, self._writer = self._writer, None
        if writer is not None:
            await writer.close()
        if self._watch is not None:
            self._watch.close()
            self._watch = None
        connection, self._connection = self._connection, None
        for listener in self._listeners:
            listener.set()
        if connection is not None:
            with self._reading:
                connection.close()

    # reading ------------------------------------------------------------------------------------------------------

    @contextmanager
    def _read(self) -> Iterator[sqlite3.Connection]:
        """Yield the connection for reading, for one statement."""
        if self._connection is None:
            raise Unavailable("not open", source=self.name)
        with translated(self.name, self.file), self._reading:
            yield self._connection

    @contextmanager
    def _snapshot(self) -> Iterator[sqlite3.Connection]:
        """Yield the connection for reading several things from one state of the store."""
        with self._read() as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("COMMIT")

    async def operators(self) -> tuple[Operator, ...]:
        """Return all operators, by name."""
        with self._read() as connection:
            return reading.every(connection, "operator", "name")

    async def agents(self) -> tuple[Agent, ...]:
        """Return all agents, by login."""
        with self._read() as connection:
            return reading.every(connection, "agent", "login")

    async def search(
        self, text: str, *, limit: int = 20, operator_keys: frozenset[Key] = frozenset()
    ) -> tuple[Match, ...]:
        """Return customers that `text` may mean, best first, each once."""
        with self._snapshot() as connection:
            return searching.search(connection, text, limit, operator_keys)

    async def search_text(self, text: str, *, limit: int = 50, after: str | None = None) -> Page[TextHit]:
        """Return contacts whose subject or body has all words of `text`, newest first; raises Invalid."""
        with self._snapshot() as connection:
            return words.search_text(connection, text, after, limit)

    async def customers(self, keys: Sequence[Key]) -> tuple[Customer, ...]:
        """Return those of the customers that exist, in the given order."""
        with self._read() as connection:
            return reading.customers(connection, keys)

    async def customer_file(self, key: Key) -> CustomerFile:
        """Return everything about a customer but the timeline; raises NotFound."""
        with self._snapshot() as connection:
            return reading.customer_file(connection, key, self._now())

    async def timeline(
        self, customer_key: Key, *, only: TimelineFilter = _WHOLE_HISTORY, after: str | None = None, limit: int = 50
    ) -> Page[Entry]:
        """Return the history newest first; raises NotFound, Invalid."""
        with self._snapshot() as connection:
            return reading.timeline(connection, customer_key, only, after, limit)

    async def contact(self, key: Key) -> Contact:
        """Return a contact with its whole body; raises NotFound."""
        with self._snapshot() as connection:
            found: Contact = get(connection, "contact", key)
            return found

    async def ticket(self, reference_or_key: str) -> Ticket:
        """Return a ticket by its key or its reference, in any case and with or without dashes; raises NotFound."""
        with self._snapshot() as connection:
            return reading.ticket(connection, reference_or_key)

    async def tickets(
        self, only: TicketFilter = _ALL_TICKETS, *, after: str | None = None, limit: int = 100
    ) -> Page[Ticket]:
        """Return tickets, newest first; raises Invalid."""
        with self._read() as connection:
            return reading.tickets(connection, only, after, limit)

    async def outages(self, only: OutageFilter = _ALL_OUTAGES) -> tuple[Outage, ...]:
        """Return outages, newest first."""
        with self._read() as connection:
            return reading.outages(connection, only)

    async def queue(
        self, only: QueueFilter = _ALL_WAITING, *, after: str | None = None, limit: int = 50
    ) -> Page[tuple[Contact, Customer]]:
        """Return contacts that wait for an answer, oldest first, with their customers; raises Invalid."""
        with self._read() as connection:
            return reading.queue(connection, only, after, limit)

    async def links(self, ends: Collection[Origin]) -> tuple[Link, ...]:
        """Return every link that has one of these ends, oldest first."""
        with self._snapshot() as connection:
            return linking.of_ends(connection, ends)

    async def pending(
        self, only: PendingFilter = _ALL_PENDING, *, after: str | None = None, limit: int = 200
    ) -> Page[Pending]:
        """Return what is to be done over all customers, by due time, kind and key; raises Invalid."""
        with self._snapshot() as connection:
            return pending.pending(connection, only, after, limit)

    async def presence(self, customer_key: Key) -> tuple[Presence, ...]:
        """Return who has this customer open now, each agent once, by login."""
        with self._read() as connection:
            return consoles.presence(connection, customer_key, self._now())

    def leave_out(self, hidden: Hidden) -> AbstractContextManager[None]:
        """Fetch nothing of what is hidden within the block, in the task that runs it."""
        return leaving.leaving_out(hidden)

    # writing ------------------------------------------------------------------------------------------------------

    async def _write(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """Return what `job` returns once its transaction is on the disk."""
        if self._connection is None:
            raise Unavailable("not open", source=self.name)
        if self._writer is None:
            self._writer = Writer(self.file, self.name, self._committed(), self._patience)
        return await self._writer.run(job)

    def _committed(self) -> Callable[[], None]:
        """Return the function by which the writer's thread tells of a commit."""
        loop = asyncio.get_running_loop()

        def tell() -> None:
            if self._listeners and not loop.is_closed():
                loop.call_soon_threadsafe(self._stirred)

        return tell

    async def write(self, batch: Batch) -> Receipt:
        """Store a batch whole or not at all; raises Conflict, Invalid, Full, Busy, Unavailable."""
        return await self._write(lambda connection: batches.apply(connection, batch, self._now(), self.name))

    async def note_read(self, customer_key: Key, actor: str, detail: str = "") -> None:
        """Record in the audit trail that `actor` opened this customer; raises NotFound."""
        await self._noting(customer_key, actor, "read", detail)

    async def _noting(self, customer_key: Key, actor: str, act: str, detail: str = "") -> None:
        def note(connection: sqlite3.Connection) -> None:
            get(connection, "customer", customer_key)
            trail.append(connection, self._now(), [(actor, act, "customer", customer_key, customer_key, detail)])

        await self._write(note)

    # living -------------------------------------------------------------------------------------------------------

    async def present(self, presence: Presence | None, *, agent: str, console: str) -> None:
        """Say which customer `agent` has open in this console, None for none; raises Full, Busy, Unavailable."""
        await self._write(lambda connection: consoles.present(connection, presence, agent, console, self._now()))

    def events(self, since: str | None = None) -> AsyncIterator[Event]:
        """Yield what changes from this call on, or from the cursor `since`; ends when closed."""
        if since is None:
            with self._read() as connection:
                cursor = telling.newest(connection)
        else:
            cursor = int(since) if since.isascii() and since.isdigit() and len(since) < 19 else -1
        return self._follow(cursor)

    async def _follow(self, cursor: int) -> AsyncIterator[Event]:
        stirred = asyncio.Event()
        self._listeners.add(stirred)
        try:
            while self._connection is not None:
                if self._watch is None:
                    self._watch = Watch(self.file, self._stirred)
                stirred.clear()
                with self._snapshot() as connection:
                    happened = telling.since(connection, cursor)
                for event in happened:
                    cursor = int(event.cursor)
                    yield event
                if not happened:
                    await stirred.wait()
        finally:
            self._listeners.discard(stirred)
            if not self._listeners and self._watch is not None:
                self._watch.close()
                self._watch = None

    def _stirred(self) -> None:
        """Wake who listens, when the store is another than when it was last looked at."""
        if self._connection is None:
            return
        with self._read() as connection:
            (seen,) = connection.execute("PRAGMA data_version").fetchone()
        if seen != self._seen:
            self._seen = seen
            for listener in self._listeners:
                listener.set()

    # keeping ------------------------------------------------------------------------------------------------------

    async def _apart(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """Return what `job` returns on a thread and a connection of its own: it may take long."""
        if self._connection is None:
            raise Unavailable("not open", source=self.name)

        def work() -> T:
            with translated(self.name, self.file):
                connection = connect(self.file, patience=self._patience)
                try:
                    return job(connection)
                finally:
                    connection.close()

        return await asyncio.to_thread(work)

    async def audit(self, *, customer_key: Key = "", after: str | None = None, limit: int = 100) -> Page[AuditEntry]:
        """Return the audit trail, newest first; raises Invalid."""
        with self._read() as connection:
            return trail.page(connection, customer_key, after, limit)

    async def audit_verify(self, progress: Callable[[int, int], None] | None = None) -> AuditVerdict:
        """Check the whole chain; `progress` hears (rows done, rows in all) on another thread."""

        def verify(connection: sqlite3.Connection) -> AuditVerdict:
            connection.execute("BEGIN")
            return trail.verify(connection, progress)

        return await self._apart(verify)

    async def export(self, customer_key: Key, actor: str) -> Mapping[str, Any]:
        """Return everything held about a person as plain JSON values; audited before it is given; raises NotFound."""
        await self._noting(customer_key, actor, "export")

        def collect(connection: sqlite3.Connection) -> dict[str, Any]:
            connection.execute("BEGIN")
            return keeping.held_about(connection, customer_key)

        return await self._apart(collect)

    async def forget(self, customer_key: Key, actor: str, reason: str) -> Mapping[str, int]:
        """Erase personal data, keep counts and clocks; raises NotFound. Backups made before still hold it."""
        counts = await self._write(
            lambda connection: keeping.erase(connection, customer_key, self._now(), actor, reason)
        )
        await self._apart(keeping.truncate_log)
        return counts

    async def stored(self, kind: type[Record], origins: Collection[Origin]) -> Mapping[Origin, Key]:
        """Return the keys of those records of `kind` that came from one of `origins`."""
        with self._snapshot() as connection:
            return of_origins(connection, BY_RECORD[kind], origins)

    async def listed(
        self, kind: type[Record], *, customer_key: Key = "", after: str | None = None, limit: int = 100
    ) -> Page[Record]:
        """Return records of a kind in the order in which they were stored; raises Invalid."""
        with self._read() as connection:
            return reading.listed(connection, BY_RECORD[kind].kind, customer_key, after, limit)

    async def counted(self, kind: type[Record]) -> int:
        """Return how many records of a kind there are."""
        with self._read() as connection:
            return reading.counted(connection, BY_RECORD[kind].kind)

    async def check(self) -> Checks:
        """Look for damage; each row is (what was checked, whether it is sound, technical detail)."""
        return await self._apart(lambda connection: keeping.check(connection, self.file))

    async def backup(self, to: str, progress: Callable[[int, int], None] | None = None) -> int:
        """Copy the living store to a new file; works on a store of an older version too, without opening it.

        Returns the copy's size in bytes; raises Refused when the file exists, Full, Damaged.
        """

        def copy() -> int:
            with translated(self.name, self.file):
                connection = connect(self.file, patience=self._patience)
                try:
                    return keeping.backup(connection, Path(to), progress)
                finally:
                    connection.close()

        return await asyncio.to_thread(copy)

    async def upgrade(self, progress: Callable[[str], None] | None = None) -> str:
        """Bring a store that is not open to this program's revision, whole or not at all; returns that revision.

        Raises WrongVersion for a store that is newer.
        """

        def lift() -> None:
            from backends.sql import schema

            with translated(self.name, self.file):
                connection = connect(self.file, patience=self._patience)
                try:
                    found = revision(connection)
                finally:
                    connection.close()
                if found == HEAD:
                    return
                if found is not None:
                    check_older(found)
                schema.upgrade(self.file, progress)

        await asyncio.to_thread(lift)
        return HEAD
