"""One list of what is to be done now (R10, R17, R22, R24, R37), made of records, in one order of urgency.

The order, from the top:

1. What is **broken**: a promise past its time, a message past its first-response time, a hand-over that nobody accepted
   in time, a next step that was not taken, a notice that the law wanted before today.
2. What is **about to break**: in the last fifth of its time, at most four hours before its end (a renewal: in the last
   three days of its window).
3. What is **ahead**, within a week.

What was promised to a customer and is broken leads the list (R37): somebody waits by the telephone for it. Of what else
is broken or about to break, what a law sets goes first. Within all of these, customers who are to be served
first (priority repair, vulnerable) go before others, then what is due first; what has no due time comes last, the
oldest first. Two things that are alike in all of this stand in the order of their kinds and then of their keys, so that
the order is total, the same on every desk, and one thing's place before another never depends on a third.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum, StrEnum

from backends.records import (
    Agent,
    Contact,
    Contract,
    Customer,
    Dispute,
    Handover,
    Holder,
    Key,
    Promise,
    Role,
    Ticket,
)
from console.rules.renewals import Renewal

_LAST_DAY = datetime.max.replace(tzinfo=UTC)


class ItemKind(StrEnum):
    """What is to be done; the order is that of things alike in all else."""

    PROMISE = "promise"
    CALL_BACK = "call_back"
    WORD = "word"
    """Tell that an outage is over (R27)."""
    MESSAGE = "message"
    """Nobody answered it (R10)."""
    HANDOVER = "handover"
    DOCUMENT = "document"
    """A fax or letter without identity document, or the check that one arrived (R38)."""
    NEXT_STEP = "next_step"
    HOLD = "hold"
    """Billing was asked not to dun during a dispute (R39)."""
    RENEWAL = "renewal"


_PLACES: Mapping[ItemKind, int] = {kind: place for place, kind in enumerate(ItemKind)}

_PROMISED = frozenset({ItemKind.PROMISE, ItemKind.CALL_BACK, ItemKind.WORD})


class Urgency(IntEnum):
    """How near to breaking something is."""

    BROKEN = 0
    ABOUT_TO_BREAK = 1
    AHEAD = 2


Entry = Contact | Promise | Handover | Contract | Dispute | Ticket
"""The record that says what is to be done."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to do. `due_at` is in UTC, None for what has no time; `since` is when it came up."""

    kind: ItemKind
    record: Entry
    customer: Customer
    urgency: Urgency
    since: datetime
    due_at: datetime | None = None
    legal: bool = False
    """Whether a law sets the time."""
    priority: bool = False
    """Whether the customer or the case is to be served first."""
    owners: frozenset[str] = frozenset()
    """Names and logins of the colleagues whose matter it is; empty for everybody's."""
    to: Holder | None = None
    """Who must accept it: a hand-over; whose role it is: a hold."""
    skills: frozenset[str] = frozenset()
    """What it needs, as kinds of ticket; empty where that is not known."""
    ticket: Ticket | None = None
    renewal: Renewal | None = None

    @property
    def name(self) -> str:
        """What tells this item from all others."""
        return f"{self.kind}:{self.record.key}"

    @property
    def ticket_key(self) -> Key:
        """The ticket it belongs to, empty for none."""
        return self.record.key if isinstance(self.record, Ticket) else getattr(self.record, "ticket_key", "")

    @property
    def operator_key(self) -> Key:
        """The operator in whose name it is done."""
        return self.customer.operator_key

    @property
    def order(self) -> tuple[int, int, int, int, datetime, datetime, int, str]:
        """The place in the list: see the order of urgency above."""
        return (
            self.urgency,
            0 if self.urgency is Urgency.BROKEN and self.kind in _PROMISED else 1,
            0 if self.legal and self.urgency is not Urgency.AHEAD else 1,
            0 if self.priority else 1,
            self.due_at or _LAST_DAY,
            self.since,
            _PLACES[self.kind],
            self.record.key,
        )


def ordered(items: Iterable[Item]) -> tuple[Item, ...]:
    """Return the items in their order of urgency, each once."""
    return tuple(sorted({one.name: one for one in items}.values(), key=lambda one: one.order))


def without_twins(items: Sequence[Item]) -> tuple[Item, ...]:
    """Return the items without next steps that say of a ticket what a promise on it says: the same, at the same time.

    What was promised is noted as the ticket's next step too; it is one thing to do.
    """
    promised = {(one.ticket_key, one.due_at) for one in items if isinstance(one.record, Promise) and one.ticket_key}
    return tuple(
        one for one in items if one.kind is not ItemKind.NEXT_STEP or (one.ticket_key, one.due_at) not in promised
    )


# whose matter it is ---------------------------------------------------------------------------------------------------

_HOLDERS: Mapping[Role, frozenset[Holder]] = {
    Role.DESK: frozenset({Holder.DESK, Holder.SUPPLIER}),
    Role.ADVISOR: frozenset({Holder.DESK}),
    Role.TECHNICAL: frozenset({Holder.TECHNICAL, Holder.SUPPLIER}),
    Role.BILLING: frozenset({Holder.BILLING}),
    Role.SUPERVISOR: frozenset(Holder),
    Role.HOTLINE: frozenset(),
}
"""For whom somebody of a role may accept what is handed over; the hotline hands over and accepts nothing.

A supplier has no console here: desk and technical service mind what lies with one (R5)."""


def sides_of(agent: Agent) -> frozenset[Holder]:
    """Return for whom an agent accepts what is handed over."""
    return frozenset().union(*(_HOLDERS[role] for role in agent.roles))


def _is(agent: Agent, names: frozenset[str]) -> bool:
    return not names.isdisjoint({agent.name, agent.login} - {""})


def concerns(item: Item, agent: Agent) -> bool:
    """Return whether an item belongs on an agent's list at all.

    What must be accepted stands on the list of those who can accept it; once it is late also on the list of who handed
    it over (R22). Holds are billing's. All else is everybody's.
    """
    if item.to is None or item.to in sides_of(agent):
        return True
    return item.urgency is Urgency.BROKEN and _is(agent, item.owners)


def is_mine(item: Item, agent: Agent) -> bool:
    """Return whether an item is the agent's own: owned, held, or handed over to a role of theirs."""
    if item.to is not None:
        return concerns(item, agent)
    return _is(agent, item.owners)


@dataclass(frozen=True, slots=True)
class AgendaFilter:
    """Which items to show; empty parts let everything through."""

    operator_keys: frozenset[Key] = frozenset()
    languages: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()
    mine: bool = False
    kinds: frozenset[ItemKind] = frozenset()

    def passes(self, item: Item, agent: Agent) -> bool:
        """Return whether an item is shown to an agent; one whose needed skill is not known is kept from nobody."""
        if self.operator_keys and item.operator_key not in self.operator_keys:
            return False
        if self.languages and item.customer.language not in self.languages:
            return False
        if self.skills and item.skills and self.skills.isdisjoint(item.skills):
            return False
        if self.kinds and item.kind not in self.kinds:
            return False
        return not self.mine or is_mine(item, agent)


EVERYTHING = AgendaFilter()


def chosen(items: Sequence[Item], agent: Agent, only: AgendaFilter = EVERYTHING) -> tuple[Item, ...]:
    """Return the items that concern an agent and pass a filter, in the given order."""
    return tuple(one for one in items if concerns(one, agent) and only.passes(one, agent))
