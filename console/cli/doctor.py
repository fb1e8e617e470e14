"""`cordboard doctor`: looks at everything the console depends on, and says what to do about what is wrong."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from console.cli import codes, options
from console.cli.findings import BAD, MARKS, NOTE, Finding
from console.cli.setting import Setting
from console.config import ConfigError
from console.i18n import N_, _, _n

HELP = N_("check terminal, database, configuration, keyring and files")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `doctor` takes."""
    options.add_json(parser)


def run(args: argparse.Namespace, setting: Setting) -> int:
    """Print what was found; 1 when something is broken."""
    found = list(_all(setting))
    bad = sum(finding.state == BAD for finding in found)
    if args.json:
        setting.json(
            [
                {"part": finding.part, "state": finding.state, "says": finding.says, "remedy": finding.remedy}
                for finding in found
            ]
        )
    else:
        part = ""
        for finding in found:
            if finding.part != part:
                part = finding.part
                setting.out.line(part)
            setting.out.line(f"  {MARKS[finding.state]} {finding.says}")
            if finding.remedy:
                setting.out.line(f"       {finding.remedy}")
        if bad:
            setting.out.line(_n("{n} thing is broken.", "{n} things are broken.", bad).format(n=bad))
    return codes.FAILED if bad else codes.OK


def _all(setting: Setting) -> Iterator[Finding]:
    from console.cli import findings

    for look in findings.ALL:
        try:
            yield from look(setting)
        except (ConfigError, codes.Stop):
            says = _("could not be looked at: the configuration must be correct first")
            yield Finding(look.__name__, NOTE, says, _("Run: cordboard config check"))
        except Exception as error:  # the doctor must not fall ill with what it looks for
            says = _("could not be looked at ({error})").format(error=type(error).__name__)
            yield Finding(look.__name__, BAD, says, _("Please report this."))
