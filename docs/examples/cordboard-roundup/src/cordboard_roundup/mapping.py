"""How Roundup's items are records, and records Roundup's items. What is not here is in `OMITS`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from backends import clean
from backends.errors import Invalid
from backends.records import (
    Channel,
    Contact,
    ContactPoint,
    Customer,
    CustomerKind,
    Direction,
    PointKind,
    Priority,
    Record,
    Ticket,
    TicketKind,
    TicketState,
)
from cordboard_roundup.options import Options
from cordboard_roundup.wire import Row, date_of, moment_of

_KEPT: Mapping[type[Record], frozenset[str]] = {
    Customer: frozenset({"key", "number", "operator_key", "name", "points", "version"}),
    Ticket: frozenset({"key", "reference", "customer_key", "operator_key", "subject", "opened_at", "state", "priority",
                       "description", "due_at", "version"}),
    Contact: frozenset({"key", "reference", "customer_key", "operator_key", "channel", "direction", "at", "subject",
                        "body", "whole", "ticket_key", "agent", "version"}),
}  # fmt: skip
OMITS: Mapping[type[Record], frozenset[str]] = {
    kind: frozenset(one.name for one in fields(kind)) - kept for kind, kept in _KEPT.items()
}
"""Fields that Roundup has no place for. Of those without a default, a customer is a subscriber who speaks the
operator's language, and a ticket is a fault."""

USER_FIELDS = "username,realname,phone,address,alternate_addresses"
_EMPTY = "(no text)"
"""What stands in a message without text: Roundup takes none that is empty."""
_OURS = re.compile(r"<([0-9a-f]{24})\.(in|out|note|case)\.([se]*)@cordboard>")
_DIRECTIONS = {"in": Direction.INBOUND, "out": Direction.OUTBOUND, "note": Direction.INTERNAL}
_WORDS = {direction: word for word, direction in _DIRECTIONS.items()}
_NO_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Mark:
    """What the id of a message of ours says: the step of a batch that made it, what it is, and what it lacks.

    A message id is the one field of a classic tracker that is free and can be searched: by it a message is found that
    was stored though no answer came.
    """

    digest: str
    word: str
    """`case` is the description of an issue, the others are directions."""
    flags: str
    """`s`: the summary is a subject, and not the beginning of the text; `e`: the text is empty."""

    @classmethod
    def of(cls, step: str, word: str, *, subject: str, text: str) -> Mark:
        """Return the mark of a step of a batch."""
        digest = hashlib.blake2b(step.encode("utf-8", "replace"), digest_size=12).hexdigest()
        return cls(digest, word, ("s" if subject else "") + ("" if text.strip() else "e"))

    @classmethod
    def read(cls, message_id: object) -> Mark | None:
        """Return the mark in a message id, None when it is not ours."""
        found = _OURS.fullmatch(str(message_id or ""))
        return cls(*found.groups()) if found else None

    def __str__(self) -> str:
        return f"<{self.digest}.{self.word}.{self.flags}@cordboard>"


def number_in(key: str, kind: str) -> str:
    """Return the id in a key such as `issue:31`; empty when the key is of another kind."""
    name, _colon, number = key.partition(":")
    fits = name == kind and number.isascii() and number.isdigit() and len(number) < 10 and not number.startswith("0")
    return number if fits else ""


def login_of(step: str) -> str:
    """Return the login of a customer made by a step: it must be unlike any other, and is found by it."""
    return "c-" + hashlib.blake2b(step.encode("utf-8", "replace"), digest_size=12).hexdigest()


def versioned(record: Any) -> int:
    """Return a number that changes with every change of what we know of an item.

    Roundup's tag of an issue changes with each message too; a ticket does not.
    """
    digest = hashlib.blake2b(repr(record).encode("utf-8", "replace"), digest_size=6).digest()
    return int.from_bytes(digest, "big") + 1


# customers ------------------------------------------------------------------------------------------------------------


def customer_of(row: Row, options: Options) -> Customer:
    """Return the customer that a user is."""
    number = str(row["id"])
    phones = [part.strip() for part in clean.line(str(row.get("phone") or "")).split(",")]
    others = str(row.get("alternate_addresses") or "").split("\n")
    mails = [clean.line(part).lower() for part in (str(row.get("address") or ""), *others)]
    points = [ContactPoint(PointKind.PHONE, _dialled(phone)) for phone in phones if phone]
    points += [ContactPoint(PointKind.EMAIL, mail) for mail in mails if mail]
    name = clean.line(str(row.get("realname") or ""))
    operator = options.operator
    found = (f"user:{number}", f"U-{number}", operator.key, CustomerKind.SUBSCRIBER, name, operator.language)
    return Customer(*found, points=tuple(points), version=versioned((name, points)))


def _dialled(phone: str) -> str:
    """Return a number in E.164 when it is written with its country; as it stands otherwise."""
    digits = re.sub(r"[^0-9]", "", phone)
    return f"+{digits}" if phone.startswith("+") else phone


def user_fields(customer: Customer) -> dict[str, Any]:
    """Return the fields of a customer's user; raises Invalid for a way to reach them that Roundup has no place for."""
    phones = [point.value for point in customer.points if point.kind in (PointKind.PHONE, PointKind.MOBILE)]
    mails = [point.value for point in customer.points if point.kind is PointKind.EMAIL]
    if len(phones) + len(mails) < len(customer.points):
        raise Invalid("points", "unsupported", "Roundup knows telephone numbers and mail addresses")
    return {
        "realname": clean.line(customer.name) or None,
        "phone": ", ".join(phones) or None,
        "address": mails[0] if mails else None,
        "alternate_addresses": "\n".join(mails[1:]) or None,
    }


