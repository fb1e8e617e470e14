"""A form in a dialog: questions one below the other, each with its hint or what is wrong with the answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from widgets.bottom import KeyHints
from widgets.cells import Piece, wrap
from widgets.field import Field
from widgets.painted import Sheet
from widgets.rule import rule_line
from widgets.views import FormView, HintView, Tone


class FormHead(Sheet[FormView]):
    """Title, outage and what will be stored, above the questions."""

    DEFAULT_CSS = """
    FormHead { width: 1fr; height: auto; }
    """

    def lines_wanted(self, width: int) -> int:
        """The rule, the outage in at most two lines, and the subtitle in at most three."""
        return 1 + len(self._told(width))

    def lay_out(self, width: int, height: int) -> list[Strip]:
        """Rule, outage, subtitle."""
        rule = rule_line(self.palette, width, self.view.title, False, [])
        return [rule, *(self.line(pieces, width) for pieces in self._told(width))]

    def _told(self, width: int) -> list[list[Piece]]:
        if not self.is_attached:
            return []
        lines: list[list[Piece]] = []
        room = max(1, width - 2)
        if self.view.banner:
            text, look = f"[!] {self.view.banner}", self.palette.badge(Tone.WARN)
            lines += [[(f" {part} ", look)] for part in list(wrap(text, room))[:2]]
        if self.view.subtitle:
            look = self.palette(Tone.DIM)
            lines += [[(f" {part}", look)] for part in list(wrap(self.view.subtitle, room))[:3]]
        return lines


class Form(Widget):
    """Shows a `FormView`; keeps what is typed, posts what happens, never closes or empties itself.

    Enter goes on to the next question and saves at the last one; Ctrl+O and F2 save, Escape and Ctrl+G leave, Tab and
    the arrows move. What saving or leaving means is the screen's business.
    """

    DEFAULT_CSS = """
    Form {
        width: 1fr; height: auto; max-height: 100%; layout: vertical; background: $surface;
        overflow-x: hidden; overflow-y: auto; scrollbar-size: 0 0;
        &:ansi { background: $background; color: $foreground; }
        & > FormHead { dock: top; }
        & > KeyHints { dock: bottom; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+o,f2", "save", "", show=False),
        Binding("escape,ctrl+g", "leave", "", show=False),
        Binding("tab", "next_question", "", show=False),
    ]

    class Said(Message):
        """What all messages of a form share."""

        def __init__(self, form: Form) -> None:
            super().__init__()
            self.form = form

        @property
        def control(self) -> Form:
            """The form it happened in."""
            return self.form

    class Changed(Said):
        """The answer to the question `code` changed; `values` are all answers now."""

        def __init__(self, form: Form, code: str, values: dict[str, str]) -> None:
            super().__init__(form)
            self.code = code
            self.values = values

    class Save(Said):
        """The agent wants `values` stored."""

        def __init__(self, form: Form, values: dict[str, str]) -> None:
            super().__init__(form)
            self.values = values

    class Leave(Said):
        """The agent wants to go; `values` are the answers so far."""

        def __init__(self, form: Form, values: dict[str, str]) -> None:
            super().__init__(form)
            self.values = values

    class PastedLines(Said):
        """Several lines were pasted into the one line `code`; nothing was put in, `text` has them all."""

        def __init__(self, form: Form, code: str, text: str) -> None:
            super().__init__(form)
            self.code = code
            self.text = text

    class Refused(Said):
        """An option of `code` was tried that is not open now; `words` say why."""

        def __init__(self, form: Form, code: str, words: str) -> None:
            super().__init__(form)
            self.code = code
            self.words = words

    def __init__(
        self,
        view: FormView,
        *,
        label_width: int = 22,
        take_focus: bool = True,
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """Take the form; `label_width` is the most cells labels may take, `take_focus` goes to the first question."""
        super().__init__(name=name, id=id, classes=classes)
        self._view = view
        self._label_width = label_width
        self._take_focus = take_focus
        self._fields: dict[str, Field] = {}

    @property
    def view(self) -> FormView:
        """What is shown."""
        return self._view

    # what is asked

    def compose(self) -> ComposeResult:
        """Head, questions, keys."""
        yield FormHead(self._view)
        self._fields = {field.code: Field(field) for field in self._view.fields}
        self._align()
        yield KeyHints(self._hints())
        yield from self._fields.values()

    def _hints(self) -> tuple[HintView, ...]:
        save, cancel = self._view.save_words, self._view.cancel_words
        hints = (HintView("F2", save, "save", weight=2), HintView("Esc", cancel, "leave", weight=1))
        return tuple(hint for hint in hints if hint.label)

    def _align(self) -> None:
        """Give all labels the width of the longest, and never more than a third of the form."""
        longest = max((field.label_cells for field in self._fields.values()), default=0)
        width = min(self._label_width, longest, self.size.width // 3 if self.size.width else longest)
        for field in self._fields.values():
            field.set_label_width(width)

    def on_mount(self) -> None:
        """Go to the first question."""
        if self._take_focus:
            self.focus_first()

    def on_resize(self) -> None:
        """Fit the labels to the new width."""
        self._align()

    def focus_first(self) -> None:
        """Go to the first question, or to the first one with a problem."""
        fields = list(self._fields.values())
        field = next((field for field in fields if field.problem), fields[0] if fields else None)
        if field is not None:
            field.control.focus()

    def field_with_focus(self) -> str:
        """Return the code of the question that has the keys, empty when none has."""
        return next((code for code, field in self._fields.items() if field.control.has_focus), "")

    def focus_field(self, code: str) -> None:
        """Go to a question; an unknown code changes nothing."""
        if code in self._fields:
            self._fields[code].control.focus()

    async def show(self, view: FormView) -> None:
        """Show another view of the form; what was typed stays, except where the view brings another value.

        Questions that are in both views keep their place in the text; others come and go.
        """
        if view == self._view:
            return
        old = {field.code: field for field in self._view.fields}
        self._view = view
        self.query_one(FormHead).show(view)
        self.query_one(KeyHints).show(self._hints())
        wanted: dict[str, Field] = {}
        for question in view.fields:
            field = self._fields.get(question.code)
            if field is None or field.kind is not question.kind:
                wanted[question.code] = Field(question)
            else:
                field.show(question, question.value != old[question.code].value)
                wanted[question.code] = field
        gone = [field for field in self._fields.values() if wanted.get(field.code) is not field]
        self._fields = wanted
        self._align()
        with self.app.batch_update():
            for field in gone:
                await field.remove()
            before: Widget = self.query_one(KeyHints)
            for field in wanted.values():
                if not field.is_attached:
                    await self.mount(field, after=before)
                before = field

    # answers

    def values(self) -> dict[str, str]:
        """All answers by code, as typed; `yes` or `no` of a box, the code of a choice."""
        return {code: field.answer for code, field in self._fields.items()}

    def set_values(self, values: Mapping[str, str]) -> None:
        """Put answers in, a draft for one, without telling anybody; unknown codes are passed over."""
        for code, value in values.items():
            if code in self._fields:
                self._fields[code].set_answer(value)

    def set_hint(self, code: str, text: str, tone: Tone = Tone.DIM) -> None:
        """Say something live about an answer, such as how a moment was understood."""
        if code in self._fields:
            self._fields[code].set_hint(text, tone)

    def set_problems(self, problems: Mapping[str, str]) -> None:
        """Show what is wrong under each question, and nothing under all others; go to the first that is wrong."""
        for code, field in self._fields.items():
            field.set_problem(problems.get(code, ""))
        first = next((field for code, field in self._fields.items() if problems.get(code)), None)
        if first is not None:
            first.control.focus(scroll_visible=False)
            self.call_after_refresh(self._reveal, first)

    def _reveal(self, field: Field) -> None:
        """Scroll to a question's first line, so that its label, its options and what is wrong are all in sight."""
        if field.is_attached:
            self.scroll_to_widget(field, animate=False, top=True, force=True)

    # what happens

    def action_save(self) -> None:
        """Say that the answers are to be stored."""
        self.post_message(self.Save(self, self.values()))

    def action_next_question(self) -> None:
        """Go down to the next question; from the last one nowhere: keys typed on must not change the first answer."""
        chain = self.screen.focus_chain
        if self.screen.focused is not chain[-1]:
            self.screen.focus_next()

    def action_leave(self) -> None:
        """Say that the form is to be left."""
        self.post_message(self.Leave(self, self.values()))

    def on_key_hints_pressed(self, event: KeyHints.Pressed) -> None:
        """A click on a key of the form is as good as the key."""
        event.stop()
        if event.action == "save":
            self.action_save()
        else:
            self.action_leave()

    def on_field_answered(self, event: Field.Answered) -> None:
        """Pass a changed answer on."""
        event.stop()
        self.post_message(self.Changed(self, event.field.code, self.values()))

    def on_field_finished(self, event: Field.Finished) -> None:
        """Go to a neighbour; Enter at the last question saves."""
        event.stop()
        fields = list(self._fields.values())
        at = fields.index(event.field) + event.step
        if 0 <= at < len(fields):
            fields[at].control.focus()
        elif event.entered:
            self.action_save()

    def on_field_pasted(self, event: Field.Pasted) -> None:
        """Pass pasted lines on."""
        event.stop()
        self.post_message(self.PastedLines(self, event.field.code, event.text))

    def on_field_refused(self, event: Field.Refused) -> None:
        """Say under the question why an option is closed, and pass it on."""
        event.stop()
        event.field.set_hint(event.words, Tone.WARN)
        self.post_message(self.Refused(self, event.field.code, event.words))
