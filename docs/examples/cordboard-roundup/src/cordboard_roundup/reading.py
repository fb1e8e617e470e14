"""Reading a tracker: what may belong is fetched, and the program's own reference decides what does.

Roundup finds parts of texts as they were typed; the port promises more, and less. So the rows that may be meant are put
into a `State`, and `backends.memory` answers from it as it answers for itself: every filter is checked again, and
order, pages and cursors are those that the suite knows.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Iterable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from backends.errors import NotFound
from backends.memory import reading, searching
from backends.memory.state import State
from backends.port import CustomerFile, Match, Page, TicketFilter, TimelineFilter
from backends.records import Contact, Customer, Entry, Key, Ticket
from cordboard_roundup import mapping
from cordboard_roundup.mapping import Names, number_in
from cordboard_roundup.options import Options
from cordboard_roundup.wire import Row, Wire, date_of

T = TypeVar("T")
_REFERENCE = re.compile(r"([URM])[\s-]?([1-9][0-9]{0,8})", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+")
_LONGEST = 60
"""Characters of a typed word that are asked for."""


class Reader:
    """Reads one tracker."""

    def __init__(self, wire: Wire, options: Options) -> None:
        self.wire = wire
        self.options = options
        self._names: Names | None = None

    def forget(self) -> None:
        """Ask for the tracker's own words anew, next time."""
        self._names = None

    async def names(self) -> Names:
        """Return the names of statuses and priorities; they are asked for once."""
        if self._names is None:
            statuses = await self.wire.rows("status", {}, "name")
            priorities = await self.wire.rows("priority", {}, "name")
            self._names = Names(mapping.listed(statuses), mapping.listed(priorities))
        return self._names

    # single items -------------------------------------------------------------------------------------------------

    def _is_customer(self, row: Row) -> bool:
        return str(row.get("username") or "") not in self.options.staff

    async def customer(self, key: Key) -> Customer:
        """Return a customer; raises NotFound, for members of the staff too."""
        return (await self.tagged_customer(key))[0]

    async def tagged_customer(self, key: Key) -> tuple[Customer, str]:
        """Return a customer with the tag of their user; raises NotFound."""
        row, tag = await self.wire.item("user", number_in(key, "user"))
        if not self._is_customer(row):
            raise NotFound(f"no customer {key[:20]!r}", source=self.wire.name)
        return mapping.customer_of(row, self.options), tag

    async def customers(self, keys: Sequence[Key]) -> tuple[Customer, ...]:
        """Return those of the customers that exist, in the given order."""
        numbers = {key: number_in(key, "user") for key in keys}
        rows = await self.wire.by_ids("user", filter(None, numbers.values()), mapping.USER_FIELDS)
        found = (rows.get(numbers[key]) for key in keys)
        return tuple(mapping.customer_of(row, self.options) for row in found if row and self._is_customer(row))

    async def ticket(self, reference_or_key: str) -> Ticket:
        """Return a ticket by its key or its reference; raises NotFound."""
        said = _REFERENCE.fullmatch(reference_or_key)
        key = f"issue:{said[2]}" if said and said[1].upper() == "R" else reference_or_key
        return (await self.tagged_ticket(key))[0]

    async def tagged_ticket(self, key: Key) -> tuple[Ticket, str]:
        """Return a ticket with the tag of its issue; raises NotFound, for issues of nobody too."""
        row, tag = await self.wire.item("issue", number_in(key, "issue"))
        if not mapping.requestor_of(row, self.options):
            raise NotFound(f"no ticket {key[:20]!r}", source=self.wire.name)
        (ticket,), _contacts = await self.gathered([row])
        return ticket, tag

    async def contacts_of(self, ticket_key: Key) -> dict[Key, Contact]:
        """Return the contacts on a ticket by their keys; raises NotFound."""
        row, _tag = await self.wire.item("issue", number_in(ticket_key, "issue"))
        _tickets, contacts = await self.gathered([row])
        return {contact.key: contact for contact in contacts}

    async def contact(self, key: Key) -> Contact:
        """Return a contact; a message that is on no issue, or is an issue's description, is none: raises NotFound."""
        number = number_in(key, "msg")
        if number:
            for row in await self._issues({"messages": number}):
                if number in mapping.messages_of(row):
                    _tickets, contacts = await self.gathered([row])
                    for contact in contacts:
                        if contact.key == key:
                            return contact
        raise NotFound(f"no contact {key[:20]!r}", source=self.wire.name)

    # several ------------------------------------------------------------------------------------------------------

    async def _issues(self, params: Row) -> list[Row]:
        rows = await self.wire.rows("issue", {**params, "@sort": "-id"}, mapping.issue_fields(self.options))
        return [row for row in rows if mapping.requestor_of(row, self.options)]

    async def gathered(self, issues: Iterable[Row]) -> tuple[list[Ticket], list[Contact]]:
        """Return the tickets that issues are, and all their contacts."""
        issues, names = list(issues), await self.names()
        ids = [number for row in issues for number in mapping.messages_of(row)]
        messages = await self.wire.by_ids("msg", ids, mapping.message_fields(self.options))
        tickets, contacts = [], []
        for row in issues:
            ticket = mapping.ticket_of(row, messages, names, self.options)
            tickets.append(ticket)
            found = (messages.get(number) for number in mapping.messages_of(row))
            held = (mapping.contact_of(one, ticket, self.options) for one in found if one)
            contacts += [contact for contact in held if contact is not None]
        return tickets, contacts

    async def _state_of(self, customer_key: Key) -> State:
        """Return everything about one customer; raises NotFound."""
        customer = await self.customer(customer_key)
        issues = await self._issues({self.options.requestor_field: number_in(customer_key, "user")})
        tickets, contacts = await self.gathered(issues)
        return self._state(customer, *(one for one in tickets if one.customer_key == customer_key), *contacts)

    def _state(self, *records: Customer | Ticket | Contact) -> State:
        state = State()
        for record in (self.options.operator, *records):
            state.store(record)
        return state

    async def customer_file(self, key: Key) -> CustomerFile:
        """Return everything about a customer but the timeline; raises NotFound."""
        return reading.customer_file(await self._state_of(key), key, datetime.now(UTC))

    async def timeline(self, key: Key, only: TimelineFilter, after: str | None, limit: int) -> Page[Entry]:
        """Return the history newest first; raises NotFound, Invalid."""
        return reading.timeline(await self._state_of(key), key, only, after, limit)

    async def tickets(self, only: TicketFilter, after: str | None, limit: int) -> Page[Ticket]:
        """Return tickets, newest first; raises Invalid."""
        params: dict[str, str | list[str]] = {}
        if only.customer_key:
            params[self.options.requestor_field] = number_in(only.customer_key, "user") or "-1"
        if only.opened_since:
            params["creation"] = f"from {date_of(only.opened_since)}"
        if only.states:
            names = (await self.names()).statuses.values()
            meant = [name for name in names if self.options.states.get(name) in only.states]
            params["status"] = ",".join(meant) or "-1"
        tickets, _contacts = await self.gathered(await self._issues(params))
        return reading.tickets(self._state(*tickets), only, after, limit)

    # searching ----------------------------------------------------------------------------------------------------

    async def search(self, text: str, limit: int, operator_keys: frozenset[Key]) -> tuple[Match, ...]:
        """Return customers that `text` may mean, best first; those whom Roundup finds, judged again."""
        tickets, contacts = await self._referred(text)
        found = await asyncio.gather(*self._questions(text))
        rows = {str(row["id"]): row for answer in found for row in answer if self._is_customer(row)}
        owners = [one.customer_key for one in tickets] + [one.customer_key for one in contacts]
        said = _REFERENCE.fullmatch(text.strip())
        if said and said[1].upper() == "U":
            owners.append(f"user:{said[2]}")
        customers = {row: mapping.customer_of(rows[row], self.options) for row in rows}
        customers |= {each.key: each for each in await self.customers(list(dict.fromkeys(owners)))}
        state = self._state(*customers.values(), *tickets, *contacts)
        return searching.search(state, text, limit, operator_keys)

    def _questions(self, text: str) -> list[Awaitable[list[Row]]]:
        """Return what to ask Roundup for, each question no narrower than the port's promise."""
        asked: list[dict[str, str]] = []
        words = [word for word in _WORD.findall(text[:1_000]) if not word.isdigit()]
        digits = re.sub(r"[^0-9]", "", text[:1_000])
        if words:
            asked += [{"realname": word} for word in _spelt(max(words, key=len)[:_LONGEST])]
        if len(digits) >= searching.SHORTEST_NUMBER and not words:
            asked.append({"phone": digits[-3:]})  # however a number is written, its last three digits stand together
        if "@" in text or words:
            mail = text.strip().lower()[:_LONGEST]
            asked += [{"address": mail}, {"alternate_addresses": mail}]
        return [self.wire.rows("user", params, mapping.USER_FIELDS) for params in asked]

    async def _referred(self, text: str) -> tuple[list[Ticket], list[Contact]]:
        """Return the ticket and the contact whose reference, or whose digits, these may be."""
        said = _REFERENCE.fullmatch(text.strip())
        digits = re.sub(r"[\s-]", "", text)
        number = digits if re.fullmatch(r"[1-9][0-9]{3,8}", digits) else ""
        tickets: list[Ticket] = []
        contacts: list[Contact] = []
        if number or (said and said[1].upper() == "R"):
            tickets += await _if_there(self.ticket(f"issue:{number or (said and said[2])}"))
        if said and said[1].upper() == "M":
            contacts += await _if_there(self.contact(f"msg:{said[2]}"))
        return tickets, contacts


def _spelt(word: str) -> tuple[str, ...]:
    """Return the ways in which a name with this word may be written: Roundup knows the cases of ASCII alone."""
    low = word.lower()
    sharp = low.replace("ss", "ß")
    if word.isascii():
        return (word,) if sharp == low else (word, sharp, sharp.capitalize())
    return tuple(dict.fromkeys((word, low, word.capitalize(), word.upper())))


async def _if_there(asked: Awaitable[T]) -> list[T]:
    try:
        return [await asked]
    except NotFound:
        return []
