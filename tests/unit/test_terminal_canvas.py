"""The canvas: fewer bytes, the same picture."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

import pyte
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.color import Color, ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from console.terminal.canvas import Canvas
from console.terminal.cells import Palette, Row, row_of

STYLES = [
    Style(),
    Style(color=Color.parse("red")),
    Style(color=Color.parse("#8090a0"), bgcolor=Color.parse("#102030")),
    Style(bgcolor=Color.parse("#102030")),
    Style(bgcolor=Color.parse("blue"), bold=True),
    Style(reverse=True),
    Style(underline=True, bgcolor=Color.parse("#302010")),
    Style(bold=True, color=Color.parse("#ffff00")),
    Style(strike=True, italic=True),
]
ATOMS = ["a", "b", "z", " ", "     ", "-", "ł", "é", "e\u0301", "漢", "字", "─", "█", "🙂", "x" * 7, " " * 20]

SYSTEMS = {
    "truecolor": ColorSystem.TRUECOLOR,
    "256": ColorSystem.EIGHT_BIT,
    "standard": ColorSystem.STANDARD,
    None: None,
}

Line = list[Segment]
Frame = list[Line]

segments = st.builds(
    lambda atoms, style: Segment("".join(atoms), STYLES[style]),
    st.lists(st.sampled_from(ATOMS), min_size=1, max_size=6),
    st.integers(0, len(STYLES) - 1),
)
lines = st.lists(segments, max_size=5)


def fitted(line: Line, width: int) -> Line:
    """Return the line cut or filled to `width` cells."""
    return Segment.adjust_line_length(line, width, style=STYLES[0])


@st.composite
def frames(draw: st.DrawFn) -> list[tuple[int, int, Frame]]:
    """Draw a story of frames: new pictures, changed lines, scrolled regions, other sizes."""
    width, height = draw(st.integers(4, 26)), draw(st.integers(2, 10))
    frame = [draw(lines) for _ in range(height)]
    story = [(width, height, frame)]
    for _ in range(draw(st.integers(1, 5))):
        frame = list(frame)
        act = draw(st.sampled_from(["line", "tweak", "up", "down", "all", "resize"]))
        if act == "line":
            frame[draw(st.integers(0, height - 1))] = draw(lines)
        elif act == "tweak":
            swapped = str.maketrans("漢字ab", "字漢ba")
            frame = [[Segment(text.translate(swapped), style) for text, style, _ in line] for line in frame]
        elif act == "all":
            frame = [draw(lines) for _ in range(height)]
        elif act == "resize":
            width, height = draw(st.integers(4, 26)), draw(st.integers(2, 10))
            frame = (frame + [draw(lines) for _ in range(height)])[:height]
        else:
            top = draw(st.integers(0, height - 1))
            bottom = draw(st.integers(top, height - 1))
            for _ in range(draw(st.integers(1, 5))):
                if act == "up":
                    frame.insert(bottom + 1, draw(lines))
                    del frame[top]
                else:
                    frame.insert(top, draw(lines))
                    del frame[bottom + 1]
        story.append((width, height, frame))
    return story


def seen(screen: pyte.Screen) -> list[list[tuple[Any, ...]]]:
    """Return what a person can tell apart in each cell."""
    return [[_visible(screen.buffer[y][x]) for x in range(screen.columns)] for y in range(screen.lines)]


def _visible(char: Any) -> tuple[Any, ...]:
    on_blanks = (char.bg, char.reverse, char.underscore, char.strikethrough)
    data = unicodedata.normalize("NFC", char.data)
    if data == " " and not (char.reverse or char.underscore or char.strikethrough):
        return (data, *on_blanks)
    return (data, *on_blanks, char.fg, char.bold, char.italics)


class ErasesPlainly(pyte.Screen):
    """A terminal whose erasing knows no colours (GNU screen as it comes)."""

    def erase_in_line(self, how: int = 0, private: bool = False) -> None:
        self._plainly(lambda: super(ErasesPlainly, self).erase_in_line(how, private))

    def erase_characters(self, count: int | None = None) -> None:
        self._plainly(lambda: super(ErasesPlainly, self).erase_characters(count))

    def _plainly(self, erase: Callable[[], None]) -> None:
        attributes = self.cursor.attrs
        self.cursor.attrs = self.default_char
        erase()
        self.cursor.attrs = attributes


class FillsWhatScrollsIn(pyte.Screen):
    """A terminal that gives lines that scroll in the current background (xterm, PuTTY)."""

    def index(self) -> None:
        bottom = self._region()[1]
        at_edge = self.cursor.y == bottom
        super().index()
        if at_edge:
            self._fill(bottom, 1)

    def reverse_index(self) -> None:
        top, _ = self._region()
        at_edge = self.cursor.y == top
        super().reverse_index()
        if at_edge:
            self._fill(top, 1)

    def insert_lines(self, count: int | None = None) -> None:
        super().insert_lines(count)
        self._fill(self.cursor.y, count or 1)

    def delete_lines(self, count: int | None = None) -> None:
        super().delete_lines(count)
        self._fill(self._region()[1] + 1 - (count or 1), count or 1)

    def _region(self) -> tuple[int, int]:
        return self.margins or (0, self.lines - 1)

    def _fill(self, first: int, count: int) -> None:
        for y in range(first, first + count):
            for x in range(self.columns):
                self.buffer[y][x] = self.cursor.attrs._replace(data=" ")


def emulator(width: int, height: int, *, in_colour: bool = True) -> tuple[pyte.Screen, pyte.Stream]:
    """Return an emulated terminal set up as the driver sets it up."""
    screen = FillsWhatScrollsIn(width, height) if in_colour else ErasesPlainly(width, height)
    stream = pyte.Stream(screen)
    stream.feed("\x1b[?7l")
    return screen, stream


def full_repaint(frame: Frame, width: int, height: int, system: str) -> list[list[tuple[Any, ...]]]:
    """Return what Textual's own painting of the whole frame shows."""
    screen, stream = emulator(width, height)
    for style in STYLES:
        style._ansi = None  # kept by Rich from the last colour system
    strips: list[Any] = [[Strip(fitted(line, width))] for line in frame]
    console = Console(color_system=system, force_terminal=True)  # type: ignore[arg-type]
    update = LayoutUpdate(strips, Region(0, 0, width, height))
    stream.feed(update.render_segments(console).replace("\n", "\r\n"))
    return seen(screen)


