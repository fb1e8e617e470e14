"""The controls of a form: a line, a note, a choice; none blinks, none loses a pasted line."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widgets import Input, TextArea

from widgets.cells import Piece, one_line, strip_of, width_of
from widgets.painted import Painted
from widgets.pasting import pasted_lines
from widgets.views import ChoiceView, Tone


class Answered(Message):
    """The answer of a control changed."""


class Finished(Message):
    """Enter was pressed where it ends an answer, or an arrow that leads to a neighbour (`step` 1 or -1)."""

    def __init__(self, step: int = 1, entered: bool = True) -> None:
        super().__init__()
        self.step = step
        self.entered = entered


class Pasted(Message):
    """Several lines were pasted into a control for one; nothing was taken over yet."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class Refused(Message):
    """A choice was tried that is not open now; `words` say why."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.words = words


class LineInput(Input):
    """One line of text."""

    DEFAULT_CSS = """
    LineInput {
        border: none; height: 1; width: 1fr; padding: 0; background: $panel;
        &:focus { border: none; background-tint: $foreground 0%; }
        &:ansi { color: $foreground; background: $background; }
        & > .input--cursor, &:ansi > .input--cursor {
            color: $foreground; background: $background; text-style: reverse;
        }
        &:ansi > .input--selection { color: $foreground; background: $background; text-style: reverse; }
        & > .input--placeholder, &:ansi > .input--placeholder { color: $text-muted; text-style: none; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "neighbour(-1)", "", show=False),
        Binding("down", "neighbour(1)", "", show=False),
    ]

    def __init__(self, value: str = "") -> None:
        """Take a first answer."""
        super().__init__(value, select_on_focus=False)
        self.cursor_blink = False
        self._answer = value

    @property
    def answer(self) -> str:
        """What was answered."""
        return self.value

    def set_answer(self, answer: str) -> None:
        """Put an answer in, without telling anybody."""
        self._answer = one_line(answer)
        self.value = self._answer

    def action_neighbour(self, step: int) -> None:
        """Go to the field above or below."""
        self.post_message(Finished(step, entered=False))

    def _on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if event.value != self._answer:
            self._answer = event.value
            self.post_message(Answered())

    def _on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(Finished())

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        lines = pasted_lines(event.text)
        if len(lines) > 1:
            self.post_message(Pasted("\n".join(lines)))
        elif lines:
            self.replace(lines[0], *self.selection)


class NoteArea(TextArea):
    """Several lines of text, wrapped; Tab leaves."""

    DEFAULT_CSS = """
    NoteArea {
        border: none; width: 1fr; padding: 0; background: $panel; scrollbar-size: 0 0;
        &:focus { border: none; }
        & .text-area--cursor, &:ansi .text-area--cursor, &:light .text-area--cursor, &:dark .text-area--cursor {
            color: $foreground; background: $background; text-style: reverse;
        }
    }
    """

    def __init__(self, value: str = "", lines: int = 3, cursor: int | None = None) -> None:
        """Take a first answer, the lines to show at once, and where writing goes on (None: at the end)."""
        super().__init__(value, soft_wrap=True, tab_behavior="focus", highlight_cursor_line=False, max_checkpoints=50)
        self.cursor_blink = False
        self.styles.height = max(1, lines)
        self._answer = value
        self._first_cursor = cursor

    def on_mount(self) -> None:
        """Go on writing where the answer ends, or where it was said."""
        if self._first_cursor is None:
            self.move_cursor(self.document.end)
        else:
            before = self.text[: self._first_cursor].split("\n")
            self.move_cursor((len(before) - 1, len(before[-1])))

    @property
    def answer(self) -> str:
        """What was answered."""
        return self.text

    def set_answer(self, answer: str) -> None:
        """Put an answer in, without telling anybody; the cursor stands at its end."""
        self._answer = answer
        if self.text != answer:
            self.text = answer
            self.move_cursor(self.document.end)

    def _on_text_area_changed(self, event: TextArea.Changed) -> None:
        event.stop()
        if self.text != self._answer:
            self._answer = self.text
            self.post_message(Answered())

    async def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        result = self._replace_via_keyboard("\n".join(pasted_lines(event.text)), *self.selection)
        if result is not None:
            self.move_cursor(result.end_location)


