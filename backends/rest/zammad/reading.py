"""Reading one Zammad as the port wants it: a customer's file and history, tickets, who waits for an answer."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from backends import clean
from backends.errors import NotFound
from backends.port import CustomerFile, Page, QueueFilter, TicketFilter, TimelineFilter
from backends.records import (
    OPEN_STATES,
    Agent,
    AnswerState,
    Contact,
    Customer,
    Direction,
    Entry,
    Key,
    Ticket,
    TicketEvent,
)
from backends.rest.zammad import happenings, rows
from backends.rest.zammad.articles import Articles, description_in, is_contact
from backends.rest.zammad.cases import Cases
from backends.rest.zammad.listing import tickets_page
from backends.rest.zammad.pages import page, passes, place_of, preview
from backends.rest.zammad.people import SYSTEM, People, key_of
from backends.rest.zammad.rows import Row
from backends.rest.zammad.shared import LINKS, TAGS, Shared, only_key
from backends.rest.zammad.site import PAGE, Site, login_or_name

RECENT = timedelta(days=30)
CURRENT = timedelta(days=90)
_RECENT_INBOUND = 50
_QUEUE_PAGES = 10
"""Pages of open tickets that are looked through for those that wait."""
_ARTICLE = re.compile(r"article:([1-9][0-9]{0,17})-([1-9][0-9]{0,17})", re.ASCII)


@dataclass(frozen=True)
class Reader:
    """All that is read; errors are those of the port."""

    site: Site
    people: People
    articles: Articles
    shared: Shared

    async def cases(self) -> Cases:
        """Return the mapping of tickets with what this site's names mean."""
        return Cases(self.site.options, await self.site.names())

    # people -------------------------------------------------------------------------------------------------------

    def customer_from(self, row: Row) -> Customer:
        """Return a user as a customer, with the version of its content."""
        return self.shared.settled_customer(self.people.customer(row))

    async def user(self, key: Key) -> Row:
        """Return the user of a customer's key; raises NotFound."""
        number = only_key("user", key)
        if not number:
            raise NotFound("no such customer", source=self.site.source)
        return await self.site.user(number)

    async def customer(self, key: Key) -> Customer:
        """Return a customer; raises NotFound."""
        return self.customer_from(await self.user(key))

    async def customers(self, keys: Sequence[Key]) -> tuple[Customer, ...]:
        """Return those of the customers that exist, in the given order."""

        async def one(key: Key) -> Customer | None:
            try:
                return await self.customer(key)
            except NotFound:
                return None

        found = await self.site.together(one(key) for key in keys)
        return tuple(each for each in found if each is not None)

    async def agents(self, called: str = "") -> tuple[Agent, ...]:
        """Return those who work in Zammad, by login: users whose roles say so, and whoever is signed in.

        A search without Elasticsearch knows no roles: there, those `called` so are added.
        """
        me = await self.site.row("users/me")
        found = {rows.number(me, "id"): me}
        if words := " ".join(clean.tokens(called)):
            got = await self.site.searched("User", {"query": words})
            found |= rows.by_id(row for row in got if self._works_here(row))
            words = called.partition("@")[0].partition(" ")[0]
            got = await self.site.searched("User", {"query": " ".join(clean.tokens(words))}) if words else []
            found |= rows.by_id(row for row in got if self._works_here(row))
        for page_number in range(1, PAGE):
            got = await self.site.searched("User", {"query": "roles:Agent OR roles:Admin"}, page_number)
            fresh = rows.by_id(got).keys() - found.keys()
            found |= rows.by_id(row for row in got if self._works_here(row))
            if len(got) < PAGE or not fresh:
                break
        agents = [_agent(row) for row in found.values() if rows.number(row, "id") > SYSTEM]
        return tuple(sorted(agents, key=lambda agent: agent.login))

    def _works_here(self, row: Row) -> bool:
        roles = row.get("roles")
        held = roles if isinstance(roles, list) else []
        return any(isinstance(role, str) and role.casefold() in self.site.options.agent_roles for role in held)

    # tickets ------------------------------------------------------------------------------------------------------

    def ticket_from(self, cases: Cases, row: Row, articles: Sequence[Row] = ()) -> Ticket:
        """Return a row as a ticket, with the version of its content."""
        return self.shared.settled(cases.ticket(row, description_in(articles)))

    async def ticket_row(self, reference_or_key: str) -> Row:
        """Return the row of a ticket by its key or its number; raises NotFound."""
        number = only_key("ticket", reference_or_key)
        if number:
            return await self.site.ticket(number)
        wanted = reference_or_key.strip()
        if wanted.isascii() and wanted.isalnum() and len(wanted) <= 60:
            for row in await self.site.searched("Ticket", {"query": f"number:{wanted}"}):
                if rows.raw(row, "number").casefold() == wanted.casefold():
                    return await self.site.ticket(rows.number(row, "id"))
            for row in await self.site.searched("Ticket", {"query": wanted}):
                if rows.raw(row, "number").casefold() == wanted.casefold():
                    return await self.site.ticket(rows.number(row, "id"))
        raise NotFound("no such ticket", source=self.site.source)

    async def ticket(self, reference_or_key: str) -> Ticket:
        """Return a ticket with its description, tags and links; raises NotFound."""
        return await self.whole_ticket(await self.ticket_row(reference_or_key))

    async def whole_ticket(self, row: Row) -> Ticket:
        """Return a row as a ticket with all that belongs to it."""
        cases = await self.cases()
        if cases.removed(row):
            raise NotFound("the ticket was removed", source=self.site.source)
        key = rows.number(row, "id")
        articles, tags, links = await asyncio.gather(self.site.articles(row), self.site.tags(key), self.site.links(key))
        ticket = self.ticket_from(cases, row, articles)
        more = [(TAGS, ", ".join(map(clean.line, tags))), (LINKS, ", ".join(_link(link) for link in links))]
        return replace(ticket, details=(*ticket.details, *((code, text) for code, text in more if text)))

    async def tickets(self, only: TicketFilter, after: str | None, limit: int) -> Page[Ticket]:
        """Return tickets, newest first, without their descriptions."""
        cases = await self.cases()
        if not only.customer_key:
            return await tickets_page(self.site, lambda row: self._listed(cases, row, only), after, limit)
        number = only_key("user", only.customer_key)
        found = [self._listed(cases, row, only) for row in await self.site.tickets_of(number)] if number else []
        kept = [ticket for ticket in found if ticket is not None]
        return page(kept, lambda ticket: place_of(ticket.opened_at, ticket.key), after, limit)

    def _listed(self, cases: Cases, row: Row, only: TicketFilter) -> Ticket | None:
        if cases.removed(row):
            return None
        ticket = self.ticket_from(cases, row)
        fits = (
            only.customer_key in ("", ticket.customer_key)
            and (not only.operator_keys or ticket.operator_key in only.operator_keys)
            and (not only.states or ticket.state in only.states)
            and (not only.kinds or ticket.kind in only.kinds)
            and (only.opened_since is None or ticket.opened_at >= only.opened_since)
        )
        return ticket if fits else None

    # one customer -------------------------------------------------------------------------------------------------

    async def customer_file(self, key: Key, now: datetime) -> CustomerFile:
        """Return everything about a customer but the history; raises NotFound."""
        user = await self.user(key)
        cases = await self.cases()
        held = [row for row in await self.site.tickets_of(rows.number(user, "id")) if not cases.removed(row)]
        needed = [row for row in held if self._is_current(cases.ticket(row), row, now)]
        articles = dict(
            zip((rows.number(row, "id") for row in needed), await self.site.articles_of(needed), strict=True)
        )
        contacts: list[Contact] = []
        total = 0
        tickets: list[Ticket] = []
        for row in held:
            read = articles.get(rows.number(row, "id"))
            ticket = self.ticket_from(cases, row, read or ())
            if read is None:
                total += max(1, rows.number(row, "article_count"))
                continue
            total += sum(1 for each in read if is_contact(each))
            contacts += self.articles.contacts(ticket, read)
            if ticket.state in OPEN_STATES or (ticket.closed_at or ticket.opened_at) >= now - CURRENT:
                tickets.append(ticket)
        calls = happenings.unlogged(await self._calls_with(key), contacts)
        inbound = [each for each in (*contacts, *calls) if _is_recent(each, now)]
        return CustomerFile(
            customer=self.customer_from(user),
            operator=self.site.options.operator,
            tickets=tuple(sorted(tickets, key=lambda each: place_of(each.opened_at, each.key), reverse=True)),
            recent_inbound=tuple(preview(each) for each in _newest(inbound)[:_RECENT_INBOUND]),
            contacts_total=total + len(calls),
        )

    def _is_current(self, ticket: Ticket, row: Row, now: datetime) -> bool:
        """Return whether a ticket's articles are needed for the file: it is open, or something was said lately."""
        changed = rows.moment(row, "updated_at") or now
        closed = ticket.closed_at or ticket.opened_at
        return ticket.state in OPEN_STATES or changed >= now - RECENT or closed >= now - CURRENT

    async def _calls_with(self, key: Key) -> list[Contact]:
        found = (happenings.call(self.site.options, row) for row in await self.site.calls())
        return [each for each in found if each is not None and each.customer_key == key]

    async def timeline(self, key: Key, only: TimelineFilter, after: str | None, limit: int) -> Page[Entry]:
        """Return the history newest first: articles of every ticket, calls, and what was done to tickets."""
        user = await self.user(key)
        cases = await self.cases()
        held = [row for row in await self.site.tickets_of(rows.number(user, "id")) if not cases.removed(row)]
        if only.ticket_key:
            held = [row for row in held if cases.ticket(row).key == only.ticket_key]
        tickets = [self.ticket_from(cases, row) for row in held]
        contacts = [
            contact
            for ticket, articles in zip(tickets, await self.site.articles_of(held), strict=True)
            for contact in self.articles.contacts(ticket, articles)
        ]
        contacts += happenings.unlogged(await self._calls_with(key), contacts)
        entries: list[Entry] = [contact for contact in contacts if passes(contact, only)]
        entries += await self._events(cases, tickets, held, only)
        found = page(entries, lambda entry: place_of(entry.at, entry.key), after, limit)
        return Page(tuple(preview(each) if isinstance(each, Contact) else each for each in found.rows), found.after)

    async def _events(
        self, cases: Cases, tickets: Sequence[Ticket], held: Sequence[Row], only: TimelineFilter
    ) -> list[TicketEvent]:
        narrowed = only.channels or only.directions or only.text.strip() or only.unanswered or only.thread
        if not only.events or narrowed or not self.site.options.history:
            return []
        histories = await self.site.together(self.site.history(row) for row in held)
        return [
            event
            for ticket, history in zip(tickets, histories, strict=True)
            for event in happenings.ticket_events(cases, ticket, history)
        ]

    async def contact(self, key: Key) -> Contact:
        """Return a contact with its whole body; raises NotFound."""
        if only_key("call", key):
            for row in await self.site.calls():
                call = happenings.call(self.site.options, row)
                if call is not None and call.key == key:
                    return call
        found = _ARTICLE.fullmatch(key)
        if found is None:
            raise NotFound("no such contact", source=self.site.source)
        row = await self.site.ticket(int(found[1]))
        cases = await self.cases()
        for each in self.articles.contacts(self.ticket_from(cases, row), await self.site.articles(row)):
            if each.key == key:
                return each
        raise NotFound("no such contact", source=self.site.source)

    # who waits ----------------------------------------------------------------------------------------------------

    async def queue(self, only: QueueFilter, after: str | None, limit: int) -> Page[tuple[Contact, Customer]]:
        """Return contacts that wait for an answer, oldest first, with their customers."""
        operator = self.site.options.operator.key
        if only.operator_keys and operator not in only.operator_keys:
            return page([], lambda contact: ("", ""), after, limit)
        cases = await self.cases()
        waiting: list[Contact] = []
        held = [row for row in await self._open_tickets(cases) if _may_wait(row)]
        for row, articles in zip(held, await self.site.articles_of(held), strict=True):
            contacts = self.articles.contacts(self.ticket_from(cases, row), articles)
            waiting += [each for each in contacts if each.answer is AnswerState.WAITING]
        waiting = [each for each in waiting if not only.channels or each.channel in only.channels]
        found = page(waiting, lambda contact: place_of(contact.at, contact.key), after, limit, oldest=True)
        known = {each.key: each for each in await self.customers(list({row.customer_key for row in found.rows}))}
        pairs = ((preview(each), known[each.customer_key]) for each in found.rows if each.customer_key in known)
        return Page(tuple(pairs), found.after)

    async def _open_tickets(self, cases: Cases) -> list[Row]:
        names = cases.names
        wanted = [key for key, name in names.states.items() if names.types[name.casefold()] not in _OVER]
        asked: dict[str, Any] = {"query": f"state_id:({' OR '.join(map(str, wanted))})"}
        found: dict[int, Row] = {}
        for number in range(1, _QUEUE_PAGES + 1):
            got = await self.site.searched("Ticket", asked, number, "created_at", "asc")
            if number == 1 and not got:  # a search without Elasticsearch knows no attributes
                asked = {"condition": {"ticket.state_id": {"operator": "is", "value": wanted}}}
                got = await self.site.searched("Ticket", asked, number, "created_at", "asc")
            fresh = rows.by_id(got).keys() - found.keys()
            found |= rows.by_id(got)
            if len(got) < PAGE or not fresh:
                break
        return [row for row in found.values() if names.state(row) not in _OVER]


