"""What all parts of the suite share: the backend under test, its hooks, and how records are put into it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from functools import wraps
from typing import Any, TypeVar, cast

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backends.contract.limits import ACTOR, Limits, R, class_of, kind_of, without_identity
from backends.contract.samples import a_contact, a_customer, a_ticket, ago, an_operator
from backends.errors import Invalid, Unsupported
from backends.port import Backend, Batch, Capability, Page, Put, Remove
from backends.records import Contact, Customer, Key, Operator, Origin, Record, Ticket, TicketKind, new_key

__all__ = [
    "ACTOR", "ANYTHING", "NOBODY", "REFUSALS", "USES", "Contract", "R", "checked", "every_row", "kind_of", "refused",
    "without_identity",
]  # fmt: skip

T = TypeVar("T")
Test = TypeVar("Test", bound=Callable[..., Coroutine[Any, Any, None]])
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
NOBODY = "no-such-key"


async def _next(backend: Backend) -> None:
    async for _ in backend.events():
        return


def _sample(backend: Backend) -> Record:
    """Return a record of a kind that is stored, if any: what else would be refused is not the kind."""
    operator = an_operator()
    customer = a_customer(operator)
    return next((each for each in (operator, customer, a_ticket(customer)) if type(each) in backend.stores), operator)


async def _removal(backend: Backend) -> None:
    gone: dict[str, Any] = {"key": NOBODY}
    await backend.write(Batch((Remove(replace(_sample(backend), **gone), seen=1),), actor=ACTOR, act="undo"))


async def _write(backend: Backend) -> None:
    await backend.write(Batch((Put(_sample(backend)),), actor=ACTOR))


async def _raw(backend: Backend) -> None:
    await backend.write(Batch((Put(_sample(backend), raw=b"x"),), actor=ACTOR))


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
    Capability.LINKS: lambda backend: backend.links([Origin("desk", NOBODY)]),
    Capability.PENDING: lambda backend: backend.pending(),
    Capability.PRESENCE: lambda backend: backend.presence(NOBODY),
}
"""For each capability, a use of it that must raise Unsupported where it is not advertised."""


def checked(examples: int, **strategies: st.SearchStrategy[Any]) -> Callable[[Test], Test]:
    """Return a decorator that has hypothesis make so many examples, or fewer where a subclass says `examples`."""

    def decorated(test: Test) -> Test:
        def again(at_most: int) -> Test:
            @wraps(test)
            async def copied(*args: Any, **kwargs: Any) -> None:
                await test(*args, **kwargs)

            made = given(**strategies)(settings(ANYTHING, max_examples=min(examples, at_most))(copied))
            vars(made)["again"] = again
            return cast("Test", made)

        return again(examples)

    return decorated


@pytest.mark.asyncio
class Contract(Limits):
    """The base of every part of the suite: the backend under test, and how records are put into it."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Give a subclass that wants fewer examples tests of its own: settings belong to a function, not to a class."""
        super().__init_subclass__(**kwargs)
        if cls.examples is None:
            return
        for name in dir(cls):
            again = getattr(getattr(cls, name), "again", None)
            if name.startswith("test_") and again is not None:
                setattr(cls, name, again(cls.examples))

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
        """Put records into the store and return them as stored, in this order; a subclass may have a way of its own."""
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

    async def audit_rows(self, backend: Backend) -> int:
        """Return how many rows the audit trail has, 0 where there is none."""
        if Capability.AUDIT not in backend.capabilities:
            return 0
        return len(await every_row(lambda after: backend.audit(after=after)))

    # ways to put things there -------------------------------------------------------------------------------------

    async def fitting(self, backend: Backend, record: R) -> R:
        """Return a sample as the store can hold it: shaped, and a contact on a ticket where it needs one."""
        if isinstance(record, Contact) and not record.ticket_key and not self.lone_contacts:
            ticket = await self.case(backend, record.customer_key, record.operator_key)
            changes: dict[str, Any] = {"ticket_key": ticket.key}
            record = replace(record, **changes)
        return self.shaped(record)

    async def case(self, backend: Backend, customer_key: Key, operator_key: Key) -> Ticket:
        """Return the ticket that takes a customer's contacts, where none may be alone; always the same one."""
        cases: dict[tuple[str, Key], Ticket] = vars(self).setdefault("_cases", {})
        if (backend.url, customer_key) not in cases:
            case = Ticket(new_key(), "", customer_key, operator_key, TicketKind.FAULT, "Contacts", ago(days=30))
            cases[backend.url, customer_key] = await self.planted(backend, case)
        return cases[backend.url, customer_key]

    async def stored(self, backend: Backend, records: Sequence[Record]) -> list[Record]:
        """Put records into the store and return them as stored; skips, on proof, when a kind cannot be stored."""
        await self.needs_kinds(backend, *records)
        put = await self.plant(backend, [await self.fitting(backend, record) for record in records])
        assert [type(record) for record in put] == [type(record) for record in records]
        await self.settled(backend)
        return put

    async def stored_in_time(self, backend: Backend, records: Sequence[R], moment: str = "at") -> list[R]:
        """Put records into the store; where it gives the moments itself, one by one, oldest first."""
        kinds = {class_of(record) for record in records}
        if all(self.keeps(backend, kind, moment) for kind in kinds):
            return cast("list[R]", await self.stored(backend, records))
        order = sorted(range(len(records)), key=lambda index: getattr(records[index], moment))
        put = {index: await self.planted(backend, records[index]) for index in order}
        return [put[index] for index in range(len(records))]

    async def planted(self, backend: Backend, record: R) -> R:
        """Put one record into the store and return it as stored."""
        (stored,) = await self.stored(backend, [record])
        assert isinstance(stored, type(record))
        return stored

    async def an_operator(self, backend: Backend, **changes: Any) -> Operator:
        """Store an operator; a store without operators of its own gives the fixed one, when nothing else is asked."""
        if self.has_operators(backend):
            return await self.planted(backend, an_operator(**changes))
        await self.refuses(backend, an_operator(**changes))
        (fixed,) = await backend.operators()
        if any(getattr(fixed, name) != value for name, value in changes.items()):
            pytest.skip("has one operator only, and refuses others")
        return fixed

    async def a_customer(self, backend: Backend, **changes: Any) -> Customer:
        """Store a customer, with an operator of their own where that can be."""
        return await self.planted(backend, a_customer(await self.an_operator(backend), **changes))

    async def batch(self, backend: Backend, *items: Put | Remove, **said: Any) -> Batch:
        """Return the batch of `items`, each as the store can hold it; skips, on proof, when a kind is not stored.

        What only `plant` can put there, and what can only be added, is refused when it is to be changed: that is seen
        here, and the test skipped.
        """
        fitting: list[Put | Remove] = []
        for item in items:
            if isinstance(item, Put):
                item = replace(item, record=await self.fitting(backend, item.record))
                await self._writable(backend, item)
            fitting.append(item)
        return Batch(tuple(fitting), **({"actor": ACTOR} | said))

    async def _writable(self, backend: Backend, item: Put) -> None:
        kind, name = type(item.record), kind_of(item.record)
        if kind not in backend.stores:
            await self.refuses(backend, item.record)
            pytest.skip(f"does not write {name}, and says so")
        if kind in self.unchanging and item.seen is not None:
            with pytest.raises(Unsupported) as raised:
                await backend.write(Batch((item,), actor=ACTOR))
            assert raised.value.capability in (f"write.{name}", f"change.{name}")
            pytest.skip(f"does not change {name}, and says so")

    async def changed(self, backend: Backend, record: R, **changes: Any) -> R:
        """Store `record` with some fields changed and return it as stored."""
        after = replace(record, **changes)
        receipt = await backend.write(await self.batch(backend, Put(after, seen=record.version)))
        stored = receipt.changes[0].after
        assert isinstance(stored, type(record))
        await self.settled(backend)
        return stored

    def touched(self, backend: Backend, customer: Customer, word: str) -> Customer:
        """Return `customer` changed by `word` in a field that the store keeps."""
        for name in ("tone", "greeting_name", "name"):
            if self.keeps(backend, Customer, name):
                changes: dict[str, Any] = {name: word}
                return self.shaped(replace(customer, **changes))
        raise AssertionError("a store that keeps no text of a customer keeps no customers")

    async def touch(self, backend: Backend, customer: Customer, word: str) -> Customer:
        """Store `customer` changed by `word` and return it as stored."""
        receipt = await backend.write(
            await self.batch(backend, Put(self.touched(backend, customer, word), seen=customer.version))
        )
        stored = receipt.changes[0].after
        assert isinstance(stored, Customer)
        await self.settled(backend)
        return stored

    async def contacts(self, backend: Backend, customer: Customer, count: int, **changes: Any) -> list[Key]:
        """Store contacts, all alike, and return their keys."""
        records = [a_contact(customer, **changes) for _ in range(count)]
        return [record.key for record in await self.stored(backend, records)]


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
