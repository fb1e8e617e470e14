"""Card, banners, bottom lines, large references and bodies: what fits, what leaves, what is posted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.cells import cell_len
from textual import events

from tests.widgets.stage import on_stage, paints
from widgets.banners import Banners
from widgets.body import MOST_LINES, BodyPane
from widgets.bottom import KeyHints, SpokenLine, StatusLine
from widgets.card import Card
from widgets.omnibox import Omnibox
from widgets.painted import Sheet
from widgets.reference import BigReference
from widgets.views import (
    BannersView,
    BannerView,
    BodyView,
    CardView,
    Feed,
    FeedView,
    HintView,
    ReferenceView,
    Span,
    StatusView,
    Tone,
)

BAD = "[/b] [@click=app.quit]x[/] 日本語"
CARD = CardView(
    (Span("Anna Nowak", Tone.STRONG),),
    ((Span("subscriber"),), (Span("phone"),), (Span("place"),)),
    (Span("third contact in five days"),),
)
BANNER = BannerView("o1", "CONFIRMED", Tone.BAD, "No light since 01:20", "same OLT", "back by 04:00")
BANNERS = BannersView(
    (
        BANNER,
        replace(BANNER, key="o2", badge="SUSPECTED", headline="Slow"),
        replace(BANNER, key="o3", headline="Third"),
    ),
    "{n} more outages",
)
HINTS = (
    HintView("/", "Find", "find", weight=9),
    HintView("c", "Chase", "chase", enabled=False, weight=2),
    HintView("F2", "Log", "log", weight=5),
)
REFERENCE = ReferenceView("PL-10423", "Reference", ("Papa", "Lima", "dash", "one"), "y copies it")


async def test_a_card_keeps_title_and_opening_when_room_is_short() -> None:
    """The last facts leave first."""
    card = Card(CARD)
    async with on_stage(card) as (app, pilot):
        assert [line.rstrip() for line in app.lines()[:5]] == [
            "Anna Nowak",
            "» third contact in five days",
            "subscriber",
            "phone",
            "place",
        ]
        card.styles.max_height = 3
        await pilot.pause()
        assert "subscriber" in app.text()
        assert "phone" not in app.text()


async def test_a_changed_fact_paints_its_line_only() -> None:
    """Of a new view only lines that differ are painted."""
    card = Card(CARD)
    async with on_stage(card) as (_, pilot):
        with paints(card) as asked:
            card.show(replace(CARD, lines=(CARD.lines[0], (Span("new phone"),), CARD.lines[2])))
            await pilot.pause()
            assert asked == [3]
            asked.clear()
            card.show(replace(card.view))
            await pilot.pause()
            assert asked == []


async def test_a_card_says_that_it_failed() -> None:
    """A card without a customer says why, and what to do."""
    card = Card(CardView(feed=FeedView(Feed.FAILED, "No answer; r asks again")))
    async with on_stage(card) as (app, _):
        assert "[X] No answer; r asks again" in app.text()


async def test_banners_take_no_line_without_an_outage() -> None:
    """Height follows from the outages and never exceeds the room."""
    banners = Banners()
    async with on_stage(banners) as (app, pilot):
        assert banners.size.height == 0
        banners.show(BANNERS)
        await pilot.pause()
        assert banners.size.height == 4
        assert " CONFIRMED  No light since 01:20" in app.lines()[0]
        assert "same OLT" in app.lines()[1]
        assert "back by 04:00" in app.lines()[1]
        banners.room = 3
        await pilot.pause()
        assert banners.size.height == 3
        assert "2 more outages" in app.lines()[2]
        banners.room = 1
        await pilot.pause()
        assert "+2" in app.lines()[0]
        assert "No light" in app.lines()[0]
        banners.show(BannersView())
        await pilot.pause()
        assert banners.size.height == 0


async def test_a_click_on_a_banner_tells_its_outage() -> None:
    """Both lines of the first outage are its own; the next line is the second."""
    banners = Banners(BANNERS)
    async with on_stage(banners) as (app, pilot):
        for y in (0, 1, 2, 3):
            await pilot.click(Banners, offset=(3, y))
        assert [message.key for message in app.of(Banners.Chosen)] == ["o1", "o1", "o2", "o3"]


async def test_hints_leave_by_weight_and_can_be_clicked() -> None:
    """The lightest hint leaves first; a disabled one stands in brackets; a click posts the action."""
    hints = KeyHints(HINTS)
    async with on_stage(hints) as (app, pilot):
        assert app.lines()[0].rstrip() == "/ Find  (c Chase)  F2 Log"
        await pilot.click(KeyHints, offset=(10, 0))
        await pilot.click(KeyHints, offset=(0, 0))
        await pilot.click(KeyHints, offset=(7, 0))
        assert [message.action for message in app.of(KeyHints.Pressed)] == ["chase", "find"]
        await pilot.resize_terminal(16, 5)
        await pilot.pause()
        assert app.lines()[0].rstrip() == "/ Find  F2 Log"


@pytest.mark.parametrize(
    ("tone", "words"),
    [(Tone.GOOD, "[ok] done"), (Tone.WARN, "[!] done"), (Tone.BAD, "[X] done"), (Tone.NORMAL, "done")],
)
async def test_a_status_is_marked(tone: Tone, words: str) -> None:
    """Good, warning and bad news differ by a mark; facts stand at the right end."""
    status = StatusLine(StatusView("done", tone, (Span("02:10"),)))
    async with on_stage(status) as (app, _):
        line = app.lines()[0]
        assert line.startswith(f"{words} ")
        assert line.endswith("02:10")


async def test_a_status_gives_way_to_neither_side() -> None:
    """Long words are cut before the facts, which take at most half the line."""
    status = StatusLine(StatusView("w" * 200, right=(Span("r" * 200),)))
    async with on_stage(status) as (app, _):
        assert app.lines()[0] == "w" * 38 + "… " + "r" * 39 + "…"


async def test_a_reference_is_large_where_it_fits() -> None:
    """Large letters at 80 cells, spaced letters at 20; the spelling is always there."""
    big = BigReference(REFERENCE)
    async with on_stage(big) as (app, pilot):
        assert "██" in app.text()
        assert "PL-10423" in app.text()
        assert "Papa · Lima · dash · one" in app.text()
        await pilot.resize_terminal(20, 20)
        await pilot.pause()
        assert "P L - 1 0 4 2 3" in app.text()


async def test_a_reference_can_be_told_in_ascii() -> None:
    """With `plain` the large letters are made of `#`."""
    async with on_stage(BigReference(REFERENCE, plain=True)) as (app, _):
        assert "####" in app.text()
        assert "█" not in app.text()


async def test_a_body_moves_by_keys_and_stays_where_it_was_read() -> None:
    """Keys move it, Home and End go to the ends, a fresh view of the same text does not move it."""
    body = BodyPane(BodyView("k", "Mail", text="\n".join(f"line {number}" for number in range(100))))
    async with on_stage(body, size=(60, 12)) as (app, pilot):
        await pilot.press("down", "pagedown")
        assert body.top == 11
        body.show(replace(body.view, head=()))
        body.show(replace(body.view, title="Mail 2"))
        await pilot.pause()
        assert body.top == 11
        await pilot.press("end")
        assert "line 99" in app.lines()[-1]
        assert "100/100" in app.lines()[0]
        await pilot.press("home")
        assert "line 0" in app.lines()[1]
        body.show(BodyView("other", text="x\n" * 100))
        assert body.top == 0


async def test_a_body_is_found_in() -> None:
    """`find` goes round the text from line to line, forwards and back, and says when there is nothing."""
    lines = [f"line {number}" for number in range(100)]
    lines[40] = lines[70] = "here is the ROUTER"
    body = BodyPane(BodyView("k", text="\n".join(lines)))
    async with on_stage(body, size=(60, 12)) as (app, pilot):
        assert body.find("router")
        await pilot.pause()
        assert "ROUTER" in app.text()
        first = body.top
        assert body.find("router")
        assert body.top > first
        assert body.find("router", backwards=True)
        assert body.top <= 40 < body.top + 11
        assert not body.find("nowhere")


async def test_a_cut_body_says_so_and_asks_for_the_rest_once() -> None:
    """Two thousand lines and more are cut; the view's words stand at the end, whose sight is told once."""
    body = BodyPane(BodyView("k", text="a\n" * 5_000, cut="3,000 lines are not shown; o opens all"))
    async with on_stage(body) as (app, pilot):
        assert app.of(BodyPane.AtEnd) == []
        await pilot.press("end", "home", "end")
        assert "3,000 lines are not shown" in app.text()
        assert [message.key for message in app.of(BodyPane.AtEnd)] == ["k"]
        assert f"/{MOST_LINES + 1}" in app.lines()[0]


