"""A guide over the customer's view: one question at a time, by keys alone, kept from the first answer on (R22, R25)."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.reactive import Reactive
from textual.screen import ModalScreen
from textual.widget import Widget

from backends.errors import BackendError, Conflict
from backends.records import CallRoute, Customer, Key, Outage, Ticket
from console.desk.acts.answering import moment_read
from console.desk.acts.calls import of_call
from console.desk.acts.scene import Unfit
from console.desk.desk import Deed
from console.desk.local import CALL, OCCASION, Draft, Spot
from console.i18n import _
from console.present import guide as views
from console.present.failures import failure_words, unfit_words
from console.present.labels import plain
from console.rules.guides import Ask
from console.screens.base import fit
from console.screens.guiding import Guiding
from console.screens.workers import WatchesWorkers
from console.terminal.compositing import compose_sparingly
from console.words import moment
from widgets.bottom import KeyHints, StatusLine
from widgets.field import Field
from widgets.fields import LineInput
from widgets.guide import GuideChoices, GuideSheet
from widgets.guide_views import GuideView
from widgets.views import FieldView, HintView, StatusView, Tone

if TYPE_CHECKING:
    from console.app import Cordboard
    from console.calls.call import Call

ACTION = "script"
NEWS = 0.25
"""Seconds between two looks at the outages: one that comes up holds back what it explains."""
_ANSWER = "answer"
_NOTHING = GuideView("")


class GuideScreen(WatchesWorkers, ModalScreen[Deed | None]):
    """Goes through a guide; dismisses with what was stored, or None when it was left: its draft goes on with it."""

    AUTO_FOCUS = ""
    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+g", "back", "", show=False),
        Binding("f5,ctrl+t", "park", "", show=False),
        Binding("f6,ctrl+p", "language", "", show=False),
        Binding("f3,ctrl+n", "next_caller", "", show=False),
    ]
    DEFAULT_CSS = """
    GuideScreen { align: center bottom; background: transparent; }
    GuideScreen > Vertical { height: 19; background: $surface; }
    GuideScreen.-tall > Vertical { height: 20; }
    GuideScreen.-high > Vertical { height: 23; }
    GuideScreen > Vertical:ansi { background: $background; }
    GuideScreen #words { display: none; }
    """

    def __init__(
        self, going: Guiding, customer_key: Key, subject: str, words: str = "", *, call: Call | None = None
    ) -> None:
        """Take the guide on its way, for whom it is (empty for a stranger), how its draft is named, and its call."""
        super().__init__()
        compose_sparingly(self)
        self.going = going
        self._customer_key = customer_key
        self._subject = subject
        self._call = call
        self._first_words = words
        self._occasion = secrets.token_hex(8)
        self._typed = ""
        self._storing = False
        self._known: Sequence[Outage] = ()

    @property
    def console_app(self) -> Cordboard:
        """The application, with its own type."""
        return cast("Cordboard", self.app)

    def compose(self) -> ComposeResult:
        """The sheet, the answers to choose from or the line to type in, words of what went wrong, the keys."""
        fit(self)
        with Vertical():
            yield GuideSheet(_NOTHING, id="asked")
            yield GuideChoices(id="choices")
            yield Field(FieldView(_ANSWER, ""))
            yield StatusLine(StatusView(), id="words")
            yield KeyHints(self._hints())

    def _hints(self) -> tuple[HintView, ...]:
        return (
            HintView("Enter", _("Next"), "next", weight=9),
            HintView("Esc", _("Back one"), "back", weight=8),
            HintView("F5", _("Keep as a draft"), "park", weight=7),
            HintView("F6", _("Language"), "language", weight=6),
            HintView("F3", _("New call"), "next_caller", weight=5),
        )

    def on_mount(self) -> None:
        """Go on with the draft, if there is one, and show the question it was left at."""
        app = self.console_app
        draft = app.local.draft(self._customer_key, ACTION, self._subject)
        typed = ""
        if draft is not None:
            self._occasion = draft.answers.get(OCCASION, "") or self._occasion
            self._call = app.phone.call_of(draft)  # its own, whoever rings by now
            typed = self.going.resume(draft.answers)
        app.local.at(Spot(self._customer_key, ACTION, self._subject))
        self._known = app.outages
        self._show(typed)
        if self._first_words:
            self._say(self._first_words, Tone.ACCENT)
        self.set_interval(NEWS, self._look_for_news)

    # showing --------------------------------------------------------------------------------------------------

    def _show(self, typed: str = "") -> None:
        """Show the step it stands at; `typed` is put into the line in the place of an earlier answer."""
        self._say("")
        try:
            view = self.going.view()
        except Unfit as error:  # what it is about was settled while they talked
            self.going.back()
            view = self.going.view()
            self._say(unfit_words(error.code), Tone.WARN)
        choices, field = self.query_one(GuideChoices), self.query_one(Field)
        choices.display, field.display = bool(view.choices), not view.choices
        self.query_one(GuideSheet).show(view)
        choices.show(view.choices, view.chosen)
        self._typed = "" if view.choices else typed or view.value
        if view.choices:
            choices.focus()
        else:
            field.show(FieldView(_ANSWER, view.prompt, value=self._typed), with_value=True)
            field.set_answer(self._typed)
            field.set_label_width(min(24, field.label_cells))
            field.set_hint("")
            self._to_end_of_line(field)
            field.control.focus()
            self._tell_moment(self._typed)

    def _to_end_of_line(self, field: Field) -> None:
        if isinstance(field.control, LineInput):
            field.control.cursor_position = len(field.answer)

    def _say(self, words: str, tone: Tone = Tone.BAD) -> None:
        line = self.query_one("#words", StatusLine)
        if bool(words) != line.display:
            line.display = bool(words)
        line.show(StatusView(words, tone))

    def _tell_moment(self, typed: str) -> None:
        """Say how a day or time was understood, while it is typed."""
        if self.going.asks_why or self.going.here.step.ask not in (Ask.DATE, Ask.MOMENT) or not typed.strip():
            return
        scene, field = self.going.scene_now(self.going.here.given), self.query_one(Field)
        try:
            step = self.going.here.step
            at = moment_read(step, typed, now=scene.now, zone=scene.zone, language=scene.language)
        except Unfit as error:
            field.set_hint(error.advice or unfit_words(error.code), Tone.WARN)
            return
        field.set_hint(f"→ {moment(at, scene.now, scene.zone)}", Tone.GOOD)

    def _look_for_news(self) -> None:
        app = self.console_app
        if self._known is app.outages or self._storing:
            return
        self._known = app.outages
        typed, at = self._typed, self.going.here.at
        if self.going.news():
            self._show(typed if self.going.here.at == at else "")
            self._say(_("The outages changed; the questions follow them."), Tone.WARN)

    # answering ------------------------------------------------------------------------------------------------

    def on_guide_choices_picked(self, event: GuideChoices.Picked) -> None:
        """Take a picked answer, or do what was picked at a step that asks nothing."""
        event.stop()
        if event.code == views.STORE:
            self._save()
        elif event.code == views.BACK:
            self.action_back()
        elif event.code == views.OVERRIDE:
            self.going.asks_why = True
            self._show()
            self._keep()
        else:
            self._take(event.code)

    def on_guide_choices_back(self, event: GuideChoices.Back) -> None:
        """Go back one question."""
        event.stop()
        self.action_back()

    def on_field_finished(self, event: Field.Finished) -> None:
        """Enter takes the line as the answer; the arrow up goes back."""
        event.stop()
        if event.entered:
            self._take(event.field.answer)
        elif event.step < 0:
            self.action_back()

    def on_field_answered(self, event: Field.Answered) -> None:
        """Keep what is being typed, and say how a time is understood."""
        event.stop()
        self._typed = event.field.answer
        event.field.set_problem("")
        self._tell_moment(self._typed)
        self._keep()

    def on_field_pasted(self, event: Field.Pasted) -> None:
        """Put pasted lines into the line as one."""
        event.stop()
        joined = " ".join(part.strip() for part in event.text.splitlines())
        event.field.set_answer(f"{event.field.answer} {joined}".strip())
        self._typed = event.field.answer
        self._keep()

    def _take(self, typed: str) -> None:
        going = self.going
        if going.asks_why:
            if not typed.strip():
                self.query_one(Field).set_problem(unfit_words("needed"))
                return
            going.override(plain(typed))
        else:
            try:
                going.take(typed)
            except Unfit as error:
                self.query_one(Field).set_problem(error.advice or unfit_words(error.code))
                return
        self._typed = ""
        self._show()
        self._keep()

    def action_back(self) -> None:
        """Go back one question, keeping every answer; from the first one, leave."""
        if not self.going.back():
            self.action_park()
            return
        self._show()
        self._keep()

    def action_language(self) -> None:
        """Speak the guide's next language; the answers stay."""
        self.going.next_language()
        self._show(self._typed)
        self._keep()

    @property
    def draft_name(self) -> tuple[Key, str, str]:
        """How its draft is named."""
        return self._customer_key, ACTION, self._subject

    @property
    def spot(self) -> Spot:
        """Where the agent is, to come back to."""
        return Spot(self._customer_key, ACTION, self._subject)

    # keeping and leaving --------------------------------------------------------------------------------------

    def _keep(self) -> None:
        app, going = self.console_app, self.going
        if not going.worth_keeping and not self._typed.strip():
            app.local.drop(self._customer_key, ACTION, self._subject)
            return
        answers = {**going.kept(self._typed), CALL: app.phone.kept(self._call), OCCASION: self._occasion}
        app.local.keep(Draft(self._customer_key, ACTION, self._subject, answers, app.desk.clock()))
        if app.local.failure is not None:
            self._say(_("Drafts cannot be written to the disk of this machine."))

    def keep_now(self) -> None:
        """Keep what was answered and typed at this moment."""
        if self.is_mounted and not self._storing:
            self._keep()

    def action_park(self) -> None:
        """Leave it as a draft; the same key goes on with it."""
        app = self.console_app
        self._keep()
        app.local.at(Spot(self._customer_key) if self._customer_key else None)
        kept = app.local.draft(self._customer_key, ACTION, self._subject)
        self.dismiss(None)
        if kept is not None:
            words = (
                _("Kept as a draft; the same key continues it.")
                if self._customer_key
                else _("Kept as a draft. F5 shows it.")
            )
            app.say(words, Tone.DIM)

    def action_next_caller(self) -> None:
        """Somebody else is on the line: keep this, and go home to find them."""
        app = self.console_app
        self.action_park()
        app.call_later(app.act_call)

    def on_key_hints_pressed(self, event: KeyHints.Pressed) -> None:
        """A click on a key is as good as the key."""
        event.stop()
        if event.action != "next":
            getattr(self, f"action_{event.action}")()
        elif self.query_one(GuideChoices).display:
            self.query_one(GuideChoices).action_pick()
        else:
            self._take(self.query_one(Field).answer)

    # storing --------------------------------------------------------------------------------------------------

    def _save(self) -> None:
        if not self._storing:
            self._storing = True
            self._store()

    @work(group="store", exit_on_error=False)
    async def _store(self) -> None:
        app, kept = self.console_app, self.going.kept()
        call = self._call
        try:
            batch = self.going.batch(app.desk.backend.stores)
            if call is not None:
                batch = of_call(batch, app.phone.as_it_is(call), app.desk.clock())
            key = self._customer_key
            deed = await app.desk.do(batch, ACTION, customer_key=key, occasion=self._occasion, calls=False)
        except Unfit as error:
            self._say(error.advice or unfit_words(error.code), Tone.WARN)
            return
        except Conflict as error:
            self._say(failure_words(error), Tone.WARN)
            app.act_reload()
            return
        except BackendError as error:
            self._say(failure_words(error))
            return
        finally:
            self._storing = False
        kept[CALL] = app.phone.kept(call)
        deed.answers, deed.subject, deed.about = kept, self._subject, about_of(deed)
        app.local.drop(self._customer_key, ACTION, self._subject)
        app.local.at(Spot(self._customer_key) if self._customer_key else None)
        if call is not None:
            app.phone.noted_one(call, self._customer_key or person_of(deed))
        self.dismiss(deed)
        app.phone.hush.stored()


def ticket_of(deed: Deed) -> Ticket | None:
    """Return the ticket that a deed opened or was about, None when there is none."""
    return next((one.after for one in deed.receipt.changes if isinstance(one.after, Ticket)), None)


def person_of(deed: Deed) -> Key:
    """Return the key of the customer whom a deed took in, empty when it took in nobody."""
    return next((one.after.key for one in deed.receipt.changes if isinstance(one.after, Customer)), "")


def about_of(deed: Deed) -> str:
    """Return the reference of what a deed was done to."""
    ticket = ticket_of(deed)
    return plain(ticket.reference) if ticket is not None else ""


def begin(
    app: Cordboard, *, operator_key: Key = "", phone: str = "", name: str = "", route: CallRoute | None = None
) -> None:
    """Go through a guide with somebody who is not open; see `guide_begin.begin`."""
    from console.screens import guide_begin

    guide_begin.begin(app, operator_key=operator_key, phone=phone, name=name, route=route)


def resume(app: Cordboard, subject: str, words: str = "") -> bool:
    """Go on with a guide of somebody who is not stored yet; see `guide_begin.resume`."""
    from console.screens import guide_begin

    return guide_begin.resume(app, subject, words)
