"""The book of calls: several at once, in the order they came, each piece of news once.

The same call may be told of by the exchange and by the softphone, twice, late, or in the wrong order; what the book
says of it afterwards does not depend on that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from backends.records import Key
from console.calls.call import ORDER, Call, CallState, Heard

TWIN = timedelta(seconds=10)
"""Within this time two ways in that tell of the same number tell of the same call."""
FORGOTTEN = timedelta(hours=24)
"""Calls are kept for so long after they began; nothing of them is written to a disk."""
LOST = timedelta(hours=4)
"""A call of whose end nobody told is over by now."""
MOST = 500
"""Calls kept; beyond them the oldest that are over go first."""

Name = tuple[str, str]
Reading = Callable[[Heard], tuple[str, str, Key]]
"""Gives of news the caller's number, the dialled one, both in E.164 where they are such, and the operator's key."""


class CallBook:
    """What is known of the calls of today. `reading` reads numbers as this desk does."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._calls: dict[str, Call] = {}
        self._names: dict[Name, str] = {}
        self._sources: dict[str, set[str]] = {}
        self._over: dict[Name, None] = {}
        self._count = 0

    @property
    def calls(self) -> tuple[Call, ...]:
        """All calls, the newest first."""
        return tuple(sorted(self._calls.values(), key=lambda one: (one.at, int(one.id)), reverse=True))

    @property
    def live(self) -> tuple[Call, ...]:
        """The calls on the line or ringing, the oldest first."""
        return tuple(one for one in reversed(self.calls) if one.live)

    def get(self, call_id: str) -> Call | None:
        """Return a call as it is now, None for one that is not kept."""
        return self._calls.get(call_id)

    def put(self, call: Call) -> Call:
        """Keep what became known of a call here: who it is, that it is noted. Ignores one that is not kept."""
        if call.id in self._calls:
            self._calls[call.id] = call
        return call

    def hear(self, heard: Heard, now: datetime) -> Call | None:
        """Take in news at `now` (UTC); returns the call as it is then, None when nothing is new about any call."""
        self._forget(now)
        name = (heard.source, heard.id)
        if heard.id and name in self._over:
            return None
        number, dialled, operator_key = self._reading(heard)
        known = self._known(heard, name, number, now)
        if known is None:
            if heard.state is CallState.ENDED:
                self._note_over(name)
                return None
            return self._begun(heard, name, number, dialled, operator_key, now)
        self._name(name, known.id)
        call = _with_news(known, heard, number, dialled, operator_key, now)
        if call == known:
            return None
        self._calls[call.id] = call
        if heard.state is CallState.ENDED:
            self._note_over(name)
        return call

    def end(self, call_id: str, now: datetime) -> Call | None:
        """Note that a call is over of whose end nobody tells; None when it was over or is not kept."""
        call = self._calls.get(call_id)
        if call is None or not call.live:
            return None
        return self.put(replace(call, state=CallState.ENDED, ended_at=now))

    def _known(self, heard: Heard, name: Name, number: str, now: datetime) -> Call | None:
        if heard.id and (call := self._calls.get(self._names.get(name, ""))) is not None:
            return call
        for call in reversed(self.live):
            if call.number != number or call.direction is not heard.direction:
                continue
            if not heard.id and heard.state is not CallState.RINGING:
                return call  # whoever names no call means the last one of that number
            twin = not heard.id or heard.source not in self._sources[call.id]
            if twin and now - call.at <= TWIN and (number or heard.source not in self._sources[call.id]):
                return call
        return None

    def _begun(self, heard: Heard, name: Name, number: str, dialled: str, operator_key: Key, now: datetime) -> Call:
        self._count += 1
        call = Call(
            str(self._count), number, now, dialled, heard.name, heard.direction, heard.state, heard.menu,
            heard.waited_seconds, heard.transfers, operator_key,
            answered_at=now if heard.state is CallState.ANSWERED else None,
        )  # fmt: skip
        self._calls[call.id] = call
        self._sources[call.id] = set()
        self._name(name, call.id)
        return call

    def _name(self, name: Name, call_id: str) -> None:
        self._sources[call_id].add(name[0])
        if name[1]:
            self._names[name] = call_id

    def _note_over(self, name: Name) -> None:
        if name[1]:
            self._over[name] = None
            while len(self._over) > MOST:
                del self._over[next(iter(self._over))]

    def _forget(self, now: datetime) -> None:
        for call in list(self._calls.values()):
            if call.live and now - (call.answered_at or call.at) > LOST:
                self._calls[call.id] = replace(call, state=CallState.ENDED, ended_at=now)
            elif not call.live and now - call.at > FORGOTTEN:
                self._drop(call.id)
        if len(self._calls) >= MOST:
            oldest = sorted(self._calls.values(), key=lambda one: (one.live, one.at, int(one.id)))
            for call in oldest[: len(self._calls) - MOST + 1]:
                self._drop(call.id)

    def _drop(self, call_id: str) -> None:
        del self._calls[call_id]
        del self._sources[call_id]
        self._names = {name: one for name, one in self._names.items() if one != call_id}


def _with_news(call: Call, heard: Heard, number: str, dialled: str, operator_key: Key, now: datetime) -> Call:
    """Return the call with what the news adds; nothing that was known is lost, and no state goes back."""
    call = replace(
        call,
        number=call.number or number,
        dialled=call.dialled or dialled,
        operator_key=call.operator_key or operator_key,
        name=call.name or heard.name,
        menu=call.menu or heard.menu,
        waited_seconds=call.waited_seconds or heard.waited_seconds,
        transfers=max(call.transfers, heard.transfers),
    )
    if ORDER[heard.state] <= ORDER[call.state]:
        return call
    if heard.state is CallState.ANSWERED:
        return replace(call, state=heard.state, answered_at=now)
    return replace(call, state=heard.state, ended_at=now, cause=heard.cause)
