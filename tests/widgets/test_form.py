"""Forms: every key, no lost line, and messages instead of deeds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.cells import cell_len
from textual import events
from textual.widget import Widget

from tests.widgets.stage import on_stage, paints
from widgets.field import Field
from widgets.fields import ChoiceLine, LineInput, NoteArea
from widgets.form import Form
from widgets.views import ChoiceView, FieldKind, FieldView, FormView, Tone

CHANNELS = (
    ChoiceView("call", "Call", "c", hint="spoken now"),
    ChoiceView("email", "E-mail", "m"),
    ChoiceView("fax", "Fax", "f", disabled_because="this operator takes no fax"),
    ChoiceView("letter", "Letter", "9"),
)
FORM = FormView(
    "Log a contact",
    (
        FieldView("channel", "Channel", FieldKind.CHOICE, "call", CHANNELS),
        FieldView("subject", "Subject", needed=True, hint="in one line"),
        FieldView("notes", "Notes", FieldKind.NOTE, height=3),
        FieldView("due", "Call back", FieldKind.MOMENT, hint="tomorrow 10"),
        FieldView("solved", "Solved", FieldKind.YES_NO),
    ),
    subtitle="Stored as an inbound contact",
    banner="CONFIRMED No light in Lublin",
    save_words="Save",
    cancel_words="Cancel",
)
SHORT = replace(FORM, fields=FORM.fields[1:2])


def focused(form: Form) -> str:
    """The code of the question that has the focus."""
    return next((field.code for field in form.query(Field) if field.control.has_focus), "")


def paste(widget: Widget | None, text: str) -> None:
    """Paste as a terminal does."""
    assert widget is not None
    widget.post_message(events.Paste(text))


async def test_the_first_question_has_the_focus_and_tab_walks() -> None:
    """Tab and Shift+Tab walk over all questions and nothing else; Tab stays at the last one."""
    form = Form(FORM)
    async with on_stage(form) as (_, pilot):
        seen = [focused(form)]
        for _step in range(5):
            await pilot.press("tab")
            seen.append(focused(form))
        assert seen == ["channel", "subject", "notes", "due", "solved", "solved"]
        await pilot.press("shift+tab")
        assert focused(form) == "due"


async def test_a_choice_is_picked_by_letter_arrow_and_click() -> None:
    """Its letter, Left and Right and a click pick an option; closed ones are stepped over."""
    form = Form(FORM)
    async with on_stage(form) as (app, pilot):
        await pilot.press("m")
        assert form.values()["channel"] == "email"
        await pilot.press("right")
        assert form.values()["channel"] == "letter"
        await pilot.press("right", "left", "left")
        assert form.values()["channel"] == "call"
        await pilot.press("9")
        assert form.values()["channel"] == "letter"
        await pilot.click(ChoiceLine, offset=(1, 0))
        assert form.values()["channel"] == "call"
        assert "[x] Call" in app.text()


async def test_a_closed_option_says_why() -> None:
    """The key of a closed option changes nothing; the reason stands below and is posted."""
    form = Form(FORM)
    async with on_stage(form) as (app, pilot):
        await pilot.press("f")
        assert form.values()["channel"] == "call"
        assert [message.words for message in app.of(Form.Refused)] == ["this operator takes no fax"]
        assert "[!] this operator takes no fax" in app.text()
        await pilot.press("m")
        await pilot.pause()
        assert "takes no fax" not in app.text()


async def test_enter_goes_on_and_saves_at_the_end() -> None:
    """Enter in a line goes to the next question, in a note it is a line end, at the last question it saves."""
    form = Form(FORM)
    async with on_stage(form) as (app, pilot):
        await pilot.press("enter", "h", "i", "enter")
        assert focused(form) == "notes"
        await pilot.press("a", "enter", "b", "tab", "enter", "space", "enter")
        [save] = app.of(Form.Save)
        assert save.values == {"channel": "call", "subject": "hi", "notes": "a\nb", "due": "", "solved": "yes"}


@pytest.mark.parametrize("key", ["ctrl+o", "f2"])
@pytest.mark.parametrize("tabs", range(5))
async def test_save_keys_work_in_every_question(key: str, tabs: int) -> None:
    """Ctrl+O and F2 save wherever the focus is."""
    form = Form(FORM)
    async with on_stage(form) as (app, pilot):
        for _tab in range(tabs):
            form.screen.focus_next()
        await pilot.press(key)
        assert len(app.of(Form.Save)) == 1


@pytest.mark.parametrize("key", ["escape", "ctrl+g"])
@pytest.mark.parametrize("tabs", range(5))
async def test_leave_keys_destroy_nothing(key: str, tabs: int) -> None:
    """Escape and Ctrl+G say that the agent wants to go; every answer is still there."""
    form = Form(FORM)
    async with on_stage(form) as (app, pilot):
        form.set_values({"subject": "kept", "notes": "kept\ntoo"})
        for _tab in range(tabs):
            form.screen.focus_next()
        await pilot.press(key)
        [leave] = app.of(Form.Leave)
        assert leave.values == form.values()
        assert form.values()["notes"] == "kept\ntoo"


async def test_every_keystroke_is_told_at_once() -> None:
    """Each change posts all answers, so that a draft can be kept from the first letter on."""
    form = Form(FORM)
    async with on_stage(form) as (app, pilot):
        await pilot.press("tab", "a", "b")
        assert [(message.code, message.values["subject"]) for message in app.of(Form.Changed)] == [
            ("subject", "a"),
            ("subject", "ab"),
        ]


async def test_putting_a_draft_in_is_not_typing() -> None:
    """`set_values` changes every kind of answer and posts nothing."""
    form = Form(FORM)
    draft = {"channel": "email", "subject": "s", "notes": "n\nm", "due": "in 1h", "solved": "yes", "gone": "x"}
    async with on_stage(form) as (app, pilot):
        form.set_values(draft)
        await pilot.pause()
        assert form.values() == {code: value for code, value in draft.items() if code != "gone"}
        assert app.of(Form.Changed) == []


async def test_several_pasted_lines_are_never_lost() -> None:
    """A multi-line paste into a line is handed over whole; into a note it is taken, line ends and all."""
    form = Form(FORM)
    async with on_stage(form) as (app, pilot):
        form.focus_field("subject")
        await pilot.pause()
        paste(app.focused, "one\rtwo\x1b[2J\rthree")
        await pilot.pause()
        [pasted] = app.of(Form.PastedLines)
        assert (pasted.code, pasted.text) == ("subject", "one\ntwo [2J\nthree")
        assert form.values()["subject"] == ""
        paste(app.focused, "single\r")
        form.focus_field("notes")
        await pilot.pause()
        paste(app.focused, "one\rtwo")
        await pilot.pause()
        assert (form.values()["subject"], form.values()["notes"]) == ("single", "one\ntwo")


async def test_problems_stand_below_their_question_and_go_when_answered() -> None:
    """A problem is marked `[X]`, takes the focus, and goes with the next change of the answer."""
    form = Form(FORM)
    async with on_stage(form) as (app, pilot):
        form.set_problems({"subject": "say what it was about"})
        await pilot.pause()
        assert "[X] say what it was about" in app.text()
        assert focused(form) == "subject"
        await pilot.press("x")
        await pilot.pause()
        assert "say what it was about" not in app.text()
        assert "in one line" in app.text()


async def test_a_live_hint_replaces_the_questions_own() -> None:
    """What a moment was understood as stands below it; an empty hint brings the question's own back."""
    form = Form(FORM)
    async with on_stage(form) as (app, pilot):
        form.set_hint("due", "Tue 24 Nov, 10:00")
        await pilot.pause()
        assert "Tue 24 Nov, 10:00" in app.text()
        form.set_hint("due", "that is in the past", Tone.WARN)
        await pilot.pause()
        assert "[!] that is in the past" in app.text()
        form.set_hint("due", "")
        await pilot.pause()
        assert "tomorrow 10" in app.text()


