"""What waits to be delivered to a source that did not answer, and what was refused: the face of an outbox (R23)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from backends.errors import BackendError
from backends.port import Batch
from backends.records import Key, Record

PROVISIONAL = "outbox:"
"""How the key of a record begins that no source has taken yet."""


def is_provisional(key: Key) -> bool:
    """Return whether a record with this key is only in an outbox yet; it can always be taken back."""
    return key.startswith(PROVISIONAL)


class DeliveryState(StrEnum):
    """Where a batch stands on its way; what was sent is no longer here."""

    WAITING = "waiting"
    """Is sent as soon as the source answers, after what was written before it."""
    REFUSED = "refused"
    """The source said no; somebody must change it, send it again or drop it."""
    CONFLICT = "conflict"
    """A colleague changed the record meanwhile; somebody must choose between both versions."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One batch on its way to `source`, in the order of `number`.

    `records` are what it stores, with provisional keys where they are new; `error` is the last answer.
    """

    number: int
    source: str
    state: DeliveryState
    batch: Batch
    since: datetime
    records: tuple[Record, ...] = ()
    tries: int = 0
    tried_at: datetime | None = None
    error: BackendError | None = None
    theirs: Record | None = None
    """In a conflict: the record as the source has it now."""


@runtime_checkable
class Outgoing(Protocol):
    """A backend that keeps what it could not deliver yet."""

    def deliveries(self, customer_key: Key = "") -> tuple[Delivery, ...]:
        """Return what is on its way, oldest first: all of it, or what concerns one customer."""

    async def deliver(self) -> None:
        """Try at once what waits, without waiting for the next turn; raises nothing."""

    async def send_again(self, number: int, *, over_theirs: bool = False) -> None:
        """Put a refused delivery back in line; `over_theirs` stores it on top of the newer version.

        Raises NotFound when there is no such delivery.
        """

    async def drop(self, number: int, actor: str, reason: str) -> None:
        """Give a delivery up for good, with what depends on it; raises NotFound when there is no such delivery."""
