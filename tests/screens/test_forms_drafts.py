"""Drafts: kept while they hold something, thrown away with any of the keys that people try, after asking."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.desk.local import Draft
from console.screens.lists import DraftsScreen
from tests.desk_stage import NIGHT, on_desk
from widgets.form import Form
from widgets.rows import RowList


@pytest.mark.parametrize("key", ["d", "x", "delete", "backspace"])
async def test_a_draft_is_thrown_away_after_asking(demo_file: Path, tmp_path: Path, key: str) -> None:
    """The answer is No until Yes is chosen; the key stands in the bottom line."""
    async with on_desk(demo_file, tmp_path) as stage:
        await stage.open("prospect")
        await stage.press("n")
        await stage.type("half a sentence")
        await stage.press("escape", "D")
        assert "d Throw away" in stage.text().splitlines()[-1]
        await stage.press(key)
        assert "Throw this draft away?" in stage.text()
        await stage.press("enter")
        assert len(stage.app.local.drafts()) == 1
        await stage.press(key, "y")
        assert isinstance(stage.app.screen, DraftsScreen)
        assert stage.app.local.drafts() == ()
        assert "No draft is kept" in stage.text()


async def test_what_was_typed_and_deleted_again_is_no_draft(demo_file: Path, tmp_path: Path) -> None:
    """A form that is as it began leaves nothing behind, be it a new one or one that went on from a draft."""
    async with on_desk(demo_file, tmp_path) as stage:
        await stage.open("prospect")
        await stage.press("n", "a", "backspace", "escape")
        assert stage.app.local.drafts() == ()
        await stage.press("n", "a", "escape")
        assert len(stage.app.local.drafts()) == 1
        await stage.press("n", "escape")
        assert len(stage.app.local.drafts()) == 1
        await stage.press("n", "backspace", "escape")
        assert stage.app.local.drafts() == ()


async def test_choosing_alone_is_kept(demo_file: Path, tmp_path: Path) -> None:
    """An answer that was chosen and not typed is an answer too."""
    async with on_desk(demo_file, tmp_path) as stage:
        await stage.open("prospect")
        await stage.press("t", "f", "s", "escape")
        [draft] = stage.app.local.drafts()
        assert draft.answers["symptom"] == "slow"


async def test_a_time_that_cannot_be_read_is_told_what_to_type(demo_file: Path, tmp_path: Path) -> None:
    """The hint names what can be typed for this very answer, while typing and after saving; an hour is a span."""
    async with on_desk(demo_file, tmp_path, size=(100, 30)) as stage:
        await stage.open("prospect")
        await stage.press("b", "8")
        assert "8:00  +8min  +8h" in stage.text()
        await stage.press("f2")
        assert "8:00  +8min  +8h" in stage.text()
        await stage.press("backspace", "1", "h")
        assert "→ today 04:14" in stage.text()
        stage.app.screen.query_one(Form).set_values({"due": ""})
        await stage.type("soonish")
        assert "Type for example: tomorrow 10" in stage.text()


async def test_each_draft_says_of_what_and_whose_it_is(demo_file: Path, tmp_path: Path) -> None:
    """Two scripts of one customer are told apart by name; a stranger is a number, a name, or somebody new."""
    async with on_desk(demo_file, tmp_path, size=(100, 30)) as stage:
        screen = await stage.open("prospect")
        drafts = [
            (screen.key, "script", "fault-internet", {"_trail": "symptom", "symptom": "slow"}),
            (screen.key, "script", "billing", {"_trail": "about", "about": "too_high"}),
            ("", "script", "complaint:LUN:a1", {"_phone": "+48601234999", "caller_name": "Jan"}),
            ("", "script", "moving:LUN:a2", {"caller_name": "Jan Nowy"}),
            ("", "script", "fault-tv:LUN:a3", {"_trail": "caller_name", "_typed": "J"}),
            ("", "new_customer", "", {"email": "a@b.example"}),
        ]
        for customer, action, subject, answers in drafts:
            stage.app.local.keep(Draft(customer, action, subject, answers, NIGHT))
        await stage.press("D")
        rows = stage.app.base_screen().query_one(RowList).view.rows
        told = [tuple("".join(span.text for span in cell.spans) for cell in row.cells[1:3]) for row in rows]
        assert screen.picture is not None
        name = screen.picture.file.customer.name
        assert set(told) == {
            ("Questions: Internet fault", name),
            ("Questions: Invoice and payment", name),
            ("Questions: Complaint", "+48601234999"),
            ("Questions: Moving house", "Jan Nowy"),
            ("Questions: Television fault", "somebody new"),
            ("New customer", "somebody new"),
        }
