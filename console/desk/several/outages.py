"""The outages of all sources: the home store's read each time, those of others as they last told them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from backends.errors import BackendError
from backends.events import OutageChanged
from backends.port import Capability, OutageFilter
from backends.records import Key, Outage, OutageState
from console.desk.several.hearing import Hearing
from console.desk.several.keys import HOME, parted, rekeyed
from console.desk.several.members import Member
from console.desk.several.shadows import Shadows

FRESH = timedelta(seconds=10)
MOST = 8
_NEVER = datetime.min.replace(tzinfo=UTC)
States = frozenset[OutageState]


@dataclass(slots=True)
class Told:
    """What a source said to one question."""

    outages: tuple[Outage, ...] = ()
    at: datetime | None = None
    since: datetime | None = None
    dirty: bool = True
    late: bool = False
    task: asyncio.Task[None] | None = None


@dataclass(slots=True)
class Remembered:
    """What a source said, by the states that were asked for."""

    member: Member
    told: dict[States, Told] = field(default_factory=dict)


class Outages:
    """What is broken, as far as any source knows."""

    def __init__(
        self,
        members: Mapping[str, Member],
        clock: Callable[[], datetime],
        grace: float,
        hearing: Hearing,
        meet: Callable[..., Awaitable[None]],
    ) -> None:
        self._members = members
        self._clock = clock
        self._grace = grace
        self._hearing = hearing
        self._meet = meet
        self.shadows = Shadows(members, clock)
        self._others = {
            name: Remembered(member)
            for name, member in members.items()
            if name != HOME and member.can(Capability.OUTAGES)
        }

    async def asked(self, only: OutageFilter) -> tuple[Outage, ...]:
        """Return the outages that pass the filter, newest first; what is slow is told as a change when it comes."""
        home = self._members[HOME]
        asked = [self._ask(one, only) for one in self._others.values()]
        ours = await home.backend.outages(only) if home.can(Capability.OUTAGES) else ()
        await self._wait(asked)
        lost = self.shadows.lost(ours, [one for told in asked for one in told.outages])
        if lost:
            # A filter by states hides what has become of an outage that goes on by what we last knew.
            again = [self._ask(self._others[name], OutageFilter(since=since)) for name, since in lost.items()]
            await self._wait(again)
            asked += again
        told = {one.key: one for answer in asked for one in answer.outages}
        found = [one for one in await self.shadows.together(ours, told.values()) if _passes(one, only)]
        found.sort(key=lambda one: (one.started_at, one.key), reverse=True)
        return tuple(found[: only.limit])

    async def _wait(self, asked: list[Told]) -> None:
        """Wait for answers that are on their way, not for long; what comes later is told as a change."""
        running = {told.task for told in asked if told.task is not None and not told.task.done()}
        if running:
            await asyncio.wait(running, timeout=self._grace)
        for told in asked:
            told.late = told.task is not None and not told.task.done()

    def known(self, key: Key) -> Outage | None:
        """Return an outage of another source as it was told of last, by the desk's key."""
        remembered = self._others.get(parted(key, self._members)[0])
        answers = sorted(remembered.told.values(), key=lambda told: told.at or _NEVER) if remembered else []
        return next((one for told in reversed(answers) for one in told.outages if one.key == key), None)

    def _ask(self, one: Remembered, only: OutageFilter) -> Told:
        told = one.told.setdefault(only.states, Told())
        while len(one.told) > MOST:
            del one.told[next(iter(one.told))]
        wider = only.since is not None and told.since is not None and only.since < told.since - FRESH
        wider = wider or (only.since is None and told.since is not None)
        old = told.at is None or (not one.member.can(Capability.LIVE) and self._clock() - told.at >= FRESH)
        if (told.dirty or old or wider) and (told.task is None or told.task.done()):
            told.task = asyncio.ensure_future(self._load(one.member, told, only))
        return told

    async def _load(self, member: Member, told: Told, only: OutageFilter) -> None:
        told.dirty = False
        try:
            await self._meet(member)
            theirs = replace(only, operator_keys=frozenset(), until=None)
            found = await member.backend.outages(theirs)
            told.outages = tuple(replace(rekeyed(one, member.up), source=one.source or member.shown) for one in found)
            told.since = only.since
            member.answered(self._clock())
        except BackendError as error:
            told.dirty = True
            member.failed(error)
        told.at = self._clock()
        if told.late:
            told.late = False
            self._hearing.tell(OutageChanged(""))

    def grew_old(self, member: Member) -> None:
        """Note that what a source told may be old."""
        remembered = self._others.get(member.name)
        if remembered is not None:
            for told in remembered.told.values():
                told.dirty = True

    def stop(self) -> None:
        """Leave every question unanswered."""
        for one in self._others.values():
            for told in one.told.values():
                if told.task is not None:
                    told.task.cancel()


def _passes(outage: Outage, only: OutageFilter) -> bool:
    """Return whether a filter lets an outage through, told by the records alone."""
    if only.states and outage.state not in only.states:
        return False
    operators: frozenset[Key] = frozenset(outage.operator_keys)
    if only.operator_keys and operators and not operators & only.operator_keys:
        return False
    if only.until is not None and outage.started_at > only.until:
        return False
    return only.since is None or outage.ended_at is None or outage.ended_at >= only.since
