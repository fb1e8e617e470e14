"""What every request passes: who asks, how much and how often, how long, and what is counted.

Plain ASGI, so that a stream passes without being collected.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

from starlette.requests import Request

from backends.errors import BackendError, Busy, NotSignedIn, TimedOut
from backends.serve.answers import TooLarge, TooMany, refused
from backends.serve.callers import Caller, bearer, caller_with
from backends.serve.office import Limits, Office
from backends.wire import calls

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

PUBLIC = frozenset({"/health", "/ready", "/openapi.json"})
"""Paths that need no token and show nothing of anybody."""
STREAMS = frozenset({"/desk/v1/events"})
"""Paths whose answers last: they have a limit of their own."""
SLOW = frozenset(f"/desk/v1/{call.name}" for call in calls.CALLS if call.slow)
"""Paths whose work may take minutes."""
_TRACKED = 10_000
_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)


class Rate:
    """How often each may ask: a bucket that fills by the second; the longest silent ones are forgotten."""

    def __init__(self, limits: Limits) -> None:
        self._rate, self._burst = limits.rate, float(limits.burst)
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, who: str) -> None:
        """Count a request of `who`; raises TooMany with the seconds until the next one is welcome."""
        if self._rate <= 0:
            return
        now = time.monotonic()
        left, at = self._buckets.pop(who, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._rate)
        self._buckets[who] = (left - 1 if left >= 1 else left, now)
        if len(self._buckets) > _TRACKED:
            self._buckets.popitem(last=False)
        if left < 1:
            raise TooMany("more requests than this token may send", retry_after=(1 - left) / self._rate)


class Gate:
    """The ASGI application around all routes."""

    def __init__(self, app: ASGIApp, office: Office) -> None:
        self._app = app
        self._office = office
        self._rate = Rate(office.limits)
        self._working = 0
        office.metrics.gauge("cordboard_requests_working", "Requests worked on now.", lambda: self._working)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message.get("headers", ()), *_HEADERS]}
            await send(message)

        try:
            await self._passed(scope, receive, sending)
        except BackendError as error:
            if not status:
                await refused(error, native=not scope["path"].startswith("/tmf-api"))(scope, receive, sending)
        except Exception:
            if not status:  # answered and logged by `answers.failed`, which cannot keep Starlette from raising it again
                raise
        finally:
            route = scope.get("route")
            name = getattr(route, "path", "") or ("other" if scope["path"] not in PUBLIC else scope["path"])
            self._office.metrics.answered(_method(scope), name, status, time.perf_counter() - began)

    async def _passed(self, scope: Scope, receive: Receive, send: Send) -> None:
        limits = self._office.limits
        scope["body_seconds"] = limits.body_seconds
        client = scope.get("client")
        address = f"address {client[0]}" if client else "address"
        if scope["path"] in PUBLIC:
            self._rate.take(address)
        else:
            scope["caller"] = self._caller(scope, address)
        receive = _bounded(scope, receive, limits.body)
        if scope["path"] in STREAMS:
            await self._app(scope, receive, send)
            return
        caller: Caller | None = scope.get("caller")
        with self._office.seen_by(caller.roles if caller is not None else frozenset()):
            await self._worked(scope, receive, send)

    async def _worked(self, scope: Scope, receive: Receive, send: Send) -> None:
        limits = self._office.limits
        if self._working >= limits.at_once:
            raise Busy("too many requests at once", retry_after=1.0)
        self._working += 1
        try:
            async with asyncio.timeout(limits.slow_seconds if scope["path"] in SLOW else limits.seconds):
                await self._app(scope, receive, send)
        except TimeoutError:
            raise TimedOut("the request took too long") from None
        finally:
            self._working -= 1

    def _caller(self, scope: Scope, address: str) -> Caller:
        token = bearer(Request(scope).headers.get("authorization", ""))
        try:
            if not token:
                raise NotSignedIn("a bearer token is needed")
            caller = caller_with(token, self._office.ledger)
        except NotSignedIn:
            self._rate.take(address)  # guessing tokens is slow, also at once
            raise
        self._rate.take(f"token {caller.token}")
        return caller


def _bounded(scope: Scope, receive: Receive, limit: int) -> Receive:
    """Return `receive` that raises TooLarge instead of more than `limit` bytes; raises it at once where it is told."""
    declared = Request(scope).headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise TooLarge(f"at most {limit} bytes")
    read = 0

    async def receiving() -> Message:
        nonlocal read
        message = await receive()
        if message["type"] == "http.request":
            read += len(message.get("body", b""))
            if read > limit:
                raise TooLarge(f"at most {limit} bytes")
        return message

    return receiving


def _method(scope: Scope) -> str:
    known = ("GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS")
    return scope["method"] if scope["method"] in known else "OTHER"
