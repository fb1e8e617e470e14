"""Who is the same person, in another source or under another number: what the program thinks, what the agent knows.

What two sources hold of a person is shown as one, by a link. Two numbers of one store become one: everything moves.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from backends.errors import BackendError
from backends.port import Backend
from backends.records import Customer, Key, LinkKind
from console.desk.acts.linking import say_who
from console.desk.acts.merging import merge
from console.desk.acts.scene import Unfit
from console.desk.persons import alike, belongings, can_move, end_of, in_own_store, store_of
from console.desk.sources import Joining
from console.i18n import _
from console.present.failures import failure_words, unfit_words
from console.present.labels import plain
from console.present.same import people
from console.rules.identity import Counterpart, compare
from console.rules.roles import hidden_from
from console.screens.base import BaseScreen
from console.screens.picking import PickScreen
from widgets.bottom import KeyHints
from widgets.omnibox import Omnibox
from widgets.rows import RowList
from widgets.views import ChoiceView, Feed, FeedView, HintView, RowsView, Tone

if TYPE_CHECKING:
    from console.screens.customer_base import CustomerBase

SAME, OTHER = "same", "other"


class SameScreen(BaseScreen):
    """Those who are shown as one with the open customer, those who might be, and whoever is searched for."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", f"say_it('{SAME}')", "", show=False),
        Binding("n", f"say_it('{OTHER}')", "", show=False),
    ]

    def __init__(self, customer: CustomerBase) -> None:
        super().__init__()
        self._customer = customer
        self._people: dict[Key, Counterpart] = {}
        self._asked = ""

    def body_widgets(self) -> ComposeResult:
        """A line to find somebody else, and the list."""
        yield Omnibox(placeholder=_("somebody else: name, number, phone; arrows choose"), id="whom")
        yield RowList(RowsView(title=_("The same person"), feed=FeedView(Feed.LOADING, _("one moment"))), id="people")

    def on_mount(self) -> None:
        """Show those who may be meant."""
        super().on_mount()
        self._show_proposed()
        self.query_one(RowList).focus()

    @property
    def _backend(self) -> Backend:
        return self.console_app.desk.backend

    @work(exclusive=True, group="search", exit_on_error=False)
    async def _show_proposed(self) -> None:
        backend = self._backend
        elsewhere = backend.counterparts(self._customer.key) if isinstance(backend, Joining) else ()
        self._show(elsewhere)
        try:
            here = await alike(backend, self._open) if self._open is not None else ()
        except BackendError as error:
            self.say(failure_words(error), Tone.BAD)
            return
        if not self._asked:
            self._show((*elsewhere, *here))

    @property
    def _open(self) -> Customer | None:
        return self._customer.picture.file.customer if self._customer.picture is not None else None

    def _show(self, found: tuple[Counterpart, ...]) -> None:
        self._people = {one.customer.key: one for one in found}
        self.query_one(RowList).show(people(found, self.console_app.now(), searched=bool(self._asked)))

    def act_find(self) -> None:
        """Give the line the keys."""
        self.query_one(Omnibox).focus()

    def number_typed(self, character: str) -> bool:
        """A number typed over the list is looked for here: it is the natural way to name another record."""
        line = self.query_one(Omnibox)
        line.focus()
        line.insert_text_at_cursor(character)
        return True

    # the keys -------------------------------------------------------------------------------------------------

    def hints(self) -> Sequence[HintView]:
        """Return this sheet's own keys: those of the line, or those of the list."""
        if self.writing():
            leave = _("Empty the line") if self._asked else _("To the list")
            return (
                HintView("Enter", _("Say who it is"), "choose", True, 9),
                HintView("Tab", _("To the list"), "list", True, 8),
                HintView("Esc", leave, "leave", True, 7),
            )
        return (
            HintView("s", _("The same"), SAME, True, 9),
            HintView("n", _("Not the same"), OTHER, True, 8),
            HintView("Enter", _("Say who it is"), "choose", True, 7),
            HintView("/", _("Find"), "find", True, 6),
            HintView("Esc", _("Back"), "back", True, 5),
        )

    def on_descendant_focus(self) -> None:
        """Line and list have keys of their own."""
        self._tell_keys()

    def _tell_keys(self) -> None:
        if self.is_mounted:
            self.query_one("#hints", KeyHints).show(tuple(self.hints()))

    async def on_key_hints_pressed(self, event: KeyHints.Pressed) -> None:
        """A click on a key is as good as the key."""
        event.stop()
        if event.action in (SAME, OTHER):
            self.action_say_it(event.action)
        elif event.action == "choose":
            self.query_one(RowList).action_choose()
        elif event.action == "list":
            self.query_one(RowList).focus()
        elif event.action == "leave":
            self.query_one(Omnibox).action_leave()
        elif event.action == "find":
            self.act_find()
        else:
            self.console_app.act_back()

    def action_say_it(self, code: str) -> None:
        """Say of the one under the cursor that they are the same person, or are not."""
        one = self._people.get(self.query_one(RowList).cursor_key)
        if one is None:
            self.say(_("Nobody is chosen. / looks for somebody, by name, number or telephone."), Tone.WARN)
        else:
            self._said(one, code)

    # looking --------------------------------------------------------------------------------------------------

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
        """Look for somebody in the other sources, and under other numbers."""
        self._asked = event.text.strip()
        self._tell_keys()
        if self._asked:
            self._search(self._asked)
        else:
            self._show_proposed()

    @work(exclusive=True, group="search", exit_on_error=False)
    async def _search(self, text: str) -> None:
        customer = self._open
        if customer is None:
            return
        async for matches in self.console_app.desk.finding(text, rest=0.25):
            self._show(tuple(self._judged(customer, match.customer) for match in matches if self._fits(match.customer)))

    def _judged(self, customer: Customer, other: Customer) -> Counterpart:
        end = end_of(self._backend, other.key)
        return Counterpart(end.source, end, other, compare(customer, other).evidence, False)

    def _fits(self, other: Customer) -> bool:
        """Return whether somebody found can be the same: in another source, or under another number in our store."""
        own, theirs = end_of(self._backend, self._customer.key), end_of(self._backend, other.key)
        if own.source != theirs.source:
            return True
        return own != theirs and self._can_move(other.key)

    def _can_move(self, key: Key) -> bool:
        """Return whether both the open customer and that one are ours to move."""
        backend = self._backend
        return can_move(backend) and in_own_store(backend, self._customer.key) and in_own_store(backend, key)

    def _moves(self, one: Counterpart) -> bool:
        """Return whether being the same person means moving records, and not showing two sources as one."""
        return one.end.source == end_of(self._backend, self._customer.key).source

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        """Ask which it is."""
        one = self._people.get(event.key)
        if one is None:
            return
        number = plain(one.customer.number)
        same = _("The same person: show them as one")
        if self._moves(one):
            same = _("Same person: move all of it here")
        name = f"{plain(one.customer.name)} · {number if self._moves(one) else plain(one.source)}"
        choices = [
            ChoiceView(SAME, same, "s"),
            ChoiceView(OTHER, _("Not the same: keep them apart"), "n"),
        ]

        def said(code: str | None) -> None:
            if code is not None:
                self._said(one, code)  # the one who was asked about: the list may have changed meanwhile

        self.app.push_screen(PickScreen(name, choices), said)

    def _said(self, one: Counterpart, code: str) -> None:
        if code == SAME and self._moves(one):
            self._merge(one)
        else:
            self._store(one, LinkKind.SAME_CUSTOMER if code == SAME else LinkKind.NOT_SAME)

    def _evidence(self, one: Counterpart) -> list[str]:
        return [str(code) for code in one.evidence] or [f"looked for: {self._asked}"]

    @work(exclusive=True, group="act", exit_on_error=False)
    async def _store(self, one: Counterpart, kind: LinkKind) -> None:
        desk = self.console_app.desk
        backend = self._backend
        end = end_of(backend, self._customer.key)
        try:
            known = await backend.links(frozenset({end, one.end}))
            batch = say_who(
                end, one.end, kind, self._evidence(one), actor=desk.agent.login, now=desk.clock(), known=known
            )
            await desk.do(batch, "same", customer_key=self._customer.key, about=plain(one.customer.name))
        except BackendError as error:
            self.console_app.fail(error)
            return
        done = _("Shown as one from now on.") if kind is LinkKind.SAME_CUSTOMER else _("Kept apart from now on.")
        self._leave(done)

    def _hidden(self) -> bool:
        """Return whether records of this operator are hidden from the agent: what is not seen would stay behind."""
        desk = self.console_app.desk
        picture = self._customer.picture
        code = picture.file.operator.code if picture is not None else ""
        return bool(hidden_from(desk.agent.roles, desk.rules.roles) or desk.rules.answering_for(code).hides)

    @work(exclusive=True, group="act", exit_on_error=False)
    async def _merge(self, one: Counterpart) -> None:
        """Move everything of another number of our own store to the open customer, whom it leads to then."""
        desk, backend, person = self.console_app.desk, self._backend, self._open
        if person is None:
            return
        if self._hidden():
            self.say(_("Your role does not see all of it, so it cannot be moved. A supervisor can."), Tone.WARN)
            return
        own = end_of(backend, person.key)
        try:
            theirs = await belongings(backend, one.customer.key)
            found = await store_of(backend).customers((person.key, one.customer.key))
            now = {customer.key: customer for customer in found}
            batch = merge(
                now.get(person.key, person),
                now.get(one.customer.key, one.customer),
                theirs,
                store=own.source,
                evidence=self._evidence(one),
                actor=desk.agent.login,
                now=desk.clock(),
                known=await backend.links(frozenset({own, one.end})),
            )
            await desk.do(batch, "same", customer_key=person.key, about=plain(one.customer.number))
        except Unfit as error:
            self.say(unfit_words(error.code), Tone.WARN)
            return
        except BackendError as error:
            self.console_app.fail(error)
            return
        words = _("{number} is this customer from now on.").format(number=plain(one.customer.number))
        self._leave(words)

    def _leave(self, words: str) -> None:
        self.console_app.act_back()
        self.console_app.tell_done(words)
        self.console_app.act_reload()
