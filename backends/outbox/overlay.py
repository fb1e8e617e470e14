"""What waits, laid over what a source says: its records as they will be once everything is delivered.

New records of waiting and of refused batches are seen, and changes of waiting ones. A change that was refused is not:
the source's version is the true one, and the refused one stands in the list of deliveries.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from backends.clean import tokens
from backends.memory.reading import preview
from backends.memory.searching import has_words, search
from backends.memory.state import State, customer_of
from backends.outbox.entries import Entry, Stand
from backends.outbox.marks import Became, Name
from backends.port import CustomerFile, Match, OutageFilter, QueueFilter, Remove, TicketFilter, TimelineFilter
from backends.records import (
    OPEN_STATES,
    AnswerState,
    Charge,
    Chase,
    Contact,
    Contract,
    Customer,
    Direction,
    Dispute,
    Handover,
    Key,
    Line,
    Operator,
    Outage,
    Promise,
    PromiseState,
    Record,
    Ticket,
    TicketEvent,
    Visit,
)
from backends.wire import kind_name

R = TypeVar("R", bound=Record)

_RECENT = timedelta(days=30)
_RECENT_INBOUND = 50
_CURRENT = timedelta(days=90)


def name_of(record: Record) -> Name:
    """Return a record's kind and key."""
    return kind_name(type(record)), record.key


