"""What the tests of the outbox share: a source on a bad line, and an outbox before it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from backends.contract.samples import a_customer, an_operator
from backends.errors import BackendError, Unavailable
from backends.memory import MemoryBackend, Store
from backends.outbox import Outbox
from backends.port import Batch, Capability, Put, Receipt
from backends.records import Customer, Key, Operator, Record

ACTOR = "ola"


class Clock:
    """The time, as a test wants it; it goes on by itself as well."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        """Return the present moment."""
        return datetime.now(UTC) + self.ahead

    def advance(self, **span: float) -> None:
        """Let time pass; takes what `timedelta` takes."""
        self.ahead += timedelta(**span)


class BadLine(MemoryBackend):
    """A memory backend whose line a test cuts: before a request, after it was stored, or with another answer."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.before: list[BackendError | None] = []
        """What the next requests to write raise instead of doing anything; None lets one through."""
        self.after: list[BackendError | None] = []
        """What the next requests to write raise although they were done."""
        self.down: BackendError | None = None
        """What every call raises."""
        self.stuck: asyncio.Event | None = None
        """What every request to write waits for."""
        self.asked: list[Batch] = []

    def cut(self) -> None:
        """Cut the line."""
        self.down = Unavailable("connection refused", source=self.name)
        self.down.__cause__ = ConnectionRefusedError()

    def mend(self) -> None:
        """Mend the line."""
        self.down = None

    def _check(self) -> None:
        if self.down is not None:
            raise self.down

    async def open(self) -> None:
        """Make ready, when the line is there."""
        self._check()
        await super().open()

    async def write(self, batch: Batch) -> Receipt:
        """Store a batch, when the line is there."""
        self.asked.append(batch)
        if self.stuck is not None:
            await self.stuck.wait()
        self._check()
        error = self.before.pop(0) if self.before else None
        if error is not None:
            raise error
        receipt = await super().write(batch)
        error = self.after.pop(0) if self.after else None
        if error is not None:
            raise error
        return receipt

    def __getattribute__(self, name: str) -> Any:
        if name in _READS and object.__getattribute__(self, "down") is not None:
            raise object.__getattribute__(self, "down")
        return object.__getattribute__(self, name)


_READS = frozenset(
    {
        "operators", "agents", "customers", "search", "search_text", "customer_file", "timeline", "contact", "ticket",
        "tickets", "outages", "queue", "links", "pending", "presence", "present", "events", "audit", "export", "forget",
        "note_read",
    }
)  # fmt: skip


class Desk:
    """An outbox before a source on a bad line, with a customer, and what the source holds without it."""

    def __init__(self, outbox: Outbox, line: BadLine, clock: Clock) -> None:
        self.outbox = outbox
        self.line = line
        self.clock = clock
        self.operator: Operator
        self.customer: Customer

    async def put(self, *records: Record, **settings: Any) -> Receipt:
        """Store new records through the outbox."""
        return await self.outbox.write(Batch(tuple(map(Put, records)), ACTOR, act="create", **settings))

    async def change(self, record: Any, **changes: Any) -> Receipt:
        """Store a changed record through the outbox."""
        return await self.outbox.write(Batch((Put(replace(record, **changes), seen=record.version),), ACTOR))

    async def colleague(self, record: Any, **changes: Any) -> Record:
        """Change a record in the source, past the outbox."""
        other = MemoryBackend(store=self.line.store)
        await other.open()
        receipt = await other.write(Batch((Put(replace(record, **changes), seen=record.version),), "jan"))
        found = receipt.changes[0].after
        assert found is not None
        return found

    def stored(self, kind: type[Any]) -> list[Any]:
        """Return the records of a kind that the source holds."""
        return list(self.line.store.state.every(kind))

    def bodies(self, kind: type[Any], field: str = "body") -> Counter[str]:
        """Count what the source holds, by a field."""
        return Counter(getattr(record, field) for record in self.stored(kind))

    async def mend(self) -> None:
        """Mend the line and wait until nothing waits any more."""
        self.line.mend()
        await self.outbox.deliver()
        await until(lambda: not self.waiting())

    def waiting(self) -> Sequence[int]:
        """Return the numbers of what waits."""
        return [one.number for one in self.outbox.deliveries() if one.state == "waiting"]


async def until(reached: Callable[[], bool], patience: float = 10.0) -> None:
    """Wait until something is so; fails when it does not come to be."""
    async with asyncio.timeout(patience):
        while not reached():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def a_desk(
    folder: Path, *, store: Store | None = None, patience: float = 0.4, poll: float = 0.05, **settings: Any
) -> AsyncIterator[Desk]:
    """Give an open outbox with a customer in its source."""
    clock = Clock()
    line = BadLine(store=store or Store(clock), **settings)
    outbox = Outbox(line, folder / "box.db", agent=ACTOR, now=clock, patience=patience, poll=poll)
    await outbox.open()
    desk = Desk(outbox, line, clock)
    try:
        if store is None:
            operator = an_operator()
            receipt = await desk.put(operator, a_customer(operator, name="Anna Nowak"))
            await outbox.operators()
            key: Key = receipt.keys[operator.key] if receipt.keys else ""
            desk.operator = next(one for one in await outbox.operators() if one.key == key)
            found = receipt.changes[1].after
            assert isinstance(found, Customer)
            desk.customer = found
        yield desk
    finally:
        line.mend()
        await outbox.close()


ALL_BUT_UNDO = frozenset(Capability) - {Capability.UNDO}
