"""Where a customer stands with us: facts for the first sentence, for flags and for warnings.

Facts are codes and numbers; the words are found elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
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
    PromiseKind,
    PromiseState,
    Ticket,
    TicketKind,
    Visit,
    VisitState,
)
from console.rules.papers import without_identity as without_identity
from console.rules.promises import about_to_break, broken, is_told

WEEK = timedelta(days=7)
NOTICE_DAYS = 40
"""A fixed term that ends within these days is spoken of (UK notice window: 10 to 40 days before)."""
DUNNING_DAYS = 7
"""A dunning step within these days, while a dispute is open, is a warning (R39)."""
REFUSAL_TOLD = timedelta(days=14)
"""For so long a refusal of billing is said to whoever opens the customer (R39)."""
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
    """Return open promises whose time has passed, the longest broken first.

    A word at restoration is due when its outage is over, whatever end was expected (R27), and a check that the desk
    planned for itself was told to nobody (R38): they are not among them.
    """
    return broken(promises, now)


def next_promise(promises: Sequence[Promise], now: datetime) -> Promise | None:
    """Return the open promise to a customer that is due next, None when there is none."""
    told = [one for one in promises if is_told(one) and one.state is PromiseState.OPEN]
    ahead = [one for one in told if one.due_at is not None and one.due_at >= now]
    return min(ahead, key=lambda one: one.due_at or now, default=None)


def word_promised(promises: Sequence[Promise]) -> Promise | None:
    """Return the open promise to tell the customer when an outage is over, the newest; None without one (R27)."""
    open_ones = (
        one for one in promises if one.state is PromiseState.OPEN and one.kind is PromiseKind.WORD_AT_RESTORATION
    )
    return max(open_ones, key=lambda one: one.made_at, default=None)


_COMING = frozenset({VisitState.PLANNED, VisitState.CONFIRMED})


def next_visit(visits: Sequence[Visit], now: datetime, today: date, zone: tzinfo) -> Visit | None:
    """Return the engineer's visit of today or tomorrow, in `zone`, whose window is not over; None without one."""
    near = [
        one
        for one in visits
        if one.state in _COMING
        and one.window_to >= now
        and one.window_from.astimezone(zone).date() <= today + timedelta(days=1)
    ]
    return min(near, key=lambda one: one.window_from, default=None)


def missed_visit(file: CustomerFile) -> Visit | None:
    """Return the last visit of an open ticket when the engineer did not come and no other was made out since."""
    opened = {one.key for one in open_tickets(file)}
    visits = [one for one in file.visits if one.ticket_key in opened and one.state is not VisitState.CANCELLED]
    last = max(visits, key=lambda one: one.window_from, default=None)
    return last if last is not None and last.state is VisitState.MISSED else None


def live_disputes(disputes: Sequence[Dispute]) -> tuple[Dispute, ...]:
    """Return the disputes that nobody has decided yet."""
    return tuple(one for one in disputes if one.state in LIVE_DISPUTES)


def hold_refused(disputes: Sequence[Dispute], now: datetime) -> Dispute | None:
    """Return the newest dispute that billing refused within the last days: whoever serves them must know its answer."""
    fresh = [
        one
        for one in disputes
        if one.state is DisputeState.REFUSED and one.closed_at is not None and now - one.closed_at <= REFUSAL_TOLD
    ]
    return max(fresh, key=lambda one: one.closed_at or now, default=None)


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

    BROKEN_PROMISE = "broken_promise"
    PROMISE_DUE = "promise_due"
    SAME_MATTER = "same_matter"
    VISIT_MISSED = "visit_missed"
    WORD_DUE = "word_due"
    VISIT_AHEAD = "visit_ahead"
    WORD_PROMISED = "word_promised"
    CHASED = "chased"
    DUNNING = "dunning"
    NO_IDENTITY = "no_identity"
    PAPER_CHECK = "paper_check"
    CALL_BACK = "call_back"
    NTH_CONTACT = "nth_contact"
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
    until: datetime | None = None
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


