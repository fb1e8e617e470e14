"""Full-screen lists: what waits, drafts, what was done, the keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from backends.clean import fold
from backends.errors import BackendError
from backends.records import Contact, Customer, Key
from console.actions import BY_ID, Circumstances, Where, why_not
from console.cheatsheet import PLACES, key_rows
from console.data.guides import Guides
from console.desk.desk import Deed
from console.desk.local import CALL, OCCASION, Draft
from console.i18n import _
from console.present import results
from console.present.failures import failure_words
from console.present.labels import plain
from console.screens.base import BaseScreen
from console.screens.draft_names import form_name, whose
from console.screens.guide import ACTION as SCRIPT
from console.screens.guide import resume as resume_script
from console.screens.guide_begin import known_guides
from console.screens.outages import ACTION as OUTAGES
from console.screens.outages import OutagesScreen
from console.screens.picking import sure
from console.screens.plans_people import plan_new_customer
from console.words import AGE_WIDTH, age
from widgets.bottom import KeyHints
from widgets.omnibox import Omnibox
from widgets.rows import RowList
from widgets.views import Cell, Feed, FeedView, HintView, RowsView, RowView, Span, Tone

PAGE = 100


class QueueScreen(BaseScreen):
    """Messages that nobody answered, oldest first (R10); Enter opens the customer at the message."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[tuple[Contact, Customer], ...] = ()
        self._after: str | None = None

    def body_widgets(self) -> ComposeResult:
        """The queue."""
        feed = FeedView(Feed.LOADING, _("one moment"))
        yield RowList(RowsView(title=_("Waiting for an answer"), feed=feed), id="queue")

    def on_mount(self) -> None:
        """Read the first page."""
        super().on_mount()
        self.query_one(RowList).focus()
        self._read(PAGE)

    @work(exclusive=True, group="queue", exit_on_error=False)
    async def _read(self, limit: int) -> None:
        try:
            page = await self.console_app.desk.waiting(limit=limit)
        except BackendError as error:
            feed = FeedView(Feed.FAILED, failure_words(error))
            self.query_one(RowList).show(RowsView(title=_("Waiting for an answer"), feed=feed))
            return
        self._rows, self._after = page.rows, page.after
        self.time_passed()

    @work(exclusive=True, group="queue", exit_on_error=False)
    async def on_row_list_near_end(self) -> None:
        """Read on."""
        if self._after is None:
            return
        try:
            page = await self.console_app.desk.waiting(after=self._after, limit=PAGE)
        except BackendError as error:
            self.console_app.fail(error)
            return
        self._rows, self._after = (*self._rows, *page.rows), page.after
        self.time_passed()

    def time_passed(self) -> None:
        """Word the ages anew."""
        self.query_one(RowList).show(results.waiting(self._rows, self.console_app.now(), self._after is not None))

    async def changed(self, customers: set[Key], *, everything: bool) -> None:
        """Read what is shown again."""
        self._read(max(PAGE, len(self._rows)))

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        """Open the customer at the message."""
        for contact, customer in self._rows:
            if contact.key == event.key:
                self.console_app.open_customer(customer.key, at=f"contact:{contact.key}", back_to=self)


_PRESET = frozenset(
    ("outcome", "channel", "direction", "ticket", "line", "kind", "priority", "holder", "language", "operator", "state")
)
"""Questions whose answers are chosen beforehand: a draft that holds nothing else holds nothing."""


