"""Forms on a small screen: what is wrong with an answer is seen together with its question."""

from __future__ import annotations

from pathlib import Path

from console.screens.form import FormScreen
from tests.desk_stage import on_desk
from widgets.field import Field
from widgets.form import Form


async def test_the_question_with_the_problem_is_seen_whole(demo_file: Path, tmp_path: Path) -> None:
    """Saving a fault from its last question: the first one that is missing is in sight, label and options too."""
    async with on_desk(demo_file, tmp_path) as stage:
        await stage.open("priority")
        await stage.press("t", "f")
        form = stage.app.screen.query_one(Form)
        await stage.press("shift+tab")
        assert form.scroll_offset.y > 0, "the form must be longer than the room it has"
        await stage.press("f2")
        assert isinstance(stage.app.screen, FormScreen)
        shown = stage.text()
        [symptom] = [field for field in form.query(Field) if field.code == "symptom"]
        assert symptom.control.has_focus
        for words in ("What happens", "nothing works", "something else", "Please fill this in."):
            assert words in shown, words


async def test_a_letter_picks_an_option_of_a_fault(demo_file: Path, tmp_path: Path) -> None:
    """The letters that stand underlined in the options pick them, as help says."""
    async with on_desk(demo_file, tmp_path) as stage:
        await stage.open("prospect")
        await stage.press("t", "f")
        form = stage.app.screen.query_one(Form)
        for letter, code in (("d", "drops"), ("s", "slow"), ("w", "wifi"), ("n", "no_service")):
            await stage.press(letter)
            assert form.values()["symptom"] == code
