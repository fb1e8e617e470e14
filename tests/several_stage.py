"""Two stores that know the same people, and ways to make one of them slow, deaf or poor."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from backends.contract.samples import a_customer, an_operator, points
from backends.errors import BackendError
from backends.memory import MemoryBackend
from backends.port import Batch, Capability, Put
from backends.records import KINDS, Customer, Operator, Record
from console.desk.several import Several

READS = (
    "operators", "agents", "search", "search_text", "customer_file", "customers", "timeline", "contact", "ticket",
    "tickets", "outages", "queue", "write",
)  # fmt: skip
HELPDESK = frozenset(Capability) - {
    Capability.AUDIT, Capability.UNDO, Capability.FORGET, Capability.EXPORT, Capability.RAW, Capability.LINKS
}  # fmt: skip


class Far(MemoryBackend):
    """A helpdesk far away: its answers take `delay` seconds, or fail with `error`; `asked` counts them by name."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.delay = 0.0
        self.failing: BackendError | None = None
        self.asked: dict[str, int] = {}

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name not in READS:
            return found

        async def answer(*args: Any, **named: Any) -> Any:
            self.asked[name] = self.asked.get(name, 0) + 1
            if self.delay:
                await asyncio.sleep(self.delay)
            if self.failing is not None:
                raise self.failing
            return await found(*args, **named)

        return answer


async def put(backend: MemoryBackend, *records: Record) -> list[Any]:
    """Store records and return them as stored."""
    receipt = await MemoryBackend.write(backend, Batch(tuple(Put(one) for one in records), actor="ola", act="create"))
    return [change.after for change in receipt.changes]


async def operator_in(backend: MemoryBackend, code: str = "NORD") -> Operator:
    """Store the operator of that code."""
    (stored,) = await put(backend, an_operator(code=code, name=f"Operator {code}"))
    assert isinstance(stored, Operator)
    return stored


async def person_in(backend: MemoryBackend, operator: Operator, *ways: str, **changes: Any) -> Customer:
    """Store a customer who can be reached in these ways."""
    (stored,) = await put(backend, a_customer(operator, points=points(*ways), **changes))
    assert isinstance(stored, Customer)
    return stored


@asynccontextmanager
async def two_sources(
    *, stores: Sequence[type[Record]] = (), writes: Sequence[type[Record]] = (), **settings: Any
) -> AsyncIterator[tuple[Several, MemoryBackend, Far]]:
    """Give the desk over a home store and a helpdesk called `desk`, and both of them; all are open."""
    home = MemoryBackend(name="own")
    far = Far(name="desk", capabilities=HELPDESK, stores=frozenset(stores) or KINDS)
    several = Several(home, {"desk": far}, writes={"desk": frozenset(writes)}, **settings)
    await several.open()
    try:
        yield several, home, far
    finally:
        await several.close()
