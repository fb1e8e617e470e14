"""The Textual application: what lives as long as the console does, and nothing that belongs to one screen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import BindingType
from textual.events import Event, InputEvent
from textual.filter import LineFilter
from textual.screen import Screen

import themes
from backends.errors import BackendError, NotFound
from backends.events import Event as Change
from backends.events import OutageChanged, PresenceChanged, Resync, TicketChanged
from backends.port import Receipt
from backends.records import Key, Outage
from console.calls.call import Call
from console.calls.ways import NO_WAYS, Ways
from console.desk.desk import Desk
from console.desk.live import listen
from console.desk.local import LocalStore, Spot
from console.desk.persons import person_of
from console.desk.picture import find_one
from console.desk.presence import PresenceTeller
from console.desk.restoring import words_due
from console.desk.sensing import Sensing
from console.desk.sources import Journalled
from console.desk.starting import begin
from console.i18n import _, _n
from console.keymap import bindings, keymap, number_bindings
from console.keynames import rebound
from console.performing import PerformsActions
from console.screens.answering import Answering
from console.screens.base import HEIGHTS, WIDTHS, BaseScreen
from console.screens.home import HomeScreen
from console.screens.lock import LockScreen
from console.terminal.clean_filter import CleanFilter
from console.terminal.driver import driver_for
from console.terminal.failures import ReportsFailuresBriefly
from console.terminal.turns import TakesKeysInTurn
from widgets.views import Tone

if TYPE_CHECKING:
    from rich.console import RenderableType

    from console.desk.handing import HandoverWatch
    from console.terminal.capabilities import Terminal

_CLEAN = CleanFilter()
"""One for all: painted lines remember by the filter itself what it made of them."""
COALESCE = 0.04
"""Seconds that changes are collected before the screen is read anew."""
QUICK = 0.08
"""Seconds within which a customer is expected; a slower one gets a screen that says it is loading."""
SENSE_AFTER = 1.5
"""Seconds that news of tickets are collected before the sensor looks at them: twenty calls at once are one look."""
MINUTE = 60
DEEPEST = 2
"""Customers that may stay below a list another one is chosen in; from there Esc leads home: the stack is bounded."""
SAME_CALL = timedelta(minutes=15)
"""A form left by an unexpected end opens by itself within this time; later its draft waits in the list."""
_THEMES = {"sixteen": "sixteen", "mono": "mono"}


class Cordboard(PerformsActions, TakesKeysInTurn[int], ReportsFailuresBriefly[int]):
    """The console of one agent."""

    keys_wait_for = frozenset({"open", "enter", "reply", "answer", "store", "act", "undo", "reference"})

    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(), *number_bindings()]
    CSS = """
    Screen { color: $foreground; }
    BaseScreen { layout: vertical; background: $background; scrollbar-size: 0 0; overflow: hidden hidden; }
    .rule { height: 1; }
    """
    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS

    def __init__(
        self,
        desk: Desk,
        local: LocalStore,
        *,
        theme: str = "",
        keys: Mapping[str, Sequence[str]] | None = None,
        lock_minutes: int = 0,
        customer: str | None = None,
        terminal: Terminal | None = None,
        ways: Ways = NO_WAYS,
    ) -> None:
        super().__init__(
            driver_class=driver_for(terminal) if terminal else None,
            ansi_color=True if terminal is not None and terminal.colours != "full" else None,
        )
        self.animation_level = "none"
        self.lean = terminal is not None and terminal.lean
        self.desk = desk
        self.local = local
        self.home = HomeScreen()
        self._handovers: HandoverWatch | None = None
        self.phone = Answering(self, ways)
        self.keys, self.key_problems = rebound(keys or {})
        self.outages: tuple[Outage, ...] = ()
        self.words_due: tuple[tuple[Outage, int], ...] = ()
        """Outages that are over, and how many people wait for a word about each (R27)."""
        self.source_error: BackendError | None = None
        self.source_seen: datetime | None = None
        self._began_without: BackendError | None = None
        self._first_customer = customer
        self._lock_minutes = lock_minutes
        self._last_key = time.monotonic()
        self._dirty: set[Key] = set()
        self._all_dirty = False
        self._outages_dirty = False
        self._refreshing = False
        self.presence = PresenceTeller(desk)
        self.sensing = Sensing(desk)
        self._sense_due = False
        desk.on_stored = self._stored
        for one in themes.load():
            self.register_theme(one)
        fitting = _THEMES.get(terminal.colours, themes.DEFAULT) if terminal else themes.DEFAULT
        self.theme = theme if theme in self.available_themes else fitting
        if changed := keymap(self.keys):
            self.set_keymap(changed)

    # starting and ending --------------------------------------------------------------------------------------

    def get_default_screen(self) -> Screen[None]:
        """Begin at home, where the caller's number is typed."""
        return self.home

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Let no control or bidi character of any text through to the terminal (TRUST.md)."""
        return [*super().get_line_filters(), _CLEAN]

    def on_mount(self) -> None:
        """Begin to listen, and open what was asked for or left behind."""
        self._listen()
        self._be_present()
        self._tick_by_the_minute()
        self.call_after_refresh(self._begin)

    async def _begin(self) -> None:
        self._began_without = self.source_error
        await self.refresh_outages()
        backend = self.desk.backend
        if isinstance(backend, Journalled) and backend.damage is not None:
            self.say(
                _("What was not sent yet was damaged on this disk. Tell your supervisor: cordboard outbox list"),
                Tone.BAD,
            )
        elif self.local.failure is not None:
            self.say(_("Drafts cannot be written to the disk of this machine."), Tone.BAD)
        elif self.key_problems:
            self.say(self.key_problems[0], Tone.WARN)
        spot = self.local.left_behind()
        if self._first_customer:
            self._open_first(self._first_customer)
        elif spot is not None and spot.customer_key and self._just_now(spot):
            words = _("Back where you were when the console ended. Is it still the same caller? Esc keeps the draft.")
            self.open_customer(spot.customer_key, action=spot.action, subject=spot.subject, words=words)
        elif spot is not None and spot.action == "script" and not spot.customer_key and self._just_now(spot):
            self._resume_script(spot.subject)
        elif (count := self._drafts_that_say_something()) and self.local.failure is None:
            words = _n("{n} draft is kept. F5 shows it.", "{n} drafts are kept. F5 shows them.", count)
            self.say(words.format(n=count), Tone.ACCENT)
        await self.home.refresh_lists()
        self._listen_for_calls()
        self.call_after_refresh(_warm_up)

    def _resume_script(self, subject: str) -> None:
        from console.screens.guide import resume

        words = _("Back where you were when the console ended. Is it still the same caller? F5 keeps the draft.")
        resume(self, subject, words)

    def _drafts_that_say_something(self) -> int:
        from console.screens.lists import says_something  # after the first frame

        return sum(1 for one in self.local.drafts() if says_something(one))

    def _just_now(self, spot: Spot) -> bool:
        """Whether the form that was left is so fresh that the same caller may still be on the line."""
        draft = self.local.draft(spot.customer_key, spot.action, spot.subject) if spot.action else None
        return draft is not None and self.desk.clock() - draft.at <= SAME_CALL

    @work(exclusive=True, group="open", exit_on_error=False)
    async def _open_first(self, text: str) -> None:
        try:
            self.open_customer(await find_one(self.desk.backend, text))
        except NotFound:
            self.home.type_in(text)
        except BackendError as error:
            self.fail(error)

    def _tick_by_the_minute(self) -> None:
        wait = MINUTE - datetime.now(UTC).second
        self.set_timer(wait, self._minute)

    async def on_event(self, event: Event) -> None:
        """Note when the agent last used the console; what is typed as a call takes the screen goes nowhere else."""
        if isinstance(event, InputEvent):
            self._last_key = time.monotonic()
            if self.phone.swallows(event):
                return
        await super().on_event(event)

    def _minute(self) -> None:
        self._tick_by_the_minute()
        idle = time.monotonic() - self._last_key
        if self._lock_minutes and idle >= self._lock_minutes * MINUTE and not isinstance(self.screen, LockScreen):
            self.push_screen(LockScreen(), lambda _nothing: self.phone.unlocked())
        for screen in self._standing():
            screen.time_passed()
        self._raise_late_handovers()

    @work(exclusive=True, group="handovers", exit_on_error=False)
    async def _raise_late_handovers(self) -> None:
        """Raise what nobody accepted in time (R22); a source that does not answer is asked again in a minute."""
        from console.desk.handing import HandoverWatch  # not before the first minute

        self._handovers = self._handovers or HandoverWatch(self.desk)
        with suppress(BackendError):
            await self._handovers.look()

    def _standing(self) -> list[BaseScreen]:
        """Return the screens that can show something; one that is being built or taken down has no parts for it."""
        return [one for one in self.screen_stack if isinstance(one, BaseScreen) and one.is_mounted]

    def save(self) -> None:
        """Bring every draft to the disk; called from any thread when the console must go."""
        self.local.flush()

    def exit(self, result: int | None = None, return_code: int = 0, message: RenderableType | None = None) -> None:
        """End the console, whoever asks: colleagues hear at once that nobody is at the customer any more (R32)."""
        self.presence.end()
        super().exit(result, return_code, message)

    def act_leave(self) -> None:
        """End the console; drafts stay, also that of a form which is open."""
        from console.screens.form import FormScreen

        for screen in self.screen_stack:
            if isinstance(screen, FormScreen):
                screen.keep_now()
        self.local.at(None)
        self.exit(0)

    # customers ------------------------------------------------------------------------------------------------

    async def _person(self, key: Key) -> Key:
        """Return the person that a number leads to; where nobody can be asked, the number's own record is opened."""
        try:
            return await person_of(self.desk.backend, key)
        except BackendError:
            return key

    @work(exclusive=True, group="open", exit_on_error=False)
    async def open_customer(
        self,
        key: Key,
        *,
        at: str = "",
        action: str = "",
        subject: str = "",
        words: str = "",
        back_to: BaseScreen | None = None,
    ) -> None:
        """Open a customer, at a row of their history or tickets if `at` names one, with a form if `action` does.

        `words` stand above that form. Whoever leaves the customer comes back to the list `back_to`, else home.
        """
        from console.screens.customer import CustomerScreen

        key = await self._person(key)
        task = asyncio.ensure_future(self.desk.open(key))
        done, _pending = await asyncio.wait({task}, timeout=QUICK)
        screen = CustomerScreen(key, task.result() if done and task.exception() is None else None, at=at)
        if done and (error := task.exception()) is not None:
            if not isinstance(error, BackendError):
                raise error
            self.fail(error)
            return
        below = self._to_come_back_to(back_to)
        while len(self.screen_stack) > 1 and self.screen is not below:
            await self.pop_screen()
        await self.push_screen(screen)
        if not done:
            try:
                screen.show(await task)
            except BackendError as error:
                screen.failed(error)
                return
        self.home.forget_typed()
        self.local.opened(key, self.desk.clock())
        self.phone.opened(key, goes_on=bool(action))
        self.local.at(Spot(key))
        if action:
            screen.resume(action, subject, words)
        elif self.desk.unnoted is not None:
            self.say(_("The disk is full: nothing can be stored. Tell your supervisor at once."), Tone.BAD)

    def _to_come_back_to(self, back_to: BaseScreen | None) -> BaseScreen:
        """Return the list that a customer was chosen in, or home: when it is closed meanwhile, or too deep by now."""
        from console.screens.customer import CustomerScreen

        if back_to is None or back_to not in self.screen_stack:
            return self.home
        below = self.screen_stack[: self.screen_stack.index(back_to)]
        return back_to if sum(isinstance(one, CustomerScreen) for one in below) < DEEPEST else self.home

    def act_reload(self) -> None:
        """Read everything again."""
        self._all_dirty = True
        self._soon()

    # calls ----------------------------------------------------------------------------------------------------

    @property
    def call(self) -> Call | None:
        """The call that the agent is about, None when nobody rang."""
        return self.phone.call

    @work(group="live", exit_on_error=False)
    async def _listen_for_calls(self) -> None:
        await self.phone.listen()

    # what changes elsewhere -----------------------------------------------------------------------------------

    @work(group="live", exit_on_error=False)
    async def _listen(self) -> None:
        await listen(self.desk.backend, self._heard, self._lost)

    @work(group="live", exit_on_error=False)
    async def _be_present(self) -> None:
        await self.presence.run()

    def _heard(self, event: Change) -> None:
        if self.source_error is not None:
            self.source_error = None
            self._all_dirty = True
        if isinstance(event, PresenceChanged):
            for screen in self._standing():
                screen.presence_changed(event.customer_key)
            return
        if isinstance(event, Resync):
            self._all_dirty = True
        elif isinstance(event, OutageChanged):
            self._outages_dirty = True
        else:
            self._dirty.add(event.customer_key)
        if isinstance(event, TicketChanged | Resync):
            self._sense_soon()
        self._soon()

    def _stored(self, receipt: Receipt) -> None:
        if self.sensing.concerns(receipt):
            self._sense_soon()

    def _sense_soon(self) -> None:
        if not self._sense_due and self.sensing.awake:
            self._sense_due = True
            self.set_timer(SENSE_AFTER, self._sense)

    @work(exclusive=True, group="sense", exit_on_error=False)
    async def _sense(self) -> None:
        """Propose what many report alike (R26); that a source is away is told by whoever needs it."""
        self._sense_due = False
        with suppress(BackendError):
            await self.sensing.sense()
            if self.sensing.more:
                self._sense_soon()

    def _lost(self, error: BackendError) -> None:
        self.source_error = error
        for screen in self._standing():
            screen.source_lost(error)

    def _soon(self) -> None:
        if not self._refreshing:
            self._refreshing = True
            self.set_timer(COALESCE, self._refresh_dirty)

    @work(exclusive=True, group="refresh", exit_on_error=False)
    async def _refresh_dirty(self) -> None:
        self._refreshing = False
        dirty, every, outages = self._dirty, self._all_dirty, self._outages_dirty
        self._dirty, self._all_dirty, self._outages_dirty = set(), False, False
        if every:
            await self._learn_operators()
        if outages or every:
            await self.refresh_outages()
        if not all(one.is_mounted for one in self.screen_stack):  # one that is being built was read before this news
            self._dirty |= dirty
            self._all_dirty = self._all_dirty or every or outages
            self._soon()
        for screen in self._standing():
            if screen in self.screen_stack:
                await screen.changed(dirty, everything=every or outages)

    async def _learn_operators(self) -> None:
        try:
            if self._began_without is None:
                await self.desk.learn_operators()
            elif await begin(self.desk, self.local) is None:
                self._began_without = None
        except BackendError as error:
            self._lost(error)

    async def refresh_outages(self) -> None:
        """Read the live outages again."""
        try:
            self.outages = await self.desk.live_outages()
            self.source_seen = self.desk.clock()
        except BackendError as error:
            self._lost(error)
            return
        for screen in self._standing():
            screen.outages_changed()
        self.words_told()

    @work(exclusive=True, group="words", exit_on_error=False)
    async def words_told(self) -> None:
        """Count anew who waits for a word about an outage that is over (R27)."""
        with suppress(BackendError):  # that a source is away is told by whoever reads the outages
            due = await words_due(self.desk)
            if due != self.words_due:
                self.words_due = due
                self.home.outages_changed()


def _warm_up() -> None:
    """Import what the first customer needs, now that the first frame is out."""

    def work() -> None:
        import phonenumbers

        import console.screens.customer  # noqa: F401 -- the view, its forms and the toolkit's text editor

        phonenumbers.parse("+442079460000")

    asyncio.get_running_loop().run_in_executor(None, work)
