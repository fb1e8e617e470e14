"""The sheet and the answers of a guide, alone: what stays when room is short, and that little is painted."""

from __future__ import annotations

from tests.widgets.stage import on_stage, paints
from widgets.guide import GuideChoices, GuideSheet
from widgets.guide_views import GuideView
from widgets.views import ChoiceView

VIEW = GuideView(
    "Internet fault", "question 9", "Luna, good day.", "CONFIRMED cable cut",
    tuple((f"Matter {number}", f"answer {number}") for number in range(9)), "ASK", words="What happens?",
)  # fmt: skip


def choices(*labels: str) -> tuple[ChoiceView, ...]:
    """Return numbered answers."""
    return tuple(ChoiceView(label, label, str(place)) for place, label in enumerate(labels, start=1))


async def test_the_question_and_the_last_answers_stay_when_room_is_short() -> None:
    """Older answers leave first; the question stands right above its answers, the outage on top."""
    async with on_stage(GuideSheet(VIEW), size=(60, 9)) as (app, _pilot):
        lines = [line.rstrip() for line in app.lines()]
        assert "Internet fault" in lines[0]
        assert "cable cut" in lines[1]
        assert lines[-1].strip() == "What happens?"
        assert "answer 8" in app.text()
        assert "answer 0" not in app.text()


async def test_a_very_low_sheet_keeps_the_question() -> None:
    """On three lines: the rule, what to do, the words."""
    async with on_stage(GuideSheet(VIEW), size=(60, 3)) as (app, _pilot):
        assert [line.strip() for line in app.lines()[1:]] == ["ASK", "What happens?"]


async def test_a_digit_picks_and_up_from_the_first_goes_back() -> None:
    """Digits need no Enter; Enter picks the one under the cursor; above the first lies the question before."""
    listed = GuideChoices()
    async with on_stage(listed) as (app, pilot):
        listed.show(choices("a", "b", "c"), "b")
        listed.focus()
        await pilot.press("3", "enter", "down", "down", "enter", "up", "up", "up", "9")
        assert [one.code for one in app.of(GuideChoices.Picked)] == ["c", "b", "c"]
        assert len(app.of(GuideChoices.Back)) == 1


async def test_moving_among_answers_paints_two_lines() -> None:
    """A step of the cursor costs the two lines that changed, over a slow line too."""
    listed = GuideChoices()
    async with on_stage(listed) as (_app, pilot):
        listed.show(choices("a", "b", "c", "d"))
        listed.focus()
        await pilot.pause()
        with paints(listed) as asked:
            await pilot.press("down")
            await pilot.pause()
        assert set(asked) == {0, 1}
