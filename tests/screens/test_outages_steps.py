"""The screen of outages: its keys, what its forms say and ask, and what is left in log, timeline and drafts."""

from __future__ import annotations

from pathlib import Path

from backends.port import OutageFilter
from backends.records import Outage, OutageState
from console.screens.form import FormScreen
from console.screens.lists import DraftsScreen, HelpScreen
from console.screens.outages import OutagesScreen
from tests.desk_stage import Stage, on_desk
from widgets.bottom import KeyHints
from widgets.form import Form
from widgets.rows import RowList


async def raised(stage: Stage, say: str = "") -> Outage:
    """Raise an outage by its keys, and put the cursor on it."""
    await stage.press("escape", "o", "n")
    stage.app.screen.query_one(Form).set_values({"title": "Dead switch", "elements": "ZZZ-9", "say": say})
    await stage.press("f2")
    found = await known(stage)
    assert stage.app.screen.query_one(RowList).go_to(found.key)
    return found


async def known(stage: Stage) -> Outage:
    """Return the outage as it is now."""
    every = await stage.backend.outages(OutageFilter())
    return next(one for one in every if one.title == "Dead switch")


async def test_r26_an_outage_that_is_over_is_told_to_everybody(demo_file: Path, tmp_path: Path) -> None:
    """R26: x says that everybody hears of it, asks for no end, and needs no text; no empty line is left."""
    async with on_desk(demo_file, tmp_path, size=(100, 30)) as stage:
        await raised(stage)
        await stage.press("x")
        form = stage.app.screen.query_one(Form)
        assert set(form.values()) == {"text"}
        assert "Every console is told that it is over" in stage.text()
        await stage.press("f2")
        over = await known(stage)
        assert over.state is OutageState.RESTORED
        assert stage.app.desk.deeds[-1].about == f"{over.reference} restored"
        assert stage.app.screen.query_one(RowList).go_to(over.key)
        await stage.settle()
        assert "restored · Iga Sobczak" in stage.text()
        await stage.press("L")
        assert f"{over.reference} restored" in stage.text()
        assert f"{over.reference} Dead switch" in stage.text()


async def test_r26_a_dismissal_asks_why_and_tells_everybody(demo_file: Path, tmp_path: Path) -> None:
    """R26: d asks why, and nothing else."""
    async with on_desk(demo_file, tmp_path, size=(100, 30)) as stage:
        await raised(stage)
        await stage.press("d")
        form = stage.app.screen.query_one(Form)
        [question] = form.view.fields
        assert (question.code, question.label, question.needed) == ("text", "Why", True)
        assert "Every console is told that it was no outage" in stage.text()
        await stage.press("f2")
        assert isinstance(stage.app.screen, FormScreen), "it needs a reason"
        await stage.type("a test")
        await stage.press("f2")
        assert (await known(stage)).state is OutageState.DISMISSED


async def test_what_to_say_stands_in_the_forms_of_confirming_and_news(demo_file: Path, tmp_path: Path) -> None:
    """R28: what is told now can be changed and taken away, and stays when it is not touched."""
    async with on_desk(demo_file, tmp_path) as stage:
        await raised(stage, "We know of it.")
        await stage.press("c")
        assert stage.app.screen.query_one(Form).values()["say"] == "We know of it."
        await stage.press("f2")
        sure = await known(stage)
        assert (sure.state, sure.say) == (OutageState.CONFIRMED, "We know of it.")
        await stage.press("e")
        form = stage.app.screen.query_one(Form)
        assert form.values()["say"] == "We know of it."
        form.set_values({"say": "", "text": "a crew is there"})
        await stage.press("f2")
        assert (await known(stage)).say == ""


async def test_reply_keeps_its_letter(demo_file: Path, tmp_path: Path) -> None:
    """r is Reply everywhere: here it ends nothing."""
    async with on_desk(demo_file, tmp_path) as stage:
        await raised(stage)
        await stage.press("r")
        assert isinstance(stage.app.screen, OutagesScreen)
        assert (await known(stage)).state is OutageState.SUSPECTED


async def test_help_shows_the_keys_of_the_screen_first(demo_file: Path, tmp_path: Path) -> None:
    """Whoever asks for help among the outages reads of their keys first, and among the drafts of theirs."""
    async with on_desk(demo_file, tmp_path, size=(132, 43)) as stage:
        await stage.press("escape", "o", "question_mark")
        assert isinstance(stage.app.screen, HelpScreen)
        first = [line for line in stage.text().splitlines() if "In the list of outages" in line]
        assert len(first) == 9
        assert first[0] in stage.text().splitlines()[:4]
        await stage.press("escape", "escape", "f5", "question_mark")
        shown = [line for line in stage.text().splitlines() if "In the list of" in line]
        assert "In the list of drafts" in shown[0]


