"""What every route may use: the backend, who listens, what was asked once, what is counted, and the limits."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TypeVar

from backends import clean
from backends.errors import BackendError, Busy, Invalid, Refused
from backends.port import Backend
from backends.records import Area
from backends.serve.callers import Caller
from backends.serve.fan import Fan
from backends.serve.hub import Hub
from backends.serve.ledger import Ledger
from backends.serve.metrics import Metrics
from backends.veil import Hides, Veil

T = TypeVar("T")
_EVERYTHING = Hides(frozenset(Area))
_HIDDEN: ContextVar[Hides] = ContextVar("hidden", default=_EVERYTHING)
LONGEST_KEY = 200
"""Characters of an idempotency key."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one server takes upon itself; 0 requests a second is without a limit."""

    body: int = 8 * 2**20
    """Bytes of a request's body."""
    rate: float = 50.0
    """Requests a second that one token may send for long."""
    burst: int = 200
    """Requests that it may send at once."""
    at_once: int = 64
    """Requests that are worked on at the same time; further ones are told to come again."""
    listeners: int = 2_000
    """Streams that are open at the same time."""
    headers_seconds: float = 10.0
    """How long the head of a request may take."""
    body_seconds: float = 30.0
    seconds: float = 60.0
    """How long a request may take in all."""
    slow_seconds: float = 600.0
    """The same for checking the trail, exporting and forgetting."""
    alive_seconds: float = 15.0
    """How often a silent stream says that it is alive."""
    stalled_seconds: float = 30.0
    """How long a stream waits for a listener who does not read."""
    closing_seconds: float = 10.0
    """How long a server that ends waits for what it is doing."""


class StillRunning(Busy):
    """The same request is being worked on; its answer is to be asked for again."""


class OtherBody(Invalid):
    """The same idempotency key came with another body."""

    def __init__(self) -> None:
        super().__init__("idempotency_key", "other_body", "this key was used for another request within 24 hours")


@dataclass
class Office:
    """One server's parts, given to all routes."""

    backend: Backend
    ledger: Ledger
    limits: Limits = Limits()
    version: str = ""
    callback_hosts: frozenset[str] = frozenset()
    """Hosts that callbacks may go to though they are inside the network, or speak plain http."""
    hides: Callable[[frozenset[str]], Hides] | None = None
    """What is hidden from somebody with these roles (R41); None hides nothing from anybody."""
    metrics: Metrics = field(default_factory=Metrics)
    closing: bool = False
    """Whether the server is ending: it is not ready for new work."""
    streams: int = 0
    """Streams open now."""

    def __post_init__(self) -> None:
        if self.hides is not None:
            self.backend = Veil(self.backend, _HIDDEN.get)
        self.fan = Fan(self.backend)
        self.hub = Hub(self.ledger, self.fan, self.metrics, self.callback_hosts, self.seen_by)
        self._running: dict[tuple[str, str], asyncio.Event] = {}
        self.metrics.gauge("cordboard_listeners", "Streams open now.", lambda: self.streams)
        self.metrics.gauge("cordboard_events_total", "Events heard from the backend.", lambda: self.fan.told)

    @contextmanager
    def seen_by(self, roles: frozenset[str]) -> Iterator[None]:
        """Show within the block what these roles may see, in the task that runs it; outside it everything is hidden."""
        token = _HIDDEN.set(self.hides(roles) if self.hides is not None else Hides())
        try:
            yield
        finally:
            _HIDDEN.reset(token)

    def start(self) -> None:
        """Begin to hear what happens."""
        self.fan.start()
        self.hub.start()

    def end(self) -> None:
        """Take no new work, and let the streams end."""
        self.closing = True
        self.fan.end()

    async def stop(self) -> None:
        """Stop everything that `start` began."""
        self.end()
        await self.hub.stop()
        await self.fan.stop()

    async def once(self, caller: Caller, key: str, content: bytes, work: Callable[[], Awaitable[T]]) -> T:
        """Return what `work` returns, held for 24 hours against `key` of this caller; without a key, simply do it.

        The backend itself keeps a repeated batch from being stored twice (`Caller.own_key` in
        `Batch.idempotency_key`); this keeps one key from meaning two things. Raises OtherBody (422) when `content` is
        another than before, StillRunning (409) when the first request does not end within seconds.
        """
        if not key:
            return await work()
        if len(key) > LONGEST_KEY or key != clean.line(key):
            raise Invalid("idempotency_key", "length", f"at most {LONGEST_KEY} printable characters")
        owner, digest = caller.agent, hashlib.sha256(content).digest()
        await self._its_turn((owner, key))
        known = self.ledger.remembered(owner, key)
        if known is not None and known != digest:
            raise OtherBody
        self._running[owner, key] = asyncio.Event()
        try:
            if known is None:
                self.ledger.remember(owner, key, digest)
            return await work()
        except BackendError as error:
            if known is None and isinstance(error, Refused):
                self.ledger.unremember(owner, key)
            raise
        finally:
            self._running.pop((owner, key)).set()

    async def _its_turn(self, key: tuple[str, str]) -> None:
        try:
            async with asyncio.timeout(min(5.0, self.limits.seconds / 2)):
                while key in self._running:
                    await self._running[key].wait()
        except TimeoutError:
            raise StillRunning("the same request is still being worked on", retry_after=1.0) from None
