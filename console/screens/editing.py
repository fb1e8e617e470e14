"""Words that are looked over before they are used: a form that stores nothing by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen

from console.i18n import _
from console.screens.base import fit
from console.screens.workers import WatchesWorkers
from console.terminal.compositing import compose_sparingly
from widgets.form import Form
from widgets.views import FormView

if TYPE_CHECKING:
    from console.app import Cordboard


class EditScreen(WatchesWorkers, ModalScreen[Mapping[str, str] | None]):
    """Dismisses with the answers, or with None when it was left. Who opens it keeps them, as a draft or otherwise."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = []
    DEFAULT_CSS = """
    EditScreen { align: center bottom; background: transparent; }
    EditScreen #sheet { width: 1fr; height: auto; max-height: 18; }
    EditScreen.-tall #sheet { max-height: 22; }
    EditScreen.-high #sheet { max-height: 30; }
    """

    def __init__(self, view: FormView, focus: str = "") -> None:
        super().__init__()
        compose_sparingly(self)
        self._view = replace(view, cancel_words=_("Back, change nothing"))
        self._first = focus

    @property
    def console_app(self) -> Cordboard:
        """The application, with its own type."""
        return cast("Cordboard", self.app)

    def compose(self) -> ComposeResult:
        """The form."""
        fit(self)
        yield Form(self._view, id="sheet", take_focus=not self._first)

    def on_mount(self) -> None:
        """Go to the first text."""
        if self._first:
            self.query_one(Form).focus_field(self._first)

    def on_form_save(self, event: Form.Save) -> None:
        """Take the answers."""
        event.stop()
        self.dismiss(event.values)

    def on_form_leave(self, event: Form.Leave) -> None:
        """Leave everything as it was."""
        event.stop()
        self.dismiss(None)
