"""Reads theme files: those that come with the program, and a folder of the agent's own."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Any

from textual.color import Color, ColorParseError
from textual.theme import Theme

DEFAULT = "night"
"""The theme when nobody asked for another."""

SHIPPED = ("night", "day", "contrast", "mono", "sixteen", "sixteen-light")
"""Themes that come with the program, in the order in which they are offered."""

TONES = (
    "normal",
    "strong",
    "dim",
    "accent",
    "good",
    "warn",
    "bad",
    "channel-call",
    "channel-email",
    "channel-chat",
    "channel-sms",
    "channel-paper",
    "channel-visit",
    "channel-event",
)
"""What a theme must have a look for."""

BASE_COLOURS = (
    "primary",
    "secondary",
    "accent",
    "warning",
    "error",
    "success",
    "foreground",
    "background",
    "surface",
    "panel",
)
"""Textual's colours that a theme must name; none is derived, so that contrast can be checked."""

ATTRIBUTES = frozenset({"bold", "underline", "reverse", "dim", "italic", "none"})
"""Words that may follow a tone's colour."""

_VARIABLE = re.compile(r"[a-z][a-z0-9-]*")
_SHARE = re.compile(r"\d{1,3}%")
_STANDARD_TEXT = {"text-warning": "warn", "text-error": "bad", "text-success": "good", "text-accent": "accent"}


class ThemeProblem(StrEnum):
    """What is wrong with a theme file."""

    UNREADABLE = "unreadable"
    """The file cannot be read, or is not UTF-8."""
    NOT_TOML = "not_toml"
    """`value` is the parser's own message with line and column."""
    MISSING = "missing"
    """`key` is not there."""
    NOT_A_COLOUR = "not_a_colour"
    """`value` is neither `#rrggbb` nor a colour's name."""
    NOT_ANSI = "not_ansi"
    """A theme with `ansi = true` names a colour that is not one of the terminal's."""
    UNKNOWN_ATTRIBUTE = "unknown_attribute"
    """`value` is not one of `ATTRIBUTES`."""
    UNKNOWN_KEY = "unknown_key"
    """`key` means nothing here; a slip of the pen, most likely."""
    WRONG_TYPE = "wrong_type"
    """`key` holds a value of another kind than it should."""
    TAKEN = "taken"
    """A theme called `value` is there already."""


class ThemeError(Exception):
    """A theme file cannot be used; says which file, which key and why, for whoever words it."""

    def __init__(self, problem: ThemeProblem, file: str, key: str = "", value: str = "") -> None:
        super().__init__(" ".join(part for part in (f"{file}:", key, str(problem), value) if part))
        self.problem = problem
        self.file = file
        self.key = key
        self.value = value


@dataclass(frozen=True, slots=True)
class LoadedFolder:
    """The themes of a folder, and what was wrong with the files that gave none."""

    themes: tuple[Theme, ...] = ()
    errors: tuple[ThemeError, ...] = ()


def names() -> tuple[str, ...]:
    """Names of the themes that come with the program."""
    return SHIPPED


def load() -> tuple[Theme, ...]:
    """All themes that come with the program."""
    return tuple(load_one(name) for name in SHIPPED)


def load_one(name: str) -> Theme:
    """One of the themes that come with the program; KeyError when there is none of that name."""
    if name not in SHIPPED:
        raise KeyError(name)
    return theme_of(files("themes").joinpath(f"{name}.toml").read_text(encoding="utf-8"), f"{name}.toml")


def load_folder(folder: Path, taken: tuple[str, ...] = SHIPPED) -> LoadedFolder:
    """Themes out of all `*.toml` of a folder, by name of file; a bad file is told of and stops no other.

    A folder that is not there has no themes. `taken` are names that a file may not use.
    """
    themes: dict[str, Theme] = {}
    errors: list[ThemeError] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            theme = theme_of(_text_of(path), path.name)
            if theme.name in taken or theme.name in themes:
                raise ThemeError(ThemeProblem.TAKEN, path.name, "name", theme.name)
            themes[theme.name] = theme
        except ThemeError as error:
            errors.append(error)
    return LoadedFolder(tuple(themes.values()), tuple(errors))


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ThemeError(ThemeProblem.UNREADABLE, path.name, value=type(error).__name__) from error


