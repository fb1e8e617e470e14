"""`cordboard pop`: tells the running console that somebody rings; what any softphone or exchange can call."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from console.cli import codes
from console.cli.setting import Setting
from console.i18n import N_, _

if TYPE_CHECKING:
    from console.cli.setting import Paths

HELP = N_("tell the running console that somebody rings")

_STATES = ("ringing", "answered", "ended")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `pop` takes."""
    says = _("the other end's number in any notation, a SIP URI, or anonymous")
    parser.add_argument("number", metavar="NUMBER", help=says)
    parser.add_argument("--dialled", default="", metavar="NUMBER", help=_("the number that was dialled"))
    parser.add_argument("--name", default="", metavar="TEXT", help=_("the name that the caller's telephone shows"))
    parser.add_argument(
        "--menu", nargs="+", action="extend", default=[], metavar="TEXT", help=_("what was chosen in the menu")
    )
    parser.add_argument("--waited", type=int, default=0, metavar="SECONDS", help=_("how long the caller waited"))
    parser.add_argument("--transfers", type=int, default=0, metavar="COUNT", help=_("how often it was passed on"))
    says = _("ringing (the default), answered or ended")
    parser.add_argument("--state", choices=_STATES, default="ringing", metavar="STATE", help=says)
    parser.add_argument("--id", default="", metavar="ID", help=_("names the call, where the same number rings twice"))
    says = _("in (the default), or out when the agent dialled")
    parser.add_argument("--direction", choices=("in", "out"), default="in", metavar="WAY", help=says)


def run(args: argparse.Namespace, setting: Setting) -> int:
    """Tell every running console of this user; says so and returns UNAVAILABLE when there is none."""
    from backends.records import Direction
    from console.calls import door
    from console.calls.call import LONGEST_WAIT, MOST_TRANSFERS, CallState, Heard, count_in, text_in, texts_in

    heard = Heard(
        door.SOURCE,
        text_in(args.id),
        CallState(args.state),
        number=text_in(args.number),
        dialled=text_in(args.dialled),
        name=text_in(args.name),
        direction=Direction(args.direction),
        menu=texts_in(args.menu),
        waited_seconds=count_in(args.waited, LONGEST_WAIT),
        transfers=count_in(args.transfers, MOST_TRANSFERS),
    )
    if door.reach(doors(setting.paths), heard) == 0:
        raise codes.Stop(_("no console of yours is running here; start one with: cordboard"), codes.UNAVAILABLE)
    return codes.OK


def doors(paths: Paths) -> Path:
    """Return the folder in which running consoles have their doors."""
    return paths.state / "run"
