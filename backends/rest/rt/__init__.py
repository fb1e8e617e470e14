"""Request Tracker 5 by its REST 2.0 interface: users as customers, tickets, mails and comments as contacts.

`rt+https://host/rt/`. The options of a profile are those of `options.Options`. What RT has no place for is kept in the
marks of our messages (`marks`), so that nobody has to change RT; custom fields make customers findable by number and
telephone. RT's documentation of the interface: https://docs.bestpractical.com/rt/5.0.3/RT/REST2.html
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from backends.errors import Invalid, NotFound, Unavailable
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
from backends.rest.access import access_from
from backends.rest.http import Http
from backends.rest.lacking import Lacking
from backends.rest.rt import people
from backends.rest.rt.living import Listening
from backends.rest.rt.options import Options, options_from
from backends.rest.rt.planning import STORED
from backends.rest.rt.reading import Reader
from backends.rest.rt.searching import search
from backends.rest.rt.session import Session
from backends.rest.rt.wire import Wire
from backends.rest.rt.writing import Writer
from backends.rest.signing import Signer

if TYPE_CHECKING:
    import httpx

    from backends.rest.access import Access
    from backends.rest.exchanges import Exchange

__all__ = ["RtBackend", "open_url"]

_CAPABILITIES = frozenset({Capability.SEARCH, Capability.WRITE, Capability.LIVE, Capability.QUEUE})
_ORIGIN = frozenset({"origin"})
_WHOLE_HISTORY = TimelineFilter()
_ALL_TICKETS = TicketFilter()
_ALL_OUTAGES = OutageFilter()
_ALL_WAITING = QueueFilter()
_SHORTEST_POLL = 0.02


class RtBackend(Lacking):
    """One Request Tracker.

    Texts are not searched: without a full-text index, which few have, RT finds no words and does not say so.
    """

    def __init__(
        self,
        url: str,
        access: Access,
        options: Options,
        *,
        secret: Callable[[], str | None] | None = None,
        poll: float = 5.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.name = access.name or "rt"
        self.url = url
        self.capabilities = _CAPABILITIES
        self.stores: frozenset[type[Record]] = STORED
        self.omits: Mapping[type[Record], frozenset[str]] = _omitted(options)
        self._session = Session(access, secret)
        self._http = Http(access, Signer(secret, "token {token}"), transport=transport)
        self._options = options
        self.reader = Reader(Wire(self._http, self._session), options)
        self._writer = Writer(self.reader, access.base)
        self._poll = max(_SHORTEST_POLL, poll)
        self._closed = asyncio.Event()
        self._is_open = False

    async def open(self) -> None:
        """See that RT is there and knows us; raises Unavailable, NotSignedIn. Later calls may try again."""
        self._closed.clear()
        self._is_open = True
        await self._http.open()
        try:
            answer = await self.reader.wire.get("rt")
        except NotFound as error:
            raise Unavailable(f"no REST 2.0 there: {error.detail}", source=self.name) from None
        if "Version" not in answer.object():
            raise Unavailable("what answers is no Request Tracker", source=self.name)

    async def close(self) -> None:
        """End all listening and every connection."""
        self._is_open = False
        self._closed.set()
        self.reader.clear()
        self._session.reset()
        await self._http.close()

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """The last requests, for a look into it."""
        return self._http.exchanges

    async def signed_in_as(self) -> str:
        """Return the login of whose secret is used, empty when the secret does not tell; raises as any reading."""
        login = await self._session.login()
        return (await self.reader.wire.user(login)).login if login else ""

    def _needs_open(self) -> None:
        if not self._is_open:
            raise Unavailable("not open", source=self.name)

    # reading ------------------------------------------------------------------------------------------------------

    async def operators(self) -> tuple[Operator, ...]:
        """Return the one operator that the profile names."""
        self._needs_open()
        return (self._options.operator,)

    async def agents(self) -> tuple[Agent, ...]:
        """Return the colleagues that the profile names, by login."""
        self._needs_open()
        return await self.reader.agents()

    async def search(
        self, text: str, *, limit: int = 20, operator_keys: frozenset[Key] = frozenset()
    ) -> tuple[Match, ...]:
        """Return customers that `text` may mean, best first."""
        self._needs_open()
        return await search(self.reader, text, limit, operator_keys)

    async def customer_file(self, key: Key) -> CustomerFile:
        """Return everything about a customer but the timeline; raises NotFound."""
        self._needs_open()
        return await self.reader.customer_file(key)

    async def customers(self, keys: Sequence[Key]) -> tuple[Customer, ...]:
        """Return those of the customers that exist, in the given order."""
        self._needs_open()
        return await self.reader.customers(keys)

    async def timeline(
        self, customer_key: Key, *, only: TimelineFilter = _WHOLE_HISTORY, after: str | None = None, limit: int = 50
    ) -> Page[Entry]:
        """Return the history newest first; raises NotFound."""
        self._needs_open()
        return await self.reader.timeline(customer_key, only, after, limit)

    async def contact(self, key: Key) -> Contact:
        """Return a contact with its whole body; raises NotFound."""
        self._needs_open()
        return await self.reader.contact(key)

    async def ticket(self, reference_or_key: str) -> Ticket:
        """Return a ticket by its key or reference; raises NotFound."""
        self._needs_open()
        return await self.reader.ticket(reference_or_key)

    async def tickets(
        self, only: TicketFilter = _ALL_TICKETS, *, after: str | None = None, limit: int = 100
    ) -> Page[Ticket]:
        """Return tickets, newest first."""
        self._needs_open()
        return await self.reader.tickets(only, after, limit)

    async def queue(
        self, only: QueueFilter = _ALL_WAITING, *, after: str | None = None, limit: int = 50
    ) -> Page[tuple[Contact, Customer]]:
        """Return what customers wrote last on tickets that are not done, oldest first."""
        self._needs_open()
        return await self.reader.queue(only, after, limit)

    # writing ------------------------------------------------------------------------------------------------------

    async def write(self, batch: Batch) -> Receipt:
        """Store a batch, each step once; raises Conflict, Invalid, NotAllowed, Unsupported, Unavailable."""
        self._needs_open()
        try:
            return await self._writer.write(batch)
        except Invalid as error:
            error.source = error.source or self.name
            raise

    # living -------------------------------------------------------------------------------------------------------

    def events(self, since: str | None = None) -> AsyncIterator[Event]:
        """Yield what changes from now on, or from the cursor `since`; raises Unavailable when RT is lost."""
        self._needs_open()
        return Listening(self.reader, self._poll, self._closed).follow(since)


def _omitted(options: Options) -> dict[type[Record], frozenset[str]]:
    """Return what is lost of each kind where a site has no fields for it."""
    customer, ticket, contact = _ORIGIN, _ORIGIN, _ORIGIN | {"reference"}
    if not options.customer_data_field:
        customer |= people.OMITTED
    if not options.number_field:
        customer |= {"number"}
    if not options.reference_field:
        ticket |= {"reference"}
    return {Customer: customer, Ticket: ticket, Contact: contact}


def open_url(
    url: str,
    *,
    name: str = "",
    options: Mapping[str, object] | None = None,
    secret: Callable[[], str | None] | None = None,
    deadline: float = 10.0,
    connections: int = 8,
    proxy: str = "",
    ca_file: str = "",
    allow_http: bool = False,
    poll: float = 5.0,
    **others: object,
) -> RtBackend:
    """Return a backend for `rt+https://host/rt/`, not opened yet; raises Invalid for a wrong address or option."""
    access = access_from(
        url, name=name, deadline=deadline, connections=connections, proxy=proxy, ca_file=ca_file,
        allow_http=allow_http,
    )  # fmt: skip
    return RtBackend(url, access, options_from(options, name=name), secret=secret, poll=poll)
