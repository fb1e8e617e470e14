"""The Textual application: what lives as long as the console does, and nothing that belongs to one screen.

It performs actions by their id, whoever asks (key, command, click): says why one cannot be done, else hands it to the
screen or does it itself.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol
from zoneinfo import ZoneInfo

from textual import work
from textual.app import App
from textual.binding import BindingType
from textual.events import Event, InputEvent
from textual.filter import LineFilter
from textual.screen import Screen

import themes
from backends.errors import BackendError, NotFound
from backends.events import Event as Change
from backends.events import OutageChanged, Resync
from backends.port import Backend, Capability
from backends.records import Key, Outage, Role
from console import i18n
from console.actions import BY_ID, Action, Circumstances, Need, why_not
from console.desk.desk import Deed, Desk, agent_for
from console.desk.live import listen
from console.desk.local import LocalStore, Spot
from console.desk.picture import find_one
from console.i18n import _, _n
from console.keymap import bindings
from console.keynames import rebound
from console.present.failures import failure_words
from console.present.setting import Now
from console.screens.base import HEIGHTS, WIDTHS, BaseScreen
from console.screens.customer import CustomerScreen
from console.screens.form import FormScreen
from console.screens.home import HomeScreen
from console.screens.lock import LockScreen
from console.screens.workers import WatchesWorkers
from console.terminal import leaving
from console.terminal.clean_filter import CleanFilter
from console.terminal.driver import driver_for
from console.terminal.failures import ReportsFailuresBriefly
from console.terminal.painter import PaintsChangedCells
from console.terminal.turns import TakesKeysInTurn
from widgets.views import Tone

if TYPE_CHECKING:
    from console.terminal.capabilities import Terminal

COALESCE = 0.04
"""Seconds that changes are collected before the screen is read anew."""
QUICK = 0.08
"""Seconds within which a customer is expected; a slower one gets a screen that says it is loading."""
MINUTE = 60
_THEMES = {"sixteen": "sixteen", "mono": "mono"}


class Paths(Protocol):
    """Where things are kept."""

    @property
    def state(self) -> Path:
        """The folder for drafts and failures."""


class Interface(Protocol):
    """The part of the configuration that concerns the screen."""

    @property
    def idle_lock_minutes(self) -> int:
        """Minutes without a key after which customers are hidden; 0 never."""

    @property
    def keys(self) -> Mapping[str, tuple[str, ...]]:
        """Own keys by action id."""


class DraftSettings(Protocol):
    """How drafts are kept."""

    @property
    def save_after_ms(self) -> int:
        """Milliseconds until a draft is on disk."""

    @property
    def keep_days(self) -> int:
        """Days that a draft is kept."""


class Settings(Protocol):
    """The configuration."""

    @property
    def interface(self) -> Interface:
        """How the console looks and answers."""

    @property
    def drafts(self) -> DraftSettings:
        """How drafts are kept."""


class Setting(Protocol):
    """What whoever starts the console knows; the command line has it."""

    @property
    def paths(self) -> Paths:
        """The program's folders."""

    @property
    def settings(self) -> Settings:
        """The configuration."""

    @property
    def actor(self) -> str:
        """The agent's login."""

    @property
    def roles(self) -> Sequence[str]:
        """The agent's roles where the records know none."""

    @property
    def language(self) -> str:
        """The language to speak."""

    @property
    def zone(self) -> ZoneInfo:
        """The time zone that moments are typed and shown in."""

    @property
    def theme(self) -> str:
        """The theme asked for, empty for one that fits."""


