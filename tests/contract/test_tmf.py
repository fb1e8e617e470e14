"""The TM Forum client keeps the promises of the port over a real socket, against our own server on a real database."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import ClassVar

import pytest
import pytest_asyncio

from backends.contract import BackendContract, Contract
from backends.contract.batches import BatchContract
from backends.contract.history import HistoryContract
from backends.contract.reading import OutageContract, QueueContract, ReadContract
from backends.contract.samples import an_operator
from backends.contract.storing import RoundTripContract
from backends.port import Backend, Batch, MatchedOn, Put
from backends.records import TicketEvent
from backends.rest.tmf import open_url
from backends.rest.tmf.backend import TmfBackend
from tests.serve.standing import Standing, standing

OPERATOR = an_operator(code="nord", name="Nord")
_STANDING: dict[str, tuple[Standing, str]] = {}


def client_of(url: str, token: str, version: int, **options: object) -> TmfBackend:
    """Return a client of a server, not opened yet."""
    secret = json.dumps({"kind": "token", "token": token})
    operator = {"code": "nord", "name": "Nord", "country": "PL", "language": "pl", "time_zone": "Europe/Warsaw"}
    return open_url(
        f"tmf+{url}", name="tmf", secret=lambda: secret, poll=0.1, deadline=30.0,
        options={"version": version, "operator": operator, **options},
    )  # fmt: skip


class TmfWire(Contract):
    """What both versions share: a server in this process, and what the standard cannot do."""

    version: ClassVar[int] = 4
    patience = 20.0
    examples = 8
    large = 60
    unchanging = frozenset({TicketEvent})
    atomic = False
    coarse_events = True
    finds = frozenset({
        MatchedOn.NAME, MatchedOn.NUMBER, MatchedOn.PHONE, MatchedOn.EMAIL, MatchedOn.TICKET, MatchedOn.PLACE,
        MatchedOn.POSTCODE,
    })  # fmt: skip

    @pytest_asyncio.fixture
    async def backend(self, tmp_path: Path) -> AsyncIterator[Backend]:  # type: ignore[override]  # a fixture's needs
        """Yield a client of a new server."""
        async with standing(tmp_path) as server:
            await server.office.backend.write(Batch((Put(OPERATOR),), actor="ola"))
            token = server.token()
            backend = client_of(server.base, token, self.version)
            _STANDING[backend.url] = server, token
            await backend.open()
            yield backend
            await backend.close()
            del _STANDING[backend.url]

    async def second(self, backend: Backend) -> Backend:
        """Return another client of the same server."""
        server, token = _STANDING[backend.url]
        again = client_of(server.base, token, self.version)
        await again.open()
        return again


@pytest.mark.xdist_group("tmf")
class TestTmfVersion4(TmfWire, BackendContract):
    """The whole suite in wire version 4."""

    # that no text is searched is seen by the other tests: eighty hostile texts would add nothing
    test_a_text_search_is_data = None  # type: ignore[assignment]  # pytest collects only functions


@pytest.mark.xdist_group("tmf")
class TestTmfVersion5(
    TmfWire, RoundTripContract, BatchContract, ReadContract, HistoryContract, QueueContract, OutageContract
):
    """Wire version 5; only the wire is another, so that the parts on what records hold are enough."""

    version = 5
    examples = 4
    large = 20
