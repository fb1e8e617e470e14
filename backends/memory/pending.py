"""What is to be done over all customers, and who is at which of them now."""

from __future__ import annotations

from collections.abc import Iterator
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
    Promise,
    PromiseState,
    Ticket,
    TicketState,
)

_NEVER = "~"
"""Stands behind every moment."""


def pending(state: State, only: PendingFilter, after: str | None, limit: int) -> Page[Pending]:
    """Return what `Backend.pending` promises."""
    rows = [row for row in _every(state) if _passes(row, only)]
    return page(rows, _place, after, limit, oldest=True)


def _place(row: Pending) -> Place:
    moment = _NEVER if row.due_at is None else place_of(row.due_at, "")[0]
    return moment, f"{PENDING_ORDER[row.kind]} {row.record.key}"


def _every(state: State) -> Iterator[Pending]:
    for record, due in _due(state):
        customer = state.get(Customer, record.customer_key)
        yield Pending(PendingKind(type(record).__name__.lower()), record, customer, due)


def _due(state: State) -> Iterator[tuple[Promise | Handover | Contract | Dispute | Ticket, datetime | None]]:
    """Yield every pending record and when it is due."""
    for promise in state.every(Promise):
        if promise.state is PromiseState.OPEN:
            yield promise, promise.due_at
    for handover in state.every(Handover):
        if handover.accepted_at is None and handover.declined_at is None:
            yield handover, handover.due_at
    for contract in state.every(Contract):
        if contract.state is ContractState.RUNNING and contract.ends_on is not None:
            yield contract, _midnight(contract.ends_on)
    for dispute in state.every(Dispute):
        if dispute.state in PENDING_DISPUTES:
            yield dispute, _dunning(state, dispute)
    for ticket in state.every(Ticket):
        if ticket.state is not TicketState.CLOSED and ticket.next_step_at is not None:
            yield ticket, ticket.next_step_at


def _dunning(state: State, dispute: Dispute) -> datetime | None:
    """Return the first dunning day of what is disputed and not paid."""
    charges = [state.get(Charge, key) for key in dispute.charge_keys]
    days = [one.dunning_on for one in charges if one.dunning_on is not None and one.paid_on is None]
    return _midnight(min(days)) if days else None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _passes(row: Pending, only: PendingFilter) -> bool:
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
