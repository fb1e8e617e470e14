"""Words in the operator's language: one translation object, catalogues compiled in memory from `.po` files.

The message id is the English text. `_` translates now, `N_` only marks (for tables that are made before the language
is known), `_n` chooses by number, `_c` takes a context where one English word has two meanings.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path

LANGUAGES = ("en", "it", "fr", "pl", "sv")
"""Languages of the interface, the first one being the source."""

Plural = Callable[[int], int]


def _two_forms(n: int) -> int:
    return int(n != 1)


def _french(n: int) -> int:
    return int(n > 1)


def _polish(n: int) -> int:
    if n == 1:
        return 0
    return 1 if n % 10 in (2, 3, 4) and n % 100 not in (12, 13, 14) else 2


_PLURALS: Mapping[str, Plural] = {"en": _two_forms, "it": _two_forms, "sv": _two_forms, "fr": _french, "pl": _polish}


class Catalogue:
    """The messages of one language; an untranslated one comes back in English."""

    __slots__ = ("_messages", "_plural", "language")

    def __init__(self, language: str, messages: Mapping[str, tuple[str, ...]]) -> None:
        self.language = language
        self._messages = messages
        self._plural = _PLURALS[language]

    def one(self, text: str) -> str:
        """Return the translation of `text`."""
        found = self._messages.get(text)
        return found[0] if found and found[0] else text

    def of_number(self, one: str, many: str, number: int) -> str:
        """Return the form of the message that this language uses with `number`."""
        found = self._messages.get(one)
        form = self._plural(number)
        if found and form < len(found) and found[form]:
            return found[form]
        return one if number == 1 else many

    def in_context(self, context: str, text: str) -> str:
        """Return the translation of `text` in the meaning that `context` names."""
        found = self._messages.get(f"{context}\x04{text}")
        return found[0] if found and found[0] else text


_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}


def _unquote(line: str) -> str:
    body = line[line.index('"') + 1 : line.rindex('"')]
    if "\\" not in body:
        return body
    out: list[str] = []
    characters = iter(body)
    for character in characters:
        out.append(_ESCAPES.get(following := next(characters, ""), following) if character == "\\" else character)
    return "".join(out)


def parse_po(text: str) -> dict[str, tuple[str, ...]]:
    """Return the messages of a gettext `.po` text; fuzzy and obsolete ones are left out."""
    messages: dict[str, tuple[str, ...]] = {}
    entry: dict[str, str] = {}
    fuzzy = False
    field = ""

    def finish() -> None:
        if entry.get("msgid") and not fuzzy:
            key = f"{entry['msgctxt']}\x04{entry['msgid']}" if "msgctxt" in entry else entry["msgid"]
            forms = [entry[name] for name in sorted(entry) if name.startswith("msgstr")]
            messages[key] = tuple(forms)

    for raw in text.splitlines():
        line = raw.strip()
        if not line:
            finish()
            entry, fuzzy, field = {}, False, ""
        elif line.startswith("#"):
            fuzzy = fuzzy or (line.startswith("#,") and "fuzzy" in line)
        elif line.startswith('"'):
            entry[field] = entry.get(field, "") + _unquote(line)
        else:
            field, _, _rest = line.partition(" ")
            entry[field] = _unquote(line)
    finish()
    return messages


@lru_cache(maxsize=len(LANGUAGES))
def catalogue(language: str) -> Catalogue:
    """Return the catalogue of `language`; English when there is none."""
    if language not in LANGUAGES or language == "en":
        return Catalogue("en", {})  # what is marked in the source is English; its file is for those who translate
    file = Path(__file__).parent / "locale" / f"{language}.po"
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        text = ""
    return Catalogue(language, parse_po(text))


def preferred(environ: Mapping[str, str] = os.environ) -> str:
    """Return the language that the environment asks for, `en` when it asks for none of ours."""
    for name in ("CORDBOARD_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        code = environ.get(name, "")[:2].lower()
        if code in LANGUAGES:
            return code
    return "en"


_current = Catalogue("en", {})


def use(language: str) -> None:
    """Speak `language` from now on."""
    global _current  # one process speaks one language to its operator at a time
    _current = catalogue(language)


def current_language() -> str:
    """Return the code of the language that is spoken now."""
    return _current.language


def _(text: str) -> str:
    """Return `text` in the operator's language."""
    return _current.one(text)


def _n(one: str, many: str, number: int) -> str:
    """Return the message for `number` in the operator's language, with `{n}` still to be filled."""
    return _current.of_number(one, many, number)


def _c(context: str, text: str) -> str:
    """Return `text` in the operator's language, in the meaning that `context` names."""
    return _current.in_context(context, text)


def N_(text: str) -> str:
    """Mark `text` for the catalogue and return it untranslated."""
    return text
