"""Hearing of changes from a server that tells none: lists asked again and again for what has a later `lastUpdate`.

A cursor is a moment in microseconds, by the server's own clock. At each turn everything changed since that moment is
asked for and compared here, for a server may ignore the filter. What carries no such moment is told apart by its
version, as far as one page shows it. A change may be told twice, and never not at all.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

from backends.events import ContactAdded, CustomerChanged, Event, OutageChanged, Resync, TicketChanged
from backends.records import Contact, Contract, Customer, Key, Outage, Record, Ticket, Visit
from backends.rest.tmf.names import KINDS
from backends.rest.tmf.pieces import Json, Reading, moment
from backends.rest.tmf.reading import Reader
from backends.rest.tmf.site import together

T = TypeVar("T")

_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)
_SLACK = timedelta(seconds=2)
"""How far back the first look goes: a server's Date counts whole seconds."""
_LATEST = 4_102_444_800_000_000  # the year 2100: no cursor of ours is later


def moment_in(cursor: str) -> datetime | None:
    """Return the moment that a cursor tells, None for one that no event had."""
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 17) or not 0 < int(cursor) < _LATEST:
        return None
    return _BEGIN + timedelta(microseconds=int(cursor))


def cursor_of(at: datetime) -> str:
    """Return the cursor of a moment."""
    return str((at - _BEGIN) // timedelta(microseconds=1))


class Follower:
    """Follows one server for one listener."""

    def __init__(self, reader: Reader, poll: float, closed: asyncio.Event, polls: set[asyncio.Task[Any]]) -> None:
        self._reader = reader
        self._site = reader.site
        self._poll = poll
        self._closed = closed
        self._polls = polls
        """What is being asked now, to be given up when the source is closed."""
        self._told: dict[Key, int] = {}
        """Versions that were told or need not be, of what was changed at the cursor's moment or has no moment."""
        self._at = _BEGIN

    async def events(self, since: str | None) -> AsyncIterator[Event]:
        """Yield what changes from now on, or from a cursor; ends when closed, raises Unavailable."""
        known = moment_in(since) if since is not None else None
        self._at = known or await self._unless_closed(self._now()) or _BEGIN
        if since is not None and known is None:
            yield Resync(cursor_of(self._at))
        await self._unless_closed(self._changed(quiet=True))
        while not self._closed.is_set():
            for event in await self._unless_closed(self._changed()) or ():
                yield event
            try:
                async with asyncio.timeout(self._poll):
                    await self._closed.wait()
            except TimeoutError:
                continue

    async def _unless_closed(self, asking: Coroutine[Any, Any, T]) -> T | None:
        """Return what `asking` returns, None when the source is closed meanwhile: no request may open it again."""
        if self._closed.is_set():
            asking.close()
            return None
        task = asyncio.create_task(asking)
        self._polls.add(task)
        try:
            return await task
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if self._closed.is_set() and current is not None and not current.cancelling():
                return None
            raise
        finally:
            self._polls.discard(task)

    async def _now(self) -> datetime:
        """Return the server's time."""
        date = await self._site.date()
        try:
            return parsedate_to_datetime(date).astimezone(UTC) - _SLACK
        except (ValueError, TypeError):
            return datetime.now(UTC) - _SLACK

    async def _changed(self, *, quiet: bool = False) -> list[Event]:
        """Return what was changed; with `quiet`, only remember the versions of what has no moment."""
        found = await together(*(self._of(kind, quiet) for kind in KINDS))
        changes = sorted((one for rows in found for one in rows), key=lambda one: one[0])
        events: dict[Event, None] = {}
        for at, record in changes:
            if at > self._at:
                self._at = at
            events[_event(record, cursor_of(self._at))] = None
        if len(self._told) > 100_000:
            self._told.clear()
        return list(events)

    async def _of(self, kind: type[Record], quiet: bool) -> list[tuple[datetime, Record]]:
        """Return what of one kind was changed and not told yet, each with its moment."""
        since = self._at
        rows, total = await self._site.piece(kind, {"lastUpdate.gte": moment(since)}, 0, self._site.options.page)
        if total is not None and total > len(rows) and self._dated(kind, rows):
            rows = await self._site.find(kind, {"lastUpdate.gte": moment(since)})
        found = []
        for row in rows:
            record: Record = self._reader.record(kind, row)
            at = Reading(self._site.api(kind), row).moment("lastUpdate")
            known = self._told.get(record.key)
            version = record.version if at is None else int(cursor_of(at))
            if at is None and quiet:
                self._told[record.key] = version
            elif known != version and not quiet and (at is None or at >= since):
                self._told[record.key] = version
                found.append((at or since, record))
        return found

    def _dated(self, kind: type[Record], rows: list[Json]) -> bool:
        """Return whether a list was narrowed to the moment that was asked for."""
        api = self._site.api(kind)
        moments = [Reading(api, row).moment("lastUpdate") for row in rows]
        return all(at is not None and at >= self._at for at in moments)


def _event(record: Record, cursor: str) -> Event:
    match record:
        case Contact():
            return ContactAdded(record.customer_key, record.key, cursor)
        case Ticket():
            return TicketChanged(record.customer_key, record.key, cursor)
        case Visit():
            return TicketChanged(record.customer_key, record.ticket_key, cursor)
        case Outage():
            return OutageChanged(record.key, cursor)
        case Contract():
            return CustomerChanged(record.customer_key, cursor)
    assert isinstance(record, Customer)
    return CustomerChanged(record.key, cursor)
