"""Asks only those widgets for lines that have a line in a part to be painted, and for these lines alone.

Private parts of Textual (tested with 8.2.8) that are touched: the compositor of a screen and its `_get_renders`. For a
part, Textual asks every widget whose container lies in it for all its lines.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from textual._compositor import Compositor
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip


class SparingCompositor(Compositor):
    """Textual's compositor, which paints the same with less asking."""

    def _get_renders(self, crop: Region | None = None) -> Iterable[tuple[Region, Region, list[Strip]]]:
        if crop is None:
            yield from super()._get_renders()
            return
        lines = Region(0, crop.y, self.size.width, crop.height)
        for widget, (region, clip) in self.visible_widgets.items():
            seen = region.intersection(clip).intersection(lines)
            if seen and crop.overlaps(seen):
                yield region, seen, widget.render_lines(seen.translate((-region.x, -region.y)))


def compose_sparingly(screen: Screen[Any]) -> None:
    """Give a screen that was just made the sparing compositor."""
    screen._compositor = SparingCompositor()
