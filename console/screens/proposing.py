"""What forms say of a matter that is open already while the agent types: quietly, before it is stored twice (R38)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from backends.records import Channel, Contact, Direction, Ticket
from console.present.joining import duplicate_words, proposal_words
from console.rules.joining import Matter, Proposal, matters_of, proposal, said_apart

if TYPE_CHECKING:
    from console.screens.acting import ActsOnCustomer

WORTH_READING = 12
"""Characters of a note from which on it can be compared."""


def _matters(screen: ActsOnCustomer) -> tuple[Matter, ...]:
    picture = screen.picture
    return matters_of(picture.file, picture.entries) if picture is not None else ()


def _spoken(screen: ActsOnCustomer, text: str, channel: str, line: str = "", subject: str = "") -> Contact:
    """Return what is being told now as a contact that could be compared."""
    assert screen.picture is not None
    customer = screen.picture.file.customer
    return Contact(
        key="",
        reference="",
        customer_key=customer.key,
        operator_key=customer.operator_key,
        channel=channel or Channel.CALL,
        direction=Direction.INBOUND,
        at=screen.now().at,
        subject=subject,
        body=text,
        line_key=line,
    )


def _said(screen: ActsOnCustomer, contact: Contact) -> tuple[Proposal, Ticket] | None:
    picture = screen.picture
    assert picture is not None
    found = proposal(contact, _matters(screen), said_apart(picture.entries))
    ticket = screen.tickets_by_key().get(found.ticket_key) if found is not None else None
    return (found, ticket) if found is not None and ticket is not None else None


def quiet_words(screen: ActsOnCustomer, note: str, channel: str = "") -> str:
    """Return which open ticket a note that is being typed looks like, empty for none."""
    if len(note) < WORTH_READING or screen.picture is None:
        return ""
    found = _said(screen, _spoken(screen, note, channel))
    return proposal_words(*found) if found is not None else ""


def duplicate_banner(screen: ActsOnCustomer, values: Mapping[str, str], about: Contact | None) -> str:
    """Return that a ticket about to be opened looks like one that is open already, and what to press instead."""
    if screen.picture is None:
        return ""
    contact = about
    if contact is None:
        text = values.get("description", "")
        if len(text) + len(values.get("subject", "")) < WORTH_READING:
            return ""
        contact = _spoken(screen, text, "", values.get("line", ""), values.get("subject", ""))
    found = _said(screen, contact)
    return duplicate_words(*found, about) if found is not None else ""
