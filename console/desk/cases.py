"""What an act on a case needs beside the open customer's file: everything that hangs on one ticket."""

from __future__ import annotations

from backends.port import Backend, TimelineFilter
from backends.records import Contact, Entry, Ticket
from console.desk.persons import store_of
from console.desk.sources import Joining

PAGE = 200


async def history_of(backend: Backend, ticket: Ticket) -> tuple[Entry, ...]:
    """Return all contacts and events of a ticket, newest first; raises what the backend raises."""
    only = TimelineFilter(ticket_key=ticket.key)
    found: list[Entry] = []
    after: str | None = None
    while True:
        page = await backend.timeline(ticket.customer_key, only=only, after=after, limit=PAGE)
        found += page.rows
        after = page.after
        if after is None:
            return tuple(one for one in found if one.ticket_key == ticket.key)


def place_of(backend: Backend, contact: Contact, ticket: Ticket) -> str:
    """Return the name of the source that keeps a contact from being hung on a ticket; empty where nothing does.

    What a helpdesk keeps can name its own tickets only; what the home store keeps can name everybody's.
    """
    if not isinstance(backend, Joining):
        return ""
    own, theirs = backend.end_of(contact.key).source, backend.end_of(ticket.key).source
    return "" if own in (theirs, store_of(backend).name) else own


async def contacts_of(backend: Backend, ticket: Ticket) -> tuple[Contact, ...]:
    """Return all contacts of a ticket, newest first."""
    return tuple(one for one in await history_of(backend, ticket) if isinstance(one, Contact))
