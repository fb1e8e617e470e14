"""A list of rows: keys, stable reading, few paints, and nothing read as markup."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from textual import events

from tests.widgets.stage import on_stage, paints, segments_with
from widgets.rowplace import Places
from widgets.rows import RowList
from widgets.views import BodyView, Cell, Feed, FeedView, RowsView, RowView, Span, Tone

HOSTILE = "[/bold] [@click=app.quit]x[/] 日本語 e\u0301 \u202etxt\u202c [b]"


def row(number: int, text: str = "", **more: object) -> RowView:
    """A row of five columns."""
    cells = (
        Cell((Span(f"{number:06d}", Tone.DIM),), 6),
        Cell((Span("T call", Tone.CALL),), 6, drop=1),
        Cell((Span(text or f"subject {number}"),), 0),
        Cell((Span("owner"),), 10, drop=3),
        Cell((Span("3 d", Tone.WARN),), 5, drop=2, right=True),
    )
    return replace(RowView(f"k{number}", cells), **more)  # type: ignore[arg-type]


def view(count: int, start: int = 0, **more: object) -> RowsView:
    """A list of so many rows."""
    rows = tuple(row(number) for number in range(start, start + count))
    return replace(RowsView(rows, "Timeline", rest_words="Enter for the rest"), **more)  # type: ignore[arg-type]


async def test_arrows_move_the_cursor_and_tell_its_key() -> None:
    """Down, Up, End and Home put the cursor where they say and post the key of its row once."""
    rows = RowList(view(50))
    async with on_stage(rows) as (app, pilot):
        await pilot.press("down", "down", "up", "end", "home")
        assert [message.key for message in app.of(RowList.Highlighted)] == ["k1", "k2", "k1", "k49", "k0"]


async def test_page_keys_always_get_further() -> None:
    """PgDn reaches the last row and PgUp the first, over opened bodies as well."""
    rows = RowList(view(60))
    async with on_stage(rows, size=(80, 12)) as (_, pilot):
        rows.show_bodies({f"k{number}": BodyView("b", text="line\n" * 40) for number in range(0, 60, 7)})
        await pilot.press("pagedown")
        for _page in range(80):
            rows.action_page_down()
        assert rows.cursor == 59
        await pilot.press("pageup")
        for _page in range(80):
            rows.action_page_up()
        assert rows.cursor == 0


async def test_enter_and_the_second_click_choose() -> None:
    """Enter chooses the row under the cursor; a first click only puts the cursor there."""
    rows = RowList(view(50))
    async with on_stage(rows) as (app, pilot):
        await pilot.press("down", "enter")
        assert [message.key for message in app.of(RowList.Chosen)] == ["k1"]
        await pilot.click(RowList, offset=(20, 6))
        assert rows.cursor_key == "k5"
        assert len(app.of(RowList.Chosen)) == 1
        await pilot.click(RowList, offset=(20, 6))
        assert [message.key for message in app.of(RowList.Chosen)] == ["k1", "k5"]


async def test_a_key_paints_two_rows_and_the_rule() -> None:
    """In 10,000 rows an arrow inside the window paints at most three lines, and PgDn one window."""
    rows = RowList(view(10_000))
    async with on_stage(rows) as (_, pilot):
        with paints(rows) as asked:
            await pilot.press("down")
            assert 0 < len(asked) <= 3
            asked.clear()
            await pilot.press("pagedown")
            assert 0 < len(asked) <= 24


async def test_an_arrow_dirties_only_the_part_that_looks_different() -> None:
    """What is handed to the terminal for an arrow is the edge and first column of two rows, and the rule."""
    rows = RowList(view(10_000))
    async with on_stage(rows) as (_, pilot):
        await pilot.press("down")
        rows.touch(5)
        rows._repaint_regions.clear()
        rows._dirty_regions.clear()
        rows.action_cursor_down()
        cells = sum(region.width * region.height for region in rows._dirty_regions)
        assert cells <= 80 + 2 * 8


async def test_an_equal_view_paints_nothing() -> None:
    """Setting a view that is equal to the present one does not paint a line."""
    rows = RowList(view(100))
    async with on_stage(rows) as (_, pilot):
        with paints(rows) as asked:
            rows.show(view(100))
            rows.show_bodies({})
            await pilot.pause()
            assert asked == []


async def test_a_changed_row_paints_one_line() -> None:
    """When one row of a new view looks different, one line is painted."""
    rows = RowList(view(100))
    async with on_stage(rows) as (_, pilot):
        with paints(rows) as asked:
            changed = view(100).rows
            rows.show(replace(view(100), rows=(*changed[:7], row(7, "new words"), *changed[8:])))
            await pilot.pause()
            assert asked == [8]


async def test_the_mouse_moving_over_it_paints_nothing() -> None:
    """No hover effect: a mouse move paints no line."""
    rows = RowList(view(100))
    async with on_stage(rows) as (_, pilot):
        with paints(rows) as asked:
            await pilot.hover(RowList, offset=(10, 5))
            await pilot.hover(RowList, offset=(11, 9))
            assert asked == []


async def test_rows_coming_in_above_move_nothing_that_is_read() -> None:
    """New rows on top leave cursor and window on the same rows; the rule says how many came."""
    rows = RowList(view(200))
    async with on_stage(rows) as (app, pilot):
        for _row in range(40):
            rows.action_cursor_down()
        await pilot.pause()
        before = app.lines()[1:]
        rows.show(view(203, start=-3))
        await pilot.pause()
        assert rows.cursor_key == "k40"
        assert app.lines()[1:] == before
        assert "^3" in app.lines()[0]
        await pilot.press("home")
        assert "^3" not in app.lines()[0]


async def test_a_new_row_is_in_sight_when_nobody_reads_further_down() -> None:
    """With the cursor on the first row, a new one on top is on the screen at once; the cursor keeps its row."""
    rows = RowList(view(200))
    async with on_stage(rows) as (app, pilot):
        rows.show(view(201, start=-1))
        await pilot.pause()
        assert "subject -1" in app.lines()[1]
        assert rows.cursor_key == "k0"


async def test_the_cursor_goes_to_a_neighbour_when_its_row_leaves() -> None:
    """When the row under the cursor is filtered away, the next one that stayed has the cursor."""
    rows = RowList(view(20))
    async with on_stage(rows) as (app, pilot):
        await pilot.press("down", "down", "down")
        left = view(20)
        rows.show(replace(left, rows=left.rows[:3] + left.rows[4:]))
        await pilot.pause()
        assert rows.cursor_key == "k4"
        assert app.of(RowList.Highlighted)[-1].key == "k4"


async def test_another_list_starts_at_its_top() -> None:
    """When nothing of the old list is in the new one, cursor and window go to the first row."""
    rows = RowList(view(500))
    async with on_stage(rows) as (_, pilot):
        await pilot.press("end")
        rows.show(view(400, start=1_000))
        await pilot.pause()
        assert (rows.cursor, rows.top, rows.cursor_key) == (0, 0, "k1000")


async def test_more_rows_are_asked_for_once() -> None:
    """Coming near the end asks once; further rows arm it again; while loading it never asks."""
    rows = RowList(view(100, more=True))
    async with on_stage(rows) as (app, pilot):
        assert app.of(RowList.NearEnd) == []
        await pilot.press("end", "up", "up", "down")
        assert len(app.of(RowList.NearEnd)) == 1
        rows.show(view(100, more=True, feed=FeedView(Feed.LOADING, "Fetching")))
        await pilot.press("down", "end")
        assert len(app.of(RowList.NearEnd)) == 1
        rows.show(view(200, more=True))
        await pilot.press("end")
        assert len(app.of(RowList.NearEnd)) == 2


async def test_a_failed_fetch_can_be_asked_for_again() -> None:
    """When fetching more failed, pressing Down on the last row asks again."""
    rows = RowList(view(100, more=True))
    async with on_stage(rows) as (app, pilot):
        await pilot.press("end")
        rows.show(view(100, more=True, feed=FeedView(Feed.FAILED, "No answer")))
        await pilot.press("down")
        assert len(app.of(RowList.NearEnd)) == 2


async def test_bodies_open_below_their_row_and_say_when_they_go_on() -> None:
    """An opened body is wrapped below its row, cut at the limit with the view's words, and closed again."""
    rows = RowList(view(30), body_limit=3)
    async with on_stage(rows) as (app, pilot):
        rows.show_bodies({"k1": BodyView("k1", text="router blinks red " * 30)})
        await pilot.pause()
        lines = app.lines()
        assert lines[2].split()[0] == "000001"
        assert "router blinks red" in lines[3]
        assert "… Enter for the rest" in lines[6]
        assert "000002" in lines[7]
        rows.show_bodies({})
        await pilot.pause()
        assert "000002" in app.lines()[3]


