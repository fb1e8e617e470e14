"""Hearing what changes in any source: each listened to by itself, lost and found again by itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from backends.errors import BackendError
from backends.events import (
    ContactAdded,
    CustomerChanged,
    Event,
    OutageChanged,
    PresenceChanged,
    Resync,
    TicketChanged,
)
from backends.port import Capability
from backends.records import Key
from console.desk.live import listen
from console.desk.several.keys import HOME
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
        self._queues: set[asyncio.Queue[Event | None]] = set()
        self.tasks: set[asyncio.Task[None]] = set()
        self._cursors: dict[str, str] = {}

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

    async def events(self, since: str | None = None) -> AsyncIterator[Event]:
        """Yield events until closed; a source that is lost is one `Resync`, never an end.

        A cursor holds that of every source; one that nobody can read means to look at everything again.
        """
        queue: asyncio.Queue[Event | None] = asyncio.Queue()
        self._queues.add(queue)
        cursors = _cursors(since) if since is not None else {}
        if cursors is None and since is not None:
            cursors = {HOME: since}  # the home store answers it with a Resync that can be resumed from
            if not self._members[HOME].can(Capability.LIVE):
                queue.put_nowait(Resync())
        self._cursors = dict(cursors or {})
        tasks = [
            asyncio.ensure_future(self._listen(member, self._cursors.get(member.name)))
            for member in self._members.values()
        ]
        tasks.append(asyncio.ensure_future(self._look_again()))
        self.tasks.update(tasks)
        try:
            while (event := await queue.get()) is not None:
                yield replace(event, cursor=json.dumps(self._cursors))
        finally:
            self._queues.discard(queue)
            for task in tasks:
                task.cancel()
            self.tasks.difference_update(tasks)

    async def _listen(self, member: Member, since: str | None) -> None:
        if not member.can(Capability.LIVE):
            return

        def hear(event: Event) -> None:
            if event.cursor:
                self._cursors[member.name] = event.cursor
            if member.answered(self._clock()) and not isinstance(event, Resync):
                self._heard(member, Resync())
            self._heard(member, event)

        def lost(error: BackendError) -> None:
            member.failed(error)
            self.tell_all()

        await listen(member.backend, hear, lost, since)

    def _heard(self, member: Member, event: Event) -> None:
        """Note what grew old by an event, and tell it under the keys by which customers are shown."""
        if isinstance(event, Resync):
            self.circles.grew_old(member)
            self.outages.grew_old(member)
            self.tell(event)
        elif isinstance(event, OutageChanged):
            self.outages.grew_old(member)
            self.tell(OutageChanged(member.up(event.key)))
        elif isinstance(event, PresenceChanged):
            for key in self.circles.shown_as(member.up(event.customer_key)):
                self.tell(PresenceChanged(key))
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
        for queue in self._queues:
            queue.put_nowait(None)
        tasks = list(self.tasks)
        self.tasks.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _cursors(text: str) -> dict[str, str] | None:
    """Return the cursors of the sources that a cursor holds, None for one that was never given."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
        return None
    return found


def _about(event: CustomerChanged | ContactAdded | TicketChanged, customer_key: Key, member: Member) -> Event:
    if isinstance(event, CustomerChanged):
        return CustomerChanged(customer_key)
    return type(event)(customer_key, member.up(event.key))
