"""`cordboard backends`: which kinds of URL can be opened here."""

from __future__ import annotations

import argparse

from backends.registry import schemes
from console.cli import codes, options
from console.cli.setting import Setting
from console.i18n import N_, _

HELP = N_("list the kinds of backend that are installed")

_EXAMPLES = {
    "sqlite": "sqlite:////srv/desk/cordboard.db",
    "postgresql": "postgresql://host/database",
    "memory": "memory:",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `backends` takes."""
    options.add_json(parser)


def run(args: argparse.Namespace, setting: Setting) -> int:
    """Print the schemes with an example URL, and which one is in use."""
    from backends.registry import scheme_of

    used = scheme_of(setting.backend_url)
    found = [(scheme, _EXAMPLES.get(scheme, f"{scheme}:"), scheme == used) for scheme in schemes()]
    if args.json:
        setting.json([{"scheme": scheme, "example": example, "in_use": chosen} for scheme, example, chosen in found])
        return codes.OK
    for scheme, example, chosen in found:
        setting.out.row((scheme, example, _("in use") if chosen else ""))
    return codes.OK
