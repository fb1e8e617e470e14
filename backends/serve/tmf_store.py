"""Resources read from any backend: one by its id, many by what narrows them, each with its events and its moment."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import datetime
from urllib.parse import quote, unquote

from backends.errors import Invalid, NotFound
from backends.port import Backend, Capability, Listing, OutageFilter, TicketFilter, TimelineFilter
from backends.records import (
    Contact,
    Contract,
    Customer,
    Key,
    Operator,
    Outage,
    Record,
    Ticket,
    TicketEvent,
    Visit,
    is_new,
)
from backends.rest.tmf.cases import ticket_wire
from backends.rest.tmf.names import Version
from backends.rest.tmf.pieces import Frame, Json, moment
from backends.rest.tmf.wire import to_wire
from backends.serve.tmf_asked import Asked
from backends.serve.tmf_moments import Moments
from backends.wire.forms import kind_name

_PARTED = "~"
"""Between the customer and the record in the id of what the port gives only with its customer."""
_AT_ONCE = 200
_ALL_OUTAGES = OutageFilter(limit=1_000_000)
_CUSTOMER_PATHS = ("relatedParty.id", "engagedParty.id", "relatedParty.partyOrPartyRole.id")
_SEARCHED = (
    "name", "contactMedium.characteristic.phoneNumber", "contactMedium.phoneNumber",
    "contactMedium.characteristic.emailAddress", "contactMedium.emailAddress", "characteristic.value",
)  # fmt: skip
"""Filters of customers that the desk's own search can answer."""
_OF_A_CUSTOMER: Mapping[type[Record], frozenset[str]] = {
    Ticket: frozenset({"ticket", "ticket_event"}),
    Visit: frozenset({"visit"}),
    Contract: frozenset({"contract"}),
}


class ServedKeys:
    """Ids of our own resources: the backend's keys, with the customer before what only the customer's file holds."""

    def __init__(self, operators: Iterable[Operator]) -> None:
        self._operators = tuple(operators)
        self._codes = {operator.key: operator.code for operator in self._operators}

    def key(self, kind: type[Record], identifier: str) -> Key:
        """Return the key for an id."""
        if kind is TicketEvent:
            return identifier.rpartition("/")[2]
        if kind in (Contract, Visit):
            return unquote(identifier.rpartition(_PARTED)[2])
        return identifier

    def customer_of(self, identifier: str) -> Key:
        """Return the customer in the id of a contract or visit."""
        return unquote(identifier.rpartition(_PARTED)[0])

    def identifier(self, kind: type[Record], key: Key) -> str:
        """Return the id for a key."""
        return "" if is_new(key) else key

    def operator_key(self, code: str) -> Key:
        """Return the key of the operator with this code, in any case; what is no operator's stays as it is."""
        for operator in self._operators:
            if code and code.casefold() in (operator.code.casefold(), operator.key.casefold()):
                return operator.key
        return code

    def operator_code(self, key: Key) -> str:
        """Return an operator's code."""
        return self._codes.get(key, "")

    def name_of(self, record: Record) -> str:
        """Return the id of a stored record."""
        if is_new(record.key) or not record.key:
            return ""
        if isinstance(record, Contract | Visit):
            return _PARTED.join(_quoted(part) for part in (record.customer_key, record.key))
        return record.key


def _quoted(part: str) -> str:
    return quote(part, safe=":").replace("~", "%7E")


