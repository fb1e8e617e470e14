"""One text on the full screen."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult

from console.actions import Where
from console.screens.base import BaseScreen
from widgets.body import BodyPane
from widgets.views import BodyView


class ReadScreen(BaseScreen):
    """Shows a text; arrows and page keys move, Esc goes back."""

    hints_of: ClassVar[frozenset[Where]] = frozenset({Where.ANYWHERE})

    def __init__(self, view: BodyView) -> None:
        super().__init__()
        self._view = view

    def body_widgets(self) -> ComposeResult:
        """The text."""
        yield BodyPane(self._view, id="text")

    def on_mount(self) -> None:
        """Give the text the keys."""
        super().on_mount()
        self.query_one(BodyPane).focus()
