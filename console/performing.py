"""Actions of the whole console: performed by their id, whoever asks (key, command, click), or refused with why."""

from __future__ import annotations

import asyncio
import math
import time
from typing import TYPE_CHECKING, Any, cast

from textual import work
from textual.app import App
from textual.css.query import NoMatches

import themes
from backends.errors import BackendError
from backends.port import Capability
from console.actions import BY_ID, Action, Circumstances, Need, why_not
from console.desk.desk import Deed, Desk
from console.desk.local import Draft, LocalStore
from console.desk.persons import can_move
from console.desk.sources import Joining
from console.i18n import _
from console.present.failures import failure_words
from console.present.setting import Now
from console.screens.answering import Answering
from console.screens.base import BaseScreen
from console.screens.home import HomeScreen
from console.screens.lock import LockScreen
from console.screens.workers import WatchesWorkers
from console.terminal.painter import PaintsChangedCells
from widgets.views import Tone

if TYPE_CHECKING:
    from console.app import Cordboard


AFTER_REFUSAL = 0.7
"""Seconds without a key after which keys are commands again, once one was refused."""


class PerformsActions(WatchesWorkers, PaintsChangedCells[int], App[int]):
    """The part of the application that does what is asked; screens do what is theirs."""

    desk: Desk
    local: LocalStore
    home: HomeScreen
    phone: Answering
    keys: dict[str, tuple[str, ...]]
    lean: bool
    """Whether the line is slow: few bytes matter more than seeing everything at once."""
    _refused_at = -math.inf

    # words to the agent ---------------------------------------------------------------------------------------

    def now(self) -> Now:
        """The present for whoever words something."""
        rules = self.desk.rules
        return Now(
            self.desk.clock(),
            self.desk.zone,
            self.desk.operators,
            rules.clocks_file,
            rules.compensation_file,
            rules.texts_file,
        )

    def say(self, words: str, tone: Tone = Tone.NORMAL) -> None:
        """Tell the agent something in the status line of the screen they see."""
        for screen in reversed(self.screen_stack):
            if isinstance(screen, BaseScreen):
                screen.say(words, tone)
                return

    def fail(self, error: BackendError) -> None:
        """Tell the agent what an error means."""
        self.say(failure_words(error), Tone.BAD)

    def tell_done(self, words: str) -> None:
        """Say what the last deed stored, and how to take it back; or that it is still on its way (R23)."""
        deed = self.desk.last_deed()
        if deed is not None and deed.receipt.waiting:
            self.say(_("NOT SENT yet, but kept here. O shows it."), Tone.WARN)
        else:
            self.say(f"{words} {_('u takes it back.')}", Tone.GOOD)

    # actions --------------------------------------------------------------------------------------------------

    def base_screen(self) -> BaseScreen:
        """Return the screen that actions are about: the topmost that is no dialog."""
        for screen in reversed(self.screen_stack):
            if isinstance(screen, BaseScreen):
                return screen
        return self.home

    def circumstances(self) -> Circumstances:
        """Return what is true now."""
        try:
            there = set(self.base_screen().there())
        except NoMatches:  # a screen that is going away has lost its lists before itself
            there = set()
        backend = self.desk.backend
        if Capability.WRITE in backend.capabilities:
            there.add(Need.WRITE)
        if Capability.OUTAGES in backend.capabilities:
            there.add(Need.OUTAGES)
        if self.desk.last_deed() is not None:
            there.add(Need.DEED)
        if Capability.LINKS in backend.capabilities and (isinstance(backend, Joining) or can_move(backend)):
            there.add(Need.SEVERAL)
        return Circumstances(frozenset(there), self.desk.rights)

    async def action_perform(self, name: str) -> None:
        """Do an action by its id, or say why it cannot be done now.

        Keys that follow a refused one without a pause were meant for the form that did not open: they do nothing.
        """
        now = time.monotonic()
        if now - self._refused_at < AFTER_REFUSAL:
            self._refused_at = now
            return
        await self.perform(BY_ID[name])

    def action_type_number(self, character: str) -> None:
        """Begin a search with the first digit of a number, wherever the agent is: for a caller, but where it is told
        whom else a number is looked up for.
        """
        if time.monotonic() - self._refused_at < AFTER_REFUSAL or self.base_screen().number_typed(character):
            return
        typed = self.home.typed() if self.base_screen() is self.home else ""
        self.go_home()
        self.home.type_in(typed + character)

    async def perform(self, action: Action, words: str = "") -> None:
        """Do an action, with the words of a `:` command if there are any."""
        reason = why_not(action, self.circumstances())
        if reason:
            self._refused_at = time.monotonic()
            self.say(reason, Tone.WARN)
            return
        name, _bracket, argument = action.do.partition("(")
        arguments = [argument.rstrip(")").strip("'")] if argument else []
        owners = (self.base_screen(), self)
        for owner in owners if words else ():
            if (command := getattr(owner, f"command_{name}", None)) is not None:
                await _finished(command(words))
                return
        if words:
            self.say(_("This command takes no words; “{words}” was left out.").format(words=words), Tone.WARN)
        for owner in owners:
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

    def act_call(self) -> None:
        """Go home to the omnibox: somebody else is on the line."""
        self.go_home()

    def command_call(self, words: str) -> None:
        """Search for whom the words name."""
        self.command_find(words)

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

    def act_outbox(self) -> None:
        """Show what is not with its source yet."""
        from console.screens.outbox import OutboxScreen

        self.push_screen(OutboxScreen())

    def act_sources(self) -> None:
        """Show how the sources stand."""
        from console.screens.sources import SourcesScreen

        self.push_screen(SourcesScreen())

    def act_queue(self) -> None:
        """Show what waits for an answer."""
        from console.screens.lists import QueueScreen

        if not self._back_to_list(QueueScreen):
            self.push_screen(QueueScreen())

    def act_agenda(self) -> None:
        """Show what to do now, most urgent first."""
        from console.screens.agenda import AgendaScreen

        if not self._back_to_list(AgendaScreen):
            self.push_screen(AgendaScreen())

    def _back_to_list(self, kind: type[BaseScreen]) -> bool:
        """Go back to the list that the open customer was chosen in; False where there is none."""
        if not any(isinstance(one, kind) for one in self.screen_stack):
            return False
        while not isinstance(self.screen, kind):
            self.pop_screen()
        return True

    def act_calls(self) -> None:
        """Go to the other call, or back to the open one; where there is only one, show the calls of today."""
        if not isinstance(self.screen, LockScreen) and not self.phone.switch():
            self.command_calls("")

    def command_calls(self, _words: str) -> None:
        """`:calls list` shows the calls of today, also while somebody else rings."""
        from console.screens.calls import CallsScreen

        self.push_screen(CallsScreen())

    def act_script(self) -> None:
        """Go through the questions of a matter with somebody who is not open: they are taken in by it."""
        from console.screens.guide import begin

        begin(cast("Cordboard", self))

    def act_outages(self) -> None:
        """Show the outages."""
        from console.screens.outages import OutagesScreen

        self.push_screen(OutagesScreen())

    def act_new_customer(self) -> None:
        """Take in somebody new."""
        from console.screens.plans_people import plan_new_customer

        plan_new_customer(cast("Cordboard", self))

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
        words = _("Taken back: {what} {about}").format(what=label, about=deed.about).rstrip()
        if deed.answers:
            customer = "" if deed.action == "new_customer" else deed.customer_key
            self.local.keep(Draft(customer, deed.action, deed.subject, deed.answers, self.desk.clock()))
            words = _("{words}. Its text is a draft again: D shows it.").format(words=words)
        self.say(words, Tone.GOOD)
        return True


async def _finished(result: Any) -> None:
    if asyncio.iscoroutine(result):
        await result
