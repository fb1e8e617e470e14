"""Where a customer stands with us: facts for the first sentence, for flags and for warnings.

Facts are codes and numbers; the words are found elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum

from backends.port import CustomerFile
from backends.records import (
    OPEN_STATES,
    AnswerState,
    Charge,
    Chase,
    Contact,
    Contract,
    ContractState,
    Dispute,
    DisputeState,
    Key,
    Promise,
    PromiseState,
    Ticket,
    TicketKind,
)

WEEK = timedelta(days=7)
NOTICE_DAYS = 40
"""A fixed term that ends within these days is spoken of (UK notice window: 10 to 40 days before)."""
DUNNING_DAYS = 7
"""A dunning step within these days, while a dispute is open, is a warning (R39)."""
LIVE_DISPUTES = frozenset({DisputeState.OPEN, DisputeState.HOLD_ASKED, DisputeState.ON_HOLD})


def open_tickets(file: CustomerFile) -> tuple[Ticket, ...]:
    """Return the tickets that are not closed, newest first."""
    return tuple(ticket for ticket in file.tickets if ticket.state in OPEN_STATES)


def chases_by_ticket(chases: Sequence[Chase]) -> Mapping[Key, int]:
    """Return how often the customer chased each ticket; our own chasing of others does not count (R37)."""
    return Counter(chase.ticket_key for chase in chases if not chase.outbound)


def most_chased(file: CustomerFile) -> int:
    """Return how often the customer chased the open ticket they chased most; closed ones do not count any more."""
    chased = chases_by_ticket(file.chases)
    return max((chased.get(ticket.key, 0) for ticket in open_tickets(file)), default=0)


def broken_promises(promises: Sequence[Promise], now: datetime) -> tuple[Promise, ...]:
    """Return open promises whose time has passed, the longest broken first."""
    late = [one for one in promises if one.state is PromiseState.OPEN and one.due_at is not None and one.due_at < now]
    return tuple(sorted(late, key=lambda one: one.due_at or now))


def next_promise(promises: Sequence[Promise], now: datetime) -> Promise | None:
    """Return the open promise that is due next, None when there is none."""
    ahead = [one for one in promises if one.state is PromiseState.OPEN and one.due_at is not None and one.due_at >= now]
    return min(ahead, key=lambda one: one.due_at or now, default=None)


def live_disputes(disputes: Sequence[Dispute]) -> tuple[Dispute, ...]:
    """Return the disputes that nobody has decided yet."""
    return tuple(one for one in disputes if one.state in LIVE_DISPUTES)


def dunning_ahead(charges: Sequence[Charge], disputes: Sequence[Dispute], today: date) -> Charge | None:
    """Return the unpaid charge whose dunning step comes next while a dispute is open and not on hold (R39)."""
    if not any(one.state is not DisputeState.ON_HOLD for one in live_disputes(disputes)):
        return None
    near = [
        one
        for one in charges
        if one.paid_on is None and one.dunning_on and one.dunning_on <= today + timedelta(days=DUNNING_DAYS)
    ]
    return min(near, key=lambda one: one.dunning_on or today, default=None)


def ending_contract(contracts: Sequence[Contract], today: date) -> Contract | None:
    """Return the running fixed term that ends first within the notice window (R24)."""
    near = [
        one
        for one in contracts
        if one.state is ContractState.RUNNING
        and one.ends_on is not None
        and today <= one.ends_on <= today + timedelta(days=NOTICE_DAYS)
    ]
    return min(near, key=lambda one: one.ends_on or today, default=None)


def current_contract(contracts: Sequence[Contract]) -> Contract | None:
    """Return the running contract with the latest end, an open term before a fixed one."""
    running = [one for one in contracts if one.state in (ContractState.RUNNING, ContractState.NOTICE_GIVEN)]
    return max(running, key=lambda one: one.ends_on or date.max, default=None)


def waiting(contacts: Sequence[Contact]) -> tuple[Contact, ...]:
    """Return inbound contacts that nobody answered, oldest first (R10)."""
    return tuple(sorted((one for one in contacts if one.answer is AnswerState.WAITING), key=lambda one: one.at))


class Fact(StrEnum):
    """What can be said first, most pressing first (R6)."""

    SAME_MATTER = "same_matter"
    BROKEN_PROMISE = "broken_promise"
    CHASED = "chased"
    NTH_CONTACT = "nth_contact"
    DUNNING = "dunning"
    DISPUTE = "dispute"
    UNANSWERED = "unanswered"
    PROMISE_AHEAD = "promise_ahead"
    OPEN_TICKET = "open_ticket"
    TERM_ENDS = "term_ends"
    LAST_CONTACT = "last_contact"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Said:
    """One fact with what it needs to be worded."""

    fact: Fact
    count: int = 0
    days: int = 0
    at: datetime | None = None
    day: date | None = None
    kind: TicketKind | None = None
    text: str = ""
    channel: str = ""


def contacts_within(contacts: Sequence[Contact], now: datetime, span: timedelta = WEEK) -> tuple[Contact, ...]:
    """Return the inbound contacts of the last `span`, newest first."""
    return tuple(one for one in contacts if now - span <= one.at <= now)


def _days_between(first: datetime, now: datetime, zone: tzinfo) -> int:
    """Return over how many calendar days of `zone` the two moments stretch, the first and the last counted.

    A week of hours touches eight days; seven are said.
    """
    return min(WEEK.days, max(1, (now.astimezone(zone).date() - first.astimezone(zone).date()).days + 1))


def _repeated(file: CustomerFile, now: datetime, zone: tzinfo) -> Said | None:
    recent = contacts_within(file.recent_inbound, now)
    if len(recent) < 2:
        return None
    by_ticket = Counter(one.ticket_key for one in recent if one.ticket_key)
    opened = {ticket.key: ticket for ticket in open_tickets(file)}
    for key, count in by_ticket.most_common():
        if key in opened and count >= 2:
            first = min(one.at for one in recent if one.ticket_key == key)
            days = _days_between(first, now, zone)
            return Said(Fact.SAME_MATTER, count=count, days=days, kind=opened[key].kind)
    first = min(one.at for one in recent)
    return Said(Fact.NTH_CONTACT, count=len(recent), days=_days_between(first, now, zone))


def _money(file: CustomerFile, today: date) -> Said | None:
    if charge := dunning_ahead(file.charges, file.disputes, today):
        return Said(Fact.DUNNING, day=charge.dunning_on, text=charge.text)
    if disputes := live_disputes(file.disputes):
        return Said(Fact.DISPUTE, at=disputes[0].opened_at, text=disputes[0].reason)
    return None


def _cases(file: CustomerFile, now: datetime) -> list[Said]:
    said: list[Said] = []
    tickets = open_tickets(file)
    if late := broken_promises(file.promises, now):
        said.append(Said(Fact.BROKEN_PROMISE, count=len(late), at=late[0].due_at, text=late[0].deed))
    elif ahead := next_promise(file.promises, now):
        said.append(Said(Fact.PROMISE_AHEAD, at=ahead.due_at, text=ahead.deed))
    if tickets:
        chased = chases_by_ticket(file.chases)
        worst = max(tickets, key=lambda one: chased.get(one.key, 0))
        if count := chased.get(worst.key, 0):
            said.append(Said(Fact.CHASED, count=count, kind=worst.kind, text=worst.subject))
        else:
            said.append(Said(Fact.OPEN_TICKET, count=len(tickets), kind=tickets[0].kind, at=tickets[0].opened_at))
    return said


def opening(file: CustomerFile, now: datetime, today: date, zone: tzinfo = UTC) -> tuple[Said, ...]:
    """Return what the first sentence should know, most pressing first, at most three facts (R6).

    `today` is the calendar day of the reader, whose days in `zone` are counted.
    """
    said = _cases(file, now)
    if repeated := _repeated(file, now, zone):
        said.append(repeated)
        if repeated.fact is Fact.SAME_MATTER:
            said = [one for one in said if one.fact is not Fact.OPEN_TICKET]
    if money := _money(file, today):
        said.append(money)
    if unanswered := waiting(file.recent_inbound):
        said.append(Said(Fact.UNANSWERED, count=len(unanswered), at=unanswered[0].at, channel=unanswered[0].channel))
    if ending := ending_contract(file.contracts, today):
        said.append(Said(Fact.TERM_ENDS, day=ending.ends_on, text=ending.product))
    if not said:
        if file.recent_inbound:
            last = max(file.recent_inbound, key=lambda one: one.at)
            said.append(Said(Fact.LAST_CONTACT, at=last.at, channel=last.channel, text=last.subject))
        elif not file.contacts_total:
            said.append(Said(Fact.NEW))
    order = list(Fact)
    return tuple(sorted(said, key=lambda one: order.index(one.fact))[:3])
