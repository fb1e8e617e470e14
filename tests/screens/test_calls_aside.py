"""Calls beside the open one: whose call a draft keeps, what counts as missed, and the way to each of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from backends.records import Channel, Contact, Key
from console.calls.call import CallState
from console.desk.local import CALL
from console.screens.caller import CallerScreen
from console.screens.calls import CallsScreen
from console.screens.customer import CustomerScreen
from console.screens.form import FormScreen
from console.screens.guide import GuideScreen
from console.screens.lock import LockScreen
from console.screens.palette import PaletteScreen
from tests.desk_stage import Stage, on_desk
from tests.screens.test_calls import rings, somebody, told
from widgets.form import Form

FIRST, SECOND, THIRD = "+48999111333", "+48999111444", "+48999111555"
"""Nobody's in the demo."""
POP = {"source": "pop", "id": ""}


@pytest.fixture
async def stage(demo_file: Path, tmp_path: Path) -> AsyncIterator[Stage]:
    """Give a console at home in a terminal of the usual size."""
    async with on_desk(demo_file, tmp_path / "state") as running:
        yield running


async def noted(stage: Stage, customer: Key, text: str) -> Contact:
    """Return the contact with that text, as it is stored."""
    picture = await stage.app.desk.open(customer)
    return next(one for one in picture.entries if isinstance(one, Contact) and one.body == text)


async def test_r35_a_draft_begun_without_a_call_leaves_whoever_rings_on_the_line(stage: Stage) -> None:
    """An unknown caller is neither taken for the draft's customer, nor stored with the note, nor over by it."""
    screen = await stage.open("third_chase")
    customer = screen.key
    await stage.press("n")
    await stage.type("no light")
    await rings(stage, FIRST, **POP)
    await told(stage, CallState.ENDED, FIRST, **POP)
    await rings(stage, SECOND, **POP)
    await stage.press("f5", "enter")
    assert isinstance(stage.app.screen, FormScreen)
    assert SECOND not in stage.app.screen.plan.view.subtitle.replace(" ", "")
    await stage.press("f2")
    contact = await noted(stage, customer, "no light")
    assert contact.route is None
    assert contact.sender != SECOND
    call = stage.app.call
    assert call is not None
    assert (call.number, call.live, call.noted, call.customer_key) == (SECOND, True, False, "")
    await stage.press("I")
    assert isinstance(stage.app.screen, CallerScreen)


async def test_r35_a_draft_keeps_the_call_it_was_begun_with(stage: Stage) -> None:
    """Number and way in of that call, though another rings by the time it is stored, and the console was new."""
    customer, operator, number = await somebody(stage)
    await rings(stage, number, dialled=operator.numbers[0], menu=("internet",), waited_seconds=40)
    await stage.press("n")
    await stage.type("no light")
    await told(stage, CallState.ENDED, number)
    await rings(stage, SECOND)
    draft = stage.app.local.draft(customer.key, "note")
    assert draft is not None
    stage.app.phone.book.put(
        replace(next(one for one in stage.app.phone.book.calls if one.number == number), number="x")
    )
    await stage.press("f5", "enter", "f2")
    contact = await noted(stage, customer.key, "no light")
    assert contact.route is not None
    assert (contact.sender, contact.route.menu, contact.route.waited_seconds) == (number, ("internet",), 40)
    assert contact.channel == Channel.CALL
    assert stage.app.call is not None
    assert (stage.app.call.number, stage.app.call.noted) == (SECOND, False)


async def test_a_note_taken_back_is_a_draft_of_its_call_again(stage: Stage) -> None:
    """Stored once more it has the number it had."""
    customer, operator, number = await somebody(stage)
    await rings(stage, number, dialled=operator.numbers[0], **POP)
    await stage.press("n")
    await stage.type("no light")
    await stage.press("f2", "u")
    draft = stage.app.local.draft(customer.key, "note")
    assert draft is not None
    assert number in draft.answers[CALL]
    await stage.press("n", "f2")
    assert (await noted(stage, customer.key, "no light")).sender == number


