"""When an outage is over: everybody who was promised a word, in order, each with a prepared message (R27, R31).

The same screen lists those who will be told while it goes on, and whom it hits in all.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from backends.errors import BackendError, Unsupported
from backends.port import Batch, Capability
from backends.records import Channel, Customer, Key, Operator, Outage, Promise
from console.actions import RIGHT_REASONS, Where
from console.desk.acts.restoring import Word, called, give_words
from console.desk.acts.scene import Unfit
from console.desk.local import Draft
from console.desk.restoring import affected, as_it_is, words_of
from console.i18n import _, _n
from console.present import restoring
from console.present.banners import badge, headline
from console.present.failures import failure_words, unfit_words
from console.present.labels import plain
from console.present.outage_texts import voice_of, with_towns
from console.present.questions import form_of, text_line, text_lines
from console.present.restoring import Prepared
from console.rules.restoring import OVER, as_over, words_promised
from console.rules.roles import Right
from console.screens.base import BaseScreen
from console.screens.editing import EditScreen
from console.screens.picking import sure
from console.words import channel_word
from widgets.body import BodyPane
from widgets.bottom import KeyHints, StatusLine
from widgets.rows import RowList
from widgets.views import BodyView, Feed, FeedView, HintView, RowsView, StatusView, Tone

ACTION = "outages"
CODE = "told"
"""How drafts of edited words are named, after the outage's key."""
_FIELDS = ("to", "subject", "body")


