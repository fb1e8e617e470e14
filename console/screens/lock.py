"""The screen that hides customers while nobody types."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from console.i18n import _
from widgets.rows import RowList
from widgets.views import Feed, FeedView, RowsView

if TYPE_CHECKING:
    from console.app import Cordboard


class LockScreen(ModalScreen[None]):
    """Covers everything until Enter; what is below goes on living."""

    AUTO_FOCUS = ""  # a list with the focus would keep Enter to itself
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,escape,space", "unlock", "", show=False)]
    DEFAULT_CSS = """
    LockScreen { background: $background; }
    """

    def compose(self) -> ComposeResult:
        """Calm words."""
        yield RowList(RowsView(title=_("Hidden"), feed=FeedView(Feed.EMPTY, _("Press Enter to go on where you were."))))

    def on_mount(self) -> None:
        """Nobody is there any more."""
        cast("Cordboard", self.app).presence.hide()

    def on_unmount(self) -> None:
        """Somebody is there again."""
        cast("Cordboard", self.app).presence.show()

    def action_unlock(self) -> None:
        """Show everything again."""
        self.dismiss(None)