class Store:
    """Resources of one wire version over a backend."""

    def __init__(self, backend: Backend, version: Version, moments: Moments) -> None:
        self._backend = backend
        self.version = version
        self.moments = moments

    async def keys(self) -> ServedKeys:
        """Return how ids and keys lead to each other now."""
        return ServedKeys(await self._backend.operators())

    # one ----------------------------------------------------------------------------------------------------------

    async def one(self, kind: type[Record], identifier: str) -> Record:
        """Return a record by its id, a ticket by its reference as well; raises NotFound."""
        keys = await self.keys()
        key = keys.key(kind, identifier)
        if kind is Contact:
            return await self._backend.contact(key)
        if kind is Ticket:
            return await self._backend.ticket(key)
        found: Iterable[Record]
        if kind is Customer:
            found = await self._backend.customers([key])
        elif kind is Outage:
            found = await self._backend.outages(_ALL_OUTAGES)
        else:
            found = await self._theirs(kind, keys.customer_of(identifier))
        for record in found:
            if record.key == key:
                return record
        raise NotFound(f"no {kind_name(kind)} with this id")

    async def _theirs(self, kind: type[Record], customer_key: Key) -> tuple[Record, ...]:
        if isinstance(self._backend, Listing):
            return tuple([one async for one in self._walked(kind, customer_key)])
        file = await self._backend.customer_file(customer_key)
        return file.contracts if kind is Contract else file.visits

    # many ---------------------------------------------------------------------------------------------------------

    async def many(self, kind: type[Record], asked: Asked) -> AsyncIterator[Record]:
        """Yield the records among which are all that were asked for; raises Invalid when too little was said."""
        async for record in self._narrowed(kind, asked):
            yield record

    def _narrowed(self, kind: type[Record], asked: Asked) -> AsyncIterator[Record]:
        since = asked.since("lastUpdate")
        if asked.equal("id"):
            return self._named(kind, asked.equal("id"))
        if kind is Customer and (asked.text or asked.equal(*_SEARCHED)):
            return self._found(asked.text or max(asked.equal(*_SEARCHED), key=len))
        if kind not in (Customer, Outage) and asked.equal(*_CUSTOMER_PATHS):
            return self._of_customers(kind, asked.equal(*_CUSTOMER_PATHS))
        if since is not None and self.moments.reaches(since):
            return self._changed(kind, since)
        if kind is Outage:
            return self._outages()
        if kind is Ticket:
            return self._tickets(TicketFilter())
        if kind is Contact and Capability.QUEUE in self._backend.capabilities and asked.equal("status") == ("open",):
            return self._queued()
        if isinstance(self._backend, Listing):
            return self._walked(kind)
        raise Invalid("relatedParty.id", "missing", "this source cannot list all; ask with a filter")

    async def counted(self, kind: type[Record], asked: Asked) -> int | None:
        """Return how many there are when nothing narrows them and that is known without looking at all."""
        if asked.filters or asked.text or asked.sort or not isinstance(self._backend, Listing):
            return None
        return await self._backend.counted(kind)

    async def _named(self, kind: type[Record], identifiers: Iterable[str]) -> AsyncIterator[Record]:
        for identifier in identifiers:
            try:
                yield await self.one(kind, identifier)
            except NotFound:
                continue

    async def _found(self, text: str) -> AsyncIterator[Record]:
        for match in await self._backend.search(text, limit=_AT_ONCE):
            yield match.customer

    async def _walked(self, kind: type[Record], customer_key: Key = "") -> AsyncIterator[Record]:
        assert isinstance(self._backend, Listing)
        after: str | None = None
        while True:
            page = await self._backend.listed(kind, customer_key=customer_key, after=after, limit=_AT_ONCE)
            for record in page.rows:
                yield record
            after = page.after
            if after is None:
                return

    async def _of_customers(self, kind: type[Record], customers: Iterable[Key]) -> AsyncIterator[Record]:
        for customer in await self._backend.customers(list(dict.fromkeys(customers))):
            if kind is Ticket:
                async for ticket in self._tickets(TicketFilter(customer_key=customer.key)):
                    yield ticket
            elif kind is Contact:
                async for contact in self._contacts(customer.key):
                    yield contact
            else:
                for record in await self._theirs(kind, customer.key):
                    yield record

    async def _changed(self, kind: type[Record], since: datetime) -> AsyncIterator[Record]:
        """Yield what may have been changed since a moment; the filter itself is looked at by the caller."""
        subjects = _OF_A_CUSTOMER.get(kind)
        customers: dict[Key, None] = {}
        keys: dict[Key, None] = {}
        for (name, key), customer_key in self.moments.since(since):
            if subjects and name in subjects and customer_key:
                customers[customer_key] = None
            elif name == kind_name(kind):
                keys[key] = None
        if kind is Customer:
            for customer in await self._backend.customers(list(keys)):
                yield customer
        elif kind is Outage:
            for outage in await self._backend.outages(_ALL_OUTAGES) if keys else ():
                if outage.key in keys:
                    yield outage
        elif subjects:
            async for record in self._of_customers(kind, customers):
                yield record
        else:
            async for record in self._named(kind, keys):
                yield record

    async def _tickets(self, only: TicketFilter) -> AsyncIterator[Record]:
        after: str | None = None
        while True:
            page = await self._backend.tickets(only, after=after, limit=_AT_ONCE)
            for ticket in page.rows:
                yield ticket
            after = page.after
            if after is None:
                return

    async def _contacts(self, customer_key: Key) -> AsyncIterator[Record]:
        after: str | None = None
        while True:
            page = await self._backend.timeline(
                customer_key, only=TimelineFilter(events=False), after=after, limit=_AT_ONCE
            )
            for entry in page.rows:
                if isinstance(entry, Contact):
                    yield entry
            after = page.after
            if after is None:
                return

    async def _queued(self) -> AsyncIterator[Record]:
        after: str | None = None
        while True:
            page = await self._backend.queue(after=after, limit=_AT_ONCE)
            for contact, _ in page.rows:
                yield contact
            after = page.after
            if after is None:
                return

    async def _outages(self) -> AsyncIterator[Record]:
        for outage in await self._backend.outages(_ALL_OUTAGES):
            yield outage

    # resources ----------------------------------------------------------------------------------------------------

    async def events(self, ticket: Ticket) -> list[TicketEvent]:
        """Return the events of a ticket, oldest first."""
        found: list[TicketEvent] = []
        after: str | None = None
        only = TimelineFilter(ticket_key=ticket.key)
        while True:
            page = await self._backend.timeline(ticket.customer_key, only=only, after=after, limit=_AT_ONCE)
            found.extend(entry for entry in page.rows if isinstance(entry, TicketEvent))
            after = page.after
            if after is None:
                return found[::-1]

    async def document(
        self,
        record: Record,
        root: str = "",
        *,
        keys: ServedKeys | None = None,
        at: datetime | None = None,
        bare: bool = False,
    ) -> Json:
        """Return the resource of a stored record; `at` is when it was stored, where that is known better.

        `root` is the server's own address, which the caller has used; `keys` spare asking for them. With `bare`, a
        ticket comes without its events, and a contact with what the list gave of its body.
        """
        frame = Frame(self.version, keys or await self.keys(), strict=True)
        api = self.version.apis[type(record)]
        changed = at or self.moments.of(record)
        if isinstance(record, Ticket):
            events = [] if bare else await self.events(record)
            body = ticket_wire(record, frame, events)
            if at is None:
                changed = max((changed, *(self.moments.of(event) for event in events)))
        else:
            if isinstance(record, Contact) and not record.whole and not bare:
                record = await self._backend.contact(record.key)
            body = to_wire(record, frame)
        identifier = frame.keys.name_of(record)
        href = f"{root}/{api.base}/{api.resource}/{quote(identifier, safe='')}"
        return {"id": identifier, "href": href, **body, "lastUpdate": moment(changed)}
