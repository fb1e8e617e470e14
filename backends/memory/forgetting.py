"""Giving a person everything held about them, and erasing it: what stays are counts, states and clocks."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date
from enum import Enum
from typing import Any, TypeVar

from backends.memory.state import State, customer_of, kind_of
from backends.port import Change
from backends.records import (
    Charge,
    Chase,
    Contact,
    Contract,
    Customer,
    CustomerFlag,
    Dispute,
    Handover,
    Key,
    Line,
    Link,
    Operator,
    Place,
    Promise,
    Record,
    Ticket,
    TicketEvent,
    Visit,
)

R = TypeVar("R", bound=Record)

PERSONAL: Mapping[type, tuple[str, ...]] = {
    Customer: ("name", "greeting_name", "points", "authorised", "tone"),
    Line: ("phone", "mac", "ip"),
    Contract: (),
    Charge: ("text",),
    Dispute: ("reason", "answer"),
    Contact: ("subject", "body", "sender", "recipient", "waived_reason"),
    Ticket: ("subject", "description", "details", "next_step", "outcome_reason", "resolution", "holder_reference"),
    TicketEvent: ("text",),
    Chase: ("note",),
    Promise: ("deed", "closed_reason"),
    Visit: ("note",),
    Handover: ("note", "told_customer", "declined_reason"),
}
"""Fields of each kind that hold what a person said, or who and where they are. References, origins and the names of
colleagues stay: without its origin a repeated import would bring the person back."""


def plain(value: Any) -> Any:
    """Return a record, or a part of one, as JSON values; moments in ISO 8601."""
    if is_dataclass(value) and not isinstance(value, type):
        return {spec.name: plain(getattr(value, spec.name)) for spec in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(plain(part) for part in value)
    if isinstance(value, tuple | list):
        return [plain(part) for part in value]
    return value


def held_about(state: State, customer_key: Key, source: str = "") -> dict[str, Any]:
    """Return everything held about a customer: a list a kind, the originals in base64, who looked and why.

    `source` is what the store is called: by it the ends of links are known.
    """
    customer = state.get(Customer, customer_key)
    held: dict[str, Any] = {"operator": plain(state.get(Operator, customer.operator_key))}
    records = [*state.about(customer_key), *_links(state, customer_key, source)]
    for record in records:
        held.setdefault(kind_of(record), []).append(plain(record))
    held["originals"] = [
        {
            "kind": kind_of(record),
            "key": record.key,
            "base64": base64.b64encode(state.raws[type(record), record.key]).decode(),
        }
        for record in records
        if (type(record), record.key) in state.raws
    ]
    held["audit"] = [plain(entry) for entry in state.trail if entry.customer_key == customer_key]
    return held


def erased(record: R) -> R:
    """Return `record` without what is personal in it."""
    changes: dict[str, Any] = {
        name: () if isinstance(getattr(record, name), tuple) else "" for name in PERSONAL[type(record)]
    }
    match record:
        case Customer():
            changes |= {"place": _country(record.place), "flags": frozenset({CustomerFlag.FORGOTTEN})}
        case Line():
            changes |= {"place": _country(record.place), "path": replace(record.path, port="")}
        case Contact():
            changes["attachments"] = tuple(replace(each, name="", sha256="") for each in record.attachments)
            changes["route"] = record.route and replace(record.route, dialled="", menu=())
        case Ticket():
            changes["compensations"] = tuple(replace(each, reason="") for each in record.compensations)
    return replace(record, version=record.version + 1, **changes)


def _country(place: Place) -> Place:
    return Place(country=place.country)


def erase(state: State, customer_key: Key, source: str = "") -> dict[str, int]:
    """Erase a customer from `state`; returns how many records of each kind were changed. Raises NotFound."""
    state.get(Customer, customer_key)
    counts: dict[str, int] = {}
    changes: list[Change] = []
    for record in list(state.about(customer_key)):
        after = erased(record)
        state.store(after)
        state.raws.pop((type(record), record.key), None)
        changes.append(Change(record, after))
        counts[kind_of(record)] = counts.get(kind_of(record), 0) + 1
    links = [Change(link, None) for link in _links(state, customer_key, source)]
    for name, receipt in state.receipts.items():
        kept = tuple(
            change
            for change in receipt.changes
            if customer_key not in _about(change) and not _links_to(state, change, customer_key, source)
        )
        state.receipts[name] = replace(receipt, changes=kept)
    state.tell((*changes, *links), source)
    for change in links:
        assert change.before is not None
        del state.tables[Link][change.before.key]
        counts["link"] = counts.get("link", 0) + 1
    return counts


def _links(state: State, customer_key: Key, source: str) -> list[Link]:
    """Return the links with an end that is this customer, or a contact or ticket of theirs."""
    return [link for link in state.every(Link) if customer_key in state.linked(link, source)]


def _links_to(state: State, change: Change, customer_key: Key, source: str) -> bool:
    record = change.after or change.before
    return isinstance(record, Link) and customer_key in state.linked(record, source)


def _about(change: Change) -> set[Key]:
    """Return the customers of both versions: a record may have been moved."""
    return {customer_of(record) for record in (change.before, change.after) if record is not None}
