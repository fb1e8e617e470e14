"""R41 over the port: nothing that a role hides comes out of a veiled store, whatever is asked, stored or wrong."""

from __future__ import annotations

import re
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import backends.sql
from backends.areas import Hidden, opened
from backends.contract import strategies
from backends.errors import Conflict, NotAllowed, Unavailable
from backends.memory import MemoryBackend
from backends.outbox import Outbox
from backends.port import (
    Backend,
    Batch,
    PendingFilter,
    PendingKind,
    Put,
    Receipt,
    TicketFilter,
    TimelineFilter,
    undoing,
)
from backends.records import (
    KINDS,
    Area,
    Compensation,
    Contact,
    Customer,
    CustomerKind,
    Dispute,
    Line,
    Money,
    Promise,
    Record,
    Ticket,
    TicketKind,
    new_key,
)
from backends.registry import backend_for
from backends.sql.store import SqlBackend
from backends.veil import Hides, Veil
from backends.veil.covering import covered, is_gone, restored
from tests.canaries import IP, MAC, NUMBER, PLAIN, Planted, found_in, planted

EVERYTHING = Hides(frozenset(Area))
BY_OPERATOR = Hides(frozenset(), {"can": frozenset(Area)})
OTHERS = Hides(frozenset(), {"OTHER": frozenset(Area)})


async def _records(file: Path) -> list[Record]:
    """Return everything of a store, contacts whole."""
    source = backend_for(f"sqlite:///{file}")
    await source.open()
    try:
        assert isinstance(source, SqlBackend)
        return await _all_of(source)
    finally:
        await source.close()


async def _all_of(source: SqlBackend) -> list[Record]:
    records: list[Record] = []
    for kind in KINDS:
        for one in (await source.listed(kind, limit=1_000)).rows:
            records.append(await source.contact(one.key) if isinstance(one, Contact) else one)
    return records


@asynccontextmanager
async def veiled(
    canaries: Planted, hides: Hides = EVERYTHING, *, memory: bool = False
) -> AsyncIterator[tuple[Veil, Backend]]:
    """Give a veil over the planted store, and the store itself."""
    backend: Backend = backend_for(f"sqlite:///{canaries.file}")
    if memory:
        backend = MemoryBackend(await _records(canaries.file))
    veil = Veil(backend, lambda: hides)
    await veil.open()
    try:
        yield veil, backend
    finally:
        await veil.close()


@pytest.fixture
async def canaries(tmp_path: Path) -> Planted:
    """Return the planted database."""
    return await planted(tmp_path / "canary.db")


async def everything_read(backend: Any, canaries: Planted) -> str:
    """Return all that every read of the port gives, as one text."""
    key = canaries.customer
    page = await backend.timeline(key, limit=200)
    said: list[object] = [
        await backend.operators(),
        await backend.customers([key]),
        await backend.customer_file(key),
        page,
        await backend.timeline(key, only=TimelineFilter(ticket_key=canaries.billing)),
        [await backend.contact(one.key) for one in page.rows if isinstance(one, Contact)],
        await backend.ticket(canaries.billing),
        await backend.ticket("t-880001"),
        await backend.ticket(canaries.fault),
        await backend.tickets(TicketFilter()),
        await backend.tickets(TicketFilter(customer_key=key, kinds=frozenset({TicketKind.BILLING}))),
        await backend.queue(),
        await backend.pending(),
        await backend.search(NUMBER),
        await backend.search("canary"),
        await backend.search_text(PLAIN),
        await backend.audit(limit=500),
        await backend.audit(customer_key=key),
        await backend.export(key, "hot"),
    ]
    for kind in (*{type(one) for one in page.rows}, Line, Ticket, Promise, Dispute, Customer):
        if hasattr(backend, "listed"):
            said.append(await backend.listed(kind, customer_key=key))
    return repr(said)


