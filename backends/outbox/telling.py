"""What the outbox itself has to tell: something is waiting, was delivered, or was refused; look again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

from backends.events import CustomerChanged, Event
from backends.memory.state import customer_of, event_of
from backends.outbox.entries import Entry
from backends.outbox.marks import Became
from backends.records import Customer

Changed = Callable[[], None]


class Hub:
    """Who listens to the outbox."""

    def __init__(self) -> None:
        self.watchers: list[Changed] = []
        """Called after every change of what waits, to count and to list it anew."""
        self._listeners: set[asyncio.Queue[Event | None]] = set()

    def tell(self, entry: Entry, became: Became) -> None:
        """Tell that the records of a batch are to be looked at again, by their provisional and by their real names."""
        heard: dict[Event, None] = {}
        before = (entry.before(position) for position in range(len(entry.batch.items)))
        # what was another customer's before is to be looked at again there as well
        for record in (*entry.records(), *(one for one in before if one is not None)):
            event = event_of(record)
            real = event_of(became.record(record))
            for one in (event, real):
                if one is not None:
                    heard[one] = None
            owner = customer_of(record)
            if isinstance(record, Customer) or became.key(owner) != owner:
                heard[CustomerChanged(owner)] = None
        for queue in self._listeners:
            for one in heard:
                queue.put_nowait(one)

    def changed(self) -> None:
        """Call the watchers."""
        for watcher in tuple(self.watchers):
            watcher()

    def close(self) -> None:
        """End all listening."""
        for queue in self._listeners:
            queue.put_nowait(None)

    def merged(self, theirs: AsyncIterator[Event]) -> AsyncIterator[Event]:
        """Yield the events of the source and those of the outbox from this call on; ends with the source's."""
        return self._both(theirs)

    async def _both(self, theirs: AsyncIterator[Event]) -> AsyncIterator[Event]:
        queue: asyncio.Queue[Event | None] = asyncio.Queue()
        self._listeners.add(queue)
        next_theirs: asyncio.Future[Event] = asyncio.ensure_future(_next(theirs))
        next_ours: asyncio.Future[Event | None] = asyncio.ensure_future(queue.get())
        try:
            while True:
                both: set[asyncio.Future[Any]] = {next_theirs, next_ours}
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
                if next_theirs.done():
                    try:
                        event = next_theirs.result()
                    except StopAsyncIteration:
                        return
                    yield event
                    next_theirs = asyncio.ensure_future(_next(theirs))
                if next_ours.done():
                    mine = next_ours.result()
                    if mine is None:
                        return
                    yield mine
                    next_ours = asyncio.ensure_future(queue.get())
        finally:
            self._listeners.discard(queue)
            next_theirs.cancel()
            next_ours.cancel()
            await asyncio.gather(next_theirs, next_ours, return_exceptions=True)
            ending = getattr(theirs, "aclose", None)
            if ending is not None:
                with suppress(RuntimeError):
                    await ending()


async def _next(theirs: AsyncIterator[Event]) -> Event:
    return await anext(theirs)