async def test_a_guide_resumed_keeps_to_its_own_call(stage: Stage) -> None:
    """Questions begun without a call take nobody's; the caller on the line is not used up."""
    screen = await stage.open("third_chase")
    await stage.press("Q", "enter", "enter")
    assert isinstance(stage.app.screen, GuideScreen)
    await stage.press("f5")
    assert stage.app.local.draft(screen.key, "script") is not None or stage.app.local.drafts()
    await rings(stage, SECOND, **POP)
    await stage.press("f5", "enter")
    guide = stage.app.screen
    assert isinstance(guide, GuideScreen)
    assert guide._call is None


async def test_whoever_was_talked_to_was_not_missed(stage: Stage) -> None:
    """Of a hook that only tells of ringing: what is logged, or being written as they hang up, was answered."""
    _customer, operator, number = await somebody(stage)
    await rings(stage, number, dialled=operator.numbers[0], **POP)
    await stage.press("n")
    await stage.type("no light")
    await stage.press("f2")
    await stage.press("I")
    assert isinstance(stage.app.screen, CallsScreen)
    assert "missed" not in stage.text()
    _other, other_operator, other_number = await somebody(stage, "priority")
    await rings(stage, other_number, dialled=other_operator.numbers[0], **POP)
    await stage.press("n")
    await stage.type("slow")
    await told(stage, CallState.ENDED, other_number, **POP)
    assert "Missed" not in stage.status()
    await stage.press("escape", "I")
    assert "missed" not in stage.text()


@pytest.mark.parametrize("typing", ["form", "guide", "palette", "box"])
async def test_ctrl_y_goes_to_the_other_call_from_wherever_one_types(stage: Stage, typing: str) -> None:
    """What was being written is kept; the call line names this key, and no letter."""
    customer, operator, number = await somebody(stage)
    other, other_operator, other_number = await somebody(stage, "priority")
    await rings(stage, number, dialled=operator.numbers[0])
    await told(stage, CallState.ANSWERED, number)
    match typing:
        case "form":
            await stage.press("n")
            await stage.type("first Iris")
            assert isinstance(stage.app.screen, FormScreen)
        case "guide":
            await stage.press("Q", "enter")
            assert isinstance(stage.app.screen, GuideScreen)
        case "palette":
            await stage.press("colon")
            assert isinstance(stage.app.screen, PaletteScreen)
        case _:
            await stage.press("f3")
            assert stage.app.screen is stage.app.home
    await rings(stage, other_number, dialled=other_operator.numbers[0])
    assert "Ctrl+Y  also:" in stage.text()
    await stage.press("ctrl+y")
    assert isinstance(stage.app.screen, CustomerScreen)
    assert stage.customer.key == other.key
    assert "I  also:" in stage.text()
    await stage.press("ctrl+y")
    assert stage.app.base_screen() is stage.customer
    assert stage.customer.key == customer.key
    if typing == "form":
        assert stage.app.screen.query_one(Form).values()["note"] == "first Iris"


async def test_ctrl_y_opens_no_lock(stage: Stage) -> None:
    """Behind a lock stays what is behind it."""
    stage.app.push_screen(LockScreen())
    await stage.settle()
    await stage.press("ctrl+y")
    assert isinstance(stage.app.screen, LockScreen)


async def test_of_three_calls_each_is_reached_in_turn(stage: Stage) -> None:
    """The key goes round; at 80 columns neither it nor the count is cut."""
    customer, operator, number = await somebody(stage)
    other, other_operator, other_number = await somebody(stage, "priority")
    third, third_operator, third_number = await somebody(stage, "prospect")
    await rings(stage, number, dialled=operator.numbers[0], name="Somebody With A Long Name")
    await rings(stage, other_number, dialled=other_operator.numbers[0], name="Somebody With A Long Name")
    await rings(stage, third_number, dialled=third_operator.numbers[0])
    assert "I  also:" in stage.text()
    assert "and 1 more" in stage.text()
    seen = []
    for _turn in range(4):
        await stage.press("I")
        seen.append(stage.customer.key)
    assert seen == [other.key, third.key, customer.key, other.key]


async def test_r22_the_greeting_is_there_whole_at_80_columns(stage: Stage) -> None:
    """It is read out: hours and language leave before a word of it does."""
    for operator in (one for one in stage.app.desk.operators.values() if one.numbers):
        await rings(stage, SECOND, id=operator.key, dialled=operator.numbers[0])
        shown = " ".join(" ".join(stage.text().splitlines()[:3]).split())
        assert operator.greeting in shown
        await told(stage, CallState.ENDED, SECOND, id=operator.key)
