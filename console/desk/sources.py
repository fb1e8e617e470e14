"""How the sources behind a backend stand: what each gave, when, and why it gives nothing now."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Protocol, runtime_checkable

from backends.errors import BackendError
from backends.port import Backend, Match
from backends.records import Key, Origin
from console.rules.identity import Counterpart
from console.rules.sources import Source, SourceState


@runtime_checkable
class Opening(Protocol):
    """A backend whose sources may still be on their way when it is open."""

    async def opened(self, seconds: float) -> None:
        """Wait so long at most for sources that are still being opened."""


@runtime_checkable
class Standing(Protocol):
    """A backend that is made of sources, or shows what a source told earlier."""

    def standing(self, customer_key: Key = "") -> tuple[Source, ...]:
        """Return how each source stands, for one customer or at all."""


@runtime_checkable
class Searching(Protocol):
    """A backend whose sources answer one after the other."""

    def searching(
        self, text: str, *, limit: int = 20, operator_keys: frozenset[Key] = frozenset(), rest: float = 0.0
    ) -> AsyncIterator[tuple[Match, ...]]:
        """Yield what is found so far, again with each source that answers; far ones are asked after `rest` seconds."""


@runtime_checkable
class Joining(Protocol):
    """A backend that shows customers of several sources as one."""

    def end_of(self, customer_key: Key) -> Origin:
        """Return the source of a customer and their key there, as links name them."""

    def counterparts(self, customer_key: Key) -> tuple[Counterpart, ...]:
        """Return who is, or might be, the same person in other sources: those shown as one first."""


@runtime_checkable
class Remembering(Protocol):
    """A backend that may answer with what it was told before."""

    last_answer: datetime | None
    error: BackendError | None


@runtime_checkable
class Journalled(Protocol):
    """A backend with a journal of its own on this computer."""

    @property
    def damage(self) -> BackendError | None:
        """That the journal is or was damaged, and where its remains are; None when not."""


def sources_of(backend: Backend, customer_key: Key, now: datetime) -> tuple[Source, ...]:
    """Return how the sources of a backend stand; one that answered just now is fresh."""
    if isinstance(backend, Standing):
        return backend.standing(customer_key)
    if isinstance(backend, Remembering) and backend.error is not None:
        return (Source(backend.name, SourceState.STALE, backend.last_answer, backend.error),)
    return (Source(backend.name, SourceState.FRESH, now),)


__all__ = [
    "Counterpart",
    "Joining",
    "Journalled",
    "Remembering",
    "Searching",
    "Source",
    "SourceState",
    "Standing",
    "sources_of",
]
