"""Collect the messages of the interface from the sources into console/locale, one catalogue a language.

`en.po` is the list of all messages; the other catalogues keep their translations and learn what is new. Neither dates
nor line numbers are written, so that a catalogue changes only when a message does.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from console.i18n import LANGUAGES

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "console" / "locale"
KEYWORDS = {"_": None, "N_": None, "_n": (1, 2), "_c": ((1, "c"), 2)}
"""What marks a message (see console.i18n), in the extractor's notation."""
SPOKEN_TO_TRANSLATORS = ("Translators:",)
PLURALS = {
    "en": "nplurals=2; plural=(n != 1);",
    "it": "nplurals=2; plural=(n != 1);",
    "fr": "nplurals=2; plural=(n > 1);",
    "pl": "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);",
    "sv": "nplurals=2; plural=(n != 1);",
}


def sources() -> Iterator[Path]:
    """Yield the files that hold messages: the console alone has words."""
    yield from sorted((ROOT / "console").rglob("*.py"))


def collected() -> Catalog:
    """Return the messages of all sources."""
    catalog = Catalog(locale="en", fuzzy=False)
    for file in sources():
        place = file.relative_to(ROOT).as_posix()
        found = extract_from_file("python", file, keywords=KEYWORDS, comment_tags=SPOKEN_TO_TRANSLATORS)
        for line, message, comments, context in found:
            catalog.add(message, None, locations=[(place, line)], auto_comments=comments, context=context)
    return catalog


def translated(language: str, template: Catalog) -> Catalog:
    """Return a language's catalogue with the template's messages, as far as they are translated."""
    catalog = Catalog(locale=language, fuzzy=False)
    file = FOLDER / f"{language}.po"
    known = read_po(io.StringIO(file.read_text(encoding="utf-8")), locale=language)
    for message in template:
        if not message.id:
            continue
        old = known.get(message.id, message.context)
        catalog[message.id] = Message(
            message.id,
            old.string if old is not None else "",
            message.locations,
            flags={*message.flags, *(old.flags if old is not None else ())},
            auto_comments=message.auto_comments,
            user_comments=old.user_comments if old is not None else (),
            context=message.context,
        )
    return catalog


def written(language: str, catalog: Catalog) -> str:
    """Return a catalogue as the text of a `.po` file."""
    out = io.BytesIO()
    write_po(out, catalog, width=0, omit_header=True, sort_by_file=True, include_lineno=False)
    head = [
        "# Messages of cordboard. Made by `make messages`; only the translations are written by hand.",
        'msgid ""',
        'msgstr ""',
        f'"Language: {language}\\n"',
        '"MIME-Version: 1.0\\n"',
        '"Content-Type: text/plain; charset=UTF-8\\n"',
        '"Content-Transfer-Encoding: 8bit\\n"',
        f'"Plural-Forms: {PLURALS[language]}\\n"',
    ]
    return "\n".join(head) + "\n\n" + out.getvalue().decode().strip("\n") + "\n"


def catalogues() -> dict[Path, str]:
    """Return what the files in console/locale hold when they are current; a language without a file has none yet."""
    template = collected()
    files = {FOLDER / "en.po": written("en", template)}
    for language in LANGUAGES[1:]:
        if (file := FOLDER / f"{language}.po").exists():
            files[file] = written(language, translated(language, template))
    return files


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for path, text in catalogues().items():
        path.write_text(text, encoding="utf-8")
