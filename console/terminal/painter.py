"""Paints what changed: the display step of the app, in cells instead of regions.

Private parts of Textual (tested with 8.2.8) that are touched: `App._display` and the state it looks at, and the two
updates of the compositor. Anything unknown is painted by Textual itself, and the screen is then taken as unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Generic, TypeVar

from rich.color import ColorSystem
from rich.console import RenderableType
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.screen import Screen
from textual.strip import Strip

from console.terminal.canvas import Canvas
from console.terminal.cells import Palette, Row, blank_row, row_of
from console.terminal.driver import SleepingDriver

_SYNC_FROM = 400  # characters; a shorter frame arrives as one anyway
_SYSTEMS = {
    "standard": ColorSystem.STANDARD,
    "256": ColorSystem.EIGHT_BIT,
    "truecolor": ColorSystem.TRUECOLOR,
    "windows": ColorSystem.WINDOWS,
}

Result = TypeVar("Result")


class PaintsChangedCells(App[Result], Generic[Result]):
    """An app that writes only cells that changed, scrolls what moved, and never paints a frame that is already old.

    On a `SleepingDriver` a frame made while the terminal is behind is kept, not sent; when the terminal has caught up,
    the newest one goes out.
    """

    hardware_cursor = False
    """Show the terminal's own cursor at `cursor_position`, for screen readers."""

    _canvas: Canvas | None = None
    _wanted: list[Row]
    _palette: Palette | None = None
    _doubts_settled = -1
    _cursor_is_shown = False

    def repaint_everything(self) -> None:
        """Paint every cell anew: something else may have written on the terminal."""
        if self._canvas is not None:
            self._canvas.forget()
        self.refresh(layout=True)

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        if renderable is None or not self._may_paint():
            super()._display(screen, renderable)
            return
        try:
            painted = self._take(renderable)
            if painted:
                self._send_frame()
        except Exception as error:  # not the shape it had in the tested version: a picture comes before a thin line
            self.log.error(error)
            painted = False
        if painted:
            self.post_display_hook()
        else:
            self._canvas = None
            super()._display(screen, renderable)

    def _may_paint(self) -> bool:
        driver = self._driver
        return (
            driver is not None
            and self._running
            and not self._closed
            and not self._batch_count
            and not self.is_headless
            and not driver.is_inline
            and not driver.is_web
        )

    # -- from the compositor to cells --------------------------------------------------------------------------

    def _take(self, update: RenderableType) -> bool:
        """Take an update into the wanted picture; return False when Textual has to paint it."""
        if isinstance(update, LayoutUpdate):
            self._fit_canvas()
            self._take_layout(update)
            return True
        # A part alone makes no picture: without a whole one to put it into, Textual paints the part.
        if isinstance(update, ChopsUpdate) and self._canvas is not None:
            self._fit_canvas()
            self._take_chops(update)
            return True
        return False

    def _fit_canvas(self) -> None:
        width, height = self.size
        canvas = self._canvas
        if canvas is not None and (canvas.width, canvas.height) == (width, height):
            return
        before = self._wanted if canvas is not None else []
        self._wanted = [row.fitted(width) for row in before[:height]]
        self._wanted += [blank_row(width) for _ in range(height - len(self._wanted))]
        in_colour = isinstance(self._driver, SleepingDriver) and self._driver.terminal.erases_in_colour
        self._canvas = Canvas(width, height, erases_in_colour=in_colour)
        if self._palette is None:
            colours = None if self.no_color else self.console.color_system
            self._palette = Palette(_SYSTEMS[colours] if colours else None)

    def _take_layout(self, update: LayoutUpdate) -> None:
        x, y, width, _ = update.region
        for line, strips in enumerate(update.strips, y):
            if line < len(self._wanted):
                self._put(line, x, _joined(strips), width)

    def _take_chops(self, update: ChopsUpdate) -> None:
        spans_of: dict[int, list[tuple[int, int]]] = {}
        for y, start, end in update.spans:
            spans_of.setdefault(y, []).append((start, end))
        for y, spans in spans_of.items():
            if y < len(self._wanted):
                self._take_chop_line(y, spans, update.chops[y], update.chop_ends[y])

    def _take_chop_line(
        self, y: int, spans: list[tuple[int, int]], chops: Mapping[int, Strip | None], ends: Sequence[int]
    ) -> None:
        for end, (x, strip) in zip(ends, chops.items(), strict=False):
            # A chop belongs to one widget; where it meets a span, all of it was rendered anew.
            if strip is not None and any(x < stop and start < end for start, stop in spans):
                self._put(y, x, strip, end - x)

    def _put(self, y: int, x: int, strip: Iterable[object], width: int) -> None:
        assert self._palette is not None
        cells = row_of(strip, self._palette)  # type: ignore[arg-type]  # strips yield segments
        row = self._wanted[y]
        row.put(x, cells if len(cells.characters) <= width else cells.fitted(width))
        row.mended()

    # -- from cells to bytes -----------------------------------------------------------------------------------

    def _send_frame(self) -> None:
        driver, canvas = self._driver, self._canvas
        if driver is None or canvas is None or not self._running:
            return
        if isinstance(driver, SleepingDriver):
            if driver.congested:
                driver.when_drained = self._catch_up
                return
            driver.when_drained = None
        self._settle_doubts(canvas)
        position = self.screen.outer_size.clamp_offset(self.cursor_position)
        self._previous_cursor_position = position
        frame = canvas.paint(self._wanted, (position.x, position.y))
        if self.hardware_cursor is not self._cursor_is_shown:
            self._cursor_is_shown = self.hardware_cursor
            frame += "\x1b[?25h" if self.hardware_cursor else "\x1b[?25l"
        if not frame:
            return
        if self._sync_available and len(frame) >= _SYNC_FROM:
            frame = f"\x1b[?2026h{frame}\x1b[?2026l"
        driver.write(frame)
        driver.flush()

    def _catch_up(self) -> None:
        """Send the newest frame after the terminal has taken the one that it was behind with."""
        try:
            self._send_frame()
        except Exception as error:  # outside any handler: the loop would print it over the picture
            self._handle_exception(error)

    def _settle_doubts(self, canvas: Canvas) -> None:
        """Forget the picture when the driver was started anew or bytes were lost since the last frame."""
        driver = self._driver
        if isinstance(driver, SleepingDriver):
            if driver.doubts != self._doubts_settled:
                self._doubts_settled = driver.doubts
                canvas.forget(cleared=driver.cleared)
                self._cursor_is_shown = False
            driver.cleared = False
            return
        # Textual's own driver takes a new writer whenever it takes the terminal.
        started = id(getattr(driver, "_writer_thread", None))
        if started != self._doubts_settled:
            self._doubts_settled = started
            canvas.forget()


def _joined(strips: Iterable[Strip]) -> Iterable[object]:
    for strip in strips:
        yield from strip