@pytest.mark.parametrize("in_colour", [True, False])
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    system=st.sampled_from(["truecolor", "256", "standard"]),
    story=frames(),
    cursor=st.tuples(st.integers(0, 40), st.integers(0, 20)),
)
def test_every_frame_looks_as_if_all_of_it_had_been_painted(
    in_colour: bool, system: str, story: list[tuple[int, int, Frame]], cursor: tuple[int, int]
) -> None:
    """Whatever was on the screen, after each frame every cell is what a full repaint shows."""
    palette = Palette(SYSTEMS[system])
    width, height, _ = story[0]
    screen, stream = emulator(width, height, in_colour=in_colour)
    canvas = Canvas(width, height, erases_in_colour=in_colour)
    for new_width, new_height, frame in story:
        if (new_width, new_height) != (width, height):
            width, height = new_width, new_height
            screen.resize(height, width)
            canvas = Canvas(width, height, erases_in_colour=in_colour)
        wanted = [row_of(fitted(line, width), palette) for line in frame]
        stream.feed(canvas.paint(wanted, cursor))
        assert seen(screen) == full_repaint(frame, width, height, system)
        if screen.cursor.x < width:
            assert (screen.cursor.x, screen.cursor.y) == (min(cursor[0], width - 1), min(cursor[1], height - 1))


@settings(max_examples=60, deadline=None)
@given(story=frames())
def test_an_unchanged_frame_costs_nothing(story: list[tuple[int, int, Frame]]) -> None:
    """Painting the same picture with the cursor where it is writes no byte."""
    width, height, frame = story[0]
    palette = Palette(ColorSystem.TRUECOLOR)
    canvas = Canvas(width, height, erases_in_colour=True)
    canvas.paint([row_of(fitted(line, width), palette) for line in frame], (1, 1))
    assert canvas.paint([row_of(fitted(line, width), palette) for line in frame], (1, 1)) == ""


def rows(texts: list[str], width: int = 80, style: Style | None = None) -> list[Row]:
    """Return one row of cells for each text."""
    palette = Palette(ColorSystem.TRUECOLOR)
    return [row_of(fitted([Segment(text, style)], width), palette) for text in texts]


