"""Disputes between desk and billing: taken down, held, answered, withdrawn, and taken back (R39)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from backends.port import Batch, Put, undoing
from backends.records import (
    Charge,
    Dispute,
    DisputeState,
    Holder,
    Money,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketKind,
    new_key,
)
from console.desk.acts import disputes
from console.desk.acts.scene import Scene, Unfit
from console.rules.standing import dunning_ahead, hold_refused
from tests.acts_stage import NOW, Counter, at_counter

TODAY = NOW.date()


def charge(amount: int, *, currency: str = "PLN", dunning: int | None = 3, paid: bool = False) -> Charge:
    """Return a charge of this desk's customer."""
    due = TODAY + timedelta(days=dunning) if dunning is not None else None
    return Charge(new_key(), "", f"fee {amount}", Money(amount, currency), TODAY - timedelta(days=20), dunning_on=due,
                  paid_on=TODAY if paid else None)  # fmt: skip


@pytest.fixture
async def desk() -> AsyncIterator[Counter]:
    """Give a desk whose customer has three charges, one of them paid."""
    async with at_counter() as counter:
        scene = await counter.scene()
        charges = (charge(4_000), charge(2_000, dunning=6), charge(900, paid=True))
        await counter.do(scene.batch(*(Put(replace(one, customer_key=counter.customer.key)) for one in charges)))
        yield counter


async def _only(desk: Counter) -> Dispute:
    (found,) = (await desk.picture()).file.disputes
    return found


async def _events(desk: Counter) -> list[TicketEvent]:
    return [one for one in await desk.all_of(TicketEvent) if one.kind is TicketEventKind.NOTE]


async def test_r39_a_dispute_asks_for_a_hold_and_gives_the_customer_a_number(desk: Counter) -> None:
    """All that is not paid is disputed; a billing ticket is opened for it, and billing has the ball."""
    deed = await desk.do(disputes.open_dispute(await desk.scene(), {"reason": "never ordered"}))
    one = await _only(desk)
    assert (one.state, one.reason, one.amount) == (DisputeState.HOLD_ASKED, "never ordered", Money(6_000, "PLN"))
    assert len(one.charge_keys) == 2
    ticket = next(each for each in (await desk.picture()).file.tickets if each.key == one.ticket_key)
    assert (ticket.kind, ticket.holder, ticket.subject) == (TicketKind.BILLING, Holder.BILLING, "never ordered")
    assert ticket.reference
    assert [event.after for event in await _events(desk)] == [DisputeState.HOLD_ASKED]
    await desk.backend.write(undoing(deed.receipt, actor="ola"))
    file = (await desk.picture()).file
    assert file.disputes == ()
    assert all(each.kind is not TicketKind.BILLING for each in file.tickets)


async def test_r39_a_dispute_hangs_on_the_open_billing_ticket_and_names_one_charge(desk: Counter) -> None:
    """No second ticket is opened; what is asked of billing can be left unasked."""
    await desk.do(disputes.open_dispute(await desk.scene(), {"reason": "first"}))
    wanted = (await desk.picture()).file.charges[1]
    scene = await desk.scene()
    await desk.do(disputes.open_dispute(scene, {"reason": "second", "charge": wanted.key, "hold": "no"}))
    first, second = (await desk.picture()).file.disputes
    assert second.ticket_key == first.ticket_key
    assert (second.state, second.charge_keys, second.amount) == (DisputeState.OPEN, (wanted.key,), wanted.amount)
    with pytest.raises(Unfit) as caught:
        disputes.open_dispute(scene, {"reason": "third", "charge": "charge:999"})
    assert caught.value.field == "charge"
    with pytest.raises(Unfit):
        disputes.open_dispute(scene, {"reason": " "})


