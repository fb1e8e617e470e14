"""Tickets of Zammad as ours, and what of a ticket Zammad can hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from backends import clean
from backends.errors import Invalid
from backends.records import Holder, Key, Outcome, Priority, Ticket, TicketKind, TicketState
from backends.rest.zammad import rows
from backends.rest.zammad.marks import TicketMark, ticket_mark
from backends.rest.zammad.options import Options
from backends.rest.zammad.people import SYSTEM, key_of
from backends.rest.zammad.rows import Row

_TYPES = {1: "new", 2: "open", 3: "pending reminder", 4: "pending action", 5: "closed", 6: "merged", 7: "removed"}
"""Ids of the state types, the same on every site; their names too, but they are given only when asked to expand."""
_MEANS: Mapping[str, TicketState] = {
    "new": TicketState.OPEN,
    "open": TicketState.IN_PROGRESS,
    "pending reminder": TicketState.WAITING_CUSTOMER,
    "pending action": TicketState.SOLVED,
    "closed": TicketState.CLOSED,
    "merged": TicketState.CLOSED,
    "removed": TicketState.CLOSED,
}
_WRITTEN: Mapping[TicketState, str] = {
    TicketState.OPEN: "new",
    TicketState.IN_PROGRESS: "open",
    TicketState.WAITING_CUSTOMER: "pending reminder",
    TicketState.SOLVED: "pending action",
    TicketState.CLOSED: "closed",
}
_WAITS = frozenset({"pending reminder", "pending action"})
_PRIORITIES: Mapping[str, Priority] = {"1 low": Priority.LOW, "2 normal": Priority.NORMAL, "3 high": Priority.HIGH}
_RANK = list(Priority)
LONGEST_TITLE = 250
"""Characters of a title that the server keeps."""
_SETTLED = timedelta(seconds=60)
"""A case that was taken this much before the server heard of it has a first contact of its own."""


def key_for(ticket: int) -> Key:
    """Return the key of a ticket."""
    return f"ticket:{ticket}"


@dataclass(frozen=True, slots=True)
class Names:
    """What ids mean on this site, and which names it has."""

    states: Mapping[int, str] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    """State (folded) → its type."""
    priorities: Mapping[int, str] = field(default_factory=dict)
    groups: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def read(cls, states: Iterable[Row], priorities: Iterable[Row], groups: Iterable[Row]) -> Names:
        """Return the names in the answers to `ticket_states`, `ticket_priorities` and `groups`."""
        states = [row for row in states if row.get("active", True)]
        return cls(
            _named(states),
            {rows.raw(row, "name").casefold(): _type_of(row) for row in states},
            _named(priorities),
            _named(groups),
        )

    def state(self, row: Row) -> str:
        """Return the type of a ticket's state; an unknown one is open, so that nothing is taken for done."""
        name = rows.raw(row, "state") or self.states.get(rows.number(row, "state_id"), "")
        return self.types.get(name.casefold(), "open")

    def group(self, row: Row) -> str:
        """Return the name of a ticket's group."""
        return rows.raw(row, "group") or self.groups.get(rows.number(row, "group_id"), "")

    def priority(self, row: Row) -> str:
        """Return the name of a ticket's priority."""
        return rows.raw(row, "priority") or self.priorities.get(rows.number(row, "priority_id"), "")


def _named(found: Iterable[Row]) -> dict[int, str]:
    return {rows.number(row, "id"): rows.raw(row, "name") for row in found}


def _type_of(row: Row) -> str:
    named = rows.raw(row, "state_type").casefold()
    return named if named in _MEANS else _TYPES.get(rows.number(row, "state_type_id"), "open")


