"""The file of rejected rows: what, where, why and the row itself, harmless to spreadsheets and terminals alike."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from types import TracebackType
from typing import TextIO

from backends import clean
from console.desk.importing.reasons import in_words

COLUMNS = ("file", "row", "field", "reason", "message", "text", "original")
ORIGINAL_LIMIT = 100_000
"""Characters of the original row that are repeated; the whole one stays where it came from."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")


def disarmed(text: str) -> str:
    """Return `text` so that no spreadsheet takes it for a formula: an apostrophe goes before what could begin one.

    Signs behind blanks or quotation marks count too, because some programs strip these first.
    """
    start = text.lstrip(" '\"\u00a0")
    return "'" + text if text.startswith(("\t", "\r", "\n")) or start.startswith(_FORMULA) else text


class RejectsError(Exception):
    """The rejected rows cannot be written; without them a row would be lost, so the import stops."""

    def __init__(self, file: str, why: str) -> None:
        super().__init__(f"{file}: {why}")
        self.file = file
        self.why = why


class Rejects:
    """Writes rejected rows as they come: JSON lines when the file is called so, else CSV; created 0600, never reused.

    The file is made at the first rejected row. `path` None writes nothing, as a trial run without a file does.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.rows = 0
        self._file: TextIO | None = None

    def __enter__(self) -> Rejects:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, file: str, row: int, path: str, reason: str, shown: str, original: str) -> None:
        """Write one rejected row; raises RejectsError, also when the file was there before."""
        self.rows += 1
        if self.path is None:
            return
        values = (file, row, path, reason, in_words(reason), shown, original[:ORIGINAL_LIMIT])
        try:
            self._write(self.path, values)
        except OSError as error:
            raise RejectsError(str(self.path), error.strerror or str(error)) from error

    def _write(self, path: Path, values: tuple[str | int, ...]) -> None:
        if self._file is None:
            self._file = self._made(path)
        if path.suffix.lower() in (".jsonl", ".json", ".ndjson"):
            self._file.write(json.dumps(dict(zip(COLUMNS, values, strict=True)), ensure_ascii=True) + "\n")
        else:
            self._row([disarmed(clean.block(str(value))) for value in values])
        self._file.flush()

    def _row(self, values: list[str]) -> None:
        assert self._file is not None
        csv.writer(self._file, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(values)

    def _made(self, path: Path) -> TextIO:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        self._file = os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8", newline="")
        if path.suffix.lower() not in (".jsonl", ".json", ".ndjson"):
            self._row(list(COLUMNS))
        return self._file
