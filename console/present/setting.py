"""What wording needs to know besides the records: the moment, the agent's zone and the spare room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo

from backends.records import Key, Operator


@dataclass(frozen=True, slots=True)
class Now:
    """The present moment (UTC), the zone in which times are shown, and the operators by key."""

    at: datetime
    zone: tzinfo
    operators: Mapping[Key, Operator] = field(default_factory=dict)

    @property
    def today(self) -> date:
        """The calendar day in the agent's zone."""
        return self.at.astimezone(self.zone).date()

    def operator_name(self, key: Key) -> str:
        """Return an operator's name, empty for one that is not known."""
        operator = self.operators.get(key)
        return operator.name if operator else ""
