"""What every full screen has: a status line, the keys that work, and a way to hear what changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from backends.errors import BackendError
from backends.records import Key
from console.actions import ACTIONS, Action, Circumstances, Need, Where, why_not
from console.i18n import _
from console.keynames import key_label
from console.screens.workers import WatchesWorkers
from console.terminal.compositing import compose_sparingly
from console.terminal.painted_lines import forget_painted_lines
from widgets.banners import Banners
from widgets.body import BodyPane
from widgets.bottom import KeyHints, SpokenLine, StatusLine
from widgets.rows import RowList
from widgets.views import HintView, Line, StatusView, Tone

if TYPE_CHECKING:
    from console.app import Cordboard

_STEPS = {"down": "cursor_down", "up": "cursor_up", "home": "first", "end": "last"}
_PANE_STEPS = {"down": "line_down", "up": "line_up", "home": "first", "end": "last"}


WIDTHS = [(0, "-narrow"), (100, "-medium"), (132, "-wide")]
HEIGHTS = [(0, "-low"), (30, "-tall"), (40, "-high")]


CALL_LINES = ("greeting", "call")
"""The two lines above everything: what to say first, and who is on the line."""

TYPED = frozenset({"slash", "space", "backspace", "minus", "comma"})
"""Keys with a name of their own that put a character into a line, or take one out."""


def fit(screen: Screen[Any]) -> None:
    """Set the classes of the terminal's size before there are children to style: the toolkit does it after the first
    frame, and then everything is styled and painted twice. Call at the beginning of `compose`.
    """
    for breakpoints, cells in ((WIDTHS, screen.app.size.width), (HEIGHTS, screen.app.size.height)):
        reached = [name for least, name in breakpoints if cells >= least]
        for _least, name in breakpoints:
            screen.set_class(bool(reached) and name == reached[-1], name)


class BaseScreen(WatchesWorkers, Screen[None]):
    """A full screen of the console, opaque, with its status line and keys at the bottom."""

    AUTO_FOCUS = ""
    focused: Reactive[Widget | None] = Reactive(
        None, repaint=False
    )  # the panes paint their own focus; a change must not send the screen anew
    BINDINGS: ClassVar[list[BindingType]] = []
    hints_of: ClassVar[frozenset[Where]] = frozenset({Where.ANYWHERE})
    _hinted_for: tuple[Circumstances, bool] | None = None

    def __init__(self) -> None:
        super().__init__()
        compose_sparingly(self)

    @property
    def console_app(self) -> Cordboard:
        """The application, with its own type."""
        return cast("Cordboard", self.app)

    def body_widgets(self) -> ComposeResult:
        """Yield what stands above status line and keys."""
        yield from ()

    def compose(self) -> ComposeResult:
        """Body, status line, keys."""
        fit(self)
        for name, kind in zip(CALL_LINES, (SpokenLine, StatusLine), strict=True):
            line = kind(StatusView(), id=name)
            line.display = False
            yield line
        yield from self.body_widgets()
        yield StatusLine(StatusView(), id="status")
        yield KeyHints((), id="hints")

    def on_mount(self) -> None:
        """Show the keys, and who is on the line."""
        self.update_hints()
        self.show_calls()

    def on_unmount(self) -> None:
        """Leave no pictures behind."""
        forget_painted_lines()

    def on_screen_suspend(self) -> None:
        """Name the key to another call as it is in what lies above."""
        self.show_calls()

    def on_screen_resume(self) -> None:
        """Show what can be done, and what time it is, now that this screen is seen."""
        self.update_hints()
        self.show_calls()
        self.tick_status()

    # words and keys -------------------------------------------------------------------------------------------

    def say(self, words: str, tone: Tone = Tone.NORMAL) -> None:
        """Show words in the status line until others come."""
        if self.is_mounted:
            self.query_one("#status", StatusLine).show(StatusView(words, tone, self.status_right()))

    def tick_status(self) -> None:
        """Show the facts at the right end of the status line anew; the words stay."""
        if self.is_mounted:
            line = self.query_one("#status", StatusLine)
            line.show(StatusView(line.view.words, line.view.tone, self.status_right()))

    def show_calls(self) -> None:
        """Show what to say first and who is on the line; nothing when nobody is."""
        if not self.is_mounted:
            return
        for name, view in zip(CALL_LINES, self.console_app.phone.lines(), strict=True):
            line = self.query_one(f"#{name}", StatusLine)
            shown = bool(view.words)
            if line.display != shown:
                line.display = shown
            line.show(view)

    def status_right(self) -> Line:
        """Return the facts at the right end of the status line."""
        return ()

    def update_hints(self) -> None:
        """Show the keys that matter here, those that cannot be used now dim; most moves of a cursor change nothing."""
        now = (self.console_app.circumstances(), self.writing())
        if self.is_mounted and now != self._hinted_for:
            self._hinted_for = now
            self.query_one("#hints", KeyHints).show(tuple(self.hints()))

    def writing(self) -> bool:
        """Whether letters go into a line of text, so that only other keys are commands."""
        return isinstance(self.focused, Input)

    def key_shown(self, action: Action, *, typing: bool | None = None) -> str:
        """Return the key to name for an action: one that works where the agent is now.

        `typing` is whether letters are text there; left out, whether they are on this screen.
        """
        keys = self.console_app.keys[action.id]
        if self.writing() if typing is None else typing:
            keys = tuple(key for key in keys if len(key) > 1 and key not in TYPED) or keys
        return key_label(keys[0])

    def hints(self) -> Iterable[HintView]:
        """Return the keys of this screen's actions, weightiest first."""
        now = self.console_app.circumstances()
        shown = [action for action in ACTIONS if action.weight and action.where in self.hints_of]
        for action in sorted(shown, key=lambda one: -one.weight):
            yield HintView(self.key_shown(action), _(action.label), action.id, not why_not(action, now), action.weight)

    def on_banners_chosen(self, event: Banners.Chosen) -> None:
        """A click on a banner shows its outage among the others."""
        from console.screens.outages import OutagesScreen

        event.stop()
        self.app.push_screen(OutagesScreen(at=event.key))

    async def on_key_hints_pressed(self, event: KeyHints.Pressed) -> None:
        """A click on a key is as good as the key."""
        event.stop()
        await self.console_app.action_perform(event.action)

    def there(self) -> Iterable[Need]:
        """Return what this screen offers to actions."""
        return ()

    def number_typed(self, character: str) -> bool:
        """Take the first sign of a number that was typed over a list; False where it is the next caller's."""
        return False

    # moving ---------------------------------------------------------------------------------------------------

    def move_cursor(self, where: str) -> None:
        """Move the cursor of the focused list or text, or of the first list when neither has the focus."""
        focused: Widget | None = self.focused
        if isinstance(focused, BodyPane):
            getattr(focused, f"action_{_PANE_STEPS[where]}")()
            return
        rows = focused if isinstance(focused, RowList) else next(iter(self.query(RowList)), None)
        if rows is not None:
            getattr(rows, f"action_{_STEPS[where]}")()

    # news -----------------------------------------------------------------------------------------------------

    def time_passed(self) -> None:
        """A minute went by: ages and clocks are worded anew."""

    def outages_changed(self) -> None:
        """The live outages were read again."""

    async def changed(self, customers: set[Key], *, everything: bool) -> None:
        """Something changed for these customers, or for everybody."""

    def presence_changed(self, customer_key: Key) -> None:
        """Somebody opened this customer, left them, began or stopped writing."""

    def source_lost(self, error: BackendError) -> None:
        """The source does not answer: what is shown grows old."""
