"""Writing a batch: looked at whole, then step by step, each step once however often the batch comes.

The server knows no transactions. So everything that can be found wrong is found before the first request; every step
carries a mark, and a step whose mark is there already is passed over. A batch that was cut off is completed by writing
it again with the same key; one that was stored whole is recognised, also by another process and after a restart.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, cast

from backends import clean
from backends.errors import Busy, Conflict, Invalid, NotFound, Unavailable
from backends.port import Batch, Change, Put, Receipt
from backends.records import AnswerState, Contact, Customer, Key, Record, Ticket, TicketKind, TicketState, is_new
from backends.rest.zammad import rows
from backends.rest.zammad.articles import describing, description_in, mark_of
from backends.rest.zammad.articles import key_of as article_key
from backends.rest.zammad.cases import LONGEST_TITLE, Cases, key_for
from backends.rest.zammad.checking import check, of_kind
from backends.rest.zammad.marks import digest, login_for, moment_of
from backends.rest.zammad.people import SYSTEM, key_of
from backends.rest.zammad.reading import Reader
from backends.rest.zammad.rows import Row
from backends.rest.zammad.shared import TAGS, only_key, plain

_FULL = {"expand": "true"}


@dataclass(slots=True)
class _Step:
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
class _Plan:
    """A batch on its way."""

    batch: Batch
    steps: tuple[_Step, ...]
    cases: Cases
    now: datetime
    keys: dict[Key, Key] = field(default_factory=dict)
    people: dict[Key, Customer] = field(default_factory=dict)
    """Customers that are needed, by their real keys."""
    tickets: dict[int, list[Row]] = field(default_factory=dict)
    """Tickets whose articles were read back, and those articles."""

    def of(self, kind: type[Record]) -> Iterator[_Step]:
        """Yield the steps of one kind, in the batch's order."""
        return (step for step in self.steps if type(step.put.record) is kind)

    def real(self, key: Key) -> Key:
        """Return the key that a new one became."""
        return self.keys.get(key, key)


