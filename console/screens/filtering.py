"""The history seen through filters: words, channel, direction, what waits, one ticket; and threads that fold."""

from __future__ import annotations

from dataclasses import replace

from textual import work

from backends.errors import BackendError
from backends.port import TimelineFilter
from backends.records import Direction
from console.desk.picture import EVERYTHING
from console.i18n import _
from console.rules.timeline import folded
from console.screens.customer_base import CustomerBase
from widgets.rows import RowList
from widgets.views import Tone

CHANNEL_ROUND = ("", "call", "email", "chat", "sms", "fax", "letter", "visit", "web", "social", "note")
DIRECTION_ROUND = (frozenset[Direction](), frozenset({Direction.INBOUND}), frozenset({Direction.OUTBOUND}))


class FiltersHistory(CustomerBase):
    """The part of the customer's screen that narrows the history down."""

    def act_find(self) -> None:
        """In the history, search its words; elsewhere, go to the omnibox."""
        if self.focused is not None and self.focused.id == "history":
            from console.screens.palette import WordsScreen

            text = self.picture.only.text if self.picture else ""
            self.app.push_screen(WordsScreen(text), self._find_words)
        else:
            self.console_app.go_home()

    def _find_words(self, text: str | None) -> None:
        if text == "/":
            self.console_app.go_home()
        elif text is not None and self.picture is not None:
            self.filter(replace(self.picture.only, text=text.strip()))

    def command_find(self, words: str) -> None:
        """`:find words` searches for a customer, as at home."""
        self.console_app.command_find(words)

    @work(exclusive=True, group="filter", exit_on_error=False)
    async def filter(self, only: TimelineFilter) -> None:
        """Show the history through a filter."""
        if self.picture is None:
            return
        try:
            picture = await self.console_app.desk.filtered(self.picture, only)
        except BackendError as error:
            self.console_app.fail(error)
            return
        self.picture = picture
        self._bodies.clear()
        self.query_one("#history", RowList).show_bodies({})
        self.show_history(picture)

    def act_next_channel(self) -> None:
        """Show the next channel only, after the last one all."""
        if self.picture is not None:
            current = next(iter(self.picture.only.channels), "")
            at = CHANNEL_ROUND.index(current) + 1 if current in CHANNEL_ROUND else 0
            self.command_next_channel(CHANNEL_ROUND[at % len(CHANNEL_ROUND)])

    def command_next_channel(self, channel: str) -> None:
        """Show one channel only; an empty or unknown name shows all."""
        if self.picture is not None:
            chosen = frozenset({channel}) if channel else frozenset[str]()
            self.filter(replace(self.picture.only, channels=chosen))

    def act_next_direction(self) -> None:
        """Show what came in, what went out, or both."""
        if self.picture is not None:
            at = (
                DIRECTION_ROUND.index(self.picture.only.directions)
                if self.picture.only.directions in DIRECTION_ROUND
                else 0
            )
            self.filter(replace(self.picture.only, directions=DIRECTION_ROUND[(at + 1) % len(DIRECTION_ROUND)]))

    def act_only_waiting(self) -> None:
        """Show only what waits for an answer, or everything again."""
        if self.picture is not None:
            self.filter(replace(self.picture.only, unanswered=not self.picture.only.unanswered))

    def act_only_ticket(self) -> None:
        """Show only what belongs to the chosen ticket, or everything again."""
        ticket = self.ticket() or self.open_ticket()
        if self.picture is not None and ticket is not None:
            same = self.picture.only.ticket_key == ticket.key
            self.filter(replace(self.picture.only, ticket_key="" if same else ticket.key))

    def act_no_filter(self) -> None:
        """Show the whole history."""
        self.filter(EVERYTHING)

    def act_fold(self) -> None:
        """Fold or unfold the thread under the cursor."""
        if self.picture is None:
            return
        key = self.query_one("#history", RowList).cursor_key
        items = folded(self.picture.happenings(), closed=self._shut, opened=self._unfolded)
        thread = next((item.thread for item in items if item.key == key), "")
        if not thread:
            self.say(_("This entry stands alone; there is nothing to fold."), Tone.DIM)
            return
        pool = self._unfolded if thread.startswith("events:") else self._shut
        pool.symmetric_difference_update({thread})
        self.show_history(self.picture)
