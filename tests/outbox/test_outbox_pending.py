"""What waits is among what is to be done; who is where is told now or never."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from backends.contract.base import every_row
from backends.contract.samples import a_charge, a_contract, a_customer, a_dispute, a_handover, a_promise, a_ticket, ago
from backends.errors import Unavailable
from backends.port import PendingFilter, PendingKind, Presence
from backends.records import ContractState, Dispute, DisputeState, Promise, PromiseState, Ticket
from tests.outbox.box_stage import ACTOR, Desk, a_desk

NOON = datetime(2026, 6, 3, 12, tzinfo=UTC)


async def waiting(desk: Desk, *records: Any) -> Any:
    """Store records while the line is cut, and mend it so that reading works; they go on waiting."""
    desk.line.cut()
    receipt = await desk.put(*records)
    desk.line.mend()
    desk.line.before = [Unavailable("still lost")] * 1_000
    return receipt


async def deeds(desk: Desk, only: PendingFilter = PendingFilter(), *, limit: int = 50) -> list[str]:  # noqa: B008
    """Return what is to be done, by its deed or kind, page by page."""
    rows = await every_row(lambda after: desk.outbox.pending(only, after=after, limit=limit))
    return [row.record.deed if isinstance(row.record, Promise) else row.kind.value for row in rows]


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
async def test_what_waits_is_listed_in_its_place(tmp_path: Path, limit: int) -> None:
    """Waiting promises stand where they are due, page by page, each once; so do those of customers who wait too."""
    async with a_desk(tmp_path) as desk:
        due = [NOON + timedelta(hours=hour) for hour in range(6)]
        await desk.put(*(a_promise(desk.customer, deed=f"{hour}", due_at=due[hour]) for hour in (0, 2, 4)))
        newcomer = a_customer(desk.operator)
        await waiting(
            desk,
            newcomer,
            *(a_promise(desk.customer, deed=f"{hour}", due_at=due[hour]) for hour in (1, 3)),
            a_promise(newcomer, deed="5", due_at=due[5]),
            a_promise(desk.customer, deed="some day", due_at=None),
            a_promise(desk.customer, deed="kept", state=PromiseState.KEPT),
        )
        assert await deeds(desk, limit=limit) == ["0", "1", "2", "3", "4", "5", "some day"]
        until = PendingFilter(until=due[3])
        assert await deeds(desk, until, limit=limit) == ["0", "1", "2", "some day"]
        assert await deeds(desk, PendingFilter(frozenset({PendingKind.TICKET})), limit=limit) == []


async def test_what_is_done_and_waits_is_not_to_be_done(tmp_path: Path) -> None:
    """A promise kept while the line is cut is not called for again; one put off stands at its new time."""
    async with a_desk(tmp_path) as desk:
        stored = await desk.put(*(a_promise(desk.customer, deed=word, due_at=NOON) for word in ("a", "b", "c")))
        first, second, _third = [change.after for change in stored.changes]
        desk.line.cut()
        await desk.change(first, state=PromiseState.KEPT, closed_at=ago(minutes=1))
        await desk.change(second, due_at=NOON + timedelta(days=1))
        desk.line.mend()
        desk.line.before = [Unavailable("still lost")] * 1_000
        assert await deeds(desk) == ["c", "b"]


async def test_every_kind_that_waits_is_known(tmp_path: Path) -> None:
    """Handovers, contracts, disputes and tickets that wait are to be done as well, each when it is due."""
    async with a_desk(tmp_path) as desk:
        ticket = (await desk.put(a_ticket(desk.customer))).changes[0].after
        charge = (await desk.put(a_charge(desk.customer, dunning_on=date(2026, 6, 6)))).changes[0].after
        assert isinstance(ticket, Ticket)
        assert charge is not None
        await desk.outbox.customer_file(desk.customer.key)
        receipt = await waiting(
            desk,
            a_handover(ticket, due_at=NOON),
            a_contract(desk.customer, ends_on=date(2026, 6, 5)),
            a_contract(desk.customer, ends_on=date(2026, 6, 5), state=ContractState.ENDED),
            a_dispute(desk.customer, charge_keys=(charge.key,)),
            a_ticket(desk.customer, next_step_at=NOON + timedelta(days=9)),
        )
        assert await deeds(desk) == ["handover", "contract", "dispute", "ticket"]
        dispute = receipt.changes[3].after
        assert isinstance(dispute, Dispute)
        await desk.change(dispute, state=DisputeState.ON_HOLD)
        assert await deeds(desk) == ["handover", "contract", "ticket"]


async def test_a_list_of_only_what_waits_is_no_list(tmp_path: Path) -> None:
    """While the source is away the list says so: what waits alone would look like all there is."""
    async with a_desk(tmp_path) as desk:
        desk.line.cut()
        await desk.put(a_promise(desk.customer, due_at=NOON))
        with pytest.raises(Unavailable):
            await desk.outbox.pending()


async def test_where_somebody_was_is_never_delivered_later(tmp_path: Path) -> None:
    """Presence goes through while the line is good, raises while it is cut, and leaves nothing in the journal."""
    async with a_desk(tmp_path) as desk:
        said = Presence(ACTOR, desk.customer.key, ago(minutes=1), ago(minutes=1))
        await desk.outbox.present(said, agent=ACTOR, console="one")
        assert [one.agent for one in await desk.outbox.presence(desk.customer.key)] == [ACTOR]
        desk.line.cut()
        with pytest.raises(Unavailable):
            await desk.outbox.present(None, agent=ACTOR, console="one")
        assert desk.outbox.deliveries() == ()
        desk.line.mend()
        assert len(await desk.outbox.presence(desk.customer.key)) == 1


async def test_a_customer_who_waits_has_nobody_there(tmp_path: Path) -> None:
    """The source knows nothing of a customer who is still in the outbox: whoever opens them is nowhere."""
    async with a_desk(tmp_path) as desk:
        await desk.outbox.present(
            Presence(ACTOR, desk.customer.key, ago(minutes=1), ago(minutes=1)), agent=ACTOR, console="one"
        )
        receipt = await waiting(desk, a_customer(desk.operator))
        key = receipt.changes[0].after.key
        await desk.outbox.present(Presence(ACTOR, key, ago(minutes=1), ago(minutes=1)), agent=ACTOR, console="one")
        assert await desk.outbox.presence(key) == ()
        assert await desk.outbox.presence(desk.customer.key) == ()
