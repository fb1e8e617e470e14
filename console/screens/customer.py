"""One customer, one view: banners, card, tickets, history, and the text of what the cursor stands on (R12)."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from backends.errors import BackendError
from backends.records import (
    Key,
)
from console.actions import BY_ID, Where
from console.desk.picture import EVERYTHING, Picture, parents_of, stale
from console.i18n import _
from console.present import banners, rows
from console.present.card import card
from console.present.cases import ticket_marks
from console.present.details import details
from console.present.failures import failure_words
from console.present.sources import delivery_span, names_words, trouble_words
from console.rules.coverage import hits
from console.rules.standing import broken_promises, chases_by_ticket, open_tickets
from console.rules.timeline import name_of
from console.screens import resuming
from console.screens.acting_calls import ActsOnCalls
from console.screens.acting_cases import ActsOnCases
from console.screens.acting_dispute import ActsOnDisputes
from console.screens.acting_guide import ActsByGuide
from console.screens.acting_money import ActsOnMoney
from console.screens.acting_outage import ActsOnOutages
from console.screens.filtering import FiltersHistory
from console.screens.showing_presence import ShowsPresence
from console.words import joined, moment, word
from widgets.banners import Banners
from widgets.body import BodyPane
from widgets.card import Card
from widgets.rows import RowList
from widgets.views import BodyView, CardView, Feed, FeedView, Line, RowsView, Span, Tone

READING = {"-high": 13, "-tall": 9}
"""Lines for the text of the entry below the history, by the screen's height."""
LEAST_READING = 6
LEAST_HISTORY = 6
MOST_TICKETS = {"-low": 4, "-tall": 6, "-high": 9}


