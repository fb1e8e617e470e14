"""The cells of a screen as the painter compares them: one list of characters and one of pens a row."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from rich.cells import get_character_cell_size, split_graphemes
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style

from console.terminal.clean_filter import without_commands

_MEMORY = 4096  # styles; those with click targets are made anew for each row and would pile up

# Bit of Rich's attribute mask to SGR code. Blinking (bits 4 and 5) is left out: it costs bytes for ever.
_ATTRIBUTES = {0: "1", 1: "2", 2: "3", 3: "4", 6: "7", 7: "8", 8: "9", 9: "21", 10: "51", 11: "52", 12: "53"}
_SHOWN_ON_BLANKS = frozenset({"4", "7", "9", "21", "51", "52", "53"})


class Pen:
    """How a cell is drawn; two pens that look the same are one object."""

    __slots__ = ("attributes", "background", "colour", "erasable", "for_blanks")

    def __init__(self, attributes: frozenset[str], colour: str, background: str) -> None:
        self.attributes = attributes
        self.colour = colour
        self.background = background
        self.erasable = not attributes
        """Erasing with this pen gives the cells that spaces would."""
        self.for_blanks = self
        """The pen of which only what a space shows is left."""

    def codes(self) -> list[str]:
        """Return the SGR codes that make this pen from the default one."""
        return [*sorted(self.attributes, key=int), *filter(None, (self.colour, self.background))]


_pens: dict[tuple[frozenset[str], str, str], Pen] = {}


def pen(attributes: frozenset[str] = frozenset(), colour: str = "", background: str = "") -> Pen:
    """Return the one pen with these SGR codes."""
    key = (attributes, colour, background)
    found = _pens.get(key)
    if found is None:
        found = _pens[key] = Pen(attributes, colour, background)
        if not attributes & _SHOWN_ON_BLANKS and (attributes or colour):
            found.for_blanks = pen(frozenset(), "", background)
    return found


PLAIN = pen()
"""The terminal's own colours and no attribute."""


@lru_cache(maxsize=_MEMORY)
def order_between(before: Pen | None, after: Pen) -> str:
    """Return the shortest order that changes the pen; from None, the pen is not known."""
    whole = f"\x1b[{';'.join(['0', *after.codes()])}m" if after is not PLAIN else "\x1b[m"
    if before is None or not before.attributes <= after.attributes:
        return whole
    changes = sorted(after.attributes - before.attributes, key=int)
    if before.colour != after.colour:
        changes.append(after.colour or "39")
    if before.background != after.background:
        changes.append(after.background or "49")
    change = f"\x1b[{';'.join(changes)}m" if changes else ""
    return change if len(change) <= len(whole) else whole


class Palette:
    """Turns Rich's styles into pens for one kind of terminal."""

    def __init__(self, system: ColorSystem | None) -> None:
        self._system = system
        """None: no colours at all, attributes only."""
        self._known: dict[Style, Pen] = {}

    def pen_of(self, style: Style | None) -> Pen:
        """Return the pen that draws `style`; links and click targets draw nothing."""
        if style is None:
            return PLAIN
        found = self._known.get(style)
        if found is None:
            if len(self._known) >= _MEMORY:
                self._known.clear()
            found = self._known[style] = self._make(style)
        return found

    def _make(self, style: Style) -> Pen:
        mask = style._attributes & style._set_attributes
        attributes = frozenset(code for bit, code in _ATTRIBUTES.items() if mask & (1 << bit))
        if self._system is None:
            return pen(attributes)
        colour = background = ""
        if style.color is not None and not style.color.is_default:
            colour = ";".join(style.color.downgrade(self._system).get_ansi_codes())
        if style.bgcolor is not None and not style.bgcolor.is_default:
            background = ";".join(style.bgcolor.downgrade(self._system).get_ansi_codes(foreground=False))
        return pen(attributes, colour, background)


