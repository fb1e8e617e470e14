"""Storing a batch in RT, each step exactly once, though RT knows no idempotency and says 200 to what it refused.

Every step carries a mark (`marks`). Before a step with a mark that may have been sent before is sent, RT is asked for
it; after each step what RT holds is read back and compared. A batch that was cut off goes on where it stopped.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from backends import clean
from backends.errors import BackendError, Conflict, Invalid, NotAllowed, NotFound, Refused, Unsupported
from backends.port import Batch, Change, Receipt
from backends.records import Contact, Customer, Direction, Key, Ticket, is_new
from backends.rest.access import path_of
from backends.rest.rt import cases, people, talks
from backends.rest.rt.cases import Case, Telling
from backends.rest.rt.marks import Mark, text_to_send
from backends.rest.rt.planning import Plan, Step, checked, contact_in, is_begun, prepare, with_real_keys
from backends.rest.rt.reading import Reader
from backends.rest.rt.repeating import Held, find_done, login_of, remember, remembered
from backends.rest.rt.rows import number_of
from backends.rest.rt.wire import messages_in, quoted

Stored = Customer | Ticket | Contact


class Writer:
    """Writes to one RT."""

    def __init__(self, reader: Reader, store: str) -> None:
        self._reader = reader
        self._wire = reader.wire
        self._options = reader.options
        self._store = store

    async def write(self, batch: Batch) -> Receipt:
        """Store a batch; raises Conflict, Invalid, NotAllowed, NotFound, Unsupported, Busy, Unavailable."""
        try:
            return await self._stored(batch)
        finally:
            self._reader.written()

    async def _stored(self, batch: Batch) -> Receipt:
        plan = checked(batch, uuid.uuid4().hex)
        if not batch.idempotency_key:
            return await self._written(plan)
        subject = (self._store, batch.idempotency_key)
        async with Held(subject):
            known = remembered(subject)
            if known is not None:
                return replace(known, repeated=True)
            receipt = await self._written(plan)
            remember(subject, receipt)
            return receipt

    async def _written(self, plan: Plan) -> Receipt:
        await prepare(plan, self._reader)
        if plan.batch.idempotency_key or any(step.unless_known for step in plan.steps):
            await find_done(plan, self._reader)
        for step in plan.steps:
            if not step.new and not step.done:
                self._check_version(step, plan)
        await self._check_taken(plan)
        repeated = bool(plan.steps) and all(step.done for step in plan.steps)
        for kind, new in ((Customer, True), (Customer, False), (Ticket, True), (Ticket, False), (Contact, True),
                          (Contact, False)):  # fmt: skip
            for step in plan.steps:
                if isinstance(step.record, kind) and step.new is new:
                    await self._take(step, plan)
        return await self._receipt(plan, repeated)

    def _check_version(self, step: Step, plan: Plan) -> None:
        if step.before is None or (step.before.version != step.seen and not step.begun):
            raise Conflict(step.before, source=self._wire.name)

    async def _check_taken(self, plan: Plan) -> None:
        """Raise Invalid for a number or reference that another record has."""
        options = self._options
        for step in plan.steps:
            record = step.record
            if step.done:
                continue
            before = step.before
            kept = before is not None and _called(before) == _called(record)
            if kept or not _called(record):
                continue
            if isinstance(record, Customer) and options.number_field:
                await self._check_number(record)
            elif isinstance(record, Ticket):
                await self._check_reference(record)

    async def _check_number(self, customer: Customer) -> None:
        terms = [{"field": f"CustomField.{{{self._options.number_field}}}", "value": customer.number}]
        for user in await self._wire.users(terms):
            theirs = people.customer_of(user, self._options)
            if theirs.key != customer.key and theirs.number.casefold() == customer.number.casefold():
                raise Invalid("number", "taken", source=self._wire.name)

    async def _check_reference(self, ticket: Ticket) -> None:
        if not self._options.reference_field:
            return
        try:
            other = await self._reader.ticket(ticket.reference)
        except NotFound:
            return
        if other.key != ticket.key:
            raise Invalid("reference", "taken", source=self._wire.name)

    # the steps ----------------------------------------------------------------------------------------------------

    async def _take(self, step: Step, plan: Plan) -> None:
        record = with_real_keys(step.record, plan)
        if isinstance(record, Customer):
            await self._put_customer(step, plan, record)
        elif step.done:
            if isinstance(record, Ticket) and step.new:
                await self._finish_ticket(step, plan)
        elif isinstance(record, Ticket):
            if step.new:
                await self._open_ticket(step, plan, record)
            else:
                await self._change_ticket(step, plan, record)
        elif step.new:
            await self._say(step, plan, record)
        else:
            await self._amend(step, plan, record)

    async def _put_customer(self, step: Step, plan: Plan, customer: Customer) -> None:
        """Create or change a customer. RT sets custom fields after creating, so that a repeat sets them again."""
        values = people.user_fields(customer, self._options, step.mark)
        if step.new:
            if not step.done:
                await self._create_user(step, values)
            user = await self._wire.user(login_of(step))
            step.key = plan.keys[step.record.key] = people.key_of(user.id)
            plan.users[step.key] = user
        elif step.done:
            return
        else:
            user = plan.users[customer.key]
        messages: list[str] = []
        if not people.holds(user, values):
            path = path_of("user", people.number_in(plan.real(customer.key)))
            messages = await self._put(path, values, None if step.new else step.seen, step, plan)
            user = await self._wire.user(people.number_in(plan.real(customer.key)))
        if not people.holds(user, values):
            raise self._refusal(people.field_of(user, values), messages)

    async def _create_user(self, step: Step, values: Mapping[str, Any]) -> None:
        try:
            await self._wire.send("POST", "user", {"Name": login_of(step), "Privileged": 0, **values})
        except Invalid as error:
            raise _about_user(error) from None

    async def _put(self, path: str, body: Mapping[str, Any], seen: int | None, step: Step, plan: Plan) -> list[str]:
        """Send a change and return what RT says it did; raises Conflict with the newer record."""
        try:
            # RT compares the version itself: what was stored by a first try refuses the second
            return messages_in(await self._wire.send("PUT", path, body, seen=seen))
        except Conflict as error:
            newer = await self._now(step, plan)
            if newer is not None and _is_wanted(newer, with_real_keys(step.record, plan)):
                return []
            raise Conflict(newer, error.detail, source=self._wire.name) from None

    async def _now(self, step: Step, plan: Plan) -> Stored | None:
        key = plan.real(step.record.key)
        if isinstance(step.record, Customer):
            return await self._reader.customer(key)
        self._reader.book.forget(cases.number_in(key))
        return self._reader.ticket_of(await self._reader.case(key), step.record.customer_key)

    async def _owner(self, name: str) -> str:
        """Return RT's login for a holder's name, empty when nobody on the staff has it."""
        if not name or len(name) > 200 or name in (".", "..") or not name.isprintable():
            return ""
        try:
            user = await self._wire.user(name)
        except (Refused, Unsupported):
            return ""
        return user.login if user.login == name and user.privileged else ""

    async def _open_ticket(self, step: Step, plan: Plan, ticket: Ticket) -> None:
        told = cases.telling(ticket, cases.blank(), self._options, await self._owner(ticket.holder_name))
        text, empty = text_to_send(ticket.description)
        mark = Mark(step.mark, sets={cases.SELF: dict(told.said)} if told.said else {}, note=True, empty=empty)
        body = {**told.fields, "Content": text, "ContentType": mark.content_type()}
        body["Requestor"] = plan.users[ticket.customer_key].login
        # Which states a ticket may begin in is the site's own affair: it gets its state when it is there.
        body.pop("Status", None)
        custom = dict(body.get("CustomFields", {}))
        channel = self._channel(step, plan)
        if self._options.channel_field and channel:
            custom.setdefault(self._options.channel_field, self._options.value_of(channel))
        if custom:
            body["CustomFields"] = custom
        answer = await self._wire.send("POST", "ticket", body)
        number = number_of(answer.object(), "id")
        step.key = plan.keys[step.record.key] = cases.key_of(number)
        case = plan.cases[step.key] = await self._reader.case(step.key)
        self._compare(told, case, (), left_out={"Status"})
        if not ticket.reference and self._options.reference_field:
            await self._settle_reference(case, step, plan)
        await self._tell(step, plan, replace(ticket, key=step.key), case)

    def _channel(self, step: Step, plan: Plan) -> str:
        """Return the channel of the contact that the batch brings with its new ticket, empty when it brings none."""
        for each in plan.steps:
            if isinstance(each.record, Contact) and plan.real(each.record.ticket_key) == plan.real(step.record.key):
                return each.record.channel
        return ""

    async def _finish_ticket(self, step: Step, plan: Plan) -> None:
        """Go on with a ticket that an earlier try has opened, when nobody has touched it since."""
        case = plan.cases[step.key]
        ticket = with_real_keys(step.record, plan)
        if isinstance(ticket, Ticket) and is_begun(step, case, self._reader):
            await self._tell(step, plan, ticket, case)

    async def _settle_reference(self, case: Case, step: Step, plan: Plan) -> None:
        """Give a ticket another reference when somebody has given RT's number for it to another ticket before."""
        assigned = f"{self._options.reference_prefix}{case.row.id}"
        query = f"CF.{{{self._options.reference_field}}} = {quoted(assigned)} AND id != {case.row.id}"
        if await self._wire.tickets_at_most(query, 1):
            body = {"CustomFields": {self._options.reference_field: f"{assigned}-2"}}
            await self._put(path_of("ticket", case.row.id), body, None, step, plan)
            plan.stale.add(cases.key_of(case.row.id))

    async def _change_ticket(self, step: Step, plan: Plan, ticket: Ticket) -> None:
        before = step.before
        assert isinstance(before, Ticket)
        more: dict[str, Any] = {}
        if ticket.customer_key != before.customer_key:
            more["Requestor"] = [plan.users[ticket.customer_key].login]
        await self._tell(step, plan, ticket, plan.cases[ticket.key], more)

    async def _tell(
        self, step: Step, plan: Plan, ticket: Ticket, case: Case, more: Mapping[str, Any] | None = None
    ) -> None:
        """Tell RT all in which `case` is not yet `ticket`: first its own fields, then the rest in a note."""
        held = "" if case.row.owner == cases.NOBODY else case.row.owner
        owner = await self._owner(ticket.holder_name) if ticket.holder_name != held else ""
        told = cases.telling(ticket, case, self._options, owner)
        fields = {**told.fields, **(more or {})}
        path = path_of("ticket", case.row.id)
        resolved = fields.pop("Resolved", None) if "Status" in fields else None
        if fields:
            plan.stale.add(ticket.key)
            messages = await self._put(path, fields, case.tag, step, plan)
            if resolved is not None:  # RT sets it to now with the status
                messages += await self._put(path, {"Resolved": resolved}, None, step, plan)
            self._reader.book.forget(case.row.id)
            self._compare(told, await self._reader.case(ticket.key), messages)
        if told.said:
            mark = Mark(step.mark, sets={ticket.key: dict(told.said)}, note=True)
            plan.stale.add(ticket.key)
            await self._note(case.row.id, mark, told.said)

    def _compare(self, told: Telling, case: Case, messages: Sequence[str], left_out: Collection[str] = ()) -> None:
        """Raise what fits when RT does not hold what it was told: it says 200 or 201 to that as well."""
        names = {"Subject": "subject", "Status": "status", "Queue": "queue", "Priority": "priority", "Owner": "owner",
                 "Due": "due", "Created": "created"}  # fmt: skip
        ours = {"Subject": "subject", "Status": "state", "Queue": "kind", "Priority": "priority",
                "Owner": "holder_name", "Due": "due_at", "Created": "opened_at"}  # fmt: skip
        for name, attribute in names.items():
            if (
                name in told.fields
                and name not in left_out
                and getattr(case.row, attribute) != getattr(told.after, attribute)
            ):
                raise self._refusal(ours[name], messages)
        for name, text in told.fields.get("CustomFields", {}).items():
            if "".join(case.row.fields.get(name, ())[:1]).strip() != text.strip():
                raise self._refusal("details" if name != self._options.reference_field else "reference", messages)

    def _refusal(self, field: str, messages: Sequence[str]) -> BackendError:
        said = clean.line("; ".join(messages), limit=300)
        if "Permission Denied" in said or not messages:
            return NotAllowed(said or f"Request Tracker did not keep {field}", source=self._wire.name)
        return Invalid(field, "refused", said, source=self._wire.name)

    # messages -----------------------------------------------------------------------------------------------------

    async def _say(self, step: Step, plan: Plan, contact: Contact) -> None:
        """Send a contact to the customer, or note it: a mail of ours goes out, all else is a comment."""
        text, empty = text_to_send(contact.body)
        own = talks.own_fields(contact)
        if is_new(contact.answered_by):
            del own["answered_by"]  # what answers it is told next, and says so itself
        mark = Mark(step.mark, own, self._answers(step, plan), empty=empty)
        sent = contact.direction is Direction.OUTBOUND and contact.channel in self._options.send
        body: dict[str, Any] = {
            "Content": text,
            "ContentType": mark.content_type(),
            "Subject": clean.line(contact.subject),
        }
        if self._options.via_field:
            body["TxnCustomFields"] = {self._options.via_field: self._options.value_of(contact.channel)}
        plan.stale.add(contact.ticket_key)
        step.key = await self._message(contact.ticket_key, "correspond" if sent else "comment", body)
        plan.keys[step.record.key] = step.key

    def _answers(self, step: Step, plan: Plan) -> dict[str, dict[str, Any]]:
        """Return what a reply says of those that it answers, so that no note of its own is needed."""
        found: dict[str, dict[str, Any]] = {}
        for other in plan.steps:
            if not isinstance(other.record, Contact) or other.record.answered_by != step.record.key:
                continue
            if other.new and other.key:
                found[other.key] = {"answered_by": talks.SELF}
            if other.new or other.done:
                continue
            changes = self._changes(other, plan)
            if set(changes) <= talks.ANSWERING and other.record.ticket_key == getattr(step.record, "ticket_key", ""):
                found[other.record.key] = {name: value for name, value in changes.items() if name != "answered_by"}
                found[other.record.key]["answered_by"] = talks.SELF
                other.done = True
        return found

    def _changes(self, step: Step, plan: Plan) -> dict[str, Any]:
        assert isinstance(step.before, Contact)
        record = with_real_keys(step.record, plan)
        assert isinstance(record, Contact)
        moved = (record.customer_key, record.ticket_key) != (step.before.customer_key, step.before.ticket_key)
        if moved:
            raise Unsupported("change.contact", "RT moves no message to another ticket", source=self._wire.name)
        return talks.changed_fields(step.before, record)

    async def _amend(self, step: Step, plan: Plan, contact: Contact) -> None:
        """Note on the ticket what has become of a contact: its own message cannot be changed."""
        changes = self._changes(step, plan)
        if changes:
            mark = Mark(step.mark, sets={contact.key: changes}, note=True)
            plan.stale.add(contact.ticket_key)
            await self._note(cases.number_in(contact.ticket_key), mark, changes)

    async def _note(self, ticket: int, mark: Mark, changes: Mapping[str, Any]) -> None:
        said = "\n".join(f"{name}: {_in_words(value)}" for name, value in changes.items())
        body = {"Content": said, "ContentType": mark.content_type()}
        await self._message(cases.key_of(ticket), "comment", body)

    async def _message(self, ticket: Key, how: str, body: Mapping[str, Any]) -> Key:
        number = cases.number_in(ticket)
        answer = await self._wire.send("POST", f"ticket/{number}/{how}", body)
        self._reader.book.forget(number)
        where = answer.headers.get("location", "").rstrip("/").rpartition("/")[2]
        if not where.isdigit():
            raise Refused("RT does not say what it made of the message", source=self._wire.name)
        return talks.contact_key(int(where))

    # what came of it ----------------------------------------------------------------------------------------------

    async def _receipt(self, plan: Plan, repeated: bool) -> Receipt:
        """Return what RT holds now of all records of the batch."""
        tickets: set[Key] = set()
        for step in plan.steps:
            record = with_real_keys(step.record, plan)
            if isinstance(record, Ticket | Contact):
                tickets.add(record.key if isinstance(record, Ticket) else record.ticket_key)
        stale = {key for key in tickets if key in plan.stale or key not in plan.cases}
        for key in stale:
            self._reader.book.forget(cases.number_in(key))
        found = await self._reader.cases_by_id([cases.number_in(key) for key in stale]) if stale else []
        held = {**plan.cases, **{cases.key_of(case.row.id): case for case in found}}
        changes: list[Change] = []
        known: list[tuple[int, Key]] = []
        for step in plan.steps:
            if step.done and step.new and step.unless_known:
                known.append((step.position, step.key))
                continue
            changes.append(Change(step.before, await self._after(with_real_keys(step.record, plan), held)))
        return Receipt(tuple(changes), datetime.now(UTC), tuple(known), dict(plan.keys), repeated)

    async def _after(self, record: Stored, held: Mapping[Key, Case]) -> Stored:
        if isinstance(record, Customer):
            self._reader.forget(record.key)
            return await self._reader.customer(record.key)
        case = held.get(record.key if isinstance(record, Ticket) else record.ticket_key)
        if case is None:
            raise NotAllowed("what was stored may not be read back", source=self._wire.name)
        if isinstance(record, Ticket):
            return self._reader.ticket_of(case, record.customer_key)
        contact = contact_in(case, record.key, record.customer_key, self._reader)
        if contact is None:
            raise NotAllowed("what was stored may not be read back", source=self._wire.name)
        return contact


def _called(record: Stored) -> str:
    return record.number if isinstance(record, Customer) else record.reference


def _is_wanted(now: Stored, wanted: Stored) -> bool:
    if isinstance(wanted, Ticket):
        wanted = cases.in_seconds(wanted)
    return replace(now, version=0) == replace(wanted, version=0)


def _about_user(error: Invalid) -> BackendError:
    said = error.detail.lower()
    if "email" in said:
        return Invalid("points", "taken", error.detail, source=error.source)
    return error


def _in_words(value: object) -> str:
    """Return a value for those who read the ticket in RT."""
    if value is None:
        return "-"
    return clean.block(value) if isinstance(value, str) else clean.line(str(value))