# tickets --------------------------------------------------------------------------------------------------------------


def issue_fields(options: Options) -> str:
    """Return the fields of an issue that we ask for."""
    names = ("title", "status", "priority", "messages", "creation", options.requestor_field, options.due_field)
    return ",".join(name for name in names if name)


@dataclass(frozen=True, slots=True)
class Names:
    """The names behind the ids of the tracker's statuses and priorities."""

    statuses: Mapping[str, str]
    priorities: Mapping[str, str]


def requestor_of(row: Row, options: Options) -> str:
    """Return the id of an issue's customer, empty for none."""
    return str(_bare(row.get(options.requestor_field)) or "")


def messages_of(row: Row) -> list[str]:
    """Return the ids of an issue's messages, oldest first."""
    return sorted((str(_bare(each)) for each in row.get("messages") or ()), key=int)


def _bare(link: Any) -> Any:
    return link.get("id") if isinstance(link, dict) else link


def ticket_of(row: Row, messages: Mapping[str, Row], names: Names, options: Options) -> Ticket:
    """Return the ticket that an issue is; its description is the message that it was opened with by us."""
    state = options.states.get(names.statuses.get(str(_bare(row.get("status"))), ""), TicketState.OPEN)
    priority = options.priorities.get(names.priorities.get(str(_bare(row.get("priority"))), ""), Priority.NORMAL)
    description = ""
    for number in messages_of(row):
        mark = Mark.read(messages.get(number, {}).get("messageid"))
        if mark is not None and mark.word == "case":
            description = _text(messages[number], mark)
    subject = clean.line(str(row.get("title") or ""))
    due = moment_of(row.get(options.due_field)) if options.due_field else None
    number, who = str(row["id"]), requestor_of(row, options)
    return Ticket(
        f"issue:{number}",
        f"R-{number}",
        f"user:{who}",
        options.operator.key,
        TicketKind.FAULT,
        subject,
        moment_of(row.get("creation")) or _NO_MOMENT,
        state,
        priority,
        description,
        due_at=due,
        version=versioned((subject, state, priority, description, due, who)),
    )


def fields_of(ticket: Ticket, options: Options) -> dict[str, Any]:
    """Return the fields of a ticket's issue, but for its messages; raises Invalid for a state that it cannot have."""
    found: dict[str, Any] = {
        "title": clean.line(ticket.subject) or None,
        "status": options.status_of(ticket.state),
        "priority": options.priority_of(ticket.priority),
        options.requestor_field: number_in(ticket.customer_key, "user"),
    }
    if options.due_field:
        found[options.due_field] = date_of(ticket.due_at)
    return found


# contacts -------------------------------------------------------------------------------------------------------------


def message_fields(options: Options) -> str:
    """Return the fields of a message that we ask for."""
    names = ("author", "creator", "date", "content", "summary", "messageid", options.channel_field)
    return ",".join(filter(None, names))


def contact_of(row: Row, ticket: Ticket, options: Options) -> Contact | None:
    """Return the contact that a message on a ticket's issue is; None for the issue's own description."""
    mark = Mark.read(row.get("messageid"))
    author = row.get("author") or row.get("creator")
    author = author if isinstance(author, dict) else {}
    if mark is not None and mark.word == "case":
        return None
    inbound = f"user:{author.get('id')}" == ticket.customer_key
    direction = _DIRECTIONS[mark.word] if mark else Direction.INBOUND if inbound else Direction.OUTBOUND
    body = _text(row, mark)
    subject = clean.line(str(row.get("summary") or "")) if mark and "s" in mark.flags else ""
    channel = str(row.get(options.channel_field) or Channel.EMAIL) if options.channel_field else str(Channel.EMAIL)
    at = moment_of(row.get("date")) or _NO_MOMENT
    agent = "" if direction is Direction.INBOUND else clean.line(str(author.get("username") or ""))
    number = str(row["id"])
    return Contact(
        f"msg:{number}",
        f"M-{number}",
        ticket.customer_key,
        options.operator.key,
        clean.line(channel),
        direction,
        at,
        subject,
        body,
        ticket_key=ticket.key,
        agent=agent,
        version=versioned((channel, direction, at, subject, body, ticket.key)),
    )


def _text(row: Row, mark: Mark | None) -> str:
    return "" if mark and "e" in mark.flags else clean.block(str(row.get("content") or ""))


def body_of(mark: Mark, author: str, at: datetime, subject: str, text: str, channel: Mapping[str, str]) -> Row:
    """Return the body of a message to post."""
    found: dict[str, Any] = {
        "messageid": str(mark),
        **({"author": author} if author else {}),
        "date": date_of(at),
        "content": clean.block(text) if text.strip() else _EMPTY,
        **channel,
    }
    if subject:
        found["summary"] = clean.line(subject)
    return found


def word_of(contact: Contact) -> str:
    """Return the word for a contact's direction in its mark."""
    return _WORDS[contact.direction]


def listed(rows: Sequence[Row]) -> dict[str, str]:
    """Return the names of statuses or priorities by their ids."""
    return {str(row["id"]): str(row.get("name") or "") for row in rows}
