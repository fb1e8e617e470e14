"""Outages: see them all, say that something is brewing, confirm, update, restore, dismiss (R26)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from backends.errors import BackendError
from backends.port import Batch, Capability, OutageFilter
from backends.records import LIVE_OUTAGE_STATES, Key, Outage, OutageState
from console.actions import RIGHT_REASONS, Where
from console.desk.acts.outages import may_become, raise_outage, update_outage
from console.desk.desk import Deed
from console.desk.local import OCCASION
from console.desk.restoring import words_of
from console.i18n import _, _n
from console.present import forms, results
from console.present.banners import ranked, title_words
from console.present.failures import failure_words
from console.present.labels import plain
from console.present.outage_body import known
from console.rules.restoring import OVER, words_promised
from console.rules.roles import Right
from console.screens.base import BaseScreen
from console.screens.customer_base import CustomerBase
from console.screens.form import FormScreen, Plan
from console.screens.read import ReadScreen
from console.words import word
from widgets.body import BodyPane
from widgets.bottom import KeyHints
from widgets.rows import RowList
from widgets.views import BodyView, Feed, FeedView, FormView, HintView, RowsView, Tone

ACTION = "outages"
"""What the drafts of this screen's forms are kept under."""
TOLD, WORDS = "told", "words-"
"""Codes of drafts that are no form of a step: edited words to people, edited texts in a language."""
RAISING = ""
"""The subject of the draft of an outage that is being raised; of others it is the outage's key and the step."""
LOOK_BACK = timedelta(days=30)
Values = Mapping[str, str]


