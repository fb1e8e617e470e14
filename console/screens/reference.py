"""A reference, large: to read out, spelled in the customer's language, copied to the agent's terminal (R34)."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from console.i18n import _
from console.words import spell
from widgets.reference import BigReference
from widgets.views import ReferenceView


class ReferenceScreen(ModalScreen[None]):
    """Shows a reference until any of the keys that go back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+g,q,enter,space", "leave", "", show=False),
        Binding("y", "copy", "", show=False),
    ]
    DEFAULT_CSS = """
    ReferenceScreen { align: center bottom; background: transparent; }
    ReferenceScreen > Vertical { height: auto; padding: 1 2; background: $surface; }
    """

    def __init__(self, reference: str, language: str) -> None:
        super().__init__()
        self._reference = reference
        self._language = language

    def compose(self) -> ComposeResult:
        """The reference, how it is spelled, and where it was copied to."""
        with Vertical():
            yield BigReference(
                ReferenceView(
                    self._reference,
                    _("Please note this number"),
                    tuple(spell(self._reference, self._language)),
                    _("Sent to your terminal's clipboard. Enter goes back."),
                )
            )

    def on_mount(self) -> None:
        """Copy at once: one key for all of it."""
        self.action_copy()

    def action_copy(self) -> None:
        """Send the reference to the terminal's clipboard (OSC 52); no terminal ever answers to that."""
        self.app.copy_to_clipboard(self._reference)

    def action_leave(self) -> None:
        """Go back."""
        self.dismiss(None)
