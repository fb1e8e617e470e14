"""What comes in from keyboards: bytes that are not UTF-8, other notations of keys, answers nobody asked for."""

from __future__ import annotations

import codecs
import re
from typing import Literal

_FALLBACK = "cordboard-cp1252"


def _as_western(error: UnicodeError) -> tuple[str, int]:
    """Read what is not UTF-8 as Windows-1252, of which Latin-1's letters are a part; holes in it are dropped."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "ignore"), error.end


codecs.register_error(_FALLBACK, _as_western)


class KeyDecoder:
    """Turns the bytes of a terminal into text and never fails.

    `characters="latin1"` reads every byte as a Western letter; otherwise as UTF-8, with a byte that does not fit read
    as the Western letter that an old terminal meant.
    """

    def __init__(self, characters: Literal["utf8", "latin1", "ascii"]) -> None:
        if characters == "latin1":
            self._decoder = codecs.getincrementaldecoder("cp1252")("ignore")
        else:
            self._decoder = codecs.getincrementaldecoder("utf-8")(_FALLBACK)

    def feed(self, data: bytes) -> str:
        """Return the text of `data`, keeping back an unfinished character."""
        return self._decoder.decode(data)

    @property
    def waits(self) -> bool:
        """True while an unfinished character is kept back."""
        return bool(self._decoder.getstate()[0])

    def give_up_waiting(self) -> str:
        """Return what was kept back, read as Western letters: nothing more came to complete it."""
        text = self._decoder.decode(b"", final=True)
        self._decoder.reset()
        return text


# PuTTY's "VT100+" notation of F5 to F12, and what of SCO's collides with no other sequence.
FUNCTION_KEYS = {
    "\x1bOT": "f5", "\x1bOU": "f6", "\x1bOV": "f7", "\x1bOW": "f8",
    "\x1bOX": "f9", "\x1bOY": "f10", "\x1bOZ": "f11", "\x1bO[": "f12",
    "\x1b[N": "f2", "\x1b[T": "f8", "\x1b[U": "f9", "\x1b[V": "f10", "\x1b[W": "f11", "\x1b[X": "f12",
}  # fmt: skip
"""Sequences that are added to the toolkit's table of keys."""

# F1 to F12, then Page Up and Page Down: in SCO notation, and as everybody else writes them.
_SCO = dict(zip("MNOPQRSTUVWXIG", (11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 23, 24, 5, 6), strict=True))
_SCO_KEY = re.compile(r"\x1b\[([G-IM-X])(?![0-9;])")


def from_sco(text: str) -> str:
    """Return input in SCO notation as other terminals write it.

    Only for a keyboard known to be SCO: its F1 looks like the start of a mouse report, its F3 like a lost focus.
    """
    return _SCO_KEY.sub(lambda found: f"\x1b[{_SCO[found[1]]}~" if found[1] in _SCO else found[0], text)


# Strings (OSC, DCS, SOS, PM, APC), device attributes and cursor positions: answers of a terminal. Nobody here asks
# for them, but text shown earlier by another program may have; letters in them would act as keys.
_ANSWER = re.compile(
    r"\x1b[\]PX^_][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)|\x1b\[[?>=][0-9;]{0,64}c|\x1b\[[0-9]{1,4};[0-9]{1,4}R"
)


def without_answers(text: str) -> str:
    """Return `text` without the answers that a terminal gives to queries.

    Shift+F3 as `CSI 1;2R` looks like a cursor position and goes with them: no key of ours, and no harm.
    """
    return _ANSWER.sub("", text) if "\x1b" in text else text
