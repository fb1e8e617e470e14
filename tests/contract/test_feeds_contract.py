"""Sources of outages keep the promises of the port that concern outages, and say of everything else that they cannot.

The real Alertmanager keeps nothing that ended, a status page names no operators: what the one cannot show, the other
does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Any, ClassVar

import pytest
import pytest_asyncio

from backends.contract import BackendContract
from backends.contract.living import LiveContract
from backends.contract.reading import OutageContract
from backends.contract.samples import an_operator, an_outage
from backends.feeds.alertmanager import open_url as open_alertmanager
from backends.feeds.feed import FeedBackend
from backends.feeds.statuspage import open_url as open_statuspage
from backends.port import Backend
from backends.records import Operator, Outage, OutageState, Record
from tests.feeds.feeds_stage import Pages
from tests.servers.alertmanager import Alertmanager, alert, alertmanager, alertmanager_server, stamp

__all__ = ["alertmanager", "alertmanager_server"]

_NUMBERS = count(1)
_YEAR = {"keep_hours": 24 * 365}
_ALL_BUT_KEY = frozenset(Outage.__dataclass_fields__) - {"key", "version"}


class FeedPromises(LiveContract):
    """What both kinds say of themselves."""

    plants: ClassVar[frozenset[type[Record]]] = frozenset({Outage, Operator})
    assigned: ClassVar = {Outage: _ALL_BUT_KEY}
    coarse_events: ClassVar[bool] = True

    async def plant(self, backend: Backend, records: Sequence[Record]) -> list[Record]:
        """Put outages into the server; an operator is nothing here but a key that others gave."""
        assert isinstance(backend, FeedBackend)
        stored: list[Record] = []
        for record in records:
            if isinstance(record, Outage):
                name = f"INC-{next(_NUMBERS)}"
                await self.tell(backend, name, record)
                await backend.look()
                stored.append(
                    next(one for one in await backend.outages() if one.origin and name in one.origin.foreign_id)
                )
            else:
                stored.append(replace(record, key=f"operator:{next(_NUMBERS)}"))
        return stored

    async def tell(self, backend: FeedBackend, name: str, outage: Outage) -> None:
        """Make the server tell of an outage."""
        raise NotImplementedError

    async def test_a_backend_can_be_opened_again(self, backend: Backend) -> None:
        """After closing and opening, what was seen is there, and listening works anew."""
        outage = await self.planted(backend, an_outage())
        await backend.close()
        await backend.open()
        assert outage in await backend.outages()
        async with self.listening(backend):
            pass


@pytest.mark.xdist_group("alertmanager")
class TestAlertmanager(FeedPromises, BackendContract):
    """The suite against the real server, as far as it goes."""

    server: Alertmanager

    @pytest_asyncio.fixture
    async def backend(self, alertmanager: Alertmanager) -> AsyncIterator[Backend]:  # type: ignore[override]
        """Yield a handle that has seen nothing yet."""
        self.server = alertmanager
        backend = open_alertmanager(alertmanager.url, name="noc", poll=0.1, options=_YEAR)
        await backend.open()
        yield backend
        await backend.close()

    async def tell(self, backend: FeedBackend, name: str, outage: Outage) -> None:
        """Post an alert; what was dismissed was raised first, and is silenced then."""
        if outage.state is OutageState.RESTORED:
            pytest.skip("Alertmanager keeps nothing that ended; a status page does")
        labels = {
            "incident": name,
            "town": "Poznan",
            "operator": ",".join(key.partition(":")[2] for key in outage.operator_keys),
        }
        severity = "minor" if outage.state is OutageState.SUSPECTED else "major"
        raised = alert("Outage", summary=outage.title, starts=outage.started_at, severity=severity, **labels)
        await asyncio.to_thread(self.server.post, [raised])
        if outage.state is OutageState.DISMISSED:
            await backend.look()
            await asyncio.to_thread(self.server.silence, "a false alarm", incident=name)
            await asyncio.to_thread(self.server.until_silenced, name)

    async def test_a_fixed_operator_is_there(self, backend: Backend) -> None:
        """A source of outages has no operators at all: it names those of others."""
        assert await backend.operators() == ()

    async def test_operators_round_trip(self, backend: Backend) -> None:  # type: ignore[override]
        """Operators are refused like everything else."""
        await self.refuses(backend, an_operator())


class TestStatuspage(FeedPromises, OutageContract):
    """What concerns outages, against the shapes of a status page; the refusals are those of every feed."""

    @pytest_asyncio.fixture
    async def backend(self) -> AsyncIterator[Backend]:
        """Yield a handle on an empty page."""
        self.incidents: list[dict[str, Any]] = []
        self.pages = Pages({})
        self._publish()
        async with self.pages.server as server:
            options = {"least_poll": 0, **_YEAR}
            backend = open_statuspage(f"statuspage+{server.url}/", name="page", poll=0.1, options=options)
            await backend.open()
            yield backend
            await backend.close()

    def _publish(self) -> None:
        self.pages.put("/api/v2/incidents.json", {"incidents": self.incidents})
        self.pages.put("/api/v2/scheduled-maintenances.json", {"scheduled_maintenances": []})

    async def tell(self, backend: FeedBackend, name: str, outage: Outage) -> None:
        """Put an incident on the page."""
        if outage.operator_keys:
            pytest.skip("a status page names no operators; Alertmanager does")
        states = {OutageState.SUSPECTED: "investigating", OutageState.CONFIRMED: "identified"}
        row = {
            "id": name,
            "name": f"Broadband: {outage.title}",
            "status": states.get(outage.state, "resolved"),
            "started_at": stamp(outage.started_at),
            "updated_at": stamp(datetime.now(UTC)),
            "resolved_at": stamp(outage.ended_at) if outage.ended_at else None,
        }
        self.incidents.append(row)
        self._publish()
