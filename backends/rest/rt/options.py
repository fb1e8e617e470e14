"""What a profile says about one Request Tracker: its queues, states, priorities, channels and custom fields.

RT has no words of its own for most of what a desk needs; every site keeps it in custom fields under its own names. An
option that is wrong raises Invalid naming it (`options.states`), so that a slip of the pen never reads as no data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from backends.errors import Invalid
from backends.records import Channel, Operator, Priority, TicketKind, TicketState

E = TypeVar("E", bound=StrEnum)

_STATES = {
    "new": TicketState.OPEN,
    "open": TicketState.IN_PROGRESS,
    "stalled": TicketState.WAITING_CUSTOMER,
    "resolved": TicketState.CLOSED,
    "rejected": TicketState.CLOSED,
}
_NEAREST = {
    TicketState.OPEN: (TicketState.OPEN, TicketState.IN_PROGRESS),
    TicketState.IN_PROGRESS: (TicketState.IN_PROGRESS, TicketState.OPEN),
    TicketState.WAITING_CUSTOMER: (TicketState.WAITING_CUSTOMER, TicketState.IN_PROGRESS, TicketState.OPEN),
    TicketState.SOLVED: (TicketState.SOLVED, TicketState.CLOSED),
    TicketState.CLOSED: (TicketState.CLOSED,),
}
_PRIORITIES = {Priority.LOW: 0, Priority.NORMAL: 50, Priority.HIGH: 75, Priority.URGENT: 100}
_CHANNELS = {"phone": Channel.CALL}
_HIGHEST_PRIORITY = 1_000_000


@dataclass(frozen=True, slots=True)
class Options:
    """The settings of one source, checked by `options_from`. Names of custom fields are empty where there is none."""

    operator: Operator
    number_field: str = ""
    """User field with the customer number; without it the number is the user's id in RT."""
    phones_field: str = ""
    """User field (text) with all telephone numbers in E.164: RT itself finds no user by telephone."""
    customer_data_field: str = ""
    """User field (text) for what RT has no place for, as JSON."""
    reference_field: str = ""
    """Ticket field with a reference that is not RT's own number."""
    channel_field: str = ""
    """Ticket field with the channel that a ticket came in on."""
    via_field: str = ""
    """Transaction field with the channel of one message."""
    details: Mapping[str, str] = field(default_factory=dict)
    """Question code → ticket field that keeps its answer."""
    queues: Mapping[str, TicketKind] = field(default_factory=lambda: {"General": TicketKind.FAULT})
    """Queue → kind of ticket; a new ticket goes to the first queue of its kind."""
    other_kind: TicketKind = TicketKind.FAULT
    """What tickets of all other queues are."""
    states: Mapping[str, TicketState] = field(default_factory=lambda: dict(_STATES))
    """RT's status → state; a state is written as the first status that stands for it."""
    priorities: Mapping[Priority, int] = field(default_factory=lambda: dict(_PRIORITIES))
    """The number from which on a priority holds, and that is written for it."""
    channels: Mapping[str, str] = field(default_factory=lambda: dict(_CHANNELS))
    """A value of the channel's fields → our code; others are taken as they are."""
    send: frozenset[str] = frozenset({Channel.EMAIL})
    """Channels on which RT sends an outgoing contact to the customer; all else is noted as a comment."""
    reference_prefix: str = "RT-"
    """What stands before RT's number where that is the reference."""
    agents: tuple[str, ...] = ()
    """Logins of colleagues."""

    def state_of(self, status: str) -> TicketState:
        """Return what a status stands for; a status that nobody mapped is work in progress."""
        return self.states.get(status, TicketState.IN_PROGRESS)

    def status_of(self, state: TicketState) -> str:
        """Return RT's status for `state`: the first that stands for it, else that of the state nearest to it.

        Raises Invalid when none comes near.
        """
        for near in _NEAREST[state]:
            for status, meant in self.states.items():
                if meant is near:
                    return status
        raise Invalid("state", "unsupported", f"no status stands for {state}")

    def priority_of(self, number: int) -> Priority:
        """Return the highest priority whose number is reached."""
        reached = [priority for priority in Priority if self.priorities[priority] <= number]
        return max(reached, key=lambda priority: self.priorities[priority], default=Priority.LOW)

    def kind_of(self, queue: str) -> TicketKind:
        """Return what the tickets of `queue` are."""
        return self.queues.get(queue, self.other_kind)

    def queue_of(self, kind: TicketKind) -> str:
        """Return the queue that new tickets of `kind` go to: the first for it, else the first of all."""
        return next((queue for queue, meant in self.queues.items() if meant is kind), next(iter(self.queues)))

    def statuses(self, states: Iterable[TicketState]) -> tuple[str, ...]:
        """Return every status that a ticket in one of `states` may have in RT."""
        near = {each for state in states for each in _NEAREST[state]}
        return tuple(status for status, meant in self.states.items() if meant in near) or ("-",)

    def queues_of(self, kinds: Iterable[TicketKind]) -> tuple[str, ...]:
        """Return every queue in which a ticket of one of `kinds` may be."""
        wanted = set(kinds)
        mapped = [queue for queue, meant in self.queues.items() if meant in wanted]
        return tuple(dict.fromkeys((*mapped, next(iter(self.queues)))))

    def channel_of(self, value: str) -> str:
        """Return our code for a value of the channel's fields."""
        return self.channels.get(value, value.lower())

    def value_of(self, channel: str) -> str:
        """Return the value that the channel's fields keep for `channel`."""
        return next((value for value, code in self.channels.items() if code == channel), channel)


