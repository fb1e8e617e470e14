"""Outages of other sources that something of ours hangs on: the home store keeps a shadow of each.

A caller who was attached, and a word that was promised, name an outage. A feed forgets its outages, and the home store
cannot name what it does not hold; so with the first such record a shadow is stored, with its origin. From then on the
outage is shown under the shadow's key, as its source tells it, and the shadow is brought up to date with it: when the
source has forgotten, the desk still knows to whom it owes a word.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from backends.errors import BackendError
from backends.port import Batch, Capability, Origins, OutageFilter, Put
from backends.records import LIVE_OUTAGE_STATES, Key, Origin, Outage, OutageState, new_key
from console.desk.several.keys import HOME, parted
from console.desk.several.members import Member

SPAN = timedelta(days=30)
"""How long ago an outage may have ended whose shadow is still looked for."""


class Shadows:
    """The home store's outages that stand for those of other sources."""

    def __init__(self, members: Mapping[str, Member], clock: Callable[[], datetime]) -> None:
        self._members = members
        self._clock = clock
        self._brought: set[tuple[Key, int]] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def origin_of(self, outage: Outage) -> Origin:
        """Return where an outage is, as the origin of its shadow names it."""
        source, rest = parted(outage.key, self._members)
        return Origin(self._members[source].shown, rest)

    def behind(self, outage: Outage) -> Member | None:
        """Return the other source whose outage this one of the home store stands for, None when it is our own."""
        if outage.origin is None:
            return None
        source = outage.origin.source
        return next((one for one in self._members.values() if one.name != HOME and one.shown == source), None)

    def lost(self, ours: Iterable[Outage], told: Iterable[Outage]) -> dict[str, datetime]:
        """Return the sources to be asked what became of outages whose shadows go on, and since when."""
        known = {self.origin_of(one) for one in told}
        found: dict[str, datetime] = {}
        for shadow in ours:
            member = self.behind(shadow)
            if member is not None and shadow.origin not in known and shadow.state in LIVE_OUTAGE_STATES:
                found[member.name] = min(found.get(member.name, shadow.started_at), shadow.started_at)
        return found

    async def together(self, ours: Iterable[Outage], told: Iterable[Outage]) -> list[Outage]:
        """Return our outages and those that other sources told of, each once, under the key of its shadow."""
        theirs = {self.origin_of(one): one for one in told}
        rows = list(ours)
        shadows = {one.origin: one for one in rows if one.origin is not None and one.origin in theirs}
        shadows |= await self._elsewhere([origin for origin in theirs if origin not in shadows])
        for origin, shadow in shadows.items():
            theirs[origin] = as_told(shadow, theirs[origin])
            self._bring_up_to_date(shadow, theirs[origin])
        return [*(one for one in rows if one.origin not in theirs), *theirs.values()]

    async def _elsewhere(self, origins: list[Origin]) -> dict[Origin, Outage]:
        """Return the shadows that a filter of the home store's list left out."""
        home = self._members[HOME]
        if not origins or not home.can(Capability.OUTAGES) or not isinstance(home.backend, Origins):
            return {}
        try:
            held = await home.backend.stored(Outage, origins)
            every = await home.backend.outages(OutageFilter(since=self._clock() - SPAN)) if held else ()
        except BackendError:
            return {}
        return {one.origin: one for one in every if one.origin is not None and one.origin in held}

    def shadow_of(self, outage: Outage) -> Put:
        """Return the storing of a shadow; one that another console has just stored is left as it is."""
        return Put(
            replace(
                outage,
                key=new_key(),
                reference="",
                operator_keys=self._at_home(outage),
                origin=self.origin_of(outage),
                version=0,
            ),
            unless_known=True,
        )

    def _at_home(self, outage: Outage) -> tuple[Key, ...]:
        return tuple(key for key in outage.operator_keys if parted(key, self._members)[0] == HOME)

    def _bring_up_to_date(self, shadow: Outage, told: Outage) -> None:
        """Store what the source has told since; a store that is far away is told only of what agents do."""
        home, now = self._members[HOME], replace(told, operator_keys=self._at_home(told))
        mark = (shadow.key, shadow.version)
        if now == shadow or mark in self._brought or home.outgoing is not None or not home.can(Capability.WRITE):
            return
        self._brought.add(mark)
        batch = Batch((Put(now, seen=shadow.version),), actor=told.source, act="import")
        task = asyncio.ensure_future(self._store(home, batch))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @staticmethod
    async def _store(home: Member, batch: Batch) -> None:
        with suppress(BackendError):  # another console was faster, or the next look tries again
            await home.backend.write(batch)

    async def stop(self) -> None:
        """Finish what is being stored."""
        if self._tasks:
            await asyncio.wait(self._tasks)


def as_told(shadow: Outage, told: Outage) -> Outage:
    """Return an outage as its source tells it, under its shadow's key, with what only the desk knows of it.

    One that was dismissed at the desk stays dismissed, whatever its source goes on to say.
    """
    dismissed = shadow.state is OutageState.DISMISSED
    return replace(
        told,
        key=shadow.key,
        reference=shadow.reference,
        say=shadow.say or told.say,
        supplier=shadow.supplier or told.supplier,
        supplier_reference=shadow.supplier_reference or told.supplier_reference,
        state=shadow.state if dismissed else told.state,
        ended_at=shadow.ended_at if dismissed else told.ended_at,
        updates=shadow.updates if dismissed else told.updates,
        origin=shadow.origin,
        version=shadow.version,
    )
