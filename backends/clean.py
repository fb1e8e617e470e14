"""The one gate through which text from outside passes, and the folding that makes such text searchable.

A terminal obeys bytes that a person cannot see: escape sequences repaint the screen, ENQ makes some terminals type,
bidi overrides turn a file name round, a thousand accents on one letter cover the rows above it. Every backend,
importer and telephony event sends what it was given through `line` or `block`; what comes out can be shown, compared
and stored. The raw original is kept elsewhere for export: cleaning loses what only a machine could see.

All functions here take any `str`, lone surrogates included, never raise, and take time in proportion to its length.
"""

from __future__ import annotations

import re
import unicodedata

LINE_LIMIT = 500
"""Characters that `line` keeps by default: more than any name or subject needs."""
BLOCK_LIMIT = 1_000_000
"""Characters that `block` keeps by default; how much of it is painted is the view's business."""
MARKS_PER_CELL = 4
"""Combining marks that one character may carry: Hebrew with vowels and Vietnamese need three."""

_TAB_STOPS = 4
_STREAM_SAFE = 30  # UAX #15: no written language needs more; longer runs make normalisation quadratic
_CACHED = 8_192  # distinct code points remembered; a text that uses all of Unicode must not fill the memory
_REPLACEMENT = "\ufffd"
_ELLIPSIS = "…"

_SETTLED = re.compile("[\n -~\u00a1-\u00ac\u00ae-\u017f\u1e00-\u1eff–—‘’“”„…•€]*")  # most of Europe, already in NFC
_SURROGATE_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ud800-\udfff]")
_BREAK = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_PICTOGRAPH = "\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff"
_STRAY_JOINER = re.compile(f"(?<![{_PICTOGRAPH}])\u200d|\u200d(?![{_PICTOGRAPH}])")
_TOO_MANY_MARKS = re.compile(f"(?<=m{{{MARKS_PER_CELL}}})m+")
_FAR_TOO_MANY_MARKS = re.compile(f"(?<=m{{{_STREAM_SAFE}}})m+")
_MARKS_WITHOUT_BASE = re.compile("(?:^|(?<=n))m+")

_BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0\U0001d159")
_INVISIBLE = frozenset("\u00ad\u034f\u17b4\u17b5\u180b\u180c\u180d\u180e\u180f\ufeff\x00")
_WORD_BULLETS = {"\uf0b7": "•", "\uf0a7": "▪", "\uf0d8": "▸", "\uf0fc": "✓"}
_SIGNS_THAT_SHOW = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")


def _is_ignorable(character: str) -> bool:
    """Return whether Unicode asks to show nothing for this one: selectors, tags and their unassigned neighbours."""
    return (
        character in _INVISIBLE
        or "\ufe00" <= character <= "\ufe0f"
        or "\U000e0000" <= character <= "\U000e0fff"
        or "\ufff0" <= character <= "\ufff8"
        or character == "\u2065"
    )


def _is_noncharacter(code: int) -> bool:
    return 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE


def _shown(code: int) -> str:
    """Return what stands for one code point in cleaned text; line breaks and tabs are settled before."""
    character = chr(code)
    if _is_ignorable(character):
        return ""
    if character in _BLANK_LETTERS:
        return " "
    category = unicodedata.category(character)
    match category:
        case "Cc":
            if character in "\n\t":
                return character
            return chr(0x2400 + code) if code < 0x20 else "␡" if code == 0x7F else _REPLACEMENT
        case "Cf":
            if character == "\u200d":
                return character
            return _REPLACEMENT if character in _SIGNS_THAT_SHOW else ""
        case "Co":
            return _WORD_BULLETS.get(character, _REPLACEMENT)
        case "Cs":
            return _REPLACEMENT
        case "Zs":
            return " "
        case "Zl" | "Zp":
            return "\n"
    return _REPLACEMENT if _is_noncharacter(code) else character


def _mark_class(code: int) -> str:
    """Return the letter by which the mark counter sees one code point."""
    if code == 0x0A:
        return "n"
    return "m" if unicodedata.category(chr(code))[0] == "M" else "x"


class _Shown(dict[int, str]):
    """Table for `str.translate` that learns each code point when it is first met."""

    def __missing__(self, code: int) -> str:
        shown = _shown(code)
        if len(self) >= _CACHED:
            self.clear()
        self[code] = shown
        return shown


class _MarkClasses(dict[int, str]):
    """Table for `str.translate` that tells marks, line breaks and all others apart."""

    def __missing__(self, code: int) -> str:
        found = _mark_class(code)
        if len(self) >= _CACHED:
            self.clear()
        self[code] = found
        return found


_SHOWN = _Shown()
_MARK_CLASSES = _MarkClasses()


def _without(text: str, pattern: re.Pattern[str]) -> str:
    """Return `text` without what `pattern` finds in its mark classes."""
    classes = text.translate(_MARK_CLASSES)
    if "m" not in classes:
        return text
    kept: list[str] = []
    start = 0
    for found in pattern.finditer(classes):
        kept.append(text[start : found.start()])
        start = found.end()
    if not kept:
        return text
    kept.append(text[start:])
    return "".join(kept)


