"""`cordboard import`: reads tables and mailboxes into the store, as often as one likes."""

from __future__ import annotations

import argparse
import asyncio
from datetime import UTC, datetime
from pathlib import Path

from backends.errors import BackendError
from console.cli import codes
from console.cli.setting import Setting
from console.desk.importing import (
    MAIL_FORMATS,
    Format,
    Mapping,
    MappingError,
    Order,
    Rejects,
    RejectsError,
    Report,
    UnknownOperator,
    read_mapping,
)
from console.desk.importing import (
    run as carry_out,
)
from console.desk.importing.dates import CORRECTED, KEPT, REPEATED_HOUR, SETTLED
from console.desk.importing.reasons import in_words
from console.desk.importing.report import Example
from console.i18n import N_, _, _n

HELP = N_("read tables or mailboxes of another system")

_KINDS = {
    "operator": N_("operators"),
    "customer": N_("customers"),
    "line": N_("lines"),
    "contract": N_("contracts"),
    "charge": N_("charges"),
    "ticket": N_("tickets"),
    "ticket_event": N_("events of tickets"),
    "contact": N_("contacts"),
}
_DOUBTS = {
    SETTLED: N_("could be read as two dates; read as the mapping prefers"),
    KEPT: N_("differ from the column they are checked against; kept as the mapping says"),
    CORRECTED: N_("differ from the column they are checked against; that column believed as the mapping says"),
    REPEATED_HOUR: N_("lie in the hour that a clock change repeats; the first one taken"),
}
_NOTES = {
    "reference_unknown": N_("mails name a ticket that does not exist"),
    "reference_elsewhere": N_("mails name a ticket of another customer; filed under their sender, without the ticket"),
    "reference_by_stranger": N_(
        "mails name a ticket but come from an address that we do not know; filed with the ticket"
    ),
    "no_date": N_("mails have no date that can be read; the mailbox's or the file's date was taken"),
    "no_message_id": N_("mails have no Message-ID; told apart by what they say"),
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `import`."""
    parser.add_argument("paths", nargs="+", type=Path, metavar=_("PATH"), help=_("file or folder to read"))
    parser.add_argument("--as", dest="format", choices=[each.value for each in Format], help=_("what the files are"))
    parser.add_argument("--map", type=Path, metavar=_("MAPPING"), help=_("mapping file, see docs/importing.md"))
    parser.add_argument("--operator", default="", metavar=_("CODE"), help=_("operator to import for"))
    parser.add_argument("--rejects", type=Path, metavar=_("FILE"), help=_("where rejected rows go, .csv or .jsonl"))
    parser.add_argument("--dry-run", action="store_true", help=_("do everything but write"))
    parser.add_argument("--json", action="store_true", help=_("print the report as JSON"))


def run(args: argparse.Namespace, setting: Setting) -> int:
    """Import and report; 0 when all went in, 65 when something did not, 130 when interrupted (what is in stays)."""
    mapping = _mapping(args, setting)
    format_ = Format(args.format) if args.format else mapping.reading.format or _guessed(args.paths)
    if format_ not in MAIL_FORMATS and not mapping.rules:
        raise codes.Stop(_("a table needs a mapping file: --map FILE (see docs/importing.md)"), codes.USAGE)
    now = datetime.now(UTC)
    order = Order(
        mapping=mapping,
        format=format_,
        paths=tuple(args.paths),
        actor=setting.actor,
        now=now,
        operator=args.operator,
        dry_run=args.dry_run,
    )
    report = Report()
    try:
        with Rejects(_rejects_file(args, setting, mapping, now)) as rejects:
            asyncio.run(_carried_out(order, setting, report, rejects))
    except KeyboardInterrupt:
        _tell(args, setting, report)
        setting.err.line(_("Interrupted. What is in stays in; run the same command again to go on."))
        return codes.INTERRUPTED
    except UnknownOperator as error:
        raise codes.Stop(_unknown_operator(error), codes.DATA) from error
    except BackendError:
        if report.rows:
            _tell(args, setting, report)
            setting.err.line(_("Stopped. What is in stays in; run the same command again to go on."))
        raise
    except RejectsError as error:
        says = _("cannot write the rejected rows to {file}: {why}").format(file=error.file, why=error.why)
        raise codes.Stop(says, codes.CANNOT_CREATE) from error
    _tell(args, setting, report)
    return codes.DATA if report.rejected or report.unusable else codes.OK


async def _carried_out(order: Order, setting: Setting, report: Report, rejects: Rejects) -> None:
    async with setting.open_backend(home_only=True) as backend:
        if not order.dry_run and (says := setting.unknown_agent(await backend.agents())):
            raise codes.Stop(says, codes.NOT_ALLOWED)
        with setting.progress(0, _("Importing")) as bar:
            await carry_out(order, backend, report, rejects, lambda done, total: bar.at(done, total))


def _mapping(args: argparse.Namespace, setting: Setting) -> Mapping:
    """Return the mapping file's content; mailboxes can do without one. Raises Stop with every mistake."""
    if args.map is None:
        return Mapping(file="", source="mail")
    try:
        return read_mapping(args.map)
    except MappingError as error:
        for fault in error.faults:
            where = f"{error.file}: {fault.key}" if fault.key else error.file
            hint = _(" – write: {hint}").format(hint=fault.write) if fault.write else ""
            setting.err.line(f"{where}: {fault.wrong}{hint}")
        n = len(error.faults)
        says = _n("the mapping has {n} mistake", "the mapping has {n} mistakes", n).format(n=n)
        raise codes.Stop(says, codes.CONFIG) from error
    except OSError as error:
        says = _("cannot read {file}: {why}").format(file=args.map, why=error.strerror or error)
        raise codes.Stop(says, codes.CONFIG) from error


def _guessed(paths: list[Path]) -> Format:
    """Return what the first path's name says it is; raises Stop when it says nothing."""
    endings = {
        ".csv": Format.CSV, ".tsv": Format.CSV, ".jsonl": Format.JSONL, ".ndjson": Format.JSONL,
        ".mbox": Format.MBOX, ".eml": Format.EML,
    }  # fmt: skip
    found = endings.get(paths[0].suffix.lower())
    if found is None and (paths[0] / "cur").is_dir():
        found = Format.MAILDIR
    if found is None:
        choices = ", ".join(Format)
        raise codes.Stop(_("say what the files are: --as {choices}").format(choices=choices), codes.USAGE)
    return found


def _rejects_file(args: argparse.Namespace, setting: Setting, mapping: Mapping, now: datetime) -> Path | None:
    """Return where rejected rows go; a trial run keeps them only when a file is named. Raises Stop."""
    if args.rejects is not None:
        if args.rejects.exists() or args.rejects.is_symlink():
            says = _("{file} exists already; name another file for the rejected rows").format(file=args.rejects)
            raise codes.Stop(says, codes.CANNOT_CREATE)
        return Path(args.rejects)
    if args.dry_run:
        return None
    setting.paths.make()
    folder = setting.paths.state / "rejects"
    folder.mkdir(mode=0o700, exist_ok=True)
    name = "".join(letter if letter.isalnum() else "-" for letter in mapping.source)[:60]
    return folder / f"{name}-{now:%Y%m%dT%H%M%S%f}.csv"


def _unknown_operator(error: UnknownOperator) -> str:
    known = ", ".join(error.codes) or _("none")
    if not error.code:
        return _("say for which operator: --operator CODE (there are: {known})").format(known=known)
    return _("there is no operator {code} (there are: {known}); an [operator] table in the mapping makes one").format(
        code=error.code, known=known
    )


def _tell(args: argparse.Namespace, setting: Setting, report: Report) -> None:
    """Print the report."""
    if args.json:
        setting.json(report.plain())
        return
    out = setting.out
    if report.dry_run:
        out.line(_("Trial run: nothing was written."))
    out.line(_n("{n} row read", "{n} rows read", report.rows).format(n=report.rows))
    for kind in sorted({*report.added, *report.known}, key=list(_KINDS).index):
        says = _("{kind}: {added} added, {known} known")
        out.line("  " + says.format(kind=_(_KINDS[kind]), added=report.added[kind], known=report.known[kind]))
    for number, says in (
        (report.answered, N_("messages marked as answered: {n}")),
        (report.skipped, N_("rows left out by the mapping: {n}")),
        (report.repeated, N_("rows repeated word for word: {n}")),
        (report.rejected, N_("rows rejected: {n}")),
    ):
        if number:
            out.line("  " + _(says).format(n=number))
    _tell_doubts(setting, report)
    if report.dry_run and not report.can_tell_known:
        out.line(_("This store cannot say what it holds already: known records are counted as added."))
    for file, why in report.unusable:
        out.line(f"{file}: {why}")
    if report.rejects_file:
        out.line(_("Rejected rows are in {file}").format(file=report.rejects_file))


def _tell_doubts(setting: Setting, report: Report) -> None:
    out = setting.out
    for (path, code), rows in sorted(report.reasons.items()):
        out.line("    " + f"{rows} × {path} {in_words(code)}".replace("  ", " "))
    shown: set[Example] = set()
    for (path, code), rows in sorted(report.doubts.items()):
        words = _(_DOUBTS[code]) if code in _DOUBTS else in_words(code)
        out.line("  " + f"{path}: {rows} {words}")
        for example in report.examples[path, code]:
            if example in shown:
                continue
            shown.add(example)
            taken = f" → {example.taken}" if example.taken else ""
            other = _(", not {other}").format(other=example.other) if example.other else ""
            says = _("{file}, row {row}: {text}").format(file=example.file, row=example.row, text=example.text)
            out.line("      " + says + taken + other)
    for code, number in sorted(report.notes.items()):
        out.line("  " + f"{number} {_note(code)}")


def _note(code: str) -> str:
    if code in _NOTES:
        return _(_NOTES[code])
    return _("mails are broken in part ({part}); read as far as it goes").format(part=code.removeprefix("broken_"))
