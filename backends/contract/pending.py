"""What is pending: everything that somebody has to do, over all customers, in the order in which it is due."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import strategies as st

from backends.contract.base import Contract, checked, every_row, refused
from backends.contract.samples import (
    a_charge,
    a_contract,
    a_dispute,
    a_handover,
    a_promise,
    a_ticket,
    ago,
    an_outage,
)
from backends.port import PENDING_ORDER, Backend, Capability, Pending, PendingFilter, PendingKind, Put
from backends.records import Contract as Term
from backends.records import (
    ContractState,
    Customer,
    Dispute,
    DisputeState,
    Handover,
    Promise,
    PromiseState,
    Record,
    Ticket,
    TicketState,
)

_DAY = timedelta(days=1)
_FIRST = datetime(2026, 6, 1, tzinfo=UTC)
_FAR = datetime.max.replace(tzinfo=UTC)
_DUES = (None, *(_FIRST + timedelta(hours=12 * each) for each in range(4)))
_DAYS = (None, *(date(2026, 6, each) for each in (1, 2, 3)))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _kind(record: Record) -> PendingKind:
    return PendingKind("contract" if isinstance(record, Term) else type(record).__name__.lower())


def _place(due: datetime | None, kind: PendingKind) -> tuple[bool, datetime, int]:
    return due is None, due or _FAR, PENDING_ORDER[kind]


@st.composite
def _things(draw: st.DrawFn, customer: Customer, ticket: Ticket) -> list[Record]:
    """Return some things to do that are due at few moments, so that many fall together, and some that are done."""
    dues, days = st.sampled_from(_DUES), st.sampled_from(_DAYS)
    one = st.one_of(
        st.builds(
            lambda due, state: a_promise(customer, due_at=due, state=state), dues, st.sampled_from(PromiseState)
        ),
        st.builds(
            lambda due, yes, no: a_handover(ticket, due_at=due, accepted_at=yes, declined_at=no),
            dues, st.sampled_from((None, None, _FIRST)), st.sampled_from((None, None, _FIRST)),
        ),
        st.builds(
            lambda ends, state: a_contract(customer, ends_on=ends, state=state), days, st.sampled_from(ContractState)
        ),
        st.builds(lambda state: a_dispute(customer, state=state), st.sampled_from(DisputeState)),
        st.builds(
            lambda due, state: a_ticket(customer, next_step_at=due, state=state), dues, st.sampled_from(TicketState)
        ),
    )  # fmt: skip
    found: list[Record] = draw(st.lists(one, max_size=8))
    return found


def _expected(records: Iterable[Record], only: PendingFilter) -> list[tuple[datetime | None, PendingKind]]:
    """Return when and what must be listed of `records`, whose disputes are about nothing that is dunned."""
    found = []
    for record in records:
        match record:
            case Promise():
                counts, due = record.state is PromiseState.OPEN, record.due_at
            case Handover():
                counts, due = not (record.accepted_at or record.declined_at), record.due_at
            case Term():
                counts = record.state is ContractState.RUNNING and record.ends_on is not None
                due = _midnight(record.ends_on) if record.ends_on else None
            case Dispute():
                counts, due = record.state in (DisputeState.OPEN, DisputeState.HOLD_ASKED), None
            case Ticket():
                counts, due = record.state is not TicketState.CLOSED and bool(record.next_step_at), record.next_step_at
            case _:
                continue
        asked = not only.kinds or _kind(record) in only.kinds
        if counts and asked and (only.until is None or due is None or due < only.until):
            found.append((due, _kind(record)))
    return sorted(found, key=lambda row: _place(*row))


class PendingContract(Contract):
    """The list of what is to be done."""

    async def of(self, backend: Backend, customer: Customer, only: PendingFilter, *, limit: int = 50) -> list[Pending]:
        """Return all pending rows of one customer; every page is fetched."""
        rows = await every_row(lambda after: backend.pending(only, after=after, limit=limit))
        places = [_place(row.due_at, row.kind) for row in rows]
        assert places == sorted(places), "out of order"
        names = [(row.kind, row.record.key) for row in rows]
        assert len(set(names)) == len(names), "listed twice"
        return [row for row in rows if row.customer.key == customer.key]

    async def of_each_kind(self, backend: Backend, customer: Customer, **promised: Any) -> dict[PendingKind, Record]:
        """Store one thing of each kind that can be stored, each due a day after the one before."""
        ticket = await self.planted(backend, a_ticket(customer))
        charges = await self.storable(
            backend, [a_charge(customer, dunning_on=date(2026, 6, 9)), a_charge(customer, dunning_on=date(2026, 6, 4))]
        )
        owed = tuple([(await self.planted(backend, each)).key for each in charges])
        wanted: list[Record] = [
            a_promise(customer, due_at=_FIRST, **promised),
            a_handover(ticket, due_at=_FIRST + _DAY),
            a_contract(customer, ends_on=date(2026, 6, 3)),
            a_dispute(customer, charge_keys=owed),
            a_ticket(customer, next_step="look", next_step_at=_FIRST + 4 * _DAY),
        ]
        kept = await self.storable(backend, wanted)
        return {_kind(record): await self.planted(backend, record) for record in kept}

    async def test_what_is_to_be_done_is_listed_in_order(self, backend: Backend) -> None:
        """Each kind is there with its record and its customer, at the moment at which it is due."""
        await self.needs(backend, Capability.PENDING)
        await self.needs_records(backend)
        customer = await self.a_customer(backend)
        stored = await self.of_each_kind(backend, customer)
        rows = await self.of(backend, customer, PendingFilter())
        assert [row.kind for row in rows] == list(stored)
        assert [row.record for row in rows] == list(stored.values())
        assert {row.customer for row in rows} <= {customer}
        due = dict(zip(PendingKind, (_FIRST + each * _DAY for each in range(5)), strict=True))
        assert [row.due_at for row in rows] == [due[kind] for kind in stored]

    async def test_what_is_done_is_not_pending(self, backend: Backend) -> None:
        """Kept, accepted, declined, ended, settled, closed: nobody has to do it, and an undo brings it back."""
        await self.needs(backend, Capability.PENDING, Capability.WRITE)
        customer = await self.a_customer(backend)
        stored = await self.of_each_kind(backend, customer)
        done: dict[PendingKind, dict[str, Any]] = {
            PendingKind.PROMISE: {"state": PromiseState.KEPT, "closed_at": ago(minutes=1)},
            PendingKind.HANDOVER: {"declined_at": ago(minutes=1), "declined_reason": "not ours"},
            PendingKind.CONTRACT: {"state": ContractState.NOTICE_GIVEN},
            PendingKind.DISPUTE: {"state": DisputeState.ON_HOLD},
            PendingKind.TICKET: {"state": TicketState.CLOSED, "closed_at": ago(minutes=1)},
        }
        for kind, record in stored.items():
            change = Put(replace(record, **done[kind]), seen=record.version)
            await backend.write(await self.batch(backend, change))
            left = [row.kind for row in await self.of(backend, customer, PendingFilter())]
            assert kind not in left
        assert await self.of(backend, customer, PendingFilter()) == []

    async def test_filters_of_what_is_pending(self, backend: Backend) -> None:
        """By kind, until when, by the days on which contracts end; what has no due time belongs to every `until`."""
        await self.needs(backend, Capability.PENDING)
        await self.needs_records(backend)
        customer = await self.a_customer(backend)
        stored = await self.of_each_kind(backend, customer)
        (loose,) = [await self.planted(backend, each) for each in [a_promise(customer, due_at=None)]]
        for kind in stored:
            rows = await self.of(backend, customer, PendingFilter(frozenset({kind})))
            assert {row.record.key for row in rows} - {loose.key} == {stored[kind].key}
        for hours in range(0, 5 * 24, 12):
            until = _FIRST + timedelta(hours=hours)
            rows = await self.of(backend, customer, PendingFilter(until=until))
            early = [kind for place, kind in enumerate(PendingKind) if _FIRST + place * _DAY < until]
            assert [row.record.key for row in rows] == [*(stored[k].key for k in early if k in stored), loose.key]
        if PendingKind.CONTRACT in stored:
            contracts = frozenset({PendingKind.CONTRACT})
            for begin, end, found in (
                (3, 3, True), (1, 2, False), (4, 9, False), (1, 9, True),
            ):  # fmt: skip
                only = PendingFilter(contracts, ends_from=date(2026, 6, begin), ends_to=date(2026, 6, end))
                assert bool(await self.of(backend, customer, only)) is found, (begin, end)
            for half, found in ((PendingFilter(ends_from=date(2026, 6, 4)), False), (PendingFilter(contracts), True)):
                rows = await self.of(backend, customer, half)
                assert (PendingKind.CONTRACT in {row.kind for row in rows}) is found

    async def test_paid_charges_are_not_dunned(self, backend: Backend) -> None:
        """A dispute is due on the first dunning day of what is not paid, and at no time when all is."""
        await self.needs(backend, Capability.PENDING)
        await self.needs_records(backend)
        customer = await self.a_customer(backend)
        await self.needs_kinds(backend, a_dispute(customer), a_charge(customer))
        paid = await self.planted(backend, a_charge(customer, dunning_on=date(2026, 6, 1), paid_on=date(2026, 5, 30)))
        later = await self.planted(backend, a_charge(customer, dunning_on=date(2026, 6, 7)))
        await self.planted(backend, a_dispute(customer, charge_keys=(paid.key,)))
        await self.planted(backend, a_dispute(customer, charge_keys=(paid.key, later.key)))
        rows = await self.of(backend, customer, PendingFilter())
        assert [row.due_at for row in rows] == [_midnight(date(2026, 6, 7)), None]

    async def test_promises_of_one_outage(self, backend: Backend) -> None:
        """Everyone who was promised a word at the end of one outage, and nothing else."""
        await self.needs(backend, Capability.PENDING)
        await self.needs_records(backend)
        customer = await self.a_customer(backend)
        await self.needs_kinds(backend, an_outage(), a_promise(customer))
        self.needs_fields(backend, Promise, "outage_key")
        this, other = [await self.planted(backend, an_outage()) for _ in range(2)]
        await self.of_each_kind(backend, customer)
        wanted = await self.planted(backend, a_promise(customer, outage_key=this.key, due_at=None))
        second = await self.planted(backend, a_promise(customer, outage_key=this.key, due_at=_FIRST))
        await self.planted(backend, a_promise(customer, outage_key=other.key))
        await self.planted(backend, a_promise(customer, outage_key=this.key, state=PromiseState.KEPT))
        rows = await self.of(backend, customer, PendingFilter(outage_key=this.key), limit=1)
        assert [row.record.key for row in rows] == [second.key, wanted.key]
        tickets = PendingFilter(frozenset({PendingKind.TICKET}), outage_key=this.key)
        assert await self.of(backend, customer, tickets) == []

    async def test_what_is_pending_of_one_operator(self, backend: Backend) -> None:
        """Only what concerns the customers of the operators asked for."""
        await self.needs(backend, Capability.PENDING)
        await self.needs_records(backend)
        await self.needs_operators(backend)
        one, other = [await self.a_customer(backend) for _ in range(2)]
        mine, theirs = [await self.of_each_kind(backend, each) for each in (one, other)]
        rows = await every_row(
            lambda after: backend.pending(
                PendingFilter(operator_keys=frozenset({one.operator_key})), after=after, limit=2
            )
        )
        assert [row.record for row in rows] == list(mine.values())
        both = PendingFilter(operator_keys=frozenset({one.operator_key, other.operator_key}))
        assert len(await every_row(lambda after: backend.pending(both, after=after, limit=3))) == len(mine) + len(
            theirs
        )

    @checked(20, data=st.data())
    async def test_pages_of_what_is_pending_hold_everything_once(self, backend: Backend, data: st.DataObject) -> None:
        """Whatever is due when, pages of any size give each thing once and in order, and until when is kept to."""
        await self.needs(backend, Capability.PENDING)
        await self.needs_records(backend)
        customer = await self.a_customer(backend)
        ticket = await self.planted(backend, a_ticket(customer))
        things = await self.storable(backend, data.draw(_things(customer, ticket)))
        if things:
            await self.stored(backend, things)
        only = PendingFilter(
            kinds=data.draw(st.frozensets(st.sampled_from(PendingKind), max_size=2)),
            until=data.draw(st.sampled_from((*_DUES, _FIRST + timedelta(hours=5)))),
        )
        limit = data.draw(st.integers(1, 3))
        rows = await self.of(backend, customer, only, limit=limit)
        assert [(row.due_at, row.kind) for row in rows] == _expected(things, only)

    @pytest.mark.parametrize(
        "cursor", ["", "x", "9" * 40 + ".0.1", "1.2", "-1.-1.-1", "[]", "none.none.1", "99999999999999999.9.1", "\x00"]
    )
    async def test_an_invented_cursor_of_what_is_pending_is_refused(self, backend: Backend, cursor: str) -> None:
        """A cursor that no page gave is Invalid, not a first page."""
        await self.needs(backend, Capability.PENDING)
        with refused("after", "cursor"):
            await backend.pending(after=cursor)

    async def test_nothing_is_pending_in_an_empty_store(self, backend: Backend) -> None:
        """An empty list is an empty page, without a cursor."""
        await self.needs(backend, Capability.PENDING)
        page = await backend.pending()
        assert (page.rows, page.after) == ((), None)
