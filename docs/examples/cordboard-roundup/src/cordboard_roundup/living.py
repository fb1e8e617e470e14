"""Hearing what changes in a tracker that tells nobody: it is asked again and again for what was active lately."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

from backends.events import ContactAdded, CustomerChanged, Event, Resync, TicketChanged
from cordboard_roundup import mapping
from cordboard_roundup.reading import Reader
from cordboard_roundup.wire import Row, date_of, moment_of

_CURSOR = re.compile(r"([0-9]{10})-([0-9]{1,9})")
_LATE = 20
"""Messages before the newest one that may still be on their way to an issue."""


class Listening:
    """What one listener has heard. A cursor is the second of the last change and the newest message until then."""

    def __init__(self, reader: Reader, poll: float, closed: asyncio.Event, asking: asyncio.Lock) -> None:
        self._reader = reader
        self._poll = poll
        self._closed = closed
        self._asking = asking
        self._told: dict[str, str] = {}
        """Items of the last second and how they were told: Roundup's clock shows seconds."""
        self._known: dict[str, frozenset[str]] = {}
        """The messages of each issue that was seen."""
        self._second = 0
        self._newest = 0

    async def follow(self, since: str | None) -> AsyncIterator[Event]:
        """Yield what changes, in the order in which it did; raises Unavailable when the line is lost."""
        now, newest = await self._latest()
        found = _CURSOR.fullmatch(since or "")
        if since is not None and found and int(found[1]) <= now:
            self._second, self._newest = int(found[1]), int(found[2])
        else:
            self._second, self._newest = now, newest
            await self._changes()  # what was there is told already
            if since is not None:
                yield Resync(self._cursor())
        while not self._closed.is_set():
            async with self._asking:  # closing waits for the answer: a request of a closed line would open it anew
                happened = [] if self._closed.is_set() else await self._changes()
            for event in happened:
                yield event
            try:
                await asyncio.wait_for(self._closed.wait(), self._poll)
            except TimeoutError:
                continue

    def _cursor(self) -> str:
        return f"{self._second:010d}-{self._newest}"

    async def _latest(self) -> tuple[int, int]:
        """Return the second of the last change, and the newest message."""
        second = 0
        for kind in ("issue", "user"):
            row = await self._reader.wire.first(kind, "-activity", "activity")
            second = max(second, _second(row)) if row else second
        row = await self._reader.wire.first("msg", "-id", "date")
        return second, int(row["id"]) if row else 0

    async def _changes(self) -> list[Event]:
        wire, options = self._reader.wire, self._reader.options
        since = {"activity": f"from {date_of(datetime.fromtimestamp(self._second, UTC))}"}
        users = await wire.rows("user", since, "activity,username,realname,phone,address,alternate_addresses")
        issues = await wire.rows("issue", since, f"activity,{mapping.issue_fields(options)}")
        happened: list[tuple[int, int, str, list[Event], int]] = []
        for row in users:
            if row.get("username") not in options.staff:
                happened.append((_second(row), 0, f"user:{row['id']} {row}", [CustomerChanged(f"user:{row['id']}")], 0))
        for row in issues:
            if who := mapping.requestor_of(row, options):
                events, newest = await self._of_issue(row, f"user:{who}")
                happened.append((_second(row), int(row["id"]), f"issue:{row['id']} {row}", events, newest))
        return self._fresh(sorted(happened, key=lambda one: one[:2]))

    async def _of_issue(self, row: Row, customer: str) -> tuple[list[Event], int]:
        numbers = mapping.messages_of(row)
        known = self._known.get(str(row["id"]))
        if known is None:
            # a message is stored before it is linked: one from just before the newest may come to an issue after it
            fresh = [number for number in numbers if int(number) > self._newest - _LATE]
        else:
            fresh = [number for number in numbers if number not in known]
        self._known[str(row["id"])] = frozenset(numbers)
        marks = await self._reader.wire.by_ids("msg", fresh, "messageid")
        added = [ContactAdded(customer, f"msg:{number}") for number in fresh if _is_contact(marks.get(number, {}))]
        return [TicketChanged(customer, f"issue:{row['id']}"), *added], max(map(int, numbers), default=0)

    def _fresh(self, happened: list[tuple[int, int, str, list[Event], int]]) -> list[Event]:
        """Return the events that were not told yet, each with the cursor to go on from."""
        told: list[Event] = []
        newest = self._newest
        for second, _number, shape, events, last in happened:
            name = shape.partition(" ")[0]
            if second < self._second or self._told.get(name) == shape:
                continue
            self._told[name] = shape
            newest = max(newest, last)
            for event in events:
                told.append(type(event)(**{**_parts(event), "cursor": f"{second:010d}-{newest}"}))
        if happened and happened[-1][0] > self._second:
            self._second = happened[-1][0]
            there = {shape.partition(" ")[0] for second, _number, shape, _events, _last in happened}
            self._told = {name: shape for name, shape in self._told.items() if name in there}
        self._newest = newest
        return told


def _is_contact(row: Row) -> bool:
    mark = mapping.Mark.read(row.get("messageid"))
    return mark is None or mark.word != "case"


def _parts(event: Event) -> dict[str, str]:
    return {name: getattr(event, name) for name in ("customer_key", "key") if hasattr(event, name)}


def _second(row: Row) -> int:
    moment = moment_of(row.get("activity")) or datetime(1970, 1, 1, tzinfo=UTC)
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(seconds=1))
