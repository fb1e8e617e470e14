"""`cordboard open`: the console itself, on a terminal that can show it."""

from __future__ import annotations

import argparse
import asyncio
import gc
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from backends.errors import WrongVersion
from console.cli import codes
from console.cli.setting import Setting
from console.i18n import N_, _

if TYPE_CHECKING:
    from console.terminal.capabilities import Terminal, Wishes

HELP = N_("open the console (also without any command)")

_COLOURS = ("full", "sixteen", "mono")
_CHARACTERS = ("utf8", "latin1", "ascii")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `open` takes."""
    says = _("begin with this customer: number, telephone number or reference")
    parser.add_argument("customer", nargs="?", metavar="CUSTOMER", help=says)
    add_display(parser)


def add_display(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what the terminal can show."""
    group = parser.add_argument_group(_("display"))
    one_of = _("one of: {words}")
    group.add_argument("--theme", default="", metavar="NAME", help=_("colour theme"))
    group.add_argument(
        "--colours", choices=_COLOURS, metavar="NAME", help=_("colours; ") + one_of.format(words=", ".join(_COLOURS))
    )
    group.add_argument(
        "--characters",
        choices=_CHARACTERS,
        metavar="NAME",
        help=_("characters; ") + one_of.format(words=", ".join(_CHARACTERS)),
    )
    group.add_argument(
        "--lean", action=argparse.BooleanOptionalAction, default=None, help=_("send few bytes, for slow lines")
    )
    group.add_argument("--mouse", action=argparse.BooleanOptionalAction, default=None, help=_("use the mouse"))


def run(args: argparse.Namespace, setting: Setting) -> int:
    """Open the console and return its exit code."""
    if args.theme:
        setting = replace(setting, theme_flag=args.theme)
    return run_console(setting, setting.backend_url, customer=args.customer, wishes=wishes_of(args))


def wishes_of(args: argparse.Namespace) -> Wishes:
    """Return what the flags say about the display."""
    from console.terminal.capabilities import Wishes

    return Wishes(args.colours, args.characters, args.lean, args.mouse)


def run_console(setting: Setting, url: str, *, customer: str | None = None, wishes: Wishes | None = None) -> int:
    """Open the console on the records at `url` and return its exit code; raises Stop on a terminal that cannot.

    Raises what opening the records raises. A database that is not there yet is made; one made by an older cordboard is
    upgraded when the operator agrees.
    """
    setting = setting if url == setting.backend_url else replace(setting, backend_flag=url)
    terminal = terminal_of(setting, wishes)
    if not terminal.interactive:
        says = _("{why} The console needs one that can; use: cordboard find, cordboard show")
        raise codes.Stop(says.format(why=terminal.why_not), codes.UNAVAILABLE)
    _welcome(setting)
    from console.cli.own_files import must_be_right
    from console.terminal.capabilities import apply_environment

    must_be_right(setting.rules.clocks_file, setting.rules.compensation_file)

    apply_environment(terminal)
    from console.cli.sources import far_sources, records_of

    if far := far_sources(setting):
        from console.cli.login import ask_where_nothing_keeps

        ask_where_nothing_keeps(setting, far)
    run_app = _console()
    try:
        return run_app(setting, records_of(setting), terminal, customer=customer)
    except WrongVersion as error:
        if error.newer or not _upgraded(setting, error):
            raise
    return run_app(setting, records_of(setting), terminal, customer=customer)


def _console() -> Callable[..., int]:
    """Return what runs the console. The toolkit comes last: what could go wrong without it has gone wrong by now.

    Nothing of what is imported goes again: to look for garbage in it costs 15 ms now and 20 ms at each later sweep.
    """
    gc.disable()
    try:
        from console.launch import run as run_app
    finally:
        gc.freeze()
        gc.enable()
    return run_app


def terminal_of(setting: Setting, wishes: Wishes | None = None, *, probe: bool = True) -> Terminal:
    """Return what the terminal can show: by flag, then environment, then configuration, then question."""
    from console.terminal.capabilities import detect

    return detect({**_configured(setting), **setting.environ}, flags=wishes, probe=probe)


def _configured(setting: Setting) -> Mapping[str, str]:
    """Return the configuration's wishes as the variables that an operator would set for one call."""
    interface = setting.settings.interface
    found = {"CORDBOARD_CHARS": interface.characters, "CORDBOARD_LEAN": interface.lean}
    if not setting.environ.get("NO_COLOR"):
        found["CORDBOARD_COLOURS"] = interface.colours
    if not interface.mouse:
        found["CORDBOARD_MOUSE"] = "off"
    return {name: value for name, value in found.items() if value != "auto"}


def _welcome(setting: Setting) -> None:
    """Make the folders; where there is no database yet, say how to get something to look at."""
    setting.paths.make()
    file = setting.database_file
    if file is not None and not file.exists():
        setting.err.line(_("A new, empty database is made: {file}").format(file=file))
        setting.err.line(_("To look around in a made-up one: cordboard demo. To bring in your own: cordboard import."))


def _upgraded(setting: Setting, error: WrongVersion) -> bool:
    from console.cli.asking import agreed
    from console.cli.db import upgrade

    question = _("This database was made by an older cordboard ({found}). Make a backup and bring it up to date?")
    if not agreed(setting, question.format(found=error.found)):
        return False
    asyncio.run(upgrade(setting, backup=True))
    return True
