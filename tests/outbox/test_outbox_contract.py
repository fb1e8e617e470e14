"""An outbox keeps every promise of the port when the line is good."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from backends.contract import BackendContract
from backends.memory import MemoryBackend
from backends.offline import Kept
from backends.outbox import Outbox
from backends.port import Backend
from backends.sql import open_url


class TestOutboxOverMemory(BackendContract):
    """The suite over dictionaries behind an outbox; the second handle is another console on the same journal."""

    examples = 15  # the store behind it is tried with as many as usual

    @pytest_asyncio.fixture
    async def backend(self, tmp_path: Path) -> AsyncIterator[Backend]:  # type: ignore[override]  # a fixture's needs
        """Yield an outbox before an empty store."""
        outbox = Outbox(MemoryBackend(), tmp_path / "box.db", agent="ola")
        await outbox.open()
        yield outbox
        await outbox.close()

    async def second(self, backend: Backend) -> Backend:
        """Return a second outbox on the same journal and the same dictionaries."""
        assert isinstance(backend, Outbox)
        assert isinstance(backend.inner, MemoryBackend)
        another = Outbox(backend.inner.another(), backend.ledger.journal.path, agent="ola")
        await another.open()
        return another


class TestOutboxOverSqlite(BackendContract):
    """The suite over a file behind an outbox that keeps what was read; the second handle is another agent's."""

    examples = 8  # the store behind it is tried with as many as usual

    @pytest_asyncio.fixture
    async def backend(self, tmp_path: Path) -> AsyncIterator[Backend]:  # type: ignore[override]  # a fixture's needs
        """Yield an outbox before a new file."""
        kept = Kept(open_url(f"sqlite://{tmp_path}/desk/desk.db"), tmp_path / "kept.db", keep=True)
        outbox = Outbox(kept, tmp_path / "box.db", agent="ola")
        await outbox.open()
        yield outbox
        await outbox.close()

    async def second(self, backend: Backend) -> Backend:
        """Return another agent's outbox before the same file."""
        assert isinstance(backend, Outbox)
        journal = backend.ledger.journal.path.with_name("other.db")
        again = Outbox(open_url(backend.url), journal, agent="jan")
        await again.open()
        return again
