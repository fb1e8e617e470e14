"""Files that are made from the sources are as they would be made now."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from console.i18n import LANGUAGES, parse_po
from scripts import keys, messages

ROOT = Path(__file__).parents[2]


def test_the_list_of_keys_is_current() -> None:
    """docs/keys.md is what `make docs` writes: nobody reads of a key that does something else."""
    assert keys.FILE.read_text(encoding="utf-8") == keys.text(), "run: make docs"


def test_the_catalogues_are_current() -> None:
    """Every message of the sources is in every catalogue, and none that nothing says any more."""
    stale = [file.name for file, text in messages.catalogues().items() if file.read_text(encoding="utf-8") != text]
    assert stale == [], "run: make messages"


def test_the_english_catalogue_adds_no_words() -> None:
    """English is in the sources alone, so that it cannot differ from what the catalogue says."""
    known = parse_po((messages.FOLDER / "en.po").read_text(encoding="utf-8"))
    assert len(known) > 500
    assert {form for forms in known.values() for form in forms} == {""}


def test_a_catalogue_names_no_line_no_day_and_no_machine() -> None:
    """A catalogue changes only when a message does."""
    text = (messages.FOLDER / "en.po").read_text(encoding="utf-8")
    assert not re.search(r"^#: .*:\d", text, re.MULTILINE)
    assert "Date" not in text.split("\n\n")[0]
    assert str(ROOT) not in text


def test_translations_survive_new_messages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What somebody translated stays, with its plurals and contexts; a message that is gone goes."""
    template = messages.collected()
    plural = next(one for one in template if isinstance(one.id, tuple))
    in_context = next(one for one in template if one.context == "month")
    first = next(one for one in template if isinstance(one.id, str) and one.id and not one.context)
    monkeypatch.setattr(messages, "FOLDER", tmp_path)
    entries = [
        'msgid ""\nmsgstr "Language: pl\\n"',
        f'msgid "{first.id}"\nmsgstr "pierwszy"',
        f'msgid "{plural.id[0]}"\nmsgid_plural "{plural.id[1]}"\nmsgstr[0] "a"\nmsgstr[1] "b"\nmsgstr[2] "c"',
        f'msgctxt "{in_context.context}"\nmsgid "{in_context.id}"\nmsgstr "sty"',
        'msgid "Nothing says this."\nmsgstr "Nikt."',
    ]
    (tmp_path / "pl.po").write_text("\n\n".join(entries) + "\n", encoding="utf-8")
    made = messages.written("pl", messages.translated("pl", template))
    known = parse_po(made)
    assert known[str(first.id)] == ("pierwszy",)
    assert known[plural.id[0]] == ("a", "b", "c")
    assert known[f"month\x04{in_context.id}"] == ("sty",)
    assert "Nothing says this." not in known
    assert set(known) == set(parse_po(messages.written("en", template)))


def test_every_language_says_how_it_counts() -> None:
    """A language cannot be added without its rule of plurals."""
    assert set(messages.PLURALS) == set(LANGUAGES)
