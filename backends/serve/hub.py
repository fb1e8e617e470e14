"""Callbacks: whoever cannot hold a stream open is told by a POST, a few times over if it does not answer.

A server that sends requests where a caller says can be made to knock at doors inside its own network. So a callback is
https to a public address, or its host was named by whoever runs the server; it is looked up anew for each delivery,
and exactly the address that was checked is spoken to. Redirects are not followed, answers are not read.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import secrets
import socket
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from backends import wire
from backends.errors import BackendError, Invalid
from backends.events import Event, OutageChanged, Resync
from backends.serve.callers import Right, rights_of
from backends.serve.fan import Fan
from backends.serve.ledger import Hook, Ledger
from backends.serve.metrics import Metrics

FORM = "desk"
"""The form of the events that the port's own callbacks get."""
TRIES = (0.0, 2.0, 10.0, 60.0, 300.0)
"""Seconds before each try to deliver one event."""
_MOST_HOOKS = 20
_QUEUED = 500
_SECONDS = 10.0

log = logging.getLogger("cordboard.serve")
Words = Callable[[Hook, Event], Any]
"""What a form makes of an event for a callback: JSON values, or None when it does not concern it; may be awaited."""


def check_callback(url: object, hosts: frozenset[str]) -> str:
    """Return a callback's URL; raises Invalid for one that is not https and not to one of `hosts`."""
    if not isinstance(url, str) or len(url) > 2_000:
        raise Invalid("callback", "type", "a URL is needed")
    try:
        parts = urlsplit(url)
        _port = parts.port
    except ValueError:
        raise Invalid("callback", "url", "the URL cannot be read") from None
    host = parts.hostname or ""
    if not host or parts.username or parts.password or not url.isprintable():
        raise Invalid("callback", "url", "a URL with a host and without a password is needed")
    if host in hosts and parts.scheme in ("http", "https"):
        return url
    if parts.scheme != "https":
        raise Invalid("callback", "not_https", "https is needed, or a host that the server was told to allow")
    with suppress(ValueError):
        if not ipaddress.ip_address(host).is_global:
            raise Invalid("callback", "not_public", "an address inside a network")
    return url


async def address_of(url: str, hosts: frozenset[str]) -> tuple[str, str]:
    """Return the URL with the host's address in its place, and the host; raises Invalid when that is not public."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    loop = asyncio.get_running_loop()
    found = [row[4][0] for row in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if host not in hosts and not all(ipaddress.ip_address(each).is_global for each in found):
        raise Invalid("callback", "not_public", "the host is inside a network")
    address = f"[{found[0]}]" if ":" in str(found[0]) else str(found[0])
    return parts._replace(netloc=f"{address}:{port}").geturl(), host


class Hub:
    """Delivers events to callbacks; each has a queue of its own, and one that is full loses the oldest."""

    def __init__(
        self,
        ledger: Ledger,
        fan: Fan,
        metrics: Metrics,
        hosts: frozenset[str],
        seen_by: Callable[[frozenset[str]], AbstractContextManager[None]],
    ) -> None:
        self._ledger = ledger
        self._seen_by = seen_by
        self._fan = fan
        self.hosts = hosts
        self.forms: dict[str, Words] = {FORM: _native}
        self._queues: dict[str, asyncio.Queue[Event]] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._listening: asyncio.Task[None] | None = None
        self.delivered = 0
        self.given_up = 0
        metrics.gauge("cordboard_callbacks_delivered_total", "Events delivered.", lambda: self.delivered)
        metrics.gauge("cordboard_callbacks_lost_total", "Events given up on.", lambda: self.given_up)

    def start(self) -> None:
        """Begin to deliver to what was registered before, and to what will be."""
        self._listening = asyncio.create_task(self._listen(), name="callbacks")

    async def stop(self) -> None:
        """Stop delivering; what is queued is lost, as it is for a stream that ends."""
        tasks = [*self._tasks.values(), *([self._listening] if self._listening else [])]
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def add(self, owner: str, form: str, callback: object, query: str = "") -> Hook:
        """Keep a callback; raises Invalid for an address that may not be called, or when there are too many."""
        url = check_callback(callback, self.hosts)
        if sum(hook.owner == owner for hook in self._ledger.hooks()) >= _MOST_HOOKS:
            raise Invalid("callback", "too_many", f"at most {_MOST_HOOKS} callbacks for one token")
        return self._ledger.add_hook(owner, form, url, query)

    def remove(self, owner: str, form: str, hook_id: str) -> None:
        """Drop a callback; raises NotFound."""
        self._ledger.remove_hook(owner, form, hook_id)
        task = self._tasks.pop(hook_id, None)
        self._queues.pop(hook_id, None)
        if task is not None:
            task.cancel()

    async def _listen(self) -> None:
        with suppress(BackendError):
            async with self._fan.listener() as events:
                async for event in events:
                    for hook in self._ledger.hooks():
                        if self._may_hear(hook, event):
                            self._queue(hook, event)

    def _may_hear(self, hook: Hook, event: Event) -> bool:
        roles = self._ledger.roles_of(hook.owner)
        rights = rights_of(roles)
        return Right.READ in rights or (Right.WATCH in rights and isinstance(event, OutageChanged | Resync))

    def _queue(self, hook: Hook, event: Event) -> None:
        queue = self._queues.setdefault(hook.id, asyncio.Queue(_QUEUED))
        if queue.full():
            queue.get_nowait()
            self.given_up += 1
        queue.put_nowait(event)
        if hook.id not in self._tasks or self._tasks[hook.id].done():
            self._tasks[hook.id] = asyncio.create_task(self._deliver(hook, queue), name=f"callback {hook.id}")

    async def _deliver(self, hook: Hook, queue: asyncio.Queue[Event]) -> None:
        words = self.forms.get(hook.form)
        async with httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=_SECONDS) as client:
            while words is not None:
                event = await queue.get()
                try:
                    with self._seen_by(frozenset(self._ledger.roles_of(hook.owner))):
                        body = words(hook, event)
                        if hasattr(body, "__await__"):
                            body = await body
                except BackendError:
                    body = None
                if body is not None:
                    await self._post(client, hook, body)

    async def _post(self, client: httpx.AsyncClient, hook: Hook, body: Mapping[str, Any]) -> None:
        """Deliver one event, with some patience."""
        for wait in TRIES:
            await asyncio.sleep(wait)
            try:
                url, host = await address_of(hook.callback, self.hosts)
                headers = {"Host": urlsplit(hook.callback).netloc, "Content-Type": "application/json"}
                async with asyncio.timeout(_SECONDS), client.stream(
                    "POST", url, content=wire.dumps(body), headers=headers, extensions={"sni_hostname": host}
                ) as answer:  # fmt: skip
                    if answer.status_code < 500 and answer.status_code != 429:
                        self.delivered += 1
                        return
            except (httpx.HTTPError, OSError, TimeoutError, Invalid) as error:
                log.info("callback %s: %s", hook.id, type(error).__name__)
        self.given_up += 1


def _native(_hook: Hook, event: Event) -> dict[str, Any]:
    """Return an event as the stream carries it, with an id to recognise a repetition by."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return {"id": secrets.token_hex(8), "time": now, "event": wire.EVENT.plain(event)}
