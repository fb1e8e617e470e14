"""One watcher of the backend, heard by all who listen.

Each listener has a queue that is bounded: who falls behind is told to look at everything again, and costs the others
nothing. Who comes back with a cursor first follows the backend on its own, and joins the others at the first event
that both have heard; so nothing is missed and nothing is told twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress

from backends.errors import BackendError, Unavailable, Unsupported
from backends.events import Event, Resync
from backends.port import Backend, Capability

QUEUED = 1_000
"""Events that may wait for one listener."""
_AGAIN = (0.1, 0.5, 1.0, 2.0, 5.0)
"""Seconds before the backend is followed again after it was lost."""

log = logging.getLogger("cordboard.serve")


class Listener:
    """One who listens: a queue that forgets all when it overflows, and then says so."""

    def __init__(self, queued: int = QUEUED) -> None:
        self._waiting: deque[Event] = deque()
        self._queued = queued
        self._lost: Resync | None = None
        self._more = asyncio.Event()
        self.over = asyncio.Event()

    def tell(self, event: Event) -> None:
        """Put an event into the queue; costs the same whether anybody takes it or not."""
        if self._lost is not None or len(self._waiting) >= self._queued:
            self._waiting.clear()
            self._lost = Resync(event.cursor)
        else:
            self._waiting.append(event)
        self._more.set()

    def end(self) -> None:
        """Let `next` return None once the queue is empty."""
        self.over.set()
        self._more.set()

    async def next(self) -> Event | None:
        """Return the next event, None when it is over."""
        while True:
            if self._lost is not None:
                lost, self._lost = self._lost, None
                return lost
            if self._waiting:
                return self._waiting.popleft()
            if self.over.is_set():
                return None
            self._more.clear()
            await self._more.wait()

    def joins_at(self, cursor: str) -> bool:
        """Drop everything up to the event with `cursor` and return True, when it is in the queue."""
        for position, event in enumerate(self._waiting):
            if event.cursor == cursor:
                for _ in range(position + 1):
                    self._waiting.popleft()
                return True
        return False


class Fan:
    """Follows the backend as long as the server lives, and tells everybody."""

    def __init__(self, backend: Backend, queued: int = QUEUED) -> None:
        self._backend = backend
        self._queued = queued
        self._listeners: set[Listener] = set()
        self._task: asyncio.Task[None] | None = None
        self.told = 0
        """Events heard from the backend."""

    @property
    def listening(self) -> int:
        """How many listen now."""
        return len(self._listeners)

    def start(self) -> None:
        """Begin to follow, where the backend tells what happens."""
        if Capability.LIVE not in self._backend.capabilities:
            return
        self._task = asyncio.create_task(self._follow(), name="events")

    async def stop(self) -> None:
        """End following and all listening."""
        self.end()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    def end(self) -> None:
        """End all listening, so that streams close."""
        for listener in self._listeners:
            listener.end()

    async def _follow(self) -> None:
        cursor: str | None = None
        tries = 0
        while True:
            try:
                async for event in self._backend.events(cursor):
                    tries = 0
                    cursor = event.cursor or cursor
                    self.told += 1
                    for listener in self._listeners:
                        listener.tell(event)
                return  # the backend was closed
            except BackendError as error:
                log.warning("events: %s", type(error).__name__)
            await asyncio.sleep(_AGAIN[min(tries, len(_AGAIN) - 1)])
            tries += 1
            if cursor is None:  # what was missed before the first event cannot be asked for
                for listener in self._listeners:
                    listener.tell(Resync())

    @asynccontextmanager
    async def listener(self, since: str | None = None) -> AsyncIterator[AsyncIterator[Event]]:
        """Give an iterator over what happens from now on, or from the cursor `since`; ends with the server."""
        if Capability.LIVE not in self._backend.capabilities:
            raise Unsupported(Capability.LIVE)
        if self._task is None or self._task.done():
            raise Unavailable("the server is closing")
        listener = Listener(self._queued)
        self._listeners.add(listener)
        heard = self._all(listener) if since is None else self._resumed(listener, since)
        try:
            yield heard
        finally:
            self._listeners.discard(listener)
            await heard.aclose()

    async def _all(self, listener: Listener) -> AsyncGenerator[Event, None]:
        while (event := await listener.next()) is not None:
            yield event

    async def _resumed(self, listener: Listener, since: str) -> AsyncGenerator[Event, None]:
        own = self._backend.events(since)
        ended = asyncio.ensure_future(listener.over.wait())
        try:
            while True:
                coming = asyncio.ensure_future(anext(own))
                done, _ = await asyncio.wait({coming, ended}, return_when=asyncio.FIRST_COMPLETED)
                if coming not in done:
                    coming.cancel()
                    await asyncio.gather(coming, return_exceptions=True)
                    return
                event = coming.result()
                yield event
                # the watcher may hear the same event a moment later than this listener's own iterator
                if listener.joins_at(event.cursor):
                    break
        except StopAsyncIteration:
            return
        finally:
            ended.cancel()
            await asyncio.gather(ended, return_exceptions=True)
            await _closed(own)
        async for event in self._all(listener):
            yield event


async def _closed(events: AsyncIterator[Event]) -> None:
    close = getattr(events, "aclose", None)
    if close is not None:
        await close()
