"""A real Request Tracker keeps the promises of the port, as far as a helpdesk that takes one thing at a time can."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, cast

import pytest
import pytest_asyncio

from backends.contract import BackendContract
from backends.contract.limits import R
from backends.contract.searching import HOSTILE
from backends.port import Backend, MatchedOn
from backends.records import Entry, Ticket, TicketEvent

if TYPE_CHECKING:
    from tests.servers.rt import RequestTracker

pytestmark = pytest.mark.xdist_group("rt")


class TestRequestTracker(BackendContract):
    """The suite against the real server."""

    patience: ClassVar[float] = 30.0
    examples: ClassVar[int | None] = 4
    large: ClassVar[int] = 40
    tick: ClassVar[timedelta] = timedelta(seconds=1)
    lone_contacts: ClassVar[bool] = False
    atomic: ClassVar[bool] = False
    serialised: ClassVar[bool] = False
    coarse_events: ClassVar[bool] = True
    finds: ClassVar[frozenset[MatchedOn]] = frozenset(
        {MatchedOn.NAME, MatchedOn.NUMBER, MatchedOn.PHONE, MatchedOn.EMAIL, MatchedOn.TICKET, MatchedOn.CONTACT}
    )
    _server: RequestTracker

    @pytest_asyncio.fixture
    async def backend(self, rt_server: RequestTracker) -> AsyncIterator[Backend]:  # type: ignore[override]  # its needs
        """Yield a handle on the emptied server."""
        rt_server.wipe()
        self._server = rt_server
        backend = rt_server.backend(secret=rt_server.secret)
        await backend.open()
        yield backend
        await backend.close()

    async def second(self, backend: Backend) -> Backend:
        """Return another handle on the same server."""
        again = self._server.backend(secret=self._server.secret)
        await again.open()
        return again

    async def test_a_search_is_data(self, backend: Backend) -> None:  # type: ignore[override]  # one store for all
        """Whatever is typed raises nothing and finds nobody."""
        await self._bystanders(backend)
        for text in HOSTILE:
            assert await backend.search(text) == (), text

    def by_server(self, entry: Entry) -> bool:
        """RT notes itself what is done to a ticket."""
        return isinstance(entry, TicketEvent)

    def shaped(self, record: R) -> R:
        """Return a ticket with whole seconds where RT keeps the moment itself."""
        shaped: Any = record
        if isinstance(record, Ticket):
            shaped = replace(
                record, opened_at=_whole(record.opened_at), due_at=record.due_at and _whole(record.due_at),
                closed_at=record.closed_at and _whole(record.closed_at),
            )  # fmt: skip
        return cast("R", shaped)


def _whole(moment: datetime) -> datetime:
    """Return a moment without its part of a second, in the years that RT knows."""
    known = moment.tzinfo is not None and datetime(1971, 1, 1, tzinfo=UTC) <= moment < datetime(2038, 1, 1, tzinfo=UTC)
    return moment.replace(microsecond=0) if known else moment
