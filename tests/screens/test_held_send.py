"""A form is held when something came in for the customer since the agent last looked at them (R32)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from backends.port import Batch, Put
from backends.records import AnswerState, Channel, Contact, Direction, new_key
from backends.registry import backend_for
from console.screens.form import FormScreen
from tests.desk_stage import NIGHT, Stage, copy_of, on_desk
from widgets.body import BodyPane
from widgets.bottom import StatusLine
from widgets.form import Form


async def mail_by_another_desk(file: Path, stage: Stage, text: str, *, agent: str = "") -> Contact:
    """Store a message for the open customer through a second connection, as a second desk does."""
    picture = stage.customer.picture
    assert picture is not None
    customer = picture.file.customer
    made = Contact(
        new_key(), "", customer.key, customer.operator_key, Channel.EMAIL, Direction.INBOUND,
        NIGHT - timedelta(minutes=1), "One more thing", text, answer=AnswerState.WAITING,
    )  # fmt: skip
    if agent:
        made = replace(made, direction=Direction.OUTBOUND, answer=AnswerState.NOT_NEEDED, agent=agent)
    other = backend_for(f"sqlite:///{file}")
    await other.open()
    try:
        receipt = await other.write(Batch((Put(made),), actor="marta"))
    finally:
        await other.close()
    stored = receipt.changes[0].after
    assert isinstance(stored, Contact)
    return stored


def words(stage: Stage) -> str:
    """Return the words above the form."""
    return stage.app.screen.query_one("#words", StatusLine).view.words


async def test_r32_a_send_is_held_until_the_news_was_shown(demo_file: Path, tmp_path: Path) -> None:
    """What came in meanwhile is named and shown, nothing is stored and nothing typed is lost; saving again stores."""
    file = copy_of(demo_file, tmp_path / "held")
    async with on_desk(file, tmp_path) as stage:
        screen = await stage.open("prospect")
        assert screen.picture is not None
        before = screen.picture.file.contacts_total
        await stage.press("r")
        await stage.type("we come tomorrow")
        await mail_by_another_desk(file, stage, "Please do not come tomorrow after all.")
        await stage.press("f2")
        form = stage.app.screen
        assert isinstance(form, FormScreen), "nothing was stored yet"
        assert "Held" in words(stage)
        assert "do not come tomorrow" in form.query_one("#news", BodyPane).view.text
        assert "we come tomorrow" in form.query_one(Form).values()["body"]
        await stage.press("f2")
        assert not isinstance(stage.app.screen, FormScreen)
        assert screen.picture.file.contacts_total == before + 2
        newest = [one for one in screen.picture.entries if isinstance(one, Contact)][:2]
        assert any("we come tomorrow" in one.body for one in newest)


async def test_r32_a_colleagues_answer_holds_a_second_one(demo_file: Path, tmp_path: Path) -> None:
    """Two answers to one message: the second is held, and says who wrote already."""
    file = copy_of(demo_file, tmp_path / "held")
    async with on_desk(file, tmp_path) as stage:
        await stage.open("prospect")
        await stage.press("r")
        await stage.type("we come tomorrow")
        await mail_by_another_desk(file, stage, "We came already.", agent="Marta Lis")
        await stage.press("f2")
        assert isinstance(stage.app.screen, FormScreen)
        assert "Marta Lis wrote to this customer" in words(stage)


async def test_r32_further_news_holds_again(demo_file: Path, tmp_path: Path) -> None:
    """Each piece of news holds once: what comes after the first look is shown too."""
    file = copy_of(demo_file, tmp_path / "held")
    async with on_desk(file, tmp_path) as stage:
        await stage.open("prospect")
        await stage.press("r")
        await stage.type("spoke with them")
        await mail_by_another_desk(file, stage, "First news.")
        await stage.press("f2")
        await mail_by_another_desk(file, stage, "Second news.")
        await stage.press("f2")
        assert isinstance(stage.app.screen, FormScreen)
        assert "Second news" in stage.app.screen.query_one("#news", BodyPane).view.text
        await stage.press("f2")
        assert not isinstance(stage.app.screen, FormScreen)


async def test_r25_a_note_is_never_held(demo_file: Path, tmp_path: Path) -> None:
    """It reaches nobody: whoever types while they talk saves once, whatever came meanwhile."""
    file = copy_of(demo_file, tmp_path / "held")
    async with on_desk(file, tmp_path) as stage:
        await stage.open("prospect")
        await stage.press("n")
        await stage.type("spoke with them")
        await mail_by_another_desk(file, stage, "Some news.")
        await stage.press("f2")
        assert not isinstance(stage.app.screen, FormScreen)


async def test_without_news_nothing_is_held(demo_file: Path, tmp_path: Path) -> None:
    """The agent's own deeds of a moment ago are no news to them."""
    async with on_desk(copy_of(demo_file, tmp_path / "held"), tmp_path) as stage:
        await stage.open("prospect")
        for text in ("first words", "second words"):
            await stage.press("r")
            await stage.type(text)
            await stage.press("f2")
            assert not isinstance(stage.app.screen, FormScreen), text


async def test_a_filtered_history_is_no_news(demo_file: Path, tmp_path: Path) -> None:
    """What a filter keeps out of sight was there before: it holds nothing."""
    async with on_desk(copy_of(demo_file, tmp_path / "held"), tmp_path) as stage:
        await stage.open("third_chase")
        await stage.press("d")
        await stage.press("r")
        await stage.type("spoke with them")
        await stage.press("f2")
        assert not isinstance(stage.app.screen, FormScreen)
