"""Who has which customer open now (R32): this console tells it to the source, and asks it about the others.

Telling is no act of the agent: it happens beside everything else, is repeated while a customer is open, and is quiet
when the source cannot. Nothing here holds up a key.
"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress
from datetime import datetime

from backends.errors import BackendError, Unsupported
from backends.port import Capability, Presence
from backends.records import Key
from console.desk.desk import Desk

HEARTBEAT = 30.0
"""Seconds after which it is told again; a console that is silent for three of them is gone."""
GOODBYE = 0.5
"""Seconds that the last word may take: leaving waits for nobody."""


class PresenceTeller:
    """Says where this console is, for as long as it runs.

    A place belongs to whoever took it (`owner`, a screen): a screen that goes away late does not take another's place.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._console = secrets.token_hex(8)
        self._owner: object = None
        self._customer: Key = ""
        self._ticket: Key = ""
        self._since: datetime | None = None
        self._writing = False
        self._hidden = False
        self._told: Presence | None = None
        self._stirred = asyncio.Event()
        self._names: dict[str, str] = {}

    # where the agent is -----------------------------------------------------------------------------------------

    def open(self, owner: object, customer_key: Key) -> None:
        """The agent has a customer open from now on."""
        self._owner, self._customer, self._ticket = owner, customer_key, ""
        self._since, self._writing = self._desk.clock(), False
        self._stirred.set()

    def tells(self, owner: object) -> bool:
        """Return whether it is this screen's customer that is told of."""
        return self._owner is owner

    def write(self, writing: bool, ticket_key: Key = "") -> None:
        """The agent writes to or about the open customer, or does so no more; `ticket_key` is what it is about."""
        if (self._writing, self._ticket) != (writing, ticket_key):
            self._writing, self._ticket = writing, ticket_key
            self._stirred.set()

    def close(self, owner: object) -> None:
        """Whoever opened the customer is gone."""
        if self._owner is owner:
            self._owner, self._customer, self._writing = None, "", False
            self._stirred.set()

    def hide(self) -> None:
        """The screen is locked: nobody is there."""
        self._hidden = True
        self._stirred.set()

    def show(self) -> None:
        """Somebody is there again."""
        self._hidden = False
        self._stirred.set()

    def place(self) -> Presence | None:
        """Return where the agent is now; None for nowhere."""
        if self._hidden or not self._customer or self._since is None:
            return None
        now = self._desk.clock()
        agent = self._desk.agent.login
        return Presence(agent, self._customer, self._since, now, ticket_key=self._ticket, writing=self._writing)

    # telling ----------------------------------------------------------------------------------------------------

    @property
    def able(self) -> bool:
        """Whether the source keeps who is where."""
        return self._desk.can(Capability.PRESENCE)

    async def run(self) -> None:
        """Tell each change at once and the rest every half minute, until cancelled; nothing at all while nowhere."""
        while True:
            self._stirred.clear()
            place = self.place()
            if self.able and (place is not None or self._told is not None):
                await self._tell(place)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stirred.wait(), HEARTBEAT if place is not None else None)

    async def _tell(self, place: Presence | None) -> None:
        """Say where the agent is; a source that does not take it now is told again with the next beat."""
        try:
            await self._desk.backend.present(place, agent=self._desk.agent.login, console=self._console)
            self._told = place
        except Unsupported:
            self._told = None
        except BackendError:
            self._told = place or self._told

    def end(self) -> None:
        """This console ends: nobody is at the customer any more."""
        self._owner, self._customer, self._writing = None, "", False
        self._stirred.set()

    async def leave(self) -> None:
        """Say that this console ends; what does not get through in time is forgotten by its age."""
        self.end()
        if self._told is not None and self.able:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._tell(None), GOODBYE)

    # asking -----------------------------------------------------------------------------------------------------

    async def others(self, customer_key: Key) -> tuple[tuple[str, Presence], ...]:
        """Return which colleagues have a customer open now, by name; nobody where the source cannot say."""
        if not self.able:
            return ()
        try:
            found = await self._desk.backend.presence(customer_key)
            theirs = [one for one in found if one.agent != self._desk.agent.login]
            if any(one.agent not in self._names for one in theirs):
                self._names |= {one.login: one.name for one in await self._desk.backend.agents()}
        except BackendError:
            return ()
        named = [(self._names.get(one.agent) or one.agent, one) for one in theirs]
        return tuple(sorted(named, key=lambda pair: (pair[0], pair[1].agent)))
