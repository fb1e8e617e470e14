"""The suite on stores that do as little as a helpdesk: few kinds, few fields, one operator; and on some that lie."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest
import pytest_asyncio

from backends.contract import BackendContract
from backends.contract.base import R
from backends.contract.samples import a_ticket
from backends.errors import Invalid, Unsupported
from backends.memory import MemoryBackend
from backends.memory.checking import resolved
from backends.memory.state import without
from backends.memory.writing import apply
from backends.port import Backend, Batch, Capability, Change, MatchedOn, Put, Receipt, Remove
from backends.records import (
    Chase,
    Contact,
    Customer,
    Entry,
    Key,
    Operator,
    Record,
    Ticket,
    TicketEvent,
    TicketEventKind,
    is_new,
    new_key,
)

OPERATOR = Operator("operator:breza", "breza", "Breza", "PL", "pl", "Europe/Warsaw")
FEW: frozenset[type[Record]] = frozenset({Customer, Contact, Ticket, TicketEvent})
LACKS = {Capability.UNDO, Capability.AUDIT, Capability.FORGET, Capability.EXPORT, Capability.RAW, Capability.OUTAGES}
OMITS: Mapping[type[Record], frozenset[str]] = {
    Customer: frozenset({"tone", "authorised", "origin", "flags"}),
    Contact: frozenset({"route", "answered_by", "waived_reason", "seconds", "line_key", "origin", "outcome"}),
    Ticket: frozenset({"line_key", "outage_key", "compensations", "details", "origin", "holder_reference"}),
    TicketEvent: frozenset({"before", "after"}),
}


class Helpdesk(MemoryBackend):
    """A store of few kinds with one operator of its own."""

    def __init__(self, helpdesk: Helpdesk | None = None) -> None:
        super().__init__(
            () if helpdesk else (OPERATOR,),
            store=helpdesk.store if helpdesk else None,
            name="helpdesk",
            capabilities=set(Capability) - LACKS,
            stores=FEW,
            omits=OMITS,
        )


class TestFewKinds(BackendContract):
    """The suite, on a store that knows customers, tickets, what happened to them, and contacts."""

    finds = frozenset(MatchedOn) - {MatchedOn.LINE, MatchedOn.MAC, MatchedOn.IP, MatchedOn.CONTRACT}
    helpdesk: ClassVar[type[Helpdesk]] = Helpdesk

    @pytest_asyncio.fixture
    async def backend(self) -> AsyncIterator[Backend]:
        """Yield a store that holds nothing but its operator."""
        backend = self.helpdesk()
        await backend.open()
        yield backend
        await backend.close()

    async def second(self, backend: Backend) -> Backend:
        """Return another handle on the same store."""
        assert isinstance(backend, Helpdesk)
        another = type(backend)(backend)
        await another.open()
        return another


class Ticketing(Helpdesk):
    """A helpdesk that has the last word: its own clock and numbers, a log of its own, no contact without a ticket.

    Customers are made elsewhere and nobody changes a contact. It takes the records of a batch one by one, each under
    a marker of its own, so that a batch which was cut off goes on where it stopped.
    """

    def __init__(self, helpdesk: Helpdesk | None = None) -> None:
        super().__init__(helpdesk)
        self.stores = FEW - {Customer}
        self.marked: dict[str, Change] = helpdesk.marked if isinstance(helpdesk, Ticketing) else {}
        self.whole: dict[str, Receipt] = helpdesk.whole if isinstance(helpdesk, Ticketing) else {}

    async def write(self, batch: Batch) -> Receipt:
        """Store a batch one by one; all of it is checked before the first."""
        self._refuse_kinds(batch)
        for item in batch.items:
            if isinstance(item, Remove) or item.raw is not None:
                raise Unsupported(Capability.UNDO if isinstance(item, Remove) else Capability.RAW)
            if isinstance(item.record, Contact):
                self._check_contact(item.record)
        name = batch.idempotency_key or new_key()
        if name in self.whole:
            return replace(self.whole[name], repeated=True)
        rest = tuple(self._own(item) for n, item in enumerate(batch.items) if f"{name}/{n}" not in self.marked)
        keys = {
            item.record.key: change.after.key
            for n, item in enumerate(batch.items)
            if (change := self.marked.get(f"{name}/{n}")) and change.after
        }
        state = self._state.copy()
        apply(state, replace(batch, items=tuple(_resolved(item, keys) for item in rest), idempotency_key=""), _now())
        order = sorted(range(len(batch.items)), key=lambda n: not isinstance(batch.items[n].record, Ticket))
        for n in order:
            change = await self._step(f"{name}/{n}", _resolved(self._own(batch.items[n]), keys), batch)
            assert change.after is not None
            keys[batch.items[n].record.key] = change.after.key
        changes = tuple(self.marked[f"{name}/{n}"] for n in range(len(batch.items)))
        new = {key: real for key, real in keys.items() if is_new(key)}
        self.whole[name] = Receipt(changes, _now(), keys=new)
        return self.whole[name]

    def _check_contact(self, contact: Contact) -> None:
        if not is_new(contact.key) and contact.whole:
            raise Unsupported("change.contact", source=self.name)
        if not contact.ticket_key:
            raise Invalid("ticket_key", "missing", source=self.name)

    def _own(self, item: Put | Remove) -> Put:
        """Return an item with the server's own moments and numbers in it."""
        assert isinstance(item, Put)
        record = item.record
        if isinstance(record, Contact) and record.whole:
            return replace(item, record=replace(record, at=_now(), reference=""))
        if isinstance(record, Ticket):
            known = self.store.state.find(Ticket, record.key)
            moment = known.opened_at if known else _now()
            changed = replace(record, opened_at=moment, reference=known.reference if known else "")
            return replace(item, record=changed)
        return item

    async def _step(self, marker: str, item: Put, batch: Batch) -> Change:
        if marker in self.marked:
            return self.marked[marker]
        await asyncio.sleep(0)
        receipt = await super().write(Batch((item,), batch.actor, batch.act))
        self.marked[marker] = receipt.changes[0]
        after = receipt.changes[0].after
        if isinstance(after, Ticket) and receipt.changes[0].before is None:
            opened = TicketEvent(new_key(), after.key, after.customer_key, TicketEventKind.OPENED, _now())
            await super().write(Batch((Put(opened),), "server"))
        return self.marked[marker]