class CustomerScreen(
    ActsOnCalls, ActsOnOutages, ActsByGuide, ActsOnCases, ActsOnMoney, ActsOnDisputes, ShowsPresence, FiltersHistory
):
    """The view of one customer. It holds one picture; everything shown follows from it and from what is folded."""

    hints_of: ClassVar[frozenset[Where]] = frozenset({Where.ANYWHERE, Where.CUSTOMER})

    DEFAULT_CSS = """
    CustomerScreen #main { height: 1fr; }
    CustomerScreen #left { width: 1fr; }
    CustomerScreen #tickets { height: 4; }
    CustomerScreen #history { height: 1fr; min-height: 4; }
    CustomerScreen #reading { display: none; height: 9; }
    CustomerScreen #side { display: none; width: 48; margin-left: 1; }
    CustomerScreen #aside { height: 1fr; }
    CustomerScreen #details { height: 1fr; }
    CustomerScreen.-wide #side { display: block; }
    """

    def body_widgets(self) -> ComposeResult:
        """Banners above everything, then who it is, then what is open and all that happened."""
        loading = FeedView(Feed.LOADING, _("one moment"))
        yield Banners(id="banners", room=4)
        yield Card(CardView(feed=loading if self.picture is None else FeedView()), id="card")
        with Horizontal(id="main"):
            with Vertical(id="left"):
                yield RowList(RowsView(title=_("Tickets")), id="tickets")
                yield RowList(RowsView(title=_("History"), feed=loading), id="history", body_limit=14)
                yield BodyPane(BodyView(), id="reading")
            with Vertical(id="side"):
                yield BodyPane(BodyView(), id="aside")
                yield BodyPane(BodyView(), id="details")

    def on_mount(self) -> None:
        """Show what is known and go to where the agent was sent."""
        super().on_mount()
        history = self.query_one("#history", RowList)
        history.focus()
        if self.picture is not None:
            self.show(self.picture)

    def on_resize(self) -> None:
        """Fit the number of lines given to tickets and banners."""
        self.query_one(Banners).room = 4 if self.size.height < 30 else 6
        if self.picture is not None:
            self._show_tickets(self.picture)
        self.call_after_refresh(self._share_room)

    def _share_room(self) -> None:
        """Give the lines that the history does not need to the text of its entry: no third of the screen is empty."""
        left, history = self.query_one("#left"), self.query_one("#history", RowList)
        reading = self.query_one("#reading", BodyPane)
        room = left.size.height - self.query_one("#tickets").size.height
        wished = next((lines for name, lines in READING.items() if self.has_class(name)), 0)
        spare = 0 if self._bodies else room - 1 - len(history.view.rows)
        lines = min(max(wished, spare), room - LEAST_HISTORY)
        shown = not self.has_class("-wide") and lines >= LEAST_READING
        if shown:
            reading.styles.height = lines
        if reading.display != shown:
            reading.display = shown
            if shown:
                self._read_aside(history.cursor_key)

    # showing --------------------------------------------------------------------------------------------------

    def show(self, picture: Picture) -> None:
        """Show a picture; only what changed is painted."""
        first = not self._happenings
        self.picture = picture
        now = self.now()
        self._show_banners()
        self.query_one(Card).show(card(picture.file, now, live={one.outage.key for one in picture.hits}))
        self._show_tickets(picture)
        self.show_history(picture)
        self.query_one("#details", BodyPane).show(self._details(picture))
        if first and self._at:
            self._go_to(self._at)
        self.update_hints()
        self.tick_status()
        if first:
            self._tell_draft()
        else:
            self._read_aside(self.query_one("#tickets" if self._in_tickets() else "#history", RowList).cursor_key)

    def _show_banners(self) -> None:
        if self.picture is not None:
            who, key = self.picture.file.customer, self.key_shown(BY_ID["outages"])
            view = banners.for_customer(self.picture.hits, self.now(), who.language, who.operator_key, key=key)
            self.query_one(Banners).show(view)

    def _show_tickets(self, picture: Picture) -> None:
        now = self.now()
        file = picture.file
        broken = {one.ticket_key for one in broken_promises(file.promises, now.at)}
        view = rows.tickets(
            file.tickets,
            now,
            file.operator,
            chases_by_ticket(file.chases),
            broken,
            waits=picture.waits,
            heard=picture.heard,
            on_way=picture.on_their_way(),
            marks=ticket_marks(file, now),
        )
        widget = self.query_one("#tickets", RowList)
        most = next((count for name, count in MOST_TICKETS.items() if self.has_class(name)), 4)
        opened = len(open_tickets(file))
        wanted = 1 + (min(max(opened, 1 if file.tickets else 0), most))
        if widget.styles.height is None or widget.styles.height.value != wanted:
            widget.styles.height = wanted
        widget.show(view)

    def show_history(self, picture: Picture) -> None:
        """Show the history as far as it was read."""
        happenings = picture.happenings()
        self._happenings = {name_of(one): one for one in happenings}
        view = rows.history(
            happenings,
            self.now(),
            self.tickets_by_key(),
            only=picture.only,
            more=picture.after is not None,
            total=picture.file.contacts_total,
            closed=self._shut,
            opened=self._unfolded,
            feed=self._feed(picture, bool(happenings)),
            on_way=picture.on_their_way(),
            sources=names_words(picture.sources),
            proposed=self.proposed_references(picture),
        )
        self.query_one("#history", RowList).show(view)
        self.call_after_refresh(self._share_room)

    def _feed(self, picture: Picture, any_rows: bool) -> FeedView:
        words = trouble_words(picture.sources, self.now())
        if words:
            return FeedView(Feed.STALE, words)
        if any_rows:
            return FeedView()
        words = _("Nothing was said yet. n logs the first contact.")
        if picture.only != EVERYTHING:
            words = _("Nothing of this kind. Backspace shows the whole history.")
        return FeedView(Feed.EMPTY, words)

    def failed(self, error: BackendError) -> None:
        """Say that the customer cannot be read; nothing looks empty."""
        feed = FeedView(Feed.FAILED, failure_words(error) + " " + _("Ctrl+R tries again."))
        self.query_one(Card).show(CardView(feed=feed))
        self.query_one("#history", RowList).show(RowsView(title=_("History"), feed=feed))

    def _tell_draft(self) -> None:
        drafts = [one for one in self.console_app.local.drafts() if one.customer_key == self.key]
        if drafts:
            now = self.now()
            when = moment(drafts[0].at, now.at, now.zone, short=True)
            self.say(_("A draft of {when} is kept here. D shows it.").format(when=when), Tone.ACCENT)

    def _go_to(self, name: str) -> None:
        widget = self.query_one("#tickets" if name.startswith("ticket:") else "#history", RowList)
        if widget.go_to(name):
            widget.focus()
        elif name.startswith("contact:"):
            self._fetch_until(name)

    def on_row_list_highlighted(self, event: RowList.Highlighted) -> None:
        """Show the text of the row beside the list, and which keys work on it."""
        stands = f"{event.rows.id}{event.key}"
        if stands == self._stands_on or not event.rows.has_focus or not self.is_attached:
            return
        self._stands_on = stands
        self._read_aside(event.key)

    def on_descendant_focus(self) -> None:
        """Other keys work in another pane."""
        focused = self.focused
        if isinstance(focused, RowList):
            self._read_aside(focused.cursor_key)
        self.update_hints()
        self._show_banners()

    def _read_aside(self, name: str) -> None:
        self.update_hints()
        if self.has_class("-wide") or self.query_one("#reading", BodyPane).display:
            self._fetch_aside(name)

    @work(exclusive=True, group="aside", exit_on_error=False)
    async def _fetch_aside(self, name: str) -> None:
        view = await self.body_of(name)
        for pane in (self.query_one("#reading", BodyPane), self.query_one("#aside", BodyPane)):
            pane.show(view or BodyView())

    async def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        """Open a row's text in place, or close it."""
        event.stop()
        if event.key in self._bodies:
            del self._bodies[event.key]
        elif (view := await self.body_of(event.key)) is not None:
            self._bodies[event.key] = view
        event.rows.show_bodies(dict(self._bodies))
        self._share_room()

    # reading on -----------------------------------------------------------------------------------------------

    def on_row_list_near_end(self) -> None:
        """Fetch older entries before the agent reaches the end."""
        self._fetch_older()

    @work(group="older", exit_on_error=False)
    async def _fetch_older(self) -> None:
        if self._fetching or self.picture is None or self.picture.after is None:
            return
        self._fetching = True
        try:
            picture = self.picture
            grown = await self.console_app.desk.older(picture)
            if self.picture is picture:
                self.picture = grown
                self.show_history(grown)
        except BackendError as error:
            self.console_app.fail(error)
        finally:
            self._fetching = False

    @work(exclusive=True, group="until", exit_on_error=False)
    async def _fetch_until(self, name: str) -> None:
        """Fetch older pages until a row is there, at most some thousand rows."""
        for _page in range(20):
            if self.picture is None or self.picture.after is None:
                return
            self.picture = await self.console_app.desk.older(self.picture)
            self.show_history(self.picture)
            if self.query_one("#history", RowList).go_to(name):
                return

    # actions --------------------------------------------------------------------------------------------------

    def resume(self, action: str, subject: str, words: str = "") -> None:
        """Open a form again where it was left; `words` stand above it."""
        resuming.resume(self, action, subject, words)

    async def act_read(self) -> None:
        """Read the entry on the full screen."""
        from console.screens.read import ReadScreen

        name = self.query_one("#tickets" if self._in_tickets() else "#history", RowList).cursor_key
        if (view := await self.body_of(name)) is not None:
            self.app.push_screen(ReadScreen(view))

    def _details(self, picture: Picture) -> BodyView:
        return details(picture.file, self.now(), self.hidden(), may_reveal=self.may_reveal)

    def act_details(self) -> None:
        """Show lines, contracts, charges, disputes, authorised people."""
        from console.screens.read import ReadScreen

        if self.picture is not None:
            self.app.push_screen(ReadScreen(self._details(self.picture)))

    # news -----------------------------------------------------------------------------------------------------

    def status_right(self) -> Line:
        """Return the customer's time of day, with its zone where the agent's clock shows another."""
        now, mine = self.now(), self.console_app.now()
        clock = moment(now.at, now.at, now.zone, short=True)
        apart = now.at.astimezone(now.zone).utcoffset() != mine.at.astimezone(mine.zone).utcoffset()
        told: Line = (Span(f"{clock} {now.zone}" if apart else clock, Tone.DIM),)
        opened = self.console_app.desk.opened
        if opened is not None and self.console_app.desk.open_now(self.key):
            what = joined([word(one) for one in sorted(opened.areas)])
            until = moment(opened.until, now.at, now.zone, short=True)
            told = (Span(_("{what} shown until {when}").format(what=what, when=until), Tone.ACCENT), Span("  "), *told)
        waiting = delivery_span(self.picture.deliveries) if self.picture is not None else None
        return told if waiting is None else (waiting, Span("  "), *told)

    def time_passed(self) -> None:
        """Word ages and clocks anew."""
        if self.picture is not None:
            self.show(self.picture)
        self.ask_presence()

    def outages_changed(self) -> None:
        """Lay the live outages over this customer at once, before anything else is read."""
        if self.picture is None:
            return
        file = self.picture.file
        found = hits(self.console_app.outages, file.lines, file.customer, parents_of(file.operator))
        self.picture = replace(self.picture, hits=found)
        self._show_banners()

    async def changed(self, customers: set[Key], *, everything: bool) -> None:
        """Read the customer again when it is about them."""
        if self.picture is None:
            if everything:
                await self._try_again()
        elif everything or self.key in customers:
            await self.refresh_now()

    async def _try_again(self) -> None:
        try:
            self.show(await self.console_app.desk.open(self.key))
        except BackendError as error:
            self.failed(error)

    def source_lost(self, error: BackendError) -> None:
        """Say that what is shown grows old."""
        if self.picture is not None:
            self.picture = stale(self.picture, error)
            self.show_history(self.picture)
