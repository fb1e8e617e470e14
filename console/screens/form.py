"""A form over the lower part of the customer's view: what is typed is a draft from the first key on."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import TYPE_CHECKING, ClassVar, cast

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.reactive import Reactive
from textual.screen import ModalScreen
from textual.widget import Widget

from backends.errors import BackendError, Conflict
from backends.records import Contact, Key
from console.desk.acts.scene import Unfit
from console.desk.arrivals import Arrivals
from console.desk.cards import masked_answers
from console.desk.desk import Deed
from console.desk.local import OCCASION, Draft, Spot
from console.i18n import _
from console.present.arrivals import held_words, news_view
from console.present.failures import failure_words, unfit_words
from console.rules.moments import UnreadMoment, read_moment
from console.rules.privacy import masked, tells_card
from console.screens.base import fit
from console.screens.customer_base import CustomerBase
from console.screens.workers import WatchesWorkers
from console.terminal.compositing import compose_sparingly
from console.words import moment
from widgets.body import BodyPane
from widgets.bottom import StatusLine
from widgets.form import Form
from widgets.views import FieldKind, FormView, StatusView, Tone

if TYPE_CHECKING:
    from console.app import Cordboard


HELD = frozenset({"reply", "close"})
"""Actions that are held when something came in for the customer since the agent last looked at them (R32).

A note is not: it reaches nobody, and whoever types while they talk must never be asked to save twice.
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a form is for: its action, for whom, about which record, its view, and how its answers are stored."""

    action: str
    customer_key: Key
    view: FormView
    store: Callable[[Mapping[str, str]], Awaitable[Deed]]
    subject: str = ""
    focus: str = ""
    after: Callable[[Deed, Mapping[str, str]], None] | None = None
    zone: tzinfo | None = None
    """In which typed times are meant; None is the agent's own."""
    retold: Callable[[str, Mapping[str, str]], FormView | None] | None = None
    """Given the question that changed and all answers, the form as it is from now on; None when it stays."""
    kept: tuple[tuple[str, str], ...] = ()
    """What its draft keeps beside the answers, such as the call it was begun with."""


def _without_cards(view: FormView) -> FormView:
    """Return a form that begins without whole card numbers: what it is filled with may come from a customer's mail."""
    fields = tuple(replace(one, value=masked(one.value)) if tells_card(one.value) else one for one in view.fields)
    return view if fields == view.fields else replace(view, fields=fields)