def theme_of(text: str, file: str) -> Theme:
    """A theme out of the text of its file; ThemeError names file, key and reason."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ThemeError(ThemeProblem.NOT_TOML, file, value=str(error)) from error
    reader = _Reader(file, data)
    reader.only("", data, ("name", "dark", "ansi", "base", "tones", "variables"))
    ansi = reader.flag("ansi", False)
    base = reader.table("base", BASE_COLOURS)
    tones = reader.table("tones", TONES)
    for key, value in base.items():
        reader.check_colour(f"base.{key}", value, ansi)
    variables = _derived(base, ansi)
    for tone, value in tones.items():
        colour, attributes = reader.look(f"tones.{tone}", value, ansi)
        variables[f"tone-{tone}"] = colour
        variables[f"tone-{tone}-style"] = attributes
    variables |= {name: variables[f"tone-{tone}"] for name, tone in _STANDARD_TEXT.items()}
    variables["text-muted"] = variables["tone-dim"]
    variables |= reader.variables(ansi)
    return Theme(
        name=reader.name(),
        dark=reader.flag("dark", True),
        ansi=ansi,
        primary=base["primary"],
        secondary=base["secondary"],
        accent=base["accent"],
        warning=base["warning"],
        error=base["error"],
        success=base["success"],
        foreground=base["foreground"],
        background=base["background"],
        surface=base["surface"],
        panel=base["panel"],
        variables=variables,
    )


def _derived(base: Mapping[str, str], ansi: bool) -> dict[str, str]:
    """Variables that follow from the base colours; an ansi theme makes its surfaces opaque by them."""
    if not ansi:
        return {}
    surfaces = {name: base[name] for name in ("surface", "panel", "background", "foreground")}
    return {
        **surfaces,
        "ansi-background": base["background"],
        "ansi-foreground": base["foreground"],
        "text": base["foreground"],
    }


class _Reader:
    """Takes values out of a theme's data and says precisely what is wrong with them."""

    def __init__(self, file: str, data: Mapping[str, Any]) -> None:
        self._file = file
        self._data = data

    def fail(self, problem: ThemeProblem, key: str, value: object = "") -> ThemeError:
        return ThemeError(problem, self._file, key, str(value))

    def only(self, where: str, table: Mapping[str, Any], known: tuple[str, ...]) -> None:
        for key in table:
            if key not in known:
                raise self.fail(ThemeProblem.UNKNOWN_KEY, f"{where}.{key}" if where else key)

    def name(self) -> str:
        name = self._data.get("name")
        if name is None:
            raise self.fail(ThemeProblem.MISSING, "name")
        if not isinstance(name, str) or not name.replace("-", "").replace("_", "").isalnum():
            raise self.fail(ThemeProblem.WRONG_TYPE, "name", name)
        return name

    def flag(self, key: str, default: bool) -> bool:
        value = self._data.get(key, default)
        if not isinstance(value, bool):
            raise self.fail(ThemeProblem.WRONG_TYPE, key, value)
        return value

    def table(self, key: str, known: tuple[str, ...] | None) -> dict[str, str]:
        """A table of texts; with `known`, exactly these keys."""
        table = self._data.get(key, {})
        if not isinstance(table, dict):
            raise self.fail(ThemeProblem.WRONG_TYPE, key, table)
        if known is not None:
            self.only(key, table, known)
            for name in known:
                if name not in table:
                    raise self.fail(ThemeProblem.MISSING, f"{key}.{name}")
        for name, value in table.items():
            if not isinstance(value, str):
                raise self.fail(ThemeProblem.WRONG_TYPE, f"{key}.{name}", value)
        return dict(table)

    def variables(self, ansi: bool) -> dict[str, str]:
        """Further variables; a value that styles cannot read would stop the program at its first use."""
        table = self.table("variables", None)
        for name, value in table.items():
            key = f"variables.{name}"
            if not _VARIABLE.fullmatch(name):
                raise self.fail(ThemeProblem.UNKNOWN_KEY, key)
            words = value.split()
            if not words:
                raise self.fail(ThemeProblem.MISSING, key)
            for word in words:
                if word not in ATTRIBUTES and word != "auto" and not _SHARE.fullmatch(word):
                    self.check_colour(key, word, ansi)
        return table

    def look(self, key: str, text: str, ansi: bool) -> tuple[str, str]:
        """Colour and attributes of a tone."""
        colour, *attributes = text.split() or [""]
        self.check_colour(key, colour, ansi)
        for attribute in attributes:
            if attribute not in ATTRIBUTES:
                raise self.fail(ThemeProblem.UNKNOWN_ATTRIBUTE, key, attribute)
        return colour, " ".join(attributes) or "none"

    def check_colour(self, key: str, text: str, ansi: bool) -> None:
        try:
            colour = Color.parse(text)
        except ColorParseError:
            raise self.fail(ThemeProblem.NOT_A_COLOUR, key, text) from None
        if ansi and colour.ansi is None:
            raise self.fail(ThemeProblem.NOT_ANSI, key, text)
