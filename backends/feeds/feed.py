"""A source of outages as a backend: looks at it while somebody listens or asks, and tells what changed.

One look serves all who ask within the same moment. While somebody listens, a task looks every `poll` seconds, or at
once after a push. A look that fails ends the listening with its error and makes `outages` raise: an old list is never
shown as the state of things by a source that cannot be reached.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from backends.errors import BackendError, Unavailable
from backends.events import Event, OutageChanged, Resync
from backends.feeds.outages_only import OutagesOnly
from backends.feeds.reading import Reading
from backends.feeds.seen import Seen
from backends.port import OutageFilter
from backends.records import Operator, Outage
from backends.understanding import Problem, Understanding

if TYPE_CHECKING:
    from backends.feeds.push import Doorbell
    from backends.remote import Exchange
    from backends.rest.http import Http

KEPT_EVENTS = 10_000
MOST_TOLD = 500
"""Changes of one look that are told one by one; more are told as Resync."""
SHORTEST_GAP = 0.1
"""Seconds between two looks, however often somebody pushes."""
_ALL = OutageFilter()
_EVERY = OutageFilter(limit=1_000_000)


def _now() -> datetime:
    return datetime.now(UTC)


class Reader(Protocol):
    """Turns what one kind of source says into a `Reading`."""

    async def read(self, http: Http, now: datetime) -> Reading:
        """Ask the source; raises the errors of the port, and Unavailable for an answer that cannot be a feed."""


class FeedBackend(OutagesOnly):
    """The outages of one source: capabilities OUTAGES and LIVE."""

    def __init__(
        self,
        reader: Reader,
        connect: Callable[[], Http],
        *,
        name: str,
        url: str,
        operators: tuple[Operator, ...] = (),
        poll: float = 5.0,
        keep: timedelta = timedelta(hours=48),
        doorbell: Doorbell | None = None,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self.name = name
        self.url = url
        self.poll = poll
        self._reader = reader
        self._operators = operators
        self._connect = connect
        self._doorbell = doorbell
        self._now = now
        self._seen = Seen(keep, name)
        self._http: Http | None = None
        self._looking = asyncio.Lock()
        self._last: Reading | None = None
        self._last_at = now()
        self._looked = float("-inf")
        self._fault: BackendError | None = None
        self._run = secrets.token_hex(4)
        self._happened: list[Event] = []
        self._dropped = 0
        self._waiting: set[asyncio.Event] = set()
        self._nudged = asyncio.Event()
        self._poller: asyncio.Task[None] | None = None

    # opening ------------------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Look at the source for the first time; when that raises, a later call may succeed all the same."""
        if self._http is None:
            http = self._connect()
            await http.open()
            self._http = http
        await self.look()

    async def close(self) -> None:
        """Stop listening and polling; what was seen is kept for a next `open`."""
        http, self._http = self._http, None
        await self._stop_polling()
        self._wake()
        if http is not None:
            await http.close()

    def _opened(self) -> Http:
        if self._http is None:
            raise Unavailable("not open", source=self.name)
        return self._http

    @property
    def exchanges(self) -> Sequence[Exchange]:
        """The last requests, oldest first, as `backends.remote.Traced` has them."""
        return () if self._http is None else self._http.exchanges

    async def operators(self) -> tuple[Operator, ...]:
        """Return the operators that the options name, by code: the desk finds its own by it."""
        return self._operators

    # looking ------------------------------------------------------------------------------------------------------

    async def look(self) -> Reading:
        """Read the source now, whatever the clock says, and tell what changed; raises what the source raises."""
        async with self._looking:
            return await self._look()

    async def _look(self) -> Reading:
        http = self._opened()
        try:
            reading = await self._reader.read(http, self._now())
        except BackendError as error:
            error.source = error.source or self.name
            self._fault, self._looked = error, time.monotonic()
            raise
        self._fault, self._looked = None, time.monotonic()
        self._last, self._last_at = reading, self._now()
        self._tell([OutageChanged(key) for key in self._seen.take(reading, self._last_at)])
        return reading

    async def outages(self, only: OutageFilter = _ALL) -> tuple[Outage, ...]:
        """Return outages, newest first, from a look not older than `poll`; raises when the source does not answer."""
        await self._be_fresh()
        rows = [outage for outage in self._seen if _fits(outage, only)]
        rows.sort(key=lambda outage: (outage.started_at, outage.key), reverse=True)
        return tuple(rows[: only.limit])

    async def _be_fresh(self) -> None:
        self._opened()
        if self._polling and self._fault is None and self._last is not None:
            return
        asked = time.monotonic()
        async with self._looking:
            age = asked - self._looked
            if self._fault is not None and age < self.poll:
                raise self._fault.with_traceback(None)
            if age >= self.poll:
                await self._look()

    async def explain(self) -> Understanding:
        """Tell what became of the last look, of a new one when it is older than `poll`."""
        await self._be_fresh()
        reading = self._last
        if reading is None:
            raise Unavailable("not read yet", source=self.name)
        told = {outage.key for outage in reading.outages}
        kept = tuple(outage for outage in await self.outages(_EVERY) if outage.key in told)
        left_out = dict(reading.left_out)
        if len(told) > len(kept):
            left_out["over"] = len(told) - len(kept)
        problems = reading.problems
        if self._doorbell is not None and self._doorbell.fault:
            problems = (Problem("listen", self._doorbell.address, self._doorbell.fault), *problems)
        return Understanding(
            kept,
            self._last_at,
            reading.entries,
            problems,
            reading.problems_total + len(problems) - len(reading.problems),
            left_out,
            reading.published_at,
        )

    # living -------------------------------------------------------------------------------------------------------

    def events(self, since: str | None = None) -> AsyncIterator[Event]:
        """Yield what changes from this call on, or from the cursor `since`; raises when the source is lost."""
        newest = self._dropped + len(self._happened)
        return self._follow(newest if since is None else self._position(since))

    def _position(self, cursor: str) -> int:
        """Return the number in a cursor, -1 when no event of this run had it."""
        run, _, number = cursor.partition(".")
        known = run == self._run and number.isascii() and number.isdigit() and len(number) < 20
        position = int(number) if known else -1
        return position if position <= self._dropped + len(self._happened) else -1

    async def _follow(self, position: int) -> AsyncIterator[Event]:
        waiting = asyncio.Event()
        self._waiting.add(waiting)
        try:
            poller = await self._start_polling()
            while self._http is not None:
                waiting.clear()
                if position < self._dropped:
                    position = self._dropped + len(self._happened)
                    yield Resync(f"{self._run}.{position}")
                for event in self._happened[position - self._dropped :]:
                    position += 1
                    yield _at(event, f"{self._run}.{position}")
                if position < self._dropped + len(self._happened):
                    continue
                if poller.done():
                    _raise_fault(poller)
                    return
                await waiting.wait()
        finally:
            self._waiting.discard(waiting)
            if not self._waiting:
                await self._stop_polling()

    def _tell(self, events: list[Event]) -> None:
        if not events:
            return
        self._happened.extend([Resync()] if len(events) > MOST_TOLD else events)
        surplus = max(0, len(self._happened) - KEPT_EVENTS)
        del self._happened[:surplus]
        self._dropped += surplus
        self._wake()

    def _wake(self) -> None:
        for waiting in self._waiting:
            waiting.set()

    # polling ------------------------------------------------------------------------------------------------------

    @property
    def _polling(self) -> bool:
        return self._poller is not None and not self._poller.done()

    async def _start_polling(self) -> asyncio.Task[None]:
        self._opened()
        if self._poller is None or self._poller.done():
            self._poller = asyncio.create_task(self._keep_looking(), name=f"feed {self.name}")
            self._poller.add_done_callback(lambda _task: self._wake())
            if self._doorbell is not None:
                await self._doorbell.hang(self._nudged.set)
        return self._poller

    async def _stop_polling(self) -> None:
        poller, self._poller = self._poller, None
        if poller is not None:
            poller.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):  # who listened has heard its error
                await poller
        if self._doorbell is not None:
            await self._doorbell.take_down()

    async def _keep_looking(self) -> None:
        if time.monotonic() - self._looked < self.poll and self._fault is None:
            await self._pause(self.poll)
        while True:
            self._nudged.clear()
            await self.look()
            await asyncio.sleep(SHORTEST_GAP)
            await self._pause(self.poll - SHORTEST_GAP)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, seconds)):
                await self._nudged.wait()


def _raise_fault(poller: asyncio.Task[None]) -> None:
    """Raise what ended the polling, unless it was stopped."""
    if not poller.cancelled() and (fault := poller.exception()) is not None:
        raise fault.with_traceback(None)


def _at(event: Event, cursor: str) -> Event:
    return OutageChanged(event.key, cursor) if isinstance(event, OutageChanged) else Resync(cursor)


def _fits(outage: Outage, only: OutageFilter) -> bool:
    """Return whether the outage belongs to what is asked for."""
    return (
        (not only.states or outage.state in only.states)
        and (not only.operator_keys or not outage.operator_keys or bool(only.operator_keys & set(outage.operator_keys)))
        and (only.until is None or outage.started_at <= only.until)
        and (only.since is None or outage.ended_at is None or outage.ended_at >= only.since)
    )
