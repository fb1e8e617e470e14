"""What a role hides opens for five minutes with a reason; a dispute is held by one key and answered by the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from backends.port import Backend, Batch, Put
from backends.records import (
    AnswerState,
    Area,
    Channel,
    Charge,
    Contact,
    Contract,
    Direction,
    Dispute,
    DisputeState,
    Money,
    Role,
    Ticket,
    TicketKind,
    new_key,
)
from backends.registry import backend_for
from backends.veil import Hides, Veil
from console.desk.revealing import OPEN_FOR
from console.performing import AFTER_REFUSAL
from console.rules.roles import hidden_from
from console.screens.form import FormScreen
from tests.desk_stage import NIGHT, Stage, on_desk
from widgets.rows import RowList

SECRET = "Premium line charged twice"
BODY = "My invoice 0815 is wrong"
BILLED = "counted from both meters"


async def _customer(file: Path) -> str:
    """Put a customer with money matters into the store; returns their number."""
    backend = backend_for(f"sqlite:///{file}")
    await backend.open()
    try:
        operator = (await backend.operators())[0]
        like = (await backend.search("C-1", limit=1))[0].customer
        customer = replace(like, key=new_key(), number="C-777001", name="Zoe Bill", origin=None, version=0,
                           operator_key=operator.key, points=())  # fmt: skip
        opened = NIGHT - timedelta(days=2)
        ticket = Ticket(new_key(), "", customer.key, operator.key, TicketKind.BILLING, SECRET, opened,
                        description=BILLED)  # fmt: skip
        contact = Contact(new_key(), "", customer.key, operator.key, Channel.EMAIL, Direction.INBOUND,
                          opened, BODY, BODY, ticket_key=ticket.key, answer=AnswerState.WAITING)  # fmt: skip
        charge = Charge(new_key(), customer.key, "Premium SMS", Money(12_345, "PLN"), NIGHT.date() - timedelta(days=20),
                        dunning_on=NIGHT.date() + timedelta(days=3))  # fmt: skip
        contract = Contract(new_key(), "", customer.key, "Fibre 300", NIGHT.date() - timedelta(days=90),
                            price=Money(7_700, "PLN"))  # fmt: skip
        await backend.write(
            Batch(tuple(Put(one) for one in (customer, ticket, contact, charge, contract)), actor="test", act="create")
        )
    finally:
        await backend.close()
    return "C-777001"


def veiled(*roles: Role) -> Callable[[Backend], Backend]:
    """Return what puts a veil for these roles before a store."""
    hides = Hides(hidden_from(roles))
    return lambda backend: Veil(backend, lambda: hides)


@asynccontextmanager
async def desk_of(
    file: Path, folder: Path, role: Role, *, size: tuple[int, int] = (110, 40), login: str = "ext"
) -> AsyncIterator[Stage]:
    """Run a console of somebody with one role, at the customer."""
    number = await _customer(file)
    async with on_desk(
        file, folder, size=size, login=login, roles=frozenset({role}), around=veiled(role)
    ) as stage:  # fmt: skip
        await stage.type(number)
        if stage.app.base_screen() is stage.app.home:
            await stage.press("enter")
        await stage.settle()
        yield stage


async def _everything(stage: Stage) -> str:
    """Return what the screen and the details show."""
    shown = stage.text()
    await stage.press("i")
    shown += stage.text()
    await stage.press("escape")
    return shown


async def test_r41_what_a_role_hides_opens_with_a_reason_and_closes_by_itself(demo_file: Path, tmp_path: Path) -> None:
    """V asks why; what is shown ends with its time, and the reason stands in the trail."""
    async with desk_of(demo_file, tmp_path, Role.TECHNICAL) as stage:
        before = await _everything(stage)
        assert SECRET not in before
        assert "123.45" not in before
        assert "Not shown to your role" in before
        await stage.press("V")
        await stage.press("enter")
        assert "Please say why" in stage.text()
        await stage.type("line about to be suspended")
        await stage.press("f2")
        now = stage.text()
        assert SECRET in now
        assert "money shown until" in now
        stage.customer.query_one("#tickets").focus()
        await stage.press("enter")  # a text that stands open in its row must go with the rest
        assert BILLED in stage.text()
        assert "123.45" in await _everything(stage)
        moment = stage.app.desk.clock()
        stage.app.desk.clock = lambda: moment + OPEN_FOR + timedelta(seconds=1)
        stage.customer._reveal_over()
        await stage.settle()
        after = await _everything(stage)
        assert SECRET not in after
        assert BILLED not in after
        assert "123.45" not in after
        trail = await stage.backend.inner.audit(limit=20)  # type: ignore[attr-defined]  # the veil's own backend
        noted = [one for one in trail.rows if one.detail.startswith("reveal")]
        assert len(noted) == 1
        assert "line about to be suspended" in noted[0].detail
        assert noted[0].actor == "ext"


async def test_r41_leaving_ends_what_was_open_and_v_ends_it_at_once(demo_file: Path, tmp_path: Path) -> None:
    """A second V hides; so does going home, whoever comes back."""
    async with desk_of(demo_file, tmp_path, Role.TECHNICAL) as stage:
        for leave in ("V", "home"):
            await stage.press("V")
            await stage.type("asked by the caller")
            await stage.press("f2")
            assert SECRET in stage.text()
            if leave == "V":
                await stage.press("V")
                assert "Hidden again" in stage.status()
            else:
                await stage.press("escape")
                await stage.settle()
                assert stage.app.desk.opened is None
                await stage.type("C-777001")
                await stage.press("enter")
            await stage.settle()
            assert SECRET not in stage.text()


async def test_r41_an_outside_hotline_may_not_reveal(demo_file: Path, tmp_path: Path) -> None:
    """The key says why not; nothing is shown and nothing asked."""
    async with desk_of(demo_file, tmp_path, Role.HOTLINE) as stage:
        await stage.press("V")
        assert "Your role may not see this" in stage.status()
        assert SECRET not in await _everything(stage)


async def test_r41_what_is_hidden_is_never_called_absent(demo_file: Path, tmp_path: Path) -> None:
    """Billing and compensation are refused as V is, whether or not anything is there."""
    async with desk_of(demo_file, tmp_path, Role.HOTLINE) as stage:
        for key in ("B", "C"):
            stage.app.say("")
            await stage.press(key)
            assert stage.status().startswith("Your role may not see this. Ask a colleague at the desk."), key
            await asyncio.sleep(AFTER_REFUSAL)


async def test_r41_who_may_look_is_told_how(demo_file: Path, tmp_path: Path) -> None:
    """Billing names the key that shows what is hidden, and works behind it; where a right lacks too, that is said."""
    async with desk_of(demo_file, tmp_path, Role.TECHNICAL) as stage:
        await stage.press("B")
        assert "Your role does not see charges and disputes. V shows them for a while" in stage.status()
        await asyncio.sleep(AFTER_REFUSAL)
        await stage.press("C")
        assert "Your role does not grant compensation." in stage.status(), "seeing it would not help"
        await asyncio.sleep(AFTER_REFUSAL)
        await stage.press("V")
        await stage.type("asked by the caller")
        await stage.press("f2", "B")
        assert isinstance(stage.app.screen, FormScreen)


async def test_r41_nobody_answers_a_message_they_may_not_see(demo_file: Path, tmp_path: Path) -> None:
    """Reply, answered and no answer are refused at a hidden text, also from a draft; writing without one is not."""
    async with desk_of(demo_file, tmp_path, Role.HOTLINE) as stage:
        [hidden] = [one for one in stage.customer.picture.entries if isinstance(one, Contact)]  # type: ignore[union-attr]
        stage.customer.query_one("#history", RowList).go_to(f"contact:{hidden.key}")
        for key in ("r", "a", "A"):
            stage.app.say("")
            await stage.press(key)
            assert stage.app.screen is stage.customer, key
            assert "Your role may not see this. Ask a colleague at the desk." in stage.status(), key
            await asyncio.sleep(AFTER_REFUSAL)
        stage.app.say("")
        stage.customer.resume("reply", hidden.key)
        await stage.settle()
        assert stage.app.screen is stage.customer
        assert "Your role may not see this." in stage.status()
        stage.customer.query_one("#tickets").focus()
        await stage.press("r")
        assert isinstance(stage.app.screen, FormScreen), "nothing hidden is answered from the tickets"


async def test_r41_nothing_is_shown_that_could_not_be_noted(
    demo_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a trail entry there is no reveal."""
    from backends.errors import Full

    async with desk_of(demo_file, tmp_path, Role.TECHNICAL) as stage:

        async def full(*_args: object) -> None:
            raise Full("disk")

        monkeypatch.setattr(stage.backend, "note_read", full)
        await stage.press("V")
        await stage.type("no room")
        await stage.press("f2")
        assert "Not shown" in stage.status()
        assert SECRET not in stage.text()


