"""How a part looks that is empty, loading, failed or stale: four looks, none told by colour alone."""

from __future__ import annotations

from itertools import islice

from textual.strip import Strip

from widgets.cells import Piece, one_line, strip_of, width_of, wrap
from widgets.painted import Painted
from widgets.views import Feed, FeedView, Tone


def feed_words(widget: Painted, feed: FeedView) -> list[Piece]:
    """The words of a state with its mark: `…` for loading, `[X]` for failed, `[!]` for stale."""
    if not feed.words and feed.state is not Feed.LOADING:
        return []
    if feed.state is Feed.FAILED:
        return widget.marked(feed.words, Tone.BAD)
    if feed.state is Feed.STALE:
        return widget.marked(feed.words, Tone.WARN)
    if feed.state is Feed.LOADING:
        words = one_line(feed.words)
        return [(words if words.endswith("…") else f"{words}…", widget.palette(Tone.ACCENT))]
    return [(one_line(feed.words), widget.palette(Tone.DIM))]


def feed_facts(widget: Painted, feed: FeedView) -> list[Piece]:
    """What the rule above a filled part says of its state; nothing when it is ready."""
    return [] if feed.state in (Feed.READY, Feed.EMPTY) else feed_words(widget, feed)


def feed_page(widget: Painted, feed: FeedView, width: int, height: int) -> dict[int, Strip]:
    """The lines of a part that has nothing else to show, by line; words stand in the middle and wrap."""
    page: dict[int, Strip] = {}
    pieces = feed_words(widget, feed)
    if not pieces or height <= 0:
        return page
    text, style = pieces[0]
    lines = list(islice(wrap(text, max(1, width - 4)), height))
    start = max(0, (height - len(lines)) // 3)
    for at, line in enumerate(lines):
        before = max(0, (width - width_of(line)) // 2)
        page[start + at] = strip_of([(" " * before, widget.palette.base), (line, style)], width, widget.palette.base)
    return page
