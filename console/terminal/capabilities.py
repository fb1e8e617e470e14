"""What this terminal can show, found out before the toolkit is imported.

A flag wins over the environment, the environment over one bounded question to the terminal (`probe`). Every finding
keeps its reason, so that `cordboard doctor` can say why.
"""

from __future__ import annotations

import os
import re
import sys
import termios
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar, cast, get_args

from console.i18n import N_, _
from console.terminal.probe import Answer, ask

Colours = Literal["full", "sixteen", "mono"]
Characters = Literal["utf8", "latin1", "ascii"]

SLOW_ANSWER = 0.25
"""Seconds; a terminal that answers later than this is on a slow line."""

_SLOWEST_FULL_SPEED = 19_200  # bit/s; a pseudo terminal reports 38,400 or more


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the operator asked for by flags; None leaves it to the environment and the terminal."""

    colours: Colours | None = None
    characters: Characters | None = None
    lean: bool | None = None
    mouse: bool | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one finding is as it is: an English message for the catalogue and what fills its braces."""

    of: str
    because: str
    filled: Mapping[str, str] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """The reason in the operator's language."""
        return _(self.because).format(**self.filled)


@dataclass(frozen=True, slots=True)
class Terminal:
    """What the terminal can show, and why we think so."""

    interactive: bool
    """False when there is no terminal to draw on; `why_not` then says the reason."""
    colours: Colours
    characters: Characters
    lean: bool
    """True on a slow line: no blinking, no ticking, no hover."""
    mouse: bool
    truecolour: bool = False
    """24 bits a colour rather than 256 colours; only with `colours == "full"`."""
    erases_in_colour: bool = False
    """Erasing fills with the current background, not with the terminal's own (terminfo: bce)."""
    answers_queries: bool = False
    """Modern enough to be asked for modes that it may not know, without printing the question."""
    sco_keys: bool = False
    """Function keys come in SCO notation, which collides with others and cannot be guessed."""
    typed_ahead: bytes = b""
    """Keys that arrived while the terminal was asked."""
    reasons: tuple[Reason, ...] = ()

    @property
    def why_not(self) -> str:
        """Why there is no terminal to draw on, in the operator's language; empty when there is one."""
        return next((reason.words for reason in self.reasons if reason.of == "interactive"), "")

    def why(self, of: str) -> str:
        """Return the reason of the finding `of` (a field's name) in the operator's language."""
        return next((reason.words for reason in self.reasons if reason.of == of), "")


_FOUND = Answer | None
_T = TypeVar("_T")


def detect(
    environ: Mapping[str, str],
    *,
    flags: Wishes | None = None,
    probe: bool = True,
    read_fd: int | None = None,
    write_fd: int | None = None,
    ask_terminal: Callable[[int, int], Answer] = ask,
) -> Terminal:
    """Find out what the terminal can show.

    `probe=False` asks the terminal nothing; with it, the question is put only where flags and environment leave
    something open, and takes at most `probe.PATIENCE` seconds. Raises nothing.
    """
    flags = flags or Wishes()
    read_fd = _number_of(sys.__stdin__, 0) if read_fd is None else read_fd
    write_fd = _number_of(sys.__stdout__, 1) if write_fd is None else write_fd
    if refusal := _no_terminal(environ, read_fd, write_fd):
        return Terminal(False, "mono", "ascii", True, False, reasons=(refusal,))
    answer: _FOUND = None
    if probe and _worth_asking(environ, flags):
        answer = ask_terminal(read_fd, write_fd)
    colours, why_colours = _colours(environ, flags)
    characters, why_characters = _characters(environ, flags, answer)
    lean, why_lean = _lean(environ, flags, answer, _line_speed(read_fd))
    term = environ.get("TERM", "")
    sco_keys = term.startswith("sco") or environ.get("CORDBOARD_KEYS", "").lower() == "sco"
    mouse, why_mouse = _mouse(environ, flags, lean, sco_keys)
    return Terminal(
        True,
        colours,
        characters,
        lean,
        mouse,
        truecolour=colours == "full" and _is_truecolour(environ),
        erases_in_colour=_erases_in_colour(environ),
        answers_queries=not lean and colours == "full" and not term.startswith(("screen", "linux", "putty")),
        sco_keys=sco_keys,
        typed_ahead=answer.typed if answer else b"",
        reasons=(why_colours, why_characters, why_lean, why_mouse),
    )