class Overlay:
    """The records of `entries` as they are to be; batches whose numbers are in `hidden` are left out."""

    def __init__(self, entries: Iterable[Entry], became: Became, hidden: Container[int] = ()) -> None:
        self.records: dict[Name, Record] = {}
        """What is new or changed, in the order of the batches."""
        self.made: set[Name] = set()
        """What is new."""
        self.removed: set[Name] = set()
        self.moved: dict[Name, Key] = {}
        """Whose a record is as the source has it, where it is to be another customer's."""
        for entry in entries:
            if entry.number not in hidden and entry.state is not Stand.WITHDRAWN:
                self._add(entry, became)

    def _add(self, entry: Entry, became: Became) -> None:
        for position, item in enumerate(entry.batch.items):
            record = became.record(entry.record(position))
            name = name_of(record)
            if isinstance(item, Remove):
                if entry.state is Stand.WAITING:
                    self.removed.add(name)
                    self.records.pop(name, None)
                continue
            if item.record.key in entry.keys:
                self.made.add(name)
            elif entry.state is not Stand.WAITING and name not in self.made:
                continue
            self.records[name] = record
            before = entry.before(position)
            if before is not None and (owner := customer_of(became.record(before))) != customer_of(record):
                self.moved.setdefault(name, owner)

    def __bool__(self) -> bool:
        return bool(self.records or self.removed)

    def every(self, kind: type[R]) -> Iterator[R]:
        """Yield what is new or changed of a kind."""
        for record in self.records.values():
            if isinstance(record, kind):
                yield record

    def find(self, kind: type[R], key: Key) -> R | None:
        """Return a new or changed record, None when there is none of this key."""
        found = self.records.get((kind_name(kind), key))
        return found if isinstance(found, kind) else None

    def touches(self, name: Name) -> bool:
        """Return whether a record of the source is not as the source has it."""
        return name in self.records or name in self.removed

    def now(self, record: R) -> R | None:
        """Return a record of the source as it is to be, None when it is to be removed."""
        name = name_of(record)
        if name in self.removed:
            return None
        found = self.records.get(name)
        return found if isinstance(found, type(record)) else record

    def merged(self, rows: Iterable[R], kind: type[R], belongs: Callable[[R], bool]) -> list[R]:
        """Return the source's rows as they are to be, and what is to be among them, in no order."""
        found = {name_of(row): now for row in rows if (now := self.now(row)) is not None}
        found.update((name_of(record), record) for record in self.every(kind))
        return [record for record in found.values() if belongs(record)]

    # of one customer --------------------------------------------------------------------------------------------------

    def file(self, base: CustomerFile, now: datetime) -> CustomerFile:
        """Return a customer's file as it is to be."""
        customer = self.now(base.customer) or base.customer
        key = customer.key

        def theirs(record: Record) -> bool:
            return customer_of(record) == key

        def of(rows: tuple[R, ...], kind: type[R], belongs: Callable[[R], bool] = theirs) -> tuple[R, ...]:
            if not any(theirs(record) for record in self.every(kind)) and not self.removed and not self.moved:
                return rows
            return tuple(self.merged(rows, kind, belongs))

        tickets = of(base.tickets, Ticket, lambda one: theirs(one) and _is_current(one, now))
        tickets = tuple(sorted(tickets, key=lambda one: (one.opened_at, one.key), reverse=True))
        keys = {ticket.key for ticket in tickets}

        def hangs(record: Chase | Visit | Handover) -> bool:
            return theirs(record) and record.ticket_key in keys

        def owed(record: Promise) -> bool:
            loose = not record.ticket_key and record.state is PromiseState.OPEN
            return theirs(record) and (record.ticket_key in keys or loose)

        contacts = [one for one in self.every(Contact) if theirs(one)]
        return CustomerFile(
            customer,
            base.operator,
            of(base.lines, Line),
            of(base.contracts, Contract),
            of(base.charges, Charge),
            of(base.disputes, Dispute),
            tickets,
            of(base.chases, Chase, hangs),
            of(base.promises, Promise, owed),
            of(base.visits, Visit, hangs),
            of(base.handovers, Handover, hangs),
            self._recent(base.recent_inbound, contacts, now),
            base.contacts_total + self._more(key, contacts) - len(self._removed_of(base)),
        )

    def _more(self, key: Key, contacts: list[Contact]) -> int:
        """Return how many contacts a customer has more than the source counts, but for what is to be removed."""
        came = sum(name_of(one) in self.made or self.moved.get(name_of(one), key) != key for one in contacts)
        gone = (self.records.get(name) for name, owner in self.moved.items() if owner == key)
        return came - sum(isinstance(one, Contact) and one.customer_key != key for one in gone)

    def _removed_of(self, base: CustomerFile) -> list[Contact]:
        return [one for one in base.recent_inbound if name_of(one) in self.removed]

    def _recent(self, rows: tuple[Contact, ...], contacts: list[Contact], now: datetime) -> tuple[Contact, ...]:
        if not contacts and not self.removed and not self.moved:
            return rows
        since = now - _RECENT
        found = self.merged(
            rows, Contact, lambda one: one in rows or (one in contacts and _is_inbound(one) and one.at >= since)
        )
        found.sort(key=lambda one: (one.at, one.key), reverse=True)
        return tuple(preview(one) for one in found[:_RECENT_INBOUND])

    def entries_of(self, key: Key, only: TimelineFilter) -> list[Contact | TicketEvent]:
        """Return what belongs into a customer's history, bodies cut."""
        found: list[Contact | TicketEvent] = [
            preview(one) for one in self.every(Contact) if one.customer_key == key and passes(one, only)
        ]
        contacts_only = only.channels or only.directions or only.text.strip() or only.unanswered or only.thread
        if only.events and not contacts_only:
            found += [
                one
                for one in self.every(TicketEvent)
                if one.customer_key == key and only.ticket_key in ("", one.ticket_key)
            ]
        return found

    # of all -----------------------------------------------------------------------------------------------------------

    def tickets(self, only: TicketFilter) -> list[Ticket]:
        """Return the tickets that a list is to hold."""
        return [one for one in self.every(Ticket) if ticket_passes(one, only)]

    def outages(self, rows: Iterable[Outage], only: OutageFilter) -> tuple[Outage, ...]:
        """Return the source's outages as they are to be, newest first."""
        found = self.merged(rows, Outage, lambda one: outage_passes(one, only))
        found.sort(key=lambda one: (one.started_at, one.key), reverse=True)
        return tuple(found[: only.limit])

    def waiting(self, only: QueueFilter) -> list[Contact]:
        """Return the contacts that wait for an answer, bodies cut."""
        return [
            preview(one)
            for one in self.every(Contact)
            if one.answer is AnswerState.WAITING
            and (not only.operator_keys or one.operator_key in only.operator_keys)
            and (not only.channels or one.channel in only.channels)
        ]

    def works(self) -> list[Promise | Handover | Contract | Dispute | Ticket]:
        """Return what is new or changed of those kinds that may be pending."""
        return [
            one for one in self.records.values() if isinstance(one, Promise | Handover | Contract | Dispute | Ticket)
        ]

    def with_words(self, words: list[str]) -> list[Contact]:
        """Return the contacts whose subject or body has all words."""
        return [one for one in self.every(Contact) if has_words(words, one.subject, one.body)]

    def search(
        self,
        text: str,
        limit: int,
        operator_keys: frozenset[Key],
        operators: Iterable[Operator],
        known: Callable[[Key], Customer | None],
    ) -> tuple[Match, ...]:
        """Return the customers that what waits makes findable; `known` gives those the source told of before."""
        state = State()
        for operator in operators:
            state.store(operator)
        for record in self.records.values():
            state.store(record)
            owner = customer_of(record)
            if owner and state.find(Customer, owner) is None:
                customer = self.find(Customer, owner) or known(owner)
                if customer is not None:
                    state.store(customer)
        return search(state, text, limit, operator_keys)


