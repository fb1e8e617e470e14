"""What a batch comes to, found out before anything is sent: it is stored as a whole, or refused before its first step.

RT takes one thing at a time. What can be known beforehand is: that every record is of a kind that is stored, that what
it names exists, and that nobody changed it since it was read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

from backends.errors import Conflict, Invalid, NotFound, Unsupported
from backends.port import Batch, Capability, Put
from backends.records import Contact, Customer, Key, Record, Ticket, is_new
from backends.rest.rt import cases, people, talks
from backends.rest.rt.cases import Case
from backends.rest.rt.marks import mark_of
from backends.rest.rt.reading import Reader
from backends.rest.rt.rows import UserRow
from backends.wire import RECORD, kind_name

R = TypeVar("R", bound=Customer | Ticket | Contact)

STORED: frozenset[type[Record]] = frozenset({Customer, Ticket, Contact})
_CHANGES = frozenset({"Status", "Set", "SetWatcher", "CustomField", "AddWatcher", "DelWatcher"})
_NEEDED = ("operator_key", "customer_key", "ticket_key")
_LEADS_NOWHERE = ("line_key", "outage_key")


@dataclass(slots=True)
class Step:
    """One record of the batch."""

    position: int
    record: Customer | Ticket | Contact
    seen: int | None
    mark: str
    unless_known: bool = False
    """Whether the mark is of where the record came from, and another batch may have stored it."""
    before: Customer | Ticket | Contact | None = None
    done: bool = False
    """Whether an earlier try has stored it already."""
    begun: bool = False
    """Whether an earlier try has stored a part of it."""
    key: Key = ""
    """The real key, once it is known."""

    @property
    def new(self) -> bool:
        """Whether the record is to be created."""
        return self.seen is None


@dataclass(slots=True)
class Plan:
    """A checked batch with everything in RT that it touches."""

    batch: Batch
    steps: list[Step]
    users: dict[Key, UserRow] = field(default_factory=dict)
    cases: dict[Key, Case] = field(default_factory=dict)
    keys: dict[Key, Key] = field(default_factory=dict)
    """New key → real key, as they become known."""
    stale: set[Key] = field(default_factory=set)
    """Tickets that were written to since they were read."""

    def real(self, key: Key) -> Key:
        """Return the real key for one that may be new."""
        return self.keys.get(key, key)


def checked(batch: Batch, random_key: str) -> Plan:
    """Return the plan of a batch whose records are sound in themselves; raises Invalid, Unsupported. Asks nobody.

    `random_key` takes the place of an idempotency key where there is none.
    """
    steps: list[Step] = []
    seen: set[Key] = set()
    for position, item in enumerate(batch.items):
        if not isinstance(item, Put):
            raise Unsupported(Capability.UNDO)
        record = item.record
        if not isinstance(record, Customer | Ticket | Contact):
            raise Unsupported(f"write.{kind_name(type(record))}")
        if item.raw is not None:
            raise Unsupported(Capability.RAW)
        if not record.key:
            raise Invalid("key", "missing")
        if record.key in seen:
            raise Invalid("key", "twice")
        seen.add(record.key)
        if not is_new(record.key) and item.seen is None:
            raise Invalid("seen", "missing")
        _check_alone(record)
        mark = mark_of(batch.idempotency_key or random_key, position)
        known = item.unless_known and record.origin is not None
        if known and record.origin is not None:
            mark = mark_of(f"{kind_name(type(record))}\x1f{record.origin.source}\x1f{record.origin.foreign_id}", 0)
            if any(step.mark == mark for step in steps):
                raise Invalid("origin", "twice")
        seen_version = None if is_new(record.key) else item.seen
        steps.append(Step(position, record, seen_version, mark, unless_known=known))
    return Plan(batch, steps)


def _check_alone(record: Customer | Ticket | Contact) -> None:
    RECORD.plain(record)  # raises for a moment without a zone
    names = {spec.name for spec in fields(record)}
    for name in _NEEDED:
        if name in names and not getattr(record, name):
            raise Invalid(name, "missing")
    for name in _LEADS_NOWHERE:
        if getattr(record, name, ""):
            raise Invalid(name, "unknown")
    if isinstance(record, Contact) and not record.whole:
        raise Invalid("body", "cut")


async def prepare(plan: Plan, reader: Reader) -> None:
    """Read all that the batch names, and see that it exists and is as it was seen; raises Invalid, Conflict."""
    brought = {step.record.key: step.record for step in plan.steps if step.new}
    customers: set[Key] = set()
    tickets: set[Key] = set()
    for step in plan.steps:
        if isinstance(step.record, Customer):
            if not step.new:
                customers.add(step.record.key)
            continue
        customers.add(step.record.customer_key)
        key = step.record.ticket_key if isinstance(step.record, Contact) else "" if step.new else step.record.key
        tickets |= {key} if key else set()
    _check_brought(plan, brought)
    await _read_customers(plan, reader, {key for key in customers if key not in brought})
    await _read_tickets(plan, reader, {key for key in tickets if key not in brought})
    for step in plan.steps:
        _check_links(step, plan, reader, brought)
        if not step.new:
            _see_before(step, plan, reader)


def _check_brought(plan: Plan, brought: Mapping[Key, Record]) -> None:
    kinds = {"customer_key": Customer, "ticket_key": Ticket, "answered_by": Contact}
    for step in plan.steps:
        for name, kind in kinds.items():
            key = getattr(step.record, name, "")
            if is_new(key) and not isinstance(brought.get(key), kind):
                raise Invalid(name, "unknown")


async def _read_customers(plan: Plan, reader: Reader, keys: set[Key]) -> None:
    for key in sorted(keys):
        try:
            plan.users[key] = await reader.user(key)
        except NotFound:
            changed = any(step.record.key == key for step in plan.steps)
            raise Conflict(None) if changed else Invalid("customer_key", "unknown") from None


async def _read_tickets(plan: Plan, reader: Reader, keys: set[Key]) -> None:
    numbers = {number for key in keys if (number := cases.number_in(key))}
    changed = {cases.number_in(step.record.key) for step in plan.steps if isinstance(step.record, Ticket)}
    for number in numbers if plan.batch.idempotency_key else numbers & changed:
        reader.book.forget(number)
    plan.cases.update({cases.key_of(case.row.id): case for case in await reader.cases_by_id(numbers)})


def _check_links(step: Step, plan: Plan, reader: Reader, brought: Mapping[Key, Record]) -> None:
    record = step.record
    if record.operator_key != reader.options.operator.key:
        raise Invalid("operator_key", "unknown")
    if isinstance(record, Customer):
        return
    key = record.ticket_key if isinstance(record, Contact) else "" if step.new else record.key
    if not key:
        return
    if key not in brought and key not in plan.cases:
        if isinstance(record, Ticket):
            raise Conflict(None)
        raise Invalid("ticket_key", "unknown")
    if isinstance(record, Contact):
        _check_whose(record, plan, brought.get(key))


def _check_whose(contact: Contact, plan: Plan, ticket: Record | None) -> None:
    if isinstance(ticket, Ticket):
        theirs = ticket.customer_key == contact.customer_key
    else:
        theirs = people.number_in(contact.customer_key) in plan.cases[contact.ticket_key].row.requestors
    if not theirs and not is_new(contact.key):
        raise Unsupported("change.contact", "RT gives no message to another customer")
    if not theirs:
        raise Invalid("ticket_key", "unknown", "the ticket is another customer's")
    answer = contact.answered_by
    if answer and not is_new(answer) and not talks.number_in(answer):
        raise Invalid("answered_by", "unknown")


def _see_before(step: Step, plan: Plan, reader: Reader) -> None:
    """Note the record as it is now."""
    record = step.record
    before: Customer | Ticket | Contact | None
    if isinstance(record, Customer):
        before = people.customer_of(plan.users[record.key], reader.options)
    elif isinstance(record, Ticket):
        before = reader.ticket_of(plan.cases[record.key], record.customer_key)
    else:
        before = contact_in(plan.cases[record.ticket_key], record.key, record.customer_key, reader)
        if before is None:
            raise Unsupported("change.contact", "RT moves no message to another ticket")
    step.before = before


def is_begun(step: Step, case: Case, reader: Reader) -> bool:
    """Return whether all that happened to a ticket since it was seen, or opened, is what this step would do to it.

    A change is several requests, and an earlier try may have been cut off between them.
    """
    wanted = step.record
    if not isinstance(wanted, Ticket) or not case.transactions:
        return False
    seen = case.transactions[0].id if step.seen is None else step.seen
    since = [each for each in case.transactions if each.id > seen and case.alters(each)]
    missing = set(cases.telling(wanted, case, reader.options, wanted.holder_name).fields)
    for each in since:
        if each.type not in _CHANGES:
            return False
        if (each.field if each.type in ("Status", "Set", "SetWatcher") else "CustomFields") in missing:
            return False
    return step.new or people.number_in(wanted.customer_key) in case.row.requestors


def contact_in(case: Case, key: Key, customer: Key, reader: Reader) -> Contact | None:
    """Return a contact of a case, None when it is not on it."""
    found = talks.contacts_of(case, reader.book.parts_of(case.row.id), reader.options, people.number_in(customer))
    return next((contact for contact in found if contact.key == key), None)


def with_real_keys(record: R, plan: Plan) -> R:
    """Return `record` with the real keys in place of new ones."""
    names = [name for name in ("customer_key", "ticket_key", "answered_by") if getattr(record, name, "")]
    changes: dict[str, Any] = {name: plan.real(getattr(record, name)) for name in names}
    return replace(record, key=plan.real(record.key), **changes)
