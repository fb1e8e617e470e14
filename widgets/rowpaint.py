"""How one row of a list is painted: marks at its left edge, columns that leave when room is short, threads."""

from __future__ import annotations

from functools import lru_cache

from textual.strip import Strip

from widgets.cells import Piece, fit, joined, one_line, strip_of, width_of
from widgets.tones import Palette
from widgets.views import Cell, RowView, Tone

EDGE = 2
"""Cells at the left edge: the cursor's mark and the bar of what is owed or wrong."""
CURSOR, CURSOR_AWAY, NO_CURSOR = 2, 1, 0
"""The row is under the cursor and the list has the focus; under the cursor of a list without it; neither."""


@lru_cache(maxsize=256)
def columns(cells: tuple[tuple[int, int, int], ...], room: int) -> tuple[tuple[int, int], ...]:
    """Which cells stay in a room, and how wide: pairs of index and cells, in order, with one blank between them.

    `cells` are triples of width, drop and the least that a cell of width 0 wants. Those with the highest drop leave
    first, the right one of equals; what never leaves is cut at the right edge.
    """
    staying = list(range(len(cells)))

    def needed() -> int:
        return sum(cells[index][0] or cells[index][2] for index in staying) + len(staying) - 1

    while needed() > room:
        leaving = max(staying, key=lambda index: (cells[index][1], index), default=None)
        if leaving is None or cells[leaving][1] <= 0:
            break
        staying.remove(leaving)
    rest = max(1, room - sum(cells[index][0] for index in staying) - len(staying) + 1)
    placed: list[tuple[int, int]] = []
    for index in staying:
        width = min(cells[index][0] or rest, room)
        if width <= 0:
            break
        placed.append((index, width))
        room -= width + 1
    return tuple(placed)


def _layout(row: RowView, room: int) -> tuple[tuple[int, int], ...]:
    return columns(tuple([(cell.width, cell.drop, cell.least) for cell in row.cells]), room)


def head_width(row: RowView, width: int) -> int:
    """Cells at the left that look different under the cursor: the edge and the first column."""
    placed = _layout(row, width - EDGE)
    return EDGE + (placed[0][1] if placed else 0)


def paint_row(row: RowView, width: int, state: int, palette: Palette) -> Strip:
    """A row as a line of exactly `width` cells."""
    segments = fit(_edge(row, state, palette), min(EDGE, width), palette.base)
    placed = _layout(row, width - EDGE)
    threaded = next((at for at, (index, _) in enumerate(placed) if row.cells[index].width == 0), 0)
    for at, (index, size) in enumerate(placed):
        pieces = _thread(row, palette) if at == threaded else []
        pieces += _text(row.cells[index], row.dim, state and at == 0, palette)
        if at:
            segments += fit((), 1, palette.base)
        segments += fit(pieces, size, palette.base, row.cells[index].right)
    used = sum(width_of(segment.text) for segment in segments)
    segments += fit((), width - used, palette.base)
    return Strip(joined(segments), width)


def _edge(row: RowView, state: int, palette: Palette) -> list[Piece]:
    if state == CURSOR:
        mark = (">", palette.badge(Tone.ACCENT))
    elif state == CURSOR_AWAY:
        mark = ("│", palette(Tone.STRONG))
    else:
        mark = (" ", palette.base)
    if row.marker is None:
        return [mark, (" ", palette.base)]
    return [mark, ("▌", palette.bar(row.marker))]


def _thread(row: RowView, palette: Palette) -> list[Piece]:
    """The row's place in its thread and how many rows are folded behind it."""
    pieces: list[Piece] = []
    if row.indent > 0:
        pieces.append(("  " * (min(row.indent, 6) - 1) + "└ ", palette(Tone.DIM)))
    if row.folded > 0:
        pieces.append((f"+{row.folded} ", palette(Tone.ACCENT)))
    return pieces


def _text(cell: Cell, dim: bool, strong: object, palette: Palette) -> list[Piece]:
    pieces: list[Piece] = []
    for text, tone in cell.spans:
        if dim and tone not in (Tone.WARN, Tone.BAD):
            tone = Tone.DIM
        pieces.append((one_line(text), palette.strong(tone) if strong else palette(tone)))
    return pieces


def paint_body_line(pieces: list[Piece], width: int, palette: Palette) -> Strip:
    """A line of a body opened below its row, set in from the left."""
    return strip_of([("  │ ", palette(Tone.DIM)), *pieces], width, palette.base)


BODY_EDGE = 4
"""Cells that a body opened below its row is set in."""
