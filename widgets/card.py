"""Who it is: a title, the line for the first sentence, and facts in the order of their weight."""

from __future__ import annotations

from textual.strip import Strip

from widgets.cells import Piece
from widgets.feeds import feed_facts, feed_page
from widgets.painted import Sheet
from widgets.views import CardView, Feed, Tone

_NOTHING = CardView()


class Card(Sheet[CardView]):
    """Shows a `CardView`. When room is short the last facts leave; title and opening line stay."""

    DEFAULT_CSS = """
    Card { width: 1fr; height: auto; }
    """

    def __init__(
        self, view: CardView = _NOTHING, *, name: str | None = None, id: str | None = None, classes: str | None = None
    ) -> None:
        """Take a first view."""
        super().__init__(view, name=name, id=id, classes=classes)

    def lines_wanted(self, width: int) -> int:
        """Title, opening and every fact."""
        view = self.view
        return max(1, bool(view.title) + bool(view.opening) + len(view.lines))

    def lay_out(self, width: int, height: int) -> list[Strip]:
        """Title, opening line, then as many facts as fit."""
        view = self.view
        if not view.title and view.feed.state is not Feed.READY:
            page = feed_page(self, view.feed, width, height)
            return [page.get(y) or Strip.blank(width, self.palette.base) for y in range(height)]
        head: list[list[Piece]] = []
        if view.title:
            state = feed_facts(self, view.feed)
            head.append(self.pieces(view.title) + ([("  ", self.palette.base), *state] if state else []))
        if view.opening:
            head.append([("» ", self.palette(Tone.ACCENT)), *self.pieces(view.opening)])
        facts = [self.pieces(line) for line in view.lines]
        return [self.line(pieces, width) for pieces in [*head, *facts][:height]]
