"""The last barrier before the terminal: no control character of any stored text is ever drawn."""

from __future__ import annotations

import re
from functools import lru_cache

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_COMMANDS = re.compile(
    "["
    "\x00-\x1f"  # C0: ENQ makes a terminal type, ESC and SO change what it does
    "\x7f-\x9f"  # DEL and C1: CSI, OSC and DCS in one byte
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # direction marks: text reads other than it is stored
    "\ud800-\udfff"  # lone surrogates: cannot be encoded
    "]"
)


@lru_cache(maxsize=2048)
def _cleaned(text: str) -> str:
    return _COMMANDS.sub("", text)


def without_commands(text: str) -> str:
    """Return `text` without C0, C1, DEL, direction marks and lone surrogates.

    They are deleted and not replaced: layout has counted them as no cells wide.
    """
    if text.isprintable():  # no control, format mark, surrogate or odd space
        return text
    return _cleaned(text)


class CleanFilter(LineFilter):
    """Deletes commands to the terminal from what widgets draw; for `App.get_line_filters`."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return `segments` with clean texts: the same list where there is nothing to delete."""
        if all(control or text.isprintable() for text, _, control in segments):
            return segments
        return [
            segment if segment.control else Segment(without_commands(segment.text), segment.style)
            for segment in segments
        ]
