"""The questions that forms are made of: lines, notes, times, and options that each have a key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum

from console.i18n import _
from console.present.labels import sign_of
from console.words import channel_word, word
from widgets.views import ChoiceView, FieldKind, FieldView, FormView

Filled = Mapping[str, str]
"""Answers to begin with: from the context, or from a draft."""

NONE = ""


def choice(code: str, label: str, key: str = "", hint: str = "") -> ChoiceView:
    """Return an option."""
    return ChoiceView(code, label, key, hint)


def words_of(kind: type[StrEnum], *leave_out: str) -> tuple[ChoiceView, ...]:
    """Return the codes of an enumeration as options, without those to leave out."""
    return tuple(choice(str(one), word(one)) for one in kind if one not in leave_out)


def channels(codes: Sequence[str]) -> tuple[ChoiceView, ...]:
    """Return channels as options, each picked by the letter that stands for it in the history."""
    return tuple(choice(code, channel_word(code), sign_of(code).letter.lower()) for code in codes)


def text_line(code: str, label: str, filled: Filled, *, hint: str = "", needed: bool = False) -> FieldView:
    """Return a question that is answered in one line."""
    return FieldView(code, label, value=filled.get(code, ""), hint=hint, needed=needed)


def text_lines(
    code: str, label: str, filled: Filled, *, height: int = 4, needed: bool = False, hint: str = ""
) -> FieldView:
    """Return a question that is answered in several lines."""
    return FieldView(code, label, FieldKind.NOTE, filled.get(code, ""), hint=hint, needed=needed, height=height)


DIGITS = "123456789"


def keyed(choices: Sequence[ChoiceView]) -> tuple[ChoiceView, ...]:
    """Return the choices, each with a key of its own that picks it: its own, else a letter of its label, else a digit.

    Letters are plain ones, which every keyboard has; what is left when letters and digits are used up has no key.
    """
    used = {one.key.casefold() for one in choices if one.key}
    found: list[ChoiceView] = []
    for one in choices:
        key = one.key or next((sign for sign in (*_plain_letters(one.label), *DIGITS) if sign not in used), "")
        used.add(key.casefold())
        found.append(replace(one, key=key))
    return tuple(found)


def _plain_letters(label: str) -> str:
    return "".join(sign for sign in label.casefold() if sign.isascii() and sign.isalpha())


def pick(
    code: str, label: str, choices: Sequence[ChoiceView], filled: Filled, *, default: str = "", needed: bool = False
) -> FieldView:
    """Return a question that is answered by picking an option, each with a key of its own."""
    return FieldView(code, label, FieldKind.CHOICE, filled.get(code, default), keyed(choices), needed=needed)


def moment_line(code: str, label: str, filled: Filled, *, needed: bool = False) -> FieldView:
    """Return a question for a time in plain words."""
    hint = _("tomorrow 10 · in 1h · fri 14:30")
    return FieldView(code, label, FieldKind.MOMENT, filled.get(code, ""), hint=hint, needed=needed)


def form_of(title: str, fields: Sequence[FieldView], subtitle: str = "", save: str = "") -> FormView:
    """Return a form of these questions; what is typed is kept as a draft when it is left."""
    return FormView(title, tuple(fields), subtitle, "", save or _("Save"), _("Back, keep as a draft"))
