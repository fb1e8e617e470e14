"""`cordboard report`: how well the clocks were kept over a time, with the rows behind it (R3)."""

from __future__ import annotations

import argparse
import asyncio
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from console.cli import codes, options
from console.cli.lookup import Brands, brands
from console.cli.output import Column, moment_text
from console.cli.setting import Setting
from console.i18n import N_, _

if TYPE_CHECKING:
    from console.rules.performance import Measured, Score

HELP = N_("report how well clocks were kept over a time, with its rows")
_DAYS = 30


def _day(typed: str) -> date:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise argparse.ArgumentTypeError(_("{typed} is no day such as 2031-05-01").format(typed=repr(typed))) from None


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `report` takes."""
    parser.add_argument(
        "--from", dest="first", type=_day, metavar="DAY", help=_("first day (default: 30 days before the last)")
    )
    parser.add_argument("--to", dest="last", type=_day, metavar="DAY", help=_("last day (default: today)"))
    parser.add_argument("--rows", action="store_true", help=_("print every case and message behind the report"))
    options.add_operator(parser)
    options.add_json(parser)


def run(args: argparse.Namespace, setting: Setting) -> int:
    """Print the report."""
    last = args.last or datetime.now(setting.zone).date()
    first = args.first or last - timedelta(days=_DAYS)
    if first > last:
        says = _("the report would end before it begins: --from {first} --to {last}").format(first=first, last=last)
        raise codes.Stop(says, codes.USAGE)
    return asyncio.run(_report(args, setting, first, last))


async def _report(args: argparse.Namespace, setting: Setting, first: date, last: date) -> int:
    from console.desk.performance import knows_every_message
    from console.rules.performance import scores

    async with setting.open_backend(existing=True) as backend:
        brand = await brands(backend, setting, args.operator)
        rows = await _rows(backend, setting, brand, _begins(first, setting), _begins(last + timedelta(days=1), setting))
        whole = knows_every_message(backend)
    if not whole:
        setting.err.line(
            "cordboard: " + _("this source lists no answered messages; only those that wait are in the report")
        )
    rows.sort(key=lambda row: (row.began_at, row.reference, row.clock))
    lines = scores(rows)
    if args.json:
        setting.json({
            "from": first.isoformat(),
            "to": last.isoformat(),
            "scores": [_score_object(one, brand) for one in lines],
            **({"rows": [_row_object(one, brand) for one in rows]} if args.rows else {}),
        })
    elif args.rows:
        setting.out.table(_row_columns(), [_row(one, brand) for one in rows])
    else:
        setting.out.table(_score_columns(), [_score(one, brand) for one in lines])
    return codes.OK


def _begins(day: date, setting: Setting) -> datetime:
    return datetime.combine(day, time(), tzinfo=setting.zone).astimezone(UTC)


async def _rows(backend: Any, setting: Setting, brand: Brands, since: datetime, until: datetime) -> list[Measured]:
    from console.data.clocks import policies
    from console.desk.performance import messages_measured, tickets_measured

    known = policies(setting.rules.clocks_file)
    span = (since, until, datetime.now(UTC), known, brand.chosen)
    rows: list[Measured] = []
    with setting.progress(0, _("cases and messages")) as progress:
        async for some in tickets_measured(backend, brand.by_key, *span):
            rows += some
            progress.advance()
        async for row in messages_measured(backend, brand.by_key, *span):
            rows.append(row)
            progress.advance()
    return rows


def _clock(name: str) -> str:
    from console.present.labels import CLOCKS

    return _(CLOCKS[name]) if name in CLOCKS else name


def _part(code: str) -> str:
    from backends.records import CHANNELS, TicketKind
    from console.words import channel_word, word

    return channel_word(code) if code in CHANNELS else word(TicketKind(code)) if code in set(TicketKind) else code


def _score_columns() -> tuple[Column, ...]:
    return (
        Column(_("Operator"), fixed=True),
        Column(_("Clock")),
        Column(_("Of")),
        Column(_("Kept"), fixed=True, right=True),
        Column(_("Missed"), fixed=True, right=True),
        Column(_("Running"), fixed=True, right=True),
        Column(_("Share"), fixed=True, right=True),
        Column(_("Target"), fixed=True, right=True, drop=1),
        Column(_("Typically"), fixed=True, right=True, drop=2),
    )


def _score(one: Score, brand: Brands) -> tuple[str, ...]:
    from console.rules.performance import TARGETS

    target = TARGETS.get(one.clock)
    return (
        brand.code(one.operator_key),
        _clock(one.clock),
        _part(one.part),
        str(one.kept),
        str(one.missed),
        str(one.running),
        "-" if one.share is None else f"{one.share:.0f} %",
        "-" if target is None else f"{target} %",
        "-" if one.typical is None else _hours(one.typical),
    )


def _hours(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    return _("{n} h").format(n=f"{hours:.1f}") if hours < 48 else _("{n} days").format(n=f"{hours / 24:.1f}")


def _score_object(one: Score, brand: Brands) -> dict[str, Any]:
    return {
        "operator": brand.code(one.operator_key),
        "clock": one.clock,
        "of": one.part,
        "kept": one.kept,
        "missed": one.missed,
        "running": one.running,
        "share": None if one.share is None else round(one.share, 1),
        "reached": one.reached,
        "typical_seconds": None if one.typical is None else int(one.typical.total_seconds()),
    }


def _row_columns() -> tuple[Column, ...]:
    return (
        Column(_("Reference"), fixed=True),
        Column(_("Operator"), fixed=True),
        Column(_("Clock")),
        Column(_("Of")),
        Column(_("Began"), fixed=True, drop=3),
        Column(_("Due"), fixed=True),
        Column(_("Ended"), fixed=True, drop=1),
        Column(_("State"), fixed=True),
    )


def _row(one: Measured, brand: Brands) -> tuple[str, ...]:
    ended = "" if one.ended_at is None else moment_text(one.ended_at)
    where = (one.reference, brand.code(one.operator_key), one.clock, one.part)
    return (*where, moment_text(one.began_at), moment_text(one.due_at), ended, one.state)


def _row_object(one: Measured, brand: Brands) -> dict[str, Any]:
    return {
        "reference": one.reference,
        "operator": brand.code(one.operator_key),
        "clock": one.clock,
        "of": one.part,
        "began": moment_text(one.began_at),
        "due": moment_text(one.due_at),
        "ended": None if one.ended_at is None else moment_text(one.ended_at),
        "state": one.state,
    }
