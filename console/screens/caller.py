"""Who may be calling: the customers with the caller's number, each a digit away; or nobody yet."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from backends.errors import BackendError
from backends.records import Key
from console.actions import Where
from console.calls.call import Call
from console.i18n import _
from console.present import calls as words
from console.present.failures import failure_words
from console.rules.callers import Candidate, sure_one
from console.screens.base import BaseScreen
from widgets.bottom import KeyHints
from widgets.rows import RowList
from widgets.views import HintView, RowsView


class CallerScreen(BaseScreen):
    """Shows the candidates for a call; a digit or Enter opens one of them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(str(digit), f"choose({digit})", "", show=False) for digit in range(1, 10)
    ]
    hints_of: ClassVar[frozenset[Where]] = frozenset({Where.ANYWHERE})

    def __init__(self, call_id: str, finding: asyncio.Future[tuple[Candidate, ...]]) -> None:
        super().__init__()
        self._call_id = call_id
        self._finding = finding
        self._found: tuple[Candidate, ...] = ()
        self._trouble = ""

    def _call(self) -> Call | None:
        return self.console_app.phone.book.get(self._call_id)

    def body_widgets(self) -> ComposeResult:
        """The candidates."""
        yield RowList(RowsView(), id="candidates")

    def on_mount(self) -> None:
        """Show who was found, or that they are looked for."""
        super().on_mount()
        self.query_one(RowList).focus()
        self.time_passed()
        self._find()

    @work(exclusive=True, group="caller", exit_on_error=False)
    async def _find(self) -> None:
        late = not self._finding.done()
        try:
            self._found = await asyncio.shield(self._finding)
        except BackendError as error:
            self._trouble = failure_words(error)
        self.time_passed()
        call, sure = self._call(), sure_one(self._found)
        if late and sure is not None and call is not None and self.app.screen is self:
            self.console_app.phone.choose(call, sure.customer.key)

    def on_unmount(self) -> None:
        """Look no further."""
        super().on_unmount()
        if not self._finding.done():
            self._finding.cancel()
        with suppress(asyncio.CancelledError, asyncio.InvalidStateError):
            self._finding.exception()

    def time_passed(self) -> None:
        """Word the ages anew."""
        call = self._call()
        if call is not None:
            asking = not self._finding.done()
            now = self.console_app.now()
            view = words.candidates(self._found, call, now, asking=asking, trouble=self._trouble)
            self.query_one(RowList).show(view)

    def action_choose(self, digit: int) -> None:
        """Open the candidate with that digit."""
        if digit <= len(self._found):
            self._open(self._found[digit - 1].customer.key)

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        """Open the candidate under the cursor."""
        event.stop()
        self._open(event.key)

    def _open(self, key: Key) -> None:
        call = self._call()
        if call is not None and key:
            self.console_app.phone.choose(call, key)

    def act_new_customer(self) -> None:
        """Take in who rings, with what is known of them."""
        from console.screens.plans_people import plan_new_customer

        plan_new_customer(self.console_app, self._call())

    def hints(self) -> Iterable[HintView]:
        """Return this screen's keys, first those that say who it is."""
        if self._found:
            yield HintView("1–9", _("Open"), "open", True, 120)
        yield HintView("N", _("New customer"), "new_customer", True, 110)
        yield HintView("/", _("Find"), "find", True, 105)
        yield HintView("Esc", _("Back"), "back", True, 90)

    async def on_key_hints_pressed(self, event: KeyHints.Pressed) -> None:
        """A click on a key is as good as the key."""
        if event.action == "open":
            event.stop()
            self.query_one(RowList).action_choose()
        else:
            await super().on_key_hints_pressed(event)