class ChoiceLine(Painted, can_focus=True):
    """Options side by side, wrapped when they must be; arrows, a letter or a click pick one.

    The chosen one stands reversed with `[x]`. Without options it is a box for yes and no, switched by Space.
    """

    DEFAULT_CSS = """
    ChoiceLine { width: 1fr; height: auto; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", "", show=False),
        Binding("right", "step(1)", "", show=False),
        Binding("space", "switch", "", show=False),
        Binding("enter", "finish", "", show=False),
        Binding("up", "neighbour(-1)", "", show=False),
        Binding("down", "neighbour(1)", "", show=False),
    ]

    def __init__(self, choices: tuple[ChoiceView, ...], value: str = "") -> None:
        """Take the options and the code of the chosen one."""
        super().__init__()
        self._choices = choices
        self._answer = value

    @property
    def answer(self) -> str:
        """The code of the chosen option; `yes` or `no` of a box."""
        return self._answer if self._choices else self._answer or "no"

    @property
    def chosen(self) -> ChoiceView | None:
        """The chosen option."""
        return next((choice for choice in self._choices if choice.code == self._answer), None)

    def set_answer(self, answer: str) -> None:
        """Choose by code, without telling anybody."""
        if answer != self._answer:
            self._answer = answer
            self.refresh()

    def set_choices(self, choices: tuple[ChoiceView, ...]) -> None:
        """Offer other options; the chosen one stays when it is among them."""
        if choices != self._choices:
            self._choices = choices
            self.refresh(layout=True)

    def pick(self, code: str) -> None:
        """Choose by code and tell; an option that is not open now says why instead."""
        choice = next((choice for choice in self._choices if choice.code == code), None)
        if choice is not None and choice.disabled_because:
            self.post_message(Refused(choice.disabled_because))
        elif code != self._answer:
            self._answer = code
            self.refresh()
            self.post_message(Answered())

    # keys

    def action_step(self, step: int) -> None:
        """Choose the next open option to the left or right; it stops at the ends."""
        if not self._choices:
            self.action_switch()
            return
        codes = [choice.code for choice in self._choices if not choice.disabled_because]
        if not codes:
            return
        if self._answer not in codes:
            self.pick(codes[0 if step > 0 else -1])
            return
        self.pick(codes[max(0, min(codes.index(self._answer) + step, len(codes) - 1))])

    def action_switch(self) -> None:
        """Switch a box; go one option on in a choice, from the last to the first."""
        if not self._choices:
            self.pick("no" if self._answer == "yes" else "yes")
            return
        codes = [choice.code for choice in self._choices if not choice.disabled_because]
        if codes:
            at = codes.index(self._answer) + 1 if self._answer in codes else 0
            self.pick(codes[at % len(codes)])

    def action_finish(self) -> None:
        """End the answer."""
        self.post_message(Finished())

    def action_neighbour(self, step: int) -> None:
        """Go to the field above or below."""
        self.post_message(Finished(step, entered=False))

    async def _on_key(self, event: events.Key) -> None:
        character = event.character
        if not character or not event.is_printable or character == " ":
            return
        for choice in self._choices:
            if choice.key and choice.key.casefold() == character.casefold():
                event.stop()
                event.prevent_default()
                self.pick(choice.code)
                return

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Letters that pick an option are the control's own, before any binding of the screen."""
        return any(choice.key and choice.key.casefold() == (character or "").casefold() for choice in self._choices)

    def on_click(self, event: events.Click) -> None:
        """Pick the clicked option."""
        event.stop()
        offset = event.get_content_offset_capture(self)
        if not self._choices:
            self.action_switch()
            return
        for choice, x, y in self._placed(self.size.width):
            if y == offset.y and x <= offset.x < x + _width(choice):
                self.pick(choice.code)

    # painting

    def _placed(self, width: int) -> list[tuple[ChoiceView, int, int]]:
        """Options with the column and line where they stand."""
        placed: list[tuple[ChoiceView, int, int]] = []
        x = y = 0
        for choice in self._choices:
            size = _width(choice)
            if x and x + size > width:
                x, y = 0, y + 1
            placed.append((choice, x, y))
            x += size + 2
        return placed

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        """Lines that the options take at a width."""
        return max((y for _, _, y in self._placed(width)), default=0) + 1

    def render_line(self, y: int) -> Strip:
        """One line; called by the toolkit."""
        width = self.size.width
        pieces: list[Piece] = []
        if not self._choices:
            on = self._answer == "yes"
            look = self.palette.badge(Tone.STRONG) if self.has_focus else self.palette.strong(Tone.NORMAL)
            pieces.append(("[x]" if on else "[ ]", look if on or self.has_focus else self.palette(Tone.NORMAL)))
        for choice, x, line in self._placed(width):
            if line == y:
                pieces += [("  ", self.palette.base)] if x else []
                pieces += self._option(choice)
        return strip_of(pieces, width, self.palette.base)

    def _option(self, choice: ChoiceView) -> list[Piece]:
        palette = self.palette
        key, label = _letters(choice)
        if choice.code == self._answer:
            look = palette.badge(Tone.ACCENT if self.has_focus else Tone.STRONG)
            return [(f"[x] {key}{label}", look)]
        if choice.disabled_because:
            return [(f"[-] {key}{label}", palette(Tone.DIM))]
        look = palette(Tone.NORMAL)
        if key:
            return [("[ ] ", look), (key, palette.strong(Tone.ACCENT)), (label, look)]
        at = label.casefold().find(choice.key.casefold()) if choice.key else -1
        if at < 0:
            return [(f"[ ] {label}", look)]
        return [
            (f"[ ] {label[:at]}", look),
            (label[at : at + 1], palette.key(Tone.ACCENT)),
            (label[at + 1 :], look),
        ]

    def _on_focus(self, event: events.Focus) -> None:
        self.refresh()

    def _on_blur(self, event: events.Blur) -> None:
        self.refresh()


def _letters(choice: ChoiceView) -> tuple[str, str]:
    """A key that stands before the label, empty when a letter of the label itself is the key; and the label."""
    label, key = one_line(choice.label), one_line(choice.key)
    folded = label.casefold()
    inside = bool(key) and len(folded) == len(label) and key.casefold() in folded
    return ("" if inside or not key else f"{key} "), label


def _width(choice: ChoiceView) -> int:
    key, label = _letters(choice)
    return 4 + width_of(key) + width_of(label)
