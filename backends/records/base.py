"""What all records share: keys, versions, money, places, and where a record came from.

Records are frozen, slotted and made of plain values, so that they can be compared, hashed, sent between threads and
rebuilt by any backend. Every moment in a record is an aware `datetime` in UTC; a bare `date` is a calendar day where
the customer lives.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

Key = str
"""Names a record inside its backend; opaque, never shown. The empty key means "not stored"."""

NEW = "new:"


def new_key() -> Key:
    """Return a key for a record that a batch creates; the backend replaces it, wherever it stands in that batch."""
    return NEW + uuid.uuid4().hex


def is_new(key: Key) -> bool:
    """Return whether `key` came from `new_key` and its record is not stored yet."""
    return key.startswith(NEW)


def utc(moment: datetime) -> datetime:
    """Return `moment` in UTC; raises ValueError for a naive one."""
    if moment.tzinfo is None:
        msg = f"a moment without a time zone cannot be placed: {moment.isoformat()}"
        raise ValueError(msg)
    return moment.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an imported record came from; (source, foreign id) is unique, which makes imports repeatable."""

    source: str
    foreign_id: str


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in the currency's smallest unit (pence, grosze, öre) with its ISO 4217 code."""

    minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Place:
    """A postal place; every part may be empty. `country` is ISO 3166 alpha-2."""

    street: str = ""
    house: str = ""
    unit: str = ""
    postcode: str = ""
    town: str = ""
    region: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class NetworkPath:
    """The network elements a line runs over, from the far end to the customer; empty where unknown."""

    exchange: str = ""
    node: str = ""
    olt: str = ""
    port: str = ""
