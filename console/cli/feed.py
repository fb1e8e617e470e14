"""`cordboard feed check`: what a source of outages says, what of it is understood here, and what is not, and why."""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from backends.records import Outage, OutageKind, OutageState
from backends.understanding import Explains, Problem, Understanding
from console.cli import codes, options
from console.cli.lookup import Brands
from console.cli.objects import outage_object
from console.cli.output import Column, moment_text
from console.cli.setting import Setting
from console.i18n import N_, _, _n
from console.words import joined, word

if TYPE_CHECKING:
    from console.config import Source

HELP = N_("look at a source of outages: what is understood of it, and what is not")

_SHOWN = 20
"""Problems that are printed; all are counted, and `--json` has the first hundred."""
_PROBLEMS: Mapping[str, str] = {
    "bad_entry": N_("cannot be read"),
    "bad_time": N_("has a moment that makes no sense"),
    "no_zone": N_("has a moment without a time zone"),
    "no_time": N_("does not say when; now is taken"),
    "unknown_state": N_("is in a state that nobody knows"),
    "unknown_service": N_("is no known service; options.services says which one it is"),
    "unmapped_area": N_("is no known place; options.areas says what it covers"),
    "bad_reference": N_("refers to something in an unknown way"),
    "not_fetched": N_("could not be fetched"),
    "too_many": N_("is too much; the rest is not read"),
    "listen": N_("cannot be listened on; the source is polled all the same"),
}
_LEFT_OUT: Mapping[str, str] = {
    "no_place": N_("names no place and no service that are known here"),
    "one_line": N_("is about a single line"),
    "ignored": N_("is ignored by a rule"),
    "severity": N_("is not grave enough"),
    "silenced": N_("is silenced"),
    "inhibited": N_("is hidden behind a larger one"),
    "stale": N_("has heard no word for long and counts as over"),
    "over": N_("was over long ago"),
    "not_actual": N_("is an exercise, a test or a draft"),
    "no_alert": N_("is no alert but an answer to one"),
    "category": N_("is about something else than infrastructure"),
    "unlikely": N_("is unlikely"),
    "cancelled": N_("was cancelled"),
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `feed` takes."""
    steps = parser.add_subparsers(title=_("commands"), dest="step", metavar=_("COMMAND"), required=True)
    check = steps.add_parser("check", help=_("read the source once and say what is understood"))
    check.add_argument("source", metavar="SOURCE", help=_("name of a source of the profile, or its URL"))
    check.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help=_("an option of the source to try, such as areas.nw1.towns=London; may be repeated"),
    )
    options.add_json(check)


def run(args: argparse.Namespace, setting: Setting) -> int:
    """Look at the source; raises Stop for a wrong option and for a source that has no outages."""
    from console.cli.sources import named_in

    name, source = named_in(setting, args.source)
    tried = tuple(map(_option, args.option))
    if tried:
        source = replace(source, options=merged(source.options, tried))
    return asyncio.run(_check(name, source, args, setting))


async def _check(name: str, source: Source, args: argparse.Namespace, setting: Setting) -> int:
    from console.cli.sources import far

    backend = far(setting, source.url, name, source)
    if not isinstance(backend, Explains):
        says = _("{source} is no feed of outages; a feed begins with alertmanager+, statuspage+, atom+ or cap+")
        raise codes.Stop(says.format(source=name), codes.USAGE)
    began = time.monotonic()
    try:
        await backend.open()
        understood = await backend.explain()
        operators = await backend.operators()
    finally:
        await backend.close()
    seconds = time.monotonic() - began
    brand = Brands({operator.key: operator for operator in operators}, frozenset())
    if args.json:
        setting.json(_object(name, source, understood, seconds, brand))
    else:
        _print(name, understood, seconds, setting)
    return codes.FAILED if _useless(understood) else codes.OK


def _useless(understood: Understanding) -> bool:
    """Return whether there was something to understand, and none of it was; a quiet network is no failure."""
    lost = understood.problems_total + understood.left_out.get("no_place", 0)
    return bool(understood.entries and not understood.outages and lost)


def _option(typed: str) -> tuple[tuple[str, ...], object]:
    """Return an option's path and its value: as TOML has it, else as the text that was typed. Raises Stop."""
    import tomllib

    name, sign, value = typed.partition("=")
    path = tuple(part.strip() for part in name.split("."))
    if not sign or not all(path):
        raise codes.Stop(_("an option looks like {example}").format(example="labels.element=olt"), codes.USAGE)
    try:
        return path, tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return path, value.strip()


def merged(table: Mapping[str, object], tried: Iterable[tuple[tuple[str, ...], object]]) -> dict[str, object]:
    """Return the options of a source with those that are tried put in, table by table; the given ones stay as is."""
    result = dict(table)
    for path, value in tried:
        level = result
        for part in path[:-1]:
            below = level.get(part)
            fresh: dict[str, object] = dict(below) if isinstance(below, Mapping) else {}
            level[part] = fresh
            level = fresh
        level[path[-1]] = value
    return result


# what is printed ---------------------------------------------------------------------------------------------------


def _stands(outage: Outage) -> OutageState | OutageKind:
    """Return an outage's state; works that are not over are works."""
    works = outage.kind is OutageKind.PLANNED_WORKS and outage.ended_at is None
    return OutageKind.PLANNED_WORKS if works else outage.state


def _counted(outages: Iterable[Outage]) -> dict[OutageState | OutageKind, int]:
    states = [_stands(outage) for outage in outages]
    every: tuple[OutageState | OutageKind, ...] = (*OutageState, OutageKind.PLANNED_WORKS)
    return {state: states.count(state) for state in every if state in states}


def _print(name: str, understood: Understanding, seconds: float, setting: Setting) -> None:
    out = setting.out
    entries = _n("{n} entry", "{n} entries", understood.entries).format(n=understood.entries)
    says = _("{source}: {entries}, read in {seconds} s").format(source=name, entries=entries, seconds=f"{seconds:.1f}")
    if understood.published_at is not None:
        says += _("; last changed {when}").format(when=setting.moment(understood.published_at))
    out.line(says)
    counted = [f"{count} {word(state)}" for state, count in _counted(understood.outages).items()]
    total = len(understood.outages)
    found = _n("{n} outage", "{n} outages", total).format(n=total)
    out.line(_("{outages}: {states}").format(outages=found, states=joined(counted)) if counted else found)
    columns = (
        Column(_("Reference"), fixed=True),
        Column(_("State"), fixed=True),
        Column(_("Since"), fixed=True),
        Column(_("Services"), drop=2),
        Column(_("Where"), drop=1),
        Column(_("Title")),
    )
    out.table(columns, [_row(outage, setting) for outage in understood.outages])
    for code, count in sorted(understood.left_out.items()):
        out.line(_("left out: {n} × {why}").format(n=count, why=_(_LEFT_OUT.get(code, code))))
    for problem in understood.problems[:_SHOWN]:
        out.line(_("not understood: {what}").format(what=_told(problem)))
    more = understood.problems_total - min(_SHOWN, len(understood.problems))
    if more > 0:
        out.line(_n("… and {n} more", "… and {n} more", more).format(n=more))


def _told(problem: Problem) -> str:
    says = _(_PROBLEMS.get(problem.code, problem.code))
    where = f"“{problem.where}” " if problem.where else ""
    return f"{where}{says}" + (f" ({problem.detail})" if problem.detail else "")


def _row(outage: Outage, setting: Setting) -> tuple[str, ...]:
    covered = outage.coverage
    return (
        outage.reference,
        word(_stands(outage)) if setting.out.tty else _stands(outage).value,
        setting.moment(outage.started_at),
        ", ".join(covered.services),
        ", ".join((*covered.towns, *covered.postcodes, *covered.elements)) or "*",
        outage.title,
    )


def _object(name: str, source: Source, understood: Understanding, seconds: float, brand: Brands) -> dict[str, Any]:
    published = understood.published_at
    return {
        "source": name,
        "url": source.url,
        "read_at": moment_text(understood.read_at),
        "seconds": round(seconds, 3),
        "published_at": moment_text(published) if published else None,
        "age_seconds": max(0, round((datetime.now(UTC) - published).total_seconds())) if published else None,
        "entries": understood.entries,
        "states": {state.value: count for state, count in _counted(understood.outages).items()},
        "outages": [outage_object(outage, brand) for outage in understood.outages],
        "left_out": dict(understood.left_out),
        "problems": [{"code": one.code, "where": one.where, "detail": one.detail} for one in understood.problems],
        "problems_total": understood.problems_total,
    }
