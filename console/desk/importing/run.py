"""An import from beginning to end: which operator, which files, and everything in between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from backends.errors import Unsupported
from backends.port import Backend, Batch, Origins, Put
from backends.records import Operator, new_key
from console.desk.importing.finding import Finder
from console.desk.importing.intake import Intake
from console.desk.importing.making import Maker, RunKeys
from console.desk.importing.mapping import MAIL_FORMATS, Format, Mapping
from console.desk.importing.rejects import Rejects
from console.desk.importing.report import Report
from console.desk.importing.tables import TableImport

Told = Callable[[int, int], None]
"""Hears how much is done, of how much; bytes of tables, or mails."""


class UnknownOperator(Exception):
    """Nobody has this operator's code; `codes` are those that exist."""

    def __init__(self, code: str, codes: tuple[str, ...]) -> None:
        super().__init__(code)
        self.code = code
        self.codes = codes


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be imported, by whom, and when that is."""

    mapping: Mapping
    format: Format
    paths: tuple[Path, ...]
    actor: str
    now: datetime
    operator: str = ""
    """Code of the operator; empty leaves it to the mapping, or to the only operator there is."""
    dry_run: bool = False


async def run(order: Order, backend: Backend, report: Report, rejects: Rejects, told: Told) -> None:
    """Carry out `order`, counting in `report`; may be cancelled at any moment and repeated.

    Raises UnknownOperator, RejectsError, BackendError; Unsupported for mails, lines and contracts when the
    store cannot tell what it holds: threads would fall apart, and records without an origin of their own be doubled.
    """
    needs_origins = order.format in MAIL_FORMATS or order.mapping.makes("line") or order.mapping.makes("contract")
    if needs_origins and not isinstance(backend, Origins):
        raise Unsupported("origins", source=backend.name)
    report.source = order.mapping.source
    report.dry_run = order.dry_run
    operator = await _operator(order, backend, report)
    intake = Intake(backend, report, rejects, actor=order.actor, size=order.mapping.batch)
    finder = Finder(backend, operator)
    if order.format in MAIL_FORMATS:
        from console.desk.importing.mails import MailImport  # the mail parser is heavy, and tables do without

        await MailImport(order.mapping, operator, intake, finder, order.now, told).run(order.paths, order.format)
    else:
        total = _size(order.paths)
        maker = Maker(order.mapping, operator, RunKeys())
        table = TableImport(order.mapping, maker, intake, finder, order.now, lambda read: told(min(read, total), total))
        await table.run(order.paths, order.format)
    report.finished = True


def _size(paths: Sequence[Path]) -> int:
    return sum(path.stat().st_size for path in paths if path.is_file())


async def _operator(order: Order, backend: Backend, report: Report) -> Operator:
    """Return the operator to import for; one that the mapping describes is made when it does not exist."""
    operators = await backend.operators()
    code = order.operator or order.mapping.operator
    if not code and len(operators) == 1:
        return operators[0]
    for operator in operators:
        if operator.code.casefold() == code.casefold():
            return operator
    new = order.mapping.new_operator
    if new is None or code != new.code:
        raise UnknownOperator(code, tuple(operator.code for operator in operators))
    new = replace(new, key=new_key())
    report.count(new, known=False)
    if order.dry_run:
        return new
    batch = Batch((Put(new),), actor=order.actor, act="import", reason=order.mapping.source)
    receipt = await backend.write(batch)
    made = receipt.changes[0].after
    assert isinstance(made, Operator)
    return made
