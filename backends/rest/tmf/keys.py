"""Keys of records from a TM Forum server: the kind before the server's own id."""

from __future__ import annotations

from collections.abc import Mapping

from backends.records import (
    Contact,
    Contract,
    Customer,
    Key,
    Line,
    Operator,
    Outage,
    Record,
    Ticket,
    TicketEvent,
    Visit,
    is_new,
)

LONGEST = 300
"""Characters of an id that we ask a server for."""
_PREFIXES: Mapping[type[Record], str] = {
    Customer: "customer:",
    Contact: "contact:",
    Ticket: "ticket:",
    TicketEvent: "event:",
    Visit: "visit:",
    Outage: "outage:",
    Contract: "contract:",
    Line: "line:",
}


class SourceKeys:
    """Ids of one server; it has one operator, whatever it says."""

    def __init__(self, operator: Operator) -> None:
        self._operator = operator

    def key(self, kind: type[Record], identifier: str) -> Key:
        """Return the key for an id; empty for none."""
        return _PREFIXES[kind] + identifier if identifier else ""

    def identifier(self, kind: type[Record], key: Key) -> str:
        """Return the id for a key, of an event the note's; empty for a new key and for another kind's."""
        prefix = _PREFIXES[kind]
        if is_new(key) or not key.startswith(prefix):
            return ""
        found = key.removeprefix(prefix)
        return found.rpartition("/")[2] if kind is TicketEvent else found

    def operator_key(self, code: str) -> Key:
        """Return the key of the one operator."""
        return self._operator.key

    def operator_code(self, key: Key) -> str:
        """Return the operator's code."""
        return self._operator.code if key == self._operator.key else ""

    def name_of(self, record: Record) -> str:
        """Return the id of a record that came from the server."""
        return self.identifier(type(record), record.key)


def askable(identifier: str) -> bool:
    """Return whether a server can be asked for this id at all."""
    return 0 < len(identifier) <= LONGEST and identifier.isprintable() and identifier.strip(".") != ""
