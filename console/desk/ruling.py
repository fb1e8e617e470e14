"""By which rules a desk works, as its profile says: numbers, files of its own, and what differs by operator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from console.config_desk import Answering, Calls, RoleRules, Sensor


@dataclass(frozen=True, slots=True)
class DeskRules:
    """What a profile says of its desk; the defaults are what ships. Files that are None are the shipped ones alone."""

    sensor: Sensor = Sensor()
    calls: Calls = Calls()
    answering: Mapping[str, Answering] = field(default_factory=dict)
    """By operator code, in capitals."""
    roles: Mapping[str, RoleRules] = field(default_factory=dict)
    """By the role's name."""
    clocks_file: Path | None = None
    compensation_file: Path | None = None
    texts_file: Path | None = None
    renewals_file: Path | None = None
    guides_folder: Path | None = None

    def answering_for(self, code: str) -> Answering:
        """Return how the desk answers for the operator of that code, in any case."""
        return self.answering.get(code.upper(), Answering())
