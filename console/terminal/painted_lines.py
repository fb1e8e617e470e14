"""Letting go of what was painted for views that are gone.

Textual (seen in 8.2.8) remembers colours for a widget in a cache whose keys hold the widget's painted lines: those of
the last thousand widgets stay, about a megabyte for each customer that was looked at.
"""

from __future__ import annotations

from textual._styles_cache import StylesCache


def forget_painted_lines() -> None:
    """Let go of the painted lines of widgets that are gone; those that are there find their colours again."""
    clear = getattr(StylesCache.get_inner_outer, "cache_clear", None)
    if clear is not None:
        clear()
