"""What changes in RT, asked for again and again: RT pushes nothing.

Every change is a transaction with a number of its own, which is a better cursor than RT's moments, that count seconds.
A transaction with a lower number may become visible after one with a higher, so that the last few are asked for again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence

from backends.events import ContactAdded, CustomerChanged, Event, Resync, TicketChanged
from backends.rest.rt import cases, people, talks
from backends.rest.rt.cases import Case
from backends.rest.rt.reading import Reader
from backends.rest.rt.rows import TransactionRow
from backends.rest.rt.wire import PAGE

_OVERLAP = 20
_TOO_MANY = 1_000  # transactions after which everything is looked at again
_LOOK_FURTHER = 12  # rounds without news after which the next page is asked for as well
_NOISE = frozenset({"EmailRecord", "CommentEmailRecord", "SystemError"})


def position_in(cursor: str) -> int:
    """Return the transaction that a cursor stands for, -1 for a cursor that no event had."""
    return int(cursor) if cursor.isascii() and cursor.isdigit() and len(cursor) < 19 else -1


class Listening:
    """One listener."""

    def __init__(self, reader: Reader, poll: float, closed: asyncio.Event) -> None:
        self._reader = reader
        self._poll = poll
        self._closed = closed
        self._heard: set[int] = set()
        self._position = 0
        self._floor = 0
        self._quiet = 0

    async def follow(self, since: str | None) -> AsyncIterator[Event]:
        """Yield events from now on, or from the cursor `since`; ends when closed, raises Unavailable."""
        newest = await self._reader.wire.newest_transaction()
        position = newest if since is None else position_in(since)
        if not 0 <= position <= newest or newest - position > _TOO_MANY:
            position = newest
            yield Resync(str(newest))
        self._position = self._floor = position
        while not self._closed.is_set():
            found = await self._found()
            for event in await self._news(found):
                yield event
            if len(found) < PAGE and await self._is_closed_within(self._poll):
                return

    async def _found(self) -> list[TransactionRow]:
        """Return the transactions that come next, with some that were heard already.

        RT drops what one may not see after cutting a page. A page without news may hide some behind it: every now and
        then the one after it is looked at.
        """
        after = max(self._floor, self._position - _OVERLAP)
        found = await self._reader.wire.news(after)
        self._quiet = 0 if any(each.id > self._position for each in found) else self._quiet + 1
        if self._quiet >= _LOOK_FURTHER:
            self._quiet = 0
            for page in range(2, _TOO_MANY // PAGE):
                further = await self._reader.wire.news(after, page)
                found += further
                if not further:
                    break
        return found

    async def _is_closed_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._closed.wait(), seconds)
        except TimeoutError:
            return False
        return True

    async def _news(self, found: Sequence[TransactionRow]) -> list[Event]:
        new = [each for each in found if each.id not in self._heard]
        if not new:
            return []
        self._position = max(self._position, *(each.id for each in new))
        self._heard |= {each.id for each in new}
        self._heard = {number for number in self._heard if number > self._position - 2 * _OVERLAP}
        return await self._told(new)

    async def _told(self, new: Sequence[TransactionRow]) -> list[Event]:
        tickets = {each.object_id for each in new if each.on == "RT::Ticket" and each.type not in _NOISE}
        for number in tickets:
            self._reader.book.forget(number)
        found = {case.row.id: case for case in await self._reader.cases_by_id(tickets)} if tickets else {}
        events: dict[Event, int] = {}
        for each in new:
            for event in self._events(each, found.get(each.object_id)):
                events.pop(event, None)  # told once, at its last
                events[event] = each.id
        highest = 0
        told: list[Event] = []
        for event, number in events.items():
            highest = max(highest, number)
            told.append(_at(event, str(highest)))
        return told

    def _events(self, each: TransactionRow, case: Case | None) -> Iterator[Event]:
        if each.on == "RT::User":
            yield CustomerChanged(people.key_of(each.object_id))
        if each.on != "RT::Ticket" or each.type in _NOISE or case is None:
            return
        customer, ticket = cases.customer_of(case.row), cases.key_of(case.row.id)
        contacts = self._contacts(case)
        key = talks.contact_key(each.id)
        amended = [other for other in case.marks[each.id].sets if other in contacts] if each.id in case.marks else []
        for touched in ([key] if key in contacts else []) + amended:
            yield ContactAdded(customer, touched)
        if each.type == "Create" or (key not in contacts and not amended):
            yield TicketChanged(customer, ticket)

    def _contacts(self, case: Case) -> frozenset[str]:
        parts = self._reader.book.parts_of(case.row.id)
        return _keys(talks.contacts_of(case, parts, self._reader.options))


def _keys(contacts: Iterable[object]) -> frozenset[str]:
    return frozenset(getattr(contact, "key", "") for contact in contacts)


def _at(event: Event, cursor: str) -> Event:
    match event:
        case ContactAdded(customer, key):
            return ContactAdded(customer, key, cursor)
        case TicketChanged(customer, key):
            return TicketChanged(customer, key, cursor)
        case CustomerChanged(customer):
            return CustomerChanged(customer, cursor)
    return event
