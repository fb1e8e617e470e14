"""Bringing what waits to the source: in order per record, ever more patiently, each batch by one console at a time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any

from backends.errors import (
    BackendError,
    Busy,
    Conflict,
    Damaged,
    NotFound,
    NotSignedIn,
    Refused,
    Unavailable,
)
from backends.outbox.entries import GOING, Entry, Stand, alike
from backends.outbox.ledger import Ledger
from backends.outbox.marks import Real, Unknown, provisional_key
from backends.port import Backend, Batch, Capability, Change, Receipt, Remove, undoing

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
"""Seconds until what could not be delivered is tried again: at first, and after many failures."""
LONGEST_WISH = 3600.0
"""Seconds that a source may ask to be left alone; it is tried again after that, whatever it asked for."""
POLL = 1.0
"""Seconds between two looks at what other consoles did to the journal."""
_TIDY_AFTER = 5.0
_IN_A_ROW = 2  # failures after which the line counts as lost: one may be the batch's own fault
_NEVER_SENT = frozenset({"ConnectError", "ConnectTimeout", "PoolTimeout", "ConnectionRefusedError", "gaierror"})


class Came(Enum):
    """What came of trying to deliver a batch."""

    DELIVERED = auto()
    REFUSED = auto()
    POSTPONED = auto()
    """The source did not answer, or not to us."""
    NOT_NOW = auto()
    """Something before it must go first, or another console is sending it."""


class Waiter:
    """Who stands at the form of a batch and hears its outcome, while patience lasts."""

    def __init__(self) -> None:
        self.outcome: asyncio.Future[Receipt | None] = asyncio.get_running_loop().create_future()
        """The receipt, the source's refusal, or None when there was no answer."""
        self.settling = False
        """An answer is there and is being written down."""
        self.gone = False
        """Nobody waits any more."""

    def done(self, receipt: Receipt | None) -> None:
        """Tell the outcome, once."""
        if not self.outcome.done():
            self.outcome.set_result(receipt)

    def failed(self, error: BackendError) -> None:
        """Tell the refusal, once."""
        if not self.outcome.done():
            self.outcome.set_exception(error)


def never_sent(error: BackendError) -> bool:
    """Return whether an error says that not a byte of the request left: the connection was never made."""
    cause = error.__cause__
    return cause is not None and any(kind.__name__ in _NEVER_SENT for kind in type(cause).__mro__)


def is_elsewhere(error: BackendError) -> bool:
    """Return whether somebody else than the source said no: a network that sends everybody to its own sign-in page."""
    return error.status is not None and 300 <= error.status < 400


