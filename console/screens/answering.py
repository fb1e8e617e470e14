"""What the console does when somebody rings: whose operator it is, who it is, and where the agent was.

Nothing that the agent was writing is lost, and nothing they type while the picture changes under their hands reaches
the new one. While somebody is on the line a second call takes no screen: it stands in the call line, one key away.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from textual.events import Event
from textual.worker import Worker, WorkerCancelled, WorkerFailed

from backends.clean import fold
from backends.records import Customer, Key
from console.actions import BY_ID
from console.calls.book import CallBook
from console.calls.call import Call, CallState, Heard
from console.calls.kept import kept, read_kept
from console.calls.ways import Trouble, Ways, open_ways
from console.desk.local import CALL, Draft, Spot
from console.i18n import _
from console.present import calls as words
from console.rules.callers import Candidate, family, sure_one
from console.screens.base import BaseScreen
from console.screens.hush import Hush
from console.screens.lock import LockScreen
from widgets.views import StatusView, Tone

if TYPE_CHECKING:
    from console.app import Cordboard

STORING = 10.0
"""Seconds that a save under way is waited for before the screen changes."""
AT_ONCE = 0.3
"""Seconds within which a caller is expected to be found; a slower source gets a screen that says it is looking."""
ONLY_RINGS = timedelta(minutes=3)
"""A call of which only the ringing was told, by nobody we know, stands in nobody's way for longer."""
POP = "pop"


def resume_guide(app: Cordboard, subject: str) -> None:
    """Go on with the guide of a caller who is not stored yet, where a second call left it."""
    from console.screens.guide import resume

    resume(app, subject)