class OutagesScreen(BaseScreen):
    """All live outages and those of the last month."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "raise_one", "", show=False),
        Binding("c", "step('confirmed')", "", show=False),
        Binding("e", "step('')", "", show=False),
        Binding("x", "step('restored')", "", show=False),
        Binding("d", "step('dismissed')", "", show=False),
        Binding("C", "confirm_at_once", "", show=False),
        Binding("w", "words", "", show=False),
        Binding("l", "told", "", show=False),
    ]
    hints_of: ClassVar[frozenset[Where]] = frozenset({Where.ANYWHERE, Where.OUTAGES})

    DEFAULT_CSS = """
    OutagesScreen #reading { height: 1fr; }
    """

    def __init__(self, subject: str | None = None, at: Key = "") -> None:
        """Take the form to go on with, by the subject of its draft, None for none; or the outage to stand on."""
        super().__init__()
        self._outages: dict[Key, Outage] = {}
        self._go_on = subject
        self._at = at

    def body_widgets(self) -> ComposeResult:
        """The outages."""
        feed = FeedView(Feed.LOADING, _("one moment"))
        yield RowList(RowsView(title=_("Outages"), feed=feed), id="outages")
        yield BodyPane(BodyView(), id="reading")

    def on_mount(self) -> None:
        """Read them."""
        super().on_mount()
        self.query_one(RowList).focus()
        self.read()

    def hints(self) -> list[HintView]:
        """Return this screen's own keys first."""
        rights = self.console_app.desk.rights
        decide = Right.OUTAGE_DECIDE in rights
        return [
            HintView("n", _("Raise"), "raise_one", Right.OUTAGE_SUSPECT in rights, 9),
            HintView("c", _("Confirm"), "confirmed", decide, 8),
            HintView("e", _("News"), "update", decide, 7),
            HintView("x", _("Over"), "restored", decide, 6),
            HintView("d", _("Dismiss"), "dismissed", decide, 5),
            HintView("l", _("Who waits"), "told", True, 4),
            HintView("w", _("Words"), "words", True, 3),
            HintView("Enter", _("Read"), "read", True, 2),
            HintView("Esc", _("Back"), "back", True, 1),
        ]

    async def on_key_hints_pressed(self, event: KeyHints.Pressed) -> None:
        """A click on a key is as good as the key."""
        event.stop()
        if event.action == "raise_one":
            self.action_raise_one()
        elif event.action == "back":
            self.console_app.act_back()
        elif event.action == "read":
            self.query_one(RowList).action_choose()
        elif event.action in ("told", "words"):
            getattr(self, f"action_{event.action}")()
        else:
            self.action_step("" if event.action == "update" else event.action)

    @work(exclusive=True, group="outages", exit_on_error=False)
    async def read(self) -> None:
        """Read the outages again."""
        app = self.console_app
        keys = app.desk.operator_keys
        try:
            live = await app.desk.live_outages()
            since = app.desk.clock() - LOOK_BACK
            past = await app.desk.backend.outages(OutageFilter(operator_keys=keys, since=since))
        except BackendError as error:
            feed = FeedView(Feed.FAILED, failure_words(error))
            self.query_one(RowList).show(RowsView(title=_("Outages"), feed=feed))
            return
        over = [one for one in past if one.state not in LIVE_OUTAGE_STATES]
        self._outages = {one.key: one for one in ranked((*live, *over))}
        self.time_passed()
        subject, self._go_on = self._go_on, None
        key, _colon, code = (subject or "").rpartition(":")
        if subject == RAISING:
            self.action_raise_one()
        elif key and self.query_one(RowList).go_to(key):
            self._go_on_with(code)
        elif self._at and self.query_one(RowList).go_to(self._at):
            self._at = ""

    def _go_on_with(self, code: str) -> None:
        """Open what a draft was left in: a form of a step, edited texts, or edited words to people."""
        if code == TOLD:
            self.action_told()
        elif code.startswith(WORDS):
            self.action_words(code.removeprefix(WORDS))
        else:
            self.action_step(code)

    def time_passed(self) -> None:
        """Word the ages anew."""
        rows = self.query_one(RowList)
        rows.show(results.outages(tuple(self._outages.values()), self.console_app.now()))
        outage = self.chosen()
        if outage is not None:
            self.query_one("#reading", BodyPane).show(self._body(outage))

    def outages_changed(self) -> None:
        """Read them again."""
        self.read()

    def chosen(self) -> Outage | None:
        """Return the outage under the cursor."""
        return self._outages.get(self.query_one(RowList).cursor_key)

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        """Read all that is known of it on the full screen."""
        outage = self._outages.get(event.key)
        if outage is not None:
            self.app.push_screen(ReadScreen(self._body(outage)))

    def on_row_list_highlighted(self, event: RowList.Highlighted) -> None:
        """Show what is known of it below the list."""
        outage = self._outages.get(event.key)
        if outage is not None:
            self.query_one("#reading", BodyPane).show(self._body(outage))

    def _body(self, outage: Outage) -> BodyView:
        return known(outage, self.console_app.now())

    # acting ---------------------------------------------------------------------------------------------------

    def _may(self, right: Right) -> bool:
        if right in self.console_app.desk.rights:
            return True
        self.say(_(RIGHT_REASONS[right]), Tone.WARN)
        return False

    def _open(self, view: FormView, make: Callable[[Values], Batch], subject: str, about: str, words: str) -> None:
        app = self.console_app

        async def store(values: Values) -> Deed:
            return await app.desk.do(make(values), ACTION, about=about, occasion=values.get(OCCASION, ""))

        def after(deed: Deed, _values: Values) -> None:
            raised = deed.receipt.changes[0].after
            if not about and isinstance(raised, Outage):
                self._at = raised.key  # the list is in order of gravity: the keys mean the one that was raised
                deed.about = plain(f"{raised.reference} {title_words(raised)}")
            app.tell_done(words)
            self.read()
            if isinstance(raised, Outage) and raised.state in OVER:
                self._tell_who_waits(raised, words)

        app.push_screen(FormScreen(Plan(ACTION, "", view, store, subject, after=after)))

    def action_words(self, language: str = "") -> None:
        """Show what customers are told of this outage."""
        from console.screens.outage_words import OutageWordsScreen

        if (outage := self.chosen()) is not None:
            self.app.push_screen(OutageWordsScreen(outage, language))

    def action_told(self) -> None:
        """Show who was promised a word about this outage, and whom it hits."""
        from console.screens.restored import RestoredScreen

        if (outage := self.chosen()) is not None:
            self.app.push_screen(RestoredScreen(outage))

    def action_confirm_at_once(self) -> None:
        """Confirm a suspicion by this key alone: the network side is on the line, and there is nothing to add."""
        outage = self.chosen()
        if outage is None or not self._may(Right.OUTAGE_DECIDE):
            return
        if not may_become(outage, OutageState.CONFIRMED):
            self._tell_that_it_cannot(outage)
            return
        desk = self.console_app.desk
        batch = update_outage(
            outage, {}, agent=desk.agent, now=desk.clock(), zone=desk.zone, state=OutageState.CONFIRMED
        )
        self._confirm(batch, plain(f"{outage.reference} {word(OutageState.CONFIRMED)}"))

    @work(exclusive=True, group="store", exit_on_error=False)
    async def _confirm(self, batch: Batch, about: str) -> None:
        try:
            await self.console_app.desk.do(batch, ACTION, about=about)
        except BackendError as error:
            self.say(failure_words(error), Tone.BAD)
        else:
            self.console_app.tell_done(_("Confirmed. Every console shows it."))
        self.read()

    def _tell_that_it_cannot(self, outage: Outage) -> None:
        self.say(_("This outage is {state}; that step does not follow.").format(state=word(outage.state)), Tone.WARN)

    @work(exclusive=True, group="waits", exit_on_error=False)
    async def _tell_who_waits(self, outage: Outage, words: str) -> None:
        """Say who waits for a word about what has just ended, and the key that lists them (R27)."""
        desk = self.console_app.desk
        if not desk.can(Capability.PENDING):
            return
        with suppress(BackendError):  # the home screen tells it, too, once the source answers
            count = len(words_promised(await words_of(desk, outage), outage))
            if count:
                waits = _n("{n} person waits for a word: l.", "{n} people wait for a word: l.", count)
                self.console_app.tell_done(f"{words} {waits.format(n=count)}")

    def _begun(self) -> dict[str, str]:
        """Return what an outage begins with: the operator of the customer who is open, or whom the caller rang."""
        app = self.console_app
        call = app.phone.call
        for screen in reversed(app.screen_stack):
            if isinstance(screen, CustomerBase) and screen.picture is not None:
                return {"operator": screen.picture.file.operator.key}
        if call is not None and call.live and call.operator_key:
            return {"operator": call.operator_key}
        served = app.desk.operator_keys
        return {"operator": next(iter(served))} if len(served) == 1 else {}

    def action_raise_one(self) -> None:
        """Say that something is brewing."""
        if not self._may(Right.OUTAGE_SUSPECT):
            return
        desk = self.console_app.desk
        draft = self.console_app.local.draft("", ACTION, RAISING)
        operators = list(desk.operators.values())
        decide = Right.OUTAGE_DECIDE in desk.rights
        view = forms.raise_outage(operators, draft.answers if draft else self._begun(), may_confirm=decide)

        def make(values: Values) -> Batch:
            chosen = values.get("operator", "")
            keys = (chosen,) if chosen else tuple(one.key for one in operators) if len(operators) == 1 else ()
            return raise_outage(
                values,
                agent=desk.agent,
                now=desk.clock(),
                zone=desk.zone,
                language=desk.language,
                operator_keys=keys,
                confirmed=decide and values.get("state") == "confirmed",
            )

        self._open(view, make, RAISING, "", _("Raised. Every console shows it."))

    def action_step(self, code: str) -> None:
        """Confirm, restore, dismiss, or add news."""
        outage = self.chosen()
        if outage is None or not self._may(Right.OUTAGE_DECIDE):
            return
        state = OutageState(code) if code else None
        if outage.state not in LIVE_OUTAGE_STATES or (state is not None and not may_become(outage, state)):
            self._tell_that_it_cannot(outage)
            return
        desk = self.console_app.desk
        title = _("News about an outage") if state is None else _("Outage: {state}").format(state=word(state))
        subject = f"{outage.key}:{code}"
        draft = self.console_app.local.draft("", ACTION, subject)
        begun = draft.answers if draft else {"say": outage.say}
        needed = state in (None, OutageState.DISMISSED)
        line = results.outage_line(outage, self.console_app.now())
        view = forms.update_outage(title, line, begun, text_needed=needed, state=state)

        def make(values: Values) -> Batch:
            touched = values.get("say", outage.say) != outage.say
            return update_outage(
                self._outages.get(outage.key, outage),
                values if touched else {**values, "say": ""},
                agent=desk.agent,
                now=desk.clock(),
                zone=desk.zone,
                language=desk.language,
                state=state,
                said_anew=touched,
            )

        about = " ".join((plain(outage.reference), word(state) if state else _("news")))
        self._open(view, make, subject, about, _("Told to every console."))
