"""The calls of today: who is on the line, who waits, who was missed and should be rung back (R17)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from backends.errors import BackendError
from backends.records import Key
from console.calls.call import Call
from console.i18n import _
from console.present import calls as words
from console.present.labels import plain
from console.screens.base import BaseScreen
from console.screens.picking import PickScreen
from widgets.bottom import KeyHints
from widgets.rows import RowList
from widgets.views import ChoiceView, Feed, FeedView, HintView, RowsView, Tone


class CallsScreen(BaseScreen):
    """Enter goes to a call, `b` promises to ring back, `o` says whom they rang where the number dialled does not.

    `x` says that one is over of whose end nobody tells.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "call_back", "", show=False),
        Binding("x,d,delete", "over", "", show=False),
        Binding("o", "operator", "", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._names: Mapping[Key, str] = {}

    def body_widgets(self) -> ComposeResult:
        """The calls."""
        feed = FeedView(Feed.LOADING, _("one moment"))
        yield RowList(RowsView(title=_("Calls of today"), feed=feed), id="calls")

    def on_mount(self) -> None:
        """Give the list the keys."""
        super().on_mount()
        self.query_one(RowList).focus()

    def on_screen_resume(self) -> None:
        """Show the calls as they are now."""
        super().on_screen_resume()
        self._read()

    @work(exclusive=True, group="calls", exit_on_error=False)
    async def _read(self) -> None:
        keys = tuple(dict.fromkeys(one.customer_key for one in self.console_app.phone.book.calls if one.customer_key))
        try:
            self._names = {one.key: plain(one.name) for one in await self.console_app.desk.customers(keys)}
        except BackendError as error:
            self.console_app.fail(error)
        self.time_passed()

    def show_calls(self) -> None:
        """Show what changed about calls."""
        super().show_calls()
        if self.is_mounted:
            self._read()

    def time_passed(self) -> None:
        """Word the ages anew."""
        phone = self.console_app.phone
        current = phone.call
        view = words.calls_list(phone.book.calls, self._names, current.id if current else "", self.console_app.now())
        self.query_one(RowList).show(view)

    def _chosen(self) -> Call | None:
        return self.console_app.phone.book.get(self.query_one(RowList).cursor_key)

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        """Go to the call, or to who it was."""
        event.stop()
        call = self.console_app.phone.book.get(event.key)
        if call is not None:
            self._go_to(call)

    def _go_to(self, call: Call, action: str = "") -> None:
        phone = self.console_app.phone
        if call.live and not action:
            phone.go_to(call)
        elif call.customer_key:
            self.console_app.open_customer(call.customer_key, action=action)
        elif call.dialable:
            self.console_app.go_home()
            self.console_app.home.type_in(call.number)
        else:
            self.say(_("This caller showed no number."), Tone.WARN)

    def action_call_back(self) -> None:
        """Promise to ring back, at the customer; somebody unknown is looked for first."""
        call = self._chosen()
        if call is not None:
            self._go_to(call, "call_back")

    def action_over(self) -> None:
        """Say that a call is over of whose end nobody tells."""
        call = self._chosen()
        if call is not None and call.live:
            self.console_app.phone.end(call.id)

    def action_operator(self) -> None:
        """Choose the operator that the caller rang (R22)."""
        call = self._chosen()
        desk = self.console_app.desk
        served = [one for one in desk.operators.values() if not desk.operator_keys or one.key in desk.operator_keys]
        if call is None or not served:
            return
        choices = tuple(
            ChoiceView(one.key, plain(one.name, 40), str(number) if number < 10 else "")
            for number, one in enumerate(served, start=1)
        )

        def chosen(key: str | None) -> None:
            self.console_app.phone.rang_for(call.id, key or "")

        self.app.push_screen(PickScreen(_("Whom did they ring?"), choices), chosen)

    def hints(self) -> list[HintView]:
        """Return this screen's own keys."""
        return [
            HintView("Enter", _("Go there"), "go", True, 9),
            HintView("b", _("Call back"), "call_back", True, 8),
            HintView("o", _("Operator"), "operator", True, 7),
            HintView("x", _("Is over"), "over", True, 6),
            HintView("Esc", _("Back"), "back", True, 5),
        ]

    async def on_key_hints_pressed(self, event: KeyHints.Pressed) -> None:
        """A click on a key is as good as the key."""
        event.stop()
        match event.action:
            case "call_back":
                self.action_call_back()
            case "over":
                self.action_over()
            case "operator":
                self.action_operator()
            case "back":
                self.console_app.act_back()
            case _:
                self.query_one(RowList).action_choose()
