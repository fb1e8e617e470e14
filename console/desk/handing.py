"""Watching over what was handed on: what nobody accepted in time is raised, whoever sees it first (R22)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backends.errors import BackendError
from backends.port import Capability, Page, Pending, PendingFilter, PendingKind
from backends.records import Handover, Key, TicketEvent
from console.desk.acts.handing import raising
from console.rules.handover import late
from console.rules.roles import Right

if TYPE_CHECKING:
    from console.desk.desk import Desk

PAGE = 200
MOST = 5
"""Pages looked through at once; the rest comes with the next minute."""


class HandoverWatch:
    """Raises what is late, once; it remembers what it raised so that no minute asks for it again."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._raised: set[Key] = set()
        self._after: str | None = None
        """Where the last look stopped, when there was more than it looks through at once."""

    async def look(self) -> int:
        """Raise every handover that is late now; returns how many this console raised first.

        Raises what the backend raises, once the others were looked at. Where the source cannot list what is pending or
        keeps no events, nothing is done; two consoles that see the same one store one event, because the batch is named
        after the handover.
        """
        desk = self._desk
        if not self._can():
            return 0
        now, count, failed = desk.clock(), 0, None
        only = PendingFilter(kinds=frozenset({PendingKind.HANDOVER}), operator_keys=desk.operator_keys, until=now)
        for _page in range(MOST):
            page: Page[Pending] = await desk.backend.pending(only, after=self._after, limit=PAGE)
            for one in page.rows:
                try:
                    count += await self._raise(one)
                except BackendError as error:  # one that cannot be raised keeps no other waiting
                    failed = error
            self._after = page.after
            if self._after is None:
                break
        if failed is not None:
            raise failed
        return count

    def _can(self) -> bool:
        backend = self._desk.backend
        able = {Capability.PENDING, Capability.WRITE} <= backend.capabilities
        return able and TicketEvent in backend.stores and Right.WRITE in self._desk.rights

    async def _raise(self, one: Pending) -> int:
        desk, handover, now = self._desk, one.record, self._desk.clock()
        operator = desk.operators.get(one.customer.operator_key)
        if not isinstance(handover, Handover) or operator is None or handover.key in self._raised:
            return 0
        if not late(handover, operator, now):
            return 0
        receipt = await desk.backend.write(raising(handover, one.customer, operator, desk.agent, now))
        self._raised.add(handover.key)
        return 0 if receipt.repeated else 1
