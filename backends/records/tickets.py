"""Tickets and what hangs on them: events, chases, promises, visits, handovers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from backends.records.base import Key, Money, Origin


class TicketKind(StrEnum):
    """What a case is about."""

    FAULT = "fault"
    INSTALLATION = "installation"
    BILLING = "billing"
    COMPLAINT = "complaint"
    SALES = "sales"
    CHANGE = "change"
    DATA_REQUEST = "data_request"


class TicketState(StrEnum):
    """Where a case stands."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    WAITING_CUSTOMER = "waiting_customer"
    SOLVED = "solved"
    """Settled in our eyes; the customer has not confirmed yet."""
    CLOSED = "closed"


OPEN_STATES = frozenset({TicketState.OPEN, TicketState.IN_PROGRESS, TicketState.WAITING_CUSTOMER, TicketState.SOLVED})


class Priority(StrEnum):
    """How soon a case is to be worked on, lowest first."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class Holder(StrEnum):
    """Who has the ball (R5)."""

    DESK = "desk"
    TECHNICAL = "technical"
    SUPPLIER = "supplier"
    BILLING = "billing"
    CUSTOMER = "customer"


class Outcome(StrEnum):
    """How a closed case went (R4)."""

    RIGHT_FIRST_TIME = "right_first_time"
    RECOVERED = "recovered"
    COMPOUNDED = "compounded"


@dataclass(frozen=True, slots=True)
class Compensation:
    """Goodwill or owed amount, recorded on the ticket and nowhere else (R33)."""

    amount: Money
    reason: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """A case with a reference that the customer can quote."""

    key: Key
    reference: str
    """Assigned by the backend when empty at creation."""
    customer_key: Key
    operator_key: Key
    kind: TicketKind
    subject: str
    opened_at: datetime
    state: TicketState = TicketState.OPEN
    priority: Priority = Priority.NORMAL
    description: str = ""
    details: tuple[tuple[str, str], ...] = ()
    """What was asked for this kind of ticket (R36): (question code, answer)."""
    line_key: Key = ""
    outage_key: Key = ""
    opened_by: str = ""
    first_contact_at: datetime | None = None
    """When the customer first spoke of it, on any channel; legal clocks run from here."""
    holder: Holder = Holder.DESK
    holder_name: str = ""
    """The person, supplier or team who has the ball."""
    holder_reference: str = ""
    """The supplier's own number for it (R20)."""
    held_since: datetime | None = None
    escalated_to: str = ""
    """Code of the rung of the operator's ladder that the case was taken to (R38)."""
    next_step: str = ""
    next_step_at: datetime | None = None
    taken_in_charge_at: datetime | None = None
    """The first human reply that said who is on it and by when (R42)."""
    due_at: datetime | None = None
    """Set by a helpdesk as a fact; where empty the rules compute it."""
    reference_given_at: datetime | None = None
    """When the customer was told the reference (R34)."""
    closed_at: datetime | None = None
    outcome: Outcome | None = None
    class_proposed: Outcome | None = None
    """What the rule proposed at closing (R4); where `outcome` differs, `outcome_reason` says why."""
    outcome_reason: str = ""
    resolution: str = ""
    compensations: tuple[Compensation, ...] = ()
    origin: Origin | None = None
    version: int = 0


class TicketEventKind(StrEnum):
    """What can happen to a ticket; each is an entry of the timeline."""

    OPENED = "opened"
    STATE = "state"
    HOLDER = "holder"
    PRIORITY = "priority"
    CHASED = "chased"
    PROMISED = "promised"
    PROMISE_KEPT = "promise_kept"
    PROMISE_WITHDRAWN = "promise_withdrawn"
    VISIT = "visit"
    HANDOVER = "handover"
    NEXT_STEP = "next_step"
    REFERENCE_GIVEN = "reference_given"
    COMPENSATION = "compensation"
    OUTAGE_ATTACHED = "outage_attached"
    JOINED = "joined"
    NOTE = "note"
    ESCALATED = "escalated"
    PARTED = "parted"
    """A joined contact was taken off again."""
    OVERRIDDEN = "overridden"
    """Steps of a guide were taken in spite of an outage; the text is the reason (R28)."""
    RAISED = "raised"
    """A handover was not accepted in time (R22)."""
    CLOSED = "closed"
    REOPENED = "reopened"


@dataclass(frozen=True, slots=True)
class TicketEvent:
    """One thing that happened to a ticket; appended, never changed."""

    key: Key
    ticket_key: Key
    customer_key: Key
    kind: TicketEventKind
    at: datetime
    by: str = ""
    before: str = ""
    """The value before, as its code."""
    after: str = ""
    text: str = ""
    contact_key: Key = ""
    version: int = 0


@dataclass(frozen=True, slots=True)
class Chase:
    """The customer, or we, asking again about an open ticket (R37)."""

    key: Key
    ticket_key: Key
    customer_key: Key
    at: datetime
    by: str = ""
    contact_key: Key = ""
    outbound: bool = False
    """True when we chased somebody else for the customer."""
    note: str = ""
    version: int = 0


class PromiseKind(StrEnum):
    """What was promised."""

    DEED = "deed"
    CALL_BACK = "call_back"
    WORD_AT_RESTORATION = "word_at_restoration"
    """To tell the customer when an outage is over (R27); its due time is the outage's end."""
    DOCUMENT_CHECK = "document_check"
    """To look, 48 to 72 hours after a fax or letter, whether the paper came; the customer was not told of it."""


class PromiseState(StrEnum):
    """Where a promise stands; broken is derived: open and past due."""

    OPEN = "open"
    KEPT = "kept"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Promise:
    """A date and a deed told to a customer."""

    key: Key
    customer_key: Key
    kind: PromiseKind
    deed: str
    made_at: datetime
    due_at: datetime | None
    ticket_key: Key = ""
    contact_key: Key = ""
    """The contact that it was made in, or the paper that is to be looked for."""
    outage_key: Key = ""
    made_by: str = ""
    owner: str = ""
    state: PromiseState = PromiseState.OPEN
    closed_at: datetime | None = None
    closed_reason: str = ""
    version: int = 0


class VisitState(StrEnum):
    """Where an engineer's visit stands."""

    PLANNED = "planned"
    CONFIRMED = "confirmed"
    DONE = "done"
    MISSED = "missed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Visit:
    """An engineer's visit with its window (R5)."""

    key: Key
    ticket_key: Key
    customer_key: Key
    window_from: datetime
    window_to: datetime
    engineer: str = ""
    state: VisitState = VisitState.PLANNED
    note: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True)
class Handover:
    """A ticket passed to somebody who must accept it (R22)."""

    key: Key
    ticket_key: Key
    customer_key: Key
    to: Holder
    at: datetime
    by: str = ""
    note: str = ""
    told_customer: str = ""
    due_at: datetime | None = None
    accepted_at: datetime | None = None
    accepted_by: str = ""
    declined_at: datetime | None = None
    declined_reason: str = ""
    version: int = 0
