"""Looking at a batch before its first request: what it needs, whether somebody was faster, what is to be sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast

from backends import clean
from backends.errors import Conflict, Invalid, NotFound, Unsupported
from backends.port import Batch, Put
from backends.records import Contact, Customer, Key, Record, Ticket, is_new
from backends.rest.zammad import rows
from backends.rest.zammad.articles import describing, description_in
from backends.rest.zammad.cases import Cases
from backends.rest.zammad.checking import of_kind
from backends.rest.zammad.marks import login_for, moment_of
from backends.rest.zammad.people import SYSTEM, key_of
from backends.rest.zammad.reading import Reader
from backends.rest.zammad.rows import Row
from backends.rest.zammad.shared import TAGS, only_key, plain

_SAME_WRITE = timedelta(milliseconds=100)
"""What the history tells so shortly after a version that another process read is what made that version: it is noted
after the row is. A version that this process read is compared by its content."""


@dataclass(slots=True)
class Step:
    """One item of a batch on its way."""

    put: Put
    mark: str
    row: Row | None = None
    """The stored one that is to be changed, or what became of it."""
    before: Record | None = None
    body: dict[str, Any] = field(default_factory=dict)
    tags: str | None = None
    done: bool = False
    """Whether it was stored before this attempt."""
    number: int = 0
    """The id of what was stored."""


@dataclass(slots=True)
class Plan:
    """A batch on its way."""

    batch: Batch
    steps: tuple[Step, ...]
    cases: Cases
    now: datetime
    keys: dict[Key, Key] = field(default_factory=dict)
    people: dict[Key, Customer] = field(default_factory=dict)
    """Customers that are needed, by their real keys."""
    tickets: dict[int, list[Row]] = field(default_factory=dict)
    """Tickets whose articles were read back, and those articles."""

    def of(self, kind: type[Record]) -> Iterator[Step]:
        """Yield the steps of one kind, in the batch's order."""
        return (step for step in self.steps if type(step.put.record) is kind)

    def real(self, key: Key) -> Key:
        """Return the key that a new one became."""
        return self.keys.get(key, key)