class Writer:
    """Stores batches; errors are those of the port."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._site = reader.site
        self._shared = reader.shared
        self._options = reader.site.options

    async def write(self, batch: Batch) -> Receipt:
        """Store a batch; raises Conflict, Invalid, Unsupported, and what the line does."""
        puts = check(batch, self._options.operator.key)
        now = datetime.now(UTC)
        if not puts:
            return Receipt((), now, keys={})
        names = [f"batch {batch.idempotency_key}"] if batch.idempotency_key else []
        names += [f"record {put.record.key}" for put in puts if put.seen is not None]
        async with self._shared.alone(names):
            stored = self._shared.receipts.get(batch.idempotency_key) if batch.idempotency_key else None
            if stored is not None:
                return replace(stored, repeated=True)
            steps = tuple(_Step(put, digest(batch.idempotency_key, index)) for index, put in enumerate(puts))
            plan = _Plan(batch, steps, await self._reader.cases(), now)
            await self._prepare(plan, puts)
            await self._perform(plan)
            receipt = await self._receipt(plan)
            if batch.idempotency_key:
                self._shared.receipts.keep(batch.idempotency_key, replace(receipt, repeated=False))
            return receipt

    # looking ------------------------------------------------------------------------------------------------------

    async def _prepare(self, plan: _Plan, puts: tuple[Put, ...]) -> None:
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

    async def _needs_customer(self, plan: _Plan, key: Key, brought: Mapping[Key, Record]) -> None:
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

    async def _prepare_customer(self, step: _Step) -> None:
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

    async def _prepare_ticket(self, plan: _Plan, step: _Step) -> None:
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

    async def _compare(self, plan: _Plan, step: _Step, ticket: Ticket, wanted: str | None) -> None:
        """Find out whether a change was stored already, whether somebody was faster, and what is to be sent."""
        assert step.row is not None
        articles = await self._site.articles(step.row)
        was = self._reader.ticket_from(plan.cases, step.row, articles)
        step.before = was
        found = plan.cases.mark(step.row)
        if found is not None and found.digest == step.mark:
            step.done = True
            return
        if was.version != step.put.seen:
            later = await self._later(plan.cases, step.row, step.put.seen or 0)
            if any(step.mark in rows.raw(each, "value_to") for each in later):
                step.done = True
                return
            if any(rows.raw(each, "attribute") != self._options.marker for each in later):
                raise Conflict(await self._reader.whole_ticket(step.row), source=self._site.source)
        step.body = plan.cases.changes(ticket, step.row, step.mark, plan.now)
        step.body |= await self._owner(ticket, was.holder_name)
        described = cast("Ticket", step.put.record).description
        if described and described != description_in(articles):
            step.body["article"] = describing(replace(ticket, description=described, opened_at=plan.now), step.mark)
        if step.body and self._options.marker not in step.body:
            step.body |= {self._options.marker: plan.cases.creation(ticket, step.mark, plan.now)[self._options.marker]}
        step.tags = wanted

    async def _later(self, cases: Cases, row: Row, seen: int) -> list[Row]:
        """Return what was changed on a ticket since a version; raises Conflict when nobody may tell."""
        history = await self._site.history(row)
        since = moment_of(seen)
        if not history or since is None:
            raise Conflict(await self._reader.whole_ticket(row), source=self._site.source)
        changes = [
            each for each in history if rows.raw(each, "object") in ("Ticket", "") and rows.raw(each, "attribute")
        ]
        return [each for each in changes if (rows.moment(each, "created_at") or since) > since]

    async def _owner(self, ticket: Ticket, former: str) -> dict[str, Any]:
        """Return the attribute that gives a ticket to a colleague, by login or name; raises Invalid."""
        name = ticket.holder_name.casefold()
        if name == former.casefold():
            return {}
        if not name:
            return {"owner_id": SYSTEM}
        for agent in await self._reader.agents():
            if name in (agent.login.casefold(), agent.name.casefold()):
                return {"owner_id": only_key("user", agent.key)}
        raise Invalid("holder_name", "unknown", "no colleague is called so", source=self._site.source)

    # doing --------------------------------------------------------------------------------------------------------

    async def _perform(self, plan: _Plan) -> None:
        """Send every step that was not stored yet: customers, then tickets, then contacts."""
        for step in plan.of(Customer):
            await self._customer(plan, step)
            plan.keys[step.put.record.key] = key_of(step.number)
        for step in plan.of(Ticket):
            await self._ticket(plan, step)
            plan.keys[step.put.record.key] = key_for(step.number)
        for step in plan.of(Contact):
            await self._contact(plan, step)

    async def _customer(self, plan: _Plan, step: _Step) -> None:
        if step.number:
            if not step.done:
                step.row = await self._send("PUT", f"users/{step.number}", step.body)
            return
        found = await self._known_customer(step.mark) if plan.batch.idempotency_key else None
        step.done = found is not None
        step.row = found or await self._new_customer(step)
        step.number = rows.number(step.row, "id")
        if not step.number:
            raise Unavailable("the server did not say whom it stored", source=self._site.source)

    async def _known_customer(self, mark: str) -> Row | None:
        """Return the user that this step made before.

        The server's search is behind its database. So soon after an attempt that was not answered, or after this
        process began and cannot know of one, nobody can tell: raises Busy until the search must have caught up.
        """
        login = login_for(mark)
        for row in await self._site.searched("User", {"query": login}):
            if rows.raw(row, "login") == login:
                return row
        tried = self._shared.doubtful.get(mark) or self._shared.began
        left = self._options.index_delay - (time.monotonic() - tried)
        if left > 0:
            says = "whether the customer was stored is known only when the search is up to date"
            raise Busy(says, source=self._site.source, retry_after=left)
        return None

    async def _new_customer(self, step: _Step) -> Row:
        try:
            return await self._send("POST", "users", step.body)
        except Unavailable:
            self._shared.doubtful.keep(step.mark, time.monotonic())
            raise
        except Invalid as error:
            if "already" in error.detail.lower():
                raise Invalid("points", "taken", error.detail, source=self._site.source) from None
            raise

    async def _ticket(self, plan: _Plan, step: _Step) -> None:
        if step.number:
            if not step.done and step.body:
                await self._send("PUT", f"tickets/{step.number}", step.body)
            if not step.done and step.tags is not None:
                await self._tag(step.number, step.tags)
            return
        ticket = cast("Ticket", step.put.record)
        first = next((each for each in plan.of(Contact) if _on(each) == ticket.key), None)
        article = describing(ticket, step.mark)
        if first is not None and not ticket.description:
            article = self._article(plan, first)
        await self._open(plan, step, plan.real(ticket.customer_key), step.body, article)

    async def _open(
        self, plan: _Plan, step: _Step, customer_key: Key, body: Mapping[str, Any], article: Mapping[str, Any]
    ) -> None:
        """Open a ticket with its first article, unless this step did it before."""
        customer = only_key("user", customer_key)
        if plan.batch.idempotency_key:
            for row in await self._site.tickets_of(customer):
                mark = plan.cases.mark(row)
                if mark is not None and mark.digest == step.mark:
                    step.done, step.number = True, rows.number(row, "id")
                    return
        row = await self._send("POST", "tickets", {**body, "customer_id": customer, "article": dict(article)})
        step.number = rows.number(row, "id")
        if not step.number:
            raise Unavailable("the server did not say which ticket it stored", source=self._site.source)

    async def _contact(self, plan: _Plan, step: _Step) -> None:
        contact = cast("Contact", step.put.record)
        article = self._article(plan, step)
        number = only_key("ticket", plan.real(contact.ticket_key))
        if not number:
            lone = _Step(step.put, step.mark)
            ticket = _case_of(contact, self._options.kind)
            body = plan.cases.creation(ticket, step.mark, plan.now)
            await self._open(plan, lone, plan.real(contact.customer_key), body, article)
            number = lone.number
            step.done = lone.done
        articles = plan.tickets.get(number)
        if articles is None:
            articles = plan.tickets[number] = await self._site.articles_now(number)
        found = next((row for row in articles if (mark := mark_of(row)) and mark.digest == step.mark), None)
        if found is None:
            found = await self._send("POST", "ticket_articles", {**article, "ticket_id": number})
            if not rows.number(found, "id"):
                raise Unavailable("the server did not say which article it stored", source=self._site.source)
        elif contact.ticket_key:
            step.done = not is_new(contact.ticket_key) or self._was_there(plan, contact.ticket_key)
        step.number = number
        plan.keys[contact.key] = article_key(number, rows.number(found, "id"))

    def _was_there(self, plan: _Plan, ticket_key: Key) -> bool:
        return all(step.done for step in plan.of(Ticket) if step.put.record.key == ticket_key)

    def _article(self, plan: _Plan, step: _Step) -> dict[str, Any]:
        """Return a contact's article, on behalf of its customer, whose number is known by now."""
        body = dict(step.body)
        if "origin_by_id" in body:
            body["origin_by_id"] = only_key("user", plan.real(cast("Contact", step.put.record).customer_key))
        return body

    async def _tag(self, ticket: int, wanted: str) -> None:
        """Give a ticket these tags and no others; doing it twice is doing it once."""
        names = {name.strip() for name in wanted.split(",") if name.strip()}
        held = set(await self._site.tags(ticket))
        for method, path, changed in (("POST", "tags/add", names - held), ("DELETE", "tags/remove", held - names)):
            for name in sorted(changed):
                await self._site.send(method, path, {"item": name, "object": "Ticket", "o_id": ticket})

    async def _send(self, method: str, path: str, body: Mapping[str, Any]) -> Row:
        answer = await self._site.send(method, path, {name: _cleaned(each) for name, each in body.items()}, _FULL)
        return answer if isinstance(answer, Mapping) else {}

    # telling ------------------------------------------------------------------------------------------------------

    async def _receipt(self, plan: _Plan) -> Receipt:
        """Return what came of it, read back from the server."""
        touched = {step.number for step in (*plan.of(Ticket), *plan.of(Contact))}
        held: dict[int, tuple[Ticket, dict[Key, Contact]]] = {}
        for number in sorted(touched):
            row = await self._site.ticket(number)
            articles = await self._site.articles(row)
            ticket = self._reader.ticket_from(plan.cases, row, articles)
            held[number] = ticket, {each.key: each for each in self._reader.articles.contacts(ticket, articles)}
        changes: list[Change] = []
        for step in plan.steps:
            record = step.put.record
            after: Record | None
            if isinstance(record, Customer):
                after = self._reader.customer_from(await self._site.user(step.number))
            elif isinstance(record, Ticket):
                after = held[step.number][0]
            else:
                after = held[step.number][1].get(plan.keys[record.key])
            if after is None:
                raise Unavailable("what was stored cannot be read back", source=self._site.source)
            changes.append(Change(step.before, after))
        keys = {new: real for new, real in plan.keys.items() if is_new(new)}
        repeated = bool(plan.batch.idempotency_key) and all(step.done for step in plan.steps)
        return Receipt(tuple(changes), plan.now, keys=keys, repeated=repeated)


def _on(step: _Step) -> Key:
    return cast("Contact", step.put.record).ticket_key


def _case_of(contact: Contact, kind: TicketKind) -> Ticket:
    """Return the ticket that a contact without one gets, as every call has one in Zammad; settled unless it waits."""
    title = contact.subject or clean.line(contact.body, limit=LONGEST_TITLE) or contact.channel
    state = TicketState.OPEN if contact.answer is AnswerState.WAITING else TicketState.CLOSED
    return Ticket("", "", contact.customer_key, contact.operator_key, kind, title[:LONGEST_TITLE], contact.at, state)


def _cleaned(value: object) -> object:
    """Return a body whose texts hold nothing that the server's database or a colleague's screen stumbles over."""
    match value:
        case str():
            return clean.block(value)
        case dict():
            return {name: _cleaned(each) for name, each in value.items()}
        case list():
            return [_cleaned(each) for each in value]
    return value
