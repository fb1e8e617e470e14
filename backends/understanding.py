"""What a source of outages made of what it read, for those who set it up: what it understood, left out, and why.

A feed is written by somebody else, for other readers. Nothing of it may vanish unseen: what cannot be read is a
`Problem`, what a rule leaves out is counted by the rule's code. The console words both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from backends.records import Outage


@dataclass(frozen=True, slots=True)
class Problem:
    """Something of a feed that could not be used: a code, the entry it stands in, and technical detail, cleaned."""

    code: str
    where: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Understanding:
    """One reading of a feed."""

    outages: tuple[Outage, ...]
    read_at: datetime
    entries: int = 0
    """How many alerts, incidents or entries the source gave."""
    problems: tuple[Problem, ...] = ()
    """The first of them; `problems_total` counts all."""
    problems_total: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    """How many entries each rule left out on purpose, by its code."""
    published_at: datetime | None = None
    """When the source last changed, as far as it says."""


@runtime_checkable
class Explains(Protocol):
    """What a source of outages offers beside the port."""

    async def explain(self) -> Understanding:
        """Tell what became of the last reading, of a new one when it is old; raises what `Backend.open` raises."""
