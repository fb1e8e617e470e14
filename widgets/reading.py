"""The lines of a text to read, made one by one: head, state, wrapped text, and what was left out."""

from __future__ import annotations

from collections.abc import Iterator

from widgets.cells import Piece, wrap
from widgets.feeds import feed_words
from widgets.painted import Painted
from widgets.views import BodyView, Feed, Tone


def body_lines(widget: Painted, body: BodyView, width: int, head: bool = True) -> Iterator[list[Piece]]:
    """Styled lines of a body of at most `width` cells; lazy, so that a long text costs what is looked at."""
    palette = widget.palette
    if head:
        for line in body.head:
            yield widget.pieces(line)
    if body.feed.state is not Feed.READY:
        for text, style in feed_words(widget, body.feed):
            for part in wrap(text, width):
                yield [(part, style)]
    if body.text:
        if head and body.head:
            yield []
        normal, quoted = palette(Tone.NORMAL), palette(Tone.DIM)
        for part in wrap(body.text, width):
            yield [(part, quoted if part.startswith(">") else normal)]
    if body.cut:
        for part in wrap(body.cut, width):
            yield [(part, palette(Tone.WARN))]