def _paired(found: re.Match[str]) -> str:
    return found[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le")


def _join_surrogates(text: str) -> str:
    """Return `text` with each surrogate pair as the character it stands for; lone ones stay."""
    return _SURROGATE_PAIR.sub(_paired, text)


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    if limit < 1:
        return ""
    return text[: limit - 1].rstrip("\u200d") + _ELLIPSIS


def _cleaned(text: str) -> str:
    """Return `text` with every code point settled and composed; breaks are `\\n`, tabs stay."""
    text = _BREAK.sub("\n", _join_surrogates(text)).translate(_SHOWN)
    if "\u200d" in text:
        text = _STRAY_JOINER.sub("", text)
    return unicodedata.normalize("NFC", _without(text, _FAR_TOO_MANY_MARKS))


def block(text: str, *, limit: int = BLOCK_LIMIT) -> str:
    """Return a body of several lines that any terminal can show.

    Line ends of every kind become `\\n`, tabs become spaces up to the next stop of four. Control characters become
    their pictures (`ESC` reads `␛`), NUL, bidi controls, variation selectors, soft hyphens, zero-width spaces and tags
    vanish; private-use characters, lone surrogates, C1 controls and noncharacters become U+FFFD. The result is in
    NFC, has at most `MARKS_PER_CELL` marks on a character and none on a line's start. A text longer than `limit`
    characters is cut and ends with an ellipsis. Cleaning twice changes nothing.
    """
    if _SETTLED.fullmatch(text):
        return _cut(text, limit)
    text = _without(_cleaned(text), _TOO_MANY_MARKS)
    return _cut(_without(text, _MARKS_WITHOUT_BASE).expandtabs(_TAB_STOPS), limit)


def line(text: str, *, limit: int = LINE_LIMIT) -> str:
    """Return one line for a name, a subject, a header or a file name.

    As `block`, and each run of white space, line breaks included, becomes one space; none is left at the ends.
    """
    if _SETTLED.fullmatch(text):
        return _cut(" ".join(text.split()), limit)
    text = _without(_cleaned(text), _TOO_MANY_MARKS)
    return _cut(_drop_leading_marks(" ".join(text.split())), limit)


def _drop_leading_marks(text: str) -> str:
    """Return `text` from its first character that can stand alone: a mark would sit on whatever is painted before."""
    for position, character in enumerate(text):
        if character != " " and unicodedata.category(character)[0] != "M":
            return text[position:]
    return ""


def strip_controls(text: str) -> str:
    """Return `text` without control and bidi characters: the last sieve before a row is painted.

    Deletes instead of showing, because such characters were counted as having no width.
    """
    if text.isascii() and text.isprintable():
        return text
    return _CONTROL.sub("", text)


_JOINED = re.compile(f"\u200d(?:[{_PICTOGRAPH}][\ufe00-\ufe0f\U0001f3fb-\U0001f3ff]*)?")
_WIDTH_MODIFIER = re.compile("[\u20d0-\u20ff\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0000-\U000e0fff]")
_REGIONAL = {0x1F1E6 + index: chr(0x41 + index) for index in range(26)}


def width_safe(text: str) -> str:
    """Return `text` without the clusters whose width terminals disagree about, for rows that must line up.

    A family joined by U+200D keeps its first person, skin tones and variation selectors go, a keycap leaves its digit,
    flags become their two letters. Scripts whose letters merge (Devanagari and its kin) are left as they are: they
    cannot be reduced without being misspelt.
    """
    if text.isascii():
        return text
    return _WIDTH_MODIFIER.sub("", _JOINED.sub("", text)).translate(_REGIONAL)


_LETTERS = {
    "ł": "l", "ƚ": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ŋ": "n", "ħ": "h",
    "ŧ": "t", "ĸ": "k", "ə": "e", "ƒ": "f", "ɨ": "i", "ɓ": "b", "ɗ": "d", "ɖ": "d", "ƙ": "k", "ƴ": "y", "ɛ": "e",
    "ɔ": "o", "ȷ": "j", "⁄": "/", "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "−": "-",
    "‘": "'", "’": "'", "‚": "'", "ʼ": "'", "´": "'", "`": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
}  # fmt: skip


class _Folded(dict[int, str]):
    """Table for `str.translate` from a decomposed, case-folded code point to what people type for it."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        category = unicodedata.category(character)
        folded = _LETTERS.get(character, character)
        if category[0] == "M" or category == "Cf" or _is_ignorable(character):
            folded = ""
        elif category == "Cs":
            folded = _REPLACEMENT
        elif category in ("Cc", "Zs", "Zl", "Zp") or character in _BLANK_LETTERS:
            folded = " "
        if len(self) >= _CACHED:
            self.clear()
        self[code] = folded
        return folded


_FOLDED = _Folded()
_TOKEN = re.compile(r"[^\W_]+")


def fold(text: str) -> str:
    """Return `text` as people type it when they search: lower case, no accents, plain Latin letters.

    `Łódź` gives `lodz`, `Søren` `soren`, `Þór` `thor`, `Straße` `strasse`, `Bjørnæs` `bjornaes`. Other scripts keep
    their letters. Runs of white space become one space. Folding twice changes nothing.
    """
    if text.isascii():
        return " ".join(text.translate(_FOLDED).lower().split())
    text = _without(_join_surrogates(text), _FAR_TOO_MANY_MARKS)
    text = unicodedata.normalize("NFKD", text).casefold()
    text = unicodedata.normalize("NFKD", text).translate(_FOLDED)
    return " ".join(text.split())


def tokens(text: str) -> list[str]:
    """Return the words of the folded `text`, in order: runs of letters and digits, everything else parts them.

    Index and query must both pass here; SQLite's `unicode61` parts folded text at the same places.
    """
    return _TOKEN.findall(fold(text))