class RestoredScreen(BaseScreen):
    """Who waits for a word about one outage; `a` shows whom it hits in all."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "send", "", show=False),
        Binding("e", "edit", "", show=False),
        Binding("x,minus", "leave_out", "", show=False),
        Binding("c", "called", "", show=False),
        Binding("y", "copy", "", show=False),
        Binding("v", "customer", "", show=False),
        Binding("a", "all", "", show=False),
    ]
    hints_of: ClassVar[frozenset[Where]] = frozenset({Where.ANYWHERE})
    DEFAULT_CSS = """
    RestoredScreen #outage { height: 1; }
    RestoredScreen #rows { height: 1fr; }
    RestoredScreen #word { height: 8; }
    RestoredScreen.-high #word { height: 14; }
    """

    def __init__(self, outage: Outage) -> None:
        """Take the outage."""
        super().__init__()
        self._outage = outage
        self._promised: dict[Key, tuple[Promise, Customer]] = {}
        self._words: dict[Key, Prepared] = {}
        self._edited: dict[str, str] = {}
        self._left_out: set[Key] = set()
        self._hit: dict[Key, Customer] = {}
        self._hit_words = ""
        self._towns: tuple[str, ...] = ()
        self._all = False
        self._trouble = ""

    @property
    def over(self) -> bool:
        """Whether the outage is over, so that words are due."""
        return self._outage.state in OVER

    def body_widgets(self) -> ComposeResult:
        """The outage in a line, who waits, and the word under the cursor."""
        yield StatusLine(StatusView(), id="outage")
        yield RowList(RowsView(title=self._title(), feed=FeedView(Feed.LOADING, _("one moment"))), id="rows")
        yield BodyPane(BodyView(), id="word")

    def on_mount(self) -> None:
        """Read who waits, then count whom it hits."""
        super().on_mount()
        draft = self.console_app.local.draft("", ACTION, self._draft)
        self._edited = dict(draft.answers) if draft is not None else {}
        self.query_one("#rows", RowList).focus()
        self._show_outage()
        self.read()
        self._count()

    @property
    def _draft(self) -> str:
        return f"{self._outage.key}:{CODE}"

    def _title(self) -> str:
        return _("Promised a word") if self.over else _("Will get word when it is over")

    def _show_outage(self) -> None:
        now = self.console_app.now()
        words = plain(f"{self._outage.reference} {badge(self._outage)}")
        if self._hit_words:
            words = f"{words} · {self._hit_words}"
        words = f"{words} · {headline(self._outage, now)}"
        self.query_one("#outage", StatusLine).show(StatusView(words, Tone.STRONG))

    # reading --------------------------------------------------------------------------------------------------

    @work(exclusive=True, group="restored", exit_on_error=False)
    async def read(self) -> None:
        """Read who waits."""
        desk = self.console_app.desk
        try:
            if not desk.can(Capability.PENDING):
                raise Unsupported("pending", source=desk.backend.name)
            found = words_promised(await words_of(desk, self._outage), self._outage)
        except BackendError as error:
            self._trouble = failure_words(error)
            self.time_passed()
            return
        self._trouble = ""
        self._promised = {promise.key: (promise, customer) for promise, customer in found}
        self._prepare()
        self.time_passed()

    def _prepare(self) -> None:
        now = self.console_app.now()
        told = with_towns(as_over(self._outage, now.at), self._towns)
        for key, (_promise, customer) in self._promised.items():
            operator = now.operators.get(customer.operator_key)
            voice = voice_of(operator, now.texts(customer.operator_key), now.at, now.zone, now.operators.values())
            one = restoring.prepared(customer, told, self.console_app.desk.agent, voice)
            edited = {name: self._edited[f"{key} {name}"] for name in _FIELDS if f"{key} {name}" in self._edited}
            one = replace(one, **edited)
            self._words[key] = replace(one, shown=edited["to"]) if "to" in edited else one

    @work(exclusive=True, group="count", exit_on_error=False)
    async def _count(self) -> None:
        try:
            found = await affected(self.console_app.desk, self._outage)
        except BackendError as error:
            self._hit_words = failure_words(error)
        else:
            self._hit = {one.key: one for one in found.customers}
            counted = restoring.affected_words(found.count, found.lines, whole=found.whole)
            self._hit_words = _("hits {count}").format(count=counted)
            self._towns = found.towns
            self._prepare()
        if self.is_mounted:
            self._show_outage()
            self.time_passed()

    def time_passed(self) -> None:
        """Show the rows anew."""
        now = self.console_app.now()
        rows = self.query_one("#rows", RowList)
        if self._all:
            rows.show(restoring.affected_rows(tuple(self._hit.values()), now, self._hit_words))
        elif self._trouble:
            rows.show(RowsView(title=self._title(), feed=FeedView(Feed.FAILED, self._trouble)))
        else:
            promised = tuple(self._promised.values())
            view = restoring.promised_rows(
                promised, self._words, now, title=self._title(), left_out=self._left_out, over=self.over
            )
            rows.show(view)
        self._show_word(rows.cursor_key)

    async def changed(self, customers: set[Key], *, everything: bool) -> None:
        """A colleague may have told somebody: read again."""
        self.read()

    def outages_changed(self) -> None:
        """It may be over now."""
        self._read_outage()

    @work(exclusive=True, group="outage", exit_on_error=False)
    async def _read_outage(self) -> None:
        with suppress(BackendError):  # the status line says already that nothing is live
            now = await as_it_is(self.console_app.desk, self._outage)
            if now != self._outage and self.is_mounted:
                self._outage = now
                self._show_outage()
                self.read()

    # showing --------------------------------------------------------------------------------------------------

    def hints(self) -> list[HintView]:
        """Return this screen's own keys first."""
        sending = self.over and not self._all and bool(self._to_send())
        word = not self._all and bool(self._promised)
        return [
            HintView("s", _("Send all"), "send", sending, 9),
            HintView("e", _("Edit"), "edit", word, 8),
            HintView("c", _("Called"), "called", word and self.over, 7),
            HintView("x", _("Leave out"), "leave_out", word, 6),
            HintView("v", _("Customer"), "customer", bool(self._promised or self._hit), 5),
            HintView("a", _("Who waits") if self._all else _("Whom it hits"), "all", True, 4),
            HintView("y", _("Copy"), "copy", word, 3),
            HintView("Esc", _("Back"), "back", True, 2),
        ]

    async def on_key_hints_pressed(self, event: KeyHints.Pressed) -> None:
        """A click on a key is as good as the key."""
        event.stop()
        if event.action == "back":
            self.console_app.act_back()
        else:
            getattr(self, f"action_{event.action}")()

    def refresh_hints(self) -> None:
        """Show the keys anew: what can be done depends on what was read."""
        self.query_one("#hints", KeyHints).show(tuple(self.hints()))

    def _show_word(self, key: Key) -> None:
        pane = self.query_one("#word", BodyPane)
        pane.display = not self._all
        if self._all or key not in self._promised:
            pane.show(BodyView())
        else:
            promise, customer = self._promised[key]
            pane.show(restoring.word_body(promise, customer, self._words[key], self.console_app.now()))
        self.refresh_hints()

    def on_row_list_highlighted(self, event: RowList.Highlighted) -> None:
        """Show the word under the cursor."""
        if self.is_attached:
            self._show_word(event.key)

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        """Enter looks over the word, or opens the customer."""
        event.stop()
        if self._all:
            self.action_customer()
        else:
            self.action_edit()

    # doing ----------------------------------------------------------------------------------------------------

    def _chosen(self) -> tuple[Promise, Customer] | None:
        return self._promised.get(self.query_one("#rows", RowList).cursor_key) if not self._all else None

    def _to_send(self) -> list[Key]:
        """Return whom a message can be sent to now: all but those to call and those left out."""
        return [
            key for key, one in self._words.items()
            if key in self._promised and key not in self._left_out and one.channel != Channel.CALL
        ]  # fmt: skip

    def _word(self, key: Key) -> Word:
        promise, customer = self._promised[key]
        one = self._words[key]
        operators: Mapping[Key, Operator] = self.console_app.desk.operators
        return Word(
            promise, customer, operators[customer.operator_key], one.channel, one.to, one.subject, one.body
        )  # fmt: skip

    def _may(self) -> bool:
        if not self.over:
            self.say(_("It is not over yet: they are told when it is."), Tone.WARN)
            return False
        if Right.REPLY not in self.console_app.desk.rights:
            self.say(_(RIGHT_REASONS[Right.REPLY]), Tone.WARN)
            return False
        return True

    def action_all(self) -> None:
        """Show whom it hits, or again who waits."""
        self._all = not self._all
        self.time_passed()
        self.query_one("#rows", RowList).action_first()

    def action_customer(self) -> None:
        """Open the customer under the cursor."""
        key = self.query_one("#rows", RowList).cursor_key
        customer = self._hit.get(key) if self._all else (self._promised[key][1] if key in self._promised else None)
        if customer is not None:
            self.console_app.open_customer(customer.key, back_to=self)

    def action_copy(self) -> None:
        """Send the address or number to the terminal's clipboard."""
        if (one := self._chosen()) is not None:
            self.app.copy_to_clipboard(self._words[one[0].key].to)
            self.say(_("Copied: {what}").format(what=self._words[one[0].key].shown))

    def action_leave_out(self) -> None:
        """Send this one nothing with the others, or do so after all."""
        if (one := self._chosen()) is not None:
            self._left_out ^= {one[0].key}
            self.time_passed()

    def action_edit(self) -> None:
        """Look over the word of one customer."""
        if (one := self._chosen()) is None:
            return
        key, word = one[0].key, self._words[one[0].key]
        filled = {name: getattr(word, name) for name in _FIELDS}
        fields = [text_lines("body", _("Text"), filled, height=8, needed=True)]
        if word.channel == Channel.EMAIL:
            fields.append(text_line("subject", _("Subject"), filled))
        if word.channel != Channel.LETTER:
            fields.append(text_line("to", _("To"), filled))
        subtitle = f"{plain(one[1].name)} · {channel_word(word.channel)} · {plain(one[1].language)}"
        view = form_of(_("Their word"), fields, subtitle, _("Take over; s sends"))

        def taken(answers: Mapping[str, str] | None) -> None:
            for name, text in (answers or {}).items():
                if text != filled[name]:
                    self._edited[f"{key} {name}"] = text
            self._keep()
            self._prepare()
            self.time_passed()

        self.app.push_screen(EditScreen(view, "body"), taken)

    def _keep(self) -> None:
        local = self.console_app.local
        if self._edited:
            local.keep(Draft("", ACTION, self._draft, self._edited, self.console_app.desk.clock()))
        else:
            local.drop("", ACTION, self._draft)

    def action_called(self) -> None:
        """The customer was called and told."""
        one = self._chosen()
        if one is None or not self._may():
            return
        desk = self.console_app.desk
        batch = called(self._word(one[0].key), agent=desk.agent, now=desk.clock())
        self._store(batch, plain(one[1].name), _("Called and told."))

    def action_send(self) -> None:
        """Send all that is not left out, after asking."""
        keys = self._to_send()
        if not keys or not self._may():
            return
        question = _n("Send {n} message?", "Send {n} messages, all at once?", len(keys)).format(n=len(keys))
        self.app.push_screen(sure(question, _("Yes, send")), self._sent)

    def _sent(self, answer: str | None) -> None:
        if answer != "yes":
            return
        desk = self.console_app.desk
        keys = self._to_send()
        try:
            batch = give_words([self._word(key) for key in keys], agent=desk.agent, now=desk.clock())
        except Unfit as error:
            self.say(unfit_words(error.code), Tone.WARN)
            return
        words = _n("{n} message stored as sent.", "{n} messages stored as sent.", len(keys)).format(n=len(keys))
        self._store(batch, plain(self._outage.reference), words)

    @work(exclusive=True, group="store", exit_on_error=False)
    async def _store(self, batch: Batch, about: str, words: str) -> None:
        app = self.console_app
        try:
            await app.desk.do(batch, ACTION, about=about)
        except Unfit as unfit:
            self.say(unfit.advice or unfit_words(unfit.code), Tone.WARN)
            return
        except BackendError as error:
            self.say(failure_words(error), Tone.BAD)
            self.read()
            return
        stored = {item.record.key for item in batch.items}
        self._edited = {name: text for name, text in self._edited.items() if name.split(" ")[0] not in stored}
        self._keep()
        app.tell_done(words)
        app.words_told()
        self.read()
