"""What is told of one outage: greeting, web text, message, in each language; looked over, then copied (R29)."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from backends.errors import BackendError
from backends.records import Operator, Outage
from console.actions import RIGHT_REASONS, Where
from console.desk.acts.outages import update_outage
from console.desk.acts.scene import Unfit
from console.desk.local import Draft
from console.desk.restoring import affected, as_it_is, concern_of
from console.i18n import N_, _, _n
from console.keynames import key_label
from console.present.banners import badge, headline
from console.present.failures import failure_words, unfit_words
from console.present.labels import LANGUAGE_NAMES, plain, worded
from console.present.outage_texts import Kind, Voice, languages_of, text_of, voice_of, with_towns
from console.present.questions import form_of, text_lines
from console.rules.concerned import Concern, concerned, needs_reckoning, with_operators
from console.rules.coverage import is_live
from console.rules.roles import Right
from console.screens.base import BaseScreen
from console.screens.editing import EditScreen
from widgets.body import BodyPane
from widgets.bottom import KeyHints, StatusLine
from widgets.rows import RowList
from widgets.views import BodyView, Cell, Feed, FeedView, HintView, RowsView, RowView, Span, StatusView, Tone

ACTION = "outages"
CODE = "words-"
"""How drafts of edited texts are named, after the outage's key and before the language."""
LABELS: Mapping[Kind, str] = {
    Kind.GREETING: N_("Telephone greeting"),
    Kind.WEB: N_("Web page"),
    Kind.MESSAGE: N_("Message"),
    Kind.SAY: N_("On the telephone"),
}


