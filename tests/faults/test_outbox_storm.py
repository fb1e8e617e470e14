"""The outbox before real servers on a line that drops, delays, garbles and redirects: in order, once, nothing lost."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backends.contract.samples import a_contact, a_customer, a_ticket, an_operator
from backends.delivery import DeliveryState
from backends.errors import Unavailable
from backends.outbox import Outbox, Post
from backends.port import Backend, Batch, Listing, Put, TicketFilter, undoing
from backends.records import Customer, Operator, Ticket
from backends.rest import cordboard, tmf
from tests.outbox.box_stage import ACTOR, until
from tests.serve.standing import Standing, standing
from tests.servers.faulty import FaultProxy, Storm

ROUNDS = 8


def a_client(dialect: str, url: str, token: str) -> Backend:
    """Return a client of the dialect, not opened."""
    secret = json.dumps({"kind": "token", "token": token})
    settings: dict[str, Any] = {"name": "desk", "secret": lambda: secret, "deadline": 1.5, "poll": 0.5}
    if dialect == "cordboard":
        return cordboard.open_url(f"cordboard+{url}", **settings)
    operator = {"code": "nord", "name": "Nord", "country": "PL", "language": "pl", "time_zone": "Europe/Warsaw"}
    return tmf.open_url(f"tmf+{url}", options={"operator": operator}, **settings)


async def _operator(server: Standing, dialect: str) -> Operator:
    stored = await server.office.backend.write(Batch((Put(an_operator(code="nord")),), ACTOR))
    operator = stored.changes[0].after
    assert isinstance(operator, Operator)
    return operator if dialect == "cordboard" else replace(operator, key="operator:nord")


@pytest.mark.parametrize("dialect", ["cordboard", "tmf"])
async def test_a_day_in_the_storm(tmp_path: Path, dialect: str) -> None:
    """Written while two requests of five fail, customer, tickets, changes and notes are there once each, in order.

    The console is closed and opened again in between, and works on with what it was told provisionally.
    """
    journal = tmp_path / "box" / "p-desk.db"
    async with standing(tmp_path / "server") as server:
        operator, token = await _operator(server, dialect), server.token()
        async with FaultProxy(server.base, storm=Storm(seed=11 if dialect == "cordboard" else 3)) as proxy:
            url = f"{proxy.url.rstrip('/')}/"

            async def a_console() -> Outbox:
                outbox = Outbox(a_client(dialect, url, token), journal, agent=ACTOR, patience=0.3, poll=0.05)
                await outbox.open()
                return outbox

            outbox = await a_console()
            customer = (
                (await outbox.write(Batch((Put(a_customer(operator, name="Ewa Nowak")),), ACTOR))).changes[0].after
            )
            assert isinstance(customer, Customer)
            expected: Counter[str] = Counter()
            for number in range(ROUNDS):
                first = a_ticket(customer, subject=f"t{number}")
                ticket = (await outbox.write(Batch((Put(first),), ACTOR))).changes[0].after
                assert isinstance(ticket, Ticket)
                changed = Put(replace(ticket, subject=f"t{number} changed"), seen=ticket.version)
                note = Put(a_contact(customer, body=f"n{number}", ticket_key=ticket.key))
                await outbox.write(Batch((changed,), ACTOR))
                await outbox.write(Batch((note,), ACTOR))
                expected[f"n{number}"] += 1
                if number % 3 == 2:
                    await outbox.close()
                    outbox = await a_console()
            async with asyncio.timeout(60):
                while sum(proxy.struck.values()) < 12 and outbox.deliveries():
                    await outbox.deliver()
                    for one in outbox.deliveries():
                        if one.state is not DeliveryState.WAITING:
                            await outbox.send_again(one.number)
            assert sum(proxy.struck.values()) > 5, "a storm that does nothing proves nothing"
            proxy.calm()
            await outbox.deliver()
            await until(lambda: not outbox.deliveries(), patience=60)
            await outbox.close()
        store = server.office.backend
        assert isinstance(store, Listing)
        assert await store.counted(Customer) == 1
        tickets = (await store.tickets(TicketFilter())).rows
        assert Counter(one.subject for one in tickets) == {f"t{number} changed": 1 for number in range(ROUNDS)}
        (key,) = {one.customer_key for one in tickets}
        rows = (await store.timeline(key, limit=200)).rows
        assert Counter(row.body for row in rows if hasattr(row, "body")) == expected
    with Post(journal, "desk") as post:
        assert post.check() == []
        assert post.deliveries() == ()


async def test_a_server_that_is_gone_for_a_while(tmp_path: Path) -> None:
    """Refused connections: what was written waits, shows, can be undone, and is there moments after the line is."""
    async with standing(tmp_path / "server") as server:
        operator, token = await _operator(server, "cordboard"), server.token()
        async with FaultProxy(server.base) as proxy:
            url = f"{proxy.url.rstrip('/')}/"
            outbox = Outbox(a_client("cordboard", url, token), tmp_path / "b.db", agent=ACTOR, patience=0.5, poll=0.05)
            await outbox.open()
            await outbox.operators()
            customer = (await outbox.write(Batch((Put(a_customer(operator)),), ACTOR))).changes[0].after
            assert isinstance(customer, Customer)
            await proxy.down()
            kept = await outbox.write(Batch((Put(a_contact(customer, body="kept")),), ACTOR))
            dropped = await outbox.write(Batch((Put(a_contact(customer, body="dropped")),), ACTOR))
            assert kept.waiting
            assert dropped.waiting
            with pytest.raises(Unavailable):
                await outbox.customer_file(customer.key)
            await outbox.write(undoing(dropped, actor=ACTOR))
            await proxy.up()
            async with asyncio.timeout(20):
                while True:
                    try:
                        rows = (await outbox.timeline(customer.key)).rows
                    except Unavailable:
                        rows = ()
                    if len(rows) == 1 and not outbox.ledger.entries:  # what may be there is sent, then taken back there
                        break
                    await asyncio.sleep(0.05)
            assert [getattr(row, "body", "") for row in rows] == ["kept"]
            await outbox.close()
