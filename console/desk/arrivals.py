"""Looks whether something came in for a customer since the agent last looked at them (R32)."""

from __future__ import annotations

import asyncio

from backends.errors import BackendError
from backends.records import Contact, Key
from console.desk.desk import Desk
from console.desk.picture import EVERYTHING, Picture
from console.rules.arrivals import arrived

PAGE = 40
"""Entries looked at: more than can come in while one answer is written."""
PATIENCE = 2.0
"""Seconds that a look may take; a source that is slower holds up no answer."""


class Arrivals:
    """What a form about a customer was begun without: everything that is not in the picture it was begun from."""

    def __init__(self, desk: Desk, picture: Picture) -> None:
        self._desk = desk
        self._customer = picture.key
        self._seen: set[Key] = {one.key for one in picture.entries}
        self._seen |= {one.key for one in picture.file.recent_inbound}
        self._since = picture.entries[-1].at if picture.entries and picture.after is not None else None
        self._filtered = picture.only != EVERYTHING

    async def begin(self) -> None:
        """Look at what a filter keeps out of the picture; nothing to do without a filter."""
        if self._filtered:
            self._seen |= {one.key for one in await self._newest()}
            self._since = None

    async def look(self) -> tuple[Contact, ...]:
        """Return what arrived and was not returned before, newest first, the newest with its whole text.

        A source that does not answer in time says nothing: then nothing is held up.
        """
        news = await self._newest()
        self._seen |= {one.key for one in news}
        if news and not news[0].whole:
            try:
                news = (await self._desk.body(news[0].key), *news[1:])
            except BackendError:
                return news
        return news

    async def _newest(self) -> tuple[Contact, ...]:
        try:
            page = await asyncio.wait_for(self._desk.backend.timeline(self._customer, limit=PAGE), PATIENCE)
        except (BackendError, TimeoutError):
            return ()
        return arrived(page.rows, self._seen, self._desk.agent, self._since)
