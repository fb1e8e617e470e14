"""What a profile may say of a tracker: every tracker has fields and words of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from backends import clean
from backends.errors import Invalid
from backends.records import Operator, Priority, TicketState

E = TypeVar("E", bound=StrEnum)

STATES = {
    "unread": TicketState.OPEN,
    "open": TicketState.IN_PROGRESS,
    "waiting": TicketState.WAITING_CUSTOMER,
    "field-visit": TicketState.IN_PROGRESS,
    "resolved": TicketState.SOLVED,
    "closed": TicketState.CLOSED,
}
PRIORITIES = {
    "critical": Priority.URGENT,
    "urgent": Priority.HIGH,
    "bug": Priority.NORMAL,
    "feature": Priority.LOW,
    "wish": Priority.LOW,
}
_OPERATOR = {"code": "roundup", "name": "Roundup", "country": "GB", "language": "en", "time_zone": "Europe/London",
             "currency": "EUR"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Options:
    """The table `options` of a source in the profile."""

    operator: Operator
    states: Mapping[str, TicketState] = field(default_factory=lambda: STATES)
    """The tracker's statuses; the first one of a state is the one that is written."""
    priorities: Mapping[str, Priority] = field(default_factory=lambda: PRIORITIES)
    requestor_field: str = "requestor"
    """The issue's field that links to the customer: a tracker made from the classic template has none."""
    channel_field: str = "channel"
    """The message's text field for the channel; empty when it has none, and then every contact is an e-mail."""
    due_field: str = "due"
    """The issue's date field for when it is due; empty when it has none."""
    staff: tuple[str, ...] = ("admin", "anonymous")
    """Logins of users who are no customers, beside the one that signs in."""

    def status_of(self, state: TicketState) -> str:
        """Return the status that stands for a state; raises Invalid when the tracker has none."""
        for name, meant in self.states.items():
            if meant is state:
                return name
        raise Invalid("state", "unsupported", f"no status of the tracker means {state}")

    def priority_of(self, priority: Priority) -> str:
        """Return the tracker's priority; raises Invalid when it has none."""
        for name, meant in self.priorities.items():
            if meant is priority:
                return name
        raise Invalid("priority", "unsupported", f"no priority of the tracker means {priority}")


def options_from(given: Mapping[str, object] | None, source: str) -> Options:
    """Return the options; raises Invalid naming the one that is wrong."""
    table: dict[str, Any] = dict(given or {})
    known = {one.name for one in fields(Options)}
    for name in table:
        if name not in known:
            raise Invalid(f"options.{name}", "unknown", f"there is: {', '.join(sorted(known))}", source=source)
    for name, codes in (("states", TicketState), ("priorities", Priority)):
        if name in table:
            table[name] = _codes(name, table[name], codes, source)
    for name in ("requestor_field", "channel_field", "due_field"):
        value = table.get(name, "")
        if not isinstance(value, str) or not (value == "" or value.isidentifier()):
            raise Invalid(f"options.{name}", "type", "the name of a field is a word", source=source)
    if table.get("requestor_field", "-") == "":
        raise Invalid("options.requestor_field", "missing", "without it no issue has a customer", source=source)
    if "staff" in table:
        if not isinstance(table["staff"], list) or not all(isinstance(one, str) for one in table["staff"]):
            raise Invalid("options.staff", "type", "a list of logins", source=source)
        table["staff"] = ("admin", "anonymous", *table["staff"])
    table["operator"] = _operator(table.get("operator", {}), source)
    return Options(**table)


def _codes(name: str, table: object, codes: type[E], source: str) -> dict[str, E]:
    if not isinstance(table, dict):
        raise Invalid(f"options.{name}", "type", "a table of the tracker's names", source=source)
    found: dict[str, E] = {}
    for theirs, ours in table.items():
        if ours not in set(codes):
            allowed = ", ".join(codes)
            raise Invalid(f"options.{name}.{clean.line(theirs)}", "unknown", f"one of {allowed}", source=source)
        found[theirs] = codes(ours)
    return found


def _operator(table: object, source: str) -> Operator:
    if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
        raise Invalid("options.operator", "type", "a table of texts", source=source)
    for name in table:
        if name not in _OPERATOR:
            raise Invalid(f"options.operator.{name}", "unknown", f"there is: {', '.join(_OPERATOR)}", source=source)
    values: dict[str, Any] = _OPERATOR | table
    try:
        ZoneInfo(values["time_zone"])
    except (ValueError, OSError):
        raise Invalid("options.operator.time_zone", "unknown", "e.g. Europe/Warsaw", source=source) from None
    return Operator(f"operator:{values['code']}", version=1, **values)
