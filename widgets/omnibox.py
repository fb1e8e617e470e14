"""The one box in which everything is looked up; the list below it is steered while typing."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from widgets.pasting import pasted_lines


class Omnibox(Input):
    """A line of text that says what was typed and hands arrows and Enter on to a result list.

    Escape empties it, and leaves when it is empty already. Several pasted lines are never lost: `PastedLines` has them.
    """

    DEFAULT_CSS = """
    Omnibox {
        border: none; height: 1; width: 1fr; padding: 0 1; background: $panel;
        &:focus { border: none; background-tint: $foreground 0%; }
        &:ansi { text-style: underline; color: $foreground; background: $background; }
        & > .input--cursor, &:ansi > .input--cursor {
            color: $foreground; background: $background; text-style: reverse;
        }
        &:ansi > .input--selection { color: $foreground; background: $background; text-style: reverse; }
        & > .input--placeholder, &:ansi > .input--placeholder { color: $text-muted; text-style: none; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "", show=False),
        Binding("down", "move(1)", "", show=False),
        Binding("pageup", "move(-10)", "", show=False),
        Binding("pagedown", "move(10)", "", show=False),
        Binding("escape,ctrl+g", "leave", "", show=False),
    ]

    class Said(Message):
        """What all messages of an omnibox share."""

        def __init__(self, omnibox: Omnibox) -> None:
            super().__init__()
            self.omnibox = omnibox

        @property
        def control(self) -> Omnibox:
            """The box it happened in."""
            return self.omnibox

    class Typed(Said):
        """The text changed to `text`."""

        def __init__(self, omnibox: Omnibox, text: str) -> None:
            super().__init__(omnibox)
            self.text = text

    class Entered(Said):
        """Enter was pressed at `text`."""

        def __init__(self, omnibox: Omnibox, text: str) -> None:
            super().__init__(omnibox)
            self.text = text

    class Moved(Said):
        """An arrow (`step` 1 or -1) or a page key (10 or -10) was pressed: for the result list."""

        def __init__(self, omnibox: Omnibox, step: int) -> None:
            super().__init__(omnibox)
            self.step = step

    class Left(Said):
        """Escape was pressed in the empty box."""

    class PastedLines(Said):
        """Several lines were pasted; the first one is in the box, `text` has them all."""

        def __init__(self, omnibox: Omnibox, text: str) -> None:
            super().__init__(omnibox)
            self.text = text

    def __init__(
        self,
        value: str = "",
        *,
        placeholder: str = "",
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """Take a first text and the words shown while there is none."""
        super().__init__(value, placeholder, select_on_focus=False, name=name, id=id, classes=classes)
        self.cursor_blink = False

    def action_move(self, step: int) -> None:
        """Hand an arrow on."""
        self.post_message(self.Moved(self, step))

    def action_leave(self) -> None:
        """Empty the box, or say that it is left."""
        if self.value:
            self.value = ""
        else:
            self.post_message(self.Left(self))

    def _on_input_changed(self, event: Input.Changed) -> None:
        if event.input is self:
            event.stop()
            self.post_message(self.Typed(self, event.value))

    def _on_input_submitted(self, event: Input.Submitted) -> None:
        if event.input is self:
            event.stop()
            self.post_message(self.Entered(self, event.value))

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        lines = pasted_lines(event.text)
        if lines:
            self.replace(lines[0], *self.selection)
        if len(lines) > 1:
            self.post_message(self.PastedLines(self, "\n".join(lines)))
