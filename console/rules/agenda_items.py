"""What records ask for now, as items of the list of what to do (R10, R17, R22, R24, R27, R38, R39)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from backends.port import Pending
from backends.records import (
    Contact,
    Contract,
    Customer,
    CustomerFlag,
    Dispute,
    DisputeState,
    Handover,
    Holder,
    Key,
    Operator,
    Priority,
    Promise,
    PromiseKind,
    Ticket,
    TicketKind,
)
from console.rules.agenda import Item, ItemKind, Urgency
from console.rules.clocks import EARLY, ClockState, first_response, zone_of
from console.rules.handover import accept_by
from console.rules.policies import Policies
from console.rules.renewals import NoticeState, RenewalRules, renewal
from console.rules.standing import without_identity

HORIZON = timedelta(days=7)
"""What is due later is not for now."""
WORD_WITHIN = timedelta(hours=1)
"""Within this time after an outage is over everyone who was promised a word is told (R27)."""
NOTICE_EARLY = timedelta(days=3)
_BY_LAW = frozenset({TicketKind.COMPLAINT, TicketKind.DATA_REQUEST})
"""Kinds of ticket whose answer a law wants by a day."""
_FIRST = frozenset({CustomerFlag.PRIORITY_REPAIR, CustomerFlag.VULNERABLE})

_OF_PROMISE: Mapping[PromiseKind, ItemKind] = {
    PromiseKind.DEED: ItemKind.PROMISE,
    PromiseKind.CALL_BACK: ItemKind.CALL_BACK,
    PromiseKind.WORD_AT_RESTORATION: ItemKind.WORD,
    PromiseKind.DOCUMENT_CHECK: ItemKind.DOCUMENT,
}
_OF_CLOCK: Mapping[ClockState, Urgency] = {
    ClockState.LATE: Urgency.BROKEN,
    ClockState.WARNING: Urgency.ABOUT_TO_BREAK,
}


@dataclass(frozen=True, slots=True)
class Known:
    """What turns records into items: the moment (UTC), the operators, tickets by key, outages, rules.

    `live` are the outages that go on, None where that is not known; `ended` says when others were over.
    """

    now: datetime
    rules: RenewalRules
    policies: Policies
    operators: Mapping[Key, Operator] = field(default_factory=dict)
    tickets: Mapping[Key, Ticket] = field(default_factory=dict)
    live: frozenset[Key] | None = None
    ended: Mapping[Key, datetime] = field(default_factory=dict)

    def zone(self, operator_key: Key) -> ZoneInfo:
        """Return the zone in which an operator's days begin; UTC for one that is not known."""
        operator = self.operators.get(operator_key)
        return zone_of(operator) if operator is not None else ZoneInfo("UTC")


def urgency(due: datetime | None, since: datetime, now: datetime, early: timedelta = EARLY) -> Urgency:
    """Return how near to breaking something is that came up at `since`; without a due time nothing breaks."""
    if due is None:
        return Urgency.AHEAD
    if due < now:
        return Urgency.BROKEN
    warns = min(early, max(timedelta(), due - since) / 5)
    return Urgency.ABOUT_TO_BREAK if due - now <= warns else Urgency.AHEAD


def _first(customer: Customer, ticket: Ticket | None) -> bool:
    urgent = ticket is not None and ticket.priority is Priority.URGENT
    return urgent or not _FIRST.isdisjoint(customer.flags)


def _legal(ticket: Ticket | None) -> bool:
    return ticket is not None and ticket.kind in _BY_LAW


def _skills(ticket: Ticket | None) -> frozenset[str]:
    return frozenset({ticket.kind.value}) if ticket is not None else frozenset()


def _held_by(ticket: Ticket | None) -> frozenset[str]:
    return frozenset({ticket.holder_name} - {""}) if ticket is not None else frozenset()


def of_message(contact: Contact, customer: Customer, known: Known) -> Item:
    """Return the debt of an answer (R10); of a fax or letter without identity document, that of asking for it (R38)."""
    ticket = known.tickets.get(contact.ticket_key)
    operator = known.operators.get(contact.operator_key) or known.operators.get(customer.operator_key)
    clock = first_response(contact, operator, known.now, known.policies) if operator is not None else None
    return Item(
        ItemKind.DOCUMENT if without_identity(contact) else ItemKind.MESSAGE,
        contact,
        customer,
        _OF_CLOCK.get(clock.state, Urgency.AHEAD) if clock is not None else Urgency.AHEAD,
        contact.at,
        clock.due_at if clock is not None else None,
        legal=_legal(ticket) or (clock is not None and clock.legal),
        priority=_first(customer, ticket),
        owners=_held_by(ticket),
        skills=_skills(ticket),
        ticket=ticket,
    )


