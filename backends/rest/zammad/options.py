"""What a profile says about its Zammad: whose desk it is, what groups and states mean, where the site keeps the rest.

Every table is checked when the source is opened; what is wrong is told with its name. Attributes are those that the
site's administrator added to users and tickets in Zammad's object manager; they are text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlsplit

from backends import clean
from backends.errors import Invalid
from backends.records import (
    CHANNELS,
    Channel,
    CustomerFlag,
    CustomerKind,
    Holder,
    Operator,
    Outcome,
    Priority,
    TicketKind,
    TicketState,
)

E = TypeVar("E", bound=StrEnum)
V = TypeVar("V")

CUSTOMER_FIELDS: Mapping[str, type] = {
    "number": str,
    "kind": CustomerKind,
    "greeting_name": str,
    "tone": str,
}
"""Fields of a customer that a site may keep in attributes of its own, and what they hold."""
TICKET_FIELDS: Mapping[str, type] = {
    "kind": TicketKind,
    "holder": Holder,
    "holder_reference": str,
    "escalated_to": str,
    "next_step": str,
    "outcome": Outcome,
    "class_proposed": Outcome,
    "outcome_reason": str,
    "resolution": str,
}
"""Fields of a ticket that a site may keep in attributes of its own, and what they hold."""

_SENT = frozenset({Channel.EMAIL})
_INTERNAL = frozenset({Channel.CALL, Channel.NOTE, Channel.VISIT})
_MOST_DELAY = 600.0
_OPERATOR = frozenset(each.name for each in fields(Operator)) - {"key", "parent_key", "version"}
_KNOWN = frozenset({
    "operator", "group", "groups", "kind", "holders", "priorities", "states", "customer", "ticket", "details", "flags",
    "countries", "pending_days", "internal", "send", "marker", "calls", "history", "index_delay", "agent_roles",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a profile's source, checked."""

    operator: Operator
    group: str = "Users"
    """The group of new tickets whose kind no group is mapped to."""
    groups: Mapping[str, TicketKind] = field(default_factory=dict)
    """Which kind of ticket a group works on, by its name."""
    kind: TicketKind = TicketKind.FAULT
    """What a ticket of any other group is."""
    holders: Mapping[str, Holder] = field(default_factory=dict)
    """Who has the ball when a ticket is in a group, by its name; the desk when it is in any other."""
    priorities: Mapping[str, Priority] = field(default_factory=dict)
    """What the site's own priorities mean, by name; `1 low`, `2 normal`, `3 high` are known."""
    states: Mapping[TicketState, str] = field(default_factory=dict)
    """Which of the site's states is set for a ticket's; otherwise the first one of the fitting type."""
    customer: Mapping[str, str] = field(default_factory=dict)
    ticket: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, str] = field(default_factory=dict)
    """Question code (R36) → attribute of the ticket that keeps its answer."""
    flags: Mapping[CustomerFlag, str] = field(default_factory=dict)
    """Flag → attribute of the user that is true; `vip` means priority repair unless said otherwise."""
    countries: Mapping[str, str] = field(default_factory=dict)
    """What the site writes as a country → ISO 3166 alpha-2."""
    pending_days: float = 3.0
    """Days after which a state that waits reminds, when the ticket names no next step."""
    internal: frozenset[str] = _INTERNAL
    """Channels whose contacts customers do not see in Zammad's own pages."""
    send: frozenset[str] = _SENT
    """Channels on which an outbound contact is sent by Zammad, of e-mail and SMS; elsewhere it is only noted."""
    marker: str = "note"
    """The attribute of a ticket that carries our mark."""
    calls: bool = True
    """Whether the caller log belongs to a customer's history."""
    history: bool = True
    """Whether changes of tickets belong to it."""
    index_delay: float = 10.0
    """Seconds by which the server's search may be behind its database."""
    agent_roles: frozenset[str] = frozenset({"agent", "admin"})

    def group_for(self, kind: TicketKind) -> str | None:
        """Return the group that works on this kind, None when none is mapped to it."""
        return next((name for name, each in self.groups.items() if each is kind), None)

    def kind_of(self, group: str) -> TicketKind:
        """Return what a ticket in this group is about."""
        return next((kind for name, kind in self.groups.items() if name.casefold() == group.casefold()), self.kind)

    def holder_of(self, group: str) -> Holder:
        """Return who has the ball when a ticket is in this group."""
        found = (holder for name, holder in self.holders.items() if name.casefold() == group.casefold())
        return next(found, Holder.DESK)


