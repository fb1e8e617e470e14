"""What wording needs to know besides the records: the moment, the agent's zone and the spare room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from backends.records import Key, Operator

if TYPE_CHECKING:
    from console.data.texts import Texts
    from console.rules.compensation import Tariffs
    from console.rules.policies import Policies


@dataclass(frozen=True, slots=True)
class Now:
    """The present moment (UTC), the zone in which times are shown, and the operators by key."""

    at: datetime
    zone: tzinfo
    operators: Mapping[Key, Operator] = field(default_factory=dict)
    clocks_file: Path | None = None
    """The operator's own policies over the shipped ones; None where there are none."""
    compensation_file: Path | None = None
    """The operator's own tariffs over the shipped ones; None where there are none."""

    texts_file: Path | None = None
    """The operators' own words to customers over the shipped ones: a file or a folder; None where there are none."""

    def texts(self, operator_key: Key = "") -> Texts:
        """Return what is told to customers in an operator's name; the shipped words where a file of theirs is wrong.

        `cordboard config check` tells what is wrong with it: a customer on the line is told something all the same.
        """
        from console.data import DataError
        from console.data.texts import texts_of  # the first frame tells customers nothing

        operator = self.operators.get(operator_key)
        try:
            return texts_of(self.texts_file, operator.code if operator else "")
        except DataError:
            return texts_of()

    @property
    def policies(self) -> Policies:
        """By which policies clocks run; raises DataError for a wrong file."""
        from console.data.clocks import policies  # the first frame shows no clock

        return policies(self.clocks_file)

    @property
    def tariffs(self) -> Tariffs:
        """By which tariffs compensation is owed; raises DataError for a wrong file."""
        from console.data.compensation import tariffs  # the first frame shows no amount

        return tariffs(self.compensation_file)

    @property
    def today(self) -> date:
        """The calendar day in the agent's zone."""
        return self.at.astimezone(self.zone).date()

    def operator_name(self, key: Key) -> str:
        """Return an operator's name, empty for one that is not known."""
        operator = self.operators.get(key)
        return operator.name if operator else ""
