"""The fields of records that a mapping may fill, and what kind of value each takes.

A path names section, then part: `customer.place.postcode`. The sections are the kinds of record that one row of a table
can become; the table below is the only place that knows them, so that documentation, errors and conversion agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from backends.records import (
    AnswerState,
    ContractState,
    CustomerFlag,
    CustomerKind,
    Direction,
    Holder,
    LineState,
    Outcome,
    Priority,
    TicketKind,
    TicketState,
)


class Kind(StrEnum):
    """What a field's text is turned into."""

    LINE = "line"
    """One cleaned line."""
    BLOCK = "block"
    """A cleaned text of several lines."""
    CODE = "code"
    """A short word in lower case, such as a channel or a service."""
    CHOICE = "choice"
    MOMENT = "moment"
    """A moment in UTC."""
    DAY = "day"
    PHONE = "phone"
    """E.164."""
    EMAIL = "email"
    LANGUAGE = "language"
    COUNTRY = "country"
    MONEY = "money"
    NUMBER = "number"
    """A whole number, not negative."""
    YES = "yes"


@dataclass(frozen=True, slots=True)
class Field:
    """What a mapping may put at one path; `many` takes several values of one cell, `needed` may not stay empty."""

    kind: Kind
    choices: type[StrEnum] | None = None
    many: bool = False
    needed: bool = False


_LINE = Field(Kind.LINE)
_NEEDED = Field(Kind.LINE, needed=True)
_MOMENT = Field(Kind.MOMENT)
_DAY = Field(Kind.DAY)
_PLACE = {
    "place.street": _LINE,
    "place.house": _LINE,
    "place.unit": _LINE,
    "place.postcode": _LINE,
    "place.town": _LINE,
    "place.region": _LINE,
    "place.country": Field(Kind.COUNTRY),
}
_SECTIONS: Mapping[str, Mapping[str, Field]] = {
    "customer": {
        "id": _LINE,
        "number": _LINE,
        "name": _NEEDED,
        "greeting_name": _LINE,
        "kind": Field(Kind.CHOICE, CustomerKind),
        "language": Field(Kind.LANGUAGE),
        **_PLACE,
        "phone": Field(Kind.PHONE, many=True),
        "mobile": Field(Kind.PHONE, many=True),
        "fax": Field(Kind.PHONE, many=True),
        "email": Field(Kind.EMAIL, many=True),
        "social": Field(Kind.LINE, many=True),
        "authorised.name": _LINE,
        "authorised.relation": _LINE,
        "authorised.phone": Field(Kind.PHONE),
        "authorised.scope": _LINE,
        "tone": _LINE,
        "since": _MOMENT,
        **{f"flags.{flag}": Field(Kind.YES) for flag in CustomerFlag if flag is not CustomerFlag.FORGOTTEN},
    },
    "line": {
        "number": _NEEDED,
        "service": Field(Kind.CODE, needed=True),
        "product": _LINE,
        "technology": _LINE,
        "phone": Field(Kind.PHONE),
        "mac": _LINE,
        "ip": _LINE,
        "state": Field(Kind.CHOICE, LineState),
        "since": _MOMENT,
        **_PLACE,
        "path.exchange": _LINE,
        "path.node": _LINE,
        "path.olt": _LINE,
        "path.port": _LINE,
    },
    "contract": {
        "number": _NEEDED,
        "product": _NEEDED,
        "started_on": Field(Kind.DAY, needed=True),
        "ends_on": _DAY,
        "term_months": Field(Kind.NUMBER),
        "price": Field(Kind.MONEY),
        "list_price": Field(Kind.MONEY),
        "state": Field(Kind.CHOICE, ContractState),
    },
    "charge": {
        "id": _NEEDED,
        "text": _NEEDED,
        "amount": Field(Kind.MONEY, needed=True),
        "charged_on": Field(Kind.DAY, needed=True),
        "due_on": _DAY,
        "paid_on": _DAY,
        "dunning_on": _DAY,
    },
    "ticket": {
        "id": _NEEDED,
        "reference": _LINE,
        "kind": Field(Kind.CHOICE, TicketKind, needed=True),
        "subject": _NEEDED,
        "description": Field(Kind.BLOCK),
        "opened_at": Field(Kind.MOMENT, needed=True),
        "opened_by": _LINE,
        "first_contact_at": _MOMENT,
        "state": Field(Kind.CHOICE, TicketState),
        "priority": Field(Kind.CHOICE, Priority),
        "holder": Field(Kind.CHOICE, Holder),
        "holder_name": _LINE,
        "holder_reference": _LINE,
        "held_since": _MOMENT,
        "next_step": _LINE,
        "next_step_at": _MOMENT,
        "taken_in_charge_at": _MOMENT,
        "due_at": _MOMENT,
        "closed_at": _MOMENT,
        "outcome": Field(Kind.CHOICE, Outcome),
        "outcome_reason": _LINE,
        "resolution": Field(Kind.BLOCK),
    },
    "contact": {
        "id": _NEEDED,
        "reference": _LINE,
        "channel": Field(Kind.CODE, needed=True),
        "direction": Field(Kind.CHOICE, Direction),
        "at": Field(Kind.MOMENT, needed=True),
        "subject": _LINE,
        "body": Field(Kind.BLOCK),
        "seconds": Field(Kind.NUMBER),
        "thread": _LINE,
        "agent": _LINE,
        "sender": _LINE,
        "recipient": _LINE,
        "answer": Field(Kind.CHOICE, AnswerState),
        "answered_at": _MOMENT,
        "waived_reason": _LINE,
        "outcome": Field(Kind.CODE),
    },
}

SECTIONS = tuple(_SECTIONS)
"""Kinds of record that a row can become, in the order in which they depend on each other."""

FIELDS: Mapping[str, Field] = {
    f"{section}.{part}": field for section, parts in _SECTIONS.items() for part, field in parts.items()
}
"""Every path a mapping may fill, but for `ticket.details.…`, whose last part is free."""

DETAILS = "ticket.details."
"""Beginning of the paths that fill a ticket's details (R36); what follows is the question's code."""


def field_at(path: str) -> Field | None:
    """Return what the field at `path` takes, None when there is no such field."""
    if path.startswith(DETAILS) and len(path) > len(DETAILS):
        return _LINE
    return FIELDS.get(path)


def is_group(path: str) -> bool:
    """Return whether fields lie below `path`."""
    below = path + "."
    return below == DETAILS or any(known.startswith(below) for known in FIELDS)


def needed_in(section: str) -> tuple[str, ...]:
    """Return the paths of `section` that a mapping must fill when it makes records of that kind."""
    return tuple(path for path, field in FIELDS.items() if field.needed and path.startswith(section + "."))
