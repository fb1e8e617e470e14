"""Palettes as TOML files, and what makes Textual themes of them; knows no widget and no console.

A file has `name`, `dark`, `ansi` (true when it uses the terminal's own colours only), a table `[base]` with Textual's
colours, a table `[tones]` with a colour and attributes for each tone (`warn = "#ffc04d bold"`), and a table
`[variables]` for anything else that styles may refer to.
"""

from __future__ import annotations

from themes.loader import (
    ATTRIBUTES,
    BASE_COLOURS,
    DEFAULT,
    TONES,
    LoadedFolder,
    ThemeError,
    ThemeProblem,
    load,
    load_folder,
    load_one,
    names,
    theme_of,
)

__all__ = [
    "ATTRIBUTES",
    "BASE_COLOURS",
    "DEFAULT",
    "TONES",
    "LoadedFolder",
    "ThemeError",
    "ThemeProblem",
    "load",
    "load_folder",
    "load_one",
    "names",
    "theme_of",
]
