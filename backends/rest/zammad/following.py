"""What changes, heard by asking again and again: tickets and customers in the order of their last change.

Zammad pushes only to its own web pages. A search may be some seconds behind the database, and then hears of an older
change after a newer one; so every look goes back a while before the newest moment known, and what was told already is
not told twice.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from backends.errors import BackendError
from backends.events import ContactAdded, CustomerChanged, Event, Resync, TicketChanged
from backends.rest.zammad import rows
from backends.rest.zammad.articles import is_contact
from backends.rest.zammad.articles import key_of as article_key
from backends.rest.zammad.cases import key_for
from backends.rest.zammad.marks import micros
from backends.rest.zammad.people import SYSTEM, key_of
from backends.rest.zammad.rows import Row
from backends.rest.zammad.site import Site

_CURSOR = re.compile(r"z(?P<tickets>[0-9]{1,17})\.(?P<users>[0-9]{1,17})", re.ASCII)
_LOOK = 50
"""Rows of a page: usually the first one holds all that is new."""
_MOST_PAGES = 60
"""Pages of changes that one look reads; who was away longer has to look at everything again."""
_REMEMBERED = 10_000
_SECOND = 1_000_000


@dataclass(slots=True)
class _Seen:
    """How far changes of one kind are known, in microseconds since 1970, and what was told of late."""

    newest: int = 0
    told: OrderedDict[int, int] = field(default_factory=OrderedDict)

    def is_news(self, row: Row, floor: int) -> bool:
        """Return whether a row changed since it was last told of, and remember it."""
        key, version = rows.number(row, "id"), rows.version(row)
        if version <= floor or self.told.get(key, 0) >= version:
            return False
        self.told[key] = version
        self.told.move_to_end(key)
        while len(self.told) > _REMEMBERED:
            self.told.popitem(last=False)
        return True


class _TooMuch(Exception):
    """More changed than one look reads."""


class Follower:
    """One who listens."""

    def __init__(self, site: Site, since: str | None, poll: float, closed: asyncio.Event) -> None:
        self._site = site
        self._since = since
        self._poll = poll
        self._closed = closed
        self._back = int(site.options.index_delay * _SECOND)
        self._tickets, self._users = _Seen(), _Seen()

    async def events(self) -> AsyncIterator[Event]:
        """Yield what changes from the first look on, or since the cursor; raises Unavailable when the line is lost."""
        if self._since is None:
            await self._begin()
        elif found := _CURSOR.fullmatch(self._since):
            self._tickets.newest, self._users.newest = int(found["tickets"]), int(found["users"])
            for event in await self._resumed():
                yield event
        else:
            await self._begin()
            yield Resync(self._cursor())
        while not await self._pause():
            try:
                for event in await self._look(self._tickets.newest - self._back, self._users.newest - self._back):
                    yield event
            except _TooMuch:
                await self._begin()
                yield Resync(self._cursor())
            except BackendError:
                if self._closed.is_set():
                    return
                raise

    async def _pause(self) -> bool:
        """Wait for the next look; returns whether it was closed instead."""
        try:
            async with asyncio.timeout(self._poll):
                await self._closed.wait()
        except TimeoutError:
            return self._closed.is_set()
        return True

    def _cursor(self) -> str:
        return f"z{self._tickets.newest}.{self._users.newest}"

    async def _begin(self) -> None:
        """Take what is there now as known."""
        tickets, users = await self._site.together(
            [self._site.all_tickets(1, "updated_at"), self._site.searched("User", {"query": "*"}, 1, "updated_at")]
        )
        for seen, found in ((self._tickets, tickets), (self._users, users)):
            for row in found:
                seen.is_news(row, 0)
                seen.newest = max(seen.newest, rows.version(row))

    async def _resumed(self) -> list[Event]:
        """Return what changed since the cursor; what is a little older counts as told."""
        floors = self._tickets.newest, self._users.newest
        try:
            return await self._look(*floors)
        except _TooMuch:
            await self._begin()
            return [Resync(self._cursor())]

    async def _look(self, tickets_after: int, users_after: int) -> list[Event]:
        """Return what changed after these moments and was not told yet, oldest first."""
        tickets, users = await self._site.together(
            [self._changed("Ticket", self._tickets, tickets_after), self._changed("User", self._users, users_after)]
        )
        before = self._tickets.newest
        happened = [(rows.version(row), "user", row) for row in users] + [
            (rows.version(row), "ticket", row) for row in tickets
        ]
        found: list[Event] = []
        for version, kind, row in sorted(happened, key=lambda each: each[0]):
            seen = self._tickets if kind == "ticket" else self._users
            seen.newest = max(seen.newest, version)
            cursor = self._cursor()
            customer = rows.number(row, "customer_id" if kind == "ticket" else "id")
            if kind == "user":
                if customer > SYSTEM:
                    found.append(CustomerChanged(key_of(customer), cursor))
                continue
            found += [
                ContactAdded(key_of(customer), article_key(rows.number(row, "id"), number), cursor)
                for number in await self._added(row, before)
            ]
            found.append(TicketChanged(key_of(customer), key_for(rows.number(row, "id")), cursor))
        return found

    async def _changed(self, kind: str, seen: _Seen, after: int) -> list[Row]:
        """Return the rows that changed after a moment; raises _TooMuch."""
        found: list[Row] = []
        for page in range(1, _MOST_PAGES + 1):
            if kind == "Ticket":
                got = await self._site.all_tickets(page, "updated_at", most=_LOOK)
            else:
                got = await self._site.searched(kind, {"query": "*"}, page, "updated_at", most=_LOOK)
            found += [row for row in rows.by_id(got).values() if seen.is_news(row, after)]
            if len(got) < _LOOK or any(rows.version(row) <= after for row in got):
                return found
        raise _TooMuch

    async def _added(self, ticket: Row, before: int) -> list[int]:
        """Return the articles that a ticket got since what was known before this look."""
        since = before - self._back
        number = rows.number(ticket, "id")
        new: list[int] = []
        for row in await self._site.articles(ticket):
            stored = rows.moment(row, "created_at")
            key = rows.number(row, "id")
            if is_contact(row) and stored is not None and micros(stored) > since and self._first_time(number, key):
                new.append(key)
        return new

    def _first_time(self, ticket: int, article: int) -> bool:
        """Return whether an article was not told of yet, and remember it among what was told of tickets."""
        name = -article  # ids of tickets are above zero: both fit into one memory
        if name in self._tickets.told:
            return False
        self._tickets.told[name] = ticket
        return True
