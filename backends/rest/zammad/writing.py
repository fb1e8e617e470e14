"""Writing a batch: looked at whole, then step by step, each step once however often the batch comes.

The server knows no transactions. So everything that can be found wrong is found before the first request; every step
carries a mark, and a step whose mark is there already is passed over. A batch that was cut off is completed by writing
it again with the same key; one that was stored whole is recognised, also by another process and after a restart.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

from backends import clean
from backends.errors import Busy, Invalid, Unavailable
from backends.port import Batch, Change, Receipt
from backends.records import AnswerState, Contact, Customer, Key, Record, Ticket, TicketKind, TicketState, is_new
from backends.rest.zammad import rows
from backends.rest.zammad.articles import describing, mark_of
from backends.rest.zammad.articles import key_of as article_key
from backends.rest.zammad.cases import LONGEST_TITLE, key_for
from backends.rest.zammad.checking import check
from backends.rest.zammad.marks import digest, login_for
from backends.rest.zammad.people import key_of
from backends.rest.zammad.planning import Plan, Planner, Step
from backends.rest.zammad.reading import Reader
from backends.rest.zammad.rows import Row
from backends.rest.zammad.shared import only_key

_FULL = {"expand": "true"}


class Writer:
    """Stores batches; errors are those of the port."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._site = reader.site
        self._shared = reader.shared
        self._planner = Planner(reader)
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
            steps = tuple(Step(put, digest(batch.idempotency_key, index)) for index, put in enumerate(puts))
            plan = Plan(batch, steps, await self._reader.cases(), now)
            await self._planner.prepare(plan, puts)
            await self._perform(plan)
            receipt = await self._receipt(plan)
            if batch.idempotency_key:
                self._shared.receipts.keep(batch.idempotency_key, replace(receipt, repeated=False))
            return receipt

    # doing --------------------------------------------------------------------------------------------------------

    async def _perform(self, plan: Plan) -> None:
        """Send every step that was not stored yet: customers, then tickets, then contacts."""
        for step in plan.of(Customer):
            await self._customer(plan, step)
            plan.keys[step.put.record.key] = key_of(step.number)
        for step in plan.of(Ticket):
            await self._ticket(plan, step)
            plan.keys[step.put.record.key] = key_for(step.number)
        for step in plan.of(Contact):
            await self._contact(plan, step)

    async def _customer(self, plan: Plan, step: Step) -> None:
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
        if (known := self._shared.made.get(mark)) is not None:
            return await self._site.user(known)
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

    async def _new_customer(self, step: Step) -> Row:
        self._shared.doubtful.keep(step.mark, time.monotonic())
        try:
            row = await self._send("POST", "users", step.body)
            self._shared.made.keep(step.mark, rows.number(row, "id"))
            return row
        except Invalid as error:
            if "already" in error.detail.lower():
                raise Invalid("points", "taken", error.detail, source=self._site.source) from None
            raise

    async def _ticket(self, plan: Plan, step: Step) -> None:
        if step.number:
            if not step.done and step.body:
                await self._send("PUT", f"tickets/{step.number}", step.body)
            if step.tags is not None:
                await self._tag(step.number, step.tags)
            return
        ticket = cast("Ticket", step.put.record)
        first = next((each for each in plan.of(Contact) if _on(each) == ticket.key), None)
        article = describing(ticket, step.mark)
        if first is not None and not ticket.description:
            article = self._article(plan, first)
        await self._open(plan, step, plan.real(ticket.customer_key), step.body, article)

    async def _open(
        self, plan: Plan, step: Step, customer_key: Key, body: Mapping[str, Any], article: Mapping[str, Any]
    ) -> None:
        """Open a ticket with its first article, unless this step did it before."""
        customer = only_key("user", customer_key)
        if plan.batch.idempotency_key:
            for row in await self._site.tickets_of(customer):
                mark = plan.cases.mark(row)
                if mark is not None and step.mark in (mark.digest, mark.made):
                    step.done, step.number = True, rows.number(row, "id")
                    return
        row = await self._send("POST", "tickets", {**body, "customer_id": customer, "article": dict(article)})
        step.number = rows.number(row, "id")
        if not step.number:
            raise Unavailable("the server did not say which ticket it stored", source=self._site.source)

    async def _contact(self, plan: Plan, step: Step) -> None:
        contact = cast("Contact", step.put.record)
        article = self._article(plan, step)
        number = only_key("ticket", plan.real(contact.ticket_key))
        if not number:
            lone = Step(step.put, step.mark)
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
            if "in_reply_to" in article:
                article["in_reply_to"] = f"{_last_mail(articles)} {article['in_reply_to']}".strip()
            found = await self._send("POST", "ticket_articles", {**article, "ticket_id": number})
            if not rows.number(found, "id"):
                raise Unavailable("the server did not say which article it stored", source=self._site.source)
        elif contact.ticket_key:
            step.done = not is_new(contact.ticket_key) or self._was_there(plan, contact.ticket_key)
        step.number = number
        plan.keys[contact.key] = article_key(number, rows.number(found, "id"))

    def _was_there(self, plan: Plan, ticket_key: Key) -> bool:
        return all(step.done for step in plan.of(Ticket) if step.put.record.key == ticket_key)

    def _article(self, plan: Plan, step: Step) -> dict[str, Any]:
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

    async def _receipt(self, plan: Plan) -> Receipt:
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


def _on(step: Step) -> Key:
    return cast("Contact", step.put.record).ticket_key


def _last_mail(articles: Sequence[Row]) -> str:
    """Return the message id of the last mail from outside, which a reply answers (RFC 5322, 3.6.4)."""
    mails = [row for row in articles if rows.raw(row, "type") == "email" and rows.raw(row, "sender") == "Customer"]
    return rows.raw(mails[-1], "message_id").strip()[:500] if mails else ""


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
