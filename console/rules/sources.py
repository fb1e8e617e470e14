"""How a source of what is shown stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from backends.errors import BackendError


class SourceState(StrEnum):
    """How a source stands; failed and stale ones keep what they gave before."""

    LOADING = "loading"
    FRESH = "fresh"
    STALE = "stale"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Source:
    """One source of the view: its state, when it last answered, and the error that keeps it from answering."""

    name: str
    state: SourceState
    at: datetime | None = None
    error: BackendError | None = None
