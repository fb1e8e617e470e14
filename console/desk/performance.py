"""Gathers what the provider's own report is made of: every case and message that began within a time (R3)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime

from backends.port import Backend, Capability, Listing, QueueFilter, TicketFilter, TimelineFilter
from backends.records import Contact, Key, Operator, Ticket, TicketEvent
from console.rules.performance import Measured, of_contact, of_ticket
from console.rules.policies import Policies

_PAGE = 500


async def tickets_measured(
    backend: Backend,
    operators: Mapping[Key, Operator],
    since: datetime,
    until: datetime,
    now: datetime,
    policies: Policies,
    chosen: frozenset[Key] = frozenset(),
) -> AsyncIterator[tuple[Measured, ...]]:
    """Yield the rows of each case that was opened in the span [since, until), of the chosen operators or all."""
    after: str | None = None
    only = TicketFilter(operator_keys=chosen, opened_since=since)
    while True:
        page = await backend.tickets(only, after=after, limit=_PAGE)
        for ticket in page.rows:
            operator = operators.get(ticket.operator_key)
            if operator is not None and ticket.opened_at < until:
                events, contacts = await _history(backend, ticket)
                yield of_ticket(ticket, operator, now, events, contacts, policies)
        after = page.after
        if after is None:
            return


async def _history(backend: Backend, ticket: Ticket) -> tuple[list[TicketEvent], list[Contact]]:
    events: list[TicketEvent] = []
    contacts: list[Contact] = []
    after: str | None = None
    while True:
        page = await backend.timeline(
            ticket.customer_key, only=TimelineFilter(ticket_key=ticket.key), after=after, limit=_PAGE
        )
        for entry in page.rows:
            if isinstance(entry, Contact):
                contacts.append(entry)
            else:
                events.append(entry)
        after = page.after
        if after is None:
            return events, contacts


def knows_every_message(backend: Backend) -> bool:
    """Return whether answered messages can be listed; elsewhere only those that still wait are known."""
    return isinstance(backend, Listing)


async def messages_measured(
    backend: Backend,
    operators: Mapping[Key, Operator],
    since: datetime,
    until: datetime,
    now: datetime,
    policies: Policies,
    chosen: frozenset[Key] = frozenset(),
) -> AsyncIterator[Measured]:
    """Yield the row of each message that came in the span: of all, or of those that wait where no more is known."""
    async for contact in _messages(backend, chosen):
        operator = operators.get(contact.operator_key)
        wanted = since <= contact.at < until and (not chosen or contact.operator_key in chosen)
        if operator is not None and wanted and (row := of_contact(contact, operator, now, policies)):
            yield row


async def _messages(backend: Backend, chosen: frozenset[Key]) -> AsyncIterator[Contact]:
    after: str | None = None
    if isinstance(backend, Listing):
        while True:
            page = await backend.listed(Contact, after=after, limit=_PAGE)
            for record in page.rows:
                if isinstance(record, Contact):
                    yield record
            after = page.after
            if after is None:
                return
    if Capability.QUEUE not in backend.capabilities:
        return
    while True:
        waiting = await backend.queue(QueueFilter(operator_keys=chosen), after=after, limit=_PAGE)
        for contact, _customer in waiting.rows:
            yield contact
        after = waiting.after
        if after is None:
            return
