"""`cordboard guide …`: list the guides, check files before they are used, rehearse one in plain lines."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from backends.records import TicketKind
from console.cli import codes, options
from console.cli.output import Column
from console.cli.setting import Setting
from console.data import DataError
from console.data.guides import PROTECTION, SHARED, load, read
from console.i18n import N_, _, _n, current_language
from console.present.guide_words import title
from console.rules.guides import Guide
from console.words import word

HELP = N_("list, check and rehearse the guides that agents go through with callers")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `guide` takes."""
    steps = parser.add_subparsers(title=_("commands"), dest="step", metavar=_("COMMAND"), required=True)
    listed = steps.add_parser("list", help=_("print the guides of this profile"))
    options.add_operator(listed)
    options.choosable(listed, "--kind", tuple(TicketKind), _("only those that open this kind of ticket"))
    options.add_json(listed)
    checked = steps.add_parser("check", help=_("find dead ends and other mistakes in files of guides"))
    checked.add_argument("files", nargs="+", metavar="FILE", help=_("a guide's file, or a folder of them"))
    run_ = steps.add_parser("run", help=_("rehearse a guide in plain lines; nothing is stored"))
    run_.add_argument("guide", metavar="GUIDE", help=_("a guide's file, or the name of one that is listed"))
    run_.add_argument("--language", metavar="CODE", default="", help=_("speak this language, e.g. it"))
    run_.add_argument("--outage", action="store_true", help=_("pretend that an outage hits the caller"))
    run_.add_argument("--open-fault", action="store_true", help=_("pretend that a fault of theirs is open already"))
    run_.add_argument("--stranger", action="store_true", help=_("pretend that nobody knows the caller yet"))


def run(args: argparse.Namespace, setting: Setting) -> int:
    """Do what was asked; returns 65 when a file is wrong."""
    if args.step == "list":
        return _list(args, setting)
    if args.step == "check":
        return _check(args, setting)
    return _run(args, setting)


def _list(args: argparse.Namespace, setting: Setting) -> int:
    found = load(str(setting.rules.guides_folder or ""))
    for fault in found.faults:
        setting.err.line(f"cordboard: {fault}")
    wanted = {code.casefold() for code in args.operator}
    shown = [
        one
        for one in found.guides
        if (not args.kind or one.kind in args.kind)
        and (not wanted or not one.operators or wanted & {code.casefold() for code in one.operators})
    ]
    if args.json:
        setting.json([_object(one) for one in shown])
    else:
        setting.out.table(_columns(), [_row(one, setting) for one in shown])
    return codes.DATA if found.faults else codes.OK


def _object(guide: Guide) -> dict[str, object]:
    return {
        "id": guide.id,
        "title": dict(guide.title),
        "kind": guide.kind.value,
        "service": guide.service,
        "languages": list(guide.languages),
        "operators": list(guide.operators),
        "steps": len(guide.steps),
        "file": guide.source,
    }


def _columns() -> tuple[Column, ...]:
    return (
        Column(_("Name"), fixed=True),
        Column(_("Title")),
        Column(_("Kind"), drop=1),
        Column(_("Languages"), drop=2),
        Column(_("Operators"), drop=3),
        Column(_("Steps"), fixed=True),
    )


def _row(guide: Guide, setting: Setting) -> tuple[str, ...]:
    every = _("all") if setting.out.tty else "*"
    return (
        guide.id,
        title(guide, current_language()),
        word(guide.kind) if setting.out.tty else guide.kind.value,
        " ".join(guide.languages),
        " ".join(guide.operators) or every,
        str(len(guide.steps)),
    )


# checking -------------------------------------------------------------------------------------------------------------


def _files(names: list[str]) -> Iterator[Path]:
    for name in names:
        path = Path(name)
        if path.is_dir():
            yield from (one for one in sorted(path.glob("*.toml")) if one.name not in (SHARED, PROTECTION))
        else:
            yield path


def _check(args: argparse.Namespace, setting: Setting) -> int:
    wrong = 0
    for path in _files(args.files):
        guide, faults = read(path)
        wrong += len(faults)
        for fault in faults:
            setting.out.line(str(fault))
        if guide is not None:
            setting.out.line(f"{path}: {_fine(guide)}")
    if wrong:
        setting.err.line("cordboard: " + _n("{n} mistake", "{n} mistakes", wrong).format(n=wrong))
    return codes.DATA if wrong else codes.OK


def _fine(guide: Guide) -> str:
    steps = _n("{n} step", "{n} steps", len(guide.steps)).format(n=len(guide.steps))
    return _("no mistakes; {steps}, {languages}").format(steps=steps, languages=" ".join(guide.languages))


# rehearsing -----------------------------------------------------------------------------------------------------------


def _run(args: argparse.Namespace, setting: Setting) -> int:
    from console.cli.guide_rehearsal import Pretended, rehearse

    guide = _named(args.guide, setting)
    if args.language and args.language not in guide.languages:
        says = _("this guide speaks {languages}, not {wanted}")
        raise codes.Stop(says.format(languages=" ".join(guide.languages), wanted=args.language), codes.USAGE)
    pretended = Pretended(args.language, args.outage, args.open_fault, args.stranger)
    return rehearse(guide, pretended, setting, sys.stdin)


def _named(name: str, setting: Setting) -> Guide:
    """Return the guide of a file, or one of the profile's by its name; raises Stop with all that is wrong with it."""
    if name.endswith(".toml") or "/" in name:
        guide, faults = read(Path(name))
        if guide is None:
            raise codes.Stop("\n".join(_first_and_rest(faults)), codes.DATA)
        return guide
    found = load(str(setting.rules.guides_folder or ""))
    guide = found.named(name)
    if guide is None:
        known = ", ".join(one.id for one in found.guides)
        raise codes.Stop(_('there is no guide "{name}"; known: {known}').format(name=name, known=known))
    return guide


def _first_and_rest(faults: tuple[DataError, ...]) -> list[str]:
    rest = len(faults) - 1
    more = [_n("and {n} more; see: cordboard guide check", "and {n} more; see: cordboard guide check", rest)]
    return [str(faults[0]), *(one.format(n=rest) for one in more if rest)]