async def test_a_huge_body_is_painted_quickly() -> None:
    """A megabyte in one line is cut before it is wrapped."""
    body = BodyPane(BodyView("k", text="x" * 1_000_000, cut="rest left out"))
    async with on_stage(body) as (_, pilot):
        with paints(body) as asked:
            await pilot.press("pagedown")
            assert len(asked) <= 24


async def test_the_omnibox_tells_what_is_typed_and_hands_keys_on() -> None:
    """Typing, Enter, arrows and Escape come as messages of its own; the toolkit's stay inside."""
    box = Omnibox(placeholder="name or number")
    async with on_stage(box) as (app, pilot):
        assert "name or number" in app.text()
        await pilot.press("a", "b", "down", "up", "pagedown", "enter", "escape", "escape")
        assert [message.text for message in app.of(Omnibox.Typed)] == ["a", "ab", ""]
        assert [message.step for message in app.of(Omnibox.Moved)] == [1, -1, 10]
        assert [message.text for message in app.of(Omnibox.Entered)] == ["ab"]
        assert len(app.of(Omnibox.Left)) == 1


async def test_the_omnibox_loses_no_pasted_line() -> None:
    """The first pasted line is taken, all of them are posted."""
    box = Omnibox()
    async with on_stage(box) as (app, pilot):
        box.post_message(events.Paste("+48 600 100 200\rsecond"))
        await pilot.pause()
        assert box.value == "+48 600 100 200"
        assert [message.text for message in app.of(Omnibox.PastedLines)] == ["+48 600 100 200\nsecond"]