class OutageWordsScreen(BaseScreen):
    """The texts of one outage in one language at a time."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v,tab,right", "language(1)", "", show=False),
        Binding("shift+tab,left", "language(-1)", "", show=False),
        Binding("b", "operator", "", show=False),
        Binding("e", "edit", "", show=False),
        Binding("y", "copy", "", show=False),
        Binding("p", "publish", "", show=False),
        Binding("backspace", "as_it_was", "", show=False),
    ]
    hints_of: ClassVar[frozenset[Where]] = frozenset({Where.ANYWHERE})
    DEFAULT_CSS = """
    OutageWordsScreen #outage { height: 1; }
    OutageWordsScreen #texts { height: 6; }
    OutageWordsScreen #text { height: 1fr; }
    """

    def __init__(self, outage: Outage, language: str = "") -> None:
        """Take the outage and the language to begin with; empty: the operator's."""
        super().__init__()
        self._outage = outage
        self._language = language
        self._operators: tuple[Operator | None, ...] = (None,)
        self._towns: tuple[str, ...] = ()
        self._concern: Concern | None = None
        self._edited: dict[str, dict[str, str]] = {}

    def body_widgets(self) -> ComposeResult:
        """The outage and the languages in a line each, the texts, and the one under the cursor."""
        yield StatusLine(StatusView(), id="outage")
        yield RowList(RowsView(), id="texts")
        yield BodyPane(BodyView(), id="text")

    def on_mount(self) -> None:
        """Speak for the first of the operators that it hits, in their language."""
        super().on_mount()
        self.query_one(RowList).focus()
        operators = tuple(self.console_app.desk.operators.values())
        if needs_reckoning(self._outage, operators):
            feed = FeedView(Feed.LOADING, _("one moment"))
            self.query_one(RowList).show(RowsView(title=self._speaker, feed=feed))
            self._find_operators()
        else:
            self._speak_for(concerned(self._outage, operators))

    @work(exclusive=True, group="operators", exit_on_error=False)
    async def _find_operators(self) -> None:
        """Learn whose customers it hits where it names no operator: nobody else greets (R22)."""
        desk = self.console_app.desk
        try:
            concern = await concern_of(desk, self._outage)
        except BackendError:  # whose it may be is known all the same
            concern = concerned(self._outage, desk.operators.values())
        if self.is_mounted:
            self._speak_for(concern)

    def _speak_for(self, concern: Concern) -> None:
        desk = self.console_app.desk
        self._concern = concern
        theirs = [one for one in concern.operators if not desk.operator_keys or one.key in desk.operator_keys]
        if not concern.certain and len(theirs) > 1:
            self.say(_("Whom it hits is not known: b chooses for which operator you speak."), Tone.WARN)
        self._operators = tuple(theirs) or (None,)
        self._language = self._language or (theirs[0].language if theirs else desk.language)
        if self._language not in self._voice.texts.languages:
            self._language = self._voice.texts.languages[0]
        self.query_one(KeyHints).show(tuple(self.hints()))  # whether there is another operator to speak for
        self.time_passed()
        self._find_towns()

    @work(exclusive=True, group="count", exit_on_error=False)
    async def _find_towns(self) -> None:
        """Learn where its customers live, where engineers know an element and customers know towns."""
        if with_towns(self._outage, ("",)) is self._outage:
            return
        with suppress(BackendError):  # "in part of our network" is true as well
            self._towns = (await affected(self.console_app.desk, self._outage)).towns
            if self.is_mounted:
                self.time_passed()

    def outages_changed(self) -> None:
        """It may have changed: word it anew."""
        self._read_outage()

    @work(exclusive=True, group="outage", exit_on_error=False)
    async def _read_outage(self) -> None:
        with suppress(BackendError):  # the texts of before stand until the source answers
            self._outage = await as_it_is(self.console_app.desk, self._outage)
            if self.is_mounted:
                self.time_passed()

    @property
    def _told(self) -> Outage:
        """The outage as it is told: with its operators and its towns."""
        named = with_operators(self._outage, self._concern) if self._concern is not None else self._outage
        return with_towns(named, self._towns)

    @property
    def _voice(self) -> Voice:
        operator, now = self._operators[0], self.console_app.now()
        texts = now.texts(operator.key if operator else "")
        return voice_of(operator, texts, now.at, now.zone, now.operators.values())

    def _subject(self) -> str:
        return f"{self._outage.key}:{CODE}{self._language}"

    def _answers(self) -> dict[str, str]:
        """Return the edited texts of this language and operator, those of a draft at first."""
        code = self._voice.operator.code if self._voice.operator else ""
        name = f"{code} {self._language}"
        if name not in self._edited:
            draft = self.console_app.local.draft("", ACTION, self._subject())
            answers = draft.answers if draft is not None and draft.answers.get("operator", "") == code else {}
            self._edited[name] = {kind: text for kind, text in answers.items() if kind in set(Kind)}
        return self._edited[name]

    def _text(self, kind: Kind) -> str:
        return self._answers().get(kind) or text_of(self._told, kind, self._language, self._voice)

    def time_passed(self) -> None:
        """Word it anew: times draw near and pass."""
        now = self.console_app.now()
        about = plain(f"{self._outage.reference} {badge(self._outage)} {headline(self._outage, now)}")
        self.query_one("#outage", StatusLine).show(StatusView(about, Tone.STRONG))
        if self._concern is None:
            return  # in whose name is spoken is not known yet
        texts = {kind: self._text(kind) for kind in Kind}
        rows = tuple(
            RowView(
                kind.value,
                (
                    Cell((Span(_(LABELS[kind]), Tone.STRONG),), 20),
                    Cell((Span(_("edited") if kind in self._answers() else "", Tone.WARN),), 7, drop=2),
                    Cell((Span(plain(texts[kind])),), 0, least=30),
                    Cell((Span(_n("{n} sign", "{n} signs", len(texts[kind])).format(n=len(texts[kind])), Tone.DIM),),
                         10, right=True, drop=1),
                ),
            )
            for kind in Kind
        )  # fmt: skip
        self.query_one(RowList).show(RowsView(rows, self._speaker, self._languages_line()))
        self._show_text(self.query_one(RowList).cursor_key)

    @property
    def _speaker(self) -> str:
        return self._voice.name or _("All operators")

    def _languages_line(self) -> str:
        codes = self._voice.texts.languages
        return " ".join(f"[{one}]" if one == self._language else one for one in codes)

    def _show_text(self, key: str) -> None:
        if key:
            kind = Kind(key)
            title = f"{_(LABELS[kind])} · {worded(LANGUAGE_NAMES, self._language)}"
            self.query_one("#text", BodyPane).show(BodyView(f"{key} {self._language}", title, (), self._text(kind)))

    def hints(self) -> list[HintView]:
        """Return this screen's own keys."""
        return [
            HintView("y", _("Copy"), "copy", True, 9),
            HintView("e", _("Edit"), "edit", True, 8),
            HintView("v", _("Language"), "next_language", True, 7),
            HintView("b", _("Operator"), "operator", len(self._operators) > 1, 6),
            HintView("p", _("For everybody"), "publish", self._may_publish(), 3),
            HintView(key_label("backspace"), _("As it was"), "as_it_was", True, 5),
            HintView("Esc", _("Back"), "back", True, 4),
        ]

    async def on_key_hints_pressed(self, event: KeyHints.Pressed) -> None:
        """A click on a key is as good as the key."""
        event.stop()
        if event.action == "back":
            self.console_app.act_back()
        else:
            getattr(self, f"action_{event.action}")()

    def on_row_list_highlighted(self, event: RowList.Highlighted) -> None:
        """Show the text under the cursor."""
        if self.is_attached:
            self._show_text(event.key)

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        """Enter edits."""
        event.stop()
        self.action_edit()

    # doing ----------------------------------------------------------------------------------------------------

    def action_language(self, step: int) -> None:
        """Go to another language."""
        if self._concern is None:
            return
        codes = self._voice.texts.languages
        self._language = codes[(codes.index(self._language) + step) % len(codes)]
        self.time_passed()

    def action_next_language(self) -> None:
        """Go to the next language."""
        self.action_language(1)

    def action_operator(self) -> None:
        """Speak for the next operator that it hits: nothing of another one stands in the text (R22)."""
        if self._concern is None:
            return
        self._operators = (*self._operators[1:], self._operators[0])
        if self._language not in self._voice.texts.languages:
            self._language = self._voice.texts.languages[0]
        self.time_passed()

    def action_copy(self) -> None:
        """Send the text to the terminal's clipboard (OSC 52)."""
        if self._concern is None:
            return
        kind = Kind(self.query_one(RowList).cursor_key)
        self.app.copy_to_clipboard(self._text(kind))
        self.say(_("Copied: {what}").format(what=f"{_(LABELS[kind])} ({self._language})"), Tone.GOOD)

    def _may_publish(self) -> bool:
        return Right.OUTAGE_DECIDE in self.console_app.desk.rights and is_live(self._outage)

    def action_publish(self) -> None:
        """Store the text as what to say, for every console, the message and the status page: in the operator's own
        language, of which there is one such text.
        """
        operator, kind = self._operators[0], self.query_one(RowList).cursor_key
        if Right.OUTAGE_DECIDE not in self.console_app.desk.rights:
            self.say(_(RIGHT_REASONS[Right.OUTAGE_DECIDE]), Tone.WARN)
        elif not is_live(self._outage):
            self.say(unfit_words("over"), Tone.WARN)
        elif not kind:
            return
        elif len(languages_of(self._told, self.console_app.desk.operators.values())) > 1:
            says = _("Its operators speak several languages: each customer is told it in words of their own.")
            self.say(says, Tone.WARN)
        elif operator is None or operator.language != self._language or kind not in (Kind.SAY, Kind.WEB):
            self.say(_("For everybody is what to say, or the web text, in the operator's own language."), Tone.WARN)
        else:
            self._publish(self._text(Kind(kind)))

    @work(exclusive=True, group="store", exit_on_error=False)
    async def _publish(self, text: str) -> None:
        app, desk = self.console_app, self.console_app.desk
        answers = {"say": text, "text": _("What customers are told was written anew.")}
        try:
            now = await as_it_is(desk, self._outage)
            batch = update_outage(now, answers, agent=desk.agent, now=desk.clock(), zone=desk.zone)
            await desk.do(batch, ACTION, about=plain(self._outage.reference))
            self._outage = await as_it_is(desk, now)
        except Unfit as unfit:
            self.say(unfit_words(unfit.code), Tone.WARN)
            return
        except BackendError as error:
            self.say(failure_words(error), Tone.BAD)
            return
        for kind in (Kind.SAY, Kind.WEB):
            self._answers().pop(kind, None)
        self._keep()
        self.time_passed()
        app.tell_done(_("Told on every console, in the message and on the web page."))

    def action_edit(self) -> None:
        """Look over all texts of this language."""
        if self._concern is None:
            return
        filled = {kind.value: self._text(kind) for kind in Kind}
        first = self.query_one(RowList).cursor_key
        fields = [text_lines(kind.value, _(LABELS[kind]), filled, height=3, needed=True) for kind in Kind]
        title = _("What customers are told: {language}").format(language=worded(LANGUAGE_NAMES, self._language))
        view = form_of(title, fields, plain(f"{self._outage.reference} {self._voice.name}"), _("Take over; y copies"))
        self.app.push_screen(EditScreen(view, first), lambda answers: self._taken(filled, answers))

    def _taken(self, before: Mapping[str, str], answers: Mapping[str, str] | None) -> None:
        edited = self._answers()
        for kind, text in (answers or {}).items():
            if text.strip() and text != before[kind]:
                edited[kind] = text.strip()
        self._keep()
        self.time_passed()

    def action_as_it_was(self) -> None:
        """Take the text that is made from the facts again."""
        if self._concern is None:
            return
        self._answers().pop(self.query_one(RowList).cursor_key, None)
        self._keep()
        self.time_passed()

    def _keep(self) -> None:
        local, edited = self.console_app.local, self._answers()
        if edited:
            code = self._voice.operator.code if self._voice.operator else ""
            answers = {**edited, "operator": code}
            local.keep(Draft("", ACTION, self._subject(), answers, self.console_app.desk.clock()))
        else:
            local.drop("", ACTION, self._subject())
