"""Outages above everything else: what is broken around this customer and what to say about it (R26)."""

from __future__ import annotations

from textual import events
from textual.message import Message
from textual.strip import Strip

from widgets.cells import Piece, one_line
from widgets.painted import Sheet
from widgets.views import BannersView, BannerView, Tone

_NOTHING = BannersView()


class Banners(Sheet[BannersView]):
    """Shows a `BannersView`, gravest first: two lines for the first outage, one for each other.

    It takes no line when there is nothing to tell, and never more than `room`; what does not fit is summarised.
    """

    DEFAULT_CSS = """
    Banners { width: 1fr; height: auto; background: $panel; }
    """

    class Chosen(Message):
        """A banner was clicked; `key` is its outage."""

        def __init__(self, banners: Banners, key: str) -> None:
            super().__init__()
            self.banners = banners
            self.key = key

        @property
        def control(self) -> Banners:
            """The banners it happened in."""
            return self.banners

    def __init__(
        self,
        view: BannersView = _NOTHING,
        *,
        room: int = 4,
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """Take a first view and the most lines that may be used."""
        super().__init__(view, name=name, id=id, classes=classes)
        self._most = room

    @property
    def room(self) -> int:
        """The most lines that may be used; the screen sets it by its own height."""
        return self._most

    @room.setter
    def room(self, lines: int) -> None:
        if lines != self._most:
            before = self.lines_wanted(self.size.width)
            self._most = lines
            self.forget()
            self.refresh(layout=before != self.lines_wanted(self.size.width))

    def lines_wanted(self, width: int) -> int:
        """No line without banners; else what they need, at most `room`."""
        banners = self.view.banners
        if not banners:
            return 0
        first = 1 + bool(banners[0].why or banners[0].say)
        return max(1, min(self._most, first + len(banners) - 1))

    def lay_out(self, width: int, height: int) -> list[Strip]:
        """The gravest outage in full, the others by headline, the rest as a number."""
        banners = self.view.banners
        if not banners or height <= 0:
            return []
        lines = [self.line(self._headline(banners[0]), width)]
        if height > 1 and (banners[0].why or banners[0].say):
            lines.append(self.line(self._advice(banners[0]), width))
        others = banners[1:]
        fitting = height - len(lines)
        shown = others if len(others) <= fitting else others[: max(0, fitting - 1)]
        lines += [self.line(self._headline(banner), width) for banner in shown]
        rest = len(others) - len(shown)
        if rest:
            words = one_line(self.view.more_words.replace("{n}", str(rest)))
            if len(lines) < height:
                lines.append(self.line([("  ", self.palette.base), (words, self.palette(Tone.STRONG))], width))
            else:
                lines[0] = self.line([(f"+{rest} ", self.palette.strong(Tone.BAD)), *self._headline(banners[0])], width)
        return lines

    def _headline(self, banner: BannerView) -> list[Piece]:
        badge = (f" {one_line(banner.badge)} ", self.palette.badge(banner.tone))
        return [badge, (" ", self.palette.base), (one_line(banner.headline), self.palette(Tone.STRONG))]

    def _advice(self, banner: BannerView) -> list[Piece]:
        palette = self.palette
        pieces: list[Piece] = [("  ", palette.base)]
        if banner.why:
            pieces += [(one_line(banner.why), palette(Tone.DIM)), ("  ", palette.base)]
        if banner.say:
            pieces += [("» ", palette(Tone.ACCENT)), (one_line(banner.say), palette(Tone.NORMAL))]
        return pieces

    def on_click(self, event: events.Click) -> None:
        """Say which outage was clicked."""
        event.stop()
        y = event.get_content_offset_capture(self).y
        banners = self.view.banners
        first = 1 + bool(banners and (banners[0].why or banners[0].say))
        index = 0 if y < first else y - first + 1
        if index < len(banners):
            self.post_message(self.Chosen(self, banners[index].key))
