"""The embedded store keeps every promise of the port."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from backends.contract import BackendContract
from backends.port import Backend
from backends.sql import open_url


class TestSqlite(BackendContract):
    """The suite, on a file of its own for each test."""

    @pytest_asyncio.fixture
    async def backend(self, tmp_path: Path) -> AsyncIterator[Backend]:  # type: ignore[override]  # a fixture's needs
        """Yield a new store."""
        backend = open_url(f"sqlite://{tmp_path}/desk/desk.db")
        await backend.open()
        yield backend
        await backend.close()

    async def second(self, backend: Backend) -> Backend:
        """Return another connection to the same file, as another process has it."""
        again = open_url(backend.url)
        await again.open()
        return again
