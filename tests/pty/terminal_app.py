"""A small app on the console's terminal, for tests of the terminal: a list, a field, a ticking count on request."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import threading
import time
from pathlib import Path

from console.terminal.capabilities import Wishes, apply_environment, detect

terminal = detect(os.environ, flags=Wishes(), probe=os.environ.get("APP_PROBE") == "1")
apply_environment(terminal)

from rich.text import Text  # noqa: E402
from textual import events  # noqa: E402
from textual._compositor import ChopsUpdate  # noqa: E402
from textual.app import ComposeResult  # noqa: E402
from textual.content import Content  # noqa: E402
from textual.filter import LineFilter  # noqa: E402
from textual.screen import ModalScreen  # noqa: E402
from textual.widgets import Input, OptionList, Static  # noqa: E402

from console.terminal import leaving  # noqa: E402
from console.terminal.clean_filter import CleanFilter  # noqa: E402
from console.terminal.driver import driver_for  # noqa: E402
from console.terminal.failures import ReportsFailuresBriefly  # noqa: E402
from console.terminal.painter import PaintsChangedCells  # noqa: E402

FOLDER = Path(os.environ.get("APP_FOLDER", "/tmp"))
_clean = CleanFilter()


class Question(ModalScreen[None]):
    """A small dialog over the list."""

    DEFAULT_CSS = """
    Question { align: center middle; background: $background; }
    Question > Static { width: 40; height: 5; border: solid $primary; content-align: center middle; }
    """
    BINDINGS = [("f3", "dismiss", "close")]

    def compose(self) -> ComposeResult:
        yield Static("really?")


class SmallApp(ReportsFailuresBriefly[None], PaintsChangedCells[None]):
    """A list of a hundred lines, a field below, and a line that shows the last key."""

    CSS = "OptionList { height: 1fr; } #field { border: solid $primary; height: 3; }"
    ENABLE_COMMAND_PALETTE = False
    hardware_cursor = os.environ.get("APP_CURSOR") == "1"
    failure_folder = FOLDER / "failures"
    BINDINGS = [
        ("f2", "ask", "dialog"),
        ("f4", "fail", "fail"),
        ("f5", "repaint", "repaint"),
        ("f6", "tick", "tick"),
        ("f7", "block", "block"),
        ("f8", "quit", "quit"),
        ("f9", "suspend_process", "sleep"),
        ("f10", "flood", "flood"),
    ]
    count = 0
    floods = 0
    parts = 0

    def _may_paint(self) -> bool:
        return os.environ.get("APP_PAINTER") != "stock" and super()._may_paint()

    def _take_chops(self, update: ChopsUpdate) -> None:
        self.parts += 1
        if os.environ.get("APP_PAINTER") == "odd" and self.parts % 3 == 0:
            raise AttributeError("chops")
        super()._take_chops(update)

    def get_line_filters(self) -> list[LineFilter]:
        return [*super().get_line_filters(), _clean]

    def compose(self) -> ComposeResult:
        yield Static("ready", id="state")
        yield OptionList(*[Content(f"{n:3} entry: łódź, 漢字, e\u0301tat ─ {'x' * (n % 30)}") for n in range(100)])
        field = Input(id="field", placeholder="say something")
        field.cursor_blink = False
        yield field

    def on_key(self, event: events.Key) -> None:
        with (FOLDER / "keys").open("a", encoding="utf-8") as keys:
            keys.write(f"{event.key}\n")

    def on_input_changed(self, event: Input.Changed) -> None:
        self.query_one("#state", Static).update(Content(f"typed: {event.value}"))

    def action_ask(self) -> None:
        self.push_screen(Question())

    def action_fail(self) -> None:
        secret = "card 4111"  # noqa: F841  # a local that no report may show
        raise RuntimeError("deliberate")

    def action_repaint(self) -> None:
        self.repaint_everything()

    def action_tick(self) -> None:
        self.set_interval(0.05, self.tick)

    def tick(self) -> None:
        self.count += 1
        whole = FOLDER / "count.new"
        whole.write_text(str(self.count))
        whole.replace(FOLDER / "count")  # the test reads while this counts: never an empty file
        self.query_one("#state", Static).update(Text(f"count {self.count}"))
        if self.floods:
            for widget in self.screen.query("OptionList"):
                widget.styles.background = f"rgb({self.count % 200},{(self.count * 7) % 200},30)"

    def action_flood(self) -> None:
        self.floods = 1
        self.action_tick()

    def action_block(self) -> None:
        (FOLDER / "blocked").write_text("")
        if os.environ.get("APP_BLOCK") == "c":
            sqlite3.connect(":memory:").execute(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
            ).fetchall()
        while True:
            time.sleep(0.5)  # the loop never gets its turn again


def save() -> None:
    """Keep the draft, unless the test wants saving to go wrong."""
    way = os.environ.get("APP_SAVE")
    if way == "hang":
        threading.Event().wait()
    if way == "raise":
        raise OSError("disk full")
    (FOLDER / "draft").write_text("kept")


def main() -> int:
    """Run the app and return its exit code."""
    if not terminal.interactive:
        print(terminal.why_not)
        return 2
    driver = None if os.environ.get("APP_DRIVER") == "stock" else driver_for(terminal)
    if os.environ.get("APP_NOHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    app = SmallApp(driver_class=driver, ansi_color=None if terminal.colours == "full" else True)
    leaving.install(app, save)
    app.run(mouse=terminal.mouse)
    return app.return_code or 0


if __name__ == "__main__":
    sys.exit(main())
