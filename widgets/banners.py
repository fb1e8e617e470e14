"""Outages above everything else: what is broken around this customer and what to say about it (R26)."""

from __future__ import annotations

from textual import events
from textual.message import Message
from textual.strip import Strip

from widgets.cells import Piece, one_line, width_of, wrap
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
        first = 1 + len(self._advice(banners[0], width, self._most - len(banners)))
        return max(1, min(self._most, first + len(banners) - 1))

    def lay_out(self, width: int, height: int) -> list[Strip]:
        """The gravest outage in full, the others by headline, the rest as a number."""
        banners = self.view.banners
        if not banners or height <= 0:
            return []
        lines = [self.line(self._headline(banners[0]), width)]
        others = banners[1:]
        if height > 1:
            lines += [self.line(pieces, width) for pieces in self._advice(banners[0], width, height - len(banners))]
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

    def _advice(self, banner: BannerView, width: int, most: int) -> list[list[Piece]]:
        """What matched and what to say, wrapped: a sentence to read aloud is not cut while there is room.

        At least one line where there is anything, at most `most`; the last one is cut at the edge.
        """
        if not (banner.why or banner.say):
            return []
        palette = self.palette
        why = f"{one_line(banner.why)}  " if banner.why else ""
        first: list[Piece] = [("  ", palette.base), (why, palette(Tone.DIM))]
        if not banner.say:
            return [first]
        room = max(12, width - 4 - width_of(why))
        head, *rest = list(wrap(one_line(banner.say), room))
        tail = list(wrap(one_line(banner.say)[len(head) :].strip(), max(12, width - 4))) if rest else []
        lines = [[*first, ("» ", palette(Tone.ACCENT)), (head, palette(Tone.NORMAL))]]
        lines += [[("    ", palette.base), (part, palette(Tone.NORMAL))] for part in tail]
        most = max(1, most)
        if len(lines) > most:
            kept = lines[: most - 1]
            told = sum(len(pieces[-1][0]) + 1 for pieces in kept)
            left = one_line(banner.say)[told:].strip()
            last: list[Piece] = [*first, ("» ", palette(Tone.ACCENT))] if not kept else [("    ", palette.base)]
            lines = [*kept, [*last, (left, palette(Tone.NORMAL))]]
        return lines

    def on_click(self, event: events.Click) -> None:
        """Say which outage was clicked."""
        event.stop()
        y = event.get_content_offset_capture(self).y
        banners = self.view.banners
        advice = self._advice(banners[0], self.size.width, self.size.height - len(banners)) if banners else []
        first = 1 + len(advice)
        index = 0 if y < first else y - first + 1
        if index < len(banners):
            self.post_message(self.Chosen(self, banners[index].key))
