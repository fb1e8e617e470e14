"""What each tone looks like under the present theme: a colour and attributes, from the theme's own variables.

A theme answers for a tone with two variables, `tone-<tone>` (a colour) and `tone-<tone>-style` (attributes such as
`bold`, `underline`, `reverse`, `dim`, `none`). A theme that knows nothing of tones is answered for by its standard
variables, so that every widget runs in any Textual app. The looks are resolved once a widget and style change, and
not by component classes: Textual computes those anew for each widget at each change of focus, which for fourteen
tones costs two milliseconds a key.
"""

from __future__ import annotations

from collections.abc import Mapping

from rich.style import Style
from textual.color import Color, ColorParseError

from widgets.views import Tone

Piece = tuple[str, Style]

MARKS: Mapping[Tone, str] = {Tone.GOOD: "[ok]", Tone.WARN: "[!]", Tone.BAD: "[X]"}
"""What stands before words of these tones, so that colour alone never tells."""

_STANDARD: Mapping[Tone, tuple[str, str]] = {
    Tone.NORMAL: ("foreground", "none"),
    Tone.STRONG: ("foreground", "bold"),
    Tone.DIM: ("text-muted", "none"),
    Tone.ACCENT: ("text-accent", "none"),
    Tone.GOOD: ("text-success", "none"),
    Tone.WARN: ("text-warning", "bold"),
    Tone.BAD: ("text-error", "bold"),
    Tone.CALL: ("text-primary", "none"),
    Tone.EMAIL: ("text-secondary", "none"),
    Tone.CHAT: ("text-success", "none"),
    Tone.SMS: ("text-accent", "none"),
    Tone.PAPER: ("foreground", "none"),
    Tone.VISIT: ("text-warning", "none"),
    Tone.EVENT: ("text-muted", "none"),
}
_PLAIN = Style.null()
_BLACK = 0
"""The terminal's black, which many show as grey when it is bold."""


def tone_variables(standard: Mapping[str, str]) -> dict[str, str]:
    """Variables for all tones out of a theme's standard ones; for `App.get_theme_variable_defaults`.

    `standard` is what `theme.to_color_system().generate()` gives.
    """
    variables: dict[str, str] = {}
    for tone, (colour, attributes) in _STANDARD.items():
        variables[f"tone-{tone}"] = standard.get(colour, "auto 87%")
        variables[f"tone-{tone}-style"] = attributes
    return variables


class Palette:
    """The looks of all tones on one background; made anew when the style of a widget changes."""

    def __init__(self, variables: Mapping[str, str], base: Style, background: Color) -> None:
        """Take the theme's variables, the widget's own style and the colour behind it."""
        self.base = base
        """The widget's own style: for blanks and for text of no tone."""
        self._variables = variables
        self._background = background
        self._looks: dict[tuple[Tone, str], Style] = {}

    def __call__(self, tone: Tone) -> Style:
        """Text of a tone."""
        return self._look(tone, "")

    def strong(self, tone: Tone) -> Style:
        """Text of a tone that stands out: the row under the cursor."""
        return self._look(tone, "strong")

    def badge(self, tone: Tone) -> Style:
        """Text of a tone reversed: a state, a focused title, the chosen one."""
        return self._look(tone, "badge")

    def bar(self, tone: Tone) -> Style:
        """A bar of a tone at the edge: its colour without attributes that would deform a block."""
        return self._look(tone, "bar")

    def key(self, tone: Tone) -> Style:
        """A letter that is a key, inside a word."""
        return self._look(tone, "key")

    def _look(self, tone: Tone, weight: str) -> Style:
        try:
            return self._looks[tone, weight]
        except KeyError:
            look = self._looks[tone, weight] = self._made(tone, weight)
            return look

    def _made(self, tone: Tone, weight: str) -> Style:
        colour = self._variables.get(f"tone-{tone}")
        attributes = self._variables.get(f"tone-{tone}-style")
        standard, weights = _STANDARD[tone]
        if colour is None:
            colour = self._variables.get(standard, "auto 87%")
        words = set((weights if attributes is None else attributes).split()) - {"none"}
        if weight == "strong":
            words = words - {"dim"} | {"bold"}
        elif weight == "bar":
            words = set()
        elif weight == "key":
            words = words - {"dim", "reverse"} | {"underline", "bold"}
        elif weight == "badge":
            words = words - {"dim", "bold", "underline"} | {"reverse"}
        style = self.base + self._coloured(colour, tone)
        if "bold" in words and style.color is not None and style.color.number == _BLACK:
            words = words - {"bold"} | {"underline"}
        return style + Style.parse(" ".join(sorted(words))) if words else style

    def _coloured(self, text: str, tone: Tone) -> Style:
        """A style for a CSS colour: `#rrggbb`, a name, `ansi_…`, `auto 60%`, or a colour and its opacity."""
        name, _, share = text.partition(" ")
        try:
            alpha = float(share.rstrip("% ")) / 100 if share else 1.0
            colour = None if name == "auto" else Color.parse(name)
        except (ColorParseError, ValueError):
            return _PLAIN
        if colour is None:
            return Style.from_color((self._background + self._background.get_contrast_text(alpha)).rich_color)
        if colour.ansi is not None:
            faint = Style(dim=True) if alpha < 1.0 or (tone is Tone.DIM and colour.ansi == -1) else _PLAIN
            return Style.from_color(colour.rich_color) + faint
        return Style.from_color((self._background + colour.with_alpha(colour.a * alpha)).rich_color)
