"""Text measured in cells: cut and wrapped without losing or adding any."""

from __future__ import annotations

from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from widgets.cells import cut, fit, joined, one_line, width_of, wrap
from widgets.pasting import pasted_lines

TEXTS = st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from(" \n日e\u0301👩‍👧ab")), max_size=80)


@given(TEXTS, st.integers(0, 60))
@settings(max_examples=300, deadline=None)
def test_a_cut_text_is_never_too_wide(text: str, width: int) -> None:
    """A cut text takes at most the width; one that fits is untouched."""
    text = one_line(text)
    assert width_of(cut(text, width)) <= width
    if width_of(text) <= width:
        assert cut(text, width) == text


@given(st.lists(TEXTS, max_size=5), st.integers(0, 60), st.booleans())
@settings(max_examples=300, deadline=None)
def test_fitted_pieces_take_exactly_the_width(texts: list[str], width: int, right: bool) -> None:
    """Whatever the pieces, the line is exactly as wide as its room."""
    segments = fit([(one_line(text), Style.null()) for text in texts], width, Style.null(), right)
    assert sum(cell_len(segment.text) for segment in segments) == width


@given(st.lists(st.tuples(TEXTS, st.sampled_from(["red", "underline", "reverse", "on blue", "bold"])), max_size=6))
@settings(max_examples=150, deadline=None)
def test_joined_segments_show_the_same(pieces: list[tuple[str, str]]) -> None:
    """Joining changes neither text nor the look of any character, blanks of underlined or reversed text included."""
    segments = [Segment(one_line(text), Style.parse(look)) for text, look in pieces]

    def shown(line: list[Segment]) -> list[tuple[str, object]]:
        cells: list[tuple[str, object]] = []
        for text, style, _ in line:
            assert style is not None
            blank = (style.bgcolor, bool(style.underline), bool(style.reverse))
            cells += [(letter, blank if letter.isspace() else style) for letter in text]
        return cells

    assert shown(joined(segments)) == shown(segments)


@given(TEXTS, st.integers(2, 40))
@settings(max_examples=300, deadline=None)
def test_wrapping_loses_nothing_but_blanks(text: str, width: int) -> None:
    """Wrapped lines fit, and all that is not blank is there in its order."""
    lines = list(wrap(text, width))
    assert all(width_of(line) <= width for line in lines)
    expected = "".join("".join(one_line(part.expandtabs(4)) for part in text.split("\n")).split())
    assert "".join("".join(lines).split()) == expected


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("one two three", ["one two", "three"]),
        ("> a quote that goes on", ["> a", "quote", "that", "goes on"]),
        ("averyverylongword x", ["averyver", "ylongwor", "d x"]),
        ("日本語日本語 x", ["日本語日", "本語 x"]),
        ("a\r\n\r\nb", ["a", "", "b"]),
    ],
)
def test_lines_break_between_words(text: str, lines: list[str]) -> None:
    """Words stay whole where they can; empty lines stay."""
    assert list(wrap(text, 8)) == lines


def test_the_first_lines_of_a_long_text_are_cheap() -> None:
    """Wrapping is lazy: the first lines of a text come without the rest being looked at."""
    seen = list(islice(wrap("word " * 200_000, 60), 3))
    assert len(seen) == 3


def test_no_control_character_comes_through() -> None:
    """Controls, bidi marks and odd spaces do not reach a line."""
    hostile = "".join(map(chr, [*range(0x20), *range(0x7F, 0xA1), 0x200B, 0x200E, 0x202E, 0x2066, 0x00AD, 0xFE0F]))
    assert one_line(hostile).strip() == ""
    assert one_line("a\x1b[2Jb") == "a [2Jb"


def test_pasted_lines_know_every_line_end() -> None:
    """CR, LF and CRLF end lines; empty lines at the ends go."""
    assert pasted_lines("\rone\r\ntwo\nthree\x1b\r") == ["one", "two", "three"]
    assert pasted_lines("") == []
