"""What a backend is asked with and what it answers: pages, filters, what was found, one customer's file.

Part of the contract of `backends.port`, from which all of it is to be imported.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Generic, TypeVar

from backends.records import (
    Charge,
    Chase,
    Contact,
    Contract,
    Customer,
    Direction,
    Dispute,
    DisputeState,
    Handover,
    Key,
    Line,
    Operator,
    OutageState,
    Promise,
    Ticket,
    TicketKind,
    TicketState,
    Visit,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows, and the opaque cursor to the next ones; None after the last."""

    rows: tuple[T, ...]
    after: str | None = None


class MatchedOn(StrEnum):
    """Why a search found a customer."""

    NAME = "name"
    NUMBER = "number"
    PHONE = "phone"
    EMAIL = "email"
    TICKET = "ticket"
    CONTACT = "contact"
    LINE = "line"
    MAC = "mac"
    IP = "ip"
    PLACE = "place"
    POSTCODE = "postcode"
    CONTRACT = "contract"


@dataclass(frozen=True, slots=True)
class Match:
    """A customer found, why, and the piece of data that matched. `exact` means nothing else could be meant."""

    customer: Customer
    on: MatchedOn
    shown: str
    exact: bool = False
    record_key: Key = ""
    """The ticket, contact or line that matched, to open the customer at that point."""
    near: bool = False
    """Whether the name is only spelt much like the text; such a match is never exact."""


@dataclass(frozen=True, slots=True)
class TextHit:
    """A contact whose subject or body holds the words, with a piece of text around them."""

    contact: Contact
    customer_name: str
    customer_number: str
    around: str


@dataclass(frozen=True, slots=True)
class TimelineFilter:
    """Which entries of a customer's history to give; empty parts let everything through."""

    channels: frozenset[str] = frozenset()
    directions: frozenset[Direction] = frozenset()
    text: str = ""
    """Words that must all occur (by prefix, folded); data, never a query language."""
    unanswered: bool = False
    ticket_key: Key = ""
    thread: str = ""
    events: bool = True
    """Whether ticket events belong; a filter on channel, direction, text or answer leaves them out."""


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """Which tickets to list; empty parts let everything through. Newest first."""

    customer_key: Key = ""
    operator_keys: frozenset[Key] = frozenset()
    states: frozenset[TicketState] = frozenset()
    kinds: frozenset[TicketKind] = frozenset()
    opened_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class OutageFilter:
    """Which outages to list: in these states, and alive at some time within the span. Newest first."""

    states: frozenset[OutageState] = frozenset()
    operator_keys: frozenset[Key] = frozenset()
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 500


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Which unanswered contacts to list (R10), oldest first."""

    operator_keys: frozenset[Key] = frozenset()
    channels: frozenset[str] = frozenset()


class PendingKind(StrEnum):
    """What somebody at the desk has to do, by the record that says so."""

    PROMISE = "promise"
    HANDOVER = "handover"
    CONTRACT = "contract"
    DISPUTE = "dispute"
    TICKET = "ticket"


@dataclass(frozen=True, slots=True)
class PendingFilter:
    """Which pending things to list; empty parts let everything through."""

    kinds: frozenset[PendingKind] = frozenset()
    operator_keys: frozenset[Key] = frozenset()
    """The operator that a ticket names; for all else that of the customer."""
    until: datetime | None = None
    """Due before this moment; what has no due time always belongs."""
    outage_key: Key = ""
    """Only promises that are due when this outage ends."""
    ends_from: date | None = None
    ends_to: date | None = None
    """Contracts: the first and the last day on which the fixed term may end."""


@dataclass(frozen=True, slots=True)
class Pending:
    """Something to be done for a customer.

    Due are: a promise and a handover at their `due_at`, a ticket at its `next_step_at`, a contract on the day it ends,
    a dispute on the first dunning day of its unpaid charges. Days count from midnight in UTC; which hour of the
    operator's day is meant, and what follows from it, is for the rules.
    """

    kind: PendingKind
    record: Promise | Handover | Contract | Dispute | Ticket
    customer: Customer
    due_at: datetime | None = None


PENDING_ORDER: Mapping[PendingKind, int] = {kind: place for place, kind in enumerate(PendingKind)}
"""Which of two things that are due at one moment stands first."""

PENDING_DISPUTES = frozenset({DisputeState.OPEN, DisputeState.HOLD_ASKED})
"""Disputes in which billing has not promised yet not to dun."""

PRESENCE_AGE = timedelta(seconds=90)
"""A console that was not heard of for this long is gone."""


@dataclass(frozen=True, slots=True)
class Presence:
    """An agent who has a customer open now. Moments are in UTC; `seen_at` is by the clock of the store."""

    agent: str
    """The agent's login."""
    customer_key: Key
    since: datetime
    seen_at: datetime
    ticket_key: Key = ""
    writing: bool = False
    """Whether the agent is writing to the customer."""


def each_agent(rows: Iterable[Presence]) -> tuple[Presence, ...]:
    """Return each agent once, by login: as the console says that was heard last, writing if any of theirs is."""
    found: dict[str, Presence] = {}
    for row in sorted(rows, key=lambda one: one.seen_at):
        other = found.get(row.agent, row)
        found[row.agent] = replace(row, since=min(row.since, other.since), writing=row.writing or other.writing)
    return tuple(found[agent] for agent in sorted(found))


@dataclass(frozen=True, slots=True)
class CustomerFile:
    """Everything about one customer but the timeline, read in one go and from one state of the store.

    `tickets` are the open ones and those closed in the last 90 days, newest first; chases, promises, visits and
    handovers are those of these tickets, plus open promises without a ticket. `contacts_total` counts all contacts;
    `recent_inbound` holds the inbound contacts of the last 30 days, newest first, at most 50, bodies cut.
    """

    customer: Customer
    operator: Operator
    lines: tuple[Line, ...] = ()
    contracts: tuple[Contract, ...] = ()
    charges: tuple[Charge, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    tickets: tuple[Ticket, ...] = ()
    chases: tuple[Chase, ...] = ()
    promises: tuple[Promise, ...] = ()
    visits: tuple[Visit, ...] = ()
    handovers: tuple[Handover, ...] = ()
    recent_inbound: tuple[Contact, ...] = ()
    contacts_total: int = 0
