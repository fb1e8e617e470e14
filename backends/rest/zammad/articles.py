"""Articles as contacts: every channel of Zammad, and what of a contact an article can hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from backends import clean
from backends.errors import Invalid
from backends.records import AnswerState, Attachment, Channel, Contact, Direction, Key, PointKind, Ticket
from backends.records import Customer as CustomerRecord
from backends.rest.zammad import rows
from backends.rest.zammad.marks import CONTACT, DESCRIPTION, OPENING, ArticleMark, article_mark
from backends.rest.zammad.options import Options
from backends.rest.zammad.people import SYSTEM
from backends.rest.zammad.rows import Row

_CHANNELS: Mapping[str, str] = {
    "email": Channel.EMAIL,
    "phone": Channel.CALL,
    "web": Channel.WEB,
    "note": Channel.NOTE,
    "sms": Channel.SMS,
    "chat": Channel.CHAT,
    "fax": Channel.FAX,
}
_SOCIAL = ("twitter", "facebook", "telegram", "whatsapp", "instagram")
_TYPES: Mapping[str, str] = {
    Channel.CALL: "phone",
    Channel.SMS: "sms",
    Channel.CHAT: "chat",
    Channel.FAX: "fax",
    Channel.WEB: "web",
    Channel.EMAIL: "email",
}
"""The type that a contact is written as; everything else is a note whose mark names the channel."""
_SENT_BY_TYPE = frozenset({"email", "sms"})
"""Types that leave the house when they are stored, `internal` or not."""
_OWED = frozenset({Channel.EMAIL, Channel.WEB, Channel.SMS, Channel.CHAT, Channel.FAX, Channel.SOCIAL})
"""Channels on which a customer waits for an answer (R10)."""


def key_of(ticket: int, article: int) -> Key:
    """Return the key of an article: with its ticket, because articles are read by ticket."""
    return f"article:{ticket}-{article}"


def mark_of(row: Row) -> ArticleMark | None:
    """Return our mark on an article."""
    return article_mark(rows.raw(row, "message_id"), rows.raw(row, "in_reply_to"))


def is_contact(row: Row) -> bool:
    """Return whether an article is an exchange: not the description of its ticket, nor a mere opening."""
    mark = mark_of(row)
    return mark is None or mark.part == CONTACT


def channel_of(row: Row) -> str:
    """Return the channel of an article."""
    mark = mark_of(row)
    if mark is not None and mark.channel:
        return clean.line(mark.channel)
    kind = rows.raw(row, "type").lower()
    if kind.startswith(_SOCIAL):
        return Channel.SOCIAL
    return _CHANNELS.get(kind) or clean.line(kind) or Channel.NOTE


def direction_of(row: Row) -> Direction:
    """Return who spoke first; what is internal was said to nobody outside, unless it is our note of a contact."""
    mark = mark_of(row)
    if mark is not None:
        return mark.direction
    kind = rows.raw(row, "type").lower()
    if rows.truth(row, "internal") and kind not in (*_SENT_BY_TYPE, "phone"):
        return Direction.INTERNAL
    match rows.raw(row, "sender"):
        case "Customer":
            return Direction.INBOUND
        case "Agent":
            return Direction.INTERNAL if kind == "note" else Direction.OUTBOUND
    return Direction.OUTBOUND if kind in _SENT_BY_TYPE else Direction.INTERNAL


def at_of(row: Row) -> datetime:
    """Return when an exchange was, as its mark says, else when it was stored."""
    mark = mark_of(row)
    return mark.at if mark else rows.moment(row, "created_at") or datetime.fromtimestamp(0, UTC)


def description_in(articles: Sequence[Row]) -> str:
    """Return what was described last when the ticket was written from here; empty for tickets of others."""
    found = [row for row in articles if (mark := mark_of(row)) is not None and mark.part == DESCRIPTION]
    return rows.body(max(found, key=lambda row: rows.number(row, "id"))) if found else ""


@dataclass(frozen=True, slots=True)
class Articles:
    """The mapping of articles for one profile."""

    options: Options

    def contacts(self, ticket: Ticket, articles: Sequence[Row]) -> list[Contact]:
        """Return the contacts among all articles of a ticket, oldest first, each with whether it was answered.

        What a customer writes waits until a person answers on the same ticket; an automatic receipt is no answer.
        Nothing waits on a ticket that is closed.
        """
        exchanges = sorted((row for row in articles if is_contact(row)), key=lambda row: rows.number(row, "id"))
        found = [self.contact(ticket, row) for row in exchanges]
        answers = [
            contact
            for contact, row in zip(found, exchanges, strict=True)
            if contact.direction is Direction.OUTBOUND and rows.raw(row, "sender") != "System"
        ]
        return [self._answered(contact, ticket, answers) for contact in found]

    def _answered(self, contact: Contact, ticket: Ticket, answers: Sequence[Contact]) -> Contact:
        if contact.direction is not Direction.INBOUND or contact.channel not in _OWED:
            return contact
        later = [each for each in answers if (each.at, each.key) > (contact.at, contact.key)]
        if later:
            first = min(later, key=lambda each: each.at)
            return replace(contact, answer=AnswerState.ANSWERED, answered_at=first.at, answered_by=first.key)
        return contact if ticket.closed_at else replace(contact, answer=AnswerState.WAITING)

    def contact(self, ticket: Ticket, row: Row) -> Contact:
        """Return an article as a contact, without whether it was answered."""
        mark = mark_of(row)
        key = rows.number(row, "id")
        direction = direction_of(row)
        author = rows.line(row, "created_by") if rows.number(row, "created_by_id") != SYSTEM else ""
        return Contact(
            key=key_of(rows.number(row, "ticket_id"), key),
            reference=f"{ticket.reference}-{key}",
            customer_key=ticket.customer_key,
            operator_key=self.options.operator.key,
            channel=channel_of(row),
            direction=direction,
            at=at_of(row),
            subject=rows.line(row, "subject"),
            body=rows.body(row),
            seconds=mark.seconds if mark else 0,
            ticket_key=ticket.key,
            agent=author if mark or direction is not Direction.INBOUND else "",
            sender=rows.line(row, "from"),
            recipient=rows.line(row, "to"),
            attachments=tuple(_attachment(each) for each in rows.rows_in(row.get("attachments"))),
            version=rows.version(row),
        )

    # writing ------------------------------------------------------------------------------------------------------

    def creation(self, contact: Contact, customer: CustomerRecord | None, mark: str) -> dict[str, Any]:
        """Return what makes an article of a contact, but for its ticket; raises Invalid for what cannot be sent.

        Only an outbound contact on a channel that the profile sends leaves the house. Everything else is a note of
        what was: Zammad sends an article of type email even when it is internal.
        """
        said = ArticleMark(mark, CONTACT, contact.at, contact.seconds, contact.direction, contact.channel)
        sent = contact.direction is Direction.OUTBOUND and contact.channel in self.options.send
        kind = _TYPES.get(contact.channel, "note")
        if kind in _SENT_BY_TYPE and not sent:
            kind = "note"
        inbound = contact.direction is Direction.INBOUND
        hidden = contact.direction is Direction.INTERNAL or contact.channel in self.options.internal
        article: dict[str, Any] = {
            "subject": contact.subject,
            "body": contact.body,
            "content_type": "text/plain",
            "type": kind,
            "sender": "Customer" if inbound else "Agent",
            "internal": hidden and not sent,
            "from": contact.sender,
            "to": contact.recipient,
        }
        article = {name: value for name, value in article.items() if name not in ("from", "to") or value}
        if inbound and customer is not None:
            article["origin_by_id"] = int(customer.key.partition(":")[2])
        if not sent:
            return {**article, "message_id": said.written()}
        article["to"] = contact.recipient or _address(customer, contact.channel)
        if not article["to"]:
            raise Invalid("recipient", "missing", f"there is no address for {contact.channel}")
        return {**article, "in_reply_to": said.written()}


def describing(ticket: Ticket, mark: str) -> dict[str, Any]:
    """Return the article that a ticket begins with: its description, or its subject when it has none."""
    part = DESCRIPTION if ticket.description else OPENING
    return {
        "subject": ticket.subject,
        "body": ticket.description or ticket.subject or "-",
        "content_type": "text/plain",
        "type": "note",
        "internal": True,
        "message_id": ArticleMark(mark, part, ticket.opened_at).written(),
    }


def _address(customer: CustomerRecord | None, channel: str) -> str:
    wanted = (PointKind.EMAIL,) if channel == Channel.EMAIL else (PointKind.MOBILE, PointKind.PHONE)
    points = customer.points if customer is not None else ()
    return next((point.value for kind in wanted for point in points if point.kind is kind), "")


def _attachment(row: Row) -> Attachment:
    kind = rows.line(rows.inside(row, "preferences"), "Mime-Type") or rows.line(
        rows.inside(row, "preferences"), "Content-Type"
    )
    return Attachment(rows.line(row, "filename"), kind or "application/octet-stream", rows.number(row, "size"))