def apply_environment(terminal: Terminal, environ: MutableMapping[str, str] = os.environ) -> None:
    """Set what the toolkit reads once, on import: call before Textual is imported.

    A value that the operator set for the toolkit itself (`ESCDELAY`) is kept.
    """
    environ["TEXTUAL_ANIMATIONS"] = "none"
    # Mouse positions in pixels and resizes as input cost bytes and tell this program nothing.
    environ["TEXTUAL_SMOOTH_SCROLL"] = "0"
    if terminal.colours == "mono":
        environ["NO_COLOR"] = "1"
    else:
        # The toolkit takes even an empty value for a wish, and would grey what a flag asked to be coloured.
        environ.pop("NO_COLOR", None)
    systems = {"full": "truecolor" if terminal.truecolour else "256", "sixteen": "standard", "mono": "standard"}
    environ["TEXTUAL_COLOR_SYSTEM"] = systems[terminal.colours]
    if terminal.lean:
        # Bytes of one key arrive further apart on a slow line; a split one would act as Escape.
        environ.setdefault("ESCDELAY", "300")


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `cordboard doctor`: what was looked at, what was found and why."""

    name: str
    value: str
    because: str


def findings(terminal: Terminal, environ: Mapping[str, str]) -> tuple[Finding, ...]:
    """Return what was found out about the terminal, worded for the operator."""
    term = _printable(environ.get("TERM", "")) or _("not set")
    if not terminal.interactive:
        return (Finding(_("terminal"), term, terminal.why_not),)
    values = {
        "full": _("16 million") if terminal.truecolour else _("256"),
        "sixteen": _("16"),
        "mono": _("none"),
        "utf8": "UTF-8",
        "latin1": "Latin-1",
        "ascii": "ASCII",
    }
    yes_no = {True: _("yes"), False: _("no")}
    return (
        Finding(_("terminal"), term, _multiplexer(environ)),
        Finding(_("colours"), values[terminal.colours], terminal.why("colours")),
        Finding(_("characters"), values[terminal.characters], terminal.why("characters")),
        Finding(_("lean display"), yes_no[terminal.lean], terminal.why("lean")),
        Finding(_("mouse"), yes_no[terminal.mouse], terminal.why("mouse")),
    )


def _multiplexer(environ: Mapping[str, str]) -> str:
    if environ.get("TMUX"):
        return _("inside tmux")
    if environ.get("STY"):
        return _("inside GNU screen")
    return _("over SSH") if _over_ssh(environ) else ""


def _number_of(stream: object, otherwise: int) -> int:
    try:
        return int(stream.fileno())  # type: ignore[attr-defined]
    except (AttributeError, OSError, ValueError):
        return otherwise


def _printable(text: str, limit: int = 60) -> str:
    return "".join(character for character in text[:limit] if character.isprintable())


def _no_terminal(environ: Mapping[str, str], read_fd: int, write_fd: int) -> Reason | None:
    if not _isatty(read_fd):
        return Reason("interactive", N_("The input is not a terminal."))
    if not _isatty(write_fd):
        return Reason("interactive", N_("The output is not a terminal."))
    term = environ.get("TERM", "")
    if term in ("", "dumb", "unknown"):
        return Reason(
            "interactive",
            N_("The terminal type is “{term}”, which cannot place text on a screen."),
            {"term": _printable(term)},
        )
    return None


def _isatty(fd: int) -> bool:
    try:
        return os.isatty(fd)
    except OSError:
        return False


def _over_ssh(environ: Mapping[str, str]) -> bool:
    return any(environ.get(name) for name in ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"))


def _worth_asking(environ: Mapping[str, str], flags: Wishes) -> bool:
    """Ask only where an answer could change something: it costs one round trip before the first frame."""
    characters_said = flags.characters or environ.get("CORDBOARD_CHARS", "").lower() in get_args(Characters)
    lean_said = flags.lean is not None or _yes_or_no(environ.get("CORDBOARD_LEAN", "")) is not None
    if not characters_said and _charset(environ) is None:
        return True
    return _over_ssh(environ) and not (characters_said and lean_said)


def _by_flag_or_variable(
    of: str, flag: _T | None, variable: str, environ: Mapping[str, str], read: Callable[[str], _T | None]
) -> tuple[_T, Reason] | None:
    if flag is not None:
        return flag, Reason(of, N_("asked for by a flag"))
    if (value := read(environ.get(variable, "").strip().lower())) is not None:
        text = _printable(environ[variable])
        return value, Reason(of, N_("set by {variable}={value}"), {"variable": variable, "value": text})
    return None


_YES_NO = {"1": True, "yes": True, "true": True, "on": True, "0": False, "no": False, "false": False, "off": False}


def _yes_or_no(value: str) -> bool | None:
    return _YES_NO.get(value.strip().lower())


def _colours_said(value: str) -> Colours | None:
    value = {"16": "sixteen", "256": "full", "truecolor": "full", "truecolour": "full"}.get(value, value)
    return cast("Colours", value) if value in get_args(Colours) else None


_MONOCHROME_TYPES = re.compile(r"vt(52|100|102|1[0-9]{2}|2[0-9]{2}|3[0-9]{2}|4[0-9]{2})\b|.*-(m|mono)$|wy\d|adm|hp")
_MANY_COLOURS_TYPES = re.compile(
    r".*256colou?r|.*-direct|xterm-kitty|alacritty|foot|wezterm|(xterm-)?ghostty|contour|mintty|rio|vte|konsole"
)


def _is_truecolour(environ: Mapping[str, str]) -> bool:
    return environ.get("COLORTERM", "").lower() in ("truecolor", "24bit") or "direct" in environ.get("TERM", "")


def _colours(environ: Mapping[str, str], flags: Wishes) -> tuple[Colours, Reason]:
    said: tuple[Colours, Reason] | None = _by_flag_or_variable(
        "colours", flags.colours, "CORDBOARD_COLOURS", environ, _colours_said
    )
    if said:
        return said
    if environ.get("NO_COLOR"):  # https://no-color.org: present and not empty
        return "mono", Reason("colours", N_("set by {variable}"), {"variable": "NO_COLOR"})
    term = environ.get("TERM", "")
    if _is_truecolour(environ):
        value = _printable(environ.get("COLORTERM") or term)
        return "full", Reason("colours", N_("the terminal calls itself “{value}”"), {"value": value})
    by_type: Colours = "sixteen"
    if _MANY_COLOURS_TYPES.match(term):
        by_type = "full"
    elif _MONOCHROME_TYPES.match(term):
        by_type = "mono"
    return by_type, Reason("colours", N_("the terminal calls itself “{value}”"), {"value": _printable(term)})


def _charset(environ: Mapping[str, str]) -> Characters | None:
    """Return what the locale says about characters; None when it says nothing (POSIX, C, unset, no charset)."""
    if not environ.get("LC_ALL") and environ.get("LANG", "C") in ("", "C", "POSIX"):
        # Python itself sets LC_CTYPE in a C locale (PEP 538), which says nothing about the terminal.
        environ = {name: value for name, value in environ.items() if name != "LC_CTYPE" or value[:2] != "C."}
    locale = next((environ[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environ.get(name)), "")
    charset = locale.partition(".")[2].partition("@")[0].lower().replace("-", "").replace("_", "")
    if charset == "utf8":
        return "utf8"
    if charset in ("iso88591", "iso885915", "latin1", "latin9", "cp1252"):
        return "latin1"
    return "ascii" if charset else None


def _characters_said(value: str) -> Characters | None:
    value = {"utf-8": "utf8", "latin-1": "latin1"}.get(value, value)
    return cast("Characters", value) if value in get_args(Characters) else None


def _characters(environ: Mapping[str, str], flags: Wishes, answer: _FOUND) -> tuple[Characters, Reason]:
    said: tuple[Characters, Reason] | None = _by_flag_or_variable(
        "characters", flags.characters, "CORDBOARD_CHARS", environ, _characters_said
    )
    if said:
        return said
    by_locale = _charset(environ)
    if answer is not None and answer.columns is not None:
        if answer.columns == 1:
            measured: Characters = "utf8"
        else:
            # A locale is often carried over from another machine; what was measured is true of this one.
            measured = "latin1" if by_locale == "latin1" else "ascii"
        columns = {"columns": str(answer.columns)}
        return measured, Reason("characters", N_("measured: é takes {columns} columns"), columns)
    if by_locale is not None:
        name = next(name for name in ("LC_ALL", "LC_CTYPE", "LANG") if environ.get(name))
        value = _printable(environ[name])
        return by_locale, Reason("characters", N_("set by {variable}={value}"), {"variable": name, "value": value})
    return "ascii", Reason("characters", N_("neither the locale nor the terminal says more"))


def _lean(environ: Mapping[str, str], flags: Wishes, answer: _FOUND, bits: int | None) -> tuple[bool, Reason]:
    if said := _by_flag_or_variable("lean", flags.lean, "CORDBOARD_LEAN", environ, _yes_or_no):
        return said
    if bits is not None and bits <= _SLOWEST_FULL_SPEED:
        return True, Reason("lean", N_("the line runs at {bits} bit/s"), {"bits": str(bits)})
    if answer is None:
        return False, Reason("lean", N_("nothing speaks for a slow line"))
    milliseconds = {"ms": f"{answer.seconds * 1000:.0f}"}
    if answer.columns is None:
        return True, Reason("lean", N_("the terminal did not answer within {ms} ms"), milliseconds)
    return answer.seconds > SLOW_ANSWER, Reason("lean", N_("the terminal answered after {ms} ms"), milliseconds)


def _mouse(environ: Mapping[str, str], flags: Wishes, lean: bool, sco_keys: bool) -> tuple[bool, Reason]:
    if sco_keys:
        return False, Reason("mouse", N_("F1 of an SCO keyboard looks like a report of the mouse"))
    if said := _by_flag_or_variable("mouse", flags.mouse, "CORDBOARD_MOUSE", environ, _yes_or_no):
        return said
    # GNU screen holds back a lone Escape while mouse reporting is on; over SSH only its terminal type is seen.
    if environ.get("STY") or (environ.get("TERM", "").startswith("screen") and not environ.get("TMUX")):
        return False, Reason("mouse", N_("GNU screen swallows Escape while the mouse is on"))
    if lean:
        return False, Reason("mouse", N_("every move of the mouse would cross a slow line"))
    return True, Reason("mouse", N_("nothing speaks against it"))


_ERASING_IN_COLOUR = (
    "xterm", "putty", "linux", "rxvt", "alacritty", "foot", "kitty", "tmux", "konsole", "vte", "wezterm",
)  # fmt: skip


def _erases_in_colour(environ: Mapping[str, str]) -> bool:
    if environ.get("STY"):
        return False
    return bool(environ.get("TMUX")) or environ.get("TERM", "").startswith(_ERASING_IN_COLOUR)


_SPEEDS = {
    getattr(termios, f"B{bits}"): bits
    for bits in (50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19200)
}


def _line_speed(fd: int) -> int | None:
    """Return bits a second of a real serial line; None for a pseudo terminal, whose speed means nothing."""
    try:
        return _SPEEDS.get(termios.tcgetattr(fd)[5])
    except (termios.error, OSError):
        return None
