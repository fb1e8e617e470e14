"""A guide on the screen: the answers so far, the one question that is asked now, and its numbered answers."""

from __future__ import annotations

from itertools import islice
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from widgets.cells import Piece, cut, one_line, strip_of, width_of, wrap
from widgets.guide_views import GuideView
from widgets.painted import Painted, Sheet
from widgets.rule import rule_line
from widgets.views import ChoiceView, Tone

MOST_WORDS = 9
"""Lines that a sentence may take before it is cut; nobody reads out more in one breath."""


class GuideSheet(Sheet[GuideView]):
    """Shows a `GuideView` but its answers: from the top what was said, at the bottom what is asked now.

    On a low screen the older answers leave first, then the greeting; the question itself stays whole.
    """

    DEFAULT_CSS = """
    GuideSheet { width: 1fr; height: 1fr; }
    """

    def lay_out(self, width: int, height: int) -> list[Strip]:
        """The rule, what was said so far, and the question right above its answers."""
        right: list[Piece] = [(self.view.right, self.palette(Tone.DIM))]
        rule = rule_line(self.palette, width, self.view.title, False, right)
        room = max(0, height - 1)
        asked = self._asked(width)
        before = self._before(width, max(0, room - len(asked)))
        return [rule, *(self.line(pieces, width) for pieces in (*before, *asked)[-room:])] if room else [rule]

    def _before(self, width: int, room: int) -> list[list[Piece]]:
        """Return outage, greeting and the last answers in exactly so many lines; blank ones stand last."""
        view = self.view
        head = self._wrapped(f"[!] {view.banner}", self.palette.badge(Tone.WARN), width, 2) if view.banner else []
        if view.greeting and room - len(head) > 2:
            head += self._wrapped(view.greeting, self.palette(Tone.DIM), width, 2)
        head = head[:room]
        left = room - len(head) - 1  # a blank line before the question
        answers = [self._answer(matter, answer, width) for matter, answer in view.answers[-left:]] if left > 0 else []
        lines = [*head, *answers]
        return [*lines, *([[]] * (room - len(lines)))]

    def _answer(self, matter: str, answer: str, width: int) -> list[Piece]:
        label = min(22, width // 3)
        name = cut(one_line(matter), label)
        blanks = " " * (label - width_of(name))
        return [(f" {name}{blanks}  ", self.palette(Tone.DIM)), (one_line(answer), self.palette(Tone.NORMAL))]

    def _asked(self, width: int) -> list[list[Piece]]:
        view, palette = self.view, self.palette
        lines: list[list[Piece]] = []
        if view.role:
            lines.append([(f" {one_line(view.role)} ", palette.badge(view.tone))])
        lines += self._wrapped(view.words, palette(Tone.STRONG), width, MOST_WORDS)
        if view.hint:
            lines += self._wrapped(view.hint, palette(Tone.DIM), width, 2)
        for line in view.told:
            lines.append([(" ", palette.base), *self.pieces(line)])
        return lines

    def _wrapped(self, text: str, look: Style, width: int, most: int) -> list[list[Piece]]:
        return [[(f" {part}", look)] for part in islice(wrap(text, max(1, width - 2)), most)]


class GuideChoices(Painted, can_focus=True):
    """Numbered answers, one a line: a digit picks at once, Enter picks the one under the cursor.

    Up goes from the first answer back to the question before; the widget only says so.
    """

    DEFAULT_CSS = """
    GuideChoices { width: 1fr; height: auto; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "step(1)", "", show=False),
        Binding("up,k", "step(-1)", "", show=False),
        Binding("enter", "pick", "", show=False),
    ]

    class Picked(Message):
        """An answer was picked; `code` names it."""

        def __init__(self, code: str) -> None:
            super().__init__()
            self.code = code

    class Back(Message):
        """The question before is wanted."""

    class Refused(Message):
        """An answer was tried that is not open; `words` say why."""

        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._choices: tuple[ChoiceView, ...] = ()
        self._cursor = 0

    @property
    def cursor(self) -> str:
        """The code of the answer under the cursor, empty without answers."""
        return self._choices[self._cursor].code if self._choices else ""

    def show(self, choices: tuple[ChoiceView, ...], chosen: str = "") -> None:
        """Show other answers, the cursor on `chosen`, else on the first; only changed lines are painted."""
        before, cursor = self._choices, self._cursor
        self._choices = choices
        self._cursor = next((place for place, one in enumerate(choices) if one.code == chosen), 0)
        if len(before) != len(choices):
            self.refresh(layout=True)
            return
        for place, one in enumerate(choices):
            if one != before[place] or place in (cursor, self._cursor):
                self.touch(place)

    def action_step(self, step: int) -> None:
        """Move the cursor; up from the first answer goes back."""
        place = self._cursor + step
        if place < 0:
            self.post_message(self.Back())
        elif place < len(self._choices):
            self.touch(self._cursor)
            self._cursor = place
            self.touch(place)

    def action_pick(self) -> None:
        """Pick the answer under the cursor."""
        if self._choices:
            self._pick(self._choices[self._cursor])

    def _pick(self, one: ChoiceView) -> None:
        if one.disabled_because:
            self.post_message(self.Refused(one.disabled_because))
        else:
            self.post_message(self.Picked(one.code))

    async def _on_key(self, event: events.Key) -> None:
        for one in self._choices:
            if event.character and one.key == event.character:
                event.stop()
                event.prevent_default()
                self._pick(one)
                return

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Keys that pick an answer are the widget's own, before any binding of the screen."""
        return any(one.key and one.key == character for one in self._choices)

    def on_click(self, event: events.Click) -> None:
        """Pick the clicked answer."""
        event.stop()
        y = event.get_content_offset_capture(self).y
        if 0 <= y < len(self._choices):
            self._pick(self._choices[y])

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        """One line an answer."""
        return len(self._choices)

    def render_line(self, y: int) -> Strip:
        """One line; called by the toolkit."""
        width = self.size.width
        if y >= len(self._choices):
            return Strip.blank(width, self.palette.base)
        one = self._choices[y]
        look = self.palette.badge(Tone.ACCENT) if y == self._cursor and self.has_focus else self.palette(Tone.NORMAL)
        here = ">" if y == self._cursor else " "
        pieces: list[Piece] = [(f" {here}", look if y == self._cursor else self.palette.base)]
        key_look = look if y == self._cursor else self.palette.strong(Tone.ACCENT)
        pieces.append((f" {one.key or ' '} ", key_look))
        pieces.append((f"{one_line(one.label)} ", self.palette(Tone.DIM) if one.disabled_because else look))
        if hint := one.disabled_because or one.hint:
            pieces.append((f" {one_line(hint)}", self.palette(Tone.DIM)))
        return strip_of(pieces, width, self.palette.base)

    def _on_focus(self, event: events.Focus) -> None:
        self.touch(self._cursor)

    def _on_blur(self, event: events.Blur) -> None:
        self.touch(self._cursor)
