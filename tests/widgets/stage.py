"""What the tests of widgets share: an app of ten lines, the painted screen as text, and a count of painted lines."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar

from rich.segment import Segment
from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widget import Widget

import themes

M = TypeVar("M", bound=Message)


class Stage(App[None]):
    """An app that holds widgets and nothing else."""

    ENABLE_COMMAND_PALETTE = False
    CSS = "Screen { background: $background; color: $foreground; }"

    def __init__(self, *widgets: Widget, theme: str = "textual-dark") -> None:
        super().__init__()
        self.widgets: Sequence[Widget] = widgets
        self.posted: list[Message] = []
        for own in themes.load():
            self.register_theme(own)
        self.theme = theme
        self.animation_level = "none"

    def compose(self) -> ComposeResult:
        """Put the widgets on the screen."""
        yield from self.widgets

    def note(self, message: Message) -> None:
        """Remember what widgets post; a message that bubbles counts once."""
        if type(message).__module__.startswith("widgets.") and all(message is not known for known in self.posted):
            self.posted.append(message)

    def of(self, kind: type[M]) -> list[M]:
        """Messages of a kind, in the order in which they were posted."""
        return [message for message in self.posted if isinstance(message, kind)]

    def painted(self) -> list[Strip]:
        """The painted screen."""
        return list(self.screen._compositor.render_strips())

    def lines(self) -> list[str]:
        """The painted screen as lines of text."""
        return [strip.text for strip in self.painted()]

    def text(self) -> str:
        """The painted screen as one text."""
        return "\n".join(self.lines())


@asynccontextmanager
async def on_stage(
    *widgets: Widget, size: tuple[int, int] = (80, 24), theme: str = "textual-dark"
) -> AsyncIterator[tuple[Stage, Pilot[None]]]:
    """Run widgets alone in an app and wait until they are painted."""
    app = Stage(*widgets, theme=theme)
    async with app.run_test(size=size, message_hook=app.note) as pilot:
        await pilot.pause()
        yield app, pilot


@contextmanager
def paints(widget: Widget) -> Iterator[list[int]]:
    """Collect the lines that a widget is asked to paint."""
    asked: list[int] = []
    original = widget.render_line

    def counting(y: int) -> Strip:
        asked.append(y)
        return original(y)

    widget.render_line = counting  # type: ignore[method-assign]
    try:
        yield asked
    finally:
        widget.render_line = original  # type: ignore[method-assign]


def segments_with(app: Stage, text: str) -> list[Segment]:
    """The painted segments that hold a text."""
    return [segment for strip in app.painted() for segment in strip if text in segment.text]
