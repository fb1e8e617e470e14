"""Palettes: complete, legible, and bad files told apart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.style import Style
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

import themes
from tests.widgets.stage import Stage, on_stage
from themes import ThemeError, ThemeProblem
from widgets.bottom import StatusLine
from widgets.rows import RowList
from widgets.tones import Palette, tone_variables
from widgets.views import Cell, RowsView, RowView, Span, StatusView, Tone

SHIPPED = themes.load()
GOOD = """
name = "mine"
[base]
primary = "#ffffff"
secondary = "#ffffff"
accent = "#ffffff"
warning = "#ffffff"
error = "#ffffff"
success = "#ffffff"
foreground = "#ffffff"
background = "#000000"
surface = "#000000"
panel = "#000000"
[tones]
""" + "\n".join(f'{tone} = "#ffffff bold"' for tone in themes.TONES)

PALETTES = {
    "xterm": "000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5 "
    "7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff",
    "linux": "000000 aa0000 00aa00 aa5500 0000aa aa00aa 00aaaa aaaaaa "
    "555555 ff5555 55ff55 ffff55 5555ff ff55ff 55ffff ffffff",
    "putty": "000000 bb0000 00bb00 bbbb00 0000bb bb00bb 00bbbb bbbbbb "
    "555555 ff5555 55ff55 ffff55 5555ff ff55ff 55ffff ffffff",
}


def luminance(colour: Color) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = [part / 255 for part in colour.rgb]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Color, other: Color) -> float:
    """Contrast of two colours as WCAG 2 defines it, 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def in_palette(colour: Color, palette: str, bold: bool = False) -> Color:
    """The colour that a terminal shows for one of its sixteen; bold ones may come out bright."""
    assert colour.ansi is not None
    assert colour.ansi >= 0
    number = colour.ansi + 8 if bold and colour.ansi < 8 else colour.ansi
    return Color.parse(f"#{PALETTES[palette].split()[number]}")


def text_pairs(theme: Theme) -> Iterator[tuple[str, Color, str]]:
    """Every tone with its colour and attributes."""
    for tone in themes.TONES:
        yield tone, Color.parse(theme.variables[f"tone-{tone}"]), theme.variables[f"tone-{tone}-style"]


def test_themes_know_every_tone_of_the_views() -> None:
    """The tones a theme must have are those that views use; the two lists cannot import each other."""
    assert set(themes.TONES) == {str(tone) for tone in Tone}


def test_the_default_is_shipped_and_first() -> None:
    """Names are in the order in which they are offered."""
    assert themes.names()[0] == themes.DEFAULT == "night"
    assert tuple(theme.name for theme in SHIPPED) == themes.names()


@pytest.mark.parametrize("theme", [theme for theme in SHIPPED if not theme.ansi], ids=lambda theme: theme.name)
def test_text_can_be_read_on_every_surface(theme: Theme) -> None:
    """All tones, the dim one too, have 4.5 to 1 on background, surface and panel; 7 to 1 in the contrast theme."""
    least = 7.0 if theme.name == "contrast" else 4.5
    for surface in (theme.background, theme.surface, theme.panel):
        assert surface is not None
        for tone, colour, _ in text_pairs(theme):
            assert contrast(colour, Color.parse(surface)) >= least, (tone, surface)


@pytest.mark.parametrize("theme", [theme for theme in SHIPPED if not theme.ansi], ids=lambda theme: theme.name)
def test_edges_and_cursors_can_be_seen(theme: Theme) -> None:
    """Accents, borders of what has the focus and block cursors have 3 to 1."""
    background = Color.parse(theme.background or "")
    for name in ("primary", "accent", "warning", "error", "success"):
        assert contrast(Color.parse(getattr(theme, name)), background) >= 3, name
    assert contrast(Color.parse(theme.variables["border"]), background) >= 3
    block = [Color.parse(theme.variables[f"block-cursor-{part}"]) for part in ("foreground", "background")]
    assert contrast(*block) >= 4.5
    selected = Color.parse(theme.variables["input-selection-background"])
    assert contrast(Color.parse(theme.foreground or ""), selected) >= 4.5


@pytest.mark.parametrize("palette", PALETTES)
@pytest.mark.parametrize("name", ["sixteen", "sixteen-light"])
def test_sixteen_colours_can_be_read(name: str, palette: str) -> None:
    """On the palettes of xterm, the Linux console and PuTTY every tone has 4.5 to 1, also where bold means bright."""
    theme = themes.load_one(name)
    background = in_palette(Color.parse(theme.background or ""), palette)
    for tone, colour, attributes in text_pairs(theme):
        assert contrast(in_palette(colour, palette), background) >= 4.5, tone
        if "bold" in attributes.split():
            assert contrast(in_palette(colour, palette, bold=True), background) >= 4.5, tone
            assert colour.ansi != 0, "no bold on black: it comes out grey"


@pytest.mark.parametrize("name", ["sixteen", "sixteen-light", "mono"])
def test_terminal_themes_define_what_the_toolkit_needs(name: str) -> None:
    """Surfaces are opaque and `ansi-background` and `ansi-foreground` are there."""
    theme = themes.load_one(name)
    assert theme.ansi
    for variable in ("ansi-background", "ansi-foreground", "surface", "panel", "background", "foreground"):
        assert theme.variables[variable].startswith("ansi_"), variable


@pytest.mark.parametrize("name", ["sixteen", "sixteen-light", "mono"])
def test_warning_and_error_are_two_looks(name: str) -> None:
    """Colour and attributes together differ between warning, error and plain text."""
    variables = themes.load_one(name).variables
    looks = {(variables[f"tone-{tone}"], variables[f"tone-{tone}-style"]) for tone in ("normal", "warn", "bad")}
    assert len(looks) == 3


