"""What a backend beyond a network may tell about its line, besides being a `Backend`; the doctor asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer. Nothing of the query's values, of the bodies and of the credentials is in it."""

    at: datetime
    method: str
    path: str
    """Path and the names of the query's parameters."""
    status: int | None
    """None when there was no answer."""
    seconds: float
    said: str = ""
    """What the server said about a refusal, or what went wrong; cleaned, without secrets."""


@runtime_checkable
class Traced(Protocol):
    """A backend that remembers what it last asked its server."""

    @property
    def exchanges(self) -> Sequence[Exchange]:
        """The last exchanges, oldest first."""


@runtime_checkable
class Personal(Protocol):
    """A backend whose server tells whose credentials it was given."""

    async def signed_in_as(self) -> str:
        """Return login or name of who is signed in, empty when the server does not say; raises as any reading does."""
