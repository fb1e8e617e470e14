"""Who has a customer open: told to the home store under the desk's key, to other sources under the person's key there.

So agents of one desk see each other at a customer whom only a helpdesk knows, and agents of two desks see each other
at a customer of the source that both use.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from backends.errors import BackendError, Unsupported
from backends.port import Capability, Presence, each_agent
from backends.records import Key
from console.desk.several.circles import Circles
from console.desk.several.keys import HOME, joined, parted
from console.desk.several.members import Member

PATIENCE = 1.0
"""Seconds that who is at a customer waits for a slow source."""


class Consoles:
    """Presence over several sources. What a source other than the home store refuses is passed over."""

    def __init__(
        self, members: Mapping[str, Member], circles: Circles, clock: Callable[[], datetime], name: str
    ) -> None:
        self._members = members
        self._circles = circles
        self._clock = clock
        self._name = name
        self._told: dict[tuple[str, str], frozenset[str]] = {}
        """The sources that were told last where a console is."""

    async def present(self, presence: Presence | None, agent: str, console: str) -> None:
        """Say where a console is, wherever it can be said; raises what the home store raises, Unsupported."""
        self._able()
        theirs = {} if presence is None else self._places(presence.customer_key)
        before = self._told.get((agent, console), frozenset())
        self._told[agent, console] = frozenset(theirs)
        if presence is None:
            self._told.pop((agent, console))
        work = []
        for name in sorted(before | theirs.keys()):
            told = None
            if presence is not None and name in theirs:
                told = replace(
                    presence,
                    customer_key=theirs[name],
                    ticket_key=self._ticket(self._members[name], presence.ticket_key),
                )
            work.append(self._tell(self._members[name], told, agent, console))
        await asyncio.gather(*work)

    def _able(self) -> list[Member]:
        able = [one for one in self._members.values() if one.can(Capability.PRESENCE)]
        if not able:
            raise Unsupported(Capability.PRESENCE, source=self._name)
        return able

    def _places(self, customer_key: Key) -> dict[str, Key]:
        """Return under which key a customer is known in each source that can be told; at home it is the desk's."""
        found = {} if not self._members[HOME].can(Capability.PRESENCE) else {HOME: customer_key}
        for key in self._keys(customer_key):
            name, rest = parted(key, self._members)
            if name != HOME and self._members[name].can(Capability.PRESENCE):
                found[name] = rest
        return found

    def _keys(self, customer_key: Key) -> Iterable[Key]:
        """Return every key under which the person is known at the desk, as far as they were gathered."""
        circle = self._circles.of(customer_key)
        keys = [customer_key]
        if circle is not None:
            keys += [joined(part.member.name, part.key) for part in circle.known() if part.key]
        return dict.fromkeys(keys)

    @staticmethod
    def _ticket(member: Member, key: Key) -> Key:
        """Return a ticket's key as a source knows it; the home store is told the desk's."""
        if member.name == HOME:
            return key
        rest = member.down(key)
        return rest if rest != key else ""

    async def _tell(self, member: Member, told: Presence | None, agent: str, console: str) -> None:
        try:
            async with asyncio.timeout(None if member.name == HOME else PATIENCE):
                await member.backend.present(told, agent=agent, console=console)
        except (BackendError, TimeoutError):
            if member.name == HOME:
                raise

    async def at(self, customer_key: Key) -> tuple[Presence, ...]:
        """Return who has a customer open in any source, each agent once, by login; raises what the home store does."""
        able = self._able()
        keys = tuple(self._keys(customer_key))
        asked = [(one, key) for one in able for key in keys if one.name in (HOME, parted(key, self._members)[0])]
        found = await asyncio.gather(*(self._ask(member, key) for member, key in asked))
        rows = (
            replace(
                row,
                customer_key=customer_key,
                ticket_key=row.ticket_key if member.name == HOME else member.up(row.ticket_key),
            )
            for (member, _key), rows in zip(asked, found, strict=True)
            for row in rows
        )
        return each_agent(rows)

    async def _ask(self, member: Member, key: Key) -> tuple[Presence, ...]:
        with suppress(TimeoutError):
            try:
                async with asyncio.timeout(None if member.name == HOME else PATIENCE):
                    return await member.backend.presence(key if member.name == HOME else member.down(key))
            except BackendError:
                if member.name == HOME:
                    raise
        return ()
