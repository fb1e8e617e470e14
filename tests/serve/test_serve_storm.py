"""A bad line between console and server: what is written once with a key is stored once, whatever the line does."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from backends.contract.samples import an_outage
from backends.errors import Refused, Unavailable
from backends.port import Batch, Put, Receipt
from backends.rest import cordboard
from backends.rest.cordboard.backend import DeskBackend
from tests.serve.standing import standing
from tests.servers.faulty import (
    DROP_AFTER,
    DROP_BEFORE,
    GARBAGE,
    TRUNCATED,
    Fault,
    FaultProxy,
    Storm,
    delay,
    error,
    too_many,
)

FAULTS = (
    DROP_BEFORE,
    DROP_AFTER,
    GARBAGE,
    TRUNCATED,
    delay(1.5),
    error(500),
    error(502, forwarded=True),
    too_many(0),
)


async def _at_last(client: DeskBackend, batch: Batch) -> Receipt:
    """Store a batch as an outbox does: again with the same key as long as the source cannot be reached."""
    for _ in range(30):
        try:
            return await client.write(batch)
        except Unavailable:
            await asyncio.sleep(0.05)
    raise AssertionError("it was never stored")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.kind.value)
async def test_a_fault_under_a_write_stores_it_once(tmp_path: Path, fault: Fault) -> None:
    """Lost before or after the server had it, late, damaged or refused: one record, and its receipt."""
    async with standing(tmp_path) as served, FaultProxy(served.base.rstrip("/"), only=("POST",)) as proxy:
        secret = json.dumps({"kind": "token", "token": served.token()})
        client = cordboard.open_url(f"cordboard+{proxy.url}", secret=lambda: secret, deadline=1.0)
        await client.open()
        proxy.next(fault)
        receipt = await _at_last(client, Batch((Put(an_outage(title="once")),), "ola", idempotency_key="k"))
        stored = await served.office.backend.outages()
        assert [outage.title for outage in stored] == ["once"]
        assert receipt.changes[0].after == stored[0]
        await client.close()


async def test_a_storm_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """Two requests of five are struck; after it each of forty writes is there exactly once."""
    async with (
        standing(tmp_path) as served,
        FaultProxy(served.base.rstrip("/"), only=("POST",), storm=Storm(seed=7, rate=0.4)) as proxy,
    ):
        secret = json.dumps({"kind": "token", "token": served.token()})
        client = cordboard.open_url(f"cordboard+{proxy.url}", secret=lambda: secret, deadline=0.5)
        await client.open()
        for number in range(40):
            batch = Batch((Put(an_outage(title=f"{number}")),), "ola", idempotency_key=f"storm-{number}")
            await _through(client, batch)
        stored = await served.office.backend.outages()
        assert sorted(int(outage.title) for outage in stored) == list(range(40))
        await client.close()


async def _through(client: DeskBackend, batch: Batch) -> None:
    """Store a batch though the line redirects too, which a client must take for a no."""
    for _ in range(60):
        try:
            await client.write(batch)
        except (Unavailable, Refused):
            continue
        return
    raise AssertionError("it was never stored")
