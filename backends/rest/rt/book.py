"""What was read of tickets: their history only grows, so that each message is read once and later only what is new.

RT's list of tickets tells when each was last changed, to the second. A ticket whose moment is known, and was asked
about again two seconds or more after it was first seen, cannot have changed since.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from backends.errors import Refused
from backends.rest.rt.cases import Case
from backends.rest.rt.marks import Mark
from backends.rest.rt.rows import PartRow, TicketRow, TransactionRow
from backends.rest.rt.talks import MESSAGES, read_parts
from backends.rest.rt.wire import Wire

_KEPT = 2_000  # tickets remembered
_SETTLED = 2.0  # seconds after which a moment of RT's is certainly over
_OVERLAP = 20  # transactions asked for again: one with a lower number may have been stored later


@dataclass(slots=True)
class _Known:
    """What is known of one ticket."""

    row: TicketRow | None = None
    updated: datetime | None = None
    since: float = 0.0
    """When that moment was first seen, by the monotonic clock."""
    asked: float = -1.0
    """When the transactions were last asked for."""
    upto: int = 0
    """All its transactions up to this number have been read."""
    transactions: dict[int, TransactionRow] = field(default_factory=dict)
    parts: dict[int, list[PartRow]] = field(default_factory=dict)
    texts: dict[int, str] = field(default_factory=dict)
    marks: dict[int, Mark] = field(default_factory=dict)

    def is_current(self, updated: datetime | None) -> bool:
        return self.asked >= self.since + _SETTLED and self.updated == updated


class Book:
    """Turns rows of tickets into cases, reading what is not known yet."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._known: OrderedDict[int, _Known] = OrderedDict()
        self._names: dict[int, str] = {}
        self._staff: dict[str, bool] = {}

    def clear(self) -> None:
        """Forget everything that was read."""
        self._known.clear()
        self._names.clear()
        self._staff.clear()

    def forget(self, ticket: int) -> None:
        """Ask again about a ticket that was just written to."""
        known = self._known.get(ticket)
        if known is not None:
            known.asked = -1.0

    def row(self, ticket: int, updated: datetime | None) -> TicketRow | None:
        """Return a ticket's row when it was last changed at `updated` and all of it was read since; else None."""
        known = self._known.get(ticket)
        return known.row if known is not None and known.is_current(updated) else None

    async def cases(self, rows: Sequence[TicketRow]) -> list[Case]:
        """Return the cases of these tickets, in their order."""
        fresh: list[int] = []
        grown: list[int] = []
        now = time.monotonic()
        for row in rows:
            known = self._known.get(row.id)
            if known is None:
                known = self._known[row.id] = _Known()
            self._known.move_to_end(row.id)
            known.row = row
            if known.is_current(row.updated):
                continue
            if known.updated != row.updated:
                known.updated, known.since = row.updated, now
            (grown if known.transactions else fresh).append(row.id)
        held = {row.id: self._known[row.id] for row in rows}
        await asyncio.gather(self._read(held, fresh, 0), self._read(held, grown, self._from(held, grown)))
        while len(self._known) > max(_KEPT, len(held)):
            self._known.popitem(last=False)
        return [_case(row, held[row.id]) for row in rows]

    def _from(self, held: dict[int, _Known], numbers: Sequence[int]) -> int:
        return max(0, min((held[number].upto for number in numbers), default=0) - _OVERLAP)

    async def _read(self, held: dict[int, _Known], numbers: Sequence[int], after: int) -> None:
        if not numbers:
            return
        begun = time.monotonic()
        transactions = await self._wire.transactions(numbers, after)
        new = [each for each in transactions if each.object_id in held]
        asked = [each.id for each in new if each.type in MESSAGES and each.id not in held[each.object_id].transactions]
        texts, marks, parts = read_parts(await self._wire.parts(asked)) if asked else ({}, {}, {})
        marks = await self._believed(marks, new)
        for each in new:
            known = held[each.object_id]
            known.transactions[each.id] = each
            if each.id in parts:
                known.parts[each.id] = parts[each.id]
                known.texts[each.id] = texts[each.id]
            if each.id in marks:
                known.marks[each.id] = marks[each.id]
        newest = max((each.id for each in transactions), default=0)
        for number in numbers:
            held[number].asked = begun
            held[number].upto = max(held[number].upto, newest)

    async def _believed(self, marks: dict[int, Mark], new: Sequence[TransactionRow]) -> dict[int, Mark]:
        """Return the marks of messages that colleagues wrote: a customer may sign in to RT, and write anything."""
        authors = {each.id: each.creator for each in new if each.id in marks}
        unknown = sorted(set(authors.values()) - set(self._staff))
        self._staff.update(zip(unknown, await asyncio.gather(*map(self._is_staff, unknown)), strict=True))
        return {number: mark for number, mark in marks.items() if self._staff.get(authors.get(number, ""), False)}

    async def _is_staff(self, login: str) -> bool:
        try:
            return bool((await self._wire.user(login)).privileged)
        except Refused:
            return False

    def parts_of(self, ticket: int) -> dict[int, list[PartRow]]:
        """Return the parts of a ticket's messages, by transaction, of a case that was just read."""
        known = self._known.get(ticket)
        return known.parts if known is not None else {}

    async def names(self, users: Iterable[int]) -> dict[int, str]:
        """Return the logins of users by number; who is not to be seen has none."""
        missing = [number for number in set(users) if number not in self._names]
        logins = await asyncio.gather(*(self._login(number) for number in missing))
        self._names.update(zip(missing, logins, strict=True))
        return self._names

    async def _login(self, number: int) -> str:
        try:
            return (await self._wire.user(number)).login
        except Refused:
            return ""


def _case(row: TicketRow, known: _Known) -> Case:
    transactions = tuple(known.transactions[number] for number in sorted(known.transactions))
    return Case(row, transactions, known.marks, known.texts)
