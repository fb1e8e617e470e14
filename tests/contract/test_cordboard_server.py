"""What is served keeps every promise of the port: a client over a real socket, a server, a database in a file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from backends.contract import BackendContract
from backends.port import Backend
from tests.serve.standing import Standing, standing


class TestCordboardServer(BackendContract):
    """The suite, through uvicorn and back, on a file of its own for each test."""

    examples = 10  # the store behind it is tried with as many as usual

    @pytest_asyncio.fixture
    async def served(self, tmp_path: Path) -> AsyncIterator[Standing]:
        """Run a server on a free port."""
        async with standing(tmp_path) as found:
            yield found

    @pytest_asyncio.fixture
    async def backend(self, served: Standing) -> AsyncIterator[Backend]:  # type: ignore[override]  # a fixture's needs
        """Yield a client of an empty store."""
        self._served = served
        backend = served.client()
        await backend.open()
        yield backend
        await backend.close()

    async def second(self, backend: Backend) -> Backend:
        """Return another client, as another console has it."""
        again = self._served.client()
        await again.open()
        return again
