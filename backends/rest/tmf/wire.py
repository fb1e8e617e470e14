"""Records as resources and resources as records: one pair of functions for each kind, and what they cannot carry.

Everything here is a pure function of records, JSON and a `Frame`; it serves our own server as it serves the client.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from backends.records import Contact, Contract, Customer, Outage, Record, Ticket, Visit
from backends.rest.tmf import cases, people, works
from backends.rest.tmf.names import Api
from backends.rest.tmf.pieces import VERSION_NAME, Frame, Json, Reading

_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)


class Mapped(NamedTuple):
    """How records of one kind become resources and come back."""

    wire: Callable[[Any, Frame], Json]
    record: Callable[[Mapping[str, Any], Frame], Record]
    extras: tuple[str, ...]
    """Fields that travel as named values, for the standard has no attribute for them."""


MAPPED: Mapping[type[Record], Mapped] = {
    Customer: Mapped(people.customer_wire, people.customer_record, people.CUSTOMER_EXTRAS),
    Contact: Mapped(people.contact_wire, people.contact_record, people.CONTACT_EXTRAS),
    Ticket: Mapped(cases.ticket_wire, cases.ticket_record, cases.TICKET_EXTRAS),
    Visit: Mapped(cases.visit_wire, cases.visit_record, cases.VISIT_EXTRAS),
    Outage: Mapped(works.outage_wire, works.outage_record, works.OUTAGE_EXTRAS),
    Contract: Mapped(works.contract_wire, works.contract_record, works.CONTRACT_EXTRAS),
}


def to_wire(record: Record, frame: Frame) -> Json:
    """Return the resource of a record, without what only a server sets; raises Invalid `naive`."""
    return MAPPED[type(record)].wire(record, frame)


def from_wire(kind: type[Record], document: Mapping[str, Any], frame: Frame) -> Record:
    """Return the record that a resource is, with its version; raises Invalid only where the frame is strict."""
    record = MAPPED[kind].record(document, frame)
    return replace(record, version=version_of(frame.version.apis[kind], document))


def version_of(api: Api, document: Mapping[str, Any]) -> int:
    """Return the version of a resource: our server's own, else the moment of its last change, else a fingerprint.

    A moment counts in microseconds, so that a later version is a larger number; fingerprints only tell versions apart.
    """
    reading = Reading(api, document)
    own = reading.values().get(VERSION_NAME)
    if isinstance(own, int) and own > 0:
        return own
    moment = reading.moment("lastUpdate")
    if moment is not None and moment > _BEGIN:
        return round((moment - _BEGIN).total_seconds() * 1_000_000)
    text = json.dumps(document, sort_keys=True, ensure_ascii=True)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:7], "big") + 1