async def test_r39_one_key_asks_billing_for_a_hold_and_shows_its_answer(demo_file: Path, tmp_path: Path) -> None:
    """A dispute is taken down and billing asked; billing answers with the same key; the desk sees it; undo undoes."""
    async with desk_of(demo_file, tmp_path / "desk", Role.DESK) as stage:
        await stage.press("B")
        await stage.type("never ordered it")
        await stage.press("f2")
        assert "dispute, hold asked for, dunning" in stage.text()
        assert "hold asked for" in await _everything(stage)
        await stage.press("B")  # one more charge, or the one that waits
        await stage.press("1")
        assert "has not answered yet" in stage.status()
        file = await stage.backend.customer_file(stage.customer.key)
        assert [one.state for one in file.disputes] == [DisputeState.HOLD_ASKED]
        assert file.disputes[0].charge_keys == (file.charges[0].key,)
        pending = await stage.backend.pending()
        assert file.disputes[0].key in [one.record.key for one in pending.rows if isinstance(one.record, Dispute)]
        await stage.press("u")
        file = await stage.backend.customer_file(stage.customer.key)
        assert file.disputes == ()
        await stage.press("B")
        await stage.press("f2")  # the draft came back with undo
        key = stage.customer.key
    async with on_desk(demo_file, tmp_path / "billing", login="bil", roles=frozenset({Role.BILLING})) as stage:
        stage.app.open_customer(key)
        await stage.settle()
        await stage.press("B")
        await stage.press("h")
        await stage.press("tab")
        await stage.type("until Friday")
        await stage.press("f2")
        file = await stage.backend.customer_file(key)
        assert (file.disputes[0].state, file.disputes[0].answer) == (DisputeState.ON_HOLD, "until Friday")
    async with on_desk(demo_file, tmp_path / "desk", login="ext", roles=frozenset({Role.DESK})) as stage:
        stage.app.open_customer(key)
        await stage.settle()
        assert "dunning on hold" in stage.text()
        assert "until Friday" in await _everything(stage)
        await stage.press("B", "w")
        file = await stage.backend.customer_file(key)
        assert file.disputes[0].state is DisputeState.WITHDRAWN
        await stage.press("u")
        file = await stage.backend.customer_file(key)
        assert file.disputes[0].state is DisputeState.ON_HOLD


async def test_r39_a_refusal_is_said_to_whoever_opens_the_customer(demo_file: Path, tmp_path: Path) -> None:
    """It needs words, and stands on the card and in the details."""
    async with desk_of(demo_file, tmp_path / "desk", Role.BILLING) as stage:
        await stage.press("B")
        await stage.type("wrong tariff")
        await stage.press("f2")
        await stage.press("B")
        await stage.press("r")
        await stage.press("f2")
        assert "Please fill this in" in stage.text()
        await stage.type("contract says so")
        await stage.press("f2")
        assert "hold refused" in stage.text()
        assert "contract says so" in await _everything(stage)


def test_the_time_is_five_minutes() -> None:
    """As it is told."""
    assert timedelta(minutes=5) == OPEN_FOR
    assert Area.PAYMENT in hidden_from({Role.TECHNICAL})
    assert isinstance(NIGHT, datetime)
