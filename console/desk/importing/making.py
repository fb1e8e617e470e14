"""Makes records out of a row's finished values: one row can be customer, line, contract, charge, ticket and contact."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date

from backends.port import Put
from backends.records import (
    AnswerState,
    AuthorisedParty,
    Charge,
    Contact,
    ContactPoint,
    Contract,
    ContractState,
    Customer,
    CustomerFlag,
    CustomerKind,
    Direction,
    Holder,
    Key,
    Line,
    LineState,
    Money,
    NetworkPath,
    Operator,
    Origin,
    Outcome,
    PointKind,
    Priority,
    Record,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketKind,
    TicketState,
    is_new,
    new_key,
)
from console.desk.importing.fields import DETAILS
from console.desk.importing.filling import Filled
from console.desk.importing.mapping import Mapping
from console.desk.importing.reasons import BadValue

_ENDED = (TicketState.CLOSED, TicketState.SOLVED)


class RunKeys:
    """Gives each foreign record one key for the whole run, so that rows about the same customer or ticket agree."""

    def __init__(self) -> None:
        self._keys: dict[tuple[type[Record], Origin], Key] = {}

    def of(self, kind: type[Record], origin: Origin) -> Key:
        """Return the key under which the record of this kind and origin is to be stored."""
        return self._keys.setdefault((kind, origin), new_key())


@dataclass(frozen=True, slots=True)
class Maker:
    """Turns rows into records of one operator."""

    mapping: Mapping
    operator: Operator
    keys: RunKeys

    def identity(self, filled: Filled) -> str:
        """Return the foreign id of what the row is about, empty when it has none."""
        return next((id_ for path in ("contact.id", "ticket.id", "charge.id") if (id_ := filled.text(path))), "")

    def puts(self, filled: Filled, customer: Customer, raw: bytes) -> tuple[Put, ...]:
        """Return what to store for a row about `customer`, who is stored as well when new.

        The original goes with the contact, else with the ticket, the charge, the customer.
        """
        records: list[Record] = [customer] if is_new(customer.key) else []
        customer_key = customer.key
        line = self._line(filled, customer_key)
        contract = self._contract(filled, customer_key, line)
        ticket = self._ticket(filled, customer_key, line)
        contact = self._contact(filled, customer_key, ticket, line)
        if ticket is not None and ticket.first_contact_at is None:
            first = min(ticket.opened_at, contact.at) if contact is not None else ticket.opened_at
            ticket = replace(ticket, first_contact_at=first)
        charge = self._charge(filled, customer_key, contract)
        made: tuple[Record | None, ...] = (line, contract, charge, ticket, contact)
        records.extend(record for record in made if record is not None)
        if ticket is not None:
            records.extend(_events(ticket, contact))
        kinds = (Contact, Ticket, Charge, Customer)
        keeper = next((each for kind in kinds for each in records if isinstance(each, kind)), None)
        return tuple(
            Put(each, raw=raw if each is keeper else None, unless_known=getattr(each, "origin", None) is not None)
            for each in records
        )

    def _origin(self, foreign_id: str) -> Origin:
        return Origin(self.mapping.source, foreign_id)

    def customer(self, filled: Filled, raw: bytes) -> Customer:
        """Return the new customer that a row describes; raises BadValue when it names nobody."""
        name = filled.text("customer.id") or filled.text("customer.number") or self.identity(filled)
        origin = self._origin(name or "row:" + hashlib.blake2b(raw, digest_size=12).hexdigest())
        place = filled.place("customer")
        if not filled.text("customer.name"):
            raise BadValue("empty", "", "customer.name")
        return Customer(
            key=self.keys.of(Customer, origin),
            number=filled.text("customer.number"),
            operator_key=self.operator.key,
            kind=filled.choice("customer.kind", CustomerKind.SUBSCRIBER),
            name=filled.text("customer.name"),
            language=filled.text("customer.language") or self.mapping.language or self.operator.language,
            greeting_name=filled.text("customer.greeting_name"),
            place=place if place.country else replace(place, country=self.mapping.region or self.operator.country),
            points=_points(filled),
            flags=frozenset(flag for flag in CustomerFlag if filled.values.get(f"customer.flags.{flag}") is True),
            authorised=_authorised(filled),
            tone=filled.text("customer.tone"),
            since=filled.moment("customer.since"),
            origin=origin,
        )

    def _line(self, filled: Filled, customer_key: Key) -> Line | None:
        number = filled.text("line.number")
        if not number:
            return None
        place = filled.place("line")
        parts = ("exchange", "node", "olt", "port")
        return Line(
            key=new_key(),
            number=number,
            customer_key=customer_key,
            service=filled.text("line.service"),
            place=place if place.postcode or place.street or place.town else filled.place("customer"),
            path=NetworkPath(**{part: filled.text(f"line.path.{part}") for part in parts}),
            product=filled.text("line.product"),
            technology=filled.text("line.technology"),
            phone=filled.text("line.phone"),
            mac=filled.text("line.mac"),
            ip=filled.text("line.ip"),
            state=filled.choice("line.state", LineState.ACTIVE),
            since=filled.moment("line.since"),
        )

    def _contract(self, filled: Filled, customer_key: Key, line: Line | None) -> Contract | None:
        number = filled.text("contract.number")
        started = filled.values.get("contract.started_on")
        if not number or not isinstance(started, date):
            return None
        return Contract(
            key=new_key(),
            number=number,
            customer_key=customer_key,
            product=filled.text("contract.product"),
            started_on=started,
            ends_on=_day(filled, "contract.ends_on"),
            term_months=filled.number("contract.term_months"),
            price=_money(filled, "contract.price"),
            list_price=_money(filled, "contract.list_price"),
            state=filled.choice("contract.state", ContractState.RUNNING),
            line_keys=() if line is None else (line.key,),
        )

    def _charge(self, filled: Filled, customer_key: Key, contract: Contract | None) -> Charge | None:
        amount = _money(filled, "charge.amount")
        charged = _day(filled, "charge.charged_on")
        if amount is None or charged is None:
            return None
        origin = self._origin(filled.text("charge.id"))
        return Charge(
            key=self.keys.of(Charge, origin),
            customer_key=customer_key,
            text=filled.text("charge.text"),
            amount=amount,
            charged_on=charged,
            due_on=_day(filled, "charge.due_on"),
            paid_on=_day(filled, "charge.paid_on"),
            dunning_on=_day(filled, "charge.dunning_on"),
            contract_key="" if contract is None else contract.key,
            origin=origin,
        )

    def _ticket(self, filled: Filled, customer_key: Key, line: Line | None) -> Ticket | None:
        opened = filled.moment("ticket.opened_at")
        if opened is None:
            return None
        origin = self._origin(filled.text("ticket.id") or self.identity(filled))
        outcome = filled.values.get("ticket.outcome")
        details = tuple(
            (path.removeprefix(DETAILS), value)
            for path, value in filled.values.items()
            if path.startswith(DETAILS) and isinstance(value, str)
        )
        return Ticket(
            key=self.keys.of(Ticket, origin),
            reference=filled.text("ticket.reference"),
            customer_key=customer_key,
            operator_key=self.operator.key,
            kind=filled.choice("ticket.kind", TicketKind.COMPLAINT),
            subject=filled.text("ticket.subject"),
            opened_at=opened,
            state=filled.choice("ticket.state", TicketState.OPEN),
            priority=filled.choice("ticket.priority", Priority.NORMAL),
            description=filled.text("ticket.description"),
            details=details,
            line_key="" if line is None else line.key,
            opened_by=filled.text("ticket.opened_by"),
            first_contact_at=filled.moment("ticket.first_contact_at"),
            holder=filled.choice("ticket.holder", Holder.DESK),
            holder_name=filled.text("ticket.holder_name"),
            holder_reference=filled.text("ticket.holder_reference"),
            held_since=filled.moment("ticket.held_since") or opened,
            next_step=filled.text("ticket.next_step"),
            next_step_at=filled.moment("ticket.next_step_at"),
            taken_in_charge_at=filled.moment("ticket.taken_in_charge_at"),
            due_at=filled.moment("ticket.due_at"),
            closed_at=filled.moment("ticket.closed_at"),
            outcome=outcome if isinstance(outcome, Outcome) else None,
            outcome_reason=filled.text("ticket.outcome_reason"),
            resolution=filled.text("ticket.resolution"),
            origin=origin,
        )

    def _contact(self, filled: Filled, customer_key: Key, ticket: Ticket | None, line: Line | None) -> Contact | None:
        at = filled.moment("contact.at")
        if at is None:
            return None
        origin = self._origin(filled.text("contact.id") or self.identity(filled))
        return Contact(
            key=self.keys.of(Contact, origin),
            reference=filled.text("contact.reference"),
            customer_key=customer_key,
            operator_key=self.operator.key,
            channel=filled.text("contact.channel"),
            direction=filled.choice("contact.direction", Direction.INBOUND),
            at=at,
            subject=filled.text("contact.subject") or (ticket.subject if ticket is not None else ""),
            body=filled.text("contact.body"),
            seconds=filled.number("contact.seconds"),
            thread=filled.text("contact.thread"),
            ticket_key="" if ticket is None else ticket.key,
            line_key="" if line is None else line.key,
            agent=filled.text("contact.agent"),
            sender=filled.text("contact.sender"),
            recipient=filled.text("contact.recipient"),
            answer=filled.choice("contact.answer", AnswerState.NOT_NEEDED),
            answered_at=filled.moment("contact.answered_at"),
            waived_reason=filled.text("contact.waived_reason"),
            outcome=filled.text("contact.outcome"),
            origin=origin,
        )


def _day(filled: Filled, path: str) -> date | None:
    value = filled.values.get(path)
    return value if isinstance(value, date) else None


def _money(filled: Filled, path: str) -> Money | None:
    value = filled.values.get(path)
    return value if isinstance(value, Money) else None


def _points(filled: Filled) -> tuple[ContactPoint, ...]:
    return tuple(ContactPoint(kind, value) for kind in PointKind for value in filled.texts(f"customer.{kind}"))


def _authorised(filled: Filled) -> tuple[AuthorisedParty, ...]:
    name = filled.text("customer.authorised.name")
    if not name:
        return ()
    parts = ("relation", "phone", "scope")
    return (AuthorisedParty(name, **{part: filled.text(f"customer.authorised.{part}") for part in parts}),)


def _events(ticket: Ticket, contact: Contact | None) -> tuple[TicketEvent, ...]:
    """Return what the timeline tells of an imported ticket: opened and, where the moment is known, closed."""
    opened = TicketEvent(
        key=new_key(),
        ticket_key=ticket.key,
        customer_key=ticket.customer_key,
        kind=TicketEventKind.OPENED,
        at=ticket.opened_at,
        by=ticket.opened_by,
        after=ticket.kind,
        text=ticket.subject,
        contact_key="" if contact is None else contact.key,
    )
    if ticket.closed_at is None or ticket.state not in _ENDED:
        return (opened,)
    closed = replace(opened, key=new_key(), kind=TicketEventKind.CLOSED, at=ticket.closed_at, by="")
    return opened, replace(closed, after=ticket.outcome or "", text=ticket.resolution, contact_key="")
