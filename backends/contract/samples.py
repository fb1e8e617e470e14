"""Ready-made records with keys of their own, each a few words to make and to change."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from backends.records import (
    Agent,
    AnswerState,
    Channel,
    Charge,
    Chase,
    Contact,
    ContactPoint,
    Contract,
    Coverage,
    Customer,
    CustomerKind,
    Direction,
    Dispute,
    Handover,
    Holder,
    Line,
    Link,
    LinkKind,
    Money,
    Operator,
    Origin,
    Outage,
    OutageState,
    PointKind,
    Promise,
    PromiseKind,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketKind,
    Visit,
    new_key,
)


def ago(**span: float) -> datetime:
    """Return the moment this long before now, in UTC; takes what `timedelta` takes."""
    return datetime.now(UTC) - timedelta(**span)


def unlike_any_other() -> str:
    """Return a word that no other record holds: letters only, as people and codes may be called."""
    return "q" + "".join(chr(ord("a") + int(digit, 16)) for digit in uuid.uuid4().hex[:12])


def an_operator(**changes: Any) -> Operator:
    """Return an operator in Poland."""
    word = unlike_any_other()
    return replace(
        Operator(new_key(), code=word, name=f"Operator {word}", country="PL", language="pl", time_zone="Europe/Warsaw"),
        **changes,
    )


def an_agent(**changes: Any) -> Agent:
    """Return an agent with a login of her own."""
    return replace(Agent(new_key(), login=unlike_any_other(), name="Ola Desk"), **changes)


def a_customer(operator: Operator, **changes: Any) -> Customer:
    """Return a subscriber of `operator`."""
    return replace(
        Customer(new_key(), "", operator.key, CustomerKind.SUBSCRIBER, "Some Body", operator.language), **changes
    )


def points(*numbers_and_addresses: str) -> tuple[ContactPoint, ...]:
    """Return contact points: e-mail addresses have an `@`, all else is a mobile number in E.164."""
    return tuple(
        ContactPoint(PointKind.EMAIL if "@" in value else PointKind.MOBILE, value) for value in numbers_and_addresses
    )


def a_line(customer: Customer, **changes: Any) -> Line:
    """Return an internet line of `customer`."""
    return replace(Line(new_key(), "", customer.key, "internet"), **changes)


def a_contract(customer: Customer, **changes: Any) -> Contract:
    """Return a running contract of `customer`."""
    return replace(Contract(new_key(), "", customer.key, "Fibre 300", ago(days=100).date()), **changes)


def a_charge(customer: Customer, **changes: Any) -> Charge:
    """Return a month's fee of `customer`."""
    return replace(Charge(new_key(), customer.key, "Fee", Money(4_999, "PLN"), ago(days=9).date()), **changes)


def a_dispute(customer: Customer, **changes: Any) -> Dispute:
    """Return an open dispute of `customer`."""
    return replace(Dispute(new_key(), customer.key, "charged twice", ago(days=3)), **changes)


def a_contact(customer: Customer, **changes: Any) -> Contact:
    """Return a call that `customer` made just now."""
    return replace(
        Contact(new_key(), "", customer.key, customer.operator_key, Channel.CALL, Direction.INBOUND, ago(minutes=1)),
        **changes,
    )


def an_email(customer: Customer, **changes: Any) -> Contact:
    """Return an e-mail of `customer` that waits for an answer."""
    waiting = {"channel": Channel.EMAIL, "answer": AnswerState.WAITING}
    return a_contact(customer, **(waiting | changes))


def a_ticket(customer: Customer, **changes: Any) -> Ticket:
    """Return an open fault of `customer`."""
    return replace(
        Ticket(new_key(), "", customer.key, customer.operator_key, TicketKind.FAULT, "No internet", ago(hours=5)),
        **changes,
    )


def a_ticket_event(ticket: Ticket, **changes: Any) -> TicketEvent:
    """Return a note on `ticket`."""
    return replace(
        TicketEvent(new_key(), ticket.key, ticket.customer_key, TicketEventKind.NOTE, ago(hours=1)), **changes
    )


def a_chase(ticket: Ticket, **changes: Any) -> Chase:
    """Return a chase of `ticket`."""
    return replace(Chase(new_key(), ticket.key, ticket.customer_key, ago(minutes=30)), **changes)


def a_promise(customer: Customer, **changes: Any) -> Promise:
    """Return a promise to call `customer` back tomorrow, without a ticket."""
    return replace(
        Promise(new_key(), customer.key, PromiseKind.CALL_BACK, "call back", ago(hours=1), ago(days=-1)), **changes
    )


def a_visit(ticket: Ticket, **changes: Any) -> Visit:
    """Return a visit for `ticket` tomorrow."""
    return replace(Visit(new_key(), ticket.key, ticket.customer_key, ago(hours=-20), ago(hours=-24)), **changes)


def a_handover(ticket: Ticket, **changes: Any) -> Handover:
    """Return the handover of `ticket` to the technical service."""
    return replace(Handover(new_key(), ticket.key, ticket.customer_key, Holder.TECHNICAL, ago(minutes=20)), **changes)


def a_link(left: Origin, right: Origin, **changes: Any) -> Link:
    """Return what an agent found: both ends are the same customer."""
    return replace(
        Link(new_key(), LinkKind.SAME_CUSTOMER, left, right, ("+48601234567",), "ola", ago(minutes=3)), **changes
    )


def a_foreign_end() -> Origin:
    """Return an end in another source, unlike any other."""
    return Origin("elsewhere", unlike_any_other())


def an_outage(**changes: Any) -> Outage:
    """Return a suspected fault in Poznań that began an hour ago."""
    return replace(
        Outage(
            new_key(), "", OutageState.SUSPECTED, "Fibre cut", ago(hours=1), Coverage(("internet",), towns=("Poznań",))
        ),
        **changes,
    )