class FormScreen(WatchesWorkers, ModalScreen[Deed | None]):
    """Shows a form above the customer, who stays readable; dismisses with the deed, or None when it was left."""

    AUTO_FOCUS = ""
    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    BINDINGS: ClassVar[list[BindingType]] = []
    DEFAULT_CSS = """
    FormScreen { align: center bottom; background: transparent; }
    FormScreen #sheet { width: 1fr; height: auto; max-height: 16; }
    FormScreen.-tall #sheet { max-height: 20; }
    FormScreen.-high #sheet { max-height: 26; }
    FormScreen #words { width: 1fr; height: 1; }
    FormScreen #news { width: 1fr; height: 6; background: $surface; }
    FormScreen.-tall #news { height: 10; }
    """

    def __init__(self, plan: Plan, words: str = "") -> None:
        super().__init__()
        compose_sparingly(self)
        plan = replace(plan, view=_without_cards(plan.view))
        self._words = words
        self.plan = plan
        self._storing = False
        self._occasion = secrets.token_hex(8)
        self._begun = {field.code: field.value for field in plan.view.fields}
        self._resumed = False
        self._card_told = False
        self._arrivals: Arrivals | None = None

    @property
    def console_app(self) -> Cordboard:
        """The application, with its own type."""
        return cast("Cordboard", self.app)

    def compose(self) -> ComposeResult:
        """The form and a line for what goes wrong."""
        fit(self)
        yield StatusLine(StatusView(), id="words")
        yield Form(self.plan.view, id="sheet", take_focus=not self.plan.focus)

    def on_mount(self) -> None:
        """Go to the question that the plan names, and remember that this form is open."""
        form = self.query_one(Form)
        draft = self.console_app.local.draft(self.plan.customer_key, self.plan.action, self.plan.subject)
        self._occasion = (draft.answers.get(OCCASION, "") if draft else "") or self._occasion
        self._resumed = draft is not None
        self._say(self._words, Tone.ACCENT)
        if self.plan.focus:
            form.focus_field(self.plan.focus)
        for field in self.plan.view.fields:
            if field.kind is FieldKind.MOMENT and field.value:
                self._tell_moment(field.code, field.value)
        self._remember()
        self._look_at_customer()

    def on_unmount(self) -> None:
        """Nothing is being written any more."""
        self.console_app.presence.write(False)

    # news -----------------------------------------------------------------------------------------------------

    def _below(self) -> CustomerBase | None:
        """Return the customer's screen that this form lies on, None when it is another's."""
        below = self.console_app.base_screen()
        return below if isinstance(below, CustomerBase) and below.key == self.plan.customer_key else None

    def _look_at_customer(self) -> None:
        below = self._below()
        if self.plan.action in HELD and below is not None and below.picture is not None:
            self._arrivals = Arrivals(self.console_app.desk, below.picture)
            self.run_worker(self._arrivals.begin(), group="arrivals", exit_on_error=False)

    def _tell_writing(self, values: Mapping[str, str]) -> None:
        below = self._below()
        if below is not None:
            known = below.tickets_by_key()
            ticket = next((key for key in (self.plan.subject, values.get("ticket", "")) if key in known), "")
            self.console_app.presence.write(True, ticket)

    async def _hold(self, news: tuple[Contact, ...]) -> None:
        """Say what came in, show it, and have the customer read again; nothing that was typed is touched."""
        below = self._below()
        now = below.now() if below is not None else self.console_app.now()
        language = below.picture.file.customer.language if below is not None and below.picture is not None else ""
        await self.query("#news").remove()
        await self.mount(BodyPane(news_view(news, now, language), id="news"), before=self.query_one("#words"))
        self._say(held_words(news, now), Tone.WARN)
        self.console_app.act_reload()

    def _remember(self) -> None:
        self.console_app.local.at(Spot(self.plan.customer_key, self.plan.action, self.plan.subject))

    def _say(self, words: str, tone: Tone = Tone.BAD) -> None:
        line = self.query_one("#words", StatusLine)
        line.display = bool(words)
        line.show(StatusView(words, tone))

    # drafts ---------------------------------------------------------------------------------------------------

    async def on_form_changed(self, event: Form.Changed) -> None:
        """Keep the draft, say how a moment was understood, and fit the form to a changed choice."""
        event.stop()
        self._keep(event.values)
        self._tell_writing(event.values)
        self._tell_card(event.values)
        view = self.query_one(Form).view
        kinds = {field.code: field.kind for field in view.fields}
        if kinds.get(event.code) is FieldKind.MOMENT:
            self._tell_moment(event.code, event.values[event.code])
        if self.plan.retold is not None and (new := self.plan.retold(event.code, event.values)) is not None:
            await self.query_one(Form).show(new)

    def _tell_card(self, values: Mapping[str, str]) -> None:
        """Warn while a card number stands in an answer: it is not kept whole, neither here nor in a draft."""
        there = any(tells_card(text) for code, text in values.items() if code != OCCASION)
        if there:
            self._say(_("A card number: it is stored as 411111******1111 only, its CVV not at all."), Tone.WARN)
        elif self._card_told:
            self._say("")
        self._card_told = there

    def _keep(self, values: Mapping[str, str]) -> None:
        app = self.console_app
        plan = self.plan
        if not self._worth_keeping(values):
            app.local.drop(plan.customer_key, plan.action, plan.subject)
            return
        answers = {**values, **dict(plan.kept), OCCASION: self._occasion}
        app.local.keep(Draft(plan.customer_key, plan.action, plan.subject, answers, app.desk.clock()))
        if app.local.failure is not None:
            self._say(_("Drafts cannot be written to the disk of this machine."))

    def _worth_keeping(self, values: Mapping[str, str]) -> bool:
        """Return whether the answers differ from what the form begins with by itself, and hold anything of theirs."""
        if dict(values) == self._begun:
            return self._resumed
        chosen = (FieldKind.CHOICE, FieldKind.YES_NO)
        texts = [field.code for field in self.plan.view.fields if field.kind not in chosen]
        if any(values.get(code, "").strip() for code in texts):
            return True
        return any(text != self._begun.get(code) for code, text in values.items() if code not in texts)

    def _tell_moment(self, code: str, typed: str) -> None:
        form = self.query_one(Form)
        app = self.console_app
        if not typed.strip():
            form.set_hint(code, "")
            return
        now = replace(app.now(), zone=self.plan.zone) if self.plan.zone else app.now()
        try:
            read = read_moment(typed, now=now.at, zone=now.zone, language=app.desk.language)
        except UnreadMoment as error:
            form.set_hint(code, error.advice, Tone.WARN)
            return
        form.set_hint(code, f"→ {moment(read.at, now.at, now.zone)}", Tone.GOOD)

    def on_form_pasted_lines(self, event: Form.PastedLines) -> None:
        """Move what is too long for a line into the note."""
        event.stop()
        form = self.query_one(Form)
        notes = [field.code for field in form.view.fields if field.kind is FieldKind.NOTE]
        if not notes:
            self._say(_("Several lines do not fit into this answer; nothing was pasted."), Tone.WARN)
            return
        values = form.values()
        before = values.get(notes[0], "")
        form.set_values({notes[0]: f"{before}\n{event.text}" if before else event.text})
        form.focus_field(notes[0])
        self._keep(form.values())

    # leaving --------------------------------------------------------------------------------------------------

    def keep_now(self) -> None:
        """Keep what stands in the form at this moment."""
        if self.is_mounted and not self._storing:
            self._keep(self.query_one(Form).values())

    def field_with_keys(self) -> str:
        """Return the code of the question that is being answered."""
        return self.query_one(Form).field_with_focus()

    def on_form_leave(self, event: Form.Leave) -> None:
        """Go, keeping what was typed."""
        event.stop()
        self._keep(event.values)
        self.console_app.local.at(Spot(self.plan.customer_key))
        kept = self.console_app.local.draft(self.plan.customer_key, self.plan.action, self.plan.subject)
        self.dismiss(None)
        if kept is not None:
            self.console_app.say(_("Kept as a draft; the same key continues it."), Tone.DIM)

    def on_form_save(self, event: Form.Save) -> None:
        """Store the answers."""
        event.stop()
        if not self._storing:
            self._storing = True
            self._store(event.values)

    @work(group="store", exit_on_error=False)
    async def _store(self, values: Mapping[str, str]) -> None:
        plan, app = self.plan, self.console_app
        self.query_one(Form).set_problems({})
        if self._arrivals is not None and (news := await self._arrivals.look()):
            self._storing = False
            await self._hold(news)
            return
        typed, values = values, masked_answers(values)
        try:
            deed = await plan.store({**values, OCCASION: self._occasion})
        except Unfit as error:
            self._refuse(error)
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
        if deed.receipt.repeated and dict(values) != self._begun:
            self._occasion = secrets.token_hex(8)
            self._keep(values)
            self._say(_("This was stored already, without what you changed now. Save again to store it once more."))
            return
        deed.answers, deed.subject = {**values, **dict(plan.kept)}, plan.subject
        app.local.drop(plan.customer_key, plan.action, plan.subject)
        app.local.at(Spot(plan.customer_key))
        self.dismiss(deed)
        if plan.after is not None:
            plan.after(deed, values)
        app.phone.hush.stored()
        if values != typed:
            app.say(_("Stored, with the card number masked: 411111******1111 is all that is kept."), Tone.WARN)

    def _refuse(self, error: Unfit) -> None:
        form = self.query_one(Form)
        words = error.advice or unfit_words(error.code)
        if any(field.code == error.field for field in form.view.fields):
            form.set_problems({error.field: words})
        else:
            self._say(words, Tone.WARN)
