"""A request that is sent twice is done once, over restarts, and a key means one thing for a day."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from backends import wire
from backends.contract.samples import an_operator, an_outage
from backends.errors import Busy, Invalid, Unavailable
from backends.memory import MemoryBackend
from backends.port import Batch, Put, Receipt
from backends.serve import ledger as ledgers
from backends.serve.office import Limits
from tests.serve.standing import Standing, standing


@pytest_asyncio.fixture
async def served(tmp_path: Path) -> AsyncIterator[Standing]:
    """Run a server over an empty database."""
    async with standing(tmp_path) as found:
        yield found


def _body(batch: Batch) -> dict[str, Any]:
    return {"batch": wire.BATCH.plain(batch)}


async def test_the_header_is_the_batchs_key(served: Standing) -> None:
    """`Idempotency-Key`, quoted as the draft has it or bare, makes a repetition return the first receipt."""
    body = _body(Batch((Put(an_outage()),), ""))
    async with served.http() as http:
        first = (await http.post("desk/v1/write", json=body, headers={"Idempotency-Key": '"a \\"b\\""'})).json()
        again = (await http.post("desk/v1/write", json=body, headers={"Idempotency-Key": 'a "b"'})).json()
        assert "repeated" not in first
        assert again.pop("repeated") is True
        assert again == first
        both = _body(Batch((Put(an_outage()),), "", idempotency_key="x"))
        answer = await http.post("desk/v1/write", json=both, headers={"Idempotency-Key": "y"})
        assert (answer.status_code, answer.json()["reason"]) == (422, "two_keys")


async def test_one_key_is_one_request(served: Standing) -> None:
    """The same key with another body is 422, however the first body was written; without a body change it repeats."""
    client = served.client()
    await client.open()
    operator = an_operator()
    batch = Batch((Put(operator),), "ola", idempotency_key="k")
    assert not (await client.write(batch)).repeated
    assert (await client.write(batch)).repeated
    with pytest.raises(Invalid) as raised:
        await client.write(Batch((Put(an_operator()),), "ola", idempotency_key="k"))
    assert (raised.value.field, raised.value.code, raised.value.status) == ("idempotency_key", "other_body", 422)
    await client.close()


async def test_keys_are_held_over_a_restart(tmp_path: Path) -> None:
    """After a restart of the server a repetition returns the first receipt, and another body is refused."""
    batch = Batch((Put(an_operator()),), "ola", idempotency_key="k")
    async with standing(tmp_path) as served:
        client = served.client(served.token(name="one"))
        await client.open()
        first = await client.write(batch)
        await client.close()
    async with standing(tmp_path) as served:
        client = served.client(served.token(name="two"))
        await client.open()
        again = await client.write(batch)
        assert (again.repeated, again.changes) == (True, first.changes)
        with pytest.raises(Invalid):
            await client.write(Batch((Put(an_operator()),), "ola", idempotency_key="k"))
        assert len(await client.operators()) == 1
        await client.close()


async def test_a_key_is_free_again_after_a_day(served: Standing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Digests are dropped after 24 hours, so that the file does not grow; what was stored still repeats."""
    ledger = served.office.ledger
    ledger.remember("ola", "k", b"digest")
    assert ledger.remembered("ola", "k") == b"digest"
    later = ledgers._now() + timedelta(hours=24, seconds=1)
    monkeypatch.setattr(ledgers, "_now", lambda: later)
    assert ledger.remembered("ola", "k") is None
    ledger.remember("ola", "other", b"x")
    assert ledger._connection.execute("SELECT count(*) FROM request").fetchone() == (1,)


async def test_a_refused_request_does_not_use_up_its_key(served: Standing) -> None:
    """Nothing was stored, so the corrected request may have the same key."""
    client = served.client()
    await client.open()
    with pytest.raises(Invalid):
        await client.write(Batch((Put(an_outage(operator_keys=("nobody",))),), "ola", idempotency_key="k"))
    assert not (await client.write(Batch((Put(an_outage()),), "ola", idempotency_key="k"))).repeated
    await client.close()


@pytest.mark.parametrize("key", ["x" * 201, "a\nb", " a"])
async def test_an_odd_key_is_refused(served: Standing, key: str) -> None:
    """A key is a short line of text."""
    client = served.client()
    await client.open()
    with pytest.raises(Invalid) as raised:
        await client.write(Batch((Put(an_outage()),), "ola", idempotency_key=key))
    assert raised.value.field == "idempotency_key"
    assert await client.outages() == ()
    await client.close()


class Stuck(MemoryBackend):
    """A store whose writing waits to be let go, or fails as if its answer were lost."""

    def __init__(self) -> None:
        super().__init__()
        self.go = asyncio.Event()
        self.begun = asyncio.Event()
        self.lost = False

    async def write(self, batch: Batch) -> Receipt:
        self.begun.set()
        await self.go.wait()
        receipt = await super().write(batch)
        if self.lost:
            self.lost = False
            raise Unavailable("died after storing")
        return receipt


async def test_a_repetition_waits_for_the_first(tmp_path: Path) -> None:
    """While the first is worked on, the same key waits; it is 409 when that takes too long."""
    stuck, limits = Stuck(), Limits(rate=0, seconds=2.0)
    async with standing(tmp_path, backend=stuck, limits=limits) as served, served.http() as http:
        body = _body(Batch((Put(an_outage()),), "", idempotency_key="k"))
        first = asyncio.create_task(http.post("desk/v1/write", json=body))
        await stuck.begun.wait()
        answer = await http.post("desk/v1/write", json=body)
        assert (answer.status_code, answer.headers["retry-after"]) == (409, "1")
        stuck.go.set()
        assert (await first).status_code == 200
        again = await http.post("desk/v1/write", json=body)
        assert (again.status_code, again.json()["repeated"]) == (200, True)
        assert len(await stuck.outages()) == 1


async def test_an_answer_that_was_lost_is_asked_for_again(tmp_path: Path) -> None:
    """A backend that stores and dies before it answers: the client repeats, and one record is there."""
    stuck = Stuck()
    stuck.go.set()
    stuck.lost = True
    async with standing(tmp_path, backend=stuck) as served:
        client = served.client()
        await client.open()
        receipt = await client.write(Batch((Put(an_outage()),), "ola", idempotency_key="k"))
        assert receipt.repeated
        assert len(await client.outages()) == 1
        await client.close()


async def test_without_a_key_nothing_is_repeated(tmp_path: Path) -> None:
    """What would be stored twice is sent once: the caller is told that the outcome is open."""
    stuck = Stuck()
    stuck.go.set()
    stuck.lost = True
    async with standing(tmp_path, backend=stuck) as served:
        client = served.client()
        await client.open()
        with pytest.raises(Unavailable) as raised:
            await client.write(Batch((Put(an_outage()),), "ola"))
        assert not isinstance(raised.value, Busy)
        assert len(await client.outages()) == 1
        await client.close()
