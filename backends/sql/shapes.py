"""How every record lies in its table: one declarative list of parts a record, from which all statements are made."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from backends.errors import Damaged, Invalid
from backends.records import (
    Agent,
    AnswerState,
    Attachment,
    AuthorisedParty,
    CallRoute,
    Charge,
    Chase,
    Compensation,
    Contact,
    ContactPoint,
    Contract,
    ContractState,
    Coverage,
    Customer,
    CustomerFlag,
    CustomerKind,
    Direction,
    Dispute,
    DisputeState,
    Handover,
    Holder,
    Key,
    Line,
    LineState,
    Link,
    LinkKind,
    Operator,
    Outage,
    OutageKind,
    OutageState,
    OutageUpdate,
    Outcome,
    Place,
    Priority,
    Promise,
    PromiseKind,
    PromiseState,
    Record,
    Role,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketKind,
    TicketState,
    Visit,
    VisitState,
)
from backends.sql import columns as as_
from backends.sql.columns import Part


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of record, its table, and the statements for it; the columns are `id`, the parts', and `version`."""

    kind: str
    record: type[Any]
    parts: tuple[Part, ...]
    number: str = ""
    """The field that customers quote; it has a column `…_key` beside it, made comparable."""
    letter: str = ""
    """The first letter of such numbers when we assign them."""
    columns: tuple[str, ...] = field(init=False)
    selected: str = field(init=False)
    """The columns, with the table's name, in the order that `build` takes."""
    insert: str = field(init=False)
    update: str = field(init=False)
    _loads: tuple[tuple[int, int, Any], ...] = field(init=False)

    def __post_init__(self) -> None:
        names = ["id", *(column for part in self.parts for column in part.columns), "version"]
        expected = [one.name for one in fields(self.record)]
        assert expected == ["key", *(part.field for part in self.parts), "version"], self.kind
        stored = [*names, f"{self.number}_key"] if self.number else names
        quoted = [f'"{name}"' for name in stored]
        put = object.__setattr__
        put(self, "columns", tuple(stored))
        put(self, "selected", ", ".join(f'"{self.kind}"."{name}"' for name in names))
        marks = ", ".join("?" * len(quoted))
        put(self, "insert", f'INSERT INTO "{self.kind}" ({", ".join(quoted)}) VALUES ({marks})')  # noqa: S608
        settings = ", ".join(f"{name} = ?" for name in quoted[1:])
        put(self, "update", f'UPDATE "{self.kind}" SET {settings} WHERE id = ?')  # noqa: S608
        loads, start = [], 1
        for part in self.parts:
            loads.append((start, start + len(part.columns), part.load))
            start += len(part.columns)
        put(self, "_loads", tuple(loads))

    def forgotten(self, record: Any) -> Any:
        """Return `record` without what is personal in it: what was said, and who and where somebody is."""
        blanks = {part.field: part.blank for part in self.parts if part.blank is not as_.KEEP}
        changes = {name: blank(getattr(record, name)) if callable(blank) else blank for name, blank in blanks.items()}
        return replace(record, **changes)

    def build(self, row: Sequence[Any]) -> Any:
        """Return the record of a row of `selected`; raises Damaged when a value is none that we write."""
        values = [f"{self.kind}:{row[0]}"]
        try:
            for start, end, load in self._loads:
                if load is None:
                    values.append(row[start])
                elif end - start == 1:
                    values.append(load(row[start]))
                else:
                    values.append(load(*row[start:end]))
        except (KeyError, ValueError, TypeError) as error:
            raise Damaged(f"{self.kind} {row[0]} holds what cannot be read: {type(error).__name__}") from error
        return self.record(*values, row[len(row) - 1])

    def row(self, record: Record, row: int, version: int) -> list[Any]:
        """Return the values of `columns` for a record; raises Invalid naming the field."""
        values: list[Any] = [row]
        part = self.parts[0]
        try:
            for part in self.parts:
                value = getattr(record, part.field)
                if part.store is not None:
                    value = part.store(value)
                if part.single:
                    values.append(value)
                else:
                    values.extend(value)
        except (TypeError, ValueError, AttributeError, KeyError, OverflowError) as error:
            raise Invalid(part.field, str(error) if str(error) in REASONS else "value") from error
        values.append(version)
        if self.number:
            values.append(comparable(getattr(record, self.number)))
        return values


REASONS = frozenset({"naive", "unknown", "text"})
"""Codes that the functions of `columns` give as the message of their errors."""


def comparable(reference: str) -> str:
    """Return a number or reference as it is compared: capital letters and digits alone."""
    upper = reference.upper()
    return "".join(character for character in upper if character.isalnum()) or upper


def _unlinked(thread: str) -> str:
    """Return a name for a thread that still holds it together and no longer says whose it was."""
    return hashlib.sha256(thread.encode("utf-8", "replace")).hexdigest()[:12] if thread else ""


