"""What the port reads from RT: customers with their file and history, tickets, who waits for an answer."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from backends.errors import NotFound
from backends.port import CustomerFile, Page, QueueFilter, TicketFilter, TimelineFilter
from backends.records import (
    OPEN_STATES,
    Agent,
    Contact,
    Customer,
    Direction,
    Entry,
    Key,
    Ticket,
)
from backends.rest.rt import cases, people, talks
from backends.rest.rt.book import Book
from backends.rest.rt.cases import Case
from backends.rest.rt.options import Options
from backends.rest.rt.pages import Place, is_wanted, page, passes, place_in, place_of, preview, shown, waits
from backends.rest.rt.rows import TicketRow, TransactionRow, UserRow, rows_in
from backends.rest.rt.wire import Wire, quoted

_RECENT = timedelta(days=30)
_CLOSED_FOR = timedelta(days=90)
_MOST_INBOUND = 50
_LATELY = 30.0


@dataclass(frozen=True, slots=True)
class Dossier:
    """A customer with all their tickets, read in one go."""

    user: UserRow
    customer: Customer
    cases: tuple[Case, ...]


class Reader:
    """Reads one RT."""

    def __init__(self, wire: Wire, options: Options) -> None:
        self.wire = wire
        self.options = options
        self.book = Book(wire)
        self._lately: dict[Key, tuple[float, Customer | None]] = {}
        self._loading: dict[Key, asyncio.Future[Dossier]] = {}
        self._asked: set[str] = set()

    # customers ----------------------------------------------------------------------------------------------------

    async def user(self, key: Key) -> UserRow:
        """Return the user who is the customer of this key; raises NotFound, for staff too: they are no customers."""
        number = people.number_in(key)
        if not number:
            raise NotFound("no such customer", source=self.wire.name)
        user = await self.wire.user(number)
        user = replace(user, id=user.id or number)  # not told to those who may not see people's data
        if user.privileged or user.login in ("RT_System", cases.NOBODY):
            raise NotFound("this user of RT is no customer", source=self.wire.name)
        return user

    async def customer(self, key: Key) -> Customer:
        """Return a customer; raises NotFound."""
        return people.customer_of(await self.user(key), self.options)

    async def customers(self, keys: Iterable[Key]) -> tuple[Customer, ...]:
        """Return those of the customers that exist, in the given order."""

        async def one(key: Key) -> Customer | None:
            try:
                return await self.customer(key)
            except NotFound:
                return None

        wanted = list(dict.fromkeys(keys))
        found = dict(zip(wanted, await asyncio.gather(*map(one, wanted)), strict=True))
        return tuple(customer for key in wanted if (customer := found[key]) is not None)

    async def customers_lately(self, keys: Sequence[Key]) -> dict[Key, Customer]:
        """Return customers by key as they were within the last half minute: names for a list, nothing to write over."""
        now = time.monotonic()
        self._lately = {key: held for key, held in self._lately.items() if held[0] > now - _LATELY}
        missing = [key for key in dict.fromkeys(keys) if key not in self._lately]
        read = {customer.key: customer for customer in await self.customers(missing)}
        self._lately.update({key: (now, read.get(key)) for key in missing})
        held = {key: self._lately[key][1] for key in keys}
        return {key: customer for key, customer in held.items() if customer is not None}

    def forget(self, key: Key) -> None:
        """Ask again about a customer who was just written to."""
        self._lately.pop(key, None)

    def clear(self) -> None:
        """Forget everything that was read, and stop reading."""
        for loading in list(self._loading.values()):
            loading.cancel()
        self._loading.clear()
        self._lately.clear()
        self._asked.clear()
        self.book.clear()

    async def dossier(self, key: Key) -> Dossier:
        """Return a customer with all their tickets; raises NotFound.

        Who asks while it is being read for somebody else waits for the same reading: a console asks for file and
        history at once. What was written here meanwhile begins a new one.
        """
        loading = self._loading.get(key)
        if loading is None or loading.done() or loading.get_loop() is not asyncio.get_running_loop():
            loading = self._loading[key] = asyncio.ensure_future(self._dossier(key))
            loading.add_done_callback(lambda done: self._loaded(key, done))
        return await asyncio.shield(loading)

    def _loaded(self, key: Key, done: asyncio.Future[Dossier]) -> None:
        if self._loading.get(key) is done:
            del self._loading[key]
        if not done.cancelled():
            done.exception()  # who asked may be gone; nobody else is to be told that it failed

    async def _dossier(self, key: Key) -> Dossier:
        number = people.number_in(key)
        user, rows = await asyncio.gather(self.user(key), self._tickets_of(number))
        found = await self.book.cases([row for row in rows if number in row.requestors])
        return Dossier(user, people.customer_of(user, self.options), tuple(_each_once(found)))

    def written(self) -> None:
        """Let nobody wait for a reading that began before what was just written."""
        self._loading.clear()

    async def _tickets_of(self, number: int) -> list[TicketRow]:
        return await self._rows(f"Requestor.id = {number}") if number else []

    async def _rows(self, query: str) -> list[TicketRow]:
        """Return the tickets that a query finds; of one that was asked before only what has changed since."""
        if query not in self._asked:
            self._asked.add(query)
            return await self.wire.tickets(query)
        last = await self.wire.last_changes(query)
        held = {ticket: self.book.row(ticket, updated) for ticket, updated in last.items()}
        changed = await self.wire.tickets_by_id(ticket for ticket, row in held.items() if row is None)
        return [*(row for row in held.values() if row is not None), *changed]

    async def customer_file(self, key: Key) -> CustomerFile:
        """Return everything about a customer but the timeline; raises NotFound."""
        dossier = await self.dossier(key)
        now = datetime.now(UTC)
        every = [self.ticket_of(case, key) for case in dossier.cases]
        tickets = sorted(
            (ticket for ticket in every if _is_current(ticket, now)),
            key=lambda ticket: place_of(ticket.opened_at, ticket.key), reverse=True,
        )  # fmt: skip
        contacts = self.contacts_of(dossier)
        inbound = [each for each in contacts if each.direction is Direction.INBOUND and each.at >= now - _RECENT]
        inbound.sort(key=lambda contact: place_of(contact.at, contact.key), reverse=True)
        return CustomerFile(
            customer=dossier.customer,
            operator=self.options.operator,
            tickets=tuple(tickets),
            recent_inbound=tuple(preview(contact) for contact in inbound[:_MOST_INBOUND]),
            contacts_total=len(contacts),
        )

    def contacts_of(self, dossier: Dossier) -> list[Contact]:
        """Return all contacts of a customer."""
        return [
            contact
            for case in dossier.cases
            for contact in talks.contacts_of(
                case, self.book.parts_of(case.row.id), self.options, people.number_in(dossier.customer.key)
            )
        ]

    async def timeline(self, key: Key, only: TimelineFilter, after: str | None, limit: int) -> Page[Entry]:
        """Return the history newest first; raises NotFound, Invalid."""
        if after is not None:
            place_in(after)
        dossier = await self.dossier(key)
        entries: list[Entry] = list(self.contacts_of(dossier))
        names = await self.book.names(talks.users_named(dossier.cases))
        for case in dossier.cases:
            entries += talks.events_of(case, self.options, names, people.number_in(key))
        found = page(
            (entry for entry in entries if passes(entry, only)),
            lambda entry: place_of(entry.at, entry.key), after, limit, oldest=False,
        )  # fmt: skip
        return Page(tuple(shown(entry) for entry in found.rows), found.after)

    async def contact(self, key: Key) -> Contact:
        """Return a contact with its whole body; raises NotFound."""
        number = talks.number_in(key) if key.startswith("txn:") else 0
        if not number:
            raise NotFound("no such contact", source=self.wire.name)
        answer = await self.wire.get(f"transaction/{number}")
        transaction = TransactionRow.of(_transaction(answer.object()))
        if transaction.on not in ("RT::Ticket", "ticket") or not transaction.object_id:
            raise NotFound("no such contact", source=self.wire.name)
        for case in await self.cases_by_id([transaction.object_id]):
            for contact in talks.contacts_of(case, self.book.parts_of(case.row.id), self.options):
                if contact.key == key:
                    return contact
        raise NotFound("no such contact", source=self.wire.name)

    # tickets ------------------------------------------------------------------------------------------------------

    def ticket_of(self, case: Case, customer: Key = "") -> Ticket:
        """Return the ticket of a case, as that of `customer` when there are several requestors."""
        return cases.ticket_of(case, self.options, people.number_in(customer))

    async def cases_by_id(self, numbers: Iterable[int]) -> list[Case]:
        """Return those of the tickets that exist."""
        return await self.book.cases(await self.wire.tickets_by_id(numbers))

    async def case(self, key: Key) -> Case:
        """Return a ticket with its history by its key; raises NotFound."""
        number = cases.number_in(key)
        found = await self.cases_by_id([number]) if number else []
        if not found:
            raise NotFound("no such ticket", source=self.wire.name)
        return found[0]

    async def ticket(self, reference_or_key: str) -> Ticket:
        """Return a ticket by its key, or by its reference in any case; raises NotFound."""
        if cases.number_in(reference_or_key):
            return self.ticket_of(await self.case(reference_or_key))
        wanted = reference_or_key.strip().casefold()
        for case in await self._by_reference(wanted):
            ticket = self.ticket_of(case)
            if ticket.reference.casefold() == wanted:
                return ticket
        raise NotFound("no such ticket", source=self.wire.name)

    async def _by_reference(self, reference: str) -> list[Case]:
        terms = reference_terms(reference, self.options)
        return await self.book.cases(await self.wire.tickets(" OR ".join(terms))) if terms else []

    async def tickets(self, only: TicketFilter, after: str | None, limit: int) -> Page[Ticket]:
        """Return tickets, newest first. RT is asked for what it can narrow, and everything is looked at here again."""
        last = place_in(after) if after is not None else None
        query = self._query(only, last)
        if not query:
            return Page(())
        number = people.number_in(only.customer_key)
        found: list[Ticket] = []
        enough: datetime | None = None
        async for rows in self.wire.ticket_pages(query):
            if enough is not None and all(_opened(row) < enough for row in rows):
                break
            for case in await self.book.cases([row for row in rows if not number or number in row.requestors]):
                ticket = self.ticket_of(case, only.customer_key)
                if is_wanted(ticket, only) and (last is None or _place(ticket) < last):
                    found.append(ticket)
            if enough is None and len(found) > limit:
                enough = _opened(rows[-1])  # RT's pages end anywhere among tickets of one moment
        return page(found, _place, after, limit, oldest=False)

    def _query(self, only: TicketFilter, last: Place | None) -> str:
        """Return the TicketSQL that finds all wanted tickets and perhaps others; empty when there can be none."""
        options = self.options
        if only.operator_keys and options.operator.key not in only.operator_keys:
            return ""
        terms = ["id > 0"]
        if only.customer_key:
            terms.append(f"Requestor.id = {people.number_in(only.customer_key)}")
        if only.opened_since is not None:
            terms.append(f"Created >= {quoted(_day(only.opened_since, -1))}")
        if last is not None:
            terms.append(f"Created < {quoted(_day(datetime.fromisoformat(last[0].lstrip('0')), 2))}")
        if only.states:
            terms.append(_one_of("Status", options.statuses(only.states)))
        if only.kinds and options.other_kind not in only.kinds:
            terms.append(_one_of("Queue", options.queues_of(only.kinds)))
        return " AND ".join(terms)

    # who waits ----------------------------------------------------------------------------------------------------

    async def queue(self, only: QueueFilter, after: str | None, limit: int) -> Page[tuple[Contact, Customer]]:
        """Return contacts that wait for an answer, oldest first: on tickets that are not done."""
        if after is not None:
            place_in(after)
        rows = await self._rows("Status = '__Active__'")
        waiting = [
            contact
            for case in await self.book.cases(rows)
            for contact in talks.contacts_of(case, self.book.parts_of(case.row.id), self.options)
            if contact.customer_key and waits(contact, only)
        ]
        found = page(waiting, lambda contact: place_of(contact.at, contact.key), after, limit, oldest=True)
        known = await self.customers_lately([each.customer_key for each in found.rows])
        rows_shown = tuple(
            (preview(contact), known[contact.customer_key]) for contact in found.rows if contact.customer_key in known
        )
        return Page(rows_shown, found.after)

    # colleagues ---------------------------------------------------------------------------------------------------

    async def agents(self) -> tuple[Agent, ...]:
        """Return the colleagues whom the profile names, as RT knows them, by login."""

        async def one(login: str) -> Agent | None:
            try:
                user = await self.wire.user(login)
            except NotFound:
                return None
            name = user.texts["RealName"] or user.login
            version = max(1, user.version)
            return Agent(f"agent:{user.login}", user.login, name, active=not user.disabled, version=version)

        found = await asyncio.gather(*map(one, sorted(set(self.options.agents))))
        return tuple(agent for agent in found if agent is not None)


def reference_terms(reference: str, options: Options) -> list[str]:
    """Return TicketSQL terms of which a ticket called so fits one; what it finds must still be compared."""
    terms: list[str] = []
    plain = re.sub(r"[^0-9a-z]", "", reference.casefold())
    prefix = re.sub(r"[^0-9a-z]", "", options.reference_prefix.casefold())
    number = plain.removeprefix(prefix)
    if plain.startswith(prefix) and number.isascii() and number.isdigit() and len(number) < 19:
        terms.append(f"id = {int(number)}")
    if options.reference_field and plain and len(reference) <= 60:
        # braces end the field's name and are refused in the options
        like = "%".join(plain) if re.fullmatch(r"[0-9a-z]{1,40}", plain) else plain
        terms.append(f"CF.{{{options.reference_field}}} LIKE {quoted(like)}")
    return terms


def _transaction(row: dict[str, object]) -> dict[str, object]:
    """Return a transaction read alone like one of a list: there what it is on is an object."""
    on = rows_in(row.get("Object"))
    if on and "ObjectId" not in row:
        return {**row, "ObjectType": str(on[0].get("type", "")), "ObjectId": on[0].get("id", "")}
    return row


def _each_once(found: Iterable[Case]) -> list[Case]:
    """Return the cases without those opened a second time by one step of ours, whose first try came late after all."""
    by_mark: dict[str, Case] = {}
    kept: list[Case] = []
    for case in sorted(found, key=lambda case: case.row.id):
        first = case.transactions[0].id if case.transactions else 0
        mark = case.marks.get(first)
        if mark is None or mark.step not in by_mark:
            kept.append(case)
        if mark is not None:
            by_mark.setdefault(mark.step, case)
    return kept


def _one_of(name: str, values: Iterable[str]) -> str:
    return "(" + " OR ".join(f"{name} = {quoted(value)}" for value in values) + ")"


def _day(moment: datetime, days: int) -> str:
    """Return a day some days off `moment` for RT's queries: times in them are in the zone of RT's user."""
    try:
        return (moment + timedelta(days=days)).astimezone(UTC).strftime("%Y-%m-%d")
    except (OverflowError, ValueError):
        return "1971-01-01" if moment.year < 2000 else "2037-12-31"


def _opened(row: TicketRow) -> datetime:
    return row.created or datetime.fromtimestamp(0, UTC)


def _place(ticket: Ticket) -> Place:
    return place_of(ticket.opened_at, ticket.key)


def _is_current(ticket: Ticket, now: datetime) -> bool:
    if ticket.state in OPEN_STATES:
        return True
    return (ticket.closed_at or ticket.opened_at) >= now - _CLOSED_FOR
