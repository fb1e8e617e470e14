"""The rule above a part: its title, whether it has the focus, and facts at its right end."""

from __future__ import annotations

from textual.strip import Strip

from widgets.cells import Piece, cut, one_line, strip_of, width_of
from widgets.tones import Palette
from widgets.views import Tone


def rule_line(palette: Palette, width: int, title: str, focused: bool, right: list[Piece]) -> Strip:
    """A line across, `── Title ─── 3 open · 12/340 ─`; a focused title stands in brackets and reversed.

    The title never gives way to the facts at its right: those are cut first.
    """
    line = palette(Tone.DIM)
    words = cut(one_line(title), max(0, width - 6))
    pieces: list[Piece] = [("──" if words else "─", line)]
    if words:
        look = palette.badge(Tone.STRONG) if focused else palette(Tone.STRONG)
        pieces.append((f"[{words}]" if focused else f" {words} ", look))
    elif focused:
        pieces.append(("[ ]", palette.badge(Tone.STRONG)))
    used = sum(width_of(text) for text, _ in pieces)
    room = width - used - 4
    facts: list[Piece] = []
    for text, style in right:
        text = one_line(text)
        if not text or room <= 2:
            continue
        text = cut(text, room)
        facts.append((f" {text} ", style))
        room -= width_of(text) + 3
    taken = sum(width_of(text) for text, _ in facts) + len(facts)
    pieces.append(("─" * max(0, width - used - taken), line))
    for piece in facts:
        pieces += [piece, ("─", line)]
    return strip_of(pieces, width, line)
