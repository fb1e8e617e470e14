"""Home: the box that finds a caller, whom the agent opened last, what waits for an answer, and the live outages."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widgets import Input

from backends.errors import BackendError
from backends.port import Match
from backends.records import Contact, Customer, Key
from console.actions import BY_ID, Where
from console.i18n import _
from console.present import banners, results
from console.present.failures import failure_words
from console.present.labels import plain
from console.present.sources import delivery_span, trouble_words
from console.rules import callers
from console.screens.telling_agenda import LINE, TellsAgenda
from console.words import moment
from widgets.banners import Banners
from widgets.bottom import KeyHints, StatusLine, TextLine
from widgets.omnibox import Omnibox
from widgets.rows import RowList
from widgets.views import Feed, FeedView, HintView, Line, RowsView, Span, StatusView, Tone

SURE = 0.2
"""Seconds without a key after which an exact match opens by itself: the caller's number is complete."""
LEAN_PAUSE = 0.3
"""Seconds without a key after which a slow line is sent the results: not a list for each letter."""
FAR = 0.25
"""Seconds without a key after which sources far away are asked: not for each letter."""
SHORTEST_EXACT = 5
OPEN = "open"
COMMANDS = {":": "palette", "?": "help"}
"""What nobody's name begins with means the same here as everywhere."""
WAITING = 100


