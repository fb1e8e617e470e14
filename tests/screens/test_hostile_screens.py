"""Every screen on a customer whose every text is hostile: shown as text, cut where it is long, never obeyed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from console.screens.customer import CustomerScreen
from console.screens.form import FormScreen
from tests.desk_stage import Stage, copy_of, on_desk
from tests.screens.hostile_stage import LONG_BODY, NUMBER, hostile_copy
from widgets.body import BodyPane
from widgets.rows import RowList

FORBIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
SIZES = [(80, 24), (100, 30), (132, 43)]


@pytest.fixture(scope="session")
def hostile_original(demo_original: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a demo database with the hostile customer, made once."""
    return hostile_copy(copy_of(demo_original, tmp_path_factory.mktemp("hostile")))


@pytest.fixture
def hostile_file(hostile_original: Path, tmp_path: Path) -> Path:
    """Return a copy of it that a test may write to."""
    return copy_of(hostile_original, tmp_path / "data")


def shown(stage: Stage, *words: str) -> str:
    """Return what is on the screen after checking that it obeys nobody and holds the words as they are."""
    text = stage.text()
    assert FORBIDDEN.search(text) is None, repr(FORBIDDEN.search(text))
    assert stage.app.failure is None
    for one in words:
        assert one in text, f"{one!r} in\n{text}"
    return text


async def opened(stage: Stage) -> CustomerScreen:
    """Open the hostile customer."""
    await stage.type(NUMBER)
    if stage.app.base_screen() is stage.app.home:
        await stage.press("enter")
    return stage.customer


@pytest.mark.parametrize("size", SIZES)
async def test_every_screen_shows_hostile_texts_as_texts(
    hostile_file: Path, tmp_path: Path, size: tuple[int, int]
) -> None:
    """Home, customer, details, reading, queue, what to do, outages, drafts, log, palette, words: nothing is obeyed."""
    async with on_desk(hostile_file, tmp_path, size=size) as stage:
        shown(stage)
        await stage.type("vile")
        shown(stage, "Robin [/bold]")
        await stage.press("escape")
        screen = await opened(stage)
        shown(stage, "Robin [/bold] {0} %s Vile")
        rows = screen.query_one("#history", RowList)
        for _row in range(len(rows.view.rows)):
            await stage.press("enter")
            shown(stage)
            await stage.press("enter", "j")
        await stage.press("tab")
        shown(stage)
        for key in ("i", "z", "o", "w", "M", "D", "L", "question_mark", "colon"):
            await stage.press(key)
            shown(stage)
            await stage.press("escape")
            while stage.app.base_screen() is not screen:
                await stage.press("escape")
        await stage.press("slash")
        await stage.type("[/bold]")
        await stage.press("enter")
        shown(stage, "[/bold]")
        assert stage.app.is_running


@pytest.mark.parametrize("key", ["n", "c", "r", "p", "b", "f", "h", "x", "e", "t", "K", "y", "W"])
async def test_every_form_begins_with_hostile_texts(hostile_file: Path, tmp_path: Path, key: str) -> None:
    """Forms, questions and the reference about hostile records: shown, left and taken up again, and saved."""
    async with on_desk(hostile_file, tmp_path) as stage:
        screen = await opened(stage)
        await stage.press(key)
        shown(stage)
        if isinstance(stage.app.screen, FormScreen):
            await stage.type("[x]%s")
            await stage.press("escape", "D")
            shown(stage)
            await stage.press("enter")
            shown(stage)
            await stage.press("f2")
            shown(stage)
        else:
            await stage.press("enter")
            shown(stage)
        for _step in range(5):
            if stage.app.screen is not screen:
                await stage.press("escape")
        shown(stage)
        await stage.press("L")
        shown(stage)
        assert stage.app.is_running


async def test_a_huge_body_is_painted_in_part_and_says_so(hostile_file: Path, tmp_path: Path) -> None:
    """A megabyte in one line and 100,000 lines: the pane holds a bounded number of lines, and the rest is announced."""
    async with on_desk(hostile_file, tmp_path) as stage:
        screen = await opened(stage)
        rows = screen.query_one("#history", RowList)
        contacts = [row.key for row in rows.view.rows if row.key.startswith("contact:")]
        found = 0
        for name in contacts:
            whole = await screen.body_of(name)
            if whole is None or (f"vile {len(LONG_BODY)}" not in str(whole) and "vile 1000000" not in str(whole)):
                continue
            found += 1
            rows.go_to(name)
            await stage.settle()
            await stage.press("z")
            pane = stage.app.screen.query_one(BodyPane)
            shown(stage)
            await stage.press("end")
            shown(stage)
            assert pane.virtual_size.height <= 2_100
            await stage.press("escape")
        assert found == 2


async def test_a_click_on_markup_of_a_customer_does_nothing(hostile_file: Path, tmp_path: Path) -> None:
    """`[@click=app.quit]go[/]` is a text: it is there as it was written, and a click on it leaves the console open."""
    async with on_desk(hostile_file, tmp_path, size=(132, 43)) as stage:
        await opened(stage)
        await stage.press("i")
        places = [
            (line.index("[@click"), row) for row, line in enumerate(stage.text().splitlines()) if "[@click" in line
        ]
        assert places
        for x, y in places:
            for step in (0, 3, 17, 18):
                await stage.pilot.click(offset=(x + step, y))
        assert stage.app.is_running
        shown(stage, "[@click=app.quit]go[/]")