def both(theirs: Iterable[Match], ours: Iterable[Match], limit: int, overlay: Overlay) -> tuple[Match, ...]:
    """Return what a source found and what waits, each customer once, the certain first and then what waits."""
    found: dict[Key, Match] = {}
    given = [replace(one, customer=overlay.now(one.customer) or one.customer) for one in theirs]
    mine = list(ours)
    for match in (
        *(one for one in (*mine, *given) if one.exact),
        *(one for one in mine if not one.near),
        *given,
        *mine,
    ):
        found.setdefault(match.customer.key, match)
    return tuple(found.values())[:limit]


def words_of(text: str) -> list[str]:
    """Return the words of a text that is searched for, folded."""
    return tokens(text)


def _is_inbound(contact: Contact) -> bool:
    return contact.direction is Direction.INBOUND


def _is_current(ticket: Ticket, now: datetime) -> bool:
    return ticket.state in OPEN_STATES or (ticket.closed_at or ticket.opened_at) >= now - _CURRENT


def passes(contact: Contact, only: TimelineFilter) -> bool:
    """Return whether a contact belongs into a history seen through a filter."""
    return (
        (not only.channels or contact.channel in only.channels)
        and (not only.directions or contact.direction in only.directions)
        and (not only.text.strip() or has_words(tokens(only.text), contact.subject, contact.body))
        and (not only.unanswered or contact.answer is AnswerState.WAITING)
        and only.ticket_key in ("", contact.ticket_key)
        and only.thread in ("", contact.thread)
    )


def ticket_passes(ticket: Ticket, only: TicketFilter) -> bool:
    """Return whether a ticket belongs into a list."""
    return (
        only.customer_key in ("", ticket.customer_key)
        and (not only.operator_keys or ticket.operator_key in only.operator_keys)
        and (not only.states or ticket.state in only.states)
        and (not only.kinds or ticket.kind in only.kinds)
        and (only.opened_since is None or ticket.opened_at >= only.opened_since)
    )


def outage_passes(outage: Outage, only: OutageFilter) -> bool:
    """Return whether an outage belongs into a list."""
    return (
        (not only.states or outage.state in only.states)
        and (not only.operator_keys or not outage.operator_keys or bool(only.operator_keys & set(outage.operator_keys)))
        and (only.until is None or outage.started_at <= only.until)
        and (only.since is None or outage.ended_at is None or outage.ended_at >= only.since)
    )