@pytest.mark.parametrize(
    ("state", "mark"),
    [(Feed.EMPTY, "No contacts yet"), (Feed.LOADING, "Asking…"), (Feed.FAILED, "[X] No answer; press r")],
)
async def test_an_empty_list_says_why(state: Feed, mark: str) -> None:
    """Empty, loading and failed are told apart without colour."""
    words = mark.removeprefix("[X] ").removesuffix("…")
    rows = RowList(RowsView(title="Timeline", feed=FeedView(state, words)))
    async with on_stage(rows) as (app, _):
        assert mark in app.text()


async def test_a_stale_list_keeps_its_rows() -> None:
    """Stale rows stay; the rule says since when."""
    rows = RowList(view(5, feed=FeedView(Feed.STALE, "stale since 02:10")))
    async with on_stage(rows) as (app, _):
        assert "[!] stale since 02:10" in app.lines()[0]
        assert "subject 4" in app.text()


async def test_focus_is_told_without_colour() -> None:
    """With the focus the title stands in brackets and the cursor's mark is another sign than without."""
    rows = RowList(view(5))
    other = RowList(view(5), id="other")
    async with on_stage(rows, other) as (app, pilot):
        assert "[Timeline]" in app.lines()[0]
        assert app.lines()[1].startswith(">")
        with paints(rows) as asked:
            await pilot.press("tab")
            assert len(set(asked)) <= 2
        assert "[Timeline]" not in app.lines()[0]
        assert app.lines()[1].startswith("│")