def _now() -> datetime:
    return datetime.now(UTC)


def _resolved(item: Put, keys: Mapping[Key, Key]) -> Put:
    return replace(item, record=resolved(item.record, keys))


class TestTheServerDecides(TestFewKinds):
    """The suite, on a helpdesk that sets and logs much by itself."""

    plants = frozenset({Customer})
    unchanging = frozenset({Contact})
    assigned: ClassVar[Mapping[type[Record], frozenset[str]]] = {
        Contact: frozenset({"at", "reference"}),
        Ticket: frozenset({"opened_at", "reference"}),
    }
    lone_contacts = False
    atomic = False
    serialised = False
    coarse_events = True
    examples = 5
    large = 60
    helpdesk = Ticketing

    def by_server(self, entry: Entry) -> bool:
        """Return whether it is the log of an opened ticket."""
        return isinstance(entry, TicketEvent) and entry.kind is TicketEventKind.OPENED

    def shaped(self, record: R) -> R:
        """Return the record without what would look like the server's own log."""
        if isinstance(record, TicketEvent) and record.kind is TicketEventKind.OPENED:
            changes: dict[str, Any] = {"kind": TicketEventKind.NOTE}
            return replace(record, **changes)
        return record

    async def plant(self, backend: Backend, records: Sequence[Record]) -> list[Record]:
        """Make customers as the server's administrator does."""
        assert isinstance(backend, Ticketing)
        administrator = Helpdesk(backend)
        await administrator.open()
        people = [record for record in records if isinstance(record, Customer)]
        made = iter(await super().plant(administrator, people))
        rest = iter(await super().plant(backend, [record for record in records if record not in people]))
        return [next(made if isinstance(record, Customer) else rest) for record in records]


class Forgetful(Helpdesk):
    """Says that it keeps a ticket's next step, and loses it."""

    def _blank(self, batch: Batch) -> Batch:
        items = (
            replace(item, record=without(item.record, ["next_step"] if isinstance(item.record, Ticket) else []))
            for item in super()._blank(batch).items
        )
        return replace(batch, items=tuple(items))


class Hoarding(Helpdesk):
    """Stores chases though it says that it does not."""

    def _refuse_kinds(self, batch: Batch) -> None:
        kept = [item for item in batch.items if not isinstance(item.record, Chase)]
        super()._refuse_kinds(replace(batch, items=tuple(kept)))


class Modest(Helpdesk):
    """Keeps what it says that it omits."""

    def _blank(self, batch: Batch) -> Batch:
        return batch


class Vague(Helpdesk):
    """Refuses other kinds with a reason that nobody can act upon."""

    def _refuse_kinds(self, batch: Batch) -> None:
        try:
            super()._refuse_kinds(batch)
        except Unsupported as error:
            raise Unsupported("write") from error


class Doubling(Ticketing):
    """Begins again from the start when a batch that was cut off comes again."""

    async def write(self, batch: Batch) -> Receipt:
        """Forget what was marked."""
        if batch.idempotency_key not in self.whole:
            self.marked.clear()
        return await super().write(batch)


async def _outcome(part: BackendContract, test: str, **given: Any) -> None:
    """Run one test of the suite on a store of its own."""
    assert isinstance(part, TestFewKinds)
    backend = part.helpdesk()
    await backend.open()
    try:
        await getattr(part, test)(backend=backend, **given)
    finally:
        await backend.close()


@pytest.mark.parametrize(
    ("liar", "suite", "test"),
    [
        (Hoarding, TestFewKinds, "test_the_file_holds_everything_of_one_customer"),
        (Hoarding, TestFewKinds, "test_new_keys_are_replaced_wherever_they_stand"),
        (Vague, TestFewKinds, "test_the_file_holds_everything_of_one_customer"),
        (Doubling, TestTheServerDecides, "test_a_batch_that_was_cut_off_is_completed_by_repeating_it"),
    ],
)
async def test_who_lies_does_not_pass(liar: type[Helpdesk], suite: type[TestFewKinds], test: str) -> None:
    """A store that does not do what it says, or says what it does not do, fails a test that the honest one passes."""
    await _outcome(suite(), test)

    class Lying(suite):  # type: ignore[valid-type, misc]
        helpdesk = liar

    with pytest.raises((AssertionError, pytest.fail.Exception, Invalid)):
        await _outcome(Lying(), test)


@pytest.mark.parametrize(
    ("liar", "change"),
    [(Forgetful, {"next_step": "call back"}), (Modest, {"holder_reference": "NO-77"}), (Helpdesk, {})],
)
async def test_a_field_that_is_lost_or_kept_against_its_word_is_found(
    liar: type[Helpdesk], change: dict[str, Any]
) -> None:
    """A store that drops what it says it keeps, or keeps what it says it drops, does not pass; the honest one does."""
    part = TestFewKinds()
    backend = liar()
    await backend.open()
    customer = await part.a_customer(backend)
    await part.round_trip(backend, a_ticket(customer))
    if change:
        with pytest.raises(AssertionError):
            await part.round_trip(backend, a_ticket(customer, **change))
    await backend.close()