async def test_another_view_keeps_what_was_typed() -> None:
    """Questions come and go around what was typed; only a new value from the view replaces an answer."""
    form = Form(FORM)
    async with on_stage(form) as (app, pilot):
        await pilot.press("tab", "a", "b")
        extra = FieldView("serial", "Serial number")
        await form.show(replace(FORM, title="Fault", fields=(FORM.fields[1], extra, *FORM.fields[2:4])))
        await pilot.pause()
        assert form.values() == {"subject": "ab", "serial": "", "notes": "", "due": ""}
        assert [field.code for field in form.query(Field)] == ["subject", "serial", "notes", "due"]
        assert focused(form) == "subject"
        assert "Serial number" in app.text()
        assert "Channel" not in app.text()
        valued = replace(FORM.fields[1], value="from the view")
        await form.show(replace(FORM, fields=(valued,)))
        await pilot.pause()
        assert form.values() == {"subject": "from the view"}


async def test_an_equal_view_paints_nothing() -> None:
    """Showing an equal view paints no line of any question."""
    form = Form(FORM)
    async with on_stage(form) as (_, pilot):
        with paints(form.query(Field).first()) as asked:
            await form.show(replace(FORM))
            await pilot.pause()
            assert asked == []


@pytest.mark.parametrize("size", [(40, 12), (80, 24), (132, 43)])
async def test_keys_and_title_stay_in_sight(size: tuple[int, int]) -> None:
    """However low the room, title and keys are painted and the focused question is in sight."""
    form = Form(FORM)
    async with on_stage(form, size=size) as (app, pilot):
        for _step in range(4):
            await pilot.press("tab")
        await pilot.pause()
        assert "Log a contact" in app.lines()[0]
        assert "F2 Save" in app.text()
        assert "Solved" in app.text()
        assert "[!] CONFIRMED No light in Lublin" in app.text()


