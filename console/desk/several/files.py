"""One customer's files from several sources as one file: doubles once, every key leading to what stays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, TypeVar

from backends.port import CustomerFile
from backends.records import Contact, Customer, Key, Line, Origin, Place, Record, Ticket
from console.desk.several.keys import rekeyed
from console.rules.identity import as_one, same_contact

R = TypeVar("R", bound=Record)
MOST_INBOUND = 50


def file_rekeyed(file: CustomerFile, change: Callable[[Key], Key]) -> CustomerFile:
    """Return a file with every key in every record of it changed."""
    changes: dict[str, Any] = {}
    for one in fields(file):
        value = getattr(file, one.name)
        if isinstance(value, tuple):
            changes[one.name] = tuple(rekeyed(record, change) for record in value)
        elif not isinstance(value, int):
            changes[one.name] = rekeyed(value, change)
    return replace(file, **changes)


def _place(one: Place, other: Place) -> Place:
    return one if one.postcode or one.town or one.street else other


def one_customer(first: Customer, others: Iterable[Customer]) -> Customer:
    """Return the first customer, with what only the others know of the same person."""
    known = first
    for other in others:
        values = {point.value for point in known.points}
        known = replace(
            known,
            number=known.number or other.number,
            name=known.name or other.name,
            greeting_name=known.greeting_name or other.greeting_name,
            language=known.language or other.language,
            place=_place(known.place, other.place),
            points=known.points + tuple(point for point in other.points if point.value not in values),
            flags=known.flags | other.flags,
            authorised=known.authorised + tuple(one for one in other.authorised if one not in known.authorised),
            tone=known.tone or other.tone,
            since=min((at for at in (known.since, other.since) if at is not None), default=None),
        )
    return known


def own_again(edited: Customer, merged: Customer, own: Customer) -> Customer:
    """Return a customer that was edited as merged, with what the agent left alone as its own source has it.

    Without this, an edited tone would copy telephone numbers from one system into the other.
    """
    back = {
        one.name: getattr(own, one.name)
        for one in fields(Customer)
        if getattr(edited, one.name) == getattr(merged, one.name)
    }
    return replace(edited, **back)


def _twins(
    tickets: Sequence[Ticket], ends: Mapping[Key, Origin], same: frozenset[tuple[Origin, Origin]]
) -> dict[Key, Key]:
    """Return each ticket's key that stands for another ticket of another source, with that one's key.

    A ticket that came from another source gives way to the one it came from.
    """
    by_end = {end: key for key, end in ends.items()}
    twins: dict[Key, Key] = {}
    for ticket in tickets:
        source = by_end.get(ticket.origin) if ticket.origin is not None else None
        if source is not None and source != ticket.key:
            twins[ticket.key] = source
    for left, right in same:
        ours, theirs = by_end.get(left), by_end.get(right)
        if ours is not None and theirs is not None and ours not in twins and theirs not in twins and ours != theirs:
            twins[theirs] = ours
    return twins


def _same_lines(lines: Sequence[Line]) -> dict[Key, Key]:
    first: dict[str, Key] = {}
    twins: dict[Key, Key] = {}
    for line in lines:
        kept = first.setdefault(line.number.casefold(), line.key) if line.number else line.key
        if kept != line.key:
            twins[line.key] = kept
    return twins


def _inbound(files: Sequence[CustomerFile]) -> tuple[Contact, ...]:
    kept: list[Contact] = []
    for number, file in enumerate(files):
        for contact in file.recent_inbound:
            place = next((at for at, one in enumerate(kept) if number and same_contact(one, contact)), None)
            if place is None:
                kept.append(contact)
            else:
                kept[place] = as_one(kept[place], contact)
    kept.sort(key=lambda one: (one.at, one.key), reverse=True)
    return tuple(kept[:MOST_INBOUND])


def one_file(
    key: Key,
    files: Sequence[CustomerFile],
    ends: Mapping[Key, Origin],
    same_tickets: frozenset[tuple[Origin, Origin]] = frozenset(),
) -> tuple[CustomerFile, Mapping[Key, Key]]:
    """Return the files of one customer as one under `key`, and which keys now stand for which others.

    The first file is that of the source the customer was opened in. `ends` names each ticket's source and key there.
    """
    if len(files) == 1:
        return files[0], {}
    every_ticket = [ticket for file in files for ticket in file.tickets]
    stands_for = _twins(every_ticket, ends, same_tickets)
    stands_for |= _same_lines([line for file in files for line in file.lines])
    stands_for |= {file.customer.key: key for file in files if file.customer.key != key}

    def change(one: Key) -> Key:
        return stands_for.get(one, one)

    def together(name: str) -> tuple[Any, ...]:
        found: dict[Key, Any] = {}
        for file in files:
            for record in getattr(file, name):
                if record.key not in stands_for:
                    found.setdefault(record.key, rekeyed(record, change))
        return tuple(found.values())

    first = files[0]
    tickets = tuple(sorted(together("tickets"), key=lambda one: (one.opened_at, one.key), reverse=True))
    names = ("lines", "contracts", "charges", "disputes", "chases", "promises", "visits", "handovers")
    parts: dict[str, Any] = {name: together(name) for name in names}
    return replace(
        first,
        customer=one_customer(first.customer, [file.customer for file in files[1:]]),
        tickets=tickets,
        recent_inbound=tuple(rekeyed(one, change) for one in _inbound(files)),
        contacts_total=sum(file.contacts_total for file in files),
        **parts,
    ), stands_for
