"""`cordboard keys`: every action with its keys, as they are with the configuration's own ones applied."""

from __future__ import annotations

import argparse

from console.cheatsheet import PLACES, key_rows
from console.cli import codes, options
from console.cli.output import Column
from console.cli.setting import Setting
from console.i18n import N_, _
from console.keynames import rebound

HELP = N_("list every action of the console with its keys")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `keys` takes."""
    options.add_json(parser)


def run(args: argparse.Namespace, setting: Setting) -> int:
    """Print the table."""
    keys, problems = rebound(setting.settings.interface.keys)
    rows = key_rows(keys)
    for problem in problems:
        setting.err.line(f"cordboard: {problem}")
    if args.json:
        found = [
            {
                "action": row.action.id if row.action else None,
                "keys": keys[row.action.id] if row.action else row.keys.split(", "),
                "where": row.where.value,
                "label": row.label,
                "help": row.help,
                "command": row.command,
            }
            for row in rows
        ]
        setting.json(found)
        return codes.OK
    columns = (
        Column(_("Keys"), fixed=True),
        Column(_("Action"), fixed=True),
        Column(_("Command"), drop=2),
        Column(_("Where"), drop=1),
        Column(_("Help")),
    )
    table = [
        (row.keys, row.action.id if row.action else "", row.command, _(PLACES[row.where]), row.help) for row in rows
    ]
    setting.out.table(columns, table)
    return codes.OK
