"""A reference in letters that can be read from the next desk, with its spelling below (R34)."""

from __future__ import annotations

from itertools import islice

from textual.strip import Strip

from widgets.cells import Piece, one_line, wrap
from widgets.glyphs import large
from widgets.painted import Sheet
from widgets.views import ReferenceView, Tone

_NOTHING = ReferenceView("", "")


class BigReference(Sheet[ReferenceView]):
    """Shows a `ReferenceView`: caption, the reference large where it fits, else spaced out, its spelling, words.

    The large letters are made of `#`-like blocks that also tell in ASCII; `plain` uses `#` itself.
    """

    DEFAULT_CSS = """
    BigReference { width: 1fr; height: auto; }
    """

    def __init__(
        self,
        view: ReferenceView = _NOTHING,
        *,
        plain: bool = False,
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """Take a first view; `plain` paints with ASCII alone."""
        super().__init__(view, name=name, id=id, classes=classes)
        self._plain = plain

    def lines_wanted(self, width: int) -> int:
        """Caption, letters, spelling and words, each with a blank line between."""
        return len(self._pieces(width)) if self.is_attached else 1

    def lay_out(self, width: int, height: int) -> list[Strip]:
        """All lines; on a low screen the blank ones leave first."""
        lines = self._pieces(width)
        while len(lines) > height and [] in lines:
            lines.remove([])
        return [self.line(pieces, width) for pieces in lines[:height]]

    def _pieces(self, width: int) -> list[list[Piece]]:
        view, palette = self.view, self.palette
        reference = one_line(view.reference)
        lines: list[list[Piece]] = [[(one_line(view.caption), palette(Tone.DIM))], []]
        rows = large(reference, width - 2, self._plain)
        if rows:
            lines += [[("  ", palette.base), (row, palette(Tone.STRONG))] for row in rows]
        else:
            lines.append([("  ", palette.base), (" ".join(reference), palette.badge(Tone.STRONG))])
        lines += [[], [("  ", palette.base), (reference, palette.strong(Tone.ACCENT))]] if rows else []
        if view.spelled:
            lines.append([])
            spelling = " · ".join(one_line(word) for word in view.spelled)
            lines += [
                [("  ", palette.base), (part, palette(Tone.NORMAL))] for part in wrap(spelling, max(1, width - 2))
            ]
        if view.words:
            lines.append([])
            lines += [[(part, palette(Tone.DIM))] for part in islice(wrap(view.words, max(1, width)), 3)]
        return lines