def _of_promise(one: Promise, customer: Customer, known: Known) -> Item | None:
    ticket = known.tickets.get(one.ticket_key)
    due, since = one.due_at, one.made_at
    if one.kind is PromiseKind.WORD_AT_RESTORATION:
        if known.live is None or one.outage_key in known.live:
            return None
        since = known.ended.get(one.outage_key, one.due_at or one.made_at)
        due = since + WORD_WITHIN
    if due is not None and due > known.now + HORIZON:
        return None
    return Item(
        _OF_PROMISE[one.kind],
        one,
        customer,
        urgency(due, since, known.now),
        since,
        due,
        legal=_legal(ticket),
        priority=_first(customer, ticket),
        owners=frozenset({one.owner or one.made_by} - {""}),
        skills=_skills(ticket),
        ticket=ticket,
    )


def _of_handover(one: Handover, customer: Customer, known: Known) -> Item:
    ticket = known.tickets.get(one.ticket_key)
    operator = known.operators.get(customer.operator_key)
    due = accept_by(one, operator) if operator is not None else one.due_at
    return Item(
        ItemKind.HANDOVER,
        one,
        customer,
        urgency(due, one.at, known.now),
        one.at,
        due,
        legal=_legal(ticket),
        priority=_first(customer, ticket),
        owners=frozenset({one.by} - {""}),
        to=one.to,
        skills=_skills(ticket),
        ticket=ticket,
    )


def _of_contract(one: Contract, customer: Customer, known: Known) -> Item | None:
    operator = known.operators.get(customer.operator_key)
    if operator is None:
        return None
    zone = zone_of(operator)
    found = renewal(one, operator, known.now.astimezone(zone).date(), known.rules)
    if found is None or found.state not in (NoticeState.OPEN, NoticeState.LATE):
        return None
    due = found.due_at(zone)
    since = datetime.combine(found.notify_from, datetime.min.time(), zone).astimezone(UTC)
    return Item(
        ItemKind.RENEWAL,
        one,
        customer,
        urgency(due, since, known.now, NOTICE_EARLY),
        since,
        due,
        legal=found.rule.by_law,
        priority=_first(customer, None),
        skills=frozenset({TicketKind.SALES.value}),
        renewal=found,
    )


def _of_dispute(one: Dispute, customer: Customer, known: Known, due: datetime | None) -> Item | None:
    if one.state is not DisputeState.HOLD_ASKED:
        return None
    ticket = known.tickets.get(one.ticket_key)
    return Item(
        ItemKind.HOLD,
        one,
        customer,
        urgency(due, one.opened_at, known.now),
        one.opened_at,
        due,
        priority=_first(customer, ticket),
        to=Holder.BILLING,
        skills=frozenset({TicketKind.BILLING.value}),
        ticket=ticket,
    )


def _of_ticket(one: Ticket, customer: Customer, known: Known) -> Item | None:
    due = one.next_step_at
    if due is None or due > known.now + HORIZON:
        return None
    since = min(one.held_since or one.opened_at, due)
    return Item(
        ItemKind.NEXT_STEP,
        one,
        customer,
        urgency(due, since, known.now),
        since,
        due,
        legal=_legal(one),
        priority=_first(customer, one),
        owners=_held_by(one),
        skills=_skills(one),
        ticket=one,
    )


def of_pending(one: Pending, known: Known) -> Item | None:
    """Return what a pending record asks for now, None when that is nothing yet."""
    record, customer = one.record, one.customer
    if isinstance(record, Promise):
        return _of_promise(record, customer, known)
    if isinstance(record, Handover):
        return _of_handover(record, customer, known)
    if isinstance(record, Contract):
        return _of_contract(record, customer, known)
    if isinstance(record, Dispute):
        return _of_dispute(record, customer, known, one.due_at)
    return _of_ticket(record, customer, known)
