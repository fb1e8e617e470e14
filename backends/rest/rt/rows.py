"""RT's answers as typed rows: what is missing, null or of another type becomes empty, never an error.

RT gives one number as text in lists and as a number elsewhere, a link to another thing as an object with its `id` or
as plain text, and a date that was never set as the first second of 1970.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

Fields = Mapping[str, tuple[str, ...]]
"""Values of custom fields by the field's name."""

USER_FIELDS = (
    "id,Name,RealName,NickName,EmailAddress,HomePhone,MobilePhone,WorkPhone,PagerPhone,Address1,Address2,City,State,"
    "Zip,Country,Lang,Organization,Created,LastUpdated,CustomFields"
)
TICKET_FIELDS: Mapping[str, str | int] = {
    "fields": "Subject,Status,Queue,Owner,Creator,Requestor,Cc,Priority,Created,Due,Resolved,LastUpdated,CustomFields",
    "fields[Queue]": "Name",
    "fields[Owner]": "Name",
    "fields[Requestor]": "id,Name,RealName,EmailAddress",
}
TRANSACTION_FIELDS = "ObjectType,ObjectId,Type,Field,OldValue,NewValue,Creator,Created,CustomFields"
PART_FIELDS = "TransactionId,ContentType,Filename,ContentLength,Headers,Subject"


def text_of(row: Mapping[str, object], name: str) -> str:
    """Return a field as text, the `id` or name of what it leads to when it is an object."""
    value = row.get(name)
    if isinstance(value, Mapping):
        value = value.get("Name") or value.get("id")
    return value if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""


def number_of(row: Mapping[str, object], name: str) -> int:
    """Return a field as a number, 0 when it is none."""
    text = text_of(row, name)
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else 0


def moment_of(row: Mapping[str, object], name: str) -> datetime | None:
    """Return a field's moment in UTC; None for none, and for 1970, which is RT's way to say never."""
    text = text_of(row, name)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return None if moment.year <= 1970 else moment


def rows_in(value: object) -> list[Mapping[str, object]]:
    """Return the objects of a list; an object alone counts as a list of one."""
    if isinstance(value, Mapping):
        return [value]
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def fields_of(row: Mapping[str, object]) -> Fields:
    """Return the custom fields of a row by name."""
    found: dict[str, tuple[str, ...]] = {}
    for each in rows_in(row.get("CustomFields")):
        values = each.get("values")
        kept = tuple(value for value in values if isinstance(value, str)) if isinstance(values, list) else ()
        found[text_of(each, "name")] = kept
    return found


@dataclass(frozen=True, slots=True)
class UserRow:
    """A user of RT, as lists and single answers give it alike."""

    id: int
    login: str
    texts: Mapping[str, str]
    fields: Fields
    created: datetime | None
    privileged: bool | None
    """Whether they are staff; None when the answer did not say, as lists never do."""
    disabled: bool
    version: int = 0

    @classmethod
    def of(cls, row: Mapping[str, object], version: int = 0) -> UserRow:
        """Return the user in `row`."""
        names = USER_FIELDS.split(",")
        texts = {name: text_of(row, name) for name in names if name not in ("id", "CustomFields")}
        privileged = None if text_of(row, "Privileged") == "" else number_of(row, "Privileged") == 1
        return cls(
            number_of(row, "id"), texts["Name"], texts, fields_of(row), moment_of(row, "Created"), privileged,
            number_of(row, "Disabled") == 1, version,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class TicketRow:
    """A ticket's own fields, without what happened to it."""

    id: int
    subject: str
    status: str
    queue: str
    owner: str
    creator: str
    requestors: tuple[int, ...]
    outside: frozenset[str]
    """Logins of the requestors and of those in copy: what they write comes from the customer."""
    priority: int
    created: datetime | None
    due: datetime | None
    resolved: datetime | None
    updated: datetime | None
    fields: Fields

    @classmethod
    def of(cls, row: Mapping[str, object]) -> TicketRow:
        """Return the ticket in `row`."""
        people = rows_in(row.get("Requestor"))
        outside = {text_of(each, "Name") or text_of(each, "id") for each in (*people, *rows_in(row.get("Cc")))}
        return cls(
            number_of(row, "id"), text_of(row, "Subject"), text_of(row, "Status"), text_of(row, "Queue"),
            text_of(row, "Owner"), text_of(row, "Creator"),
            tuple(number for each in people if (number := number_of(each, "id"))), frozenset(outside),
            number_of(row, "Priority"), moment_of(row, "Created"), moment_of(row, "Due"), moment_of(row, "Resolved"),
            moment_of(row, "LastUpdated"), fields_of(row),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class TransactionRow:
    """One thing that happened to a ticket or a user; RT only ever adds such rows."""

    id: int
    on: str
    object_id: int
    type: str
    field: str
    old: str
    new: str
    creator: str
    created: datetime
    fields: Fields

    @classmethod
    def of(cls, row: Mapping[str, object]) -> TransactionRow:
        """Return the transaction in `row`."""
        return cls(
            number_of(row, "id"), text_of(row, "ObjectType"), number_of(row, "ObjectId"), text_of(row, "Type"),
            text_of(row, "Field"), text_of(row, "OldValue"), text_of(row, "NewValue"), text_of(row, "Creator"),
            moment_of(row, "Created") or datetime.fromtimestamp(0, UTC), fields_of(row),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class PartRow:
    """One part of a message: a text, a file, or the empty frame of several."""

    id: int
    transaction: int
    content_type: str
    filename: str
    size: int
    headers: str = field(repr=False)
    subject: str = field(repr=False)
    content: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, row: Mapping[str, object]) -> PartRow:
        """Return the part in `row`."""
        content = row.get("Content")
        return cls(
            number_of(row, "id"), number_of(row, "TransactionId"), text_of(row, "ContentType").lower(),
            text_of(row, "Filename"), number_of(row, "ContentLength"), text_of(row, "Headers"),
            text_of(row, "Subject"), content if isinstance(content, str) else None,
        )  # fmt: skip
