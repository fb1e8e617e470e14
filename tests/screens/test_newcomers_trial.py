"""What a newcomer stumbled over: keys named where they work, guides that come back, forms that stay where one types."""

from __future__ import annotations

from pathlib import Path

from console.screens.customer import CustomerScreen
from console.screens.guide import GuideScreen
from console.screens.guide_begin import resume_for
from tests.desk_stage import Stage, copy_of, on_desk
from widgets.banners import Banners
from widgets.field import Field
from widgets.form import Form
from widgets.rows import RowList


async def test_home_names_the_key_to_the_outages_that_works_there(demo_file: Path, tmp_path: Path) -> None:
    """In the box o is a letter: F7 is named there, and o in the lists."""
    async with on_desk(demo_file, tmp_path) as stage:
        banners = stage.app.home.query_one(Banners)
        assert "press F7 to see all" in banners.view.more_words
        stage.app.home.query_one("#found", RowList).focus()
        await stage.settle()
        assert "press o to see all" in banners.view.more_words


async def held(stage: Stage) -> GuideScreen:
    """Go to the question why a step is to be done in spite of the outage."""
    await stage.press("Q", "1", "2", "1", "2", "1")
    assert "HELD BACK: Restart" in stage.text()
    await stage.press("2")
    assert "YOUR REASON" in stage.text()
    assert isinstance(stage.app.screen, GuideScreen)
    return stage.app.screen


async def test_r28_a_killed_guide_comes_back_in_its_reason(demo_file: Path, tmp_path: Path) -> None:
    """What is on the disk at this moment leads back to the question why, with the words typed so far."""
    async with on_desk(demo_file, tmp_path) as stage:
        customer = await stage.open("outage")
        screen = await held(stage)
        assert stage.app.local.draft(*screen.draft_name) is not None
        await stage.type("neighbours wo")
        await stage.app.pop_screen()  # nothing is parked: as a kill leaves it
        await stage.settle()
        resume_for(customer, screen.draft_name[2])
        await stage.settle()
        assert "YOUR REASON" in stage.text()
        assert stage.app.screen.query_one(Field).answer == "neighbours wo"
        await stage.type("rk")
        await stage.press("enter")
        again = stage.app.screen
        assert isinstance(again, GuideScreen)
        assert again.going.here.reason == "neighbours work"


async def test_r28_a_reason_is_asked_no_more_once_nothing_is_held_back(demo_file: Path, tmp_path: Path) -> None:
    """An outage that ended meanwhile leaves the step itself, without the half reason as its answer."""
    async with on_desk(demo_file, tmp_path) as stage:
        customer = await stage.open("outage")
        screen = await held(stage)
        await stage.type("neighbours wo")
        await stage.app.pop_screen()
        stage.app.outages = ()
        resume_for(customer, screen.draft_name[2])
        await stage.settle()
        again = stage.app.screen
        assert isinstance(again, GuideScreen)
        assert not again.going.asks_why


async def test_r22_what_the_agent_looks_up_is_in_their_language(demo_file: Path, tmp_path: Path) -> None:
    """The question read out is in the customer's language; the one that is for the agent alone is in the console's."""
    async with on_desk(demo_file, tmp_path) as stage:
        await stage.open("prospect")
        await stage.press("Q", "1")
        assert "ingenting fungerar" in stage.text()
        await stage.press("1", "2")
        assert "LOOK UP" in stage.text()
        assert "Run the line check now." in stage.text()
        assert "Kör linjetestet" not in stage.text()
        await stage.press("2")
        assert "LOOK UP" not in stage.text()
        assert "Vad" in stage.text() or "Är" in stage.text()


async def test_r40_tab_from_the_last_question_changes_no_rung(demo_file: Path, tmp_path: Path) -> None:
    """The rung stands first and proposed, the reason has the keys; Tab goes down only, so that digits stay words."""
    async with on_desk(demo_file, tmp_path) as stage:
        await stage.open("third_chase")
        await stage.press("E")
        form = stage.app.screen.query_one(Form)
        assert [one.code for one in form.view.fields] == ["rung", "reason"]
        rung = form.values()["rung"]
        await stage.type("nobody came")
        await stage.press("tab")
        await stage.type(" 3 times")
        assert form.values() == {"rung": rung, "reason": "nobody came 3 times"}
        await stage.press("shift+tab", "3")
        assert form.values()["rung"] != rung


async def stored_by(stage: Stage, *keys: str) -> None:
    """Press keys at once one after the other, as fingers do, and wait until they act again."""
    await stage.pilot.press(*keys)
    await stage.settle()
    await stage.stored()
    await stage.settle()


async def to_the_end(stage: Stage) -> CustomerScreen:
    """Go through the guide of somebody whom an outage hits, up to where a digit stores the call."""
    screen = await stage.open("outage")
    await stage.press("Q", "1", "1")
    assert isinstance(stage.app.screen, GuideScreen)
    assert stage.app.screen.going.here.ended
    return screen


async def test_one_digit_too_many_after_a_script_stays_at_the_customer(demo_file: Path, tmp_path: Path) -> None:
    """It neither begins a number nor leaves; nothing was lost, so that nothing is said of it. Then keys act again."""
    async with on_desk(copy_of(demo_file, tmp_path / "store"), tmp_path) as stage:
        screen = await to_the_end(stage)
        await stored_by(stage, "1", "1", "1")
        assert stage.app.screen is screen
        assert "did nothing" not in stage.status()
        assert stage.app.home.typed() == ""
        await stage.press("5")
        assert stage.app.home.typed() == "5"


async def test_words_that_come_after_a_script_are_no_commands(demo_file: Path, tmp_path: Path) -> None:
    """Typed on after the end, they do nothing, and it is said that they did nothing."""
    async with on_desk(copy_of(demo_file, tmp_path / "store"), tmp_path) as stage:
        screen = await to_the_end(stage)
        await stored_by(stage, "1", "r", "e", "d")
        assert stage.app.screen is screen
        assert "did nothing" in stage.status()


async def test_one_enter_too_many_after_a_form_opens_nothing(demo_file: Path, tmp_path: Path) -> None:
    """Enter in the last line stores; once more it does not open the row below. F2 holds no key back."""
    async with on_desk(copy_of(demo_file, tmp_path / "store"), tmp_path) as stage:
        screen = await stage.open("third_chase")
        await stage.press("E")
        await stage.type("nobody came")
        await stored_by(stage, "enter", "enter")
        assert stage.app.screen is screen
        assert screen._bodies == {}
        await stage.press("E")
        await stage.type("still nobody")
        await stage.pilot.press("f2")
        await stage.settle()
        await stage.pilot.press("9")
        await stage.settle()
        assert stage.app.home.typed() == "9"
