"""`cordboard audit …`: who read whom and who changed what, and whether the trail is whole."""

from __future__ import annotations

import argparse
import asyncio
from typing import Any

from backends.records import AuditEntry
from console.cli import codes, options
from console.cli.lookup import cut, one_customer, require, working_agent
from console.cli.output import Column, moment_text
from console.cli.setting import Setting
from console.i18n import N_, _, _n
from console.rules.roles import Right

HELP = N_("check the audit trail or print it")

_PAGE = 500
_BROKEN = {
    "changed": N_("it was changed after it was written"),
    "missing": N_("a row before it is missing"),
    "reordered": N_("it is not where it was written"),
    "truncated": N_("rows after it are missing"),
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `audit` takes."""
    steps = parser.add_subparsers(title=_("commands"), dest="step", metavar=_("COMMAND"), required=True)
    verify = steps.add_parser("verify", help=_("find changed or missing rows"))
    options.add_json(verify)
    listed = steps.add_parser("list", help=_("print the trail, newest first"))
    listed.add_argument("--customer", metavar="CUSTOMER", help=_("only what concerns this customer"))
    options.add_limit(listed, 100)
    options.add_json(listed)


def run(args: argparse.Namespace, setting: Setting) -> int:
    """Do the step asked for; a broken trail is a data error."""
    return asyncio.run(_verify(args, setting) if args.step == "verify" else _list(args, setting))


async def _verify(args: argparse.Namespace, setting: Setting) -> int:
    async with setting.open_backend(existing=True, home_only=True) as backend:
        with setting.progress(0, _("Checking the audit trail")) as progress:
            verdict = await backend.audit_verify(progress.at)
    whole = verdict.broken_at is None
    if args.json:
        found = {"ok": whole, "rows": verdict.rows, "broken_at": verdict.broken_at, "reason": verdict.reason}
        setting.json(found)
    elif whole:
        says = _n("The audit trail is whole: {n} row.", "The audit trail is whole: {n} rows.", verdict.rows)
        setting.out.line(says.format(n=verdict.rows))
    if whole:
        return codes.OK
    why = _(_BROKEN[verdict.reason]) if verdict.reason in _BROKEN else verdict.reason
    says = _("the audit trail is broken at row {row}: {why}; keep a copy of the database for inspection")
    raise codes.Stop(says.format(row=verdict.broken_at, why=why), codes.DATA)


async def _list(args: argparse.Namespace, setting: Setting) -> int:
    entries: list[AuditEntry] = []
    async with setting.open_backend(existing=True, home_only=True) as backend:
        require(await working_agent(backend, setting), Right.AUDIT, setting)
        key = (await one_customer(backend, args.customer)).key if args.customer else ""
        after: str | None = None
        while len(entries) <= args.limit:
            page = await backend.audit(customer_key=key, after=after, limit=min(_PAGE, args.limit + 1 - len(entries)))
            entries += page.rows
            after = page.after
            if after is None:
                break
    entries = [*cut(entries, args.limit, setting)]
    if args.json:
        setting.json([_object(entry) for entry in entries])
        return codes.OK
    columns = (
        Column(_("Row"), fixed=True, right=True),
        Column(_("When"), fixed=True),
        Column(_("Who"), fixed=True),
        Column(_("Did"), fixed=True),
        Column(_("To"), fixed=True),
        Column(_("Detail")),
    )
    rows = [
        (
            str(entry.sequence),
            setting.moment(entry.at),
            entry.actor,
            entry.act,
            f"{entry.subject} {entry.subject_key}".strip(),
            entry.detail,
        )
        for entry in entries
    ]
    setting.out.table(columns, rows)
    return codes.OK


def _object(entry: AuditEntry) -> dict[str, Any]:
    return {
        "row": entry.sequence,
        "at": moment_text(entry.at),
        "actor": entry.actor,
        "act": entry.act,
        "subject": entry.subject,
        "subject_key": entry.subject_key,
        "customer_key": entry.customer_key,
        "detail": entry.detail,
        "digest": entry.digest,
    }