def test_black_is_never_bold() -> None:
    """A theme's black stands out by underline, also under the cursor: bold black comes out grey on many terminals."""
    variables = themes.load_one("sixteen-light").variables
    palette = Palette(variables, Style.parse("black on bright_white"), Color.parse("ansi_bright_white"))
    for tone in Tone:
        for style in (palette(tone), palette.strong(tone), palette.key(tone), palette.badge(tone)):
            assert style.color is not None
            assert not (style.color.number == 0 and style.bold), tone
    assert palette.strong(Tone.DIM).underline


def test_mono_has_no_colour() -> None:
    """Every colour of the monochrome theme is the terminal's own."""
    assert {colour.ansi for _, colour, _ in text_pairs(themes.load_one("mono"))} == {-1}


@pytest.mark.parametrize("name", [*themes.names(), *BUILTIN_THEMES])
async def test_widgets_run_under_every_theme(name: str) -> None:
    """Under our own and all stock themes a widget paints, and good, warning and error are told by their marks."""
    lines = [StatusLine(StatusView("words", tone, (Span("right", tone),))) for tone in Tone]
    async with on_stage(*lines, theme=name) as (app, _):
        text = app.text()
        assert all(mark in text for mark in ("[ok] words", "[!] words", "[X] words"))


@pytest.mark.parametrize(("before", "after"), [("night", "contrast"), ("night", "mono"), ("sixteen", "day")])
async def test_a_change_of_theme_repaints_everything(before: str, after: str) -> None:
    """Switching the theme while running leaves no line in the old colours, in lists as in single lines."""
    rows = RowList(RowsView(tuple(RowView(f"k{n}", (Cell((Span("bad", Tone.BAD),), 0),)) for n in range(9)), "T"))

    def looks(app: Stage) -> list[object]:
        return [list(strip) for strip in app.painted()]

    async with on_stage(rows, StatusLine(StatusView("w", Tone.BAD)), theme=after) as (app, _):
        wanted = looks(app)
    rows = RowList(rows.view)
    async with on_stage(rows, StatusLine(StatusView("w", Tone.BAD)), theme=before) as (app, pilot):
        assert looks(app) != wanted
        app.theme = after
        await pilot.pause()
        await pilot.pause()
        assert looks(app) == wanted


def test_defaults_for_foreign_themes_are_complete() -> None:
    """An app can offer every tone as a style variable under a theme that knows none."""
    variables = tone_variables(BUILTIN_THEMES["nord"].to_color_system().generate())
    assert {f"tone-{tone}" for tone in Tone} | {f"tone-{tone}-style" for tone in Tone} == set(variables)


@pytest.mark.parametrize(
    ("text", "problem", "key"),
    [
        ("name = ", ThemeProblem.NOT_TOML, ""),
        (GOOD.replace('name = "mine"', ""), ThemeProblem.MISSING, "name"),
        (GOOD.replace('name = "mine"', 'name = "[b]x"'), ThemeProblem.WRONG_TYPE, "name"),
        (GOOD.replace('panel = "#000000"', ""), ThemeProblem.MISSING, "base.panel"),
        (GOOD.replace('panel = "#000000"', 'panel = "#00"'), ThemeProblem.NOT_A_COLOUR, "base.panel"),
        (GOOD.replace('panel = "#000000"', "panel = 7"), ThemeProblem.WRONG_TYPE, "base.panel"),
        (GOOD.replace('bad = "#ffffff bold"', 'bad = "#ffffff loud"'), ThemeProblem.UNKNOWN_ATTRIBUTE, "tones.bad"),
        (GOOD.replace('bad = "#ffffff bold"', 'bad = ""'), ThemeProblem.NOT_A_COLOUR, "tones.bad"),
        (GOOD + '\nbade = "#fff"', ThemeProblem.UNKNOWN_KEY, "tones.bade"),
        ("ansi = true\n" + GOOD, ThemeProblem.NOT_ANSI, "base.primary"),
        ('dark = "yes"\n' + GOOD, ThemeProblem.WRONG_TYPE, "dark"),
        (GOOD + '\n[variables]\nborder = "; } * {"', ThemeProblem.NOT_A_COLOUR, "variables.border"),
        (GOOD + '\n[variables]\n"a b" = "#fff"', ThemeProblem.UNKNOWN_KEY, "variables.a b"),
    ],
)
def test_a_bad_theme_says_what_is_wrong(text: str, problem: ThemeProblem, key: str) -> None:
    """File, key and reason are told, whatever is wrong."""
    with pytest.raises(ThemeError) as caught:
        themes.theme_of(text, "mine.toml")
    assert (caught.value.problem, caught.value.key, caught.value.file) == (problem, key, "mine.toml")
    assert "mine.toml" in str(caught.value)


def test_a_folder_of_themes_survives_a_bad_file(tmp_path: Path) -> None:
    """Good files are loaded, bad ones told of, and none may take a shipped name."""
    (tmp_path / "a.toml").write_text(GOOD)
    (tmp_path / "b.toml").write_text("[")
    (tmp_path / "c.toml").write_bytes(b"\xff")
    (tmp_path / "d.toml").write_text(GOOD.replace("mine", "night"))
    (tmp_path / "e.txt").write_text("not a theme")
    loaded = themes.load_folder(tmp_path)
    assert [theme.name for theme in loaded.themes] == ["mine"]
    assert [error.problem for error in loaded.errors] == [
        ThemeProblem.NOT_TOML,
        ThemeProblem.UNREADABLE,
        ThemeProblem.TAKEN,
    ]


def test_a_folder_that_is_not_there_has_no_themes(tmp_path: Path) -> None:
    """Most agents have no themes of their own."""
    assert themes.load_folder(tmp_path / "none") == themes.LoadedFolder()