class Answering:
    """The calls of one console."""

    def __init__(self, app: Cordboard, ways: Ways) -> None:
        self._app = app
        self._ways = ways
        self.book = CallBook(self._read)
        self.hush = Hush(app)
        self._current = ""
        self._places: dict[str, Spot] = {}
        self._only_rings: set[str] = set()
        self._waits_for_unlock = ""
        self._chosen = ""
        app.desk.on_call_noted = self.noted

    # what others ask --------------------------------------------------------------------------------------------

    @property
    def call(self) -> Call | None:
        """The call that the console is about: the one on the line, or the last one until another comes."""
        return self.book.get(self._current)

    @property
    def dialled_family(self) -> frozenset[Key]:
        """The operator that the caller rang, and its relatives; empty when nobody rings or none of ours was dialled."""
        call = self.call
        return family(call.operator_key, self._app.desk.operators) if call is not None and call.live else frozenset()

    def call_for(self, customer: Key) -> Call | None:
        """Return the call that a note about this customer is about, None when there is none.

        Theirs, also when another rings by now; else the one on the line, for whoever is opened while it goes on.
        """
        usable = [one for one in self.book.calls if not (one.noted or one.answered_by or one.missed)]
        current = next((one for one in usable if one.id == self._current), None)
        if current is not None and current.customer_key in ("", customer):
            return current
        theirs = next((one for one in usable if one.customer_key == customer), None)
        return theirs or (current if current is not None and current.live else None)

    def kept(self, call: Call | None) -> str:
        """Return a call as a draft keeps it, empty for none."""
        return kept(call)

    def call_of(self, draft: Draft) -> Call | None:
        """Return the call that a draft was begun with, as it is now; None for a draft that was begun without one."""
        call = read_kept(draft.answers.get(CALL, ""), draft.at)
        return self.as_it_is(call) if call is not None else None

    def as_it_is(self, call: Call) -> Call:
        """Return what is known of a call by now; one of an earlier console stays as its draft kept it."""
        known = self.book.get(call.id)
        return known if known is not None and (known.at, known.number) == (call.at, call.number) else call

    def _over(self, call: Call) -> Call:
        """Return a call that is over as one where people talked, if something was written down for it."""
        if not call.missed:
            return call
        from console.screens.lists import says_something

        begun = (self.call_of(one) for one in self._app.local.drafts() if says_something(one))
        return self.book.put(replace(call, talked=True)) if any(one == call for one in begun) else call

    def number_to_bind(self, customer: Customer) -> str:
        """Return the caller's number when this customer is not known to have it, empty when there is none to bind."""
        call = self.call
        if call is None or not call.dialable or any(point.value == call.number for point in customer.points):
            return ""
        return call.number if call.customer_key in ("", customer.key) else ""

    def swallows(self, event: Event) -> bool:
        """Return whether a key came too close to a call to mean what is on the screen now."""
        return self.hush.swallows(event)

    # the ways in ------------------------------------------------------------------------------------------------

    async def listen(self) -> None:
        """Hear all ways in until cancelled."""
        await open_ways(self._ways, self.hear, self._tell_trouble)

    def hear(self, heard: Heard) -> None:
        """Take in news, in its turn, wherever it came from."""
        self._app.call_later(self._take_in, heard)

    def _tell_trouble(self, trouble: Trouble, where: str) -> None:
        tone = Tone.GOOD if trouble is Trouble.SOFTPHONE_BACK else Tone.WARN
        self._app.call_later(self._app.say, words.trouble_words(trouble, where), tone)

    def _read(self, heard: Heard) -> tuple[str, str, Key]:
        from console.calls import numbers

        desk = self._app.desk
        more = [(number, code) for code, how in desk.rules.answering.items() for number in how.numbers]
        operator = numbers.operator_dialled(heard.dialled, desk.operators.values(), more, whole=heard.whole)
        served = [one for one in desk.operators.values() if not desk.operator_keys or one.key in desk.operator_keys]
        if operator is None and len(served) == 1:
            operator = served[0]  # whoever rings a desk of one operator has rung that one
        countries = tuple(dict.fromkeys(one.country for one in (*([operator] if operator else []), *served)))
        return (
            numbers.read(heard.number, countries, whole=heard.whole),
            numbers.read(heard.dialled, countries, whole=heard.whole),
            operator.key if operator else "",
        )

    # news -------------------------------------------------------------------------------------------------------

    def _take_in(self, heard: Heard) -> None:
        mine = self._is_mine(heard.users)
        if not mine and heard.state is CallState.RINGING:
            return
        elsewhere = not mine and heard.state is CallState.ANSWERED
        count = len(self.book.calls)
        news = replace(heard, state=CallState.ENDED) if elsewhere else heard
        call = self.book.hear(news, self._app.desk.clock())
        if call is None:
            return
        if elsewhere:
            call = self.book.put(replace(call, answered_by=heard.users[0]))
        call = self._over(call)
        new = len(self.book.calls) > count
        if new and heard.source == POP and heard.state is CallState.RINGING:
            self._only_rings.add(call.id)
        elif heard.source != POP or heard.state is not CallState.RINGING:
            self._only_rings.discard(call.id)
        self._changed(call, new)

    def _is_mine(self, users: tuple[str, ...]) -> bool:
        """Return whether news that names colleagues is ours: it names us, or only extensions that we do not know."""
        agent = self._app.desk.agent
        me = {fold(agent.login), fold(agent.name)}
        named = [fold(one.partition("@")[0]) for one in users]
        return not users or any(one in me for one in named) or all(one.isdecimal() for one in named)

    def _changed(self, call: Call, new: bool) -> None:
        ringing = self._app.desk.rules.calls.open_on == "ringing"
        opens = call.state is CallState.ANSWERED or (new and ringing and call.live)
        if call.inbound and opens and call.id != self._current and call.id not in self._places:
            self._rings(call)
        elif not call.inbound and new and call.live and self._free():
            self._leave(self.book.put(replace(call, customer_key=self._spot().customer_key)))  # they are open already
        elif not call.live:
            self._tell_end(call)
        self.show()

    def _tell_end(self, call: Call) -> None:
        who = words.who_words(call)
        if call.answered_by:
            self._app.say(f"{who}: {words.state_words(call, self._app.now())}.")
        elif call.missed:
            said = _("Missed: {who}. {key} shows the calls of today.")
            self._app.say(said.format(who=who, key=self._key()), Tone.WARN)
        elif (other := self.other()) is not None and call.id == self._current:
            said = _("Still waiting: {who}. {key} goes there.")
            self._app.say(said.format(who=words.who_words(other), key=self._key()), Tone.WARN)

    def _key(self) -> str:
        """Return the key that goes to another call, one that works where the agent is."""
        screen = self._app.base_screen()
        return screen.key_shown(BY_ID["calls"], typing=screen.writing() or self._app.screen is not screen)

    def _free(self) -> bool:
        """Return whether nobody is on the line; a call of which only the ringing is told ends when left or logged."""
        call = self.call
        if call is None or not call.live:
            return True
        if call.id not in self._only_rings:
            return False
        now = self._app.desk.clock()
        left = self._spot().customer_key != call.customer_key if call.customer_key else now - call.at > ONLY_RINGS
        if call.noted or left:
            self.end(call.id)
            return True
        return False

    def _rings(self, call: Call) -> None:
        if isinstance(self._app.screen, LockScreen):
            self._waits_for_unlock = call.id
        elif self._free():
            self._open(call)
        else:
            said = _("Somebody else rings: {who}. {key} goes there, and back.")
            if call.state is CallState.ANSWERED:
                said = _("You took {who} as well. {key} goes there, and back.")
            self._app.say(said.format(who=words.who_words(call), key=self._key()), Tone.WARN)

    def unlocked(self) -> None:
        """Open who rang while customers were hidden, if they are still there."""
        call = self.book.get(self._waits_for_unlock)
        self._waits_for_unlock = ""
        if call is not None and call.live and self._free():
            self._open(call)
        self.show()

    # taking the screen ------------------------------------------------------------------------------------------

    def _open(self, call: Call) -> None:
        self._leave(call)
        self._app.run_worker(self._opening(call), group="pop", exclusive=True, exit_on_error=False)

    def _leave(self, call: Call) -> None:
        """Make `call` the one the console is about, and remember where the one before stood."""
        before = self.call
        if before is not None and before.id != call.id:
            self._places[before.id] = self._spot()
        self._current = call.id

    def _spot(self) -> Spot:
        """Return where the agent is: whose customer, in which form."""
        from console.screens.customer_base import CustomerBase
        from console.screens.form import FormScreen
        from console.screens.guide import GuideScreen

        stack = reversed(self._app.screen_stack)
        customer = next((one.key for one in stack if isinstance(one, CustomerBase)), "")
        guide = next((one for one in reversed(self._app.screen_stack) if isinstance(one, GuideScreen)), None)
        if guide is not None:
            return guide.spot
        form = next((one for one in reversed(self._app.screen_stack) if isinstance(one, FormScreen)), None)
        if form is None or form.plan.customer_key != customer:
            return Spot(customer)
        return Spot(customer, form.plan.action, form.plan.subject)

    async def _opening(self, call: Call) -> None:
        await self.hush.until_quiet()
        await self._until_stored()
        parked = self._park()
        self.hush.begin(*parked)
        await self._look_for(call)
        if parked[0] is not None:
            self._tell_parked()

    def _tell_parked(self) -> None:
        self._app.say(_("What you were writing is kept as a draft: D shows it."), Tone.ACCENT)

    async def _look_for(self, call: Call) -> None:
        from console.desk.calling import candidates_for

        if call.dialable:
            finding = asyncio.ensure_future(candidates_for(self._app.desk, call))
            await asyncio.wait({finding}, timeout=AT_ONCE)
            await self._show_found(call, finding)
        else:
            self._nobody_known(call)

    def _nobody_known(self, call: Call) -> None:
        app = self._app
        app.go_home()
        if call.withheld:
            app.say(_("The caller shows no number: ask for name, address or customer number."), Tone.ACCENT)
        else:
            app.home.type_in(call.number)

    async def _show_found(self, call: Call, finding: asyncio.Future[tuple[Candidate, ...]]) -> None:
        from console.screens.caller import CallerScreen

        if finding.done() and finding.exception() is None:
            sure = sure_one(finding.result())
            if sure is not None:
                with suppress(WorkerFailed, WorkerCancelled):  # worded by whoever watches workers
                    await self.choose(call, sure.customer.key).wait()
                return
        self._app.go_home()
        await self._app.push_screen(CallerScreen(call.id, finding))

    def choose(self, call: Call, key: Key) -> Worker[None]:
        """Open the customer who rings."""
        self.book.put(replace(self.book.get(call.id) or call, customer_key=key))
        self._chosen = call.id
        return self._app.open_customer(key)

    def opened(self, key: Key, *, goes_on: bool = False) -> None:
        """Note that a customer was opened: whoever is on the line and not known yet is them.

        Not where the agent `goes_on` with a form that was begun before: that says nothing of who is on the line.
        """
        call = self.call
        if goes_on:
            self.show()
            return
        if call is not None and call.live and (not call.customer_key or self._chosen == call.id):
            self.book.put(replace(call, customer_key=key))  # another than was chosen where two were joined into one
        self._chosen = ""
        self.show()
        picture = getattr(self._app.base_screen(), "picture", None)
        if picture is not None and call is not None and (number := self.number_to_bind(picture.file.customer)):
            self._app.say(_("# notes that {number} is theirs.").format(number=number), Tone.ACCENT)

    def noted_one(self, call: Call, customer: Key) -> None:
        """Note that a call is logged which may be one of an earlier console."""
        if self.book.get(call.id) == self.as_it_is(call):
            self.noted(call.id, customer)

    def noted(self, call_id: str, customer: Key) -> None:
        """Note that a call is logged, and for whom."""
        call = self.book.get(call_id)
        if call is not None:
            self.book.put(replace(call, noted=True, customer_key=customer))
            if call.id in self._only_rings:
                self.book.end(call.id, self._app.desk.clock())
        self.show()

    def rang_for(self, call_id: str, operator: Key) -> None:
        """Take an agent's word for whom somebody rang, where the number dialled does not say."""
        call = self.book.get(call_id)
        if call is not None and operator in self._app.desk.operators:
            self.book.put(replace(call, operator_key=operator))
        self.show()

    def end(self, call_id: str) -> None:
        """Note that a call is over of whose end nobody tells."""
        if (call := self.book.end(call_id, self._app.desk.clock())) is not None:
            self._over(call)
        self.show()

    # there and back ---------------------------------------------------------------------------------------------

    def other(self) -> Call | None:
        """Return the live call to go to next, so that whoever goes on comes round to all of them."""
        return next(iter(self._others()), None)

    def _others(self) -> list[Call]:
        """Return the live calls that are not open, as they follow the open one in the order in which they rang."""
        live = self.book.live
        after = next((place for place, one in enumerate(live, start=1) if one.id == self._current), 0)
        return [one for one in (*live[after:], *live[:after]) if one.id != self._current and not one.noted]

    def switch(self) -> bool:
        """Go to the other call, or back to the open one; returns whether there was anywhere to go."""
        call = self.other() or self.call
        if call is None or not call.live or (call.id == self._current and self._is_at(call)):
            return False
        self.go_to(call)
        return True

    def _is_at(self, call: Call) -> bool:
        return self._spot().customer_key == call.customer_key

    def go_to(self, call: Call) -> None:
        """Go to a call, to where it was left; the agent asked for it, so that no key is held back."""
        self._app.run_worker(self._going(call), group="pop", exclusive=True, exit_on_error=False)

    async def _going(self, call: Call) -> None:
        await self._until_stored()
        parked, _question = self._park()
        self._leave(call)
        self.show()  # before the screen changes: the new one begins with the greeting
        place = self._places.pop(call.id, None)
        if place is not None and place.action == "script" and not place.customer_key:
            self._app.go_home()
            self._app.call_later(resume_guide, self._app, place.subject)
        else:
            await self._open_again(call, place)
        self.show()
        if parked is not None:
            self._tell_parked()

    async def _open_again(self, call: Call, place: Spot | None) -> None:
        with suppress(WorkerFailed, WorkerCancelled):  # worded by whoever watches workers
            if place is not None and place.customer_key:
                spot = {"action": place.action, "subject": place.subject}
                await self._app.open_customer(place.customer_key, **spot).wait()
            elif call.customer_key:
                await self._app.open_customer(call.customer_key).wait()
            else:
                await self._look_for(call)

    # nothing that was begun is lost -----------------------------------------------------------------------------

    async def _until_stored(self) -> None:
        """Let a save that is under way end: the form that shows what came of it must still be there."""
        storing = [one for one in self._app.workers if one.group == "store" and not one.is_finished]
        if tasks := [one._task for one in storing if one._task is not None]:
            await asyncio.wait(tasks, timeout=STORING)

    def _park(self) -> tuple[Draft | None, str]:
        """Keep what stands in every open form; returns the topmost draft that says something, and its question."""
        from console.screens.form import FormScreen
        from console.screens.guide import GuideScreen
        from console.screens.lists import says_something

        for screen in reversed(self._app.screen_stack):
            if isinstance(screen, GuideScreen) and screen.is_mounted:
                screen.keep_now()
                return self._app.local.draft(*screen.draft_name), "_typed"
            if isinstance(screen, FormScreen) and screen.is_mounted:
                screen.keep_now()
                plan = screen.plan
                draft = self._app.local.draft(plan.customer_key, plan.action, plan.subject)
                if draft is not None and says_something(draft):
                    return draft, screen.field_with_keys()
        return None, ""

    # the call line ----------------------------------------------------------------------------------------------

    def show(self) -> None:
        """Show how the calls stand on every screen."""
        self._app.desk.current_call = self.call
        for screen in self._app.screen_stack:
            if isinstance(screen, BaseScreen) and screen.is_mounted:
                screen.show_calls()

    def lines(self) -> tuple[StatusView, StatusView]:
        """Return what to say first, and who is on the line; empty when nobody is."""
        call = self.call
        if call is not None and not call.live and (call.noted or call.answered_by or call.missed):
            call = None
        others = self._others()
        if call is None and not others:
            return StatusView(), StatusView()
        operator = self._app.desk.operators.get(call.operator_key) if call is not None else None
        now = self._app.now()
        return words.greeting(call, operator, now), words.call_line(call, others, now, self._key())
