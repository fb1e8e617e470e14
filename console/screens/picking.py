"""A short question over the view: pick one of a few with its key, or say no."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from console.i18n import _
from widgets.bottom import KeyHints
from widgets.rows import RowList
from widgets.views import Cell, ChoiceView, HintView, RowsView, RowView, Span, Tone


class PickScreen(ModalScreen[str | None]):
    """Dismisses with the code that was picked, None when nothing was."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,ctrl+g,q", "leave", "", show=False)]
    DEFAULT_CSS = """
    PickScreen { align: center bottom; background: transparent; }
    PickScreen > Vertical { height: auto; background: $surface; }
    """

    def __init__(self, title: str, choices: Sequence[ChoiceView]) -> None:
        super().__init__()
        self._choices = tuple(choices)
        rows = tuple(
            RowView(
                one.code,
                (
                    Cell((Span(one.key, Tone.ACCENT),), 3),
                    Cell((Span(one.label, Tone.DIM if one.disabled_because else Tone.NORMAL),), 0),
                    Cell((Span(one.disabled_because or one.hint, Tone.DIM),), 40, drop=1),
                ),
            )
            for one in choices
        )
        self._view = RowsView(rows, title)

    def compose(self) -> ComposeResult:
        """The choices with their keys."""
        with Vertical():
            rows = RowList(self._view, id="choices")
            rows.styles.height = min(len(self._choices) + 1, 16)
            yield rows
            yield KeyHints((HintView("Enter", _("Choose"), "choose"), HintView("Esc", _("Back"), "leave")))

    def on_mount(self) -> None:
        """Give the list the keys."""
        self.query_one(RowList).focus()

    def on_key(self, event: events.Key) -> None:
        """A choice's own key picks it."""
        for one in self._choices:
            if one.key and event.character == one.key:
                event.stop()
                self._pick(one)
                return

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        """Enter picks the choice under the cursor."""
        event.stop()
        self._pick(next(one for one in self._choices if one.code == event.key))

    def _pick(self, one: ChoiceView) -> None:
        if not one.disabled_because:
            self.dismiss(one.code)

    def action_leave(self) -> None:
        """Pick nothing."""
        self.dismiss(None)

    def on_key_hints_pressed(self, event: KeyHints.Pressed) -> None:
        """A click on a key is as good as the key."""
        event.stop()
        if event.action == "leave":
            self.dismiss(None)
        else:
            self.query_one(RowList).action_choose()


def sure(question: str, yes: str, *, no: str = "") -> PickScreen:
    """Return a question before a dangerous act; the cursor stands on No, and only `y` or choosing Yes goes on."""
    return PickScreen(
        question,
        (ChoiceView("no", no or _("No, leave everything as it is"), "n"), ChoiceView("yes", yes, "y")),
    )
