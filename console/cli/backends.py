"""`cordboard backends`: which kinds of URL can be opened here, who brought them, and what each can do."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, Any

from console.cli import codes, options
from console.cli.setting import Setting
from console.i18n import N_, _

if TYPE_CHECKING:
    from backends.registry import Installed

HELP = N_("list the kinds of backend that are installed")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `backends` takes."""
    options.add_json(parser)


def run(args: argparse.Namespace, setting: Setting) -> int:
    """Print every scheme with its package and what it can do; a plug-in that cannot be loaded is listed with why."""
    from backends.registry import installed, scheme_of

    used = scheme_of(setting.backend_url)
    found = installed()
    if args.json:
        setting.json([_plain(one, used) for one in found])
        return codes.OK
    for one in found:
        marks = [] if one.shipped else [_("plug-in")]
        if _is_used(one, used):
            marks.append(_("in use"))
        package = f"{one.distribution} {one.version}".strip()
        setting.out.row((one.scheme, package, _words(one), ", ".join(marks)))
    return codes.OK


def _is_used(one: Installed, used: str) -> bool:
    return one.scheme == used and not one.error


def _words(one: Installed) -> str:
    if one.error:
        return _("cannot be used: {why}").format(why=one.error)
    if one.capabilities is None:
        return _("tells what it can do once it is connected")
    return " ".join(sorted(one.capabilities))


def _plain(one: Installed, used: str) -> dict[str, Any]:
    return {
        "scheme": one.scheme,
        "distribution": one.distribution,
        "version": one.version,
        "module": one.module,
        "shipped": one.shipped,
        "example": one.example or f"{one.scheme}:",
        "in_use": _is_used(one, used),
        "capabilities": None if one.capabilities is None else sorted(one.capabilities),
        "stores": None if one.stores is None else sorted(_kind(each) for each in one.stores),
        "error": one.error or None,
    }


def _kind(record: type) -> str:
    """Return the name of a kind of record as it is written elsewhere: `ticket_event`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", record.__name__).lower()
