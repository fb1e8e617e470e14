"""What is pending is read from indexes: a desk with a million closed cases waits for none of them."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from backends.contract.samples import (
    a_charge,
    a_contract,
    a_customer,
    a_dispute,
    a_handover,
    a_promise,
    a_ticket,
    an_operator,
    an_outage,
)
from backends.port import Batch, Pending, PendingFilter, PendingKind, Put
from backends.records import PromiseState, Record, TicketState
from backends.sql import open_url
from backends.sql.store import SqlBackend

NOON = datetime(2026, 6, 3, 12, tzinfo=UTC)


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlBackend]:
    """Yield a store in which one thing of each kind is to be done, and much was done long ago."""
    backend = open_url(f"sqlite://{tmp_path}/x.db")
    await backend.open()
    operator, outage = an_operator(), an_outage()
    customer = a_customer(operator)
    ticket = a_ticket(customer, next_step_at=NOON)
    charge = a_charge(customer, dunning_on=date(2026, 6, 3))
    done = [
        a_ticket(customer, state=TicketState.CLOSED, next_step_at=NOON - timedelta(days=each)) for each in range(50)
    ]
    kept = [a_promise(customer, state=PromiseState.KEPT, outage_key=outage.key) for _ in range(50)]
    records: list[Record] = [
        operator, outage, customer, ticket, charge, *done, *kept,
        a_promise(customer, due_at=NOON, outage_key=outage.key),
        a_promise(customer, due_at=None, outage_key=outage.key),
        a_handover(ticket, due_at=NOON),
        a_contract(customer, ends_on=date(2026, 6, 3)),
        a_dispute(customer, charge_keys=(charge.key,)),
    ]  # fmt: skip
    await backend.write(Batch(tuple(map(Put, records)), "ola"))
    yield backend
    await backend.close()


@contextmanager
def traced(store: SqlBackend) -> Iterator[list[str]]:
    """Collect the statements that the store executes meanwhile, with their values."""
    found: list[str] = []
    connection = store._connection
    assert connection is not None
    connection.set_trace_callback(found.append)
    try:
        yield found
    finally:
        connection.set_trace_callback(None)


SMALL = ("ix_promise_due", "ix_handover_due", "ix_contract_ends", "ix_dispute_pending", "ix_ticket_next_step")
"""Indexes of only what is to be done: to go along one is to read the list."""

FILTERS = {
    "everything": PendingFilter(),
    "until": PendingFilter(until=NOON),
    "of operators": PendingFilter(operator_keys=frozenset({"operator:1", "operator:2"})),
    "of an outage": PendingFilter(outage_key="outage:1"),
    "contracts that end": PendingFilter(
        frozenset({PendingKind.CONTRACT}), ends_from=date(2026, 6, 1), ends_to=date(2026, 7, 1)
    ),
}


@pytest.mark.parametrize("only", FILTERS.values(), ids=FILTERS)
async def test_r9_no_table_is_read_from_end_to_end(store: SqlBackend, only: PendingFilter) -> None:
    """Whatever is asked, and on every page, each table is entered by an index or a key."""
    after: str | None = None
    with traced(store) as statements:
        while True:
            page = await store.pending(only, after=after, limit=1)
            after = page.after
            if after is None:
                break
    asked = [statement for statement in statements if statement.startswith("SELECT")]
    assert asked
    connection = sqlite3.connect(store.file)
    for statement in asked:
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
        scans = [step for step in plan if step.startswith("SCAN") and not step.startswith("SCAN named VIRTUAL")]
        assert [step for step in scans if not step.endswith(SMALL)] == [], (plan, statement)
    connection.close()


async def test_a_page_reads_no_more_than_it_gives(store: SqlBackend) -> None:
    """Of a long list, a page of one asks each kind for two rows at most."""
    with traced(store) as statements:
        await store.pending(limit=1)
    lists = [statement for statement in statements if "LIMIT" in statement]
    assert lists
    assert all(statement.endswith("LIMIT 2") for statement in lists)
    assert sum("dispute.reason" in statement.replace('"', "") for statement in statements) <= 1


@pytest.mark.parametrize("hour", [0, 1, 12, 23])
async def test_a_day_is_due_at_its_midnight(store: SqlBackend, hour: int) -> None:
    """A contract that ends on the third is due before every moment of the third but the first, and after the second."""
    days = PendingFilter(frozenset({PendingKind.CONTRACT, PendingKind.DISPUTE}))
    third = datetime(2026, 6, 3, hour, tzinfo=UTC)
    rows = (await store.pending(PendingFilter(days.kinds, until=third))).rows
    assert len(rows) == (0 if hour == 0 else 2)
    assert {row.due_at for row in rows} <= {datetime(2026, 6, 3, tzinfo=UTC)}


async def test_pages_go_on_between_days_and_moments(store: SqlBackend) -> None:
    """A cursor that a promise gave at noon goes on with days, and one that a day gave with moments."""
    found: list[Pending] = []
    after: str | None = None
    while True:
        page = await store.pending(after=after, limit=1)
        found += page.rows
        after = page.after
        if after is None:
            break
    assert [row.kind for row in found] == [
        PendingKind.CONTRACT,
        PendingKind.DISPUTE,
        PendingKind.PROMISE,
        PendingKind.HANDOVER,
        PendingKind.TICKET,
        PendingKind.PROMISE,
    ]
    assert found[-1].due_at is None
