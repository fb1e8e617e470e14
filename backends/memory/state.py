"""What a memory backend holds: a dictionary a kind, the audit trail, the receipts, the events."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from datetime import datetime
from typing import Any, TypeVar, cast, get_args

from backends.errors import NotFound
from backends.events import ContactAdded, CustomerChanged, Event, OutageChanged, TicketChanged
from backends.port import Change, Receipt
from backends.records import (
    FIRST_LINK,
    Agent,
    AuditEntry,
    Charge,
    Chase,
    Contact,
    Contract,
    Customer,
    Dispute,
    Handover,
    Key,
    Line,
    Link,
    LinkKind,
    Operator,
    Origin,
    Outage,
    Promise,
    Record,
    Ticket,
    TicketEvent,
    Visit,
    chained,
)

R = TypeVar("R", bound=Record)

KINDS: tuple[type[Record], ...] = get_args(Record)


def kind_of(record: Record | type) -> str:
    """Return the name of a record's kind as the audit trail writes it: `ticket_event`."""
    cls = record if isinstance(record, type) else type(record)
    return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


def customer_of(record: Record) -> Key:
    """Return the customer whom a record is about, empty for operators, agents, outages and links."""
    if isinstance(record, Operator | Agent | Outage | Link):
        return ""
    return record.key if isinstance(record, Customer) else record.customer_key


def without(record: R, names: Collection[str]) -> R:
    """Return `record` with these fields at their defaults; those without a default stay."""
    changes: dict[str, Any] = {}
    for spec in fields(record):
        if spec.name in names and spec.default is not MISSING:
            changes[spec.name] = spec.default
        elif spec.name in names and spec.default_factory is not MISSING:
            changes[spec.name] = spec.default_factory()
    return replace(record, **changes)


def event_of(record: Record) -> Event | None:
    """Return what listeners hear when `record` was stored, changed or removed, without its cursor."""
    match record:
        case Operator() | Agent() | Link():
            return None
        case Customer():
            return CustomerChanged(record.key)
        case Line() | Contract() | Charge() | Dispute() | Promise():
            return CustomerChanged(record.customer_key)
        case Contact():
            return ContactAdded(record.customer_key, record.key)
        case Ticket():
            return TicketChanged(record.customer_key, record.key)
        case TicketEvent() | Chase() | Visit() | Handover():
            return TicketChanged(record.customer_key, record.ticket_key)
        case Outage():
            return OutageChanged(record.key)


LINKED: Mapping[LinkKind, tuple[type[Record], ...]] = {
    LinkKind.SAME_CUSTOMER: (Customer,),
    LinkKind.SAME_CONTACT: (Contact,),
    LinkKind.SAME_TICKET: (Ticket,),
    LinkKind.NOT_SAME: (Customer, Contact, Ticket),
}
"""The kinds of record that an end of a link may name."""


@dataclass
class State:
    """Everything stored at one moment; a batch works on a copy, which takes the place of the old one when all fits."""

    tables: dict[type, dict[Key, Record]] = field(default_factory=lambda: {kind: {} for kind in KINDS})
    raws: dict[tuple[type[Record], Key], bytes] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    trail: list[AuditEntry] = field(default_factory=list)
    receipts: dict[str, Receipt] = field(default_factory=dict)
    happened: list[Event] = field(default_factory=list)
    """Each with its number in the order of this store; listeners remember that number as their cursor."""

    def copy(self) -> State:
        """Return a copy that can be changed without touching this one; records are frozen and shared."""
        return State(
            {kind: dict(table) for kind, table in self.tables.items()},
            dict(self.raws),
            dict(self.counters),
            list(self.trail),
            dict(self.receipts),
            list(self.happened),
        )

    def every(self, kind: type[R]) -> Iterator[R]:
        """Yield all records of a kind."""
        return iter(cast("list[R]", list(self.tables[kind].values())))

    def find(self, kind: type[R], key: Key) -> R | None:
        """Return a record, or None when there is none with this key."""
        return cast("R | None", self.tables[kind].get(key))

    def get(self, kind: type[R], key: Key) -> R:
        """Return a record; raises NotFound."""
        found = self.find(kind, key)
        if found is None:
            raise NotFound(f"no {kind_of(kind)} {key!r}")
        return found

    def about(self, customer_key: Key) -> Iterator[Record]:
        """Yield every record about a customer, the customer first."""
        for kind in (Customer, *(kind for kind in KINDS if kind is not Customer)):
            for record in self.every(kind):
                if customer_of(record) == customer_key:
                    yield record

    def store(self, record: Record) -> None:
        """Put a record in its table."""
        self.tables[type(record)][record.key] = record

    def count(self, what: str) -> int:
        """Return the next number of a series; numbers are never given twice, not even after an undo."""
        self.counters[what] = self.counters.get(what, 0) + 1
        return self.counters[what]

    def note(self, at: datetime, actor: str, act: str, subject: str, key: Key, customer: Key, detail: str) -> None:
        """Append a row to the audit trail, chained to the last."""
        previous = self.trail[-1].digest if self.trail else FIRST_LINK
        sequence = len(self.trail) + 1
        digest = chained(previous, sequence, at, actor, act, subject, key, customer, detail)
        self.trail.append(AuditEntry(sequence, at, actor, act, subject, key, customer, detail, previous, digest))

    def of_end(self, kind: LinkKind, end: Origin, source: str) -> Record | None:
        """Return the record that an end of a link names, when the end is in this store, which is called `source`."""
        if end.source != source:
            return None
        found = (self.find(each, end.foreign_id) for each in LINKED[kind])
        return next((record for record in found if record is not None), None)

    def linked(self, link: Link, source: str) -> tuple[Key, ...]:
        """Return the customers of this store, which is called `source`, whom a link is about."""
        ends = (self.of_end(link.kind, end, source) for end in link.ends)
        return tuple(dict.fromkeys(customer_of(record) for record in ends if record is not None))

    def tell(self, changes: tuple[Change, ...], source: str = "") -> None:
        """Append what listeners must hear of `changes`, each thing once."""
        heard: dict[Event, None] = {}
        for change in changes:
            for each in (change.before, change.after):
                if isinstance(each, Link):
                    heard.update(dict.fromkeys(map(CustomerChanged, self.linked(each, source))))
                event = event_of(each) if each else None
                if event:
                    heard[event] = None
        self.happened.extend(heard)
