"""`cordboard keys`: every action with its keys, as they are with the configuration's own ones applied."""

from __future__ import annotations

import argparse

from console.actions import ACTIONS
from console.cli import codes, options
from console.cli.output import Column
from console.cli.setting import Setting
from console.i18n import N_, _

HELP = N_("list every action of the console with its keys")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `keys` takes."""
    options.add_json(parser)


def run(args: argparse.Namespace, setting: Setting) -> int:
    """Print the table."""
    own = setting.settings.interface.keys
    rows = [(action, own.get(action.id, action.keys)) for action in ACTIONS]
    if args.json:
        found = [
            {"action": action.id, "keys": keys, "where": action.where, "label": _(action.label), "help": _(action.help)}
            for action, keys in rows
        ]
        setting.json(found)
        return codes.OK
    columns = (Column(_("Keys"), fixed=True), Column(_("Action"), fixed=True), Column(_("Help")))
    setting.out.table(columns, [(" ".join(keys), action.id, _(action.help)) for action, keys in rows])
    return codes.OK
