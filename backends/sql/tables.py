"""The tables of the embedded store: the one truth of its schema.

Only creating, upgrading and checking a database import this module; reading and writing use the columns that
`backends.sql.shapes` names (a test holds the two together). Keys are integers, moments are microseconds since 1970 in
UTC, days are ISO dates, codes are text, lists of small things are JSON. All tables are STRICT.
"""

from enum import StrEnum
from typing import Annotated, Any, ClassVar

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from backends.records import (
    AnswerState,
    ContractState,
    CustomerKind,
    Direction,
    DisputeState,
    Holder,
    LineState,
    LinkKind,
    OutageKind,
    OutageState,
    Outcome,
    Priority,
    PromiseKind,
    PromiseState,
    TicketEventKind,
    TicketKind,
    TicketState,
    VisitState,
)

Text = Annotated[str, Field(sa_type=sa.Text)]
OptionalText = Annotated[str | None, Field(sa_type=sa.Text)]
Moment = Annotated[int, Field(sa_type=sa.Integer)]
OptionalMoment = Annotated[int | None, Field(sa_type=sa.Integer)]
Blob = Annotated[bytes, Field(sa_type=sa.LargeBinary)]

STRICT = {"sqlite_strict": True}
CLUSTERED = {"sqlite_strict": True, "sqlite_with_rowid": False}


def _refers(table: str, *, index: bool = False) -> Any:
    """Return the field of a key that may be missing."""
    return Field(default=None, foreign_key=f"{table}.id", index=index)


def _code(table: str, column: str, codes: type[StrEnum]) -> sa.CheckConstraint:
    """Return the check that `column` holds one of `codes` or nothing."""
    listed = ", ".join(f"'{code.value}'" for code in codes)
    return sa.CheckConstraint(f'"{column}" IN ({listed})', name=f"ck_{table}_{column}")


def _later(value: str, kind: Any = sa.Text) -> Any:
    """Return the field of a column that came with a later revision, and what stands in it for older rows."""
    return Field(sa_type=kind, sa_column_kwargs={"server_default": sa.text(value)})


def _flag(table: str, column: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"{column} IN (0, 1)", name=f"ck_{table}_{column}")


def _in_any_case(table: str, column: str) -> sa.Index:
    """Return the index by which no two rows have the same text, whatever its case."""
    return sa.Index(f"uq_{table}_{column}", sa.text(f"{column} COLLATE NOCASE"), unique=True)


