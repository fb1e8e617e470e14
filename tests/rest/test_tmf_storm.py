"""Exactly once: every kind of write through a line on which two requests of five meet a fault, to our own server."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backends.contract.samples import (
    a_contact,
    a_contract,
    a_customer,
    a_ticket,
    a_ticket_event,
    a_visit,
    an_operator,
    an_outage,
)
from backends.errors import BackendError
from backends.port import Batch, Listing, Put, Receipt
from backends.records import Contact, Contract, Customer, Outage, Record, Ticket, TicketEvent, Visit
from backends.rest.tmf import open_url
from tests.serve.standing import Standing, standing
from tests.servers.faulty import FaultProxy, Storm

_MOST_TRIES = 60


async def _counts(server: Standing) -> dict[type[Record], int]:
    store = server.office.backend
    assert isinstance(store, Listing)
    kinds: Sequence[type[Record]] = (Customer, Contact, Ticket, TicketEvent, Visit, Contract, Outage)
    return {kind: await store.counted(kind) for kind in kinds}


async def _stubbornly(url: str, token: str, version: int, batch: Batch) -> Receipt:
    """Return the receipt of a batch that is written again and again, each time by a program started anew."""
    operator = {"code": "nord", "name": "Nord", "country": "PL", "language": "pl", "time_zone": "Europe/Warsaw"}
    for _ in range(_MOST_TRIES):
        backend = open_url(
            f"tmf+{url}/", name="desk", secret=lambda: token, deadline=5.0,
            options={"version": version, "operator": operator},
        )  # fmt: skip
        try:
            return await backend.write(batch)
        except BackendError:
            continue
        finally:
            await backend.close()
    raise AssertionError("the storm was too strong")


@pytest.mark.parametrize("version", [4, 5])
async def test_after_the_storm_everything_is_there_once(tmp_path: Path, version: int) -> None:
    """Creations, changes, notes and batches of several, repeated until they succeed, are stored once each."""
    async with standing(tmp_path) as server:
        store = server.office.backend
        await store.write(Batch((Put(an_operator(code="nord")),), actor="ola"))
        token = json.dumps({"kind": "token", "token": server.token()})
        async with FaultProxy(server.base, storm=Storm(seed=version)) as proxy:

            async def done(name: str, *items: Put) -> Receipt:
                return await _stubbornly(proxy.url, token, version, Batch(items, "ola", idempotency_key=name))

            operator = an_operator(key="operator:nord")
            customer = _one(await done("customer", Put(a_customer(operator, name="Ewa Nowak"))), Customer)
            ticket = _one(await done("ticket", Put(a_ticket(customer))), Ticket)
            await done("contact", Put(a_contact(customer)))
            await done("visit", Put(a_visit(ticket)))
            await done("contract", Put(a_contract(customer)))
            outage = _one(await done("outage", Put(an_outage())), Outage)
            await done("note", Put(a_ticket_event(ticket, text="rang")))
            await done("change", Put(replace(customer, tone="calm"), seen=customer.version))
            second = a_ticket(customer, subject="Second")
            mail = a_contact(customer, ticket_key=second.key)
            await done(
                "several", Put(mail), Put(second), Put(a_ticket_event(second, contact_key=mail.key)),
                Put(replace(outage, cause="digger"), seen=outage.version),
            )  # fmt: skip
            assert sum(proxy.struck.values()) > 5, "a storm that does nothing proves nothing"
        assert await _counts(server) == {
            Customer: 1, Contact: 2, Ticket: 2, TicketEvent: 2, Visit: 1, Contract: 1, Outage: 1
        }  # fmt: skip
        key = customer.key.removeprefix("customer:")
        (stored,) = await store.customers([key])
        assert (stored.tone, stored.version) == ("calm", 2)
        (kept,) = await store.outages()
        assert (kept.cause, kept.version) == ("digger", 2)
        again = await _stubbornly(
            server.base.rstrip("/"), token, version,
            Batch((Put(a_ticket(customer)),), "ola", idempotency_key="fresh"),
        )  # fmt: skip
        assert not again.repeated


def _one(receipt: Receipt, kind: type[Any]) -> Any:
    (change,) = receipt.changes
    assert isinstance(change.after, kind)
    return change.after
