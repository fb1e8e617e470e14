"""One request over the line and its answer: measured, noted, under the body's limit, every fault in our words.

Faults of the library are told apart and then dropped, never chained: the frames that their tracebacks lead through
hold headers, and a crash report prints what a frame holds.
"""

from __future__ import annotations

import errno
import os
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from backends import clean
from backends.errors import Unavailable
from backends.rest.access import Access, origin_of
from backends.rest.answers import Body, Unreadable
from backends.rest.exchanges import Exchange, Exchanges, shown_path
from backends.rest.refusals import DETAIL_LIMIT, what_it_says
from backends.rest.signing import Headers, in_thread

if TYPE_CHECKING:
    import httpx

    from backends.rest.wiring import Trust

SILENCE = 45.0
"""Seconds without a byte after which a stream counts as broken: servers send a comment every 15."""
_CAUSES = 8  # a chain of causes is looked at this deep


class Unsent(Unavailable):
    """There was no connection: the request cannot have reached the server."""


class Unusable(Unavailable):
    """The answer came and cannot be used; the same request would bring the same."""


@dataclass(slots=True)
class Reply:
    """What came back, of any status; `response` is set in place of the body where the body is a stream."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    """By name in lower case; of names that repeat, the values are joined by commas."""
    body: bytes = field(repr=False)
    url: str = field(repr=False)
    response: httpx.Response | None = field(default=None, repr=False)


class Line:
    """Sends requests through one client."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        access: Access,
        scrub: Callable[[str], str],
        exchanges: Exchanges,
        trust: Trust,
    ) -> None:
        self._trust = trust
        self._client = client
        self.access = access
        self._scrub = scrub
        self._exchanges = exchanges

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    async def transfer(
        self, method: str, url: str, headers: Headers, content: bytes | None = None, *, streamed: bool = False
    ) -> Reply:
        """Return the reply of whatever status; raises Unavailable: Unsent, or Unusable when it came and is no use.

        With `streamed` an answer of 200 is returned before its body, for the caller to read and to close.
        """
        began, at = time.monotonic(), datetime.now(UTC)
        reply: Reply | None = None
        failure: Unavailable | None = None
        try:
            reply = await self._sent(method, url, headers, content, streamed)
        except Unreadable as error:
            failure = Unusable(str(error), source=self.access.name)
        except Exception as error:  # all of the library's faults, and those that it lets through
            failure = self._fault(error)
        finally:
            said = self._said(reply, failure)
            status = reply.status if reply else None
            path = shown_path(url) if origin_of(url) == self.access.origin else urlsplit(url).netloc + shown_path(url)
            self._exchanges.append(Exchange(at, method, path, status, time.monotonic() - began, said))
        if reply is None:
            assert failure is not None
            raise failure
        return reply

    async def _sent(self, method: str, url: str, headers: Headers, content: bytes | None, streamed: bool) -> Reply:
        if url.startswith("https:") and not self._trust.loaded:
            await in_thread(self._trust.load, "authorities")
        written = [(name.encode(), value.encode()) for name, value in headers.items()]
        request = self._client.build_request(method, url, headers=written, content=content)
        if streamed:
            request.extensions["timeout"] = {**request.extensions["timeout"], "read": SILENCE}
        response = await self._client.send(request, stream=True)
        given = {name.lower(): value for name, value in response.headers.items()}
        if streamed and response.status_code == 200:
            if given.get("content-encoding", "").strip().lower() in ("", "identity"):
                return Reply(200, given, b"", url, response)
            await response.aclose()
            raise Unreadable("the stream is compressed, which was not asked for")
        try:
            body = Body(
                self.access.body_limit, given.get("content-encoding", "") if _has_body(method, response) else ""
            )
            async for piece in response.aiter_raw():
                body.add(piece)
            return Reply(response.status_code, given, body.whole(), url)
        finally:
            await response.aclose()

    def _said(self, reply: Reply | None, failure: Unavailable | None) -> str:
        if failure is not None:
            return failure.detail
        if reply is None:
            return "no answer"
        return what_it_says(reply.headers, reply.body, self._scrub) if reply.status >= 400 else ""

    def _fault(self, error: Exception) -> Unavailable:
        """Return what a fault of the library is; its text is kept only where it cannot quote a header."""
        import httpx

        kind = Unavailable
        if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)):
            kind = Unsent
        says = type(error).__name__
        if isinstance(error, httpx.TransportError) and not isinstance(error, httpx.LocalProtocolError):
            says = _reason(error) or says
        return kind(clean.line(self._scrub(says), limit=DETAIL_LIMIT), source=self.access.name)


def _has_body(method: str, response: httpx.Response) -> bool:
    return method != "HEAD" and response.status_code not in (204, 304)


def _reason(error: BaseException) -> str:
    """Return the words of the system's error under `error`, else its own, if it has any."""
    says = str(error)
    seen: BaseException | None = error
    for _step in range(_CAUSES):
        if isinstance(seen, ssl.SSLError):
            return seen.reason or str(seen)
        if isinstance(seen, OSError) and seen.errno:
            says = os.strerror(seen.errno) if seen.errno in errno.errorcode else seen.strerror or says
        if seen is None:
            break
        below = getattr(seen, "exceptions", None)
        seen = below[0] if below else seen.__cause__ or seen.__context__
    return says
