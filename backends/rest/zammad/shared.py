"""What all handles on one Zammad in this process share: who writes, what was written, which version a record has.

The server locks a row while it writes and compares nothing: whether somebody was faster is for us to find out. Within
this process one batch and one record are written at a time; between processes a moment stays between the look and the
write, which only the server could close.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import TypeVar
from weakref import WeakValueDictionary

from backends.port import Receipt
from backends.records import Customer, Key, Ticket
from backends.rest.zammad.site import Recent

T = TypeVar("T", Customer, Ticket)

TAGS, LINKS = "tags", "links"
"""Codes of the details that are not attributes: a ticket's tags, and the tickets that it is linked with."""
_RECEIPTS = 2_000
_VERSIONS = 20_000


class Shared:
    """Locks, receipts and versions of one server."""

    def __init__(self) -> None:
        self.receipts: Recent[Receipt] = Recent(_RECEIPTS)
        self.began = time.monotonic()
        """Since when we know what was tried: an attempt before that may still be on its way into the search."""
        self.doubtful: Recent[float] = Recent(_RECEIPTS)
        """Batches whose creation of a customer may have been stored, and when (`time.monotonic`) it was tried."""
        self.made: Recent[int] = Recent(_RECEIPTS)
        """Which user each such step made, as long as the server's search may not know."""
        self._versions: Recent[Customer | Ticket] = Recent(_VERSIONS)
        self._locks: WeakValueDictionary[tuple[int, str], asyncio.Lock] = WeakValueDictionary()

    def settled(self, record: Ticket) -> Ticket:
        """Return a ticket with the version that its content has.

        The server counts every article as a change of its ticket; a ticket whose own content is the same keeps the
        version that it had, so that a note of a colleague stops nobody from closing it.
        """
        return self._settled(record, plain(record))

    def version_of(self, key: Key) -> int:
        """Return the version that a record had when this process last read it, 0 when it never did."""
        known = self._versions.get(key)
        return known.version if known is not None else 0

    def settled_customer(self, record: Customer) -> Customer:
        """Return a customer with the version that its content has: every ticket counts as a change of its customer."""
        return self._settled(record, record)

    def _settled(self, record: T, content: T) -> T:
        content = replace(content, version=0)
        known = self._versions.get(record.key)
        if known is not None and replace(known, version=0) == content and known.version <= record.version:
            return replace(record, version=known.version)
        if known is None or known.version <= record.version:
            self._versions.keep(record.key, replace(content, version=record.version))
        return record

    @asynccontextmanager
    async def alone(self, names: Iterable[str]) -> AsyncIterator[None]:
        """Hold all these names for oneself; taken in one order, so that no two wait for each other."""
        loop = id(asyncio.get_running_loop())
        async with AsyncExitStack() as held:
            for name in sorted(set(names)):
                lock = self._locks.setdefault((loop, name), asyncio.Lock())
                await held.enter_async_context(lock)
            yield


def plain(ticket: Ticket) -> Ticket:
    """Return a ticket without what only some ways of reading bring: description, tags, links, who spoke when."""
    details = tuple(each for each in ticket.details if each[0] not in (TAGS, LINKS))
    return replace(ticket, description="", details=details, taken_in_charge_at=None, held_since=None, opened_by="")


_SERVERS: WeakValueDictionary[str, Shared] = WeakValueDictionary()


def shared_by(base: str) -> Shared:
    """Return what the handles on this server share."""
    found = _SERVERS.get(base)
    if found is None:
        found = _SERVERS[base] = Shared()
    return found


def only_key(kind: str, key: Key) -> int:
    """Return the number in a key such as `ticket:12`; 0 for any other text."""
    head, _, tail = key.partition(":")
    fits = head == kind and tail.isascii() and tail.isdigit() and not tail.startswith("0") and len(tail) < 19
    return int(tail) if fits else 0