class Row:
    """One line of the screen. The right half of a wide character is an empty string."""

    __slots__ = ("characters", "pens")

    def __init__(self, characters: list[str], pens: list[Pen]) -> None:
        self.characters = characters
        self.pens = pens

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Row) and self.characters == other.characters and self.pens == other.pens

    __hash__ = None  # type: ignore[assignment]  # rows change

    def copy(self) -> Row:
        """Return a row of its own with the same cells."""
        return Row(self.characters.copy(), self.pens.copy())

    def fitted(self, width: int) -> Row:
        """Return the row cut or filled with plain blanks to `width` cells."""
        missing = width - len(self.characters)
        if missing >= 0:
            return Row(self.characters + [" "] * missing, self.pens + [PLAIN] * missing)
        return Row(self.characters[:width], self.pens[:width]).mended()

    def put(self, x: int, cells: Row) -> None:
        """Write `cells` over this row from column `x` on; what stands out at the end is cut."""
        if x >= len(self.characters):
            return
        end = min(x + len(cells.characters), len(self.characters))
        self.characters[x:end] = cells.characters[: end - x]
        self.pens[x:end] = cells.pens[: end - x]

    def mended(self) -> Row:
        """Blank the halves of wide characters whose other half was overwritten; return this row."""
        characters = self.characters
        if "" not in characters and "".join(characters).isascii():
            return self
        last = len(characters) - 1
        for x, character in enumerate(characters):
            if character == "":
                if x == 0 or not _is_wide(characters[x - 1]):
                    characters[x] = " "
            elif _is_wide(character) and (x == last or characters[x + 1] != ""):
                characters[x] = " "
        return self


def blank_row(width: int) -> Row:
    """Return a row of plain blanks."""
    return Row([" "] * width, [PLAIN] * width)


def row_of(segments: Iterable[Segment], palette: Palette) -> Row:
    """Return the cells of `segments`; control segments have none."""
    characters: list[str] = []
    pens: list[Pen] = []
    for text, style, control in segments:
        if control:
            continue
        drawn = palette.pen_of(style)
        lead = ""
        cells: list[str] | tuple[str, ...]
        if text.isascii() and text.isprintable():
            cells = list(text)
        else:
            lead, cells = _cells_of(text)
        if lead and characters:
            characters[-1 if characters[-1] else -2] += lead
        characters += cells
        if drawn.for_blanks is not drawn and " " in text:
            blank = drawn.for_blanks
            pens += [blank if cell == " " else drawn for cell in cells]
        else:
            pens += [drawn] * len(cells)
    return Row(characters, pens)


@lru_cache(maxsize=2048)
def _cells_of(text: str) -> tuple[str, tuple[str, ...]]:
    """Return what of `text` belongs to the cell before it, and its cells."""
    text = "".join(map(_drawable, without_commands(text)))
    lead = ""
    cells: list[str] = []
    for start, end, width in split_graphemes(text)[0]:
        cluster = text[start:end]
        if width == 0:
            if cells:
                cells[-1 if cells[-1] else -2] += cluster
            else:
                lead += cluster
            continue
        cells.append(cluster)
        cells += [""] * (width - 1)
    return lead, tuple(cells)


@lru_cache(maxsize=1024)
def _drawable(character: str) -> str:
    """Odd spaces become spaces, invisible format characters go: terminals disagree on what to do with them."""
    category = unicodedata.category(character)
    if category in ("Zs", "Zl", "Zp") or (category == "Cf" and character != "\u200d"):
        return " " * get_character_cell_size(character)
    return character


@lru_cache(maxsize=2048)
def _is_wide(cell: str) -> bool:
    if cell.isascii():
        return False
    return split_graphemes(cell)[1] > 1


@lru_cache(maxsize=1024)
def is_doubtful(cell: str) -> bool:
    """Return whether terminals disagree on the width of this cell: emoji, joined and varied characters."""
    if ord(cell[0]) >= 0x1F000:
        return True
    return any(0xFE00 <= ord(c) <= 0xFE0F or unicodedata.category(c) not in ("Mn", "Me") for c in cell[1:])
