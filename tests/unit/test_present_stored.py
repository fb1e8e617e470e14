"""What a deed stored, in words: each kind by its name, with its number."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from backends.port import Change, CustomerFile, Receipt
from backends.records import (
    Channel,
    Chase,
    Contact,
    Customer,
    CustomerKind,
    Direction,
    Handover,
    Holder,
    Operator,
    Record,
    Ticket,
    TicketKind,
)
from console.present.stored import stored_words

AT = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
OPERATOR = Operator("1", "LUN", "Luna", "PL", "pl", "Europe/Warsaw", "PLN")
TICKET = Ticket("t", "LUN-700123", "c", "1", TicketKind.FAULT, "No signal", AT)
CHASE = Chase("1", "t", "c", AT, "Iga")
CONTACT = Contact("n", "", "c", "1", Channel.CALL, Direction.INBOUND, AT, "", "called", ticket_key="t")
HANDED = Handover("h", "t", "c", Holder.BILLING, AT, "Iga")
FILE = CustomerFile(Customer("c", "C1", "1", CustomerKind.SUBSCRIBER, "Ada", "en"), OPERATOR, tickets=(TICKET,))


def told(*made: Record, file: CustomerFile = FILE, changed: tuple[Record, ...] = ()) -> str:
    """Return the words for a batch that made some records and changed others."""
    changes = (*(Change(None, one) for one in made), *(Change(one, one) for one in changed))
    return stored_words(Receipt(changes, AT), file)


def test_a_contact_alone_is_a_contact() -> None:
    """Nothing else is claimed, also where a ticket was only changed by it."""
    assert told(CONTACT) == told(CONTACT, changed=(TICKET,)) == "Contact stored."


def test_r37_a_chase_says_which_and_on_what() -> None:
    """It counts those that the screen knows already, itself once, and none of our own chasing."""
    assert told(CONTACT, CHASE) == "Chase number 1 on LUN-700123 counted."
    assert told(CHASE, HANDED) == "Chase number 1 on LUN-700123 counted; billing is told."
    ours = replace(CHASE, key="2", outbound=True)
    seen = replace(FILE, chases=(CHASE, replace(CHASE, key="3"), ours))
    again = told(CONTACT, replace(CHASE, key="3"), file=seen, changed=(TICKET,))
    assert again == "Chase number 2 on LUN-700123 counted."


def test_r22_a_ticket_and_its_hand_over_are_both_told() -> None:
    """With the ticket's number, or that its source has not given one yet."""
    assert told(TICKET, CONTACT) == "Ticket LUN-700123: everything is stored."
    assert told(TICKET, HANDED) == "Ticket LUN-700123 is stored, handed to billing."
    assert told(replace(TICKET, reference="")) == "Ticket stored; it has no number yet."
