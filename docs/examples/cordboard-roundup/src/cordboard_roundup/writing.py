"""Writing to a tracker, each step once: Roundup knows no batches and forgets who asked what.

All of a batch is checked before its first request. Every step is made under a name of its own, from the batch's
idempotency key and the step's place, that the tracker keeps: a customer's login, a message's id, and for an issue the
id of the message that it is opened with. A batch that was cut off is given again, and goes on where it stopped.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Any
from weakref import WeakValueDictionary

from backends.errors import Conflict, Invalid, NotFound, Unsupported
from backends.port import Batch, Capability, Change, Put, Receipt, Remove
from backends.records import Contact, Customer, Key, Record, Ticket, is_new
from cordboard_roundup import mapping
from cordboard_roundup.mapping import Mark, number_in
from cordboard_roundup.reading import Reader

Stored = Customer | Ticket | Contact
_NAMES = {Customer: "user", Ticket: "issue", Contact: "msg"}
_KEPT = 500
_AT_ONCE = 4
"""Messages that are sent at the same time."""
_receipts: OrderedDict[tuple[str, str], Receipt] = OrderedDict()
"""What batches with a key came to in this process, the last ones: a repeat of them asks nobody."""
_locks: WeakValueDictionary[tuple[str, str, int], asyncio.Lock] = WeakValueDictionary()


@dataclass(slots=True)
class _Step:
    """One item of a batch."""

    name: str
    item: Put
    key: Key = ""
    """Its real key, once it is known."""
    before: Stored | None = None
    tag: str = ""
    done: bool = False

    @property
    def record(self) -> Any:
        return self.item.record

    @property
    def new(self) -> bool:
        return is_new(self.item.record.key)


@dataclass(slots=True)
class _Plan:
    """A batch on its way."""

    batch: Batch
    steps: list[_Step]
    keys: dict[Key, Key] = field(default_factory=dict)
    owners: dict[Key, Key] = field(default_factory=dict)
    """The customers of tickets that are not of this batch."""

    def of(self, key: Key) -> _Step | None:
        """Return the step that brings the record with this new key."""
        return next((step for step in self.steps if step.new and step.record.key == key), None)


class Writer:
    """Writes to one tracker."""

    def __init__(self, reader: Reader, base: str) -> None:
        self._reader = reader
        self._wire = reader.wire
        self._options = reader.options
        self._base = base

    async def write(self, batch: Batch) -> Receipt:
        """Store a batch; raises Conflict, Invalid, Unsupported, NotAllowed, Busy, Unavailable."""
        plan = self._checked(batch)
        if not batch.idempotency_key:
            return await self._written(plan)
        subject = (self._base, batch.idempotency_key)
        lock = _locks.setdefault((*subject, id(asyncio.get_running_loop())), asyncio.Lock())
        async with lock:
            if subject in _receipts:
                return replace(_receipts[subject], repeated=True)
            receipt = await self._written(plan)
            _receipts[subject] = replace(receipt, repeated=False)
            while len(_receipts) > _KEPT:
                _receipts.popitem(last=False)
            return receipt

    async def _written(self, plan: _Plan) -> Receipt:
        if plan.batch.idempotency_key:
            await self._find_done(plan)
        await self._check_references(plan)
        await self._check_versions(plan)
        repeated = bool(plan.steps) and all(step.done for step in plan.steps)
        for kind in (Customer, Ticket):
            for step in plan.steps:
                if isinstance(step.record, kind):
                    await self._take(step, plan)
        await self._say_all(plan)
        return Receipt(await self._changes(plan), datetime.now(UTC), keys=dict(plan.keys), repeated=repeated)

    async def _changes(self, plan: _Plan) -> tuple[Change, ...]:
        """Return what the tracker holds now of all records of the batch."""
        tickets = {plan.keys.get(step.record.ticket_key, step.record.ticket_key)
                   for step in plan.steps if isinstance(step.record, Contact)}  # fmt: skip
        contacts: dict[Key, Contact] = {}
        for key in tickets:
            contacts |= await self._reader.contacts_of(key)
        return tuple(
            [
                Change(step.before, contacts.get(step.key) or await self._now(step.record, step.key))
                for step in plan.steps
            ]
        )

    # before the first request -------------------------------------------------------------------------------------

    def _checked(self, batch: Batch) -> _Plan:
        """Return the plan for a batch; raises what can be told without the tracker."""
        name = batch.idempotency_key or uuid.uuid4().hex
        steps: list[_Step] = []
        seen: set[tuple[type[Record], Key]] = set()
        for position, item in enumerate(batch.items):
            record = item.record
            if type(record) not in _NAMES:
                raise Unsupported(f"write.{_kind(record)}", source=self._wire.name)
            if isinstance(item, Remove):
                raise Unsupported(Capability.UNDO, source=self._wire.name)
            if item.raw is not None:
                raise Unsupported(Capability.RAW, source=self._wire.name)
            if not record.key or (type(record), record.key) in seen:
                raise Invalid("key", "twice" if record.key else "missing", source=self._wire.name)
            seen.add((type(record), record.key))
            self._check_fields(record)
            if not is_new(record.key) and item.seen is None:
                raise Invalid("seen", "missing", source=self._wire.name)
            if isinstance(record, Contact) and not is_new(record.key):
                raise Unsupported("change.contact", "Roundup's messages stay as they are", source=self._wire.name)
            key = "" if is_new(record.key) else record.key
            steps.append(_Step(f"{name}/{position}", item, key))
        return _Plan(batch, steps)

    def _check_fields(self, record: Any) -> None:
        if isinstance(record, Contact) and not record.whole:
            raise Invalid("body", "cut", source=self._wire.name)
        for one in fields(record):
            value = getattr(record, one.name)
            kept = one.name not in mapping.OMITS[type(record)] and one.name != "opened_at"
            if kept and isinstance(value, datetime) and value.tzinfo is None:
                raise Invalid(one.name, "naive", source=self._wire.name)
            if kept and isinstance(value, datetime) and not 1000 <= value.year <= 9998:
                raise Invalid(one.name, "out_of_range", source=self._wire.name)
        if record.operator_key != self._options.operator.key:
            raise Invalid("operator_key", "unknown" if record.operator_key else "missing", source=self._wire.name)
        for name in ("customer_key", "ticket_key"):
            if getattr(record, name, "-") == "":
                raise Invalid(name, "missing", source=self._wire.name)
        if isinstance(record, Customer):
            mapping.user_fields(record)
        elif isinstance(record, Ticket):
            mapping.fields_of(record, self._options)

    async def _check_references(self, plan: _Plan) -> None:
        """Raise Invalid naming the field that leads to no record, or to another customer's ticket."""
        for step in plan.steps:
            record = step.record
            if not isinstance(record, Ticket | Contact):
                continue
            if not await self._leads(record.customer_key, Customer, plan):
                raise Invalid("customer_key", "unknown", source=self._wire.name)
            if not isinstance(record, Contact):
                continue
            if not await self._leads(record.ticket_key, Ticket, plan):
                raise Invalid("ticket_key", "unknown", source=self._wire.name)
            there = plan.of(record.ticket_key)
            owner = there.record.customer_key if there else plan.owners[record.ticket_key]
            if plan.keys.get(owner, owner) != plan.keys.get(record.customer_key, record.customer_key):
                raise Invalid("customer_key", "other", "the ticket is another customer's", source=self._wire.name)

    async def _leads(self, key: Key, kind: type[Customer | Ticket], plan: _Plan) -> bool:
        if is_new(key):
            step = plan.of(key)
            return step is not None and isinstance(step.record, kind)
        try:
            if kind is Customer:
                await self._reader.customer(key)
            elif key not in plan.owners:
                plan.owners[key] = (await self._reader.tagged_ticket(key))[0].customer_key
        except NotFound:
            return False
        return True

    async def _check_versions(self, plan: _Plan) -> None:
        """Raise Conflict when what is to be changed is not what was seen, nor what it is to become already."""
        for step in plan.steps:
            if step.new or step.done:
                continue
            try:
                if isinstance(step.record, Customer):
                    step.before, step.tag = await self._reader.tagged_customer(step.key)
                else:
                    step.before, step.tag = await self._reader.tagged_ticket(step.key)
            except NotFound:
                raise Conflict(None, source=self._wire.name) from None
            if step.before.version == step.item.seen:
                continue
            step.done = bool(plan.batch.idempotency_key) and _fields(step.before) == _fields(step.record)
            if not step.done:
                raise Conflict(step.before, source=self._wire.name)

    # what an earlier try has done ---------------------------------------------------------------------------------

    async def _find_done(self, plan: _Plan) -> None:
        """Note what the tracker holds already of a batch that may have been given before."""
        for step in plan.steps:
            if step.new:
                found = await self._found(step)
                if found:
                    self._note(step, plan, found)

    def _note(self, step: _Step, plan: _Plan, number: str) -> None:
        step.done = True
        step.key = plan.keys[step.record.key] = f"{_NAMES[type(step.record)]}:{number}"

    async def _found(self, step: _Step) -> str | None:
        if isinstance(step.record, Customer):
            login = mapping.login_of(step.name)
            rows = await self._wire.rows("user", {"username": login}, "username")
            return next((str(row["id"]) for row in rows if row.get("username") == login), None)
        mark = self._mark(step)
        for message in await self._messages(mark):
            rows = await self._wire.rows("issue", {"messages": message}, "messages")
            issues = [str(row["id"]) for row in rows if message in mapping.messages_of(row)]
            if issues:
                return min(issues, key=int) if mark.word == "case" else message
        return None

    async def _message(self, mark: Mark) -> str | None:
        return next(iter(await self._messages(mark)), None)

    async def _messages(self, mark: Mark) -> list[str]:
        """Return the messages with this mark: one, unless a post reached the tracker after it had been given up."""
        rows = await self._wire.rows("msg", {"messageid": mark.digest}, "messageid")
        return sorted((str(row["id"]) for row in rows if row.get("messageid") == str(mark)), key=int)

    def _mark(self, step: _Step) -> Mark:
        record = step.record
        if isinstance(record, Ticket):
            return Mark.of(step.name, "case", subject="", text=record.description)
        return Mark.of(step.name, mapping.word_of(record), subject=record.subject, text=record.body)

    # the steps ----------------------------------------------------------------------------------------------------

    async def _take(self, step: _Step, plan: _Plan) -> None:
        if step.done:
            return
        record = _resolved(step.record, plan.keys)
        again = bool(plan.batch.idempotency_key)
        if not step.new:
            await self._change(step, record)
        elif isinstance(record, Customer):
            body = {"username": mapping.login_of(step.name), **mapping.user_fields(record)}
            self._note(step, plan, await self._wire.create("user", body, lambda: self._found(step), again=again))
        elif isinstance(record, Ticket):
            author = number_in(record.customer_key, "user")
            opened = await self._say(step, author, datetime.now(UTC), "", record.description, {}, again=again)
            body = {**mapping.fields_of(record, self._options), "messages": [opened]}
            self._note(step, plan, await self._wire.create("issue", body, lambda: self._found(step), again=again))

    async def _say_all(self, plan: _Plan) -> None:
        """Store the contacts of a batch, and link each ticket's in one go: between the two they are on no issue."""
        steps = [step for step in plan.steps if isinstance(step.record, Contact) and not step.done]
        linked: dict[Key, list[tuple[_Step, str]]] = {}
        for start in range(0, len(steps), _AT_ONCE):
            some = steps[start : start + _AT_ONCE]
            said = await asyncio.gather(*(self._say_one(step, plan) for step in some), return_exceptions=True)
            for step, number in zip(some, said, strict=True):
                if isinstance(number, BaseException):
                    raise number
                ticket = _resolved(step.record, plan.keys).ticket_key
                linked.setdefault(ticket, []).append((step, number))
        for ticket, there in linked.items():
            await self._wire.add_to("issue", number_in(ticket, "issue"), "messages", [number for _, number in there])
            for step, number in there:
                self._note(step, plan, number)

    async def _say_one(self, step: _Step, plan: _Plan) -> str:
        record = _resolved(step.record, plan.keys)
        inbound = mapping.word_of(record) == "in"
        author = number_in(record.customer_key, "user") if inbound else ""  # nobody named: who signed in
        channel = {self._options.channel_field: str(record.channel)} if self._options.channel_field else {}
        again = bool(plan.batch.idempotency_key)
        return await self._say(step, author, record.at, record.subject, record.body, channel, again=again)

    async def _say(
        self,
        step: _Step,
        author: str,
        at: datetime,
        subject: str,
        text: str,
        channel: Mapping[str, str],
        *,
        again: bool,
    ) -> str:
        mark = self._mark(step)
        body = mapping.body_of(mark, author, at, subject, text, channel)
        return await self._wire.create("msg", body, lambda: self._message(mark), again=again)

    async def _change(self, step: _Step, record: Stored) -> None:
        kind = _NAMES[type(record)]
        if isinstance(record, Customer):
            body = mapping.user_fields(record)
        else:
            assert isinstance(record, Ticket)
            body = mapping.fields_of(record, self._options)
        try:
            await self._wire.change(kind, number_in(step.key, kind), body, step.tag)
        except Conflict as error:
            newer = await self._now(record, step.key)
            if _fields(newer) == _fields(record):  # a try that was given up reached the tracker meanwhile
                return
            raise Conflict(newer, error.detail, source=self._wire.name) from None

    async def _now(self, record: Stored, key: Key) -> Stored:
        if isinstance(record, Customer):
            return await self._reader.customer(key)
        if isinstance(record, Ticket):
            return await self._reader.ticket(key)
        return await self._reader.contact(key)


def _fields(record: Any) -> dict[str, Any]:
    """Return what a tracker keeps of a record and may be told."""
    lost = mapping.OMITS[type(record)] | {"version", "opened_at", "number", "reference"}
    return {one.name: getattr(record, one.name) for one in fields(record) if one.name not in lost}


def _resolved(record: Any, keys: Mapping[Key, Key]) -> Any:
    """Return a record with the real keys of customers and tickets that the batch brought."""
    names = [name for name in ("customer_key", "ticket_key") if hasattr(record, name)]
    return replace(record, **{name: keys.get(getattr(record, name), getattr(record, name)) for name in names})


def _kind(record: Record) -> str:
    name = type(record).__name__
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