@pytest.mark.parametrize("memory", [False, True], ids=["leaves out", "gives all"])
@pytest.mark.parametrize("hides", [EVERYTHING, BY_OPERATOR], ids=["everywhere", "one operator's"])
async def test_r41_no_read_gives_what_is_hidden(canaries: Planted, hides: Hides, memory: bool) -> None:
    """Every read of the port, over a store that leaves out and over one that gives everything."""
    async with veiled(canaries, hides, memory=memory) as (veil, _inner):
        said = await everything_read(veil, canaries)
        assert found_in(said, canaries.hidden) == []
        assert found_in(said, [PLAIN]) == [PLAIN]
        file = await veil.customer_file(canaries.customer)
        assert (file.charges, file.disputes) == ((), ())
        fax = await veil.contact(canaries.fax)
        assert [one.identity_document for one in fax.attachments] == [True], "that one came is no secret (R38)"


@pytest.mark.parametrize("memory", [False, True], ids=["leaves out", "gives all"])
@pytest.mark.parametrize("hides", [Hides(), OTHERS], ids=["nothing", "another operator's"])
async def test_r41_who_may_see_it_sees_it(canaries: Planted, hides: Hides, memory: bool) -> None:
    """The same reads give every planted word to a supervisor, and of customers of other operators."""
    async with veiled(canaries, hides, memory=memory) as (veil, _inner):
        said = await everything_read(veil, canaries)
        assert set(canaries.hidden) - set(found_in(said, canaries.hidden)) == set()


@pytest.mark.parametrize("memory", [False, True], ids=["leaves out", "gives all"])
@pytest.mark.parametrize("hides", [EVERYTHING, BY_OPERATOR], ids=["everywhere", "one operator's"])
async def test_r41_nobody_is_found_by_what_is_hidden(canaries: Planted, hides: Hides, memory: bool) -> None:
    """Neither by words, nor by a contract's number, nor by a device: an answer would say that it is so."""
    words = [word for word in canaries.payment if word.startswith("qzmail")]
    async with veiled(canaries, Hides(), memory=memory) as (veil, _inner):
        assert (await veil.search_text(words[0])).rows
        assert await veil.search(MAC)
        assert await veil.search(canaries.contract_number)
    async with veiled(canaries, hides, memory=memory) as (veil, _inner):
        for word in words:
            assert (await veil.search_text(word)) == (await veil.search_text("nosuchwordatall"))
            assert (await veil.timeline(canaries.customer, only=TimelineFilter(text=word))).rows == ()
        for typed in (MAC, MAC[-8:], IP, canaries.contract_number):
            assert await veil.search(typed) == ()