async def test_a_click_on_a_key_is_the_key() -> None:
    """The keys at the bottom can be clicked."""
    form = Form(SHORT)
    async with on_stage(form) as (app, pilot):
        await pilot.click("KeyHints", offset=(1, 0))
        await pilot.click("KeyHints", offset=(12, 0))
        assert len(app.of(Form.Save)) == 1
        assert len(app.of(Form.Leave)) == 1


async def test_nothing_blinks() -> None:
    """No control's cursor blinks; a blink is paid for on every slow line."""
    form = Form(FORM)
    async with on_stage(form):
        assert all(not control.cursor_blink for control in form.query(LineInput))
        assert all(not control.cursor_blink for control in form.query(NoteArea))


async def test_hostile_words_are_painted_as_they_are() -> None:
    """Markup in title, label, hint, option, value and problem is only text."""
    bad = "[/b] [@click=app.quit]x[/]"
    choice = FieldView("c", bad, FieldKind.CHOICE, "1", (ChoiceView("1", bad, "["),))
    line = FieldView("l", "L", value=bad, hint=bad, problem=bad)
    form = Form(FormView(bad, (choice, line), bad, bad, bad, bad), label_width=40)
    async with on_stage(form, size=(132, 24)) as (app, pilot):
        form.set_hint("c", bad)
        await pilot.pause()
        assert app.text().count(bad) >= 8


@pytest.mark.parametrize("width", [40, 61, 80, 132])
async def test_no_line_is_too_wide(width: int) -> None:
    """Every painted line of the form has the width of the screen."""
    wide = "日本語 " * 30
    fields = (*FORM.fields, FieldView("w", wide, hint=wide, value=wide), FieldView("c", wide, FieldKind.CHOICE))
    form = Form(replace(FORM, fields=fields, title=wide, subtitle=wide, banner=wide))
    async with on_stage(form, size=(width, 30)) as (app, _):
        assert all(cell_len(line) == width for line in app.lines())
