"""Lists over all sources: what waits, tickets, words found, customers by key; each source asked at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from backends.errors import BackendError, NotFound, Unavailable, Unsupported
from backends.port import PENDING_ORDER, Capability, Page, Pending, PendingFilter, QueueFilter, TextHit, TicketFilter
from backends.records import Contact, Customer, Key, Ticket
from console.desk.several.circles import Circles
from console.desk.several.keys import joined, parted, rekeyed
from console.desk.several.members import Member
from console.desk.several.pages import Readings, Stream, merged, newest

PATIENCE = 3.0
"""Seconds that a list over all sources waits for a slow one."""
_NEVER = datetime.max.replace(tzinfo=UTC)


class Lists:
    """Reads lists from every source as one; who does not answer in time is passed over and stands as failed."""

    def __init__(
        self,
        members: Mapping[str, Member],
        circles: Circles,
        readings: Readings,
        clock: Callable[[], datetime],
        meet: Callable[..., Awaitable[None]],
        name: str,
    ) -> None:
        self._members = members
        self._circles = circles
        self._readings = readings
        self._clock = clock
        self._meet = meet
        self._name = name

    async def text_hits(self, text: str, limit: int, after: str | None) -> Page[TextHit]:
        """Return hits of all sources that can search in texts, newest first."""
        able = [one for one in self._members.values() if one.can(Capability.TEXT_SEARCH)]
        if not able:
            raise Unsupported(Capability.TEXT_SEARCH, source=self._name)

        def fetch(member: Member) -> Callable[[str | None], Any]:
            async def page(cursor: str | None) -> Page[TextHit]:
                found = await member.backend.search_text(text, limit=limit, after=cursor)
                rows = tuple(replace(hit, contact=rekeyed(hit.contact, member.up)) for hit in found.rows)
                return Page(rows, found.after)

            return page

        streams = [Stream(one.name, fetch(one)) for one in able]
        return await self._list(streams, lambda hit: newest(hit.contact.at), limit, after)

    async def customers(self, keys: Sequence[Key]) -> tuple[Customer, ...]:
        """Return those of the customers that their sources know, in the given order."""
        by_source: dict[str, list[Key]] = {}
        for key in keys:
            source, rest = parted(key, self._members)
            by_source.setdefault(source, []).append(rest)
        found: dict[Key, Customer] = {}

        async def ask(member: Member, theirs: list[Key]) -> None:
            found.update(self._circles.last_seen(joined(member.name, key) for key in theirs))
            await self._meet(member)
            for one in await member.backend.customers(theirs):
                known = rekeyed(one, member.up)
                found[known.key] = known

        try:
            await self._each({source: ask(self._members[source], theirs) for source, theirs in by_source.items()})
        except BackendError:
            if not found:
                raise
        return tuple(found[key] for key in keys if key in found)

    async def tickets(self, only: TicketFilter, limit: int, after: str | None) -> Page[Ticket]:
        """Return the tickets of all sources, newest first."""

        def fetch(member: Member) -> Callable[[str | None], Any]:
            async def page(cursor: str | None) -> Page[Ticket]:
                await self._meet(member)
                theirs = replace(
                    only, customer_key=member.down(only.customer_key), operator_keys=self._down(member, only)
                )
                found = await member.backend.tickets(theirs, after=cursor, limit=limit)
                return Page(tuple(rekeyed(one, member.up) for one in found.rows), found.after)

            return page

        asked = self._who_knows(only.customer_key)
        streams = [Stream(one.name, fetch(one)) for one in asked if one.knows_customers]
        return await self._list(streams, lambda one: newest(one.opened_at), limit, after)

    def _who_knows(self, customer_key: Key) -> list[Member]:
        """Return the sources to ask: all, or the one that the customer is of."""
        if not customer_key:
            return list(self._members.values())
        return [self._members[parted(customer_key, self._members)[0]]]

    @staticmethod
    def _down(member: Member, only: TicketFilter | QueueFilter | PendingFilter) -> frozenset[Key]:
        return frozenset(member.down(key) for key in only.operator_keys)

    async def waiting(self, only: QueueFilter, limit: int, after: str | None) -> Page[tuple[Contact, Customer]]:
        """Return what waits for an answer in all sources, oldest first."""
        able = [one for one in self._members.values() if one.can(Capability.QUEUE)]
        if not able:
            raise Unsupported(Capability.QUEUE, source=self._name)

        def fetch(member: Member) -> Callable[[str | None], Any]:
            async def page(cursor: str | None) -> Page[tuple[Contact, Customer]]:
                await self._meet(member)
                theirs = replace(only, operator_keys=self._down(member, only))
                found = await member.backend.queue(theirs, after=cursor, limit=limit)
                rows = tuple((rekeyed(one, member.up), rekeyed(who, member.up)) for one, who in found.rows)
                return Page(rows, found.after)

            return page

        streams = [Stream(one.name, fetch(one)) for one in able]
        return await self._list(streams, lambda row: row[0].at, limit, after)

    async def pending(self, only: PendingFilter, limit: int, after: str | None) -> Page[Pending]:
        """Return what is to be done in all sources that know it, by due time and kind."""
        able = [one for one in self._members.values() if one.can(Capability.PENDING)]
        if not able:
            raise Unsupported(Capability.PENDING, source=self._name)

        def fetch(member: Member) -> Callable[[str | None], Any]:
            async def page(cursor: str | None) -> Page[Pending]:
                await self._meet(member)
                theirs = replace(only, outage_key=member.down(only.outage_key), operator_keys=self._down(member, only))
                found = await member.backend.pending(theirs, after=cursor, limit=limit)
                rows = (
                    replace(row, record=rekeyed(row.record, member.up), customer=rekeyed(row.customer, member.up))
                    for row in found.rows
                )
                return Page(tuple(rows), found.after)

            return page

        streams = [Stream(one.name, fetch(one)) for one in able]
        return await self._list(
            streams, lambda row: (row.due_at is None, row.due_at or _NEVER, PENDING_ORDER[row.kind]), limit, after
        )

    async def _list(
        self, streams: list[Stream[Any]], order: Callable[[Any], Any], limit: int, after: str | None
    ) -> Page[Any]:
        """Return a page of a list over sources; who does not answer in time is passed over and stands as failed."""
        offset = 0
        if after is not None:
            streams, offset = self._readings.of(after)
        while True:
            await self._each({one.source: self._begin(one) for one in streams if not one.begun})
            rows, gate = merged([one for one in streams if one.begun], order)
            if len(rows) > offset + limit or gate is None:
                break
            await gate.go_on()
        for one in streams:
            if one.error is not None and not isinstance(one.error, Unsupported):
                self._members[one.source].failed(one.error)
        failed = [one.error for one in streams if one.error is not None]
        if streams and len(failed) == len(streams):
            raise failed[0]
        more = len(rows) > offset + limit or any(one.more for one in streams)
        page = tuple(rows[offset : offset + limit])
        return Page(page, self._readings.cursor(streams, offset + limit, after) if more else None)

    async def _begin(self, stream: Stream[Any]) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                await stream.go_on()
        except TimeoutError:
            stream.begun, stream.error = True, Unavailable("slow", source=self._members[stream.source].shown)

    async def _each(self, work: Mapping[str, Any]) -> None:
        """Do something with several sources at once; raises only when every one of them failed."""
        if not work:
            return
        done = await asyncio.gather(*work.values(), return_exceptions=True)
        errors = []
        for source, result in zip(work, done, strict=True):
            member = self._members[source]
            if isinstance(result, BackendError):
                errors.append(result)
                if not isinstance(result, NotFound):
                    member.failed(result)
            elif isinstance(result, BaseException):
                raise result
            else:
                member.answered(self._clock())
        if errors and len(errors) == len(work):
            raise errors[0]
