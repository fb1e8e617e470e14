"""A veil changes nothing for whom nothing is hidden, and for others nothing of what they may see."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from backends.contract import BackendContract
from backends.contract.batches import BatchContract
from backends.contract.linking import LinkContract
from backends.contract.reading import OutageContract, QueueContract
from backends.contract.searching import SearchContract
from backends.contract.words import TextSearchContract
from backends.memory import open_url as open_memory
from backends.port import Backend, MatchedOn
from backends.records import Area
from backends.sql import open_url
from backends.veil import Hides, Veil

MONEY_AND_PAPERS = Hides(frozenset({Area.PAYMENT, Area.DOCUMENTS}))


async def _opened(backend: Backend) -> AsyncIterator[Backend]:
    await backend.open()
    yield backend
    await backend.close()


class TestNothingHidden(BackendContract):
    """The whole suite, over the embedded store, with nothing hidden."""

    examples = 10

    @pytest_asyncio.fixture
    async def backend(self, tmp_path: Path) -> AsyncIterator[Backend]:  # type: ignore[override]  # a fixture's needs
        """Yield a veiled new store."""
        async for one in _opened(Veil(open_url(f"sqlite://{tmp_path}/desk.db"), Hides)):
            yield one

    async def second(self, backend: Backend) -> Backend:
        """Return another connection to the same file."""
        again = Veil(open_url(backend.url), Hides)
        await again.open()
        return again


class _Seen(BatchContract, LinkContract, SearchContract, TextSearchContract, QueueContract, OutageContract):
    """What concerns nothing hidden; the number of a contract finds nobody for whom payments are hidden."""

    examples = 10
    finds = frozenset(MatchedOn) - {MatchedOn.CONTRACT}


class TestMoneyHiddenInTheStore(_Seen):
    """Over the embedded store, which leaves out by itself."""

    @pytest_asyncio.fixture
    async def backend(self, tmp_path: Path) -> AsyncIterator[Backend]:  # type: ignore[override]  # a fixture's needs
        """Yield a veiled new store."""
        async for one in _opened(Veil(open_url(f"sqlite://{tmp_path}/desk.db"), lambda: MONEY_AND_PAPERS)):
            yield one

    async def second(self, backend: Backend) -> Backend:
        """Return another connection to the same file."""
        again = Veil(open_url(backend.url), lambda: MONEY_AND_PAPERS)
        await again.open()
        return again


class TestMoneyHiddenByTheVeil(_Seen):
    """Over a store that gives everything."""

    @pytest_asyncio.fixture
    async def backend(self) -> AsyncIterator[Backend]:
        """Yield a veiled store in memory."""
        async for one in _opened(Veil(open_memory("memory://"), lambda: MONEY_AND_PAPERS)):
            yield one