_OPERATOR = {
    "code": "rt", "name": "", "country": "", "language": "en", "time_zone": "UTC", "currency": "EUR", "email": "",
    "greeting": "", "desk_hours": "",
}  # fmt: skip
_NAMES = ("number_field", "phones_field", "customer_data_field", "reference_field", "channel_field", "via_field",
          "reference_prefix")  # fmt: skip
_OTHERS = frozenset({"operator", "details", "queues", "other_kind", "states", "priorities", "channels", "send",
                     "agents"})  # fmt: skip


def options_from(table: Mapping[str, object] | None, *, name: str = "") -> Options:
    """Return the checked options of a profile's table; raises Invalid naming the wrong one. `name` is the source's."""
    given = dict(table or {})
    for key in given:
        if key not in _NAMES and key not in _OTHERS:
            raise Invalid(f"options.{key}", "unknown", "Request Tracker has no such option", source=name)
    try:
        return _checked(given, name)
    except Invalid as error:
        error.source = name
        raise


def _checked(given: Mapping[str, object], name: str) -> Options:
    values: dict[str, Any] = {"operator": _operator(given.get("operator", {}), name)}
    for key in _NAMES:
        if key in given:
            values[key] = _text(key, given[key])
    if "details" in given:
        values["details"] = {code: _text("details", name) for code, name in _table("details", given).items()}
    if "channels" in given:
        values["channels"] = {value: _text("channels", code) for value, code in _table("channels", given).items()}
    if "queues" in given:
        values["queues"] = {queue: _one("queues", TicketKind, v) for queue, v in _table("queues", given).items()}
    if "states" in given:
        values["states"] = {status: _one("states", TicketState, v) for status, v in _table("states", given).items()}
    if "other_kind" in given:
        values["other_kind"] = _one("other_kind", TicketKind, given["other_kind"])
    if "priorities" in given:
        values["priorities"] = _priorities(_table("priorities", given))
    for key in ("send", "agents"):
        if key in given:
            values[key] = _texts(key, given[key])
    if "send" in values:
        values["send"] = frozenset(values["send"])
    return Options(**values)


def _operator(table: object, name: str) -> Operator:
    if not isinstance(table, Mapping):
        raise Invalid("options.operator", "not_a_table")
    for key in table:
        if key not in _OPERATOR and key != "numbers" and key != "chase_threshold":
            raise Invalid(f"options.operator.{key}", "unknown")
    values: dict[str, Any] = {
        key: _text(f"operator.{key}", table.get(key, default)) for key, default in _OPERATOR.items()
    }
    values["name"] = values["name"] or name or values["code"]
    if "numbers" in table:
        values["numbers"] = _texts("operator.numbers", table["numbers"])
    if "chase_threshold" in table:
        values["chase_threshold"] = _whole("operator.chase_threshold", table["chase_threshold"])
    return Operator(f"operator:{values['code']}", version=1, **values)


def _priorities(table: Mapping[str, object]) -> dict[Priority, int]:
    numbers = dict(_PRIORITIES)
    for word, number in table.items():
        numbers[_one("priorities", Priority, word)] = _whole("priorities", number)
    in_order = [numbers[priority] for priority in Priority]
    if in_order != sorted(set(in_order)):
        raise Invalid("options.priorities", "order", "each priority needs a higher number than the one before")
    return numbers


def _table(key: str, given: Mapping[str, object]) -> Mapping[str, object]:
    table = given[key]
    if not isinstance(table, Mapping) or not table:
        raise Invalid(f"options.{key}", "not_a_table")
    return table


def _text(key: str, value: object) -> str:
    if not isinstance(value, str) or "{" in value or "}" in value:  # braces end a field's name in RT's queries
        raise Invalid(f"options.{key}", "not_text")
    return value.strip()


def _texts(key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise Invalid(f"options.{key}", "not_a_list")
    return tuple(_text(key, each) for each in value)


def _whole(key: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _HIGHEST_PRIORITY:
        raise Invalid(f"options.{key}", "not_a_number")
    return value


def _one(key: str, kind: type[E], value: object) -> E:
    try:
        return kind(str(value))
    except ValueError as error:
        raise Invalid(f"options.{key}", "unknown", f"{str(value)[:40]} is none of {', '.join(kind)}") from error
