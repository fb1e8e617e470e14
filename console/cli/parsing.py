"""The table of commands, the options that all of them take, and the parser made of both."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import NoReturn

from console import __version__
from console.cli import codes
from console.cli.setting import Setting
from console.i18n import N_, _

DEFAULT = "open"
"""The command of a bare `cordboard`."""

COMMANDS: Mapping[str, str] = {
    "open": "console.cli.open",
    "find": "console.cli.find",
    "show": "console.cli.show",
    "tickets": "console.cli.tickets",
    "agenda": "console.cli.agenda",
    "queue": "console.cli.queue",
    "report": "console.cli.report",
    "outage": "console.cli.outage",
    "outbox": "console.cli.outbox",
    "pop": "console.cli.pop",
    "guide": "console.cli.guide",
    "feed": "console.cli.feed",
    "demo": "console.cli.demo",
    "import": "console.cli.importing",
    "export": "console.cli.exporting",
    "forget": "console.cli.exporting:forget",
    "login": "console.cli.login",
    "logout": "console.cli.logout",
    "doctor": "console.cli.doctor",
    "config": "console.cli.config",
    "db": "console.cli.db",
    "serve": "console.cli.serve",
    "audit": "console.cli.audit",
    "keys": "console.cli.keys",
    "backends": "console.cli.backends",
    "completion": "console.cli.completion",
}
"""Command → its module, in the order of `--help`; after a colon the object that holds HELP, arguments and run."""


@dataclass(frozen=True, slots=True)
class _Common:
    """An option that every command takes, before or after its name."""

    flag: str
    stands_for: str
    says: str


COMMON = (
    _Common("--backend", "URL", N_("where the records are, e.g. sqlite:////srv/desk.db")),
    _Common("--profile", "NAME", N_("profile of the configuration to use")),
    _Common("--agent", "LOGIN", N_("who is working, for the audit trail")),
)


_WORDS_OF_ARGPARSE = (
    N_("usage: "),
    N_("unrecognized arguments: %s"),
    N_("the following arguments are required: %s"),
    N_("expected one argument"),
    N_("expected at most one argument"),
    N_("expected at least one argument"),
    N_("invalid choice: %(value)r (choose from %(choices)s)"),
    N_("invalid %(type)s value: %(value)r"),
    N_("argument %(argument_name)s: %(message)s"),
    N_("ambiguous option: %(option)s could match %(matches)s"),
    N_("not allowed with argument %s"),
    N_("ignored explicit argument %r"),
)
"""What the library itself says; marked here, so that the catalogues have it."""

_VALUED_BY_DEFAULT = ("--theme", "--colours", "--characters")
"""Options with a value that the default command takes, also when it is not named."""
_ENDS = ("-h", "--help", "--version")


# The library looks its words up by this name each time it needs one; without this they would stay English.
setattr(argparse, "_", _)  # noqa: B010


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line and exits with 2; headings come from the catalogue."""

    def __init__(self, *args: object, **settings: object) -> None:
        super().__init__(*args, **{"add_help": False, "allow_abbrev": False, **settings})  # type: ignore[arg-type]
        self._positionals.title = _("arguments")
        self._optionals.title = _("options")
        self.add_argument("-h", "--help", action="help", help=_("show this help and end"))

    def error(self, message: str) -> NoReturn:
        """Raise Stop with what is wrong and where help is."""
        says = _("{what}; see: {command} --help").format(what=message, command=self.prog)
        raise codes.Stop(says, codes.USAGE)


def children(parser: argparse.ArgumentParser) -> Mapping[str, tuple[argparse.ArgumentParser, str]]:
    """Return the parsers of the commands below `parser` by name, each with what it does."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            told = {choice.dest: choice.help or "" for choice in action._choices_actions}
            return {name: (below, told.get(name, "")) for name, below in action.choices.items()}
    return {}


def _finish(parser: argparse.ArgumentParser) -> None:
    """Let a parser and all those below it take the options of every command, and say what they do."""
    for below, told in children(parser).values():
        below.description = told[:1].upper() + told[1:] + "."
        _finish(below)
    group = parser.add_argument_group(_("options of every command"))
    for one in COMMON:
        group.add_argument(one.flag, metavar=one.stands_for, default=argparse.SUPPRESS, help=_(one.says))


def holder(command: str) -> ModuleType:
    """Return what holds HELP, arguments and run of `command`, imported now."""
    module, _colon, attribute = COMMANDS[command].partition(":")
    found = import_module(module)
    return getattr(found, attribute) if attribute else found


def parser_for(commands: Sequence[str]) -> Parser:
    """Return the parser that knows these commands."""
    parser = Parser(
        prog="cordboard",
        description=_("A customer's whole story on one screen, for the agents of telecom operators."),
        epilog=_("Without a command the console opens. Exit codes and files: see docs/cli.md."),
    )
    parser.add_argument(
        "--version", action="version", version=f"cordboard {__version__}", help=_("print the version and end")
    )
    added = parser.add_subparsers(title=_("commands"), dest="command", metavar=_("COMMAND"), parser_class=Parser)
    for command in commands:
        module = holder(command)
        module.arguments(added.add_parser(command, help=_(module.HELP)))
    _finish(parser)
    return parser


def named_command(argv: Sequence[str]) -> str:
    """Return the first word of `argv` that is no option and no option's value, empty when there is none."""
    flags = {*(one.flag for one in COMMON), *_VALUED_BY_DEFAULT}
    words = iter(argv)
    for word in words:
        if word in (*_ENDS, "--"):
            return ""
        if not word.startswith("-"):
            return word
        if word in flags:
            next(words, "")
    return ""


def dispatch(argv: Sequence[str], setting: Setting) -> int:
    """Run the command that `argv` names; raises Stop, ConfigError, BackendError."""
    command = named_command(argv)
    if command and command not in COMMANDS:
        raise codes.Stop(_no_command(command), codes.USAGE)
    if not command and not any(word in _ENDS for word in argv):
        command, argv = DEFAULT, [DEFAULT, *argv]
    wanted = [command] if command else [] if "--version" in argv else list(COMMANDS)
    try:
        args = parser_for(wanted).parse_args(argv)
    except SystemExit as end:  # argparse ends the process after --help and --version
        return int(end.code or 0)
    setting.backend_flag = getattr(args, "backend", "")
    setting.profile_flag = getattr(args, "profile", "")
    setting.agent_flag = getattr(args, "agent", "")
    run: Callable[[argparse.Namespace, Setting], int] = holder(command).run
    return run(args, setting)


def _no_command(command: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(command, COMMANDS, 1)
    if near:
        return _('there is no command "{wrong}"; did you mean "{near}"?').format(wrong=command, near=near[0])
    return _('there is no command "{wrong}"; see: cordboard --help').format(wrong=command)