def options_from(given: Mapping[str, object] | None, url: str, source: str = "") -> Options:
    """Return the options in a profile's table; raises Invalid naming the first one that is wrong."""
    table = _Table(dict(given or {}), source)
    table.only(_KNOWN, "options")
    flags = {CustomerFlag.PRIORITY_REPAIR: "vip"} | table.mapped("flags", _member(CustomerFlag), _text)
    return Options(
        operator=_operator(table.table("operator"), url, source),
        group=table.one("group", _text, "Users"),
        groups=table.mapped("groups", _text, _member(TicketKind)),
        kind=table.one("kind", _member(TicketKind), TicketKind.FAULT),
        holders=table.mapped("holders", _text, _member(Holder)),
        priorities=table.mapped("priorities", lambda name: _text(name).casefold(), _member(Priority)),
        states=table.mapped("states", _member(TicketState), _text),
        customer=table.mapped("customer", _among(CUSTOMER_FIELDS), _text),
        ticket=table.mapped("ticket", _among(TICKET_FIELDS), _text),
        details=table.mapped("details", _text, _text),
        flags={flag: name for flag, name in flags.items() if name != "-"},
        countries=table.mapped("countries", lambda name: _text(name).casefold(), _text),
        pending_days=table.one("pending_days", _days, 3.0),
        internal=table.some("internal", _among(CHANNELS), _INTERNAL),
        send=table.some("send", _among((Channel.EMAIL, Channel.SMS)), _SENT),
        marker=table.one("marker", _text, "note"),
        calls=table.one("calls", _flag, True),
        history=table.one("history", _flag, True),
        index_delay=table.one("index_delay", _seconds, 10.0),
        agent_roles=table.some("agent_roles", lambda name: _text(name).casefold(), frozenset({"agent", "admin"})),
    )


def _operator(table: _Table, url: str, source: str) -> Operator:
    table.only(_OPERATOR, "operator")
    host = urlsplit(url).hostname or "zammad"
    code = table.one("code", _text, source or host)
    given: dict[str, Any] = {name: value for name, value in table.values.items() if name not in ("numbers", "code")}
    for name, value in given.items():
        wanted = {"chase_threshold": int, "active": bool}.get(name, str)
        if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
            raise Invalid(f"operator.{name}", "type", f"should be {wanted.__name__}", source=source)
    plain = {"name": code, "country": "", "language": "en", "time_zone": "UTC"}
    numbers = tuple(sorted(table.some("numbers", _text, frozenset())))
    return Operator(key=f"operator:{code}", code=code, numbers=numbers, **(plain | given))


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of a profile, read with the names of its parts."""

    values: Mapping[str, object]
    source: str
    prefix: str = ""

    def only(self, known: frozenset[str], what: str) -> None:
        """Raise Invalid for the first name that means nothing here."""
        for name in self.values:
            if name not in known:
                says = f"{what} knows {', '.join(sorted(known))}"
                raise Invalid(f"{self.prefix}{name}", "unknown", says, source=self.source)

    def table(self, name: str) -> _Table:
        """Return the table of this name, empty when it is not given."""
        value = self.values.get(name, {})
        if not isinstance(value, Mapping):
            raise Invalid(f"{self.prefix}{name}", "type", "should be a table", source=self.source)
        return _Table({str(key): each for key, each in value.items()}, self.source, f"{self.prefix}{name}.")

    def one(self, name: str, read: Callable[[object], V], otherwise: V) -> V:
        """Return one value, `otherwise` when it is not given."""
        return self._read(name, read, self.values[name]) if name in self.values else otherwise

    def some(self, name: str, read: Callable[[object], V], otherwise: frozenset[V]) -> frozenset[V]:
        """Return the values of a list."""
        value = self.values.get(name)
        if value is None:
            return otherwise
        if not isinstance(value, list | tuple):
            raise Invalid(f"{self.prefix}{name}", "type", "should be a list", source=self.source)
        return frozenset(self._read(f"{name}[{index}]", read, each) for index, each in enumerate(value))

    def mapped(self, name: str, key: Callable[[object], E | str], read: Callable[[object], V]) -> dict[Any, V]:
        """Return a table with its names and values read."""
        table = self.table(name)
        return {table._read(each, key, each): table._read(each, read, value) for each, value in table.values.items()}

    def _read(self, name: str, read: Callable[[object], V], value: object) -> V:
        try:
            return read(value)
        except ValueError as error:
            raise Invalid(f"{self.prefix}{name}", "type", str(error), source=self.source) from None


def _text(value: object) -> str:
    if not isinstance(value, str) or not clean.line(value):
        raise ValueError("should be text")
    return clean.line(value)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("should be true or false")
    return value


def _days(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 3_650:
        raise ValueError("should be days above 0")
    return float(value)


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MOST_DELAY:
        raise ValueError(f"should be seconds from 0 to {_MOST_DELAY:.0f}")
    return float(value)


def _member(kind: type[E]) -> Callable[[object], E]:
    def read(value: object) -> E:
        try:
            return kind(str(value))
        except ValueError:
            raise ValueError(f"should be one of {', '.join(kind)}") from None

    return read


def _among(known: Any) -> Callable[[object], str]:
    def read(value: object) -> str:
        if value not in known:
            raise ValueError(f"should be one of {', '.join(known)}")
        return str(value)

    return read