SHAPES: tuple[Shape, ...] = (
    Shape(
        "operator",
        Operator,
        (
            as_.text("code"),
            as_.text("name"),
            as_.text("country"),
            as_.text("language"),
            as_.text("time_zone"),
            as_.text("currency"),
            as_.key("parent_key", "operator"),
            as_.structure("numbers", tuple[str, ...]),
            as_.text("email"),
            as_.text("greeting"),
            as_.text("desk_hours"),
            as_.number("chase_threshold"),
            as_.text("region"),
            as_.number("accept_minutes"),
            as_.structure("ladder", tuple[str, ...]),
            as_.flag("active"),
        ),
    ),
    Shape(
        "agent",
        Agent,
        (
            as_.text("login"),
            as_.text("name"),
            as_.codes("roles", Role),
            as_.structure("languages", tuple[str, ...]),
            as_.keys("operator_keys", "operator"),
            as_.structure("skills", tuple[str, ...]),
            as_.flag("active"),
        ),
    ),
    Shape(
        "customer",
        Customer,
        (
            as_.text("number"),
            as_.key("operator_key", "operator"),
            as_.code("kind", CustomerKind),
            as_.text("name", blank=""),
            as_.text("language"),
            as_.text("greeting_name", blank=""),
            as_.place(blank=lambda place: Place(country=place.country)),
            as_.structure("points", tuple[ContactPoint, ...], blank=()),
            as_.codes("flags", CustomerFlag, blank=frozenset({CustomerFlag.FORGOTTEN})),
            as_.structure("authorised", tuple[AuthorisedParty, ...], blank=()),
            as_.text("tone", blank=""),
            as_.optional_moment("since"),
            as_.origin(),
        ),
        number="number",
        letter="C",
    ),
    Shape(
        "line",
        Line,
        (
            as_.text("number"),
            as_.key("customer_key", "customer"),
            as_.text("service"),
            as_.place(blank=lambda place: Place(country=place.country)),
            as_.path(blank=lambda path: replace(path, port="")),
            as_.text("product"),
            as_.text("technology"),
            as_.text("phone", blank=""),
            as_.text("mac", blank=""),
            as_.text("ip", blank=""),
            as_.code("state", LineState),
            as_.optional_moment("since"),
        ),
        number="number",
        letter="L",
    ),
    Shape(
        "contract",
        Contract,
        (
            as_.text("number"),
            as_.key("customer_key", "customer"),
            as_.text("product"),
            as_.day("started_on"),
            as_.optional_day("ends_on"),
            as_.number("term_months"),
            as_.optional_money("price"),
            as_.optional_money("list_price"),
            as_.code("state", ContractState),
            as_.optional_moment("notice_sent_at"),
            as_.keys("line_keys", "line"),
        ),
        number="number",
        letter="A",
    ),
    Shape(
        "charge",
        Charge,
        (
            as_.key("customer_key", "customer"),
            as_.text("text", blank=""),
            as_.money("amount"),
            as_.day("charged_on"),
            as_.optional_day("due_on"),
            as_.optional_day("paid_on"),
            as_.optional_day("dunning_on"),
            as_.key("contract_key", "contract"),
            as_.origin(),
        ),
    ),
    Shape(
        "outage",
        Outage,
        (
            as_.text("reference"),
            as_.code("state", OutageState),
            as_.text("title"),
            as_.moment("started_at"),
            as_.structure("coverage", Coverage),
            as_.keys("operator_keys", "operator"),
            as_.code("kind", OutageKind),
            as_.text("cause"),
            as_.optional_moment("expected_end"),
            as_.optional_moment("confirmed_at"),
            as_.optional_moment("ended_at"),
            as_.text("source"),
            as_.text("supplier"),
            as_.text("supplier_reference"),
            as_.text("say"),
            as_.structure("updates", tuple[OutageUpdate, ...]),
            as_.origin(),
        ),
        number="reference",
        letter="O",
    ),
    Shape(
        "ticket",
        Ticket,
        (
            as_.text("reference"),
            as_.key("customer_key", "customer"),
            as_.key("operator_key", "operator"),
            as_.code("kind", TicketKind),
            as_.text("subject", blank=""),
            as_.moment("opened_at"),
            as_.code("state", TicketState),
            as_.code("priority", Priority),
            as_.text("description", blank=""),
            as_.structure("details", tuple[tuple[str, str], ...], blank=()),
            as_.key("line_key", "line"),
            as_.key("outage_key", "outage"),
            as_.text("opened_by"),
            as_.optional_moment("first_contact_at"),
            as_.code("holder", Holder),
            as_.text("holder_name"),
            as_.text("holder_reference", blank=""),
            as_.optional_moment("held_since"),
            as_.text("escalated_to"),
            as_.text("next_step", blank=""),
            as_.optional_moment("next_step_at"),
            as_.optional_moment("taken_in_charge_at"),
            as_.optional_moment("due_at"),
            as_.optional_moment("reference_given_at"),
            as_.optional_moment("closed_at"),
            as_.optional_code("outcome", Outcome),
            as_.optional_code("class_proposed", Outcome),
            as_.text("outcome_reason", blank=""),
            as_.text("resolution", blank=""),
            as_.structure(
                "compensations",
                tuple[Compensation, ...],
                blank=lambda paid: tuple(replace(each, reason="") for each in paid),
            ),
            as_.origin(),
        ),
        number="reference",
        letter="T",
    ),
    Shape(
        "contact",
        Contact,
        (
            as_.text("reference"),
            as_.key("customer_key", "customer"),
            as_.key("operator_key", "operator"),
            as_.text("channel"),
            as_.code("direction", Direction),
            as_.moment("at"),
            as_.text("subject", blank=""),
            as_.text("body", blank=""),
            as_.flag("whole"),
            as_.number("seconds"),
            as_.text("thread", blank=_unlinked),
            as_.key("ticket_key", "ticket"),
            as_.key("line_key", "line"),
            as_.key("outage_key", "outage"),
            as_.text("agent"),
            as_.text("sender", blank=""),
            as_.text("recipient", blank=""),
            as_.code("answer", AnswerState),
            as_.optional_moment("answered_at"),
            as_.key("answered_by", "contact", "answered_by_id"),
            as_.text("waived_reason", blank=""),
            as_.structure("route", CallRoute, blank=lambda route: route and replace(route, dialled="", menu=())),
            as_.structure(
                "attachments",
                tuple[Attachment, ...],
                blank=lambda files: tuple(replace(each, name="", sha256="") for each in files),
            ),
            as_.text("outcome"),
            as_.origin(),
        ),
        number="reference",
        letter="K",
    ),
    Shape(
        "dispute",
        Dispute,
        (
            as_.key("customer_key", "customer"),
            as_.text("reason", blank=""),
            as_.moment("opened_at"),
            as_.optional_money("amount"),
            as_.keys("charge_keys", "charge"),
            as_.key("ticket_key", "ticket"),
            as_.code("state", DisputeState),
            as_.text("answer", blank=""),
            as_.optional_moment("closed_at"),
        ),
    ),
    Shape(
        "ticket_event",
        TicketEvent,
        (
            as_.key("ticket_key", "ticket"),
            as_.key("customer_key", "customer"),
            as_.code("kind", TicketEventKind),
            as_.moment("at"),
            as_.text("by"),
            as_.text("before"),
            as_.text("after"),
            as_.text("text", blank=""),
            as_.key("contact_key", "contact"),
        ),
    ),
    Shape(
        "chase",
        Chase,
        (
            as_.key("ticket_key", "ticket"),
            as_.key("customer_key", "customer"),
            as_.moment("at"),
            as_.text("by"),
            as_.key("contact_key", "contact"),
            as_.flag("outbound"),
            as_.text("note", blank=""),
        ),
    ),
    Shape(
        "promise",
        Promise,
        (
            as_.key("customer_key", "customer"),
            as_.code("kind", PromiseKind),
            as_.text("deed", blank=""),
            as_.moment("made_at"),
            as_.optional_moment("due_at"),
            as_.key("ticket_key", "ticket"),
            as_.key("contact_key", "contact"),
            as_.key("outage_key", "outage"),
            as_.text("made_by"),
            as_.text("owner"),
            as_.code("state", PromiseState),
            as_.optional_moment("closed_at"),
            as_.text("closed_reason", blank=""),
        ),
    ),
    Shape(
        "visit",
        Visit,
        (
            as_.key("ticket_key", "ticket"),
            as_.key("customer_key", "customer"),
            as_.moment("window_from"),
            as_.moment("window_to"),
            as_.text("engineer"),
            as_.code("state", VisitState),
            as_.text("note", blank=""),
        ),
    ),
    Shape(
        "handover",
        Handover,
        (
            as_.key("ticket_key", "ticket"),
            as_.key("customer_key", "customer"),
            as_.code("to", Holder),
            as_.moment("at"),
            as_.text("by"),
            as_.text("note", blank=""),
            as_.text("told_customer", blank=""),
            as_.optional_moment("due_at"),
            as_.optional_moment("accepted_at"),
            as_.text("accepted_by"),
            as_.optional_moment("declined_at"),
            as_.text("declined_reason", blank=""),
        ),
    ),
    Shape(
        "link",
        Link,
        (
            as_.code("kind", LinkKind),
            as_.end("left"),
            as_.end("right"),
            as_.structure("evidence", tuple[str, ...]),
            as_.text("made_by"),
            as_.moment("made_at"),
        ),
    ),
)
"""Every kind of record, in an order in which each refers only to itself and those before it."""

BY_KIND = {shape.kind: shape for shape in SHAPES}
BY_RECORD: dict[type[Any], Shape] = {shape.record: shape for shape in SHAPES}

OWNED = tuple(shape.kind for shape in SHAPES if any(part.field == "customer_key" for part in shape.parts))
"""Kinds whose records belong to one customer."""


def customer_of(record: Record) -> Key:
    """Return the key of the customer that a record is or belongs to; empty for operators, agents, outages, links."""
    if isinstance(record, Customer):
        return record.key
    return getattr(record, "customer_key", "")
