"""Listening to a backend for as long as the console runs: what changed, and when the line to it is lost and back."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

from backends.errors import BackendError, Unsupported
from backends.events import Event, Resync
from backends.port import Backend, Capability

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0


async def listen(
    backend: Backend,
    hear: Callable[[Event], None],
    lost: Callable[[BackendError], None] | None = None,
    since: str | None = None,
) -> None:
    """Call `hear` for each event until cancelled; after a loss call `lost`, wait ever longer, resume at the cursor.

    `since` is the cursor to begin at, None for now.

    Before each new try a `Resync` is heard: what is shown as stale is read again at once, and not when something
    happens to change next.
    """
    if Capability.LIVE not in backend.capabilities:
        return
    cursor = since
    pause = FIRST_PAUSE
    while True:
        try:
            async for event in backend.events(cursor):
                cursor = event.cursor or cursor
                pause = FIRST_PAUSE
                hear(event)
            return
        except Unsupported:
            return
        except BackendError as error:
            if lost is not None:
                lost(error)
            await asyncio.sleep(pause * random.uniform(0.7, 1.3))  # noqa: S311 (spreads consoles that lost one server)
            pause = min(pause * 2, LONGEST_PAUSE)
            hear(Resync())