class Planner:
    """Prepares batches; reads only."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._site = reader.site
        self._options = reader.site.options

    async def prepare(self, plan: Plan, puts: tuple[Put, ...]) -> None:
        """Read what the batch needs and see that it fits; nothing is written here."""
        brought = of_kind(puts, Customer), of_kind(puts, Ticket)
        for step in plan.of(Customer):
            await self._prepare_customer(step)
        for step in plan.of(Ticket):
            ticket = cast("Ticket", step.put.record)
            await self._needs_customer(plan, ticket.customer_key, brought[0])
            await self._prepare_ticket(plan, step)
        for step in plan.of(Contact):
            contact = cast("Contact", step.put.record)
            await self._needs_customer(plan, contact.customer_key, brought[0])
            owner = await self._owner_of(contact.ticket_key, brought[1])
            if owner not in ("", contact.customer_key):
                raise Invalid("ticket_key", "other_customer", "the ticket is another customer's")
            who = plan.people.get(contact.customer_key) or cast("Customer | None", brought[0].get(contact.customer_key))
            if who is not None and is_new(who.key):
                who = replace(who, key=key_of(0))
            step.body = self._reader.articles.creation(contact, who, step.mark)

    async def _needs_customer(self, plan: Plan, key: Key, brought: Mapping[Key, Record]) -> None:
        if key in brought or key in plan.people:
            return
        try:
            plan.people[key] = await self._reader.customer(key)
        except NotFound as error:
            raise Invalid("customer_key", "unknown", source=self._site.source) from error

    async def _owner_of(self, ticket_key: Key, brought: Mapping[Key, Record]) -> Key:
        """Return the customer of the ticket that a contact belongs to; empty when it names none."""
        if not ticket_key:
            return ""
        if ticket_key in brought:
            return cast("Ticket", brought[ticket_key]).customer_key
        number = only_key("ticket", ticket_key)
        try:
            row = await self._site.ticket(number) if number else {}
        except NotFound:
            row = {}
        if not row:
            raise Invalid("ticket_key", "unknown", source=self._site.source)
        return key_of(rows.number(row, "customer_id"))

    async def _prepare_customer(self, step: Step) -> None:
        customer, people = cast("Customer", step.put.record), self._reader.people
        if is_new(customer.key):
            step.body = people.creation(customer, step.mark)
            await self._free_number(customer, step.mark)
            return
        try:
            step.row = await self._reader.user(customer.key)
        except NotFound:
            raise Conflict(None, "the customer is gone", source=self._site.source) from None
        now = self._reader.customer_from(step.row)
        step.before, step.number = now, rows.number(step.row, "id")
        step.body = people.changes(customer, step.row)
        step.done = not step.body  # whether by us or by others: the server has it so
        if step.body and now.version != step.put.seen:
            raise Conflict(now, source=self._site.source)

    async def _free_number(self, customer: Customer, mark: str) -> None:
        """Raise Invalid when another customer has this number; whoever the server's search does not know yet may."""
        attribute = self._options.customer.get("number")
        if not attribute or not customer.number or not clean.tokens(customer.number):
            return
        words = " AND ".join(f"{attribute}:{word}" for word in clean.tokens(customer.number))
        for row in await self._site.searched("User", {"query": words}):
            same = rows.raw(row, attribute).casefold() == customer.number.casefold()
            if same and rows.raw(row, "login") != login_for(mark):
                raise Invalid("number", "taken", source=self._site.source)

    async def _prepare_ticket(self, plan: Plan, step: Step) -> None:
        ticket = cast("Ticket", step.put.record)
        wanted = dict(ticket.details).get(TAGS)
        ticket = plain(ticket)
        if is_new(ticket.key):
            step.body = plan.cases.creation(ticket, step.mark, plan.now) | await self._owner(ticket, "")
            if wanted:
                step.body["tags"] = wanted
            return
        number = only_key("ticket", ticket.key)
        try:
            step.row = await self._site.ticket(number) if number else None
        except NotFound:
            step.row = None
        if step.row is None:
            raise Conflict(None, "the ticket is gone", source=self._site.source)
        step.number = number
        await self._compare(plan, step, ticket, wanted)

    async def _compare(self, plan: Plan, step: Step, ticket: Ticket, wanted: str | None) -> None:
        """Find out whether a change was stored already, whether somebody was faster, and what is to be sent."""
        assert step.row is not None
        articles = await self._site.articles(step.row)
        remembered = self._reader.shared.version_of(ticket.key) == step.put.seen
        was = self._reader.ticket_from(plan.cases, step.row, articles)
        step.before = was
        if ticket.customer_key != was.customer_key:
            raise Unsupported("change.ticket", "Zammad's own people give a ticket to another customer")
        found = plan.cases.mark(step.row)
        if found is not None and found.digest == step.mark:
            step.done, step.tags = True, wanted  # tags are requests of their own, which may have been lost
            return
        if was.version != step.put.seen:
            later = await self._later(step.row, step.put.seen or 0)
            if any(step.mark in rows.raw(each, "value_to") for _at, each in later):
                step.done = True
                return
            same = timedelta() if remembered else _SAME_WRITE
            others = [each for at, each in later if at > same]
            if any(rows.raw(each, "attribute") != self._options.marker for each in others):
                raise Conflict(await self._reader.whole_ticket(step.row), source=self._site.source)
        step.body = plan.cases.changes(ticket, step.row, step.mark, plan.now)
        step.body |= await self._owner(ticket, was.holder_name)
        described = cast("Ticket", step.put.record).description
        if described and described != description_in(articles):
            step.body["article"] = describing(replace(ticket, description=described, opened_at=plan.now), step.mark)
        if step.body and self._options.marker not in step.body:
            step.body |= plan.cases.marked(step.row, step.mark)
        step.tags = wanted

    async def _later(self, row: Row, seen: int) -> list[tuple[timedelta, Row]]:
        """Return what was changed on a ticket after a version, and how long after; Conflict when nobody tells."""
        history = await self._site.history(row)
        since = moment_of(seen)
        if not history or since is None:
            raise Conflict(await self._reader.whole_ticket(row), source=self._site.source)
        changes = [
            each for each in history if rows.raw(each, "object") in ("Ticket", "") and rows.raw(each, "attribute")
        ]
        spans = [((rows.moment(each, "created_at") or since) - since, each) for each in changes]
        return [(span, each) for span, each in spans if span > timedelta()]

    async def _owner(self, ticket: Ticket, former: str) -> dict[str, Any]:
        """Return the attribute that gives a ticket to a colleague, by login or name; raises Invalid."""
        name = ticket.holder_name.casefold()
        if name == former.casefold():
            return {}
        if not name:
            return {"owner_id": SYSTEM}
        for agent in await self._reader.agents(called=ticket.holder_name):
            if name in (agent.login.casefold(), agent.name.casefold()):
                return {"owner_id": only_key("user", agent.key)}
        raise Invalid("holder_name", "unknown", "no colleague is called so", source=self._site.source)
