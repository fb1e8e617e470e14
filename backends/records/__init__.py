"""What every backend speaks: frozen records, standard library only."""

from __future__ import annotations

from typing import get_args

from backends.records.audit import FIRST_LINK, AuditEntry, AuditVerdict, chained
from backends.records.base import Key, Money, NetworkPath, Origin, Place, is_new, new_key, utc
from backends.records.contacts import (
    CHANNELS,
    NEEDS_IDENTITY_DOCUMENT,
    AnswerState,
    Attachment,
    CallRoute,
    Channel,
    Contact,
    Direction,
)
from backends.records.lines import Charge, Contract, ContractState, Dispute, DisputeState, Line, LineState
from backends.records.links import Link, LinkKind
from backends.records.outages import (
    LIVE_OUTAGE_STATES,
    Coverage,
    Outage,
    OutageKind,
    OutageState,
    OutageUpdate,
)
from backends.records.people import (
    Agent,
    Area,
    AuthorisedParty,
    ContactPoint,
    Customer,
    CustomerFlag,
    CustomerKind,
    Operator,
    PointKind,
    Role,
)
from backends.records.tickets import (
    OPEN_STATES,
    Chase,
    Compensation,
    Handover,
    Holder,
    Outcome,
    Priority,
    Promise,
    PromiseKind,
    PromiseState,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketKind,
    TicketState,
    Visit,
    VisitState,
)

Record = (
    Operator
    | Customer
    | Agent
    | Line
    | Contract
    | Charge
    | Dispute
    | Contact
    | Ticket
    | TicketEvent
    | Chase
    | Promise
    | Visit
    | Handover
    | Outage
    | Link
)
"""Everything that a batch can store."""

KINDS: frozenset[type[Record]] = frozenset(get_args(Record))
"""The classes of all records."""

Entry = Contact | TicketEvent
"""What a backend's page of the timeline holds; outages are laid over it by the console."""

__all__ = [
    "CHANNELS", "FIRST_LINK", "KINDS", "LIVE_OUTAGE_STATES", "NEEDS_IDENTITY_DOCUMENT", "OPEN_STATES", "Agent",
    "AnswerState", "Area", "Attachment", "AuditEntry", "AuditVerdict", "AuthorisedParty", "CallRoute", "Channel",
    "Charge", "Chase", "Compensation", "Contact", "ContactPoint", "Contract", "ContractState", "Coverage", "Customer",
    "CustomerFlag", "CustomerKind", "Direction", "Dispute", "DisputeState", "Entry", "Handover", "Holder", "Key",
    "Line", "LineState", "Link", "LinkKind", "Money", "NetworkPath", "Operator", "Origin", "Outage", "OutageKind",
    "OutageState", "OutageUpdate", "Outcome", "Place", "PointKind", "Priority", "Promise", "PromiseKind",
    "PromiseState", "Record", "Role", "Ticket", "TicketEvent", "TicketEventKind", "TicketKind", "TicketState",
    "Visit", "VisitState", "chained", "is_new", "new_key", "utc",
]  # fmt: skip