async def test_a_draft_of_an_outage_has_a_name_and_is_gone_on_with(demo_file: Path, tmp_path: Path) -> None:
    """What was begun about an outage is found among the drafts and opened again from there."""
    async with on_desk(demo_file, tmp_path, size=(100, 30)) as stage:
        one = await raised(stage)
        await stage.press("e")
        await stage.type("a crew is")
        await stage.press("escape", "n")
        await stage.type("Another one")
        await stage.press("escape", "escape", "f5")
        text = stage.text()
        assert "News about an outage" in text
        assert "Raise an outage" in text
        assert stage.app.screen.query_one(RowList).go_to(f"\noutages\n{one.key}:")
        await stage.press("enter")
        assert stage.app.screen.query_one(Form).values()["text"] == "a crew is"
        await stage.press("f2")
        assert (await known(stage)).updates[-1].text == "a crew is"
        await stage.press("escape")
        assert isinstance(stage.app.screen, DraftsScreen)
        assert "News about an outage" not in stage.text()


async def test_r26_the_keys_mean_the_outage_that_was_raised(demo_file: Path, tmp_path: Path) -> None:
    """R26: graver ones stand before it in the list, and x is one key away: the cursor stands on the one just raised."""
    async with on_desk(demo_file, tmp_path, size=(100, 30)) as stage:
        await stage.press("escape", "o")
        assert len(stage.app.screen.query_one(RowList).view.rows) > 1
        await stage.press("n")
        stage.app.screen.query_one(Form).set_values({"title": "Dead switch", "elements": "ZZZ-9"})
        await stage.press("f2")
        await stage.settle()
        rows = stage.app.screen.query_one(RowList)
        assert rows.cursor_key == (await known(stage)).key
        assert rows.view.rows[0].key != rows.cursor_key, "it would stand there anyhow"


async def test_r22_an_outage_begins_with_the_operator_of_whoever_is_open(demo_file: Path, tmp_path: Path) -> None:
    """R22: whose it is stands second in the form; from a customer it is their operator, from nobody all."""
    async with on_desk(demo_file, tmp_path, size=(80, 24)) as stage:
        await stage.press("escape", "o", "n")
        form = stage.app.screen.query_one(Form)
        assert [one.code for one in form.view.fields][:2] == ["title", "operator"]
        assert form.values()["operator"] == ""
        assert "Operator" in stage.text()
        await stage.press("escape", "escape")
        customer = await stage.open("third_chase")
        assert customer.picture is not None
        await stage.press("o", "n")
        assert stage.app.screen.query_one(Form).values()["operator"] == customer.picture.file.operator.key


async def test_r22_the_words_are_of_an_operator_whom_it_hits(demo_file: Path, tmp_path: Path) -> None:
    """R22: an outage of nobody in particular is told in the name and language of those who have customers there."""
    async with on_desk(demo_file, tmp_path, size=(100, 30)) as stage:
        customer = await stage.open("third_chase")
        assert customer.picture is not None
        file = customer.picture.file
        await stage.press("o", "n")
        place = file.lines[0].place if file.lines and file.lines[0].place.town else file.customer.place
        answers = {"title": "Dead switch", "towns": place.town, "postcodes": place.postcode, "operator": ""}
        stage.app.screen.query_one(Form).set_values(answers)
        await stage.press("f2")
        await stage.settle()
        assert (await known(stage)).operator_keys == ()
        await stage.press("w")
        await stage.settle()
        rows = stage.app.screen.query_one("#texts", RowList)
        operator = file.operator
        assert rows.view.title == operator.name
        assert f"[{operator.language}]" in rows.view.note
        others = [one.name for one in stage.app.desk.operators.values() if one.country != operator.country]
        assert others
        for _number in stage.app.desk.operators:
            await stage.press("b")
            assert rows.view.title not in others


async def test_r22_where_nobody_is_known_to_be_hit_the_agent_chooses(demo_file: Path, tmp_path: Path) -> None:
    """R22: for whom the words are is said to be open, and b goes through all whom it may hit."""
    async with on_desk(demo_file, tmp_path, size=(100, 30)) as stage:
        await raised(stage)
        await stage.press("w")
        await stage.settle()
        assert "not known" in stage.status()
        hints = {one.action: one.enabled for one in stage.app.screen.query_one(KeyHints).view}
        assert hints["operator"]
        titles = set()
        for _number in stage.app.desk.operators:
            titles.add(stage.app.screen.query_one("#texts", RowList).view.title)
            await stage.press("b")
        assert titles == {one.name for one in stage.app.desk.operators.values()}