class DraftsScreen(BaseScreen):
    """What was begun and not stored; Enter goes on with it, d throws it away after asking."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("d,x,delete,backspace", "throw_away", "", show=False)]
    hints_of: ClassVar[frozenset[Where]] = frozenset({Where.ANYWHERE, Where.DRAFTS})

    def __init__(self) -> None:
        super().__init__()
        self._drafts: dict[str, Draft] = {}
        self._names: Mapping[Key, str] = {}
        self._guides: Guides | None = None

    def body_widgets(self) -> ComposeResult:
        """The drafts."""
        feed = FeedView(Feed.LOADING, _("one moment"))
        yield RowList(RowsView(title=_("Drafts"), feed=feed), id="drafts")

    def on_mount(self) -> None:
        """Give the drafts the keys."""
        super().on_mount()
        self.query_one(RowList).focus()

    def on_screen_resume(self) -> None:
        """Show the drafts with their customers' names: one that was gone on with may be stored meanwhile."""
        super().on_screen_resume()
        self._read()

    def hints(self) -> list[HintView]:
        """Return this screen's own keys."""
        return [
            HintView("Enter", _("Go on"), "go_on", True, 9),
            HintView("d", _("Throw away"), "throw_away", True, 8),
            HintView("Esc", _("Back"), "back", True, 7),
        ]

    async def on_key_hints_pressed(self, event: KeyHints.Pressed) -> None:
        """A click on a key is as good as the key."""
        event.stop()
        if event.action == "throw_away":
            self.action_throw_away()
        elif event.action == "back":
            self.console_app.act_back()
        else:
            self.query_one(RowList).action_choose()

    @work(exclusive=True, group="drafts", exit_on_error=False)
    async def _read(self) -> None:
        drafts = [one for one in self.console_app.local.drafts() if says_something(one)]
        keys = tuple(dict.fromkeys(one.customer_key for one in drafts if one.customer_key))
        try:
            self._names = {one.key: plain(one.name) for one in await self.console_app.desk.customers(keys)}
        except BackendError as error:
            self.console_app.fail(error)
        self._drafts = {"\n".join(one.name): one for one in drafts}
        if any(one.action == SCRIPT for one in drafts):
            self._guides = known_guides(self.console_app)
        self.time_passed()

    def time_passed(self) -> None:
        """Word the ages anew."""
        now = self.console_app.now()
        rows = tuple(
            RowView(
                name,
                (
                    Cell((Span(age(one.at, now.at), Tone.DIM),), AGE_WIDTH, right=True),
                    Cell((Span(form_name(one, self._guides)),), 28),
                    Cell((Span(whose(one, self._names, self._guides), Tone.STRONG),), 20),
                    Cell((Span(plain(" · ".join(part for part in _texts(one)))),), 0),
                ),
            )
            for name, one in self._drafts.items()
        )
        feed = FeedView() if rows else FeedView(Feed.EMPTY, _("No draft is kept."))
        self.query_one(RowList).show(RowsView(rows, _("Drafts"), str(len(rows)), feed=feed))

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        """Go on with a draft at its customer."""
        one = self._drafts.get(event.key)
        if one is None:
            return
        if one.action == "new_customer":
            plan_new_customer(self.console_app, number=one.subject)
        elif one.action == OUTAGES:
            self.app.push_screen(OutagesScreen(one.subject))
        elif one.action == SCRIPT and not one.customer_key:
            resume_script(self.console_app, one.subject)
        elif one.customer_key:
            self.console_app.open_customer(one.customer_key, action=one.action, subject=one.subject)

    def action_throw_away(self) -> None:
        """Ask before a draft is lost for good."""
        one = self._drafts.get(self.query_one(RowList).cursor_key)
        if one is not None:
            self.app.push_screen(sure(_("Throw this draft away?"), _("Yes, throw it away")), self._thrown)

    def _thrown(self, answer: str | None) -> None:
        one = self._drafts.get(self.query_one(RowList).cursor_key)
        if answer == "yes" and one is not None:
            self.console_app.local.drop(*one.name)
            self._read()


def says_something(draft: Draft) -> bool:
    """Return whether anything was typed or chosen in a draft beyond what stands in every form of its kind."""
    codes = (OCCASION, CALL, *_PRESET)
    return any(text.strip() for code, text in draft.answers.items() if code not in codes)


def _texts(draft: Draft) -> list[str]:
    """Return the typed texts of a draft, longest first: choices tell little."""
    return sorted(
        (text for code, text in draft.answers.items() if " " in text and code != CALL), key=len, reverse=True
    )[:2]


