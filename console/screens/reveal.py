"""The question before something is shown that a role hides: what, and why (R41). No draft is kept of it."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.screen import ModalScreen

from backends.clean import line
from backends.records import Area
from console.desk.revealing import OPEN_FOR
from console.i18n import _
from console.present import forms_dispute
from console.screens.base import fit
from console.terminal.compositing import compose_sparingly
from widgets.form import Form

Wanted = tuple[frozenset[Area], str]
"""What is to be shown, and why."""


class RevealScreen(ModalScreen[Wanted | None]):
    """Dismisses with what is wanted and the reason, None when it was left."""

    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    RevealScreen { align: center bottom; background: transparent; }
    RevealScreen #sheet { width: 1fr; height: auto; max-height: 12; }
    """

    def __init__(self, areas: Sequence[Area]) -> None:
        super().__init__()
        compose_sparingly(self)
        self._areas = tuple(areas)

    def compose(self) -> ComposeResult:
        """The form."""
        fit(self)
        yield Form(forms_dispute.reveal(self._areas, int(OPEN_FOR.total_seconds() // 60)), id="sheet", take_focus=False)

    def on_mount(self) -> None:
        """Go to the reason."""
        self.query_one(Form).focus_field("reason")

    def on_form_changed(self, event: Form.Changed) -> None:
        """Keep nothing."""
        event.stop()

    def on_form_leave(self, event: Form.Leave) -> None:
        """Go without having seen anything."""
        event.stop()
        self.dismiss(None)

    def on_form_save(self, event: Form.Save) -> None:
        """Take the answer, when there is a reason."""
        event.stop()
        reason = line(event.values.get("reason", "")).strip()
        if not reason:
            self.query_one(Form).set_problems({"reason": _("Please say why; it is kept with your name.")})
            return
        chosen = event.values.get("area", forms_dispute.EVERY_AREA)
        areas = frozenset(one for one in self._areas if chosen in (one, forms_dispute.EVERY_AREA))
        self.dismiss((areas, reason))
