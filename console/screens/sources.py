"""The sources behind this desk: how each of them stands, and how much waits for it."""

from __future__ import annotations

from collections import Counter

from textual.app import ComposeResult

from backends.records import Key
from console.i18n import _
from console.present import sources
from console.screens.base import BaseScreen
from widgets.rows import RowList
from widgets.views import RowsView


class SourcesScreen(BaseScreen):
    """One row a source."""

    def body_widgets(self) -> ComposeResult:
        """The sources."""
        yield RowList(RowsView(title=_("Sources")), id="sources")

    def on_mount(self) -> None:
        """Show them."""
        super().on_mount()
        self.query_one(RowList).focus()
        self.time_passed()

    def time_passed(self) -> None:
        """Word the ages anew."""
        desk = self.console_app.desk
        waiting = Counter(one.source for one in desk.deliveries())
        self.query_one(RowList).show(sources.rows(desk.sources(), waiting, self.console_app.now()))

    async def changed(self, customers: set[Key], *, everything: bool) -> None:
        """Show how they stand now."""
        self.time_passed()
