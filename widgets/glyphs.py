"""Large letters and digits, five lines high, made of blocks that an ASCII terminal shows as `#`."""

from __future__ import annotations

from collections.abc import Mapping

GLYPH_HEIGHT = 5
"""Lines of a large letter."""

_ROWS: Mapping[str, str] = {
    "0": "### #.# #.# #.# ###",
    "1": ".#. ##. .#. .#. ###",
    "2": "### ..# ### #.. ###",
    "3": "### ..# ### ..# ###",
    "4": "#.# #.# ### ..# ..#",
    "5": "### #.. ### ..# ###",
    "6": "### #.. ### #.# ###",
    "7": "### ..# ..# .#. .#.",
    "8": "### #.# ### #.# ###",
    "9": "### #.# ### ..# ###",
    "A": ".#. #.# ### #.# #.#",
    "B": "##. #.# ##. #.# ##.",
    "C": ".## #.. #.. #.. .##",
    "D": "##. #.# #.# #.# ##.",
    "E": "### #.. ##. #.. ###",
    "F": "### #.. ##. #.. #..",
    "G": ".## #.. #.# #.# .##",
    "H": "#.# #.# ### #.# #.#",
    "I": "### .#. .#. .#. ###",
    "J": "..# ..# ..# #.# .#.",
    "K": "#.# #.# ##. #.# #.#",
    "L": "#.. #.. #.. #.. ###",
    "M": "#...# ##.## #.#.# #...# #...#",
    "N": "#..# ##.# #.## #..# #..#",
    "O": ".##. #..# #..# #..# .##.",
    "P": "##. #.# ##. #.. #..",
    "Q": ".##. #..# #..# #.## .###",
    "R": "##. #.# ##. #.# #.#",
    "S": ".## #.. .#. ..# ##.",
    "T": "### .#. .#. .#. .#.",
    "U": "#.# #.# #.# #.# ###",
    "V": "#.# #.# #.# #.# .#.",
    "W": "#...# #...# #.#.# ##.## #...#",
    "X": "#.# #.# .#. #.# #.#",
    "Y": "#.# #.# .#. .#. .#.",
    "Z": "### ..# .#. #.. ###",
    "-": "... ... ### ... ...",
    "/": "..# ..# .#. #.. #..",
    "#": "#.# ### #.# ### #.#",
    ".": ". . . . #",
    " ": ".. .. .. .. ..",
}


def large(text: str, width: int, plain: bool = False) -> list[str]:
    """The lines of a text in large letters; none when a letter is unknown or they take more than `width` cells.

    Dots of a letter are two cells wide where there is room, one otherwise; `plain` uses `#` for a dot.
    """
    glyphs = [_ROWS[letter].split() for letter in text.upper() if letter in _ROWS]
    if not glyphs or len(glyphs) != len(text):
        return []
    dot = "#" if plain else "█"
    for scale in (2, 1):
        rows = [
            (" " * scale).join("".join((dot if mark == "#" else " ") * scale for mark in glyph[y]) for glyph in glyphs)
            for y in range(GLYPH_HEIGHT)
        ]
        if len(rows[0]) <= width:
            return rows
    return []
