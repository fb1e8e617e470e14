"""A Zammad as a backend: what the port promises, each promise kept by one of the modules beside this one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime

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
from backends.remote import Exchange
from backends.rest.http import Http
from backends.rest.lacking import Lacking
from backends.rest.zammad.articles import Articles
from backends.rest.zammad.checking import STORES
from backends.rest.zammad.following import Follower
from backends.rest.zammad.options import Options
from backends.rest.zammad.people import People
from backends.rest.zammad.reading import Reader
from backends.rest.zammad.searching import search
from backends.rest.zammad.shared import shared_by
from backends.rest.zammad.site import Site, login_or_name
from backends.rest.zammad.writing import Writer

_WHOLE_HISTORY = TimelineFilter()
_ALL_TICKETS = TicketFilter()
_ALL_OUTAGES = OutageFilter()
_ALL_WAITING = QueueFilter()

_CUSTOMER = frozenset({"authorised", "origin", "since"})
_TICKET = frozenset({
    "line_key", "outage_key", "reference_given_at", "compensations", "origin", "opened_at", "opened_by", "closed_at",
    "first_contact_at", "held_since", "taken_in_charge_at", "due_at", "next_step_at",
})  # fmt: skip
_CONTACT = frozenset({
    "thread", "line_key", "outage_key", "agent", "answer", "answered_at", "answered_by", "waived_reason", "route",
    "attachments", "outcome", "origin",
})  # fmt: skip


def _omits(options: Options) -> Mapping[type[Record], frozenset[str]]:
    """Return the fields that this site has no place for: less, the more attributes its profile names."""
    from backends.rest.zammad.options import CUSTOMER_FIELDS, TICKET_FIELDS

    customer = (CUSTOMER_FIELDS.keys() - options.customer.keys()) | _CUSTOMER
    ticket = (TICKET_FIELDS.keys() - options.ticket.keys()) | _TICKET
    if options.groups:
        ticket -= {"kind"}
    if options.holders:
        ticket -= {"holder"}
    known = {Customer: customer, Ticket: ticket | {"reference"}, Contact: _CONTACT | {"reference"}}
    return {kind: frozenset(names & {each.name for each in fields(kind)}) for kind, names in known.items()}


class ZammadBackend(Lacking):
    """One Zammad, not opened yet; nothing is sent before the first question.

    Texts are not searched: without Elasticsearch nothing would be found, and nobody could tell.
    """

    def __init__(self, http: Http, options: Options, *, url: str, name: str, poll: float) -> None:
        self.name = name
        self.url = url
        self.capabilities = frozenset({Capability.SEARCH, Capability.WRITE, Capability.LIVE, Capability.QUEUE})
        self.stores: frozenset[type[Record]] = STORES
        self.omits = _omits(options)
        self.http = http
        self.options = options
        self._poll = poll
        site = Site(http, options, name)
        self._reader = Reader(site, People(options), Articles(options), shared_by(http.access.base))
        self._writer = Writer(self._reader)
        self._writing: set[asyncio.Task[Receipt]] = set()
        self._closed: asyncio.Event | None = None

    async def open(self) -> None:
        """Make ready and see that the server answers; raises Unavailable, NotSignedIn."""
        self._closed = asyncio.Event()
        await self.http.open()
        await self.signed_in_as()

    async def signed_in_as(self) -> str:
        """Return the login of the agent whose secret it is; raises Unavailable where no Zammad answers."""
        try:
            return login_or_name(await self._reader.site.row("users/me"))
        except NotFound as error:
            raise Unavailable(f"no Zammad answers there: {error.detail}", source=self.name) from None

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """The last requests, oldest first."""
        return self.http.exchanges

    async def close(self) -> None:
        """End all listening, wait a deadline long for what is being written, let go of the connections."""
        if self._closed is not None:
            self._closed.set()
        if self._writing:
            await asyncio.wait(self._writing, timeout=self.http.access.deadline)
        late = tuple(self._writing)
        for task in late:
            task.cancel()  # its marks tell what was stored when it is written again
        await asyncio.gather(*late, return_exceptions=True)
        self._reader.site.forget()
        await self.http.close()

    # reading ------------------------------------------------------------------------------------------------------

    async def operators(self) -> tuple[Operator, ...]:
        """Return the one operator that the profile names."""
        return (self.options.operator,)

    async def agents(self) -> tuple[Agent, ...]:
        """Return who works in this Zammad, by login."""
        return await self._reader.agents()

    async def search(
        self, text: str, *, limit: int = 20, operator_keys: frozenset[Key] = frozenset()
    ) -> tuple[Match, ...]:
        """Return customers that `text` may mean, best first."""
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
        """Return the history newest first; raises NotFound."""
        return await self._reader.timeline(customer_key, only, after, limit)

    async def contact(self, key: Key) -> Contact:
        """Return a contact with its whole body; raises NotFound."""
        return await self._reader.contact(key)

    async def ticket(self, reference_or_key: str) -> Ticket:
        """Return a ticket by its key or number; raises NotFound."""
        return await self._reader.ticket(reference_or_key)

    async def tickets(
        self, only: TicketFilter = _ALL_TICKETS, *, after: str | None = None, limit: int = 100
    ) -> Page[Ticket]:
        """Return tickets, newest first."""
        return await self._reader.tickets(only, after, limit)

    async def queue(
        self, only: QueueFilter = _ALL_WAITING, *, after: str | None = None, limit: int = 50
    ) -> Page[tuple[Contact, Customer]]:
        """Return what customers wrote last on open tickets, oldest first."""
        return await self._reader.queue(only, after, limit)

    # writing ------------------------------------------------------------------------------------------------------

    async def write(self, batch: Batch) -> Receipt:
        """Store a batch; whoever is no longer interested stops waiting, not writing."""
        if self._closed is not None and self._closed.is_set():
            raise Unavailable("closed", source=self.name)
        task = asyncio.ensure_future(self._writer.write(batch))
        self._writing.add(task)
        task.add_done_callback(self._written)
        return await asyncio.shield(task)

    def _written(self, task: asyncio.Task[Receipt]) -> None:
        self._writing.discard(task)
        if not task.cancelled():
            task.exception()  # of a writer that nobody waits for any more

    # living -------------------------------------------------------------------------------------------------------

    def events(self, since: str | None = None) -> AsyncIterator[Event]:
        """Yield what changes from the first look on, or from the cursor; ends when closed."""
        if self._closed is None or self._closed.is_set():
            raise Unavailable("not open", source=self.name)
        return Follower(self._reader.site, since, self._poll, self._closed).events()
