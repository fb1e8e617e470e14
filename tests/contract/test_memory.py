"""The reference implementation keeps every promise of the port."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from backends.contract import BackendContract
from backends.memory import MemoryBackend, open_url
from backends.port import Backend


class TestMemory(BackendContract):
    """The suite over dictionaries."""

    @pytest_asyncio.fixture
    async def backend(self) -> AsyncIterator[Backend]:
        """Yield an empty store."""
        backend = open_url("memory:")
        await backend.open()
        yield backend
        await backend.close()

    async def second(self, backend: Backend) -> Backend:
        """Return another handle on the same dictionaries."""
        assert isinstance(backend, MemoryBackend)
        another = backend.another()
        await another.open()
        return another
