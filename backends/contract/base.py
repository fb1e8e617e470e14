"""What all parts of the suite share: the backend under test, its hooks, and how records are put into it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import Any, TypeVar

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings

from backends.contract.samples import a_contact, a_customer, an_operator
from backends.errors import Invalid, Unsupported
from backends.port import Backend, Batch, Capability, Page, Put, Remove
from backends.records import Customer, Key, Operator, Record

R = TypeVar("R", bound=Record)
T = TypeVar("T")
ANYTHING = settings(
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,  # examples share one store on purpose: it fills as in life
        HealthCheck.differing_executors,  # two backends in one run share a test; an example that broke one suits all
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.large_base_example,
    ],
)
"""How hypothesis runs here: stores differ in speed, and whole records are large examples."""
ACTOR = "ola"
NOBODY = "no-such-key"


def kind_of(record: Record) -> str:
    """Return the name of a record's kind as the audit trail writes it: `ticket_event`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(record).__name__).lower()


def without_identity(record: R) -> R:
    """Return `record` without what a backend assigns, to compare what went in with what came out."""
    blank: dict[str, Any] = {name: "" for name in ("key", "reference", "number") if hasattr(record, name)}
    return replace(record, version=0, **blank)


async def _next(backend: Backend) -> None:
    async for _ in backend.events():
        return


async def _removal(backend: Backend) -> None:
    await backend.write(Batch((Remove(an_operator(key=NOBODY), seen=1),), actor=ACTOR, act="undo"))


async def _write(backend: Backend) -> None:
    await backend.write(Batch((Put(an_operator()),), actor=ACTOR))


async def _raw(backend: Backend) -> None:
    await backend.write(Batch((Put(an_operator(), raw=b"x"),), actor=ACTOR))


USES: dict[Capability, Callable[[Backend], Awaitable[object]]] = {
    Capability.SEARCH: lambda backend: backend.search("nowak"),
    Capability.TEXT_SEARCH: lambda backend: backend.search_text("nowak"),
    Capability.WRITE: _write,
    Capability.UNDO: _removal,
    Capability.LIVE: _next,
    Capability.QUEUE: lambda backend: backend.queue(),
    Capability.OUTAGES: lambda backend: backend.outages(),
    Capability.AUDIT: lambda backend: backend.audit(),
    Capability.EXPORT: lambda backend: backend.export(NOBODY, ACTOR),
    Capability.FORGET: lambda backend: backend.forget(NOBODY, ACTOR, ""),
    Capability.RAW: _raw,
}
"""For each capability, a use of it that must raise Unsupported where it is not advertised."""


@pytest.mark.asyncio
class Contract:
    """The base of every part of the suite."""

    patience = 10.0
    """Seconds after which an event that has not come counts as lost."""

    @pytest_asyncio.fixture
    async def backend(self) -> AsyncIterator[Backend]:
        """Yield the backend under test, opened and empty."""
        for backend in self._none():
            yield backend

    def _none(self) -> tuple[Backend, ...]:
        raise NotImplementedError("give your subclass a fixture `backend`")

    async def second(self, backend: Backend) -> Backend | None:
        """Return another opened handle on the store of `backend`, None when there can be none; the test closes it."""
        return None

    @asynccontextmanager
    async def other(self, backend: Backend) -> AsyncIterator[Backend]:
        """Give the second handle on the store, or the same one when there can be none."""
        second = await self.second(backend)
        try:
            yield second or backend
        finally:
            if second is not None:
                await second.close()

    async def plant(self, backend: Backend, records: Sequence[Record]) -> list[Record]:
        """Put records into the store and return them as stored, in this order."""
        receipt = await backend.write(Batch(tuple(Put(record) for record in records), actor=ACTOR, act="create"))
        stored = [change.after for change in receipt.changes if change.after is not None]
        assert len(stored) == len(records)
        return stored

    async def needs(self, backend: Backend, *capabilities: Capability) -> None:
        """Go on when all are advertised; else see that the first missing one raises Unsupported, and skip the rest."""
        for capability in capabilities:
            if capability in backend.capabilities:
                continue
            with pytest.raises(Unsupported) as raised:
                await USES[capability](backend)
            assert raised.value.capability == capability
            pytest.skip(f"does not offer {capability}, and says so")

    async def needs_records(self, backend: Backend) -> None:
        """Go on when records can be put into the store: by writing, or by a `plant` of the subclass's own."""
        if type(self).plant is Contract.plant:
            await self.needs(backend, Capability.WRITE)

    # ways to put things there -------------------------------------------------------------------------------------

    async def planted(self, backend: Backend, record: R) -> R:
        """Put one record into the store and return it as stored."""
        (stored,) = await self.plant(backend, [record])
        assert isinstance(stored, type(record))
        return stored

    async def an_operator(self, backend: Backend, **changes: Any) -> Operator:
        """Store an operator."""
        return await self.planted(backend, an_operator(**changes))

    async def a_customer(self, backend: Backend, **changes: Any) -> Customer:
        """Store a customer with an operator of their own."""
        return await self.planted(backend, a_customer(await self.an_operator(backend), **changes))

    async def changed(self, backend: Backend, record: R, **changes: Any) -> R:
        """Store `record` with some fields changed and return it as stored."""
        after = replace(record, **changes)
        receipt = await backend.write(Batch((Put(after, seen=record.version),), actor=ACTOR))
        stored = receipt.changes[0].after
        assert isinstance(stored, type(record))
        return stored

    async def contacts(self, backend: Backend, customer: Customer, count: int, **changes: Any) -> list[Key]:
        """Store contacts, all alike, and return their keys."""
        records = [a_contact(customer, **changes) for _ in range(count)]
        return [record.key for record in await self.plant(backend, records)]


REFUSALS = frozenset({"missing", "unknown", "naive", "taken", "twice", "cut", "in_use", "cursor"})
"""The codes of Invalid that every backend uses alike, so that the console has words for them: a needed key or version
is empty; it leads to no record; a moment has no zone; another record has it; a record stands twice in a batch; a page
has cut the body; another record still names it; no page gave this cursor. A backend may have more codes."""


@contextmanager
def refused(field: str, code: str) -> Iterator[None]:
    """Expect Invalid with this code, naming the field or a part of it, such as `updates[0].at`."""
    assert code in REFUSALS
    with pytest.raises(Invalid) as raised:
        yield
    assert (re.split(r"\W", raised.value.field)[0], raised.value.code) == (field, code)


async def every_row(pages: Callable[[str | None], Awaitable[Page[T]]]) -> list[T]:
    """Return the rows of all pages; fails when paging does not come to an end."""
    rows: list[T] = []
    after: str | None = None
    for _ in range(1_000):
        found = await pages(after)
        rows.extend(found.rows)
        after = found.after
        if after is None:
            return rows
    raise AssertionError("paging has no end")
