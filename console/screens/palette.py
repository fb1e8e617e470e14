"""The command line: type a part of a name to choose, or a whole command with its words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, cast

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen

from console.actions import BY_ID, Action, Circumstances, why_not
from console.i18n import _
from console.keynames import labels
from console.palette import Command, fitting, read_command
from widgets.bottom import StatusLine
from widgets.omnibox import Omnibox
from widgets.rows import RowList
from widgets.views import Cell, Feed, FeedView, RowsView, RowView, Span, StatusView, Tone


def _row(action: Action, reason: str, keys: Mapping[str, tuple[str, ...]]) -> RowView:
    command = f":{action.commands[0]}" if action.commands else ""
    cells = (
        Cell((Span(labels(keys[action.id]), Tone.ACCENT),), 16),
        Cell((Span(_(action.label), Tone.DIM if reason else Tone.STRONG),), 14),
        Cell((Span(reason or _(action.help), Tone.DIM if reason else Tone.NORMAL),), 0),
        Cell((Span(command, Tone.DIM),), 14, drop=1),
    )
    return RowView(action.id, cells, dim=bool(reason))


class PaletteScreen(ModalScreen[Command | None]):
    """Dismisses with the command that was chosen or typed, None when none was."""

    BINDINGS: ClassVar[list[BindingType]] = []
    DEFAULT_CSS = """
    PaletteScreen { align: center bottom; background: transparent; }
    PaletteScreen > Vertical { height: 14; background: $surface; }
    PaletteScreen Horizontal { height: 1; }
    PaletteScreen #colon { width: 2; }
    """

    def __init__(self, now: Circumstances) -> None:
        super().__init__()
        self._now = now

    def compose(self) -> ComposeResult:
        """The list above, the line below, as at any prompt."""
        with Vertical():
            yield RowList(self._fitting(""), id="commands")
            with Horizontal():
                yield StatusLine(StatusView(":", Tone.STRONG), id="colon")
                yield Omnibox(placeholder=_("a command, or a part of its name"))

    def on_mount(self) -> None:
        """Give the line the keys."""
        self.query_one(Omnibox).focus()

    def _fitting(self, typed: str) -> RowsView:
        keys = getattr(self.app, "keys", None) if self.is_attached else None
        used = cast("Mapping[str, tuple[str, ...]]", keys or {name: one.keys for name, one in BY_ID.items()})
        rows = tuple(_row(action, why_not(action, self._now), used) for action in fitting(typed))
        feed = FeedView() if rows else FeedView(Feed.EMPTY, _("No such command."))
        return RowsView(rows, _("Commands"), "", feed=feed)

    def on_omnibox_typed(self, event: Omnibox.Typed) -> None:
        """Show what fits."""
        event.stop()
        text = event.text
        command = read_command(text) if " " in text.strip() else None
        self.query_one(RowList).show(self._fitting(command.action.id if command else text))

    def on_omnibox_moved(self, event: Omnibox.Moved) -> None:
        """Arrows move through the list."""
        event.stop()
        rows = self.query_one(RowList)
        step = rows.action_cursor_down if event.step > 0 else rows.action_cursor_up
        step()

    def on_omnibox_entered(self, event: Omnibox.Entered) -> None:
        """A whole command is done as typed; else the one under the cursor."""
        event.stop()
        command = read_command(event.text)
        if command is not None and (command.words or command.action.id in self._exact(event.text)):
            self.dismiss(command)
        else:
            self._take(self.query_one(RowList).cursor_key)

    @staticmethod
    def _exact(typed: str) -> tuple[str, ...]:
        word = typed.strip().lstrip(":").lower()
        return tuple(one.id for one in BY_ID.values() if word in (one.id, *one.commands))

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        """A click on a command does it."""
        event.stop()
        self._take(event.key)

    def _take(self, name: str) -> None:
        if name in BY_ID:
            self.dismiss(Command(BY_ID[name]))

    def on_omnibox_left(self, event: Omnibox.Left) -> None:
        """Escape in the empty line goes back."""
        event.stop()
        self.dismiss(None)


class WordsScreen(ModalScreen[str | None]):
    """Asks for words to look for; dismisses with them, with `/` for the omnibox, or None."""

    BINDINGS: ClassVar[list[BindingType]] = []
    DEFAULT_CSS = """
    WordsScreen { align: center bottom; background: transparent; }
    WordsScreen > Horizontal { height: 1; background: $surface; }
    WordsScreen #prompt { width: 26; }
    """

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        """One line at the bottom."""
        with Horizontal():
            yield StatusLine(StatusView(_("Words in this history: "), Tone.STRONG), id="prompt")
            yield Omnibox(self._text, placeholder=_("Enter shows; / again finds a customer"))

    def on_mount(self) -> None:
        """Give the line the keys."""
        box = self.query_one(Omnibox)
        box.focus()
        box.cursor_position = len(self._text)

    def on_omnibox_typed(self, event: Omnibox.Typed) -> None:
        """A second slash means the omnibox."""
        event.stop()
        if event.text == "/":
            self.dismiss("/")

    def on_omnibox_entered(self, event: Omnibox.Entered) -> None:
        """Look for the words; none shows the whole history."""
        event.stop()
        self.dismiss(event.text)

    def on_omnibox_left(self, event: Omnibox.Left) -> None:
        """Escape in the empty line goes back."""
        event.stop()
        self.dismiss(None)
