"""Imports tables: CSV and JSON lines through a mapping, row by row, in batches that are stored whole."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from backends.records import Customer
from console.desk.importing.filling import Filled, fill, is_skipped
from console.desk.importing.finding import Finder
from console.desk.importing.intake import Intake, Prepared
from console.desk.importing.making import Maker
from console.desk.importing.mapping import Format, Mapping
from console.desk.importing.reasons import BadValue
from console.desk.importing.rows import Row, SourceError, rows
from console.i18n import _

Told = Callable[[int], None]
"""Hears how many characters of all files were read."""


@dataclass
class TableImport:
    """One run over some files."""

    mapping: Mapping
    maker: Maker
    intake: Intake
    finder: Finder
    now: datetime
    told: Told = lambda _read: None
    _seen: dict[tuple[str, str], bytes] = field(default_factory=dict)
    """What each foreign id's row said, as a digest: a row that says something else must not hide behind its id."""
    _made: dict[tuple[str, str], Customer] = field(default_factory=dict)
    """New customers by the fields that match them, for the rows before they are stored and found."""

    async def run(self, paths: Sequence[Path], format_: Format) -> None:
        """Import all files; a file that cannot be used is reported and the next one taken. Raises BackendError."""
        before = 0
        for path in paths:
            try:
                before += await self._file(path, format_, before)
            except SourceError as error:
                self.intake.report.unusable.append((error.file, error.words))
            except OSError as error:
                why = _("cannot be read: {why}").format(why=error.strerror or error)
                self.intake.report.unusable.append((str(path), why))
            await self.intake.flush()

    async def _file(self, path: Path, format_: Format, before: int) -> int:
        end = 0
        for row in rows(path, self.mapping, format_):
            end = row.end
            self.intake.report.rows += 1
            await self._row(path.name, row)
            self.told(before + end)
        return end

    async def _row(self, file: str, row: Row) -> None:
        report = self.intake.report
        if row.fault:
            self.intake.reject(file, row.number, "", row.fault, "", row.text)
            return
        if is_skipped(row.cells, self.mapping.skips):
            report.skipped += 1
            return
        try:
            filled = fill(row.cells, self.mapping, now=self.now)
            if self._is_repeated(filled, row):
                report.repeated += 1
                return
            customer = await self._customer(filled, row)
            puts = self.maker.puts(filled, customer, row.raw)
        except BadValue as error:
            self.intake.reject(file, row.number, error.path, error.reason, error.shown, row.text)
            return
        for doubt in filled.doubts:
            report.doubt(file, row.number, doubt)
        await self.intake.add(Prepared(file, row.number, row.text, puts))

    def _is_repeated(self, filled: Filled, row: Row) -> bool:
        """Return whether an earlier row said the same; raises BadValue when one of its name said something else.

        Rows about a customer alone may share a name: the first one describes the customer.
        """
        parts = (filled.text("contact.id") or filled.text("ticket.id"), filled.text("charge.id"))
        if not any(parts):
            return False
        digest = hashlib.blake2b(row.raw, digest_size=12).digest()
        if parts not in self._seen:
            self._seen[parts] = digest
            return False
        if self._seen[parts] != digest:
            raise BadValue("repeated_id", " ".join(part for part in parts if part), "id")
        return True

    async def _customer(self, filled: Filled, row: Row) -> Customer:
        """Return whom the row is about: a customer we have, one whom an earlier row made, or a new one.

        The first of the mapping's `match` fields that finds somebody decides.
        """
        names = [
            (field_name, value)
            for field_name in self.mapping.match
            for value in filled.texts(f"customer.{field_name}") or (filled.text(f"customer.{field_name}"),)
            if value
        ]
        for field_name, value in names:
            if found := await self.finder.by(field_name, value):
                self.intake.report.count_customer(found)
                return found
        made = next((self._made[name] for name in names if name in self._made), None)
        if made is None:
            made = self.maker.customer(filled, row.raw)
        self._made.update(dict.fromkeys(names, made))
        return made
