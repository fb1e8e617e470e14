"""What all widgets here share: painting line by line with the tones of a theme, and touching changed lines only."""

from __future__ import annotations

from typing import Generic, TypeVar

from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from widgets.cells import Piece, one_line, strip_of
from widgets.tones import MARKS, Palette
from widgets.views import Line, Tone

V = TypeVar("V")


class Painted(Widget):
    """A widget that paints lines; it neither selects text with the mouse nor changes under it."""

    ALLOW_SELECT = False

    DEFAULT_CSS = """
    Painted {
        &:ansi { background: $background; color: $foreground; }
    }
    """

    _palette: Palette | None = None

    @property
    def palette(self) -> Palette:
        """The looks of all tones here and now."""
        palette = self._palette
        if palette is None:
            background = self.colors[2]
            palette = self._palette = Palette(self.app.theme_variables, self.rich_style, background)
        return palette

    def notify_style_update(self) -> None:
        """Forget painted lines when the theme or a style rule changes."""
        super().notify_style_update()
        self._palette = None
        self.forget()

    def forget(self) -> None:
        """Drop what was painted; the next paint makes it anew."""

    def touch(self, y: int, x: int = 0, width: int | None = None) -> None:
        """Have a part of one line painted again."""
        self.refresh(Region(x, y, self.size.width - x if width is None else width, 1))

    def pieces(self, line: Line) -> list[Piece]:
        """A line of a view as styled text."""
        palette = self.palette
        return [(one_line(text), palette(tone)) for text, tone in line]

    def marked(self, words: str, tone: Tone) -> list[Piece]:
        """Words of a tone, with the mark before them that tells without colour."""
        mark = MARKS.get(tone)
        text = one_line(words)
        if not mark or not text or text.startswith("["):
            return [(text, self.palette(tone))]
        return [(f"{mark} {text}", self.palette(tone))]

    def line(self, pieces: list[Piece], width: int) -> Strip:
        """A painted line of exactly `width` cells."""
        return strip_of(pieces, width, self.palette.base)


class Sheet(Painted, Generic[V]):
    """A widget whose lines all follow from its view and size; it has no cursor and no offset.

    A subclass says what its lines are in `lay_out` and, when its height follows from its view, in `lines_wanted`.
    """

    def __init__(self, view: V, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._view = view
        self._lines: list[Strip] | None = None
        self._room = (0, 0)

    @property
    def view(self) -> V:
        """What is shown."""
        return self._view

    @view.setter
    def view(self, view: V) -> None:
        self.show(view)

    def show(self, view: V) -> None:
        """Show another view; an equal one changes nothing, and of any other only changed lines are painted."""
        if view == self._view:
            return
        before = self.lines_wanted(self.size.width) if self.is_mounted else None
        self._view = view
        if before is None:
            self.forget()
        elif before != self.lines_wanted(self.size.width):
            self.forget()
            self.refresh(layout=True)
        else:
            self.repaint()

    def repaint(self) -> None:
        """Lay the lines out again and touch those that changed."""
        old = self._lines
        self._lines = None
        if old is None or not self.is_mounted or self._room != (self.size.width, self.size.height):
            self.refresh()  # hidden meanwhile, or of another size: what was painted tells nothing about what changed
            return
        for y, (was, strip) in enumerate(zip(old, self._laid(), strict=True)):
            if was != strip:
                self.touch(y)

    def forget(self) -> None:
        """Drop what was painted; the next paint makes it anew."""
        self._lines = None

    def lines_wanted(self, width: int) -> int:
        """Lines that the view needs at a width; only asked where the height is `auto`."""
        return 1

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        """Lines of the view, for a height of `auto`."""
        return self.lines_wanted(width)

    def lay_out(self, width: int, height: int) -> list[Strip]:
        """The lines of the view in a room of `width` by `height` cells; missing ones stay blank."""
        raise NotImplementedError

    def _laid(self) -> list[Strip]:
        room = (self.size.width, self.size.height)
        if self._lines is None or self._room != room:
            width, height = room
            lines = self.lay_out(width, height)[:height]
            blank = Strip.blank(width, self.palette.base)
            self._lines = lines + [blank] * (height - len(lines))
            self._room = room
        return self._lines

    def render_line(self, y: int) -> Strip:
        """One line; called by the toolkit."""
        lines = self._laid()
        return lines[y] if y < len(lines) else Strip.blank(self.size.width, self.palette.base)
