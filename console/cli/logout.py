"""`cordboard logout`: makes the keyring forget a source's secret."""

from __future__ import annotations

import argparse

from console.cli import codes
from console.cli.setting import Setting
from console.i18n import N_, _

HELP = N_("forget the secret of a source")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `logout` takes."""
    parser.add_argument("source", metavar="SOURCE", help=_("name of a source of the profile, or its URL"))


def run(args: argparse.Namespace, setting: Setting) -> int:
    """Remove the secret from every store; 1 when there was none. Raises Stop."""
    from console.cli.sources import named_in
    from console.secrets import Secrets, SecretsError, available_stores

    # A name is taken as it is: its source may have left the configuration already.
    name = named_in(setting, args.source)[0] if ":" in args.source else args.source
    secrets = Secrets(available_stores(setting.environ))
    try:
        known = secrets.get(setting.profile_name, name) is not None
        secrets.remove(setting.profile_name, name)
    except SecretsError as error:
        why = str(error)
    else:
        if not known:
            setting.err.line("cordboard: " + _("no secret is kept for {source}").format(source=name))
            return codes.FAILED
        setting.out.line(_("the secret of {source} is forgotten").format(source=name))
        return codes.OK
    raise codes.Stop(why, codes.UNAVAILABLE)