_OVER = frozenset({"closed", "merged", "removed"})


def _may_wait(row: Row) -> bool:
    """Return whether the customer wrote last, as far as the ticket says."""
    theirs, ours = rows.moment(row, "last_contact_customer_at"), rows.moment(row, "last_contact_agent_at")
    if "last_contact_customer_at" not in row:
        return True
    return theirs is not None and (ours is None or theirs >= ours)


def _is_recent(contact: Contact, now: datetime) -> bool:
    return contact.direction is Direction.INBOUND and contact.at >= now - RECENT


def _newest(contacts: Sequence[Contact]) -> list[Contact]:
    return sorted(contacts, key=lambda contact: place_of(contact.at, contact.key), reverse=True)


def _link(row: Row) -> str:
    return f"{rows.line(row, 'link_type')} {key_for_link(row)}"


def key_for_link(row: Row) -> str:
    """Return what a link leads to, as a key when that is a ticket."""
    number = rows.number(row, "link_object_value")
    return f"ticket:{number}" if rows.raw(row, "link_object") == "Ticket" and number else rows.line(row, "link_object")


def _agent(row: Row) -> Agent:
    name = " ".join(part for part in (rows.line(row, "firstname"), rows.line(row, "lastname")) if part)
    login = rows.line(row, "login") or rows.line(row, "email") or str(rows.number(row, "id"))
    return Agent(key_of(rows.number(row, "id")), login, name or login_or_name(row), version=rows.version(row))
