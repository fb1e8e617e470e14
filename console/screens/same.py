"""Who is the same person in another source: what the program thinks and why, and what the agent knows better."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import work
from textual.app import ComposeResult

from backends.errors import BackendError
from backends.port import Backend
from backends.records import Customer, Key, LinkKind
from console.desk.acts.linking import say_who
from console.desk.sources import Joining
from console.i18n import _
from console.present.labels import plain
from console.present.same import people
from console.rules.identity import Counterpart
from console.screens.base import BaseScreen
from console.screens.picking import PickScreen
from widgets.omnibox import Omnibox
from widgets.rows import RowList
from widgets.views import ChoiceView, RowsView

if TYPE_CHECKING:
    from console.screens.customer_base import CustomerBase

SAME, OTHER = "same", "other"


class SameScreen(BaseScreen):
    """Those who are shown as one with the open customer, those who might be, and whoever is searched for."""

    def __init__(self, customer: CustomerBase) -> None:
        super().__init__()
        self._customer = customer
        self._people: dict[Key, Counterpart] = {}
        self._asked = ""

    def body_widgets(self) -> ComposeResult:
        """A line to find somebody else, and the list."""
        yield Omnibox(placeholder=_("somebody else: name, number, phone; Esc goes to the list"), id="whom")
        yield RowList(RowsView(title=_("The same person elsewhere")), id="people")

    def on_mount(self) -> None:
        """Show those who may be meant."""
        super().on_mount()
        self._show_proposed()
        self.query_one(RowList).focus()

    @property
    def _backend(self) -> Joining:
        backend = self.console_app.desk.backend
        assert isinstance(backend, Joining)
        return backend

    def _show_proposed(self) -> None:
        self._show(self._backend.counterparts(self._customer.key))

    def _show(self, found: tuple[Counterpart, ...]) -> None:
        self._people = {one.customer.key: one for one in found}
        self.query_one(RowList).show(people(found, self.console_app.now(), searched=bool(self._asked)))

    def act_find(self) -> None:
        """Give the line the keys."""
        self.query_one(Omnibox).focus()

    def on_omnibox_left(self) -> None:
        """Escape in the empty line goes to the list."""
        self.query_one(RowList).focus()

    def on_omnibox_moved(self, event: Omnibox.Moved) -> None:
        """Arrows move through the list."""
        rows = self.query_one(RowList)
        step = rows.action_cursor_down if event.step > 0 else rows.action_cursor_up
        step()

    def on_omnibox_entered(self, event: Omnibox.Entered) -> None:
        """Ask what the one under the cursor is."""
        self.query_one(RowList).action_choose()

    def on_omnibox_typed(self, event: Omnibox.Typed) -> None:
        """Look for somebody in the other sources."""
        self._asked = event.text.strip()
        if self._asked:
            self._search(self._asked)
        else:
            self._show_proposed()

    @work(exclusive=True, group="search", exit_on_error=False)
    async def _search(self, text: str) -> None:
        own = self._backend.end_of(self._customer.key).source
        async for matches in self.console_app.desk.finding(text, rest=0.25):
            others: list[Customer] = [match.customer for match in matches]
            ends = [(one, self._backend.end_of(one.key)) for one in others]
            self._show(tuple(Counterpart(end.source, end, one, (), False) for one, end in ends if end.source != own))

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        """Ask which it is."""
        one = self._people.get(event.key)
        if one is None:
            return
        name = f"{plain(one.customer.name)} · {plain(one.source)}"
        choices = [
            ChoiceView(SAME, _("The same person: show them as one"), "s"),
            ChoiceView(OTHER, _("Not the same: keep them apart"), "n"),
        ]
        self.app.push_screen(PickScreen(name, choices), self._said)

    def _said(self, code: str | None) -> None:
        one = self._people.get(self.query_one(RowList).cursor_key)
        if code is not None and one is not None:
            self._store(one, LinkKind.SAME_CUSTOMER if code == SAME else LinkKind.NOT_SAME)

    @work(exclusive=True, group="act", exit_on_error=False)
    async def _store(self, one: Counterpart, kind: LinkKind) -> None:
        desk = self.console_app.desk
        backend: Backend = desk.backend
        end = self._backend.end_of(self._customer.key)
        try:
            known = await backend.links(frozenset({end, one.end}))
            evidence = [str(code) for code in one.evidence] or [f"looked for: {self._asked}"]
            batch = say_who(end, one.end, kind, evidence, actor=desk.agent.login, now=desk.clock(), known=known)
            await desk.do(batch, "same", customer_key=self._customer.key, about=plain(one.customer.name))
        except BackendError as error:
            self.console_app.fail(error)
            return
        self.console_app.act_back()
        done = _("Shown as one from now on.") if kind is LinkKind.SAME_CUSTOMER else _("Kept apart from now on.")
        self.console_app.tell_done(done)
        self.console_app.act_reload()
