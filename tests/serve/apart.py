"""A server on a thread of its own, for testers that are not asynchronous."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from tests.serve.standing import Standing, standing


class Apart:
    """A running server; `close` ends it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._loop = asyncio.new_event_loop()
        self._up = threading.Event()
        self._done = asyncio.Event()
        self._standing: Standing | None = None
        self.token = ""
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        assert self._up.wait(30)

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        async with standing(self._folder) as found:
            self._standing, self.token = found, found.token()
            self._up.set()
            await self._done.wait()

    @property
    def base(self) -> str:
        """Where it listens, with a slash at the end."""
        assert self._standing is not None
        return self._standing.base

    def close(self) -> None:
        """End it."""
        self._loop.call_soon_threadsafe(self._done.set)
        self._thread.join(30)