async def test_r39_billing_answers_and_the_warning_ends(desk: Counter) -> None:
    """Until it is on hold, the dunning date ahead is a warning; a refusal ends the dispute and is told."""
    await desk.do(disputes.open_dispute(await desk.scene(), {"reason": "wrong", "hold": "no"}))
    file = (await desk.picture()).file
    assert dunning_ahead(file.charges, file.disputes, TODAY) is not None
    await desk.do(disputes.ask_hold(await desk.scene(), await _only(desk), {"note": "they call daily"}))
    file = (await desk.picture()).file
    assert dunning_ahead(file.charges, file.disputes, TODAY) is not None, "asked is not held"
    scene = await desk.scene()
    await desk.do(disputes.answer_hold(scene, await _only(desk), {"state": "on_hold", "answer": "14 days"}))
    file = (await desk.picture()).file
    assert (file.disputes[0].answer, file.disputes[0].closed_at) == ("14 days", None)
    assert dunning_ahead(file.charges, file.disputes, TODAY) is None
    scene = await desk.scene()
    deed = await desk.do(disputes.answer_hold(scene, await _only(desk), {"state": "refused", "answer": "it is right"}))
    refused = await _only(desk)
    assert refused.closed_at == scene.now
    assert hold_refused([refused], scene.now + timedelta(days=1)) == refused
    assert hold_refused([refused], scene.now + timedelta(days=30)) is None
    assert [event.after for event in await _events(desk)] == ["open", "hold_asked", "on_hold", "refused"]
    await desk.backend.write(undoing(deed.receipt, actor="ola"))
    assert (await _only(desk)).state is DisputeState.ON_HOLD


async def test_r39_a_hold_that_is_refused_leaves_the_dispute_and_its_warning(desk: Counter) -> None:
    """The customer still objects: dunning ahead stays a warning, and billing has answered in words."""
    await desk.do(disputes.open_dispute(await desk.scene(), {"reason": "wrong", "hold": "yes"}))
    with pytest.raises(Unfit, match="needed"):
        disputes.answer_hold(await desk.scene(), await _only(desk), {"state": "open"})
    answer = {"state": "open", "answer": "not before Friday"}
    await desk.do(disputes.answer_hold(await desk.scene(), await _only(desk), answer))
    file = (await desk.picture()).file
    assert (file.disputes[0].state, file.disputes[0].closed_at) == (DisputeState.OPEN, None)
    assert file.disputes[0].answer == "not before Friday"
    assert dunning_ahead(file.charges, file.disputes, TODAY) is not None
    await desk.do(disputes.ask_hold(await desk.scene(), await _only(desk), {"note": "again"}))
    assert (await _only(desk)).state is DisputeState.HOLD_ASKED


async def test_r39_steps_that_cannot_be_taken_are_refused(desk: Counter) -> None:
    """Asking twice, refusing without a word, an answer that is none, and going on after the end."""
    await desk.do(disputes.open_dispute(await desk.scene(), {"reason": "wrong"}))
    scene, one = await desk.scene(), await _only(desk)
    refused: list[tuple[Callable[..., Batch], dict[str, str], str]] = [
        (disputes.ask_hold, {}, "hold_asked"),
        (disputes.answer_hold, {"state": "refused"}, "needed"),
        (disputes.answer_hold, {"state": "hold_asked"}, "unknown"),
        (disputes.answer_hold, {"state": "open"}, "needed"),
        (disputes.answer_hold, {}, "needed"),
    ]
    for make, values, code in refused:
        with pytest.raises(Unfit) as caught:
            make(scene, one, values)
        assert caught.value.code == code
    await desk.do(disputes.withdraw(scene, one, {"note": "paid after all"}))
    ended = await _only(desk)
    assert ended.state is DisputeState.WITHDRAWN
    for step in (disputes.ask_hold, disputes.answer_hold, disputes.withdraw):
        with pytest.raises(Unfit):
            step(await desk.scene(), ended, {"state": "on_hold"})


async def test_r41_what_is_said_of_money_is_left_on_no_other_ticket(desk: Counter) -> None:
    """On a fault, whose text everybody reads, only the state is marked."""
    scene = await desk.scene()
    fault = Ticket(new_key(), "", desk.customer.key, desk.customer.operator_key, TicketKind.FAULT, "No internet", NOW)
    made = await desk.do(scene.batch(Put(fault)))
    stored = made.receipt.changes[0].after
    assert isinstance(stored, Ticket)
    one = Dispute(new_key(), desk.customer.key, "secret reason", NOW, ticket_key=stored.key)
    await desk.do((await desk.scene()).batch(Put(one)))
    await desk.do(disputes.ask_hold(await desk.scene(), await _only(desk), {"note": "secret note"}))
    (event,) = await _events(desk)
    assert (event.ticket_key, event.after, event.text) == (stored.key, "hold_asked", "")


def test_amounts_of_several_currencies_are_not_added() -> None:
    """Then there is no amount, rather than a wrong one."""
    assert disputes._amount((charge(1), charge(2, currency="EUR"))) is None
    assert disputes._amount(()) is None
    assert isinstance(Scene.__doc__, str)