def _cases(file: CustomerFile, now: datetime, live: Collection[Key] | None) -> list[Said]:
    said: list[Said] = []
    tickets = open_tickets(file)
    late = broken_promises(file.promises, now)
    if late:
        said.append(Said(Fact.BROKEN_PROMISE, count=len(late), at=late[-1].due_at, text=late[-1].deed))
    timed = [one for one in file.promises if one.kind is not PromiseKind.WORD_AT_RESTORATION]
    if soon := about_to_break(timed, now):
        said.append(Said(Fact.PROMISE_DUE, at=soon[0].due_at, text=soon[0].deed))
    elif ahead := next_promise(timed, now):
        calls = ahead.kind is PromiseKind.CALL_BACK
        if calls or not late:
            said.append(Said(Fact.CALL_BACK if calls else Fact.PROMISE_AHEAD, at=ahead.due_at, text=ahead.deed))
    if word := word_promised(file.promises):
        goes_on = live is None or word.outage_key in live
        said.append(Said(Fact.WORD_PROMISED if goes_on else Fact.WORD_DUE, at=word.made_at, text=word.deed))
    if tickets:
        chased = chases_by_ticket(file.chases)
        worst = max(tickets, key=lambda one: chased.get(one.key, 0))
        if count := chased.get(worst.key, 0):
            said.append(Said(Fact.CHASED, count=count, kind=worst.kind, text=worst.subject))
        else:
            said.append(Said(Fact.OPEN_TICKET, count=len(tickets), kind=tickets[0].kind, at=tickets[0].opened_at))
    return said


def paper_check(promises: Sequence[Promise]) -> Promise | None:
    """Return the check of a paper that is planned next, None when none is (R38)."""
    planned = [one for one in promises if one.kind is PromiseKind.DOCUMENT_CHECK and one.state is PromiseState.OPEN]
    return min(planned, key=lambda one: (one.due_at or one.made_at, one.key), default=None)


def _visits(file: CustomerFile, now: datetime, today: date, zone: tzinfo) -> Said | None:
    if visit := next_visit(file.visits, now, today, zone):
        return Said(Fact.VISIT_AHEAD, at=visit.window_from, until=visit.window_to)
    if visit := missed_visit(file):
        return Said(Fact.VISIT_MISSED, at=visit.window_from, until=visit.window_to)
    return None


def _owed(file: CustomerFile) -> list[Said]:
    """Return what waits for an answer: messages, and apart from them papers that do not count yet."""
    said: list[Said] = []
    papers = [one for one in waiting(file.recent_inbound) if without_identity(one)]
    others = [one for one in waiting(file.recent_inbound) if not without_identity(one)]
    if papers:
        said.append(Said(Fact.NO_IDENTITY, count=len(papers), at=papers[-1].at, channel=papers[-1].channel))
    if (check := paper_check(file.promises)) is not None and not papers:
        said.append(Said(Fact.PAPER_CHECK, at=check.due_at))
    if others:
        said.append(Said(Fact.UNANSWERED, count=len(others), at=others[0].at, channel=others[0].channel))
    return said


def facts(
    file: CustomerFile, now: datetime, today: date, zone: tzinfo = UTC, live: Collection[Key] | None = None
) -> tuple[Said, ...]:
    """Return everything that the first sentence could know, most pressing first.

    `today` is the calendar day of the reader, whose days in `zone` are counted; `live` are the outages that go on for
    this customer, None when that is not known: a word promised at restoration is due once its outage is not among them.
    """
    said = _cases(file, now, live)
    if repeated := _repeated(file, now, zone):
        said.append(repeated)
        if repeated.fact is Fact.SAME_MATTER:
            said = [one for one in said if one.fact is not Fact.OPEN_TICKET]
    said += [one for one in (_visits(file, now, today, zone), _money(file, today)) if one is not None]
    said += _owed(file)
    if ending := ending_contract(file.contracts, today):
        said.append(Said(Fact.TERM_ENDS, day=ending.ends_on, text=ending.product))
    if not said:
        if file.recent_inbound:
            last = max(file.recent_inbound, key=lambda one: one.at)
            said.append(Said(Fact.LAST_CONTACT, at=last.at, channel=last.channel, text=last.subject))
        elif not file.contacts_total:
            said.append(Said(Fact.NEW))
    order = list(Fact)
    return tuple(sorted(said, key=lambda one: order.index(one.fact)))


def opening(
    file: CustomerFile, now: datetime, today: date, zone: tzinfo = UTC, live: Collection[Key] | None = None
) -> tuple[Said, ...]:
    """Return what the first sentence should know, most pressing first, at most three of the `facts` (R6)."""
    return facts(file, now, today, zone, live)[:3]
