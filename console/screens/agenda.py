"""The list of what to do now, most urgent first (R10, R17, R22, R24); Enter opens the customer at the point."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import ClassVar, TypeVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.timer import Timer

from backends.errors import BackendError
from backends.records import Key
from console.actions import Where
from console.desk.agenda import Watch
from console.i18n import _
from console.present import agenda
from console.present.failures import cause_words, failure_words
from console.present.sources import trouble_words
from console.rules.agenda import EVERYTHING, AgendaFilter, Item, ItemKind
from console.screens.agenda_doing import DoesItems, point_of
from console.words import moment
from widgets.bottom import KeyHints, StatusLine, TextLine
from widgets.rows import RowList
from widgets.views import Feed, FeedView, HintView, RowsView, StatusView, Tone

WINDOW = 300
"""Rows that are worded at first, and again each time the end comes near: nobody reads ten thousand."""
C = TypeVar("C", bound=Hashable)


class AgendaScreen(DoesItems):
    """Everything that is to be done, filtered by one key each; what is done leaves the list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "done", "", show=False),
        Binding("space", "mark", "", show=False),
        Binding("m", "mine", "", show=False),
        Binding("v", "kind", "", show=False),
        Binding("p", "operator", "", show=False),
        Binding("l", "language", "", show=False),
        Binding("s", "skill", "", show=False),
        Binding("backspace", "everything", "", show=False),
    ]
    hints_of: ClassVar[frozenset[Where]] = frozenset({Where.ANYWHERE})

    DEFAULT_CSS = """
    AgendaScreen #missing { height: 1; display: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._window = WINDOW
        self._marked: set[str] = set()
        self._timer: Timer | None = None
        self._opened = False
        self._shown: tuple[Item, ...] = ()

    @property
    def to_do(self) -> Watch:
        """What is known of the list; the filter lives in it for the whole session."""
        return self.console_app.home.to_do

    def body_widgets(self) -> ComposeResult:
        """The list, and what is missing in it."""
        feed = FeedView(Feed.LOADING, _("one moment"))
        yield RowList(RowsView(title=_("To do now"), feed=feed), id="agenda")
        yield TextLine(id="detail")
        yield StatusLine(StatusView(), id="missing")

    def on_mount(self) -> None:
        """Show what is known already, then read all of it."""
        super().on_mount()
        rows = self.query_one(RowList)
        rows.focus()
        if self.to_do.agenda is not None:
            self._show_rows()
            any(rows.go_to(name) for name in self.to_do.place)
        self.read_again()

    def on_screen_resume(self) -> None:
        """Back from a customer: what was done there leaves the list, and the cursor is on the next row."""
        if self._opened:
            self._opened = False
            self.read_again()

    def hints(self) -> list[HintView]:
        """Return this screen's own keys."""
        any_rows = bool(self._shown)
        own = [
            HintView(key.capitalize() if len(key) > 1 else key, label, action, any_rows or action != "done", 20 - place)
            for place, (key, action, label) in enumerate(own_keys())
        ]
        enter = HintView("Enter", _("Open"), "open", any_rows, 30)
        return [enter, *own, HintView("Esc", _("Back"), "back", True, 10)]

    async def on_key_hints_pressed(self, event: KeyHints.Pressed) -> None:
        """A click on a key is as good as the key."""
        event.stop()
        if event.action == "open":
            self.query_one(RowList).action_choose()
        elif event.action == "back":
            self.console_app.act_back()
        else:
            getattr(self, f"action_{event.action}")()

    # reading --------------------------------------------------------------------------------------------------

    def read_again(self) -> None:
        """Read the whole list; its beginning is shown as soon as it is there."""
        self._read()

    @work(exclusive=True, group="agenda", exit_on_error=False)
    async def _read(self) -> None:
        await self.to_do.read(told=self.time_passed)

    async def changed(self, customers: set[Key], *, everything: bool) -> None:
        """Read again, but not more often than the list can be read."""
        if self._timer is None:
            self._timer = self.set_timer(self.to_do.rest, self._changed)

    def _changed(self) -> None:
        self._timer = None
        self.read_again()

    def outages_changed(self) -> None:
        """What is promised for the end of an outage may be owed now."""
        if self._timer is None:
            self._timer = self.set_timer(self.to_do.rest, self._changed)

    def source_lost(self, error: BackendError) -> None:
        """Say that what is shown grows old."""
        self.to_do.lost(error)
        self.time_passed()

    # showing --------------------------------------------------------------------------------------------------

    def time_passed(self) -> None:
        """Word the list anew: ages, time left, filters, how it stands."""
        if self.is_mounted:
            self._show_rows()

    def _show_rows(self) -> None:
        watch, now = self.to_do, self.console_app.now()
        self._shown = watch.shown()
        self._marked.intersection_update(one.name for one in self._shown)
        known = watch.agenda
        view = agenda.rows(
            self._shown,
            now,
            watch.only,
            total=len(watch.concerning()),
            window=self._window,
            more=known is not None and (known.cut or not known.whole),
            marked=frozenset(self._marked),
            feed=self._feed(bool(self._shown)),
        )
        self.query_one(RowList).show(view)
        self._tell_missing()
        self._tell_detail()
        self._hinted_for = None  # whether there is anything to open or to settle is no circumstance of the console
        self.update_hints()

    def _feed(self, any_rows: bool) -> FeedView | None:
        watch, app = self.to_do, self.console_app
        known = watch.agenda
        if watch.error is not None:
            if known is None:
                return FeedView(Feed.FAILED, failure_words(watch.error) + " " + _("Ctrl+R tries again."))
            now = app.now()
            when = moment(known.at, now.at, now.zone, short=True)
            return FeedView(Feed.STALE, _("as of {when}: {why}").format(when=when, why=cause_words(watch.error)))
        if known is None:
            return FeedView(Feed.LOADING, _("one moment"))
        sources = app.desk.sources()
        if len(sources) > 1 and (words := trouble_words(sources, app.now())):
            return FeedView(Feed.STALE if any_rows else Feed.FAILED, words)
        if not any_rows and (known.failed or known.gaps) and watch.only == EVERYTHING:
            return FeedView(Feed.FAILED, self._missing_words())
        return None

    def _missing_words(self) -> str:
        known = self.to_do.agenda
        if known is None:
            return ""
        gaps = {str(one.part): one.sources for one in known.gaps}
        return agenda.missing_words(gaps, {str(part): cause_words(error) for part, error in known.failed.items()})

    def _tell_missing(self) -> None:
        words = self._missing_words()
        if not words and self.console_app.home.renewals_problem is not None:
            words = str(self.console_app.home.renewals_problem)
        line = self.query_one("#missing", StatusLine)
        line.display = bool(words)
        line.show(StatusView(words, Tone.WARN))

    def _tell_detail(self) -> None:
        self.query_one("#detail", TextLine).show(agenda.detail(self.chosen(), self.console_app.now()))

    def on_row_list_near_end(self) -> None:
        """Word further rows."""
        self._window += WINDOW
        self.time_passed()

    # filters --------------------------------------------------------------------------------------------------

    def _only(self, only: AgendaFilter) -> None:
        self.to_do.only = only
        self._window = WINDOW
        self.time_passed()
        self.query_one(RowList).action_first()

    def act_agenda(self) -> None:
        """The key that opens the list goes to its top."""
        self.query_one(RowList).action_first()

    def action_mine(self) -> None:
        """Show only what is the agent's own, or everybody's."""
        self._only(replace(self.to_do.only, mine=not self.to_do.only.mine))

    def _others(self, **wider: frozenset[str]) -> tuple[Item, ...]:
        """Return what would be shown if one part of the filter let everything through: what it can be narrowed to."""
        only: AgendaFilter = replace(self.to_do.only, **wider)  # type: ignore[arg-type]
        agent = self.console_app.desk.agent
        return tuple(one for one in self.to_do.concerning() if only.passes(one, agent))

    def action_kind(self) -> None:
        """Show one kind only; again: the next one."""
        found = {one.kind for one in self._others(kinds=frozenset())}
        sets = [frozenset({kind}) for kind in ItemKind if kind in found]
        self._only(replace(self.to_do.only, kinds=following(self.to_do.only.kinds, sets)))

    def action_operator(self) -> None:
        """Show one operator only; again: the next one."""
        now = self.console_app.now()
        found = {one.operator_key for one in self._others(operator_keys=frozenset())}
        sets = [frozenset({key}) for key in sorted(found, key=lambda key: (now.operator_name(key), key))]
        self._only(replace(self.to_do.only, operator_keys=following(self.to_do.only.operator_keys, sets)))

    def action_language(self) -> None:
        """Show one language only: first those that the agent speaks; again: the next one."""
        found = {one.customer.language for one in self._others(languages=frozenset())}
        sets = _own_first(frozenset(self.console_app.desk.agent.languages) & found, found)
        self._only(replace(self.to_do.only, languages=following(self.to_do.only.languages, sets)))

    def action_skill(self) -> None:
        """Show one skill only: first those of the agent; again: the next one."""
        found = {code for one in self._others(skills=frozenset()) for code in one.skills}
        sets = _own_first(frozenset(self.console_app.desk.agent.skills) & found, found)
        self._only(replace(self.to_do.only, skills=following(self.to_do.only.skills, sets)))

    def action_everything(self) -> None:
        """Show everything again."""
        self._only(EVERYTHING)

    # doing ----------------------------------------------------------------------------------------------------

    def chosen(self) -> Item | None:
        """Return what the cursor stands on."""
        rows = self.query_one(RowList)
        at = rows.cursor
        return self._shown[at] if at < len(self._shown) and self._shown[at].name == rows.cursor_key else None

    def on_row_list_highlighted(self, event: RowList.Highlighted) -> None:
        """Show the whole of it below, and remember where the agent was: coming back to the list goes on there."""
        rows = event.rows
        self.to_do.place = tuple(row.key for row in rows.view.rows[rows.cursor :])
        self._tell_detail()

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        """Open the customer at the point."""
        item = next((one for one in self._shown if one.name == event.key), None)
        if item is not None:
            self._opened = True
            self.console_app.open_customer(item.customer.key, at=point_of(item), back_to=self)

    def action_mark(self) -> None:
        """Mark a thing, to be done together with others; again: not any more."""
        item = self.chosen()
        if item is not None:
            self._marked.symmetric_difference_update({item.name})
            self.time_passed()
            self.query_one(RowList).action_cursor_down()

    def action_done(self) -> None:
        """Settle what is marked, else what the cursor stands on."""
        item = self.chosen()
        marked = tuple(one for one in self._shown if one.name in self._marked)
        if marked:
            self.do_items(marked)
        elif item is not None:
            self.do_items((item,))

    def settled(self, item: Item) -> None:
        """Take it off the list at once; reading again confirms it."""
        self._marked.discard(item.name)
        self.to_do.without(item.name)
        self.time_passed()


def own_keys() -> Sequence[tuple[str, str, str]]:
    """Return the keys of the list: key, action, label."""
    return (
        ("x", "done", _("Done")),
        ("m", "mine", _("Mine")),
        ("v", "kind", _("Kind")),
        ("p", "operator", _("Operator")),
        ("l", "language", _("Language")),
        ("s", "skill", _("Skill")),
        ("space", "mark", _("Mark")),
    )


def following(current: frozenset[C], choices: Sequence[frozenset[C]]) -> frozenset[C]:
    """Return the choice after the current one; after the last comes no choice at all, which lets everything through."""
    every: list[frozenset[C]] = [frozenset(), *choices]
    at = every.index(current) if current in every else -1
    return every[(at + 1) % len(every)]


def _own_first(own: frozenset[str], found: set[str]) -> list[frozenset[str]]:
    singles = [frozenset({code}) for code in sorted(found)]
    return [own, *(one for one in singles if one != own)] if own else singles
