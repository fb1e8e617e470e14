"""Hearing what changes in any source: each listened to by itself, lost and found again by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from backends.errors import BackendError
from backends.events import ContactAdded, CustomerChanged, Event, OutageChanged, Resync, TicketChanged
from backends.port import Capability
from backends.records import Key
from console.desk.live import listen
from console.desk.several.members import Member

if TYPE_CHECKING:
    from console.desk.several.circles import Circles
    from console.desk.several.outages import Outages

LOOK_AGAIN = 10.0
"""Seconds between two tries of what did not come, where no event tells that the source is back."""


class Hearing:
    """One queue of events for the desk, fed by all sources and by parts that come late."""

    circles: Circles
    outages: Outages

    def __init__(self, members: Mapping[str, Member], clock: Callable[[], datetime]) -> None:
        self._members = members
        self._clock = clock
        self._queues: set[asyncio.Queue[Event]] = set()
        self.tasks: set[asyncio.Task[None]] = set()

    def tell(self, event: Event) -> None:
        """Give an event to whoever listens to the desk."""
        for queue in self._queues:
            queue.put_nowait(event)

    def tell_all(self) -> None:
        """Say that everything shown may look different now."""
        self.tell(Resync())

    def came(self, customer_key: Key) -> None:
        """Say that a late part of a customer is here."""
        self.tell(CustomerChanged(customer_key))

    async def events(self) -> AsyncIterator[Event]:
        """Yield events for as long as the desk listens; a source that is lost is one `Resync`, never an end."""
        queue: asyncio.Queue[Event] = asyncio.Queue()
        self._queues.add(queue)
        tasks = [asyncio.ensure_future(self._listen(member)) for member in self._members.values()]
        tasks.append(asyncio.ensure_future(self._look_again()))
        self.tasks.update(tasks)
        try:
            while True:
                yield await queue.get()
        finally:
            self._queues.discard(queue)
            for task in tasks:
                task.cancel()
            self.tasks.difference_update(tasks)

    async def _listen(self, member: Member) -> None:
        if not member.can(Capability.LIVE):
            return

        def hear(event: Event) -> None:
            if member.answered(self._clock()) and not isinstance(event, Resync):
                self._heard(member, Resync())
            self._heard(member, event)

        def lost(error: BackendError) -> None:
            member.failed(error)
            self.tell_all()

        await listen(member.backend, hear, lost)

    def _heard(self, member: Member, event: Event) -> None:
        """Note what grew old by an event, and tell it under the keys by which customers are shown."""
        if isinstance(event, Resync):
            self.circles.grew_old(member)
            self.outages.grew_old(member)
            self.tell(event)
        elif isinstance(event, OutageChanged):
            self.outages.grew_old(member)
            self.tell(OutageChanged(member.up(event.key)))
        else:
            for key in self.circles.changed(member, event.customer_key):
                self.tell(_about(event, key, member))

    async def _look_again(self) -> None:
        """Ask again for what failed, where nothing else would."""
        while True:
            await asyncio.sleep(LOOK_AGAIN)
            self.circles.try_failed()
            for member in self._members.values():
                if member.error is not None and member.can(Capability.OUTAGES):
                    self.outages.grew_old(member)
                    self.tell(OutageChanged(""))

    async def stop(self) -> None:
        """End everything that listens."""
        tasks = list(self.tasks)
        self.tasks.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _about(event: CustomerChanged | ContactAdded | TicketChanged, customer_key: Key, member: Member) -> Event:
    if isinstance(event, CustomerChanged):
        return CustomerChanged(customer_key)
    return type(event)(customer_key, member.up(event.key))
