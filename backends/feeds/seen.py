"""What was seen of a source: it forgets what ended, often without a word, and the desk still owes people an answer.

Each new `Reading` is laid over what is known. Keys stay, versions grow with every change, what is no longer told of is
over, and what ended is kept for a while.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from backends.feeds.reading import Reading
from backends.records import LIVE_OUTAGE_STATES, Key, Outage, OutageState, OutageUpdate

MOST_UPDATES = 100
"""Updates kept of one outage, the newest: an alert that flaps all night must not fill the memory."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Seen:
    """The outages of one source as they were last told, and those that ended within `keep`."""

    def __init__(self, keep: timedelta, speaker: str = "") -> None:
        self._keep = keep
        self._speaker = speaker
        self._known: dict[Key, Outage] = {}
        self._ends: dict[Key, datetime] = {}

    def __iter__(self) -> Iterator[Outage]:
        return iter(self._known.values())

    def take(self, reading: Reading, now: datetime) -> list[Key]:
        """Lay a reading over what is known and return the keys of what changed."""
        changed: list[Key] = []
        told: set[Key] = set()
        for outage in reading.outages:
            told.add(outage.key)
            after = self._grown(outage, now, reading.tells_history)
            if after is not None and self._put(after, now):
                changed.append(after.key)
        for key in [key for key in self._known if key not in told]:
            gone = self._gone(self._known[key], reading, now)
            if gone is not None and self._put(gone, now):
                changed.append(key)
        self._ends.update(reading.ends)
        self._forget(now)
        return changed

    def _put(self, outage: Outage, now: datetime) -> bool:
        """Store `outage` when it says something else than what is known; return whether it does."""
        before = self._known.get(outage.key)
        if before is not None and replace(before, version=outage.version) == outage:
            return False
        micros = (now - _EPOCH) // timedelta(microseconds=1)
        self._known[outage.key] = replace(outage, version=max(micros, before.version + 1 if before else 1))
        return True

    def _grown(self, outage: Outage, now: datetime, tells_history: bool) -> Outage | None:
        """Return an outage told of with what only we know about it, None for one that ended before we came."""
        before = self._known.get(outage.key)
        if outage.ended_at is not None and outage.ended_at < now - self._keep:
            return None
        if outage.state is OutageState.CONFIRMED and outage.confirmed_at is None:
            known = before.confirmed_at if before is not None and before.state in LIVE_OUTAGE_STATES else None
            since = outage.started_at if before is None else now
            outage = replace(outage, confirmed_at=known or min(now, since))
        if before is None:
            return outage
        if before.state in LIVE_OUTAGE_STATES:
            outage = replace(outage, started_at=min(before.started_at, outage.started_at))
            if outage.confirmed_at is None:
                outage = replace(outage, confirmed_at=before.confirmed_at)
        return outage if tells_history else replace(outage, updates=self._updates(before, outage, now))

    def _updates(self, before: Outage, after: Outage, now: datetime) -> tuple[OutageUpdate, ...]:
        """Return the updates of an outage whose source only ever tells how it is now."""
        texts = [new for old, new in ((before.title, after.title), (before.cause, after.cause)) if new and new != old]
        state = after.state if after.state is not before.state else None
        if not texts and state is None:
            return before.updates
        new = OutageUpdate(now, "\n".join(texts), self._speaker, state)
        return (*before.updates, new)[-MOST_UPDATES:]

    def _gone(self, outage: Outage, reading: Reading, now: datetime) -> Outage | None:
        """Return an outage that is no longer told of as it is now, None when it stays as it was."""
        if outage.state not in LIVE_OUTAGE_STATES or outage.key in reading.held:
            return None
        if not reading.complete and outage.key not in reading.withdrawn:
            return None
        state, ended, text = OutageState.RESTORED, min(self._ends.get(outage.key, now), now), ""
        if outage.key in reading.withdrawn:
            state, ended, text = OutageState.DISMISSED, now, reading.withdrawn[outage.key]
        ended = max(ended, outage.started_at)
        update = OutageUpdate(ended, text, self._speaker, state)
        return replace(outage, state=state, ended_at=ended, updates=(*outage.updates, update)[-MOST_UPDATES:])

    def _forget(self, now: datetime) -> None:
        oldest = now - self._keep
        for key, outage in list(self._known.items()):
            if outage.state not in LIVE_OUTAGE_STATES and outage.ended_at is not None and outage.ended_at < oldest:
                del self._known[key]
        self._ends = {key: end for key, end in self._ends.items() if key in self._known}
