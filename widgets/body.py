"""A text to read, whole screen or pane: the body of a contact, a story, a help page."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from widgets.cells import Piece, wrap
from widgets.feeds import feed_page
from widgets.painted import Painted
from widgets.reading import body_lines
from widgets.rule import rule_line
from widgets.views import BodyView, Feed, Tone

_NOTHING = BodyView()
MOST_CHARACTERS = 64_000
MOST_LINES = 2_000
"""A pane holds no more than this; the view's `cut` says what is missing."""


class BodyPane(Painted, can_focus=True):
    """Shows a `BodyView`, wrapped at its width and moved by keys; `find` marks a text in it."""

    DEFAULT_CSS = """
    BodyPane { width: 1fr; height: 1fr; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "line_up", "", show=False),
        Binding("down", "line_down", "", show=False),
        Binding("pageup", "page_up", "", show=False),
        Binding("pagedown,space", "page_down", "", show=False),
        Binding("home", "first", "", show=False),
        Binding("end", "last", "", show=False),
    ]

    class AtEnd(Message):
        """The last line of a cut text came into sight; whoever has the rest may show it."""

        def __init__(self, pane: BodyPane, key: str) -> None:
            super().__init__()
            self.pane = pane
            self.key = key

        @property
        def control(self) -> BodyPane:
            """The pane it happened in."""
            return self.pane

    def __init__(
        self,
        view: BodyView = _NOTHING,
        *,
        ruled: bool = True,
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """Take a first view; `ruled` draws the rule with the title above."""
        super().__init__(name=name, id=id, classes=classes)
        self._view = view
        self._ruled = ruled
        self._top = 0
        self._lines: list[list[Piece]] | None = None
        self._width = 0
        self._told = ""
        self._sought = ""
        self._found = -1

    @property
    def view(self) -> BodyView:
        """What is shown."""
        return self._view

    @view.setter
    def view(self, view: BodyView) -> None:
        self.show(view)

    @property
    def top(self) -> int:
        """The first line in sight."""
        return self._top

    def show(self, view: BodyView) -> None:
        """Show another view; an equal one changes nothing, one of the same key stays where it was read."""
        if view == self._view:
            return
        if view.key != self._view.key:
            self._top, self._told, self._found = 0, "", -1
        self._view = view
        self._lines = None
        self._hold()
        self.refresh()
        self._tell_end()

    # finding

    def find(self, text: str, backwards: bool = False) -> bool:
        """Bring the next line that holds a text into sight and mark it; letter case counts for nothing.

        An empty text takes the marks away. False when the text is nowhere in the pane.
        """
        wanted = text.casefold()
        if wanted != self._sought:
            self._sought, self._found = wanted, self._top - 1
        self.refresh()
        if not wanted:
            return True
        lines = self._laid()
        size = len(lines)
        for step in range(1, size + 1):
            at = (self._found + (-step if backwards else step)) % size
            if wanted in "".join(piece for piece, _ in lines[at]).casefold():
                self._found = at
                if not self._top <= at < self._top + self._window:
                    self._top = at - self._window // 3
                self._hold()
                return True
        return False

    # keys

    def action_line_up(self) -> None:
        """Move one line up."""
        self._scroll(-1)

    def action_line_down(self) -> None:
        """Move one line down."""
        self._scroll(1)

    def action_page_up(self) -> None:
        """Move one window up, keeping a line."""
        self._scroll(-max(1, self._window - 1))

    def action_page_down(self) -> None:
        """Move one window down, keeping a line."""
        self._scroll(max(1, self._window - 1))

    def action_first(self) -> None:
        """Move to the first line."""
        self._scroll(-self._top)

    def action_last(self) -> None:
        """Move to the last line."""
        self._scroll(len(self._laid()))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Move three lines down."""
        event.stop()
        self._scroll(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Move three lines up."""
        event.stop()
        self._scroll(-3)

    def _scroll(self, lines: int) -> None:
        top = self._top
        self._top += lines
        self._hold()
        if top != self._top:
            self.refresh()
            self._tell_end()

    # places

    @property
    def _head(self) -> int:
        return 1 if self._ruled else 0

    @property
    def _window(self) -> int:
        return max(0, self.size.height - self._head)

    def _laid(self) -> list[list[Piece]]:
        width = self.size.width
        if self._lines is None or self._width != width:
            room = max(1, width - 2)
            view = self._view
            whole = replace(view, text=view.text[:MOST_CHARACTERS], cut="")
            lines = list(islice(body_lines(self, whole, room), MOST_LINES + 1))
            over = len(lines) > MOST_LINES or len(view.text) > MOST_CHARACTERS
            ending = view.cut or ("…" if over else "")
            if ending:
                look = self.palette(Tone.WARN)
                lines[MOST_LINES:] = [[(part, look)] for part in wrap(ending, room)]
            self._lines = lines
            self._width = width
        return self._lines

    def _hold(self) -> None:
        self._top = max(0, min(self._top, len(self._laid()) - self._window)) if self.size.width else 0

    def _tell_end(self) -> None:
        view = self._view
        if view.cut and self._told != view.key and self._window and self._top + self._window >= len(self._laid()):
            self._told = view.key
            self.post_message(self.AtEnd(self, view.key))

    # painting

    def forget(self) -> None:
        """Drop what was painted; the next paint makes it anew."""
        self._lines = None

    def on_resize(self) -> None:
        """Stay inside the text at the new size."""
        top = self._top
        self._hold()
        if top != self._top:
            self.refresh()
        self._tell_end()

    def _on_focus(self, event: events.Focus) -> None:
        event.prevent_default()
        self._focus_changed(True, events.DescendantFocus(self))

    def _on_blur(self, event: events.Blur) -> None:
        event.prevent_default()
        self._focus_changed(False, events.DescendantBlur(self))

    def _focus_changed(self, focused: bool, message: Message) -> None:
        """Take over the toolkit's part at a change of focus, which would paint the whole widget again."""
        self.has_focus = focused
        if self._ruled:
            self.touch(0)
        if self.parent is not None:
            self.parent.post_message(message)

    def render_line(self, y: int) -> Strip:
        """One line; called by the toolkit."""
        width = self.size.width
        lines = self._laid()
        if self._ruled and y == 0:
            return rule_line(self.palette, width, self._view.title, self.has_focus, self._facts(len(lines)))
        if not lines and self._view.feed.state is not Feed.READY:
            return feed_page(self, self._view.feed, width, self._window).get(y - self._head) or self.line([], width)
        at = y - self._head + self._top
        if at >= len(lines):
            return self.line([], width)
        return self.line([(" ", self.palette.base), *self._with_marks(lines[at])], width)

    def _with_marks(self, pieces: list[Piece]) -> list[Piece]:
        """Pieces with the sought text reversed."""
        if not self._sought:
            return pieces
        marked: list[Piece] = []
        look = self.palette.badge(Tone.ACCENT)
        size = len(self._sought)
        for text, style in pieces:
            folded, start = text.casefold(), 0
            if len(folded) == len(text):
                while (at := folded.find(self._sought, start)) >= 0:
                    marked += [(text[start:at], style), (text[at : at + size], look)]
                    start = at + size
            marked.append((text[start:], style))
        return marked

    def _facts(self, lines: int) -> list[Piece]:
        if lines <= self._window:
            return []
        return [(f"{min(self._top + self._window, lines)}/{lines}", self.palette(Tone.DIM))]
