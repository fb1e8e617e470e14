"""What is to be done over all customers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time

from backends.memory.reading import Place, page, place_of
from backends.memory.state import State
from backends.port import PENDING_DISPUTES, PENDING_ORDER, Page, Pending, PendingFilter, PendingKind
from backends.records import (
    Charge,
    Contract,
    ContractState,
    Customer,
    Dispute,
    Handover,
    Key,
    Promise,
    PromiseState,
    Ticket,
    TicketState,
)

_NEVER = "~"
"""Stands behind every moment."""


Work = Promise | Handover | Contract | Dispute | Ticket
_KINDS: tuple[type[Work], ...] = (Promise, Handover, Contract, Dispute, Ticket)


def pending(state: State, only: PendingFilter, after: str | None, limit: int) -> Page[Pending]:
    """Return what `Backend.pending` promises."""

    def charge(key: Key) -> Charge:
        return state.get(Charge, key)

    rows = (
        pending_of(record, state.get(Customer, record.customer_key), charge)
        for kind in _KINDS
        for record in state.every(kind)
    )
    return page([row for row in rows if row is not None and passes(row, only)], _place, after, limit, oldest=True)


def _place(row: Pending) -> Place:
    moment = _NEVER if row.due_at is None else place_of(row.due_at, "")[0]
    return moment, f"{PENDING_ORDER[row.kind]} {row.record.key}"


def pending_of(record: Work, customer: Customer, charge: Callable[[Key], Charge | None]) -> Pending | None:
    """Return a record as something to be done, None when it is not; `charge` finds what a dispute is about."""
    if not is_pending(record):
        return None
    return Pending(PendingKind(type(record).__name__.lower()), record, customer, _due(record, charge))


def is_pending(record: Work) -> bool:
    """Return whether somebody has to do something about a record."""
    match record:
        case Promise():
            return record.state is PromiseState.OPEN
        case Handover():
            return record.accepted_at is None and record.declined_at is None
        case Contract():
            return record.state is ContractState.RUNNING and record.ends_on is not None
        case Dispute():
            return record.state in PENDING_DISPUTES
        case Ticket():
            return record.state is not TicketState.CLOSED and record.next_step_at is not None


def _due(record: Work, charge: Callable[[Key], Charge | None]) -> datetime | None:
    match record:
        case Promise() | Handover():
            return record.due_at
        case Contract():
            return _midnight(record.ends_on) if record.ends_on else None
        case Dispute():
            return _dunning(charge(key) for key in record.charge_keys)
        case Ticket():
            return record.next_step_at


def _dunning(charges: Iterable[Charge | None]) -> datetime | None:
    """Return the first dunning day of what is not paid."""
    unpaid = (one for one in charges if one is not None and one.paid_on is None)
    days = [one.dunning_on for one in unpaid if one.dunning_on is not None]
    return _midnight(min(days)) if days else None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def passes(row: Pending, only: PendingFilter) -> bool:
    """Return whether a filter lets a row through."""
    operator = row.record.operator_key if isinstance(row.record, Ticket) else row.customer.operator_key
    return (
        (not only.kinds or row.kind in only.kinds)
        and (not only.operator_keys or operator in only.operator_keys)
        and (only.until is None or row.due_at is None or row.due_at < only.until)
        and (not only.outage_key or (isinstance(row.record, Promise) and row.record.outage_key == only.outage_key))
        and (not isinstance(row.record, Contract) or _ends_within(row.record, only))
    )


def _ends_within(contract: Contract, only: PendingFilter) -> bool:
    ends = contract.ends_on
    return (
        ends is not None
        and (only.ends_from is None or only.ends_from <= ends)
        and (only.ends_to is None or ends <= only.ends_to)
    )
