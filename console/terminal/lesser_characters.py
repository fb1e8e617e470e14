"""Text for terminals that know fewer characters: ASCII or Latin-1, every cell kept in its place."""

from __future__ import annotations

import unicodedata
from typing import Literal

from rich.cells import get_character_cell_size

_GROUPS = {
    "-": "─━╌╍┄┅┈┉═╴╶╸╺╼╾▔▁▂▃‾‐‑‒–—―−",
    "|": "│┃╎╏┆┇┊┋║▏▎▍▌▐▕▊▉╵╷╹╻╽╿",
    "+": "┌┍┎┏┐┑┒┓└┕┖┗┘┙┚┛╭╮╰╯╔╗╚╝├┝┞┟┠┡┢┣┤┥┦┧┨┩┪┫┬┭┮┯┰┱┲┳┴┵┶┷┸┹┺┻┼┽┾┿╀╁╂╃╄╅╆╇╈╉╊╋╠╣╦╩╬╞╡╪╫╟╢╤╥╧╨╒╓╕╖╘╙╛╜",
    "#": "█▓▇▆▅▄▀▖▗▘▝▙▛▜▟▚▞■◼",
    ":": "▒░",
    "*": "•●◉⬤◦∙·★☆",
    "o": "○⭘□◻",
    "~": "…≈",
    ">": "▶▸►→⇒❯›»",
    "<": "◀◂◄←⇐❮‹",
    "v": "▼▾↓⌄",
    "^": "▲▴↑⌃",
    "x": "✓✔☑×",
    "X": "✕✖✗✘☒",
    "'": "‘’‚′",
    '"': "“”„″«",
    "/": "╱",
    "\\": "╲",
    " ": "\u00a0\u202f\u2007\u2009\u2002\u2003☎✉≡▤▣⌂◊¶",
    "E": "€",
    "l": "ł",
    "L": "Ł",
    "d": "đð",
    "D": "ĐÐ",
    "O": "Ø",
    "h": "ħ",
    "i": "ı",
    "s": "ß",
    "a": "æ",
    "A": "Æ",
    "p": "þ",
    "P": "Þ",
    "!": "⚠¡",
}
# The letter o stands twice: for circles and for the two vowels.
_SAME_WIDTH = {ord(c): to for to, group in _GROUPS.items() for c in group} | {ord(c): "o" for c in "øœ"} | {0x152: "O"}


class _Lesser(dict[int, str]):
    """A table for `str.translate` that works out each character once, when it first appears."""

    def __init__(self, last: int) -> None:
        super().__init__()
        self._last = last

    def __missing__(self, code: int) -> str:
        plain = self._plain(code)
        self[code] = plain
        return plain

    def _plain(self, code: int) -> str:
        if code <= self._last:
            # 0x80 to 0x9f are commands to a Latin-1 terminal, not letters.
            return "" if 0x80 <= code < 0xA0 else chr(code)
        if known := _SAME_WIDTH.get(code):
            return known
        character = chr(code)
        width = get_character_cell_size(character)
        kept = [c for c in unicodedata.normalize("NFKD", character) if 0x20 <= ord(c) <= min(self._last, 0x7E)]
        text = "".join(kept[:width])
        return text + "?" * (width - len(text))


_TABLES = {"ascii": _Lesser(0x7F), "latin1": _Lesser(0xFF)}


def lesser(text: str, characters: Literal["ascii", "latin1"]) -> str:
    """Return `text` in the characters that the terminal knows, as wide in cells as it was.

    Escape sequences pass, since they are ASCII. An accent standing on its own joins its letter first, so that Latin-1
    shows é and ASCII e.
    """
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", text).translate(_TABLES[characters])
