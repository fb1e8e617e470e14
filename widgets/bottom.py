"""The two lines at the bottom: what was just done, and which keys do what here."""

from __future__ import annotations

from textual import events
from textual.message import Message
from textual.strip import Strip

from widgets.cells import Piece, joined, one_line, width_of, wrap
from widgets.painted import Sheet
from widgets.views import HintView, Line, StatusView, Tone

_GAP = 2
_NOTHING = StatusView()


class KeyHints(Sheet[tuple[HintView, ...]]):
    """Shows keys and what they do; the lightest leave when the line is short. A click is as good as the key."""

    DEFAULT_CSS = """
    KeyHints { width: 1fr; height: 1; }
    """

    class Pressed(Message):
        """A hint was clicked; `action` is the one its key stands for."""

        def __init__(self, hints: KeyHints, action: str) -> None:
            super().__init__()
            self.hints = hints
            self.action = action

        @property
        def control(self) -> KeyHints:
            """The line it happened in."""
            return self.hints

    def __init__(
        self,
        view: tuple[HintView, ...] = (),
        *,
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """Take the first hints."""
        super().__init__(view, name=name, id=id, classes=classes)

    def lay_out(self, width: int, height: int) -> list[Strip]:
        """One line of the hints that fit."""
        pieces: list[Piece] = []
        for hint in self._fitting(width):
            if pieces:
                pieces.append((" " * _GAP, self.palette.base))
            pieces += self._hint(hint)
        return [self.line(pieces, width)]

    def _hint(self, hint: HintView) -> list[Piece]:
        key, label = one_line(hint.key), one_line(hint.label)
        if hint.enabled:
            return [(key, self.palette.strong(Tone.ACCENT)), (f" {label}", self.palette(Tone.NORMAL))]
        return [(f"({key} {label})", self.palette(Tone.DIM))]

    def _fitting(self, width: int) -> list[HintView]:
        """Hints by weight, in their own order; of equals the right one leaves first."""
        staying = list(enumerate(self.view))
        while staying and sum(_width(hint) + _GAP for _, hint in staying) - _GAP > width:
            staying.remove(min(staying, key=lambda item: (item[1].weight, -item[0])))
        return [hint for _, hint in staying]

    def on_click(self, event: events.Click) -> None:
        """Say which hint was clicked."""
        event.stop()
        x = event.get_content_offset_capture(self).x
        for hint in self._fitting(self.size.width):
            if 0 <= x < _width(hint):
                self.post_message(self.Pressed(self, hint.action))
                return
            x -= _width(hint) + _GAP


def _width(hint: HintView) -> int:
    return width_of(one_line(hint.key)) + 1 + width_of(one_line(hint.label)) + (0 if hint.enabled else 2)


class StatusLine(Sheet[StatusView]):
    """Shows what was just done or went wrong, and facts at the right end."""

    DEFAULT_CSS = """
    StatusLine { width: 1fr; height: 1; }
    """

    def __init__(
        self,
        view: StatusView = _NOTHING,
        *,
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """Take a first view."""
        super().__init__(view, name=name, id=id, classes=classes)

    def lay_out(self, width: int, height: int) -> list[Strip]:
        """Words at the left; facts at the right, in what the words leave them, but half the line at least."""
        view = self.view
        right = self.pieces(view.right)
        words = self.marked(view.words, view.tone) if view.words else []
        size = sum(width_of(text) for text, _ in right)
        left = sum(width_of(text) for text, _ in words)
        size = min(size, max(width // 2, width - left - 1) if words else width)
        left = max(0, width - size - 1) if size else width
        line = self.line(words, left)
        if not size:
            return [line]
        return [Strip(joined([*line, *self.line([], width - left - size), *self.line(right, size)]), width)]


class SpokenLine(StatusLine):
    """Shows words that are read out, whole, on as many lines as they need; facts beside them only where they fit."""

    DEFAULT_CSS = """
    SpokenLine { width: 1fr; height: auto; max-height: 4; }
    """

    def lines_wanted(self, width: int) -> int:
        """Lines that the words need."""
        return max(1, len(self._wrapped(width)))

    def _wrapped(self, width: int) -> list[str]:
        return [line.rstrip() for line in wrap(one_line(self.view.words), width)]

    def lay_out(self, width: int, height: int) -> list[Strip]:
        """The words; after their end all the facts, or the first of them, or none."""
        lines, tone = self._wrapped(width), self.palette(self.view.tone)
        *above, last = lines or [""]
        strips = [self.line([(text, tone)], width) for text in above]
        room = width - width_of(last) - 2
        for facts in (self.view.right, self.view.right[:1]):
            right = self.pieces(facts)
            size = sum(width_of(text) for text, _ in right)
            if size and size <= room:
                words = self.line([(last, tone)], width - size)
                return [*strips, Strip(joined([*words, *self.line(right, size)]), width)]
        return [*strips, self.line([(last, tone)], width)]


class TextLine(Sheet[Line]):
    """Shows one line of text from the left edge, cut at the right one."""

    DEFAULT_CSS = """
    TextLine { width: 1fr; height: 1; }
    """

    def __init__(
        self, view: Line = (), *, name: str | None = None, id: str | None = None, classes: str | None = None
    ) -> None:
        """Take a first line."""
        super().__init__(view, name=name, id=id, classes=classes)

    def lay_out(self, width: int, height: int) -> list[Strip]:
        """The line."""
        return [self.line(self.pieces(self.view), width)]
