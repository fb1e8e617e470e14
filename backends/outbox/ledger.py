"""The journal as the event loop sees it: its contents in memory, every step on one thread of its own.

What other consoles of the agent do to the journal is read when `refresh` finds that it changed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from backends.errors import BackendError
from backends.outbox.entries import GOING, Entry
from backends.outbox.journal import Contents, Journal, Note, Taken
from backends.outbox.locks import Locks
from backends.outbox.marks import Became, Real, rows_of, translated
from backends.port import Batch, Receipt
from backends.records import Key, Record
from backends.sql.faults import translated as as_port_errors

T = TypeVar("T")
Heard = Callable[[Entry | None, Entry | None], None]


class Ledger:
    """What waits, in memory and on disk. `heard` is told of each entry before and after each change."""

    def __init__(self, path: Path, source: str, now: Callable[[], datetime], heard: Heard) -> None:
        self.journal = Journal(path, source)
        self.now = now
        self.entries: dict[int, Entry] = {}
        self.became = Became()
        self.notes: list[Note] = []
        self.failure: BackendError | None = None
        """Why the journal cannot be used, None when it can."""
        self.turn = 0
        """Grows with every change of what is in memory."""
        self._heard = heard
        self._thread: ThreadPoolExecutor | None = None
        self._locks: Locks | None = None
        self._gone: set[int] = set()
        self._pending: dict[int, Entry] = {}  # changed in memory, not on the disk yet
        self._unwritten: dict[int, Callable[[], None]] = {}
        self._reading = asyncio.Lock()

    # opening ----------------------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Make ready and read everything; what hinders it stands in `failure`, and `ready` raises it."""
        try:
            await self._opened()
        except BackendError as error:
            self.failure = error

    async def _opened(self) -> None:
        def work() -> None:
            with as_port_errors(self.journal.source, self.journal.path):
                self.journal.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._locks = self._locks or Locks(self.journal.path)
            self.journal.open(alone=self._locks.alone)
            self._locks.stay()

        await self._run(work)
        self.failure = None
        await self.refresh(always=True)
        for entry in tuple(self.entries.values()):
            if entry.maybe and not entry.tries and not self.claimed(entry.number):
                await self.change(replace(entry, tries=1))  # its console ended before it heard an answer

    async def ready(self) -> None:
        """Raise what keeps the journal from being used; tried anew each time."""
        if self.failure is not None or self._locks is None:
            try:
                await self._opened()
            except BackendError as error:
                self.failure = error
                raise

    async def close(self) -> None:
        """Let go of the journal and of all claims; may be called twice."""
        thread, self._thread = self._thread, None
        if thread is not None:
            await asyncio.wrap_future(thread.submit(self.journal.close))
            thread.shutdown()
        if self._locks is not None:
            self._locks.close()
            self._locks = None

    async def _run(self, job: Callable[[], T]) -> T:
        """Return what `job` returns on the journal's thread; it runs to its end even when the caller is cancelled."""
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="outbox")
        return await asyncio.wrap_future(self._thread.submit(job))

    # claims -----------------------------------------------------------------------------------------------------------

    def claim(self, number: int) -> bool:
        """Claim a batch for sending; False when somebody is at it."""
        return self._locks is not None and self._locks.take(number)

    def release(self, number: int) -> None:
        """Let go of a claim."""
        if self._locks is not None:
            self._locks.release(number)

    def claimed(self, number: int) -> bool:
        """Return whether this or another console is sending a batch just now."""
        return self._locks is not None and self._locks.taken(number)

    # looking ----------------------------------------------------------------------------------------------------------

    async def refresh(self, *, always: bool = False) -> None:
        """Read the journal again if another process changed it; raises what the journal raises."""

        def read() -> Contents | None:
            changed = self.journal.changed_elsewhere()
            return self.journal.contents() if changed or always else None

        async with self._reading:
            contents = await self._run(read)
            if contents is None:
                return
            before = self.entries
            for row in contents.became:
                self.became.add(row)
            self.notes = list(contents.notes)
            found = [self._pending.get(entry.number, entry) for entry in contents.entries]
            self.entries = {entry.number: entry for entry in found if entry.number not in self._gone}
            self.turn += 1
            for number in sorted(before.keys() | self.entries.keys()):
                old, new = before.get(number), self.entries.get(number)
                if old != new:
                    self._heard(old, new)

    def by_key(self, idempotency_key: str) -> Entry | None:
        """Return the entry of a batch, None when it is not here."""
        return next((one for one in self.entries.values() if one.batch.idempotency_key == idempotency_key), None)

    def blocker(self, entry: Entry) -> Entry | None:
        """Return the first earlier batch that must be delivered before this one, None when there is none."""
        for number, earlier in self.entries.items():
            if number < entry.number and entry.waits_for(earlier, self.became):
                return earlier
        return None

    def later(self, entry: Entry) -> Iterator[Entry]:
        """Yield the entries that build on this one."""
        for number, one in self.entries.items():
            if number > entry.number and entry.number in one.ground:
                yield one

    def translated(self, batch: Batch) -> Batch:
        """Return a batch as the source can take it; raises Unknown."""
        return translated(batch, self.became)

    # steps ------------------------------------------------------------------------------------------------------------

    def _put(self, entry: Entry | None, number: int) -> None:
        before = self.entries.pop(number, None)
        if entry is not None:
            self.entries[number] = entry
            if before is not None or (self.entries and number < max(self.entries)):
                self.entries = dict(sorted(self.entries.items()))
        self.turn += 1
        if before != entry:
            self._heard(before, entry)

    async def take(self, batch: Batch, befores: Iterable[Record | None]) -> Entry:
        """Put a batch into the journal; on the disk when this returns. Raises Taken, Invalid, Full, Unavailable."""
        known, since = tuple(befores), self.now()
        try:
            entry = await self._run(lambda: self.journal.take(batch, known, since))
        except Taken:
            await self.refresh(always=True)
            raise
        self._put(entry, entry.number)
        return entry

    async def change(self, entry: Entry) -> Entry:
        """Store an entry as it is now; where the disk does not take it, memory has it until it does."""
        self._pending[entry.number] = entry
        self._put(entry, entry.number)
        await self._surely(entry.number, lambda: self.journal.write_back(entry))
        if self._pending.get(entry.number) is entry and entry.number not in self._unwritten:
            del self._pending[entry.number]
        return entry

    async def settle(self, entry: Entry, receipt: Receipt) -> list[Real]:
        """Forget a batch that was delivered; returns what became of its items."""
        rows = rows_of(entry.number, entry.batch, receipt)
        for row in rows:
            self.became.add(row)
        self._gone.add(entry.number)
        self._put(None, entry.number)
        now = self.now()
        await self._surely(entry.number, lambda: self.journal.settle(entry.number, rows, now))
        return rows

    async def remove(self, number: int, actor: str = "", reason: str = "") -> None:
        """Forget a batch that was given up."""
        self._gone.add(number)
        self._put(None, number)
        now = self.now()
        await self._surely(number, lambda: self.journal.remove(number, actor, reason, now))

    async def _surely(self, number: int, job: Callable[[], None]) -> None:
        """Do a step now, or at the next `tidy` when the disk is full just now: nothing waits for it."""
        try:
            await self._run(job)
            self._unwritten.pop(number, None)
            self.failure = None
        except BackendError as error:
            self.failure = error
            self._unwritten[number] = job

    async def note(self, customer_key: Key, actor: str, detail: str) -> None:
        """Keep a reading for the source's audit trail; raises what the journal raises."""
        now = self.now()
        await self._run(lambda: self.journal.note(customer_key, actor, detail, now))
        await self.refresh(always=True)

    async def noted(self, note: Note) -> None:
        """Forget a reading that the source has heard of."""
        self.notes = [one for one in self.notes if one.number != note.number]
        with suppress(BackendError):
            await self._run(lambda: self.journal.noted(note.number))

    async def tidy(self) -> bool:
        """Write what could not be written before, forget old keys, empty the log; False when not all could be."""
        for number, job in tuple(self._unwritten.items()):
            await self._surely(number, job)
        now, needed = self.now(), {number for entry in self.entries.values() for number in entry.ground}
        with suppress(BackendError):
            return await self._run(lambda: self.journal.tidy(now, needed)) and not self._unwritten
        return False

    # what stands where ------------------------------------------------------------------------------------------------

    def going(self) -> list[Entry]:
        """Return what is still to be sent, oldest first."""
        return [entry for entry in self.entries.values() if entry.state in GOING]