class LogScreen(BaseScreen):
    """What the agent did since the start, newest first; Enter takes one thing back after asking."""

    def body_widgets(self) -> ComposeResult:
        """The deeds."""
        yield RowList(self._view_of((), None), id="deeds")

    def on_mount(self) -> None:
        """Show the deeds."""
        super().on_mount()
        self.query_one(RowList).focus()
        self.time_passed()

    def _view_of(self, deeds: tuple[Deed, ...], now: object) -> RowsView:
        rows = []
        for number, deed in reversed(list(enumerate(deeds))):
            state = Span(_("taken back"), Tone.DIM) if deed.undone else Span("")
            cells = (
                Cell((Span(age(deed.at, self.console_app.desk.clock()), Tone.DIM),), AGE_WIDTH, right=True),
                Cell((Span(_(BY_ID[deed.action].label) if deed.action in BY_ID else deed.action, Tone.STRONG),), 16),
                Cell((Span(plain(deed.about)),), 0),
                Cell((state,), 12),
            )
            rows.append(RowView(str(number), cells, dim=deed.undone))
        feed = FeedView() if rows else FeedView(Feed.EMPTY, _("Nothing was stored yet."))
        return RowsView(tuple(rows), _("Done so far"), _("Enter takes one back"), feed=feed)

    def time_passed(self) -> None:
        """Word the ages anew."""
        self.query_one(RowList).show(self._view_of(tuple(self.console_app.desk.deeds), None))

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        """Ask before taking back."""
        deed = self._deed(event.key)
        if deed is not None and not deed.undone:
            what = f"{_(BY_ID[deed.action].label)} {plain(deed.about)}" if deed.action in BY_ID else plain(deed.about)
            self.app.push_screen(sure(_("Take back: {what}?").format(what=what), _("Yes, take it back")), self._back)

    def _deed(self, key: str) -> Deed | None:
        deeds = self.console_app.desk.deeds
        return deeds[int(key)] if key.isdigit() and int(key) < len(deeds) else None

    async def _back(self, answer: str | None) -> None:
        deed = self._deed(self.query_one(RowList).cursor_key)
        if answer == "yes" and deed is not None:
            await self.console_app.undo(deed)
            self.time_passed()


class HelpScreen(BaseScreen):
    """The keys: those that work now before the others, of these the ones of the screen below; typing filters them."""

    def __init__(self, keys: Mapping[str, tuple[str, ...]], now: Circumstances) -> None:
        super().__init__()
        self._keys = keys
        self._now = now

    def body_widgets(self) -> ComposeResult:
        """A line to filter by, and the table."""
        yield Omnibox(placeholder=_("type to filter; Esc goes back"), id="filter")
        yield RowList(self._view_of(""), id="keys")

    def _view_of(self, typed: str) -> RowsView:
        words = fold(typed).split()
        below = next(one for one in reversed(self.app.screen_stack) if isinstance(one, BaseScreen) and one is not self)
        nearest = below.hints_of - {Where.ANYWHERE}
        rows = []
        for number, row in enumerate(key_rows(self._keys)):
            told = fold(f"{row.keys} {row.label} {row.help} {row.command}")
            if not all(word in told for word in words):
                continue
            reason = why_not(row.action, self._now) if row.action else ""
            cells = (
                Cell((Span(row.keys, Tone.ACCENT),), 14),
                Cell((Span(row.label, Tone.DIM if reason else Tone.STRONG),), 12),
                Cell((Span(reason or row.help, Tone.DIM if reason else Tone.NORMAL),), 0, least=40),
                Cell((Span(_(PLACES[row.where]), Tone.DIM),), 22, drop=2),
            )
            rows.append(((bool(reason), row.where not in nearest), RowView(str(number), cells, dim=bool(reason))))
        rows.sort(key=lambda pair: pair[0])
        feed = FeedView() if rows else FeedView(Feed.EMPTY, _("No key does that."))
        return RowsView(tuple(row for _late, row in rows), _("Keys"), "", feed=feed)

    def on_mount(self) -> None:
        """Give the table the keys; `/` goes to the line."""
        super().on_mount()
        self.query_one(RowList).focus()

    def act_find(self) -> None:
        """Give the line the keys."""
        self.query_one(Omnibox).focus()

    def on_omnibox_typed(self, event: Omnibox.Typed) -> None:
        """Show the keys that fit."""
        self.query_one(RowList).show(self._view_of(event.text))

    def on_omnibox_moved(self, event: Omnibox.Moved) -> None:
        """Arrows move through the table."""
        rows = self.query_one(RowList)
        step = rows.action_cursor_down if event.step > 0 else rows.action_cursor_up
        step()

    def on_omnibox_left(self) -> None:
        """Escape in the empty line goes to the table."""
        self.query_one(RowList).focus()