def test_a_scrolled_list_costs_its_new_line_only() -> None:
    """One line further in a list of 20 moves lines on the terminal instead of sending them again."""
    texts = [f"{n:4} {chr(97 + n % 26) * 40}" for n in range(40)]
    canvas = Canvas(80, 24)
    canvas.paint(rows(["head", *texts[:20], "", "foot", "keys"]), (0, 0))
    down = canvas.paint(rows(["head", *texts[1:21], "", "foot", "keys"]), (0, 0))
    up = canvas.paint(rows(["head", *texts[0:20], "", "foot", "keys"]), (0, 0))
    assert len(down) < 100
    assert len(up) < 100


def test_a_scroll_beside_another_pane_is_only_used_when_it_saves() -> None:
    """A pane beside the list keeps its text, whichever way was chosen."""
    left = [f"{n:4} {chr(97 + n % 26) * 30}" for n in range(40)]
    right = [f"| still {n}" for n in range(20)]
    screen, stream = emulator(80, 20)
    canvas = Canvas(80, 20)
    for start in (0, 1, 3, 2, 10):
        wanted = [f"{left[start + n]:40}{right[n]}" for n in range(20)]
        stream.feed(canvas.paint(rows(wanted), (0, 0)))
        assert [line.rstrip() for line in screen.display] == wanted


def test_a_cleared_terminal_needs_no_blanks() -> None:
    """After a clear only what is not blank is written."""
    canvas = Canvas(80, 24)
    canvas.forget(cleared=True)
    assert len(canvas.paint(rows([""] * 23 + ["bye"]), (0, 0))) < 20


def test_blinking_is_never_sent_and_mono_has_no_colour() -> None:
    """A blinking style is steady, and without a colour system only attributes are left."""
    style = Style(blink=True, bold=True, color=Color.parse("red"), bgcolor=Color.parse("#102030"))
    for system, expected in ((None, "\x1b[0;1m"), (ColorSystem.STANDARD, "\x1b[0;1;31;40m")):
        canvas = Canvas(8, 1)
        frame = canvas.paint([row_of([Segment("blinking", style)], Palette(system))], (0, 0))
        assert expected in frame


def test_a_character_of_doubtful_width_moves_nothing_after_it() -> None:
    """After an emoji with a variation selector the next cell is placed by order, not by counting."""
    palette = Palette(None)
    canvas = Canvas(10, 1)
    frame = canvas.paint([row_of(fitted([Segment("a\u26a0\ufe0fb")], 10), palette)], (9, 0))
    assert "a  \x1b[1;2H\u26a0\ufe0f\x1b[1;4Hb" in frame


def test_commands_in_text_reach_no_cell() -> None:
    """Control characters that slipped through every filter still take no cell and are not written."""
    row = row_of([Segment("a\x1b[2Jb\x9b\x07\u202ec\ud800")], Palette(None))
    assert "".join(row.characters) == "a[2Jbc"


def test_cells_outside_a_row_are_cut() -> None:
    """Writing over the end or beyond it never changes the width of a row, nor leaves half a character."""
    palette = Palette(None)
    for x in range(8):
        row = row_of([Segment("ab漢cd")], palette)
        row.put(x, row_of([Segment("字x")], palette))
        row.mended()
        assert len(row.characters) == len(row.pens) == 6
        halves = [y for y, cell in enumerate(row.characters) if cell == ""]
        assert all(row.characters[y - 1] in ("漢", "字") for y in halves)
        assert sum(cell in ("漢", "字") for cell in row.characters) == len(halves)


def test_a_line_that_scrolls_in_has_no_colour_of_its_own() -> None:
    """Even where the pen was coloured last, and on terminals that fill what scrolls in, a blank line is blank."""
    coloured = Style(bgcolor=Color.parse("#102030"))
    texts = [f"{n:2} " + chr(97 + n) * 37 for n in range(12)]
    palette = Palette(ColorSystem.TRUECOLOR)
    screen, stream = emulator(40, 12)
    canvas = Canvas(40, 12, erases_in_colour=True)
    for shown in (texts, [*texts[1:], ""], ["", "", *texts[1:11]], [*texts[5:], *[""] * 5]):
        wanted: Frame = [[Segment(text, coloured)] if text else [] for text in shown]
        frame = canvas.paint([row_of(fitted(line, 40), palette) for line in wanted], (0, 0))
        stream.feed(frame)
        assert seen(screen) == full_repaint(wanted, 40, 12, "truecolor")
        if shown is not texts:
            assert "r" in frame  # it did scroll
