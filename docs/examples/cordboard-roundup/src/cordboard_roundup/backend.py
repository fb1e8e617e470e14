"""The port, spoken over a Roundup tracker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence

from backends.errors import NotFound, Unavailable
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
    Record,
    Ticket,
)
from backends.rest.access import Access
from backends.rest.lacking import Lacking
from backends.rest.signing import Signer
from cordboard_roundup.living import Listening
from cordboard_roundup.mapping import OMITS
from cordboard_roundup.options import Options
from cordboard_roundup.reading import Reader
from cordboard_roundup.wire import Wire
from cordboard_roundup.writing import Writer

CAPABILITIES = frozenset({Capability.SEARCH, Capability.WRITE, Capability.LIVE})
STORES: frozenset[type[Record]] = frozenset({Customer, Ticket, Contact})

_WHOLE_HISTORY = TimelineFilter()
_ALL_TICKETS = TicketFilter()
_ALL_OUTAGES = OutageFilter()
_ALL_WAITING = QueueFilter()


class RoundupBackend(Lacking):
    """One tracker."""

    def __init__(
        self,
        url: str,
        access: Access,
        options: Options,
        *,
        secret: Callable[[], str | None] | None = None,
        poll: float = 5.0,
    ) -> None:
        self.url = url
        self.name = access.name or "roundup"
        self.capabilities = CAPABILITIES
        self.stores = STORES
        self.omits: Mapping[type[Record], frozenset[str]] = OMITS
        self._options = options
        self._wire = Wire(access, Signer(secret))
        self._reader = Reader(self._wire, options)
        self._writer = Writer(self._reader, access.base)
        self._poll = max(0.02, poll)
        self._closed = asyncio.Event()
        self._asking = asyncio.Lock()
        self._is_open = False

    @property
    def exchanges(self) -> Sequence[object]:
        """The last exchanges with the tracker, for `cordboard doctor`."""
        return self._wire.http.exchanges

    async def open(self) -> None:
        """See that a tracker is there and knows us; raises Unavailable, NotSignedIn. Later calls may try again."""
        self._closed.clear()
        self._is_open = True
        self._reader.forget()
        await self._wire.http.open()
        try:
            await self._reader.names()
        except NotFound as error:
            raise Unavailable(f"no Roundup there: {error.detail}", source=self.name) from None

    async def close(self) -> None:
        """End all listening and every connection; may be called twice."""
        self._is_open = False
        self._closed.set()
        async with self._asking:
            await self._wire.http.close()

    def _needs_open(self) -> None:
        if not self._is_open:
            raise Unavailable("not open", source=self.name)

    # reading ------------------------------------------------------------------------------------------------------

    async def operators(self) -> tuple[Operator, ...]:
        """Return the one operator that the profile names."""
        self._needs_open()
        return (self._options.operator,)

    async def agents(self) -> tuple[Agent, ...]:
        """Return nobody: colleagues are known to the tracker as names only."""
        self._needs_open()
        return ()

    async def search(
        self, text: str, *, limit: int = 20, operator_keys: frozenset[Key] = frozenset()
    ) -> tuple[Match, ...]:
        """Return customers that `text` may mean, best first."""
        self._needs_open()
        return await self._reader.search(text, limit, operator_keys)

    async def customer_file(self, key: Key) -> CustomerFile:
        """Return everything about a customer but the timeline; raises NotFound."""
        self._needs_open()
        return await self._reader.customer_file(key)

    async def customers(self, keys: Sequence[Key]) -> tuple[Customer, ...]:
        """Return those of the customers that exist, in the given order."""
        self._needs_open()
        return await self._reader.customers(keys)

    async def timeline(
        self, customer_key: Key, *, only: TimelineFilter = _WHOLE_HISTORY, after: str | None = None, limit: int = 50
    ) -> Page[Entry]:
        """Return the history newest first; raises NotFound, Invalid."""
        self._needs_open()
        return await self._reader.timeline(customer_key, only, after, limit)

    async def contact(self, key: Key) -> Contact:
        """Return a contact with its whole body; raises NotFound."""
        self._needs_open()
        return await self._reader.contact(key)

    async def ticket(self, reference_or_key: str) -> Ticket:
        """Return a ticket by its key or reference; raises NotFound."""
        self._needs_open()
        return await self._reader.ticket(reference_or_key)

    async def tickets(
        self, only: TicketFilter = _ALL_TICKETS, *, after: str | None = None, limit: int = 100
    ) -> Page[Ticket]:
        """Return tickets, newest first; raises Invalid."""
        self._needs_open()
        return await self._reader.tickets(only, after, limit)

    async def queue(
        self, only: QueueFilter = _ALL_WAITING, *, after: str | None = None, limit: int = 50
    ) -> Page[tuple[Contact, Customer]]:
        """Raise Unsupported: nothing in a message says that it waits."""
        raise self._lacks(Capability.QUEUE)

    # writing ------------------------------------------------------------------------------------------------------

    async def write(self, batch: Batch) -> Receipt:
        """Store a batch, each step once; raises Conflict, Invalid, NotAllowed, Unsupported, Busy, Unavailable."""
        self._needs_open()
        return await self._writer.write(batch)

    # living -------------------------------------------------------------------------------------------------------

    def events(self, since: str | None = None) -> AsyncIterator[Event]:
        """Yield what changes, found by asking every `poll` seconds; ends when closed."""
        self._needs_open()
        return Listening(self._reader, self._poll, self._closed, self._asking).follow(since)