@dataclass(frozen=True, slots=True)
class Cases:
    """The mapping of tickets for one profile and one site."""

    options: Options
    names: Names

    def ticket(self, row: Row, description: str = "") -> Ticket:
        """Return a row as a ticket; its description stands in an article."""
        options, state = self.options, self.names.state(row)
        group = self.names.group(row)
        mark = self.mark(row)
        opened = rows.moment(row, "created_at") or datetime.fromtimestamp(0, UTC)
        first = mark.at if mark and mark.at < opened - _SETTLED else None
        details = ((code, rows.block(row, name)) for code, name in options.details.items())
        return Ticket(
            key=key_for(rows.number(row, "id")),
            reference=rows.line(row, "number"),
            customer_key=key_of(rows.number(row, "customer_id")),
            operator_key=options.operator.key,
            kind=self._member(row, "kind", TicketKind) or options.kind_of(group),
            subject=rows.line(row, "title"),
            opened_at=opened,
            state=_MEANS[state],
            priority=self._priority(row),
            description=description,
            details=tuple((code, answer) for code, answer in details if answer),
            opened_by=rows.line(row, "created_by"),
            first_contact_at=first,
            holder=self._member(row, "holder", Holder) or options.holder_of(group),
            holder_name=self._owner(row),
            holder_reference=self._kept(row, "holder_reference"),
            held_since=rows.moment(row, "last_owner_update_at"),
            escalated_to=self._kept(row, "escalated_to"),
            next_step=self._kept(row, "next_step"),
            next_step_at=rows.moment(row, "pending_time") if state in _WAITS else None,
            taken_in_charge_at=rows.moment(row, "last_contact_agent_at"),
            due_at=rows.moment(row, "escalation_at"),
            closed_at=(rows.moment(row, "close_at") or opened) if _MEANS[state] is TicketState.CLOSED else None,
            outcome=self._member(row, "outcome", Outcome),
            class_proposed=self._member(row, "class_proposed", Outcome),
            outcome_reason=self._kept(row, "outcome_reason"),
            resolution=self._kept(row, "resolution"),
            version=rows.version(row),
        )

    def mark(self, row: Row) -> TicketMark | None:
        """Return our mark on a ticket."""
        return ticket_mark(rows.raw(row, self.options.marker))

    def removed(self, row: Row) -> bool:
        """Return whether a ticket was taken away by an administrator: it is nowhere shown."""
        return self.names.state(row) == "removed"

    def state_code(self, name: str) -> str:
        """Return the code of one of the site's states; its name as it is when it is none of them."""
        found = self.names.types.get(name.casefold())
        return _MEANS[found] if found else name

    def priority_code(self, name: str) -> str:
        """Return the code of one of the site's priorities; its name as it is when nobody said what it means."""
        return self._meaning(name) or name

    def _owner(self, row: Row) -> str:
        if rows.number(row, "owner_id") <= SYSTEM:
            return ""
        return clean.line(rows.raw(row, "owner")) or key_of(rows.number(row, "owner_id"))

    def _priority(self, row: Row) -> Priority:
        return self._meaning(self.names.priority(row)) or Priority.NORMAL

    def _meaning(self, name: str) -> Priority | None:
        name = name.casefold()
        return self.options.priorities.get(name) or _PRIORITIES.get(name)

    def _kept(self, row: Row, name: str) -> str:
        attribute = self.options.ticket.get(name)
        return rows.block(row, attribute) if attribute else ""

    def _member(self, row: Row, name: str, kind: type[StrEnum]) -> Any:
        found = self._kept(row, name)
        return kind(found) if found in tuple(kind) else None

    # writing ------------------------------------------------------------------------------------------------------

    def creation(self, ticket: Ticket, mark: str, now: datetime) -> dict[str, Any]:
        """Return what makes a ticket but for its customer and article; raises Invalid for what it cannot hold."""
        sent = self._attributes(ticket, now)
        taken = min(ticket.first_contact_at or ticket.opened_at, ticket.opened_at)
        return {**sent, self.options.marker: TicketMark(mark, taken, mark).written()}

    def changes(self, ticket: Ticket, row: Row, mark: str, now: datetime) -> dict[str, Any]:
        """Return the attributes of `row` that `ticket` has otherwise, with the mark; nothing when there are none."""
        was = self.ticket(row)
        known, sent = self._attributes(was, now), self._attributes(ticket, now)
        for ours, theirs in (("state", "state"), ("priority", "priority")):
            if getattr(was, ours) == getattr(ticket, ours):
                sent.pop(theirs, None)
        if was.state is ticket.state and was.next_step_at == ticket.next_step_at:
            sent.pop("pending_time", None)
        if (was.kind, was.holder) == (ticket.kind, ticket.holder):
            sent.pop("group", None)
        changed = {name: value for name, value in sent.items() if name not in known or known[name] != value}
        return {**changed, **self.marked(row, mark)} if changed else {}

    def marked(self, row: Row, mark: str) -> dict[str, Any]:
        """Return the attribute with the mark of a step that changes a ticket; what the former mark said is kept."""
        former = self.mark(row)
        opened = rows.moment(row, "created_at") or datetime.fromtimestamp(0, UTC)
        said = TicketMark(mark, former.at if former else opened, former.made if former else "")
        return {self.options.marker: said.written()}

    def _attributes(self, ticket: Ticket, now: datetime) -> dict[str, Any]:
        options = self.options
        if len(ticket.subject) > LONGEST_TITLE:
            raise Invalid("subject", "too_long", f"{LONGEST_TITLE} characters at most")
        state = self._state_for(ticket.state)
        sent: dict[str, Any] = {
            "title": ticket.subject or "-",
            "state": state,
            "priority": self._priority_for(ticket.priority),
            "group": self._group_for(ticket),
        }
        if self.names.types.get(state.casefold()) in _WAITS:
            sent["pending_time"] = rows.written(ticket.next_step_at or now + timedelta(days=options.pending_days))
        for ours, name in options.ticket.items():
            sent[name] = str(getattr(ticket, ours) or "")
        answers = dict(ticket.details)
        sent |= {name: answers.get(code, "") for code, name in options.details.items()}
        if lost := [code for code in answers if code not in options.details]:
            raise Invalid("details", "no_place", f"no attribute is mapped to {clean.line(lost[0])}")
        return sent

    def _state_for(self, state: TicketState) -> str:
        if state in self.options.states:
            return self.options.states[state]
        wanted = _WRITTEN[state]
        found = (name for name in self.names.states.values() if self.names.types.get(name.casefold()) == wanted)
        name = next(found, None)
        if name is None:
            raise Invalid("state", "no_place", f"the site has no state of type {wanted}")
        return name

    def _priority_for(self, priority: Priority) -> str:
        """Return the site's name of a priority; of one that it has not, the next lower one."""
        for wanted in reversed(_RANK[: _RANK.index(priority) + 1]):
            for name in self.names.priorities.values():
                if self._meaning(name) is wanted:
                    return name
        raise Invalid("priority", "no_place", f"no priority of the site means {priority}")

    def _group_for(self, ticket: Ticket) -> str:
        """Return the group for a ticket: by who has the ball, then by its kind; raises Invalid when none is mapped."""
        options = self.options
        if "holder" not in options.ticket and ticket.holder is not Holder.DESK:
            for name, holder in options.holders.items():
                if holder is ticket.holder:
                    return name
            raise Invalid("holder", "no_place", f"no group is mapped to {ticket.holder}")
        if "kind" in options.ticket or ticket.kind is options.kind:
            return options.group_for(ticket.kind) or options.group
        group = options.group_for(ticket.kind)
        if group is None:
            raise Invalid("kind", "no_place", f"no group is mapped to {ticket.kind}")
        return group
