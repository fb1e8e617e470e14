"""Text measured in terminal cells: made fit for one line, cut, wrapped; what a cell is, `rich.cells` decides."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

ELLIPSIS = "…"
"""Stands where text was cut."""

_BLANKS = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), 0x00A0, 0x2028, 0x2029, 0x202F, 0x3164], " ")
_NOTHING = dict.fromkeys(
    [0x00AD, 0x061C, 0xFE0E, 0xFE0F, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070)], ""
)
_LINE_TABLE: dict[int, str] = {**_BLANKS, **_NOTHING}
_PIECES = re.compile(r"\s+|\S+")


def one_line(text: str) -> str:
    """Make text fit for a row: controls and odd spaces become blanks, marks that shift a row by a cell go.

    Text is clean when it gets here; this is the second fence, so that a slip upstream cannot break a line.
    """
    if text.isascii() and text.isprintable():
        return text
    return text.translate(_LINE_TABLE)


def width_of(text: str) -> int:
    """Cells that a text takes on one line."""
    return len(text) if text.isascii() else cell_len(text)


def cut(text: str, width: int) -> str:
    """Text of at most `width` cells, ending in an ellipsis when something was left out."""
    if width <= 0:
        return ""
    if width_of(text) <= width:
        return text
    return head_of(text, width - 1) + ELLIPSIS


def head_of(text: str, width: int) -> str:
    """The first `width` cells of a text, exactly; half of a wide character becomes a blank."""
    if width <= 0:
        return ""
    return text[:width] if text.isascii() else set_cell_size(text, width)


Piece = tuple[str, Style]
"""Text of one style, clean for one line."""


def fit(pieces: Iterable[Piece], width: int, blank: Style, right: bool = False) -> list[Segment]:
    """Segments of exactly `width` cells: cut with an ellipsis or filled with blanks, at the left when `right`."""
    segments: list[Segment] = []
    left = width
    for text, style in pieces:
        size = width_of(text)
        if size > left:
            if left > 0:
                segments.append(Segment(cut(text, left), style))
            elif segments:
                segments[-1] = _shortened(segments[-1])
            left = 0
            break
        if size:
            segments.append(Segment(text, style))
            left -= size
    if left > 0:
        filler = Segment(" " * left, blank)
        segments = [filler, *segments] if right else [*segments, filler]
    elif width > 0 and segments:
        segments = _exact(segments, width, blank)
    return segments


def _shortened(segment: Segment) -> Segment:
    """A segment whose end says that more followed."""
    text, style, _ = segment
    return segment if text.endswith(ELLIPSIS) else Segment(head_of(text, width_of(text) - 1) + ELLIPSIS, style)


def _exact(segments: list[Segment], width: int, blank: Style) -> list[Segment]:
    """Fill the cell that a cut through a wide character may have left."""
    missing = width - sum(width_of(segment.text) for segment in segments)
    return [*segments, Segment(" " * missing, blank)] if missing > 0 else segments


def joined(segments: Iterable[Segment]) -> list[Segment]:
    """The same line in fewer segments: blanks take the style before them where that shows nothing on a blank.

    Each segment costs a colour sequence on the line to the terminal, which is more than the blanks themselves.
    """
    line: list[Segment] = []
    for segment in segments:
        text, style, _ = segment
        if line:
            before, look, _ = line[-1]
            if style == look or (
                look is not None and style is not None and text.isspace() and _same_blank(look, style)
            ):
                line[-1] = Segment(before + text, look)
                continue
        line.append(segment)
    return line


def _same_blank(look: Style, style: Style) -> bool:
    """Whether a blank looks the same in both styles."""
    return look.bgcolor == style.bgcolor and not (
        look.underline or look.reverse or look.strike or style.underline or style.reverse or style.strike
    )


def strip_of(pieces: Iterable[Piece], width: int, blank: Style, right: bool = False) -> Strip:
    """A painted line of exactly `width` cells."""
    return Strip(joined(fit(pieces, width, blank, right)), width)


def wrap(text: str, width: int) -> Iterator[str]:
    """Lines of at most `width` cells, broken between words and inside those that are longer; made one by one.

    Lazy, so that the first screen of a long text costs a screen's work.
    """
    width = max(1, width)
    start = 0
    while True:
        end = text.find("\n", start)
        line = text[start:] if end < 0 else text[start:end]
        yield from _wrap_line(line.removesuffix("\r"), width)
        if end < 0:
            return
        start = end + 1


def _wrap_line(line: str, width: int) -> Iterator[str]:
    """One paragraph in lines; the blanks in front of it stay."""
    line = one_line(line.expandtabs(4))
    if len(line) <= width and width_of(line) <= width:
        yield line.rstrip()
    elif line.isascii():
        yield from _wrap_ascii(line, width)
    else:
        yield from _wrap_wide(line, width)


def _wrap_ascii(line: str, width: int) -> Iterator[str]:
    at, size = 0, len(line)
    while size - at > width:
        space = line.rfind(" ", at, at + width + 1)
        if space <= at or not line[at:space].strip():
            yield line[at : at + width]
            at += width
        else:
            yield line[at:space].rstrip()
            at = space
        while at < size and line[at] == " ":
            at += 1
    if at < size:
        yield line[at:].rstrip()


def _wrap_wide(line: str, width: int) -> Iterator[str]:
    done, used = "", 0
    for match in _PIECES.finditer(line):
        piece = match[0]
        size = width_of(piece)
        if piece.isspace():
            if used + size <= width and (done or match.start() == 0):
                done, used = done + piece, used + size
            elif done:
                yield done.rstrip()
                done, used = "", 0
            continue
        if used + size > width and done.strip():
            yield done.rstrip()
            done, used = "", 0
        for part in _broken(piece, width - used, width) if used + size > width else (piece,):
            if used and used + width_of(part) > width:
                yield done
                done, used = "", 0
            done, used = done + part, used + width_of(part)
    if done.strip():
        yield done.rstrip()


def _broken(word: str, first: int, width: int) -> Iterator[str]:
    """Parts of a word longer than a line: the first of at most `first` cells, the others of at most `width`."""
    part, used, room = "", 0, first if first > 1 else width
    for character in word:
        size = cell_len(character)
        if used + size > room and part:
            yield part
            part, used, room = "", 0, width
        part, used = part + character, used + size
    if part:
        yield part
