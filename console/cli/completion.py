"""`cordboard completion SHELL`: a script that lets the shell complete commands and options."""

from __future__ import annotations

import argparse

from console.cli import codes
from console.cli.parsing import COMMANDS, children, parser_for
from console.cli.setting import Setting
from console.i18n import N_, _

HELP = N_("print a completion script for the shell")

SHELLS = ("bash", "zsh", "fish")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `completion` takes."""
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help=_("one of: bash, zsh, fish"))


def run(args: argparse.Namespace, setting: Setting) -> int:
    """Print the script; where it belongs is said in docs/cli.md."""
    parser = parser_for(list(COMMANDS))
    setting.out.line(fish(parser) if args.shell == "fish" else _by_shtab(parser, args.shell))
    return codes.OK


def _by_shtab(parser: argparse.ArgumentParser, shell: str) -> str:
    try:
        import shtab
    except ImportError as error:
        says = _("needs the extra part for completion; install: cordboard[completion]")
        raise codes.Stop(says, codes.UNAVAILABLE) from error
    return str(shtab.complete(parser, shell=shell)).rstrip("\n")


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("%%", "%") + "'"


def _fish_options(parser: argparse.ArgumentParser, when: str) -> list[str]:
    lines = []
    for action in parser._actions:
        flags = [f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}" for flag in action.option_strings]
        if not flags:
            continue
        takes = "" if action.nargs == 0 else " -x"
        if action.choices and takes:
            takes += f" -a {_quoted(' '.join(map(str, action.choices)))}"
        lines.append(f"complete -c cordboard -n {when} {' '.join(flags)}{takes} -d {_quoted(action.help or '')}")
    return lines


def fish(parser: argparse.ArgumentParser) -> str:
    """Return the script for fish, made from the parser's commands and options."""
    commands = children(parser)
    lines = ["# Completion of cordboard for fish.", "complete -c cordboard -f"]
    none = _quoted(f"not __fish_seen_subcommand_from {' '.join(commands)}")
    lines += [
        f"complete -c cordboard -n {none} -a {name} -d {_quoted(says)}" for name, (_parser, says) in commands.items()
    ]
    lines += _fish_options(parser, none)
    for name, (command, _says) in commands.items():
        lines += _fish_below(command, (name,))
    return "\n".join(lines)


def _fish_below(command: argparse.ArgumentParser, path: tuple[str, ...]) -> list[str]:
    """Return the lines for what follows a command: its steps, its options, and those of its steps."""
    seen = "; and ".join(f"__fish_seen_subcommand_from {name}" for name in path)
    steps = children(command)
    lines = []
    if steps:
        below = _quoted(f"{seen}; and not __fish_seen_subcommand_from {' '.join(steps)}")
        lines += [
            f"complete -c cordboard -n {below} -a {step} -d {_quoted(says)}" for step, (_p, says) in steps.items()
        ]
    lines += _fish_options(command, _quoted(seen))
    for step, (inner, _says) in steps.items():
        lines += _fish_below(inner, (*path, step))
    return lines