class HomeScreen(TellsAgenda):
    """Where every call begins."""

    hints_of: ClassVar[frozenset[Where]] = frozenset({Where.ANYWHERE})

    DEFAULT_CSS = """
    HomeScreen #top { height: 1; }
    HomeScreen #ask { height: 1; }
    HomeScreen #prompt { width: 2; }
    HomeScreen #todo { height: 1; }
    HomeScreen #found { height: 1fr; }
    HomeScreen #waiting { height: 7; }
    HomeScreen.-tall #found { height: 11; }
    HomeScreen.-high #found { height: 14; }
    HomeScreen.-tall #waiting, HomeScreen.-high #waiting { height: 1fr; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._matches: tuple[Match, ...] = ()
        self._recent: tuple[Customer, ...] = ()
        self._waiting: tuple[tuple[Contact, Customer], ...] = ()
        self._more_waiting = False
        self._lists_read = False
        self._asked = ""
        self._asking = False
        self._moved = False
        self._exact: Timer | None = None
        self._pause: Timer | None = None
        self._searched = ""
        self._told_of_commands = False

    def body_widgets(self) -> ComposeResult:
        """A line about the agent, the box, outages, found or recent customers, what waits."""
        yield StatusLine(StatusView(), id="top")
        with Horizontal(id="ask"):
            yield StatusLine(StatusView("/", Tone.STRONG), id="prompt")
            yield Omnibox(placeholder=_("name, number, phone, e-mail, address, ticket, line, MAC or IP"), id="omnibox")
        yield Banners(id="banners", room=4)
        loading = RowsView(title=_("Opened last"), feed=FeedView(Feed.LOADING, _("one moment")))
        yield TextLine(id=LINE)
        yield RowList(loading, id="found")
        yield RowList(
            RowsView(title=_("Waiting for an answer"), feed=FeedView(Feed.LOADING, _("one moment"))), id="waiting"
        )

    def on_mount(self) -> None:
        """Say whose desk this is."""
        super().on_mount()
        self._show_top()
        self.query_one(Omnibox).focus()

    def _show_top(self) -> None:
        app = self.console_app
        names = [one.name for one in app.desk.operators.values()]
        scope = ", ".join(plain(name) for name in names[:3]) + ("…" if len(names) > 3 else "")
        agent = Span(plain(app.desk.agent.name), Tone.STRONG)
        now = app.now()
        waiting = delivery_span(app.desk.deliveries())
        right: Line = (
            *((waiting, Span("  ")) if waiting else ()),
            agent,
            Span(f"  {moment(now.at, now.at, now.zone, short=True)}", Tone.DIM),
        )
        words = f"cordboard · {scope}" if scope else "cordboard"
        self.query_one("#top", StatusLine).show(StatusView(words, right=right))

    # finding --------------------------------------------------------------------------------------------------

    def ready_to_type(self) -> None:
        """Empty the box and give it the keys."""
        box = self.query_one(Omnibox)
        box.value = ""
        box.focus()
        self.update_hints()

    def type_in(self, text: str) -> None:
        """Put a text into the box, as if it had been typed."""
        box = self.query_one(Omnibox)
        box.value = text
        box.cursor_position = len(text)
        box.focus()

    def forget_typed(self) -> None:
        """Empty the box behind the customer it found: the next caller's number begins anew."""
        box = self.query_one(Omnibox)
        with box.prevent(Input.Changed):
            box.value = ""
        self._asked, self._searched, self._matches = "", "", ()
        self._show_found()

    def typed(self) -> str:
        """Return what stands in the box."""
        return self.query_one(Omnibox).value.strip()

    def on_omnibox_typed(self, event: Omnibox.Typed) -> None:
        """Search as the agent types."""
        if event.text in COMMANDS:
            self.query_one(Omnibox).value = ""
            self.run_worker(self.console_app.action_perform(COMMANDS[event.text]), exit_on_error=False)
            return
        self._asked = event.text.strip()
        self._moved = False
        if self._exact is not None:
            self._exact.stop()
            self._exact = None
        if self._pause is not None:
            self._pause.stop()
            self._pause = None
        if self._asked and self.console_app.lean:
            self._pause = self.set_timer(LEAN_PAUSE, self._search_now)
        elif self._asked:
            self._search_now()
        else:
            self._matches = ()
            self._searched = ""
            self._show_found()

    def _search_now(self) -> None:
        if self._asked:
            self._search(self._asked)

    @work(exclusive=True, group="search", exit_on_error=False)
    async def _search(self, text: str) -> None:
        self._asking = True
        try:
            async for found in self.console_app.desk.finding(text, rest=FAR):
                if text != self._asked:
                    return
                self._matches = callers.of_dialled_first(found, self.console_app.phone.dialled_family)
                self._searched = text
                self._show_found()
                self._open_if_sure(text)
        except BackendError as error:
            feed = FeedView(Feed.FAILED, failure_words(error))
            self.query_one("#found", RowList).show(RowsView(title=_("Found"), feed=feed))
            return
        finally:
            self._asking = False
        if len(self.console_app.desk.sources()) > 1:
            self._show_found()

    def _open_if_sure(self, text: str) -> None:
        """Open the only exact match a moment later; what a further source finds may still make two of it."""
        exact = {match.customer.key for match in self._matches if match.exact}
        if self._exact is not None and len(exact) != 1:
            self._exact.stop()
            self._exact = None
        if self._exact is None and len(exact) == 1 and len(text) >= SHORTEST_EXACT:
            self._exact = self.set_timer(SURE, self._open_exact)

    def _open_exact(self) -> None:
        match = next((one for one in self._matches if one.exact), None)
        if match is not None and self._searched == self._asked and self.app.screen is self:
            self._open(match)

    def _open(self, match: Match) -> None:
        at = {"ticket": f"ticket:{match.record_key}", "contact": f"contact:{match.record_key}"}.get(match.on, "")
        self.console_app.open_customer(match.customer.key, at=at if match.record_key else "")

    def on_omnibox_entered(self, event: Omnibox.Entered) -> None:
        """Open what the cursor stands on; when the answer is still to come, the first of it."""
        self._open_chosen(event.text.strip())

    @work(exclusive=True, group="enter", exit_on_error=False)
    async def _open_chosen(self, text: str) -> None:
        # The own store may have answered with nobody while the source that knows the caller is still being asked.
        if text and (text != self._searched or (self._asking and not self._matches)):
            try:
                found = await self.console_app.desk.find(text)
                self._matches = callers.of_dialled_first(found, self.console_app.phone.dialled_family)
            except BackendError as error:
                self.console_app.fail(error)
                return
            self._searched = text
            self._show_found()
        self._choose(self.query_one("#found", RowList).cursor_key)

    def on_omnibox_moved(self, event: Omnibox.Moved) -> None:
        """Arrows in the box move through the list."""
        self._moved = True
        rows = self.query_one("#found", RowList)
        if abs(event.step) > 1:
            step = rows.action_page_down if event.step > 0 else rows.action_page_up
        else:
            step = rows.action_cursor_down if event.step > 0 else rows.action_cursor_up
        step()

    def on_omnibox_left(self) -> None:
        """Escape in the empty box goes to the lists, where keys are commands."""
        self.query_one("#found", RowList).focus()
        self.say(_("Keys are commands here; / goes back to the box."), Tone.DIM)
        self._told_of_commands = True

    def on_omnibox_pasted_lines(self) -> None:
        """Say what became of the other lines."""
        self.say(_("Only the first pasted line is searched for."), Tone.WARN)

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        """Open the customer, at the message if it was one that waits."""
        if event.rows.id == "waiting":
            for contact, customer in self._waiting:
                if contact.key == event.key:
                    self.console_app.open_customer(customer.key, at=f"contact:{contact.key}")
        else:
            self._choose(event.key)

    def _choose(self, key: Key) -> None:
        match = next((one for one in self._matches if one.customer.key == key), None)
        if match is not None:
            self._open(match)
        elif key:
            self.console_app.open_customer(key)

    def act_find(self) -> None:
        """Give the box the keys."""
        self._give_box_the_keys()

    def _give_box_the_keys(self) -> None:
        self.query_one(Omnibox).focus()
        if self._told_of_commands:
            self.say("")

    def say(self, words: str, tone: Tone = Tone.NORMAL) -> None:
        """Show words in the status line until others come."""
        self._told_of_commands = False
        super().say(words, tone)

    # what is shown --------------------------------------------------------------------------------------------

    def _show_found(self) -> None:
        now = self.console_app.now()
        rows = self.query_one("#found", RowList)
        if self._asked:
            several = len(self.console_app.desk.sources()) > 1
            asking = self._asking and several
            trouble = self._trouble() if several else ""
            rows.show(results.matches(self._matches, now, self._asked, asking=asking, trouble=trouble))
            if not self._moved:
                rows.action_first()  # what Enter opens is the best match, until an arrow chose another
        else:
            rows.show(results.recent(self._recent, now))

    def _show_waiting(self) -> None:
        self.query_one("#waiting", RowList).show(
            results.waiting(self._waiting, self.console_app.now(), self._more_waiting, self._trouble())
        )

    def _trouble(self) -> str:
        """Return which of several sources do not answer, in words; one alone is told of in the status line."""
        sources = self.console_app.desk.sources()
        return trouble_words(sources, self.console_app.now()) if len(sources) > 1 else ""

    def outages_changed(self) -> None:
        """Show the live outages."""
        self._show_banners()
        self._show_top()

    def _show_banners(self) -> None:
        app = self.console_app
        key = self.key_shown(BY_ID["outages"])
        self.query_one(Banners).show(banners.for_everybody(app.outages, app.now(), app.words_due, key=key))

    async def refresh_lists(self) -> None:
        """Read whom the agent opened last and what waits for an answer."""
        self._lists_read = True
        desk = self.console_app.desk
        with suppress(BackendError):  # who was opened last stays as it was; why it is old is told beside what waits
            self._recent = await desk.customers(self.console_app.local.recent()[:20])
            self._show_found()
        try:
            page = await desk.waiting(limit=WAITING)
        except BackendError as error:
            feed = FeedView(Feed.FAILED, failure_words(error))
            self.query_one("#waiting", RowList).show(RowsView(title=_("Waiting for an answer"), feed=feed))
            return
        self._waiting, self._more_waiting = page.rows, page.after is not None
        self._show_waiting()
        self.read_agenda_soon()

    def time_passed(self) -> None:
        """Word ages and the time anew."""
        self._show_top()
        self._show_waiting()
        self.tell_agenda()
        self.outages_changed()

    async def changed(self, customers: set[Key], *, everything: bool) -> None:
        """Read the lists again; the box and its results stay."""
        await self.refresh_lists()
        if self._asked and everything:
            self._search(self._asked)

    def on_screen_resume(self) -> None:
        """Show what changed while a customer was open."""
        super().on_screen_resume()
        self._give_box_the_keys()
        if self._lists_read:  # the first time, the frame comes before the lists: a cold disk may take a second for them
            self.run_worker(self.refresh_lists(), group="home", exclusive=True, exit_on_error=False)

    def source_lost(self, error: BackendError) -> None:
        """Say that what is shown grows old."""
        seen = self.console_app.source_seen
        now = self.console_app.now()
        when = moment(seen, now.at, now.zone) if seen else _("the start")
        self.say(_("Not live since {when}: {why}").format(when=when, why=failure_words(error)), Tone.BAD)

    def hints(self) -> Iterable[HintView]:
        """Return the keys, with Enter first."""
        yield HintView("Enter", _("Open"), OPEN, True, 120)
        leave = {"find", "call"} if self.writing() else {"call"}
        yield from (hint for hint in super().hints() if hint.action not in leave)

    def on_descendant_focus(self) -> None:
        """In the box other keys are commands than in the lists."""
        self.update_hints()
        self._show_banners()

    async def on_key_hints_pressed(self, event: KeyHints.Pressed) -> None:
        """A click on a key is as good as the key."""
        if event.action == OPEN:
            event.stop()
            self._open_chosen(self.typed())
        else:
            await super().on_key_hints_pressed(event)
