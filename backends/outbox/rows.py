"""A row of the journal and what it holds, and what can be read of a journal that is damaged."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from backends import wire
from backends.clean import BLOCK_LIMIT
from backends.errors import BackendError, Invalid
from backends.outbox.entries import Entry, Stand
from backends.port import Batch
from backends.records import Record

COLUMNS = "number, state, since, batch, digest, befores, tries, tried_at, next_at, maybe, error"
"""What `entry_of` reads."""
BEFORES: wire.Form[tuple[Record | None, ...]] = wire.Form(tuple[Record | None, ...])
_SALVAGED = 100_000  # numbers before the last one that a damaged journal is searched for


def micros(moment: datetime | None) -> int | None:
    """Return a moment in microseconds since 1970 in UTC."""
    return None if moment is None else round(moment.timestamp() * 1_000_000)


def moment(count: int | None) -> datetime | None:
    """Return the moment that `micros` gave the number of."""
    return None if count is None else datetime.fromtimestamp(0, UTC) + timedelta(microseconds=count)


def settled(batch: Batch) -> tuple[Batch, bytes]:
    """Return a batch as it is read back from the journal, and its JSON; raises Invalid for a text that would be cut.

    What is sent before and after a restart must be the same to the letter, for it carries the same idempotency key.
    """
    text = wire.BATCH.text(batch)
    if len(text) > BLOCK_LIMIT:
        _refuse_long(wire.loads(text))
    return wire.BATCH.read(text), text


def _refuse_long(value: object, name: str = "") -> None:
    if isinstance(value, str) and len(value) > BLOCK_LIMIT and name != "raw":
        raise Invalid(name, "too_long", f"{name}: more than {BLOCK_LIMIT} characters")
    if isinstance(value, dict):
        for key, part in value.items():
            _refuse_long(part, key)
    elif isinstance(value, list):
        for part in value:
            _refuse_long(part, name)


def digest(text: bytes) -> bytes:
    """Return what tells whether a batch is as it was written."""
    return hashlib.sha256(text).digest()


def entry_of(row: Sequence[object]) -> Entry | None:
    """Return what a row holds, None when it is not what was written."""
    number, state, since, text, seal, befores, tries, tried_at, next_at, maybe, error = row
    try:
        assert isinstance(text, bytes)
        if digest(text) != seal:
            return None
        return Entry(
            number, wire.BATCH.read(text), moment(since) or datetime.now(UTC), Stand(state),  # type: ignore[arg-type]
            BEFORES.read(befores), tries, moment(tried_at), moment(next_at), bool(maybe),  # type: ignore[arg-type]
            None if error is None else wire.built_error(wire.loads(error)),  # type: ignore[arg-type]
        )  # fmt: skip
    except (ValueError, AssertionError, BackendError):
        return None


def is_damage(error: sqlite3.DatabaseError) -> bool:
    """Return whether an error means that the file itself is at fault."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return (
        code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT)
        or "malformed" in str(error)
        or (code == sqlite3.SQLITE_ERROR and "no such" in str(error))
    )


def whole_rows(file: Path) -> tuple[list[tuple[object, ...]], int]:
    """Return the rows of a damaged journal that fit their digests, and how many were seen and do not."""
    found: list[tuple[object, ...]] = []
    unread = 0
    try:
        connection = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)
    except sqlite3.Error:
        return [], 1
    try:
        (last,) = connection.execute("SELECT max(number) FROM entries").fetchone()
        for number in range(max(1, (last or 0) - _SALVAGED), (last or 0) + 1):
            try:
                row = connection.execute(
                    f"SELECT {COLUMNS}, idempotency_key FROM entries WHERE number = ?",  # noqa: S608 (constants)
                    (number,),
                ).fetchone()
            except sqlite3.Error:
                unread += 1
                continue
            if row is not None and entry_of(row[:-1]) is not None:
                found.append(row)
            elif row is not None:
                unread += 1
    except sqlite3.Error:
        unread += 1
    finally:
        connection.close()
    return found, unread


def damaged_copies(journal: Path) -> list[Path]:
    """Return the files that damaged journals were moved to, oldest first."""
    found = journal.parent.glob(f"{journal.name}.damaged-*")
    return sorted(each for each in found if not each.name.endswith(("-wal", "-shm")))