def _origin(table: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint("origin_source", "origin_id", name=f"uq_{table}_origin")


class Stored(SQLModel):
    """What all tables share: metadata of our own, so that no plug-in's tables mix in."""

    metadata: ClassVar[sa.MetaData] = sa.MetaData()


class OperatorRow(Stored, table=True):
    """An operator or brand."""

    __tablename__ = "operator"
    __table_args__ = (_flag("operator", "active"), _in_any_case("operator", "code"), STRICT)
    id: int = Field(primary_key=True)
    code: Text
    name: Text
    country: Text
    language: Text
    time_zone: Text
    currency: Text
    parent_id: int | None = _refers("operator")
    numbers: Text
    email: Text
    greeting: Text
    desk_hours: Text
    chase_threshold: int
    region: str = _later("''")
    accept_minutes: int = _later("30", sa.Integer)
    ladder: str = _later("'[]'")
    active: int
    version: int


class AgentRow(Stored, table=True):
    """A person who takes contacts."""

    __tablename__ = "agent"
    __table_args__ = (_flag("agent", "active"), _in_any_case("agent", "login"), STRICT)
    id: int = Field(primary_key=True)
    login: Text
    name: Text
    roles: Text
    languages: Text
    operator_ids: Text
    skills: str = _later("'[]'")
    active: int
    version: int


class CustomerRow(Stored, table=True):
    """A customer; `contacts` is kept by triggers because counting 10,000 rows at each opening would be felt."""

    __tablename__ = "customer"
    __table_args__ = (
        _code("customer", "kind", CustomerKind),
        _origin("customer"),
        sa.UniqueConstraint("number_key", "operator_id", name="uq_customer_number"),
        STRICT,
    )
    id: int = Field(primary_key=True)
    number: Text
    number_key: Text
    operator_id: int = Field(foreign_key="operator.id", index=True)
    kind: Text
    name: Text
    language: Text
    greeting_name: Text
    street: Text
    house: Text
    unit: Text
    postcode: Text
    town: Text
    region: Text
    country: Text
    points: Text
    flags: Text
    authorised: Text
    tone: Text
    since: OptionalMoment = None
    origin_source: OptionalText = None
    origin_id: OptionalText = None
    version: int
    contacts: int = Field(default=0, sa_column_kwargs={"server_default": sa.text("0")})


class LineRow(Stored, table=True):
    """A line: one service at one place."""

    __tablename__ = "line"
    __table_args__ = (
        _code("line", "state", LineState),
        sa.Index("ix_line_number", "number_key"),
        STRICT,
    )
    id: int = Field(primary_key=True)
    number: Text
    number_key: Text
    customer_id: int = Field(foreign_key="customer.id", index=True)
    service: Text
    street: Text
    house: Text
    unit: Text
    postcode: Text
    town: Text
    region: Text
    country: Text
    exchange: Text
    node: Text
    olt: Text
    port: Text
    product: Text
    technology: Text
    phone: Text
    mac: Text
    ip: Text
    state: Text
    since: OptionalMoment = None
    version: int


class ContractRow(Stored, table=True):
    """A term between customer and operator."""

    __tablename__ = "contract"
    __table_args__ = (
        _code("contract", "state", ContractState),
        sa.Index("ix_contract_number", "number_key"),
        sa.Index("ix_contract_ends", "ends_on", sqlite_where=sa.text("ends_on IS NOT NULL AND state = 'running'")),
        STRICT,
    )
    id: int = Field(primary_key=True)
    number: Text
    number_key: Text
    customer_id: int = Field(foreign_key="customer.id", index=True)
    product: Text
    started_on: Text
    ends_on: OptionalText = None
    term_months: int
    price_minor: int | None = None
    price_currency: OptionalText = None
    list_price_minor: int | None = None
    list_price_currency: OptionalText = None
    state: Text
    notice_sent_at: OptionalMoment = None
    line_ids: Text
    version: int


class ChargeRow(Stored, table=True):
    """Something billed."""

    __tablename__ = "charge"
    __table_args__ = (_origin("charge"), STRICT)
    id: int = Field(primary_key=True)
    customer_id: int = Field(foreign_key="customer.id", index=True)
    text: Text
    amount_minor: int
    amount_currency: Text
    charged_on: Text
    due_on: OptionalText = None
    paid_on: OptionalText = None
    dunning_on: OptionalText = None
    contract_id: int | None = _refers("contract", index=True)
    origin_source: OptionalText = None
    origin_id: OptionalText = None
    version: int


class OutageRow(Stored, table=True):
    """An outage; few are alive at a time, so that what covers whom is left to the rules."""

    __tablename__ = "outage"
    __table_args__ = (
        _code("outage", "state", OutageState),
        _code("outage", "kind", OutageKind),
        _origin("outage"),
        sa.UniqueConstraint("reference_key", name="uq_outage_reference"),
        sa.Index("ix_outage_state", "state", "started_at"),
        sa.Index("ix_outage_started", "started_at", "id"),
        STRICT,
    )
    id: int = Field(primary_key=True)
    reference: Text
    reference_key: Text
    state: Text
    title: Text
    started_at: Moment
    coverage: Text
    operator_ids: Text
    kind: Text
    cause: Text
    expected_end: OptionalMoment = None
    confirmed_at: OptionalMoment = None
    ended_at: OptionalMoment = None
    source: Text
    supplier: Text
    supplier_reference: Text
    say: Text
    updates: Text
    origin_source: OptionalText = None
    origin_id: OptionalText = None
    version: int


class TicketRow(Stored, table=True):
    """A case with a reference."""

    __tablename__ = "ticket"
    __table_args__ = (
        _code("ticket", "kind", TicketKind),
        _code("ticket", "state", TicketState),
        _code("ticket", "priority", Priority),
        _code("ticket", "holder", Holder),
        _code("ticket", "outcome", Outcome),
        _code("ticket", "class_proposed", Outcome),
        _origin("ticket"),
        sa.UniqueConstraint("reference_key", name="uq_ticket_reference"),
        sa.Index("ix_ticket_customer", "customer_id", "opened_at", "id"),
        sa.Index("ix_ticket_digits", sa.text("ltrim(reference_key, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ')")),
        sa.Index("ix_ticket_state", "state", "opened_at", "id"),
        sa.Index("ix_ticket_opened", "opened_at", "id"),
        sa.Index(
            "ix_ticket_next_step",
            "next_step_at",
            sqlite_where=sa.text("next_step_at IS NOT NULL AND state <> 'closed'"),
        ),
        STRICT,
    )
    id: int = Field(primary_key=True)
    reference: Text
    reference_key: Text
    customer_id: int = Field(foreign_key="customer.id")
    operator_id: int = Field(foreign_key="operator.id", index=True)
    kind: Text
    subject: Text
    opened_at: Moment
    state: Text
    priority: Text
    description: Text
    details: Text
    line_id: int | None = _refers("line", index=True)
    outage_id: int | None = _refers("outage", index=True)
    opened_by: Text
    first_contact_at: OptionalMoment = None
    holder: Text
    holder_name: Text
    holder_reference: Text
    held_since: OptionalMoment = None
    escalated_to: str = _later("''")
    next_step: Text
    next_step_at: OptionalMoment = None
    taken_in_charge_at: OptionalMoment = None
    due_at: OptionalMoment = None
    reference_given_at: OptionalMoment = None
    closed_at: OptionalMoment = None
    outcome: OptionalText = None
    class_proposed: OptionalText = None
    outcome_reason: Text
    resolution: Text
    compensations: Text
    origin_source: OptionalText = None
    origin_id: OptionalText = None
    version: int


class ContactRow(Stored, table=True):
    """A contact with the beginning of its body; a longer one lies whole in `contact_body`, off the pages' way."""

    __tablename__ = "contact"
    __table_args__ = (
        _code("contact", "direction", Direction),
        _code("contact", "answer", AnswerState),
        _flag("contact", "whole"),
        _origin("contact"),
        sa.UniqueConstraint("reference_key", name="uq_contact_reference"),
        sa.Index("ix_contact_timeline", "customer_id", "at", "id"),
        sa.Index("ix_contact_at", "at", "customer_id"),
        sa.Index("ix_contact_waiting", "at", "id", sqlite_where=sa.text("answer = 'waiting'")),
        sa.Index("ix_contact_ticket", "ticket_id", "at", sqlite_where=sa.text("ticket_id IS NOT NULL")),
        sa.Index("ix_contact_line", "line_id", sqlite_where=sa.text("line_id IS NOT NULL")),
        sa.Index("ix_contact_outage", "outage_id", sqlite_where=sa.text("outage_id IS NOT NULL")),
        sa.Index("ix_contact_answered_by", "answered_by_id", sqlite_where=sa.text("answered_by_id IS NOT NULL")),
        STRICT,
    )
    id: int = Field(primary_key=True)
    reference: Text
    reference_key: Text
    customer_id: int = Field(foreign_key="customer.id")
    operator_id: int = Field(foreign_key="operator.id")
    channel: Text
    direction: Text
    at: Moment
    subject: Text
    body: Text
    whole: int
    seconds: int
    thread: Text
    ticket_id: int | None = _refers("ticket")
    line_id: int | None = _refers("line")
    outage_id: int | None = _refers("outage")
    agent: Text
    sender: Text
    recipient: Text
    answer: Text
    answered_at: OptionalMoment = None
    answered_by_id: int | None = _refers("contact")
    waived_reason: Text
    route: OptionalText = None
    attachments: Text
    outcome: Text
    origin_source: OptionalText = None
    origin_id: OptionalText = None
    version: int


class ContactBodyRow(Stored, table=True):
    """The whole body of a contact that is longer than its beginning in `contact`."""

    __tablename__ = "contact_body"
    __table_args__ = STRICT
    id: int = Field(sa_column=sa.Column(sa.Integer, sa.ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True))
    body: Text


class DisputeRow(Stored, table=True):
    """A customer's objection to charges."""

    __tablename__ = "dispute"
    __table_args__ = (
        _code("dispute", "state", DisputeState),
        sa.Index("ix_dispute_pending", "state", sqlite_where=sa.text("state IN ('open', 'hold_asked')")),
        STRICT,
    )
    id: int = Field(primary_key=True)
    customer_id: int = Field(foreign_key="customer.id", index=True)
    reason: Text
    opened_at: Moment
    amount_minor: int | None = None
    amount_currency: OptionalText = None
    charge_ids: Text
    ticket_id: int | None = _refers("ticket", index=True)
    state: Text
    answer: Text
    closed_at: OptionalMoment = None
    version: int


class TicketEventRow(Stored, table=True):
    """One thing that happened to a ticket."""

    __tablename__ = "ticket_event"
    __table_args__ = (
        _code("ticket_event", "kind", TicketEventKind),
        sa.Index("ix_ticket_event_timeline", "customer_id", "at", "id"),
        STRICT,
    )
    id: int = Field(primary_key=True)
    ticket_id: int = Field(foreign_key="ticket.id", index=True)
    customer_id: int = Field(foreign_key="customer.id")
    kind: Text
    at: Moment
    by: Text
    before: Text
    after: Text
    text: Text
    contact_id: int | None = _refers("contact", index=True)
    version: int


class ChaseRow(Stored, table=True):
    """Somebody asking again about an open ticket."""

    __tablename__ = "chase"
    __table_args__ = (_flag("chase", "outbound"), STRICT)
    id: int = Field(primary_key=True)
    ticket_id: int = Field(foreign_key="ticket.id", index=True)
    customer_id: int = Field(foreign_key="customer.id", index=True)
    at: Moment
    by: Text
    contact_id: int | None = _refers("contact", index=True)
    outbound: int
    note: Text
    version: int


class PromiseRow(Stored, table=True):
    """A date and a deed told to a customer."""

    __tablename__ = "promise"
    __table_args__ = (
        _code("promise", "kind", PromiseKind),
        _code("promise", "state", PromiseState),
        sa.Index("ix_promise_due", "due_at", sqlite_where=sa.text("state = 'open'")),
        STRICT,
    )
    id: int = Field(primary_key=True)
    customer_id: int = Field(foreign_key="customer.id", index=True)
    kind: Text
    deed: Text
    made_at: Moment
    due_at: OptionalMoment = None
    ticket_id: int | None = _refers("ticket", index=True)
    contact_id: int | None = _refers("contact", index=True)
    outage_id: int | None = _refers("outage", index=True)
    made_by: Text
    owner: Text
    state: Text
    closed_at: OptionalMoment = None
    closed_reason: Text
    version: int


class VisitRow(Stored, table=True):
    """An engineer's visit."""

    __tablename__ = "visit"
    __table_args__ = (_code("visit", "state", VisitState), STRICT)
    id: int = Field(primary_key=True)
    ticket_id: int = Field(foreign_key="ticket.id", index=True)
    customer_id: int = Field(foreign_key="customer.id", index=True)
    window_from: Moment
    window_to: Moment
    engineer: Text
    state: Text
    note: Text
    version: int


class HandoverRow(Stored, table=True):
    """A ticket passed to somebody who must accept it."""

    __tablename__ = "handover"
    __table_args__ = (
        _code("handover", "to", Holder),
        sa.Index("ix_handover_due", "due_at", sqlite_where=sa.text("accepted_at IS NULL AND declined_at IS NULL")),
        STRICT,
    )
    id: int = Field(primary_key=True)
    ticket_id: int = Field(foreign_key="ticket.id", index=True)
    customer_id: int = Field(foreign_key="customer.id", index=True)
    to: Text
    at: Moment
    by: Text
    note: Text
    told_customer: Text
    due_at: OptionalMoment = None
    accepted_at: OptionalMoment = None
    accepted_by: Text
    declined_at: OptionalMoment = None
    declined_reason: str = _later("''")
    version: int


class LinkRow(Stored, table=True):
    """What two sources hold of the same; which customers of this store it is about stands in `link_customer`."""

    __tablename__ = "link"
    __table_args__ = (
        _code("link", "kind", LinkKind),
        sa.UniqueConstraint("left_source", "left_id", "right_source", "right_id", name="uq_link_ends"),
        sa.Index("ix_link_right", "right_source", "right_id"),
        STRICT,
    )
    id: int = Field(primary_key=True)
    kind: Text
    left_source: Text
    left_id: Text
    right_source: Text
    right_id: Text
    evidence: Text
    made_by: Text
    made_at: Moment
    version: int