def hostile() -> list[
    Sheet[CardView] | Sheet[BannersView] | Sheet[tuple[HintView, ...]] | Sheet[StatusView] | Sheet[ReferenceView]
]:
    """Every sheet with text that reads like markup and is as wide as it gets."""
    line = (Span(BAD), Span("日" * 99, Tone.BAD))
    banner = BannerView("k", BAD, Tone.WARN, "日" * 99, BAD, BAD)
    return [
        Card(CardView(line, (line, line), line)),
        Banners(BannersView((banner, banner, banner), BAD), room=3),
        StatusLine(StatusView(BAD, Tone.BAD, line)),
        BigReference(ReferenceView(BAD, BAD, (BAD, "日" * 99), BAD)),
        KeyHints((HintView("[", BAD, "x"), HintView("日", "日本", "y", enabled=False))),
    ]


@pytest.mark.parametrize("width", [20, 40, 41, 80, 132])
async def test_every_line_has_exactly_the_width(width: int) -> None:
    """No line of any sheet is longer or shorter than its room, and markup stays text."""
    sheets = hostile()
    async with on_stage(*sheets, size=(width, 43)) as (app, pilot):
        for sheet in sheets:
            for y in range(sheet.size.height):
                strip = sheet.render_line(y)
                assert sum(cell_len(segment.text) for segment in strip) == width, (sheet, y)
        for y in range(20):
            await pilot.click(offset=(min(8, width - 1), y))
        assert app.is_running
        assert "[/b]" in app.text()


async def test_a_line_that_was_hidden_paints_what_it_was_shown_meanwhile() -> None:
    """Of no size, hidden, and shown again between two views: nothing breaks, and the last words stand there."""
    line = StatusLine(StatusView("first"))
    async with on_stage(line, size=(40, 4)) as (app, pilot):
        for number in range(3):
            line.display = False
            await pilot.pause()
            line.show(StatusView(f"hidden {number}"))
            line.repaint()
            line.display = True
            line.show(StatusView(f"shown {number}"))
            await pilot.pause()
            line.show(StatusView(f"last {number}"))
            await pilot.pause()
            assert app.lines()[0].rstrip() == f"last {number}"


async def test_words_to_be_read_out_stand_there_whole() -> None:
    """Facts beside them leave, the last first; then the words go on in the next line."""
    facts = (Span("Polish"), Span(" · "), Span("desk opens Mon 08:00"))
    line = SpokenLine(StatusView("Good evening, how may I help?", Tone.STRONG, facts))
    async with on_stage(line, StatusLine(StatusView("below")), size=(64, 5)) as (app, pilot):
        assert app.lines()[0] == "Good evening, how may I help?" + " " * 6 + "Polish · desk opens Mon 08:00"
        await pilot.resize_terminal(40, 5)
        await pilot.pause()
        assert app.lines()[0] == "Good evening, how may I help?" + " " * 5 + "Polish"
        await pilot.resize_terminal(20, 5)
        await pilot.pause()
        assert [one.rstrip() for one in app.lines()[:3]] == ["Good evening, how", "may I help?   Polish", "below"]


async def test_facts_take_what_the_words_leave() -> None:
    """More than half of a line whose words are short."""
    line = StatusLine(StatusView("rings", right=(Span("x" * 30),)))
    async with on_stage(line, size=(40, 2)) as (app, _pilot):
        assert app.lines()[0] == "rings" + " " * 5 + "x" * 30