async def test_text_is_painted_as_it_is() -> None:
    """Markup of any kind is only text; nothing is run by a click on it."""
    rows = RowList(replace(view(3), rows=(row(1, HOSTILE),), title="[b]T[/b]"))
    async with on_stage(rows, size=(132, 8)) as (app, pilot):
        assert "[/bold] [@click=app.quit]x[/] 日本語 e\u0301 txt [b]" in app.text()
        assert "[b]T[/b]" in app.lines()[0]
        await pilot.click(RowList, offset=(40, 1))
        assert app.is_running
        assert all(not (segment.style and segment.style.meta) for segment in segments_with(app, "@click"))


@pytest.mark.parametrize("width", [40, 41, 55, 80, 99, 100, 132])
async def test_every_line_has_exactly_the_width(width: int) -> None:
    """No painted line is longer or shorter than the widget, whatever the text and the width."""
    texts = [HOSTILE, "日" * 90, "e\u0301" * 120, "👩‍👩‍👧 family " * 9, "\t\x1b[2J\u009b", ""]
    listed = tuple(
        row(number, text, indent=number, folded=number * 7, marker=Tone.BAD if number % 2 else None)
        for number, text in enumerate(texts)
    )
    rows = RowList(replace(view(1), rows=listed, title="日" * 70, note="filter " * 20, more=True))
    async with on_stage(rows, size=(width, 24)) as (_, pilot):
        rows.show_bodies({"k1": BodyView("k1", head=((Span("日" * 99),),), text="日本 " * 99)})
        await pilot.pause()
        for y in range(24):
            strip = rows.render_line(y)
            assert sum(cell_len(segment.text) for segment in strip) == strip.cell_length == width


async def test_columns_leave_by_their_drop() -> None:
    """At 40 cells the columns with the highest drop are gone, at 80 all are there."""
    rows = RowList(view(3))
    async with on_stage(rows, size=(40, 10)) as (app, pilot):
        assert "owner" not in app.text()
        assert "T call" in app.text()
        await pilot.resize_terminal(80, 10)
        await pilot.pause()
        assert "owner" in app.text()


@pytest.mark.parametrize("width", [40, 80, 132])
async def test_the_flexible_column_takes_all_that_is_left(width: int) -> None:
    """The last column ends at the right edge, so that no width is wasted."""
    rows = RowList(view(3))
    async with on_stage(rows, size=(width, 10)) as (app, _):
        last = "3 d" if width > 40 else "subject"
        assert last in app.lines()[1]
        if width > 40:
            assert app.lines()[1].endswith("3 d")


async def test_a_smaller_window_keeps_the_cursor_in_sight() -> None:
    """After a resize the row under the cursor is still painted."""
    rows = RowList(view(100))
    async with on_stage(rows, size=(80, 24)) as (app, pilot):
        rows.go_to("k20")
        await pilot.resize_terminal(60, 8)
        await pilot.pause()
        assert "000020" in app.text()


async def test_a_hundred_thousand_rows_cost_no_more_a_key() -> None:
    """With 100,000 rows a key paints as few lines as with ten."""
    cells = row(1).cells
    rows = RowList(RowsView(tuple([RowView(f"k{number}", cells) for number in range(100_000)])))
    async with on_stage(rows) as (_, pilot):
        await pilot.press("end")
        with paints(rows) as asked:
            await pilot.press("up")
            assert 0 < len(asked) <= 3


async def test_the_wheel_moves_the_window_and_not_the_cursor() -> None:
    """Wheel events scroll; the cursor stays with its row."""
    rows = RowList(view(100))
    async with on_stage(rows) as (_, pilot):
        rows.post_message(events.MouseScrollDown(rows, 5, 5, 0, 1, 0, False, False, False, 5, 5, None))
        await pilot.pause()
        assert (rows.top, rows.cursor) == (3, 0)


@given(st.integers(1, 300), st.dictionaries(st.integers(0, 299), st.integers(1, 9), max_size=12))
@settings(max_examples=150, deadline=None)
def test_lines_and_rows_agree(count: int, opened: dict[int, int]) -> None:
    """Each line belongs to one row or body, in order, and leads back to where it came from."""
    opened = {index: lines for index, lines in opened.items() if index < count}
    place = Places(count, opened)
    expected = [(index, inside) for index in range(count) for inside in range(1 + opened.get(index, 0))]
    assert [place.at(line) for line in range(place.lines)] == expected
    assert all(place.at(place.line_of(index)) == (index, 0) for index in range(count))
    assert all(place.height_of(index) == 1 + opened.get(index, 0) for index in range(count))
