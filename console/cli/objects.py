"""Records as the JSON that commands print: names that stay, codes instead of words, moments in UTC."""

from __future__ import annotations

from typing import Any

from backends.port import CustomerFile
from backends.records import Contact, Customer, Outage, Place, Ticket, TicketEvent
from console.cli.lookup import Brands
from console.cli.output import moment_text
from console.rules.coverage import Hit
from console.rules.timeline import Happening, OutageMoment


def _moments(record: object, *names: str) -> dict[str, str | None]:
    """Return the named moments of a record, None where they are not known."""
    return {name: moment_text(value) if (value := getattr(record, name)) else None for name in names}


def ticket_object(ticket: Ticket, customer_number: str, customer_name: str, brand: Brands) -> dict[str, Any]:
    """Return a ticket as `tickets --json` and `show --json` print it."""
    return {
        "reference": ticket.reference,
        "kind": ticket.kind.value,
        "state": ticket.state.value,
        "priority": ticket.priority.value,
        "subject": ticket.subject,
        "customer_number": customer_number,
        "customer_name": customer_name,
        "operator": brand.code(ticket.operator_key),
        "holder": ticket.holder.value,
        "holder_name": ticket.holder_name,
        "next_step": ticket.next_step,
        "outcome": ticket.outcome.value if ticket.outcome else None,
        **_moments(ticket, "opened_at", "taken_in_charge_at", "due_at", "next_step_at", "held_since", "closed_at"),
        "key": ticket.key,
    }


def outage_object(outage: Outage, brand: Brands) -> dict[str, Any]:
    """Return an outage as `outage … --json` and `show --json` print it."""
    covered = outage.coverage
    return {
        "reference": outage.reference,
        "state": outage.state.value,
        "kind": outage.kind.value,
        "title": outage.title,
        **_moments(outage, "started_at", "confirmed_at", "expected_end", "ended_at"),
        "services": covered.services,
        "postcodes": covered.postcodes,
        "towns": covered.towns,
        "elements": covered.elements,
        "country": covered.country,
        "operators": [brand.code(key) for key in outage.operator_keys],
        "cause": outage.cause,
        "say": outage.say,
        "source": outage.source,
        "supplier": outage.supplier,
        "supplier_reference": outage.supplier_reference,
        "updates": [
            {
                "at": moment_text(update.at),
                "text": update.text,
                "by": update.by,
                "state": update.state.value if update.state else None,
            }
            for update in outage.updates
        ],
        "key": outage.key,
    }


def hit_object(hit: Hit, brand: Brands) -> dict[str, Any]:
    """Return an outage that hits the customer, with what of it matched."""
    return {**outage_object(hit.outage, brand), "because": hit.because.value, "matched": hit.value}


def _place(place: Place) -> dict[str, str]:
    names = ("street", "house", "unit", "postcode", "town", "region", "country")
    return {name: getattr(place, name) for name in names}


def customer_object(file: CustomerFile, brand: Brands) -> dict[str, Any]:
    """Return who a customer is, with their lines and contracts."""
    customer: Customer = file.customer
    return {
        "number": customer.number,
        "name": customer.name,
        "kind": customer.kind.value,
        "operator": brand.code(customer.operator_key),
        "operator_name": file.operator.name,
        "language": customer.language,
        "greeting_name": customer.greeting_name,
        "place": _place(customer.place),
        "points": [
            {"kind": point.kind.value, "value": point.value, "label": point.label, "preferred": point.preferred}
            for point in customer.points
        ],
        "flags": sorted(customer.flags),
        "authorised": [
            {"name": party.name, "relation": party.relation, "phone": party.phone, "scope": party.scope}
            for party in customer.authorised
        ],
        "tone": customer.tone,
        "lines": [
            {
                "number": line.number,
                "service": line.service,
                "product": line.product,
                "state": line.state.value,
                "place": _place(line.place),
            }
            for line in file.lines
        ],
        "contracts": [
            {
                "number": contract.number,
                "product": contract.product,
                "state": contract.state.value,
                "started_on": contract.started_on.isoformat(),
                "ends_on": contract.ends_on.isoformat() if contract.ends_on else None,
            }
            for contract in file.contracts
        ],
        "contacts_total": file.contacts_total,
        "key": customer.key,
    }


def happening_object(happening: Happening, text: str, tickets: dict[str, str]) -> dict[str, Any]:
    """Return one entry of a history; `text` is its line in words, `tickets` are references by key."""
    if isinstance(happening, Contact):
        return _contact(happening, text, tickets)
    if isinstance(happening, TicketEvent):
        return {
            "type": "ticket_event",
            "at": moment_text(happening.at),
            "ticket": tickets.get(happening.ticket_key, ""),
            "event": happening.kind.value,
            "by": happening.by,
            "before": happening.before,
            "after": happening.after,
            "text": text,
        }
    return _outage_moment(happening, text)


def _contact(contact: Contact, text: str, tickets: dict[str, str]) -> dict[str, Any]:
    return {
        "type": "contact",
        "at": moment_text(contact.at),
        "reference": contact.reference,
        "channel": contact.channel,
        "direction": contact.direction.value,
        "subject": contact.subject,
        "body": contact.body,
        "whole": contact.whole,
        "text": text,
        "agent": contact.agent,
        "sender": contact.sender,
        "recipient": contact.recipient,
        "seconds": contact.seconds,
        "answer": contact.answer.value,
        "answered_at": moment_text(contact.answered_at) if contact.answered_at else None,
        "ticket": tickets.get(contact.ticket_key, ""),
        "thread": contact.thread,
        "attachments": [
            {"name": one.name, "content_type": one.content_type, "size": one.size} for one in contact.attachments
        ],
    }


def _outage_moment(one: OutageMoment, text: str) -> dict[str, Any]:
    return {
        "type": "outage",
        "at": moment_text(one.at),
        "reference": one.hit.outage.reference,
        "state": one.state.value if one.state else None,
        "text": text,
    }
