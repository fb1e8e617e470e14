"""The live stream: events as server-sent events, with cursors to resume from and signs of life."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from backends import wire
from backends.errors import Busy
from backends.events import Event, OutageChanged, Resync
from backends.serve.callers import Caller, Right
from backends.serve.office import Office

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

CONTENT_TYPE = b"text/event-stream; charset=utf-8"
_RETRY = 1_000
"""Milliseconds after which a browser-like client comes back by itself."""


@lru_cache(maxsize=256)
def written(event: Event) -> bytes:
    """Return an event as the stream carries it; made once for all who listen."""
    plain = wire.EVENT.plain(event)
    cursor = "".join(event.cursor.splitlines()).replace("\0", "")
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (cursor.encode(), plain[wire.TAG].encode(), wire.dumps(plain))


class Stream:
    """An answer that lasts: it ends with the server, with the client, or with the token."""

    def __init__(self, office: Office, caller: Caller, since: str | None) -> None:
        self._office = office
        self._caller = caller
        self._since = since

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send what happens until somebody has enough."""
        if self._office.streams >= self._office.limits.listeners:
            raise Busy("too many listen already", retry_after=5.0)
        self._office.streams += 1
        try:
            await self._told(receive, send)
        finally:
            self._office.streams -= 1

    async def _told(self, receive: Receive, send: Send) -> None:
        async with self._office.fan.listener(self._since) as events:
            headers = [(b"content-type", CONTENT_TYPE), (b"x-accel-buffering", b"no")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            left = asyncio.ensure_future(_left(receive))
            try:
                with suppress(TimeoutError):
                    await self._send(send, f"retry: {_RETRY}\n: listening\n\n".encode())
                    await self._tell(events, send, left)
                    await self._send(send, b"", more=False)
            finally:
                left.cancel()
                await asyncio.gather(left, return_exceptions=True)

    async def _tell(self, events: AsyncIterator[Event], send: Send, left: asyncio.Future[None]) -> None:
        """Send events and, in silence, signs of life; return when it is over."""
        coming = asyncio.ensure_future(_next(events))
        alive = self._office.limits.alive_seconds
        waited_for: set[asyncio.Future[Any]] = {left}
        looked = time.monotonic()
        try:
            while True:
                await asyncio.wait({*waited_for, coming}, timeout=alive, return_when=asyncio.FIRST_COMPLETED)
                if time.monotonic() - looked >= alive:
                    looked = time.monotonic()
                    if not self._office.ledger.roles_of(self._caller.token):
                        return
                if left.done():
                    return
                if not coming.done():
                    await self._send(send, b": alive\n\n")
                    continue
                event = coming.result()
                if event is None:
                    return
                coming = asyncio.ensure_future(_next(events))
                if self._may_hear(event):
                    await self._send(send, written(event))
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)

    def _may_hear(self, event: Event) -> bool:
        return isinstance(event, OutageChanged | Resync) or self._caller.may(Right.READ)

    async def _send(self, send: Send, body: bytes, *, more: bool = True) -> None:
        """Send a piece; raises TimeoutError when the client does not take it."""
        async with asyncio.timeout(self._office.limits.stalled_seconds):
            await send({"type": "http.response.body", "body": body, "more_body": more})


async def _next(events: AsyncIterator[Event]) -> Event | None:
    return await anext(events, None)


async def _left(receive: Receive) -> None:
    message: Message = {}
    while message.get("type") != "http.disconnect":
        message = await receive()
