"""The programs that the console is measured against: `python -m tests.bench.programs NAME …`.

`bare` is a Textual app with one line; `table` a Textual DataTable that holds a customer's history, whose Enter opens a
screen with another table; `stock` is the console with Textual's own painter and driver; `modules` is the console,
which notes the modules that were loaded at its first frame.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

_COLUMNS = ("age", "when", "by", "", "text", "state", "who")


def bare() -> None:
    """Run the least Textual app."""
    from textual.app import App, ComposeResult
    from textual.widgets import Static

    class Bare(App[None]):
        """One line, which counts keys."""

        count = 0

        def compose(self) -> ComposeResult:
            """Yield it."""
            yield Static("bareframe")

        def on_key(self) -> None:
            """Show how many keys were pressed."""
            self.count += 1
            self.query_one(Static).update(f"{self.count} keys")

    Bare().run(mouse=False)


def table(file: str, customer: str) -> None:
    """Run a DataTable with the whole history of a customer."""
    from textual.app import App, ComposeResult
    from textual.screen import Screen
    from textual.widgets import DataTable, Static

    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    rows: list[tuple[str, ...]] = [
        ("3d", "2 Nov 10:00", channel[:1].upper(), direction, body[:200], "", agent)
        for channel, direction, body, agent in connection.execute(
            "SELECT channel, direction, body, agent FROM contact WHERE customer_id = ? ORDER BY at DESC",
            (int(customer),),
        )
    ]

    def filled(some: list[tuple[str, ...]]) -> DataTable[str]:
        made: DataTable[str] = DataTable(cursor_type="row")
        made.add_columns(*_COLUMNS)
        made.add_rows(some)
        return made

    class Opened(Screen[None]):
        """A heading and a table of sixty rows."""

        def compose(self) -> ComposeResult:
            """Yield both."""
            yield Static("openedframe")
            yield filled(rows[:60])

    class Table(App[None]):
        """The table."""

        def compose(self) -> ComposeResult:
            """Yield it."""
            yield Static("tableframe")
            yield filled(rows)

        def on_data_table_row_selected(self) -> None:
            """Open another screen."""
            self.push_screen(Opened())

    Table().run(mouse=False)


def stock(*arguments: str) -> None:
    """Run the console as Textual would paint and drive it."""
    from textual.app import App

    import console.app
    from console.cli import main
    from console.terminal.painter import PaintsChangedCells

    PaintsChangedCells._display = App._display  # type: ignore[method-assign]
    console.app.driver_for = lambda terminal: None  # type: ignore[attr-defined]
    sys.exit(main(list(arguments)))


def modules(listing: str, *arguments: str) -> None:
    """Run the console and write the names of all loaded modules, one a line, when its first frame is out."""
    import textual.app

    from console.cli import main

    def note(self: object) -> None:
        part = Path(f"{listing}.part")
        if not Path(listing).exists():
            part.write_text("\n".join(sorted(sys.modules)))
            part.rename(listing)

    textual.app.App.post_display_hook = note  # type: ignore[method-assign]
    sys.exit(main(list(arguments)))


PROGRAMS: Mapping[str, Callable[..., None]] = {"bare": bare, "table": table, "stock": stock, "modules": modules}

if __name__ == "__main__":
    os.umask(0o077)
    PROGRAMS[sys.argv[1]](*sys.argv[2:])
