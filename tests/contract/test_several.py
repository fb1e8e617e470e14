"""The desk over several sources keeps every promise of the port that its home store keeps."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from backends.contract import BackendContract
from backends.memory import MemoryBackend
from backends.port import Backend
from console.desk.several import Several
from tests.several_stage import HELPDESK


class TestSeveral(BackendContract):
    """A home store and a helpdesk in which nobody is yet."""

    examples = 15  # both stores are tried whole on their own

    @pytest_asyncio.fixture
    async def backend(self) -> AsyncIterator[Backend]:
        """Yield both as one."""
        several = Several(MemoryBackend(name="own"), {"desk": MemoryBackend(name="desk", capabilities=HELPDESK)})
        await several.open()
        yield several
        await several.close()

    async def second(self, backend: Backend) -> Backend:
        """Return another desk over the same two stores."""
        assert isinstance(backend, Several)
        stores = [member.backend for member in backend.members.values()]
        home, far = (MemoryBackend(store=one.store, name=one.name) for one in stores if isinstance(one, MemoryBackend))
        again = Several(home, {"desk": far})
        await again.open()
        return again
