"""One question of a form: its label, the control that is answered in, and a line for the hint or the problem."""

from __future__ import annotations

from itertools import islice

from textual import events
from textual.message import Message
from textual.strip import Strip

from widgets import fields
from widgets.cells import Piece, fit, one_line, width_of, wrap
from widgets.fields import ChoiceLine, LineInput, NoteArea
from widgets.painted import Painted
from widgets.views import FieldKind, FieldView, Tone

Control = LineInput | NoteArea | ChoiceLine

_EDGE = 2
_GAP = 1
_MOST_NOTES = 3


def _control(view: FieldView) -> Control:
    if view.kind is FieldKind.NOTE:
        return NoteArea(view.value, view.height, view.cursor)
    if view.kind in (FieldKind.CHOICE, FieldKind.YES_NO):
        return ChoiceLine(view.choices, view.value)
    return LineInput(one_line(view.value))


class Field(Painted):
    """Shows a `FieldView`; the control is a child that lies over the field's own lines."""

    DEFAULT_CSS = """
    Field { width: 1fr; height: auto; layout: vertical; overflow: hidden; }
    """

    class Said(Message):
        """What all messages of a field share."""

        def __init__(self, field: Field) -> None:
            super().__init__()
            self.field = field

        @property
        def control(self) -> Field:
            """The field it happened in."""
            return self.field

    class Answered(Said):
        """The answer changed."""

    class Finished(Said):
        """The next question is wanted (`step` 1), or the one before (-1); `entered` when by Enter."""

        def __init__(self, field: Field, step: int, entered: bool) -> None:
            super().__init__(field)
            self.step = step
            self.entered = entered

    class Pasted(Said):
        """Several lines were pasted into a control for one."""

        def __init__(self, field: Field, text: str) -> None:
            super().__init__(field)
            self.text = text

    class Refused(Said):
        """A closed option was tried; `words` say why it is closed."""

        def __init__(self, field: Field, words: str) -> None:
            super().__init__(field)
            self.words = words

    def __init__(self, view: FieldView) -> None:
        """Take the question."""
        self._control = _control(view)
        super().__init__(self._control)
        self.code = view.code
        self.kind = view.kind
        self._view = view
        self._label = 0
        self._notes: list[list[Piece]] = []
        self._room = 0
        self._hint = view.hint
        self._tone = Tone.DIM
        self.problem = view.problem
        """What is wrong with the answer; empty when nothing."""

    @property
    def control(self) -> Control:
        """What the question is answered in, and what takes the focus."""
        return self._control

    @property
    def answer(self) -> str:
        """The answer."""
        return self._control.answer

    @property
    def label_cells(self) -> int:
        """Cells that the label wants."""
        return width_of(one_line(self._view.label)) + 1 + self._view.needed

    def set_answer(self, answer: str) -> None:
        """Put an answer in, without telling anybody."""
        self._control.set_answer(answer)

    def set_label_width(self, width: int) -> None:
        """Give the label so many cells; the control begins behind it."""
        if width != self._label:
            self._label = width
            self._make_room()
            self.refresh()

    def show(self, view: FieldView, with_value: bool) -> None:
        """Show another view of the same question; `with_value` takes its value over."""
        self._view = view
        if isinstance(self._control, ChoiceLine):
            self._control.set_choices(view.choices)
        if with_value:
            self._control.set_answer(view.value)
        self._note(view.hint, Tone.DIM, view.problem)
        self.touch(0)

    def set_hint(self, text: str, tone: Tone = Tone.DIM) -> None:
        """Say something below the answer; an empty text brings the question's own hint back."""
        self._note(text or self._view.hint, tone if text else Tone.DIM, self.problem)

    def set_problem(self, problem: str) -> None:
        """Say what is wrong below the answer; it stands before the hint."""
        self._note(self._hint, self._tone, problem)

    def _note(self, hint: str, tone: Tone, problem: str) -> None:
        """Take what stands below the answer; the form is laid out again only when it takes more or fewer lines."""
        if (hint, tone, problem) != (self._hint, self._tone, self.problem):
            self._hint, self._tone, self.problem = hint, tone, problem
            self._renew_notes()

    def _renew_notes(self) -> None:
        self._notes = self._told()
        if len(self._notes) != self._room:
            self._make_room()
        else:
            for y in range(self.size.height - self._room, self.size.height):
                self.touch(y)

    # places

    def _make_room(self) -> None:
        """Put the control behind the label and above the notes."""
        self._room = len(self._notes)
        self._control.styles.margin = (0, 1, self._room, _EDGE + self._label + _GAP)

    def _told(self) -> list[list[Piece]]:
        """The lines below the control."""
        room = self.size.width - self._label - _EDGE - _GAP - 1
        text, tone = (self.problem, Tone.BAD) if self.problem else (self._hint, self._tone)
        if not text and isinstance(self._control, ChoiceLine) and self._control.chosen is not None:
            text, tone = self._control.chosen.hint, Tone.DIM
        if not text or room < 1 or not self.is_attached:
            return []
        [(words, look)] = self.marked(text, tone)
        before = " " * (_EDGE + self._label + _GAP)
        return [[(before, self.palette.base), (part, look)] for part in islice(wrap(words, room), _MOST_NOTES)]

    def on_resize(self) -> None:
        """Wrap hint and problem to the new width."""
        self._renew_notes()

    def forget(self) -> None:
        """Take the new looks for the lines below the control."""
        if self.is_mounted:
            self._notes = self._told()

    # painting

    def render_line(self, y: int) -> Strip:
        """One line; called by the toolkit."""
        width = self.size.width
        note = y - (self.size.height - self._room)
        if 0 <= note < len(self._notes):
            return self.line(self._notes[note], width)
        bar = ("│", self.palette(Tone.DIM))
        if y:
            return self.line([(" " * (_EDGE + self._label), self.palette.base), bar], width)
        focused = self._control.has_focus
        label = Tone.STRONG if focused else Tone.NORMAL
        star = [("*", self.palette.strong(Tone.ACCENT))] if self._view.needed else []
        name = fit([(one_line(self._view.label), self.palette(label))], self._label - len(star), self.palette.base)
        mark = (">", self.palette.badge(Tone.ACCENT)) if focused else (" ", self.palette.base)
        pieces: list[Piece] = [mark, (" ", self.palette.base)]
        pieces += [(segment.text, segment.style or self.palette.base) for segment in name]
        pieces += [*star, bar]
        return self.line(pieces, width)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Mark the label."""
        self.touch(0, 0, _EDGE + self._label)

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        """Unmark the label."""
        self.touch(0, 0, _EDGE + self._label)

    # what the control says

    def on_answered(self, event: fields.Answered) -> None:
        """Pass a changed answer on; what was wrong with the one before no longer stands."""
        event.stop()
        self.problem = ""
        if self._tone is Tone.WARN:
            self._hint, self._tone = self._view.hint, Tone.DIM
        self._renew_notes()
        self.post_message(self.Answered(self))

    def on_finished(self, event: fields.Finished) -> None:
        """Pass on where to go."""
        event.stop()
        self.post_message(self.Finished(self, event.step, event.entered))

    def on_pasted(self, event: fields.Pasted) -> None:
        """Pass pasted lines on."""
        event.stop()
        self.post_message(self.Pasted(self, event.text))

    def on_refused(self, event: fields.Refused) -> None:
        """Pass on why an option is closed."""
        event.stop()
        self.post_message(self.Refused(self, event.words))
