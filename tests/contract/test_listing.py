"""Stores that can be walked from end to end: what a server needs to list all there is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from backends import memory, sql
from backends.contract.base import every_row, refused
from backends.contract.samples import a_contact, a_customer, a_ticket, an_operator
from backends.port import Backend, Batch, Listing, Put
from backends.records import Contact, Customer, Outage, Record, Ticket


@pytest_asyncio.fixture(params=["memory", "sqlite"])
async def backend(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Backend]:
    """Give an empty store of each kind that can be walked."""
    store: Backend = memory.open_url("memory:")
    if request.param == "sqlite":
        store = sql.open_url(f"sqlite://{tmp_path}/desk/desk.db")
    await store.open()
    yield store
    await store.close()


async def test_everything_is_listed_once_in_order(backend: Backend) -> None:
    """Pages of any size give every record of a kind once, oldest first; one customer's alone where asked."""
    assert isinstance(backend, Listing)
    store: Listing = backend
    operator = an_operator()
    one, other = a_customer(operator), a_customer(operator)
    tickets = [a_ticket((one, other)[index % 2]) for index in range(7)]
    records: list[Record] = [operator, one, other, *tickets, a_contact(one)]
    receipt = await backend.write(Batch(tuple(map(Put, records)), actor="ola"))
    made = [change.after for change in receipt.changes if isinstance(change.after, Ticket)]
    first = next(change.after for change in receipt.changes if isinstance(change.after, Customer))
    for limit in (1, 3, 7, 100):
        assert await every_row(lambda after, limit=limit: store.listed(Ticket, after=after, limit=limit)) == made  # type: ignore[misc]
        theirs = await every_row(
            lambda after, limit=limit: store.listed(Ticket, customer_key=first.key, after=after, limit=limit)  # type: ignore[misc]
        )
        assert theirs == made[::2]
    assert (await store.listed(Customer, customer_key=first.key)).rows == (first,)
    assert (await store.listed(Outage)).rows == ()
    assert [await store.counted(kind) for kind in (Ticket, Customer, Contact, Outage)] == [7, 2, 1, 0]


async def test_a_cursor_of_nobody_is_refused(backend: Backend) -> None:
    """As of every page."""
    assert isinstance(backend, Listing)
    for cursor in ("nonsense", "", "\x00"):
        with refused("after", "cursor"):
            await backend.listed(Ticket, after=cursor)
