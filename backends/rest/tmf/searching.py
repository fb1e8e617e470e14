"""Finding customers: the few questions that the standard knows, each exact, and our own server's search.

The standard filters by whole values of attributes. A server that finds more, or ignores the filter, does no harm:
everything it gives is compared here again.
"""

from __future__ import annotations

from collections.abc import Coroutine, Iterable
from typing import Any

from backends.errors import NotFound, Refused
from backends.port import Match
from backends.records import Customer, Key, Ticket
from backends.rest.rt.matching import Query, Ranked, ranked, settled
from backends.rest.tmf.keys import askable
from backends.rest.tmf.pieces import Json
from backends.rest.tmf.reading import Reader
from backends.rest.tmf.site import Filters, together

_LONGEST = 200
_MOST = 200
_MOST_EXPLAINED = 10
_PHONE, _EMAIL = "phoneNumber", "emailAddress"


async def search(reader: Reader, text: str, limit: int, operator_keys: frozenset[Key]) -> tuple[Match, ...]:
    """Return what `Backend.search` promises."""
    operator = reader.site.options.operator
    query = Query.read(text, operator.country)
    if (operator_keys and operator.key not in operator_keys) or not query.compact or len(query.text) > _LONGEST:
        return ()
    asked: tuple[Coroutine[Any, Any, Any], ...] = (_tickets(reader, query), _customers(reader, query))
    tickets: list[Ticket]
    found: list[Customer]
    tickets, found = await together(*asked)
    owners = await reader.customers([ticket.customer_key for ticket in tickets if ticket.customer_key])
    customers = {customer.key: customer for customer in (*owners, *found)}
    ways = {key: _way(query, customer, tickets) for key, customer in customers.items()}
    unexplained = [customer for key, customer in customers.items() if ways[key] is None][:_MOST_EXPLAINED]
    if unexplained and await reader.site.honours():
        # our server knows more of its customers than their resource tells: a ticket may have been meant
        for customer, theirs in zip(unexplained, await _tickets_of(reader, unexplained), strict=True):
            ways[customer.key] = _way(query, customer, theirs)
    return settled((way for way in ways.values() if way is not None), limit)


def _way(query: Query, customer: Customer, tickets: Iterable[Ticket]) -> Ranked | None:
    return ranked(query, customer, [ticket for ticket in tickets if ticket.customer_key == customer.key])


async def _tickets_of(reader: Reader, customers: Iterable[Customer]) -> list[list[Ticket]]:
    return await together(*(reader.theirs(Ticket, customer.key) for customer in customers))


async def _tickets(reader: Reader, query: Query) -> list[Ticket]:
    """Return the ticket that is called so."""
    if not askable(query.text) or not any(sign.isdigit() for sign in query.text):
        return []
    try:
        return [await reader.ticket(query.text)]
    except (NotFound, Refused):
        return []


async def _customers(reader: Reader, query: Query) -> list[Customer]:
    found = await together(*(_found(reader, asked) for asked in await _questions(reader, query)))
    documents: dict[str, Json] = {str(one.get("id", "")): one for rows in found for one in rows}
    return [reader.record(Customer, one) for one in documents.values()]


async def _questions(reader: Reader, query: Query) -> Iterable[Filters]:
    if await reader.site.honours():
        return [{"q": query.text}]
    typed = reader.site.api(Customer).shape.typed
    where = "contactMedium." if typed else "contactMedium.characteristic."
    asked: list[Filters] = [{"id": query.text}, {"name": query.text}]
    asked += [{f"{where}{_PHONE}": number} for number in sorted(query.numbers)]
    if "@" in query.email:
        asked.append({f"{where}{_EMAIL}": query.email})
    return asked


async def _found(reader: Reader, asked: Filters) -> list[Json]:
    try:
        rows, _ = await reader.site.piece(Customer, asked, 0, _MOST)
    except Refused:
        return []  # a server that does not know this attribute
    return rows