async def test_r41_no_statement_reads_what_is_hidden(canaries: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    """The statements that SQLite runs name no hidden column, and the tables of money not at all."""
    async with veiled(canaries) as (veil, inner):
        assert isinstance(inner, SqlBackend)
        assert inner._connection is not None
        ran: list[str] = []
        inner._connection.set_trace_callback(ran.append)
        await veil.customer_file(canaries.customer)
        await veil.timeline(canaries.customer)
        await veil.contact(canaries.mail)
        await veil.ticket(canaries.fault)
        await veil.pending()
        await veil.queue()
        await veil.search("A-880001")
        await veil.search(MAC)
        inner._connection.set_trace_callback(None)
        text = "\n".join(ran)
        for table in ('FROM "charge"', 'FROM "dispute"', "FROM dispute", "JOIN charge", "contact_body"):
            assert table not in text
        for column in (
            "price_minor",
            "list_price_minor",
            "compensations",
            '"line"."mac"',
            '"line"."ip"',
            '"line"."olt"',
        ):
            assert column not in text
        assert "search_code" not in text or "'mac'" not in text
        assert "number_key" in text
        assert not any('FROM "contract"' in one and "number_key" in one for one in ran)
        ran.clear()
        inner._connection.set_trace_callback(ran.append)
        with opened(frozenset(Area)):
            await veil.customer_file(canaries.customer)
        inner._connection.set_trace_callback(None)
        assert 'FROM "charge"' in "\n".join(ran), "the trace would show it"


@pytest.mark.parametrize("areas", [frozenset(some) for n in range(4) for some in combinations(Area, n)], ids=sorted)
async def test_r41_the_store_leaves_out_what_the_veil_takes_out(canaries: Planted, areas: frozenset[Area]) -> None:
    """Two tables say what is hidden, one of columns and one of fields: every record reads the same by both."""
    whole = await _records(canaries.file)
    money = {one.key for one in whole if isinstance(one, Ticket) and one.kind is TicketKind.BILLING}
    wanted = {
        (type(one), one.key): covered(one, areas, getattr(one, "ticket_key", "") in money)
        for one in whole
        if not is_gone(one, areas)
    }
    store = backend_for(f"sqlite:///{canaries.file}")
    await store.open()
    try:
        assert isinstance(store, SqlBackend)
        for hidden in (Hidden(areas), Hidden(frozenset(), {"operator:1": areas})):
            with store.leave_out(hidden):
                assert {(type(one), one.key): one for one in await _all_of(store)} == wanted
    finally:
        await store.close()


_CUSTOMER = Customer("customer:1", "C-1", "operator:1", CustomerKind.SUBSCRIBER, "Ewa", "pl")
_FAULT = Ticket("ticket:1", "T-1", "customer:1", "operator:1", TicketKind.FAULT, "x", datetime(2026, 1, 1, tzinfo=UTC))


@given(
    st.one_of(
        strategies.contacts(_CUSTOMER, "ticket:1", "line:1", "contact:9", "outage:1"),
        strategies.tickets(_CUSTOMER, "line:1", "outage:1"),
        strategies.lines("customer:1"),
        strategies.contracts("customer:1", "line:1"),
        strategies.promises(_FAULT, "contact:1", "outage:1"),
        strategies.handovers(_FAULT),
        strategies.ticket_events(_FAULT, "contact:1"),
    ),
    st.frozensets(st.sampled_from(Area)),
    st.booleans(),
)
def test_r41_covering_twice_is_covering_once_and_restoring_gives_all_back(
    record: Record, areas: frozenset[Area], billing: bool
) -> None:
    """For whatever record: nothing more goes the second time, and what was taken out is put back."""
    shown = covered(record, areas, billing)
    assert covered(shown, areas, billing) == shown
    assert restored(shown, record, areas, billing) == record
    assert covered(record, frozenset(), billing) is record


# writing ------------------------------------------------------------------------------------------------------------


async def stored_whole(backend: Any, canaries: Planted) -> tuple[Any, ...]:
    """Return the records that a test writes to, whole."""
    file = await backend.customer_file(canaries.customer)
    return (
        await backend.ticket(canaries.billing), await backend.ticket(canaries.fault),
        await backend.contact(canaries.mail), await backend.contact(canaries.fax), file.promises[0], file.lines[0],
        file.contracts[0],
    )  # fmt: skip


def _without_version(records: tuple[Any, ...]) -> list[Any]:
    return [replace(one, version=0) for one in records]


@pytest.mark.parametrize("memory", [False, True], ids=["leaves out", "gives all"])
async def test_r41_writing_keeps_what_was_hidden_and_undo_restores_it(canaries: Planted, memory: bool) -> None:
    """Every record is stored through the veil with one visible change: nothing else moves, undo gives it all back."""
    async with veiled(canaries, memory=memory) as (veil, inner):
        before = await stored_whole(inner, canaries)
        seen = await stored_whole(veil, canaries)
        changes: list[Any] = [
            {"holder_name": "Ann"}, {"holder_name": "Ann"}, {"agent": "Ann"}, {"agent": "Ann"}, {"owner": "Ann"},
            {"product": "Fibre 500"}, {"term_months": 24},
        ]  # fmt: skip
        items = tuple(Put(replace(one, **change), seen=one.version) for one, change in zip(seen, changes, strict=True))
        receipt = await veil.write(Batch(items, actor="hot"))
        assert found_in(repr(receipt), canaries.hidden) == []
        after = await stored_whole(inner, canaries)
        wanted = [replace(one, **change) for one, change in zip(before, changes, strict=True)]
        assert _without_version(after) == _without_version(tuple(wanted))
        undone = await veil.write(undoing(receipt, actor="hot"))
        assert found_in(repr(undone), canaries.hidden) == []
        assert _without_version(await stored_whole(inner, canaries)) == _without_version(before)


@pytest.mark.parametrize("memory", [False, True], ids=["leaves out", "gives all"])
async def test_r41_what_an_agent_writes_into_a_hidden_field_can_be_taken_back(canaries: Planted, memory: bool) -> None:
    """A new next step replaces the hidden one, an amount is added to those that are there; undo restores both."""
    async with veiled(canaries, memory=memory) as (veil, inner):
        before = (await inner.ticket(canaries.billing), await inner.ticket(canaries.fault))
        billing, fault = await veil.ticket(canaries.billing), await veil.ticket(canaries.fault)
        more = Compensation(Money(500, "PLN"), "goodwill", datetime.now(UTC), "Hot")
        receipt = await veil.write(
            Batch(
                (
                    Put(replace(billing, next_step="ring them"), seen=billing.version),
                    Put(replace(fault, compensations=(*fault.compensations, more)), seen=fault.version),
                ),
                actor="hot",
            )
        )
        assert (await inner.ticket(canaries.billing)).next_step == "ring them"
        assert (await inner.ticket(canaries.billing)).subject == before[0].subject
        assert (await inner.ticket(canaries.fault)).compensations == (*before[1].compensations, more)
        await veil.write(undoing(receipt, actor="hot"))
        assert _without_version((await inner.ticket(canaries.billing), await inner.ticket(canaries.fault))) == (
            _without_version(before)
        )


async def test_r41_what_was_changed_while_open_is_undone_after_it_closed(canaries: Planted) -> None:
    """An amount granted during a reveal is taken back once it is over."""
    async with veiled(canaries) as (veil, inner):
        before = await inner.ticket(canaries.fault)
        with opened(frozenset(Area)):
            fault = await veil.ticket(canaries.fault)
            more = Compensation(Money(500, "PLN"), "goodwill", datetime.now(UTC), "Tec")
            receipt: Receipt = await veil.write(
                Batch(
                    (Put(replace(fault, compensations=(*fault.compensations, more)), seen=fault.version),), actor="tec"
                )
            )
        assert len((await inner.ticket(canaries.fault)).compensations) == 2
        await veil.write(undoing(receipt, actor="tec"))
        assert replace(await inner.ticket(canaries.fault), version=0) == replace(before, version=0)


@pytest.mark.parametrize("memory", [False, True], ids=["leaves out", "gives all"])
async def test_r41_a_conflict_shows_nothing_hidden(canaries: Planted, memory: bool) -> None:
    """Neither its record, nor its words, nor what a traceback prints, its frames' values included."""
    async with veiled(canaries, memory=memory) as (veil, _inner):
        ticket = await veil.ticket(canaries.billing)
        await veil.write(Batch((Put(replace(ticket, holder_name="Ann"), seen=ticket.version),), actor="hot"))
        with pytest.raises(Conflict) as caught:
            await veil.write(Batch((Put(replace(ticket, holder_name="Ben"), seen=ticket.version),), actor="hot"))
        assert caught.value.newer is not None
        assert caught.value.newer.key == canaries.billing
        error = caught.value
        assert error.__traceback__ is not None
        below = error.__traceback__.tb_next  # this very frame holds the words
        printed = "".join(traceback.TracebackException(type(error), error, below, capture_locals=True).format())
        assert "holder_name" in printed
        assert found_in(repr(error.newer) + str(error) + printed, canaries.hidden) == []


async def test_r41_nothing_hidden_is_hung_where_all_may_read_it(canaries: Planted) -> None:
    """A billing ticket does not become another kind, its mail goes to no other ticket, money itself is not changed."""
    async with veiled(canaries) as (veil, inner):
        ticket, mail = await veil.ticket(canaries.billing), await veil.contact(canaries.mail)
        whole = await inner.customer_file(canaries.customer)
        for record in (
            replace(ticket, kind=TicketKind.FAULT),
            replace(mail, ticket_key=canaries.fault),
            replace(mail, ticket_key=""),
            replace(whole.charges[0], text="nothing"),
            replace(whole.disputes[0], answer="yes"),
        ):
            with pytest.raises(NotAllowed):
                await veil.write(Batch((Put(record, seen=record.version),), actor="hot"))
        assert (await inner.contact(canaries.mail)).ticket_key == canaries.billing


async def test_what_somebody_made_they_may_take_back(canaries: Planted) -> None:
    """A dispute that was taken down by a role that sees none is undone by it."""
    async with veiled(canaries) as (veil, inner):
        made = Dispute(new_key(), canaries.customer, "said on the telephone", datetime.now(UTC))
        receipt = await veil.write(Batch((Put(made),), actor="hot", act="create"))
        assert len((await inner.customer_file(canaries.customer)).disputes) == 2
        await veil.write(undoing(receipt, actor="hot"))
        assert len((await inner.customer_file(canaries.customer)).disputes) == 1


async def test_r41_disputes_are_not_among_what_is_to_be_done(canaries: Planted) -> None:
    """A page of them is empty and the last, as if there were none."""
    only = PendingFilter(kinds=frozenset({PendingKind.DISPUTE}))
    for memory in (False, True):
        async with veiled(canaries, memory=memory) as (veil, inner):
            assert (await inner.pending(only)).rows
            found = await veil.pending(only)
            assert (found.rows, found.after) == ((), None)


class _Away(MemoryBackend):
    """A source whose line is bad as soon as it is told so."""

    away = False

    async def write(self, batch: Batch) -> Receipt:
        """Store, when the line is good."""
        if self.away:
            raise Unavailable("away", source=self.name)
        return await super().write(batch)


async def test_r41_the_journal_of_an_outbox_holds_nothing_hidden(canaries: Planted, tmp_path: Path) -> None:
    """What waits for a far source lies on this disk without what the writer could not see, and is delivered whole."""
    source = _Away(await _records(canaries.file))
    journal = tmp_path / "journal.db"
    outbox = Outbox(Veil(source, lambda: EVERYTHING), journal, agent="hot", patience=0.2, poll=0.05)
    await outbox.open()
    try:
        ticket = await outbox.ticket(canaries.billing)
        before = await source.ticket(canaries.billing)
        source.away = True
        receipt = await outbox.write(
            Batch((Put(replace(ticket, holder_name="Ann"), seen=ticket.version),), actor="hot")
        )
        assert receipt.waiting
        held = b"".join(one.read_bytes() for one in tmp_path.iterdir() if one.name.startswith("journal"))
        assert b"Ann" in held
        assert found_in(held, canaries.hidden) == []
        source.away = False
        await outbox.deliver()
        after = await source.ticket(canaries.billing)
        assert replace(after, version=0) == replace(before, holder_name="Ann", version=0)
    finally:
        await outbox.close()


def test_r41_every_reading_statement_asks_what_to_leave_out() -> None:
    """A statement over a kind that has something to hide takes its columns from `leaving`, not from the shape."""
    folder = Path(backends.sql.__file__).parent
    innocent = re.compile(r"(?i:CUSTOMER|customers|_SHAPE|BY_KIND\['outage'\])\.selected")
    allowed = {
        "index.py",  # makes the index from whole records, within the writer's transaction
        "keeping.py",  # compares the index with the records, and shows neither
        "leaving.py",
        "shapes.py",
    }
    wrong = [
        f"{file.name}: {row.strip()}"
        for file in sorted(folder.glob("*.py"))
        if file.name not in allowed
        for row in file.read_text().splitlines()
        if re.search(r"\{[\w.\[\]']+\.selected\}", row) and not innocent.search(row.replace("leaving.selected", ""))
    ]
    assert [one for one in wrong if "def every" not in one and 'FROM "{kind}" ORDER BY {order}' not in one
            and 'FROM customer WHERE id' not in one] == []  # fmt: skip
