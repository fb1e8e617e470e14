"""What goes out to a terminal and what comes in from it: characters, keys, commands."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from console.terminal.clean_filter import CleanFilter, without_commands
from console.terminal.key_repairs import KeyDecoder, from_sco, without_answers
from console.terminal.lesser_characters import lesser

BLACK = Color(0, 0, 0)


@given(st.text(alphabet=st.characters(min_codepoint=0x20, max_codepoint=0x2FFFF, exclude_categories=["Cc", "Cs"])))
def test_ascii_is_ascii_and_as_wide(text: str) -> None:
    """In ASCII every character keeps its cells, and no other byte is left."""
    written = lesser(text, "ascii")
    assert written.isascii()
    assert len(written) == sum(cell_len(c) for c in unicodedata.normalize("NFC", text))


@given(st.text(alphabet=st.characters(min_codepoint=0x20, exclude_categories=["Cs"])))
def test_latin1_is_latin1_without_commands(text: str) -> None:
    """In Latin-1 nothing is left that cannot be encoded, and no 8-bit command."""
    written = lesser(text, "latin1").encode("latin-1")
    assert not any(0x80 <= byte < 0xA0 for byte in written)


@pytest.mark.parametrize(
    ("text", "in_ascii", "in_latin1"),
    [
        ("│ Łódź ─┐", "| Lodz -+", "| Lódz -+"),
        ("Straße, Ærø, œuf", "Strase, Aro, ouf", "Straße, Ærø, ouf"),
        ("e\u0301tat", "etat", "état"),
        ("漢字", "????", "????"),
        ("10\u00a0€ … ✓", "10 E ~ x", "10\u00a0E ~ x"),
        ("\x1b[1;2H█▁", "\x1b[1;2H#-", "\x1b[1;2H#-"),
    ],
)
def test_familiar_characters_become_their_neighbours(text: str, in_ascii: str, in_latin1: str) -> None:
    """Lines, blocks and letters turn into the nearest sign; escape sequences pass."""
    assert lesser(text, "ascii") == in_ascii
    assert lesser(text, "latin1") == in_latin1


@given(st.binary())
def test_no_bytes_fail_to_decode(data: bytes) -> None:
    """Whatever a keyboard sends is read, in one piece or byte by byte, to the same text."""
    for characters in ("utf8", "latin1", "ascii"):
        whole, single = KeyDecoder(characters), KeyDecoder(characters)
        at_once = whole.feed(data) + whole.give_up_waiting()
        one_by_one = "".join(single.feed(bytes((byte,))) for byte in data) + single.give_up_waiting()
        assert at_once == one_by_one
        assert not whole.waits


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_utf8_is_read_as_it_is(text: str) -> None:
    """Good UTF-8 is not touched by the fallback."""
    assert KeyDecoder("utf8").feed(text.encode()) == text


def test_a_western_byte_is_its_letter() -> None:
    """A lone Latin-1 byte waits for company for a moment, then is the letter it was meant to be."""
    decoder = KeyDecoder("utf8")
    assert decoder.feed(b"\xe9") == ""
    assert decoder.waits
    assert decoder.give_up_waiting() == "é"
    assert decoder.feed(b"\xe9a") == "éa"
    assert decoder.feed(b"\x9b\xff") == "›ÿ"


def test_sco_keys_are_written_as_others_write_them() -> None:
    """F1, F3, F12 and the page keys of an SCO keyboard are understood; arrows and numbered sequences stay."""
    assert from_sco("\x1b[M\x1b[O\x1b[X\x1b[I\x1b[G") == "\x1b[11~\x1b[13~\x1b[24~\x1b[5~\x1b[6~"
    assert from_sco("\x1b[A\x1b[H\x1b[5~\x1b[1;5P") == "\x1b[A\x1b[H\x1b[5~\x1b[1;5P"


@pytest.mark.parametrize(
    "answer",
    [
        "\x1b]11;rgb:0000/0000/0000\x07",
        "\x1b]52;c;cm0gLXJm\x1b\\",
        "\x1bP1+r544e=78\x1b\\",
        "\x1b[?62;1;4c",
        "\x1b[>41;354;0c",
        "\x1b[24;80R",
    ],
)
def test_answers_nobody_asked_for_are_no_keys(answer: str) -> None:
    """A terminal's answer is swallowed whole, and keys around it stay."""
    assert without_answers(f"a{answer}b\x1b[A") == "ab\x1b[A"


@given(st.text())
def test_no_command_passes_the_filter(text: str) -> None:
    """No C0, C1, DEL, direction mark or lone surrogate is left, and everything else is, in order."""
    forbidden = {*range(0x20), *range(0x7F, 0xA0), 0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F)}
    forbidden |= {*range(0x2066, 0x206A), *range(0xD800, 0xE000)}
    assert without_commands(text) == "".join(c for c in text if ord(c) not in forbidden)


def test_lone_surrogates_are_deleted() -> None:
    """What cannot be encoded would end the program on its way out."""
    assert without_commands("a\ud800b\udfff") == "ab"


def test_the_filter_keeps_styles_controls_and_clean_lists() -> None:
    """Only texts change; a clean line is not even copied, and the toolkit's own control segments pass."""
    style = Style(bold=True)
    clean = [Segment("łódź", style), Segment("\x1b[H", None, [(1,)])]  # type: ignore[list-item]
    assert CleanFilter().apply(clean, BLACK) is clean
    dirty = [Segment("a\x05b", style), clean[1]]
    assert CleanFilter().apply(dirty, BLACK) == [Segment("ab", style), clean[1]]