class Postman:
    """Delivers what the ledger holds. `opened` makes the source ready and raises why it cannot be reached; `apart`
    are the batches that another console has just taken and is about to send itself.
    """

    def __init__(
        self,
        inner: Backend,
        ledger: Ledger,
        *,
        agent: str,
        opened: Callable[[], Coroutine[Any, Any, None]],
        apart: Callable[[], frozenset[int]],
        poll: float = POLL,
    ) -> None:
        self.waiters: dict[int, Waiter] = {}
        """Batches whose agents still stand at the form."""
        self.error: BackendError | None = None
        """Why nothing was delivered last, None when something was or nothing waits."""
        self._inner = inner
        self._ledger = ledger
        self._agent = agent
        self._opened = opened
        self._apart = apart
        self._poll = poll
        self._wake = asyncio.Event()
        self._quiet_until: datetime | None = None
        self._pause = FIRST_PAUSE
        self._line_back = False
        self._in_round = asyncio.Lock()
        self._sending: set[int] = set()
        self._waited: set[int] = set()
        self._tasks: set[asyncio.Task[Came]] = set()
        self._loop: asyncio.Task[None] | None = None

    # running ----------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to deliver in the background."""
        if self._loop is None:
            self._loop = asyncio.create_task(self._run(), name="outbox")

    async def stop(self, patience: float) -> None:
        """End; what is under way has `patience` seconds to hear its answer, else it is asked for at the next start."""
        loop, self._loop = self._loop, None
        tasks = set(self._tasks)
        if tasks:
            await asyncio.wait(tasks, timeout=patience)
        for task in (*tasks, *([loop] if loop else [])):
            task.cancel()
        await asyncio.gather(*tasks, *([loop] if loop else []), return_exceptions=True)

    def wake(self, *, line_back: bool = False) -> None:
        """Look at once whether something can be delivered; with `line_back`, the source has just answered."""
        if line_back:
            self._quiet_until = None
            self._pause = FIRST_PAUSE
            self._line_back = True
        self._wake.set()

    @property
    def quiet(self) -> bool:
        """Whether the line is lost, as far as is known, and left alone for a while."""
        if self._quiet_until is None:
            return False
        left = self._quiet_until - self._ledger.now()
        return timedelta(0) < left <= timedelta(seconds=LONGEST_WISH)

    async def _run(self) -> None:
        tidied = True
        idle = 0.0
        while True:
            self._wake.clear()
            with suppress(BackendError):
                await self._ledger.refresh()
                if not self.quiet:
                    line_back, self._line_back = self._line_back, False
                    await self.round(all_due=line_back)
            if self._ledger.going():
                tidied, idle = False, 0.0
            with suppress(TimeoutError):
                async with asyncio.timeout(self._poll):  # wait_for loses a cancellation now and then
                    await self._wake.wait()
                tidied = False
            idle += self._poll
            if not tidied and idle >= min(_TIDY_AFTER, 5 * self._poll) and not self._sending:
                tidied, idle = await self._ledger.tidy(), 0.0

    async def round(self, *, all_due: bool = False) -> None:
        """Deliver what is due, until nothing is or the line is lost; `all_due` takes no batch's own pause as given."""
        async with self._in_round:
            await self._round(all_due)

    async def _round(self, all_due: bool) -> None:
        tried: set[int] = set()
        failures = 0
        while entry := self._next(tried, all_due, fresh=failures > 0):
            tried.add(entry.number)
            came = await self._tracked(entry.number)
            if came is Came.POSTPONED:
                failures += 1
                if failures >= _IN_A_ROW or self._says_wait(self.error) or not self._next(tried, all_due):
                    self._lost()
                    return
            elif came is not Came.NOT_NOW:
                failures = 0
                self._pause = FIRST_PAUSE
        if not failures:
            await self._send_notes()

    def _next(self, tried: set[int], all_due: bool, *, fresh: bool = False) -> Entry | None:
        """Return what is to be sent next: the oldest, or after a failure the least tried, to tell line from batch."""
        now, apart = self._ledger.now(), self._apart()
        longest = timedelta(seconds=LONGEST_WISH)
        found = [
            entry
            for entry in self._ledger.going()
            if entry.number not in tried
            and (entry.number in self.waiters or entry.number not in apart)
            and entry.number not in self._sending
            and (all_due or entry.next_at is None or not timedelta(0) < entry.next_at - now <= longest)
        ]
        for entry in sorted(found, key=lambda one: (one.tries if fresh else 0, one.number)):
            if self._ledger.blocker(entry) is None:
                return entry
        return None

    @staticmethod
    def _says_wait(error: BackendError | None) -> bool:
        return isinstance(error, NotSignedIn) or (isinstance(error, Busy) and error.retry_after is not None)

    def _lost(self) -> None:
        pause = self._pause * random.uniform(0.7, 1.3)  # noqa: S311 (spreads consoles that lost one server)
        self._pause = min(self._pause * 2, LONGEST_PAUSE)
        if isinstance(self.error, Busy) and self.error.retry_after is not None:
            pause = max(pause, min(self.error.retry_after, LONGEST_WISH))
        self._quiet_until = self._ledger.now() + timedelta(seconds=pause)

    async def _send_notes(self) -> None:
        for note in tuple(self._ledger.notes):
            when = note.at.isoformat(timespec="seconds").replace("+00:00", "Z")
            customer = self._ledger.became.key(note.customer_key)
            try:
                await self._opened()
                await self._inner.note_read(customer, note.actor, f"{note.detail} {when}".strip())
            except (Unavailable, NotSignedIn):
                return
            except BackendError:
                pass  # a customer who is gone, or a source without a trail: nothing to note there
            await self._ledger.noted(note)

    # one batch --------------------------------------------------------------------------------------------------------

    def send(self, number: int) -> asyncio.Task[Came]:
        """Try to deliver a batch at once, in the background."""
        task = asyncio.create_task(self._tried(number))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _tracked(self, number: int) -> Came:
        task = self.send(number)
        return await asyncio.shield(task)

    async def landed(self, number: int) -> None:
        """Wait until this console is not sending a batch."""
        while number in self._sending:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)

    async def _tried(self, number: int) -> Came:
        if number in self._sending or not self._ledger.claim(number):
            return Came.NOT_NOW
        self._sending.add(number)
        try:
            await self._ledger.refresh()
            entry = self._ledger.entries.get(number)
            if entry is None or entry.state not in GOING:
                return Came.NOT_NOW
            blocker = self._ledger.blocker(entry)
            if blocker is not None:
                self._waited.add(number)
                self._wake.set()
                if blocker.error is not None and number in self.waiters:
                    self.waiters[number].done(None)  # what it builds on waits itself, nobody knows how long
                return Came.NOT_NOW
            return await self._sent(entry)
        except BackendError as error:  # the journal cannot be read just now
            self.error = error
            return Came.POSTPONED
        finally:
            self._sending.discard(number)
            self._ledger.release(number)
            waiter = self.waiters.get(number)
            if waiter is not None and number in self._ledger.entries and self.quiet:
                waiter.done(None)

    async def _sent(self, entry: Entry, again: int = 0) -> Came:
        if entry.state is Stand.WITHDRAWN and not self._can_take_back:
            await self._ledger.remove(entry.number, self._agent)
            return Came.REFUSED
        try:
            await self._opened()
        except BackendError as error:
            return await self._postponed(entry, error, sent=False)
        try:
            batch = self._ledger.translated(entry.batch)
        except Unknown as gone:
            return await self._refused(entry, NotFound(provisional_key(gone.number, 0), source=self._inner.name))
        if not entry.maybe:
            entry = await self._ledger.change(replace(entry, maybe=True))
        try:
            receipt = await self._inner.write(batch)
            if entry.state is Stand.WITHDRAWN:
                return await self._taken_back(entry, receipt)
        except (Unavailable, NotSignedIn) as error:
            return await self._postponed(entry, error, sent=not (never_sent(error) and len(batch.items) == 1))
        except Refused as error:
            if is_elsewhere(error):
                return await self._postponed(entry, error, sent=True)
            if isinstance(error, Conflict):
                return await self._conflict(entry, batch, error, again)
            return await self._refused(entry, error)
        except BackendError as error:
            return await self._refused(entry, error)
        except Exception as error:  # a fault of the source's own code must not lose what was typed
            return await self._postponed(entry, Unavailable(f"{type(error).__name__}: {error}"[:200]), sent=True)
        await self._delivered(entry, receipt)
        return Came.DELIVERED

    @property
    def _can_take_back(self) -> bool:
        return Capability.UNDO in self._inner.capabilities

    async def _delivered(self, entry: Entry, receipt: Receipt) -> list[Real]:
        self.error = None
        self._quiet_until = None
        self._waited.discard(entry.number)
        waiter = self.waiters.get(entry.number)
        if waiter is not None:
            waiter.settling = True
        rows = await self._ledger.settle(entry, receipt)
        if waiter is not None:
            waiter.done(receipt)
        self._wake.set()
        return rows

    async def _taken_back(self, entry: Entry, receipt: Receipt) -> Came:
        undo = undoing(receipt, actor=self._agent, reason="outbox")
        with suppress(Refused):  # somebody built on it meanwhile: it stays there
            await self._inner.write(replace(undo, idempotency_key=f"{entry.batch.idempotency_key}/undo"))
        await self._ledger.remove(entry.number, self._agent)
        return Came.DELIVERED

    async def _postponed(self, entry: Entry, error: BackendError, *, sent: bool) -> Came:
        self.error = error
        now = self._ledger.now()
        pause = min(FIRST_PAUSE * 2 ** min(entry.tries, 10), LONGEST_PAUSE) * random.uniform(0.7, 1.3)  # noqa: S311
        if isinstance(error, Busy) and error.retry_after is not None:
            pause = max(pause, min(error.retry_after, LONGEST_WISH))
        maybe = sent or (entry.maybe and entry.tries > 0)
        next_at = now + timedelta(seconds=pause)
        after = replace(entry, tries=entry.tries + 1, tried_at=now, next_at=next_at, maybe=maybe, error=error)
        await self._ledger.change(after)
        waiter = self.waiters.get(entry.number)
        if waiter is not None:
            waiter.done(None)
        return Came.POSTPONED

    async def _refused(self, entry: Entry, error: BackendError) -> Came:
        """Give the refusal to who waits for it, else keep the batch with it; a full store is asked again instead."""
        waiter = self.waiters.get(entry.number)
        if waiter is not None and not waiter.gone and not waiter.outcome.done():
            waiter.settling = True
            if not entry.tries and not any(True for _ in self._ledger.later(entry)):
                await self._ledger.remove(entry.number, self._agent)
            else:
                await self._kept(entry, error)
            waiter.failed(error)
            return Came.REFUSED
        if isinstance(error, Damaged):
            return await self._postponed(entry, error, sent=False)
        if entry.state is Stand.WITHDRAWN:
            await self._ledger.remove(entry.number, self._agent)
            return Came.REFUSED
        await self._kept(entry, error)
        return Came.REFUSED

    async def _kept(self, entry: Entry, error: BackendError) -> None:
        stand = Stand.CONFLICT if isinstance(error, Conflict) else Stand.REFUSED
        now = self._ledger.now()
        await self._ledger.change(
            replace(entry, state=stand, tries=entry.tries + 1, tried_at=now, next_at=None, maybe=False, error=error)
        )

    async def _conflict(self, entry: Entry, sent: Batch, conflict: Conflict, again: int) -> Came:
        """Keep a conflict for the agent, unless it is none: our own words came back, or nothing was changed at all."""
        newer = conflict.newer
        waiter = self.waiters.get(entry.number)
        direct = waiter is not None and not waiter.gone and not waiter.outcome.done()
        if newer is None or again > _IN_A_ROW or (direct and not entry.tries and entry.number not in self._waited):
            return await self._refused(entry, conflict)
        for position, item in enumerate(sent.items):
            if isinstance(item, Remove) or type(item.record) is not type(newer) or item.record.key != newer.key:
                continue
            if entry.tries and len(sent.items) == 1 and alike(item.record, newer):
                await self._delivered(entry, Receipt((Change(newer, newer),), self._ledger.now(), repeated=True))
                return Came.DELIVERED
            before = entry.before(position)
            if before is not None and item.seen != newer.version and alike(self._ledger.became.record(before), newer):
                # The source counts what an earlier batch of ours did beside this record as a change of it.
                return await self._sent(await self._ledger.change(_seen(entry, position, newer.version)), again + 1)
        return await self._refused(entry, conflict)


def _seen(entry: Entry, position: int, version: int) -> Entry:
    """Return an entry that is based on another version of one of its records."""
    items = list(entry.batch.items)
    items[position] = replace(items[position], seen=version)
    return replace(entry, batch=replace(entry.batch, items=tuple(items)))
