"""How well clocks were kept over a time: the provider's own report, with the rows it is made of (R3, R1, R2, R15).

A share counts what is decided: kept, against kept and broken; what is late already counts as broken, what still runs in
time counts for neither.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from backends.records import Contact, Key, Operator, Ticket, TicketEvent
from console.rules.clocks import Clock, ClockState, clocks, first_response, started_at
from console.rules.policies import FIRST_RESPONSE, Policies

TARGETS: Mapping[str, int] = {"repair": 70}
"""Per cent that are to be kept, by clock (R1); a clock without a target has none here."""
_MISSED = frozenset({ClockState.BROKEN, ClockState.LATE})


@dataclass(frozen=True, slots=True)
class Measured:
    """One clock of one case or message: a row of the report. Moments are UTC; `ended_at` is None while it runs."""

    reference: str
    operator_key: Key
    clock: str
    part: str
    """Kind of the ticket, or channel of the message."""
    began_at: datetime
    due_at: datetime
    ended_at: datetime | None
    state: ClockState

    @property
    def kept(self) -> bool | None:
        """Whether it was kept; None while that is open."""
        if self.state is ClockState.KEPT:
            return True
        return False if self.state in _MISSED else None


@dataclass(frozen=True, slots=True)
class Score:
    """One line of the report: all rows of an operator, a clock and a part."""

    operator_key: Key
    clock: str
    part: str
    kept: int
    missed: int
    running: int
    typical: timedelta | None
    """The median time that the ended ones took; None where none ended."""

    @property
    def share(self) -> float | None:
        """Per cent kept of those decided; None where nothing is decided."""
        decided = self.kept + self.missed
        return 100 * self.kept / decided if decided else None

    @property
    def reached(self) -> bool | None:
        """Whether the target was reached; None without a target or anything decided."""
        target = TARGETS.get(self.clock)
        return None if target is None or self.share is None else self.share >= target


def of_ticket(
    ticket: Ticket,
    operator: Operator,
    now: datetime,
    events: Sequence[TicketEvent],
    contacts: Sequence[Contact],
    policies: Policies,
) -> tuple[Measured, ...]:
    """Return a row for each clock of a case but those of its messages, which are reported by themselves."""
    found = clocks(ticket, operator, now, events, contacts, policies)
    began = started_at(ticket)
    return tuple(
        Measured(
            ticket.reference, ticket.operator_key, one.name, ticket.kind, began, one.due_at, _ended(one), one.state
        )
        for one in found
        if one.name != FIRST_RESPONSE
    )


def of_contact(contact: Contact, operator: Operator, now: datetime, policies: Policies) -> Measured | None:
    """Return the row of a message's first response by channel (R15); None for one that needs none."""
    one = first_response(contact, operator, now, policies)
    if one is None:
        return None
    return Measured(
        contact.reference,
        contact.operator_key,
        one.name,
        contact.channel,
        contact.at,
        one.due_at,
        contact.answered_at if one.ended else None,
        one.state,
    )


def _ended(one: Clock) -> datetime | None:
    return one.due_at - one.left if one.ended else None


def scores(rows: Iterable[Measured]) -> tuple[Score, ...]:
    """Return the lines of the report, by operator, clock and part; rows may come in any order."""
    groups: dict[tuple[Key, str, str], list[Measured]] = defaultdict(list)
    for row in rows:
        groups[row.operator_key, row.clock, row.part].append(row)
    return tuple(_score(*name, groups[name]) for name in sorted(groups))


def _score(operator_key: Key, clock: str, part: str, rows: Sequence[Measured]) -> Score:
    took = sorted(row.ended_at - row.began_at for row in rows if row.ended_at is not None)
    kept = sum(row.kept is True for row in rows)
    missed = sum(row.kept is False for row in rows)
    typical = took[len(took) // 2] if took else None
    return Score(operator_key, clock, part, kept, missed, len(rows) - kept - missed, typical)