class Cordboard(WatchesWorkers, TakesKeysInTurn[int], ReportsFailuresBriefly[int], PaintsChangedCells[int], App[int]):
    """The console of one agent."""

    keys_wait_for = frozenset({"open", "enter", "reply", "answer", "store", "act", "undo", "reference"})

    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [*bindings()]
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
    ) -> None:
        super().__init__(
            driver_class=driver_for(terminal) if terminal else None,
            ansi_color=True if terminal is not None and terminal.colours != "full" else None,
        )
        self.animation_level = "none"
        self.desk = desk
        self.local = local
        self.home = HomeScreen()
        self.keys, self.key_problems = rebound(keys or {})
        self.outages: tuple[Outage, ...] = ()
        self.source_error: BackendError | None = None
        self.source_seen: datetime | None = None
        self._first_customer = customer
        self._lock_minutes = lock_minutes
        self._last_key = time.monotonic()
        self._dirty: set[Key] = set()
        self._all_dirty = False
        self._outages_dirty = False
        self._refreshing = False
        for one in themes.load():
            self.register_theme(one)
        fitting = _THEMES.get(terminal.colours, themes.DEFAULT) if terminal else themes.DEFAULT
        self.theme = theme if theme in self.available_themes else fitting
        self.set_keymap({name: ",".join(used) for name, used in self.keys.items()})

    # starting and ending --------------------------------------------------------------------------------------

    def get_default_screen(self) -> Screen[None]:
        """Begin at home, where the caller's number is typed."""
        return self.home

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Let no control or bidi character of any text through to the terminal (TRUST.md)."""
        return [*super().get_line_filters(), CleanFilter()]

    def on_mount(self) -> None:
        """Begin to listen, and open what was asked for or left behind."""
        self._listen()
        self._tick_by_the_minute()
        self.call_after_refresh(self._begin)

    async def _begin(self) -> None:
        await self.refresh_outages()
        if self.key_problems:
            self.say(self.key_problems[0], Tone.WARN)
        spot = self.local.left_behind()
        if self._first_customer:
            self._open_first(self._first_customer)
        elif spot is not None and spot.customer_key:
            self.open_customer(spot.customer_key, action=spot.action, subject=spot.subject)
            self.call_later(self.say, _("Back where you were when the console ended."), Tone.ACCENT)
        elif drafts := self.local.drafts():
            self.say(
                _n("{n} draft is kept. D shows it.", "{n} drafts are kept. D shows them.", len(drafts)).format(
                    n=len(drafts)
                ),
                Tone.ACCENT,
            )
        await self.home.refresh_lists()
        self.call_after_refresh(_warm_up)

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
        """Note when the agent last used the console."""
        if isinstance(event, InputEvent):
            self._last_key = time.monotonic()
        await super().on_event(event)

    def _minute(self) -> None:
        self._tick_by_the_minute()
        idle = time.monotonic() - self._last_key
        if self._lock_minutes and idle >= self._lock_minutes * MINUTE and not isinstance(self.screen, LockScreen):
            self.push_screen(LockScreen())
        for screen in self.screen_stack:
            if isinstance(screen, BaseScreen):
                screen.time_passed()

    def save(self) -> None:
        """Bring every draft to the disk; called from any thread when the console must go."""
        self.local.flush()

    def act_leave(self) -> None:
        """End the console; drafts stay, also that of a form which is open."""
        for screen in self.screen_stack:
            if isinstance(screen, FormScreen):
                screen.keep_now()
        self.local.at(None)
        self.exit(0)

    # words to the agent ---------------------------------------------------------------------------------------

    def now(self) -> Now:
        """The present for whoever words something."""
        return Now(self.desk.clock(), self.desk.zone, self.desk.operators)

    def say(self, words: str, tone: Tone = Tone.NORMAL) -> None:
        """Tell the agent something in the status line of the screen they see."""
        for screen in reversed(self.screen_stack):
            if isinstance(screen, BaseScreen):
                screen.say(words, tone)
                return

    def fail(self, error: BackendError) -> None:
        """Tell the agent what an error means."""
        self.say(failure_words(error), Tone.BAD)

    # actions --------------------------------------------------------------------------------------------------

    def base_screen(self) -> BaseScreen:
        """Return the screen that actions are about: the topmost that is no dialog."""
        for screen in reversed(self.screen_stack):
            if isinstance(screen, BaseScreen):
                return screen
        return self.home

    def circumstances(self) -> Circumstances:
        """Return what is true now."""
        there = set(self.base_screen().there())
        backend = self.desk.backend
        if Capability.WRITE in backend.capabilities:
            there.add(Need.WRITE)
        if Capability.OUTAGES in backend.capabilities:
            there.add(Need.OUTAGES)
        if self.desk.last_deed() is not None:
            there.add(Need.DEED)
        return Circumstances(frozenset(there), self.desk.rights)

    async def action_perform(self, name: str) -> None:
        """Do an action by its id, or say why it cannot be done now."""
        await self.perform(BY_ID[name])

    async def perform(self, action: Action, words: str = "") -> None:
        """Do an action, with the words of a `:` command if there are any."""
        reason = why_not(action, self.circumstances())
        if reason:
            self.say(reason, Tone.WARN)
            return
        name, _bracket, argument = action.do.partition("(")
        arguments = [argument.rstrip(")").strip("'")] if argument else []
        for owner in (self.base_screen(), self):
            if words and (command := getattr(owner, f"command_{name}", None)) is not None:
                await _finished(command(words))
                return
            if (handler := getattr(owner, f"act_{name}", None)) is not None:
                await _finished(handler(*arguments))
                return
        self.say(_("This works with a customer open."), Tone.WARN)

    def act_row(self, where: str) -> None:
        """Move the cursor of whatever list has it."""
        self.base_screen().move_cursor(where)

    def act_back(self) -> None:
        """Go back one step; at home there is none."""
        if self.base_screen() is self.home:
            self.say(_("This is where you began. F10 ends the console; drafts are kept."))
        else:
            self.pop_screen()

    def act_find(self) -> None:
        """Go home to the omnibox."""
        self.go_home()

    def command_find(self, words: str) -> None:
        """Search for the words that came with the command."""
        self.go_home()
        self.home.type_in(words)

    def go_home(self) -> None:
        """Leave every screen above home."""
        while len(self.screen_stack) > 1 and self.screen is not self.home:
            self.pop_screen()
        self.home.ready_to_type()

    def act_palette(self) -> None:
        """Show the command line."""
        from console.screens.palette import PaletteScreen

        self.push_screen(PaletteScreen(self.circumstances()), self._commanded)

    async def _commanded(self, command: object) -> None:
        from console.palette import Command

        if isinstance(command, Command):
            await self.perform(command.action, command.words)

    def act_help(self) -> None:
        """Show the keys."""
        from console.screens.lists import HelpScreen

        self.push_screen(HelpScreen(self.keys, self.circumstances()))

    def act_log(self) -> None:
        """Show what was done."""
        from console.screens.lists import LogScreen

        self.push_screen(LogScreen())

    def act_drafts(self) -> None:
        """Show the drafts."""
        from console.screens.lists import DraftsScreen

        self.push_screen(DraftsScreen())

    def act_queue(self) -> None:
        """Show what waits for an answer."""
        from console.screens.lists import QueueScreen

        self.push_screen(QueueScreen())

    def act_outages(self) -> None:
        """Show the outages."""
        from console.screens.outages import OutagesScreen

        self.push_screen(OutagesScreen())

    def act_new_customer(self) -> None:
        """Take in somebody new."""
        from console.screens.plans import plan_new_customer

        plan_new_customer(self)

    def act_next_theme(self) -> None:
        """Take the next theme."""
        names = [one.name for one in themes.load()]
        at = names.index(self.theme) + 1 if self.theme in names else 0
        self.command_next_theme(names[at % len(names)])

    def command_next_theme(self, name: str) -> None:
        """Take the theme of that name."""
        if name not in self.available_themes:
            known = ", ".join(one.name for one in themes.load())
            self.say(_("There is no such theme. Known: {names}").format(names=known), Tone.WARN)
            return
        self.theme = name
        self.say(_("Theme: {name}").format(name=name))

    def act_repaint(self) -> None:
        """Paint everything again."""
        self.repaint_everything()

    def act_reload(self) -> None:
        """Read everything again."""
        self._all_dirty = True
        self._soon()

    @work(exclusive=True, group="undo", exit_on_error=False)
    async def act_undo(self) -> None:
        """Take back the last thing that was stored, and say what that was."""
        deed = self.desk.last_deed()
        if deed is not None:
            await self.undo(deed)

    async def undo(self, deed: Deed) -> bool:
        """Take a deed back; returns whether that was possible."""
        label = _(BY_ID[deed.action].label)
        try:
            await self.desk.undo(deed)
        except BackendError as error:
            self.say(_("Not taken back: {why}").format(why=failure_words(error)), Tone.BAD)
            return False
        self.say(_("Taken back: {what} {about}").format(what=label, about=deed.about).rstrip(), Tone.GOOD)
        return True

    # customers ------------------------------------------------------------------------------------------------

    @work(exclusive=True, group="open", exit_on_error=False)
    async def open_customer(self, key: Key, *, at: str = "", action: str = "", subject: str = "") -> None:
        """Open a customer, at a row of their history or tickets if `at` names one, with a form if `action` does."""
        task = asyncio.ensure_future(self.desk.open(key))
        done, _pending = await asyncio.wait({task}, timeout=QUICK)
        screen = CustomerScreen(key, task.result() if done and task.exception() is None else None, at=at)
        if done and (error := task.exception()) is not None:
            if not isinstance(error, BackendError):
                raise error
            self.fail(error)
            return
        while len(self.screen_stack) > 1 and self.screen is not self.home:
            await self.pop_screen()
        await self.push_screen(screen)
        if not done:
            try:
                screen.show(await task)
            except BackendError as error:
                screen.failed(error)
                return
        self.local.opened(key, self.desk.clock())
        self.local.at(Spot(key))
        if action:
            screen.resume(action, subject)

    # what changes elsewhere -----------------------------------------------------------------------------------

    @work(group="live", exit_on_error=False)
    async def _listen(self) -> None:
        await listen(self.desk.backend, self._heard, self._lost)

    def _heard(self, event: Change) -> None:
        if self.source_error is not None:
            self.source_error = None
            self._all_dirty = True
        if isinstance(event, Resync):
            self._all_dirty = True
        elif isinstance(event, OutageChanged):
            self._outages_dirty = True
        else:
            self._dirty.add(event.customer_key)
        self._soon()

    def _lost(self, error: BackendError) -> None:
        self.source_error = error
        for screen in self.screen_stack:
            if isinstance(screen, BaseScreen):
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
        if outages or every:
            await self.refresh_outages()
        for screen in list(self.screen_stack):
            if isinstance(screen, BaseScreen):
                await screen.changed(dirty, everything=every or outages)

    async def refresh_outages(self) -> None:
        """Read the live outages again."""
        try:
            self.outages = await self.desk.live_outages()
            self.source_seen = self.desk.clock()
        except BackendError as error:
            self._lost(error)
            return
        for screen in self.screen_stack:
            if isinstance(screen, BaseScreen):
                screen.outages_changed()


async def _finished(result: Any) -> None:
    if asyncio.iscoroutine(result):
        await result


def _warm_up() -> None:
    """Import what the first customer needs, now that the first frame is out."""

    def work() -> None:
        import phonenumbers

        phonenumbers.parse("+442079460000")

    asyncio.get_running_loop().run_in_executor(None, work)


def make(setting: Setting, backend: Backend, terminal: Terminal | None, customer: str | None = None) -> Cordboard:
    """Return the console for a setting, with its local store opened; the backend must be open."""
    roles = frozenset(Role(role) for role in setting.roles)
    agent = agent_for(setting.actor, roles=roles)
    desk = Desk(backend, agent, setting.zone, setting.language)
    drafts = setting.settings.drafts
    local = LocalStore(
        setting.paths.state / "desk.db",
        store=backend.url,
        agent=setting.actor,
        rest=drafts.save_after_ms / 1000,
        keep_days=drafts.keep_days,
    )
    local.open()
    interface = setting.settings.interface
    return Cordboard(
        desk,
        local,
        theme=setting.theme,
        keys=interface.keys,
        lock_minutes=interface.idle_lock_minutes,
        customer=customer,
        terminal=terminal,
    )


def run(setting: Setting, backend: Backend, terminal: Terminal, *, customer: str | None = None) -> int:
    """Run the console until it is left and return the exit code; raises what opening the backend raises."""
    i18n.use(setting.language)
    ReportsFailuresBriefly.failure_folder = setting.paths.state
    return asyncio.run(_run(setting, backend, terminal, customer))


async def _run(setting: Setting, backend: Backend, terminal: Terminal, customer: str | None) -> int:
    await backend.open()
    try:
        app = make(setting, backend, terminal, customer)
        await app.desk.start()
        leaving.install(app, app.save)
        try:
            await app.run_async(mouse=terminal.mouse)
        finally:
            leaving.uninstall()
            app.local.close()
        return app.return_code or 0
    finally:
        await backend.close()
