"""The port over a TM Forum server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from backends.errors import Invalid
from backends.events import Event
from backends.port import (
    Batch,
    Capability,
    CustomerFile,
    Match,
    OutageFilter,
    Page,
    QueueFilter,
    Receipt,
    TicketFilter,
    TimelineFilter,
)
from backends.records import (
    Agent,
    Contact,
    Customer,
    Entry,
    Key,
    Operator,
    Outage,
    Record,
    Ticket,
)
from backends.rest.access import access_from
from backends.rest.http import Http
from backends.rest.lacking import Lacking
from backends.rest.signing import Signer
from backends.rest.tmf.checking import LINES, STORES
from backends.rest.tmf.following import Follower
from backends.rest.tmf.options import options_from
from backends.rest.tmf.reading import Reader
from backends.rest.tmf.searching import search
from backends.rest.tmf.site import Site
from backends.rest.tmf.wire import MAPPED
from backends.rest.tmf.writing import Writer

CAPABILITIES = frozenset({Capability.SEARCH, Capability.WRITE, Capability.LIVE, Capability.QUEUE, Capability.OUTAGES})
_WHOLE_HISTORY = TimelineFilter()
_ALL_TICKETS = TicketFilter()
_ALL_OUTAGES = OutageFilter()
_ALL_WAITING = QueueFilter()
_POLL = 5.0
_IDENTITY = frozenset({"reference", "number"})


def backend_from(url: str, **settings: Any) -> TmfBackend:
    """Return the backend for a URL and the settings of its source; raises Invalid."""
    taken = ("name", "deadline", "connections", "proxy", "ca_file", "allow_http")
    access = access_from(url, **{name: settings[name] for name in taken if name in settings})
    options = options_from(settings.get("options"), access.base, access.name)
    poll = settings.get("poll", _POLL)
    if not isinstance(poll, int | float) or not 0 < poll <= 3_600:
        raise Invalid("poll", "out_of_range", "seconds above 0 and up to 3600", source=access.name)
    return TmfBackend(url, Site(Http(access, Signer(settings.get("secret"))), options), float(poll))


class TmfBackend(Lacking):
    """A helpdesk that speaks the TM Forum Open APIs."""

    def __init__(self, url: str, site: Site, poll: float) -> None:
        self.url = url
        self.name = site.name or "tmf"
        self.capabilities = CAPABILITIES
        self.stores = STORES
        self.omits: Mapping[type[Record], frozenset[str]] = {
            kind: (frozenset(() if site.options.extras else mapped.extras) | LINES.get(kind, frozenset())) - _IDENTITY
            for kind, mapped in MAPPED.items()
        }
        self._site = site
        self._reader = Reader(site)
        self._writer = Writer(self._reader)
        self._poll = poll
        self._closed = asyncio.Event()
        self._polls: set[asyncio.Task[Any]] = set()

    @property
    def exchanges(self) -> tuple[Any, ...]:
        """The last exchanges with the server, oldest first."""
        return self._site.http.exchanges

    async def open(self) -> None:
        """Make ready and ask the server once; raises Unavailable, NotSignedIn."""
        self._closed = asyncio.Event()
        await self._site.http.open()
        await self._site.piece(Ticket, {}, 0, 1)

    async def close(self) -> None:
        """End all listening and close the connections."""
        self._closed.set()
        polls = list(self._polls)
        for poll in polls:
            poll.cancel()
        await asyncio.gather(*polls, return_exceptions=True)
        await self._site.http.close()

    # reading ------------------------------------------------------------------------------------------------------

    async def operators(self) -> tuple[Operator, ...]:
        """Return the one operator that the profile names."""
        return (self._site.options.operator,)

    async def agents(self) -> tuple[Agent, ...]:
        """Return nobody: the standard's parties are not people who sign in."""
        return ()

    async def search(
        self, text: str, *, limit: int = 20, operator_keys: frozenset[Key] = frozenset()
    ) -> tuple[Match, ...]:
        """Return customers by number, name, telephone, e-mail, place and ticket, as far as the server finds them."""
        return await search(self._reader, text, limit, operator_keys)

    async def customer_file(self, key: Key) -> CustomerFile:
        """Return everything about a customer but the timeline; raises NotFound."""
        return await self._reader.customer_file(key, datetime.now(UTC))

    async def customers(self, keys: Sequence[Key]) -> tuple[Customer, ...]:
        """Return those of the customers that exist, in the given order."""
        return await self._reader.customers(keys)

    async def timeline(
        self, customer_key: Key, *, only: TimelineFilter = _WHOLE_HISTORY, after: str | None = None, limit: int = 50
    ) -> Page[Entry]:
        """Return the history newest first; raises NotFound, Invalid."""
        return await self._reader.timeline(customer_key, only, after, limit)

    async def contact(self, key: Key) -> Contact:
        """Return a contact with its whole body; raises NotFound."""
        return await self._reader.one(Contact, key)

    async def ticket(self, reference_or_key: str) -> Ticket:
        """Return a ticket by its key or reference; raises NotFound."""
        return await self._reader.ticket(reference_or_key)

    async def tickets(
        self, only: TicketFilter = _ALL_TICKETS, *, after: str | None = None, limit: int = 100
    ) -> Page[Ticket]:
        """Return tickets, newest first; raises Invalid."""
        return await self._reader.tickets(only, after, limit)

    async def outages(self, only: OutageFilter = _ALL_OUTAGES) -> tuple[Outage, ...]:
        """Return outages, newest first."""
        return await self._reader.outages(only)

    async def queue(
        self, only: QueueFilter = _ALL_WAITING, *, after: str | None = None, limit: int = 50
    ) -> Page[tuple[Contact, Customer]]:
        """Return contacts that wait for an answer, oldest first, with their customers; raises Invalid."""
        return await self._reader.queue(only, after, limit)

    # writing ------------------------------------------------------------------------------------------------------

    async def write(self, batch: Batch) -> Receipt:
        """Store a batch, one resource after the other; raises Conflict, Invalid, Unsupported, Unavailable."""
        return await self._writer.write(batch)

    # living -------------------------------------------------------------------------------------------------------

    def events(self, since: str | None = None) -> AsyncIterator[Event]:
        """Yield what changes from now on, or from the cursor `since`; ends when closed, raises Unavailable."""
        return Follower(self._reader, self._poll, self._closed, self._polls).events(since)
