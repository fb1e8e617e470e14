"""The journal: one SQLite file of the agent's own that holds what is not delivered yet, and nothing else.

Synchronous, for one thread at a time; several processes may have it open. Every step is one transaction that is on the
disk when the call returns (WAL, synchronous=FULL). What is deleted is overwritten (secure_delete), and the log that
still held it is emptied as soon as nothing waits. Each batch carries a digest, so that a damaged journal gives back
what is whole in it.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from backends import wire
from backends.errors import BackendError, WrongVersion
from backends.outbox.entries import Entry, Stand
from backends.outbox.marks import Real
from backends.outbox.rows import (
    BEFORES,
    COLUMNS,
    damaged_copies,
    digest,
    entry_of,
    is_damage,
    micros,
    moment,
    settled,
    whole_rows,
)
from backends.port import Batch
from backends.records import Key, Record
from backends.sql.connecting import prepare
from backends.sql.faults import translated

VERSION = 1
KEPT_KEYS = timedelta(days=7)
"""How long it is remembered which real key a provisional one became, for drafts and screens that still name it."""
KEPT_DROPS = timedelta(days=90)
PATIENCE = 5.0
"""Seconds that one console waits for another that is writing."""
_SKIPPED = 1_000_000  # numbers left out after a damaged journal: none is ever given twice

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    number INTEGER PRIMARY KEY AUTOINCREMENT, idempotency_key TEXT NOT NULL UNIQUE, state TEXT NOT NULL,
    since INTEGER NOT NULL, batch BLOB NOT NULL, digest BLOB NOT NULL, befores BLOB NOT NULL, tries INTEGER NOT NULL,
    tried_at INTEGER, next_at INTEGER, maybe INTEGER NOT NULL, error BLOB) STRICT;
CREATE TABLE IF NOT EXISTS became (
    number INTEGER NOT NULL, position INTEGER NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL,
    at INTEGER NOT NULL, PRIMARY KEY (number, position)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS notes (
    number INTEGER PRIMARY KEY AUTOINCREMENT, customer TEXT NOT NULL, actor TEXT NOT NULL, detail TEXT NOT NULL,
    at INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS given_up (
    number INTEGER PRIMARY KEY, at INTEGER NOT NULL, actor TEXT NOT NULL, reason TEXT NOT NULL) STRICT;
"""


class Taken(Exception):
    """A batch with this idempotency key is in the journal."""


@dataclass(frozen=True, slots=True)
class Note:
    """A reading that the source's audit trail has not heard of yet."""

    number: int
    customer_key: Key
    actor: str
    detail: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything in the journal."""

    entries: tuple[Entry, ...]
    became: tuple[Real, ...]
    notes: tuple[Note, ...]


class Journal:
    """The file at `path`, not opened yet. `source` is named in errors."""

    def __init__(self, path: Path, source: str) -> None:
        self.path = path
        self.source = source
        self.moved: Path | None = None
        """Where a damaged journal was moved to."""
        self.unread = 0
        """How many batches of it could not be read; at least that many, and they are still in the moved file."""
        self._connection: sqlite3.Connection | None = None
        self._seen = -1

    # opening ----------------------------------------------------------------------------------------------------------

    def open(self, *, alone: Callable[[], bool] = lambda: True) -> None:
        """Make ready; a damaged file is moved aside if nobody else (`alone`) has it open.

        Raises Full, Unavailable, Damaged, and WrongVersion for a newer program's file.
        """
        if self._connection is not None:
            return
        with translated(self.source, self.path):
            prepare(self.path)
            os.chmod(self.path, 0o600)
            try:
                self._connection = self._connect()
            except sqlite3.DatabaseError as error:
                if not is_damage(error) or not alone():
                    raise
                self._move_aside()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA secure_delete = ON")
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version > VERSION:
                raise WrongVersion(str(version), str(VERSION), newer=True, source=self.source)
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if verdict != "ok":
                raise sqlite3.DatabaseError(f"malformed: {verdict}")
            if version < VERSION:
                connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {VERSION}; COMMIT")
            for table in ("entries", "became", "notes", "given_up"):
                connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone()  # noqa: S608 (constants)
        except BaseException:
            connection.close()
            raise
        return connection

    def _move_aside(self) -> None:
        """Keep the damaged file under another name, begin a new one, and take over what is whole in the old."""
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
        aside = self.path.with_name(f"{self.path.name}.damaged-{stamp}")
        copies = len(damaged_copies(self.path)) + 1
        for end in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                os.rename(f"{self.path}{end}", f"{aside}{end}")
        prepare(self.path)
        self._connection = connection = self._connect()
        self.moved = aside
        rows, self.unread = whole_rows(aside)
        with self._transaction():
            connection.execute("INSERT INTO sqlite_sequence VALUES ('entries', ?)", (copies * _SKIPPED,))
            marks = ", ".join("?" * 12)
            connection.executemany(
                f"INSERT OR IGNORE INTO entries ({COLUMNS}, idempotency_key) VALUES ({marks})",  # noqa: S608 (constants)
                rows,
            )

    def close(self) -> None:
        """Let go of the file; may be called twice."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    # steps ------------------------------------------------------------------------------------------------------------

    @contextmanager
    def _transaction(self, begin: str = "BEGIN IMMEDIATE") -> Iterator[sqlite3.Connection]:
        connection = self._connection
        assert connection is not None, "opened before"
        try:
            connection.execute(begin)
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    @contextmanager
    def step(self, begin: str = "BEGIN IMMEDIATE") -> Iterator[sqlite3.Connection]:
        """Yield the connection within one transaction; raises Full, Busy, Unavailable, Damaged."""
        with translated(self.source, self.path):
            if self._connection is None:
                raise sqlite3.OperationalError("the journal is not open")
            with self._transaction(begin) as connection:
                yield connection

    def changed_elsewhere(self) -> bool:
        """Return whether another process has written since this was asked last."""
        if self._connection is None:
            return False
        with translated(self.source, self.path):
            (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        seen, self._seen = self._seen, version
        return bool(seen != version)

    def contents(self) -> Contents:
        """Return everything, entries in order; a row that does not fit its digest is left out and counted."""
        with self.step("BEGIN") as connection:
            rows = connection.execute(f"SELECT {COLUMNS} FROM entries ORDER BY number").fetchall()  # noqa: S608
            became = connection.execute("SELECT number, position, kind, key, version FROM became").fetchall()
            notes = connection.execute("SELECT * FROM notes ORDER BY number").fetchall()
        entries = tuple(entry for row in rows if (entry := entry_of(row)) is not None)
        self.unread = max(self.unread, len(rows) - len(entries))
        return Contents(
            entries,
            tuple(Real(*row) for row in became),
            tuple(Note(row[0], row[1], row[2], row[3], moment(row[4]) or datetime.now(UTC)) for row in notes),
        )

    def take(self, batch: Batch, befores: Sequence[Record | None], since: datetime) -> Entry:
        """Put a batch at the end; raises Taken, Invalid, Full, Unavailable."""
        batch, text = settled(batch)
        row = (
            batch.idempotency_key,
            Stand.WAITING.value,
            micros(since),
            text,
            digest(text),
            BEFORES.text(tuple(befores)),
        )
        sql = (
            "INSERT INTO entries (idempotency_key, state, since, batch, digest, befores, tries, maybe)"
            " VALUES (?, ?, ?, ?, ?, ?, 0, 1)"
        )
        try:
            with self.step() as connection:
                number = connection.execute(sql, row).lastrowid
        except BackendError as error:
            if isinstance(error.__cause__, sqlite3.IntegrityError):
                raise Taken from error
            raise
        assert number is not None
        return Entry(number, batch, since, befores=tuple(befores))

    def write_back(self, entry: Entry) -> None:
        """Store an entry as it is now; one that is gone meanwhile stays gone."""
        text = wire.BATCH.text(entry.batch)
        error = None if entry.error is None else wire.dumps(wire.plain_error(entry.error))
        row = (
            entry.state.value, text, digest(text), BEFORES.text(entry.befores), entry.tries, micros(entry.tried_at),
            micros(entry.next_at), int(entry.maybe), error, entry.number,
        )  # fmt: skip
        with self.step() as connection:
            connection.execute(
                "UPDATE entries SET state = ?, batch = ?, digest = ?, befores = ?, tries = ?, tried_at = ?,"
                " next_at = ?, maybe = ?, error = ? WHERE number = ?",
                row,
            )

    def settle(self, number: int, rows: Iterable[Real], at: datetime) -> None:
        """Forget a batch that was delivered, and remember what became of its records."""
        values = [(row.number, row.position, row.kind, row.key, row.version, micros(at)) for row in rows]
        with self.step() as connection:
            connection.execute("DELETE FROM entries WHERE number = ?", (number,))
            connection.executemany("INSERT OR REPLACE INTO became VALUES (?, ?, ?, ?, ?, ?)", values)

    def remove(self, number: int, actor: str, reason: str, at: datetime) -> None:
        """Forget a batch that somebody gave up; who and why stays for a while, of its content nothing."""
        with self.step() as connection:
            connection.execute("DELETE FROM entries WHERE number = ?", (number,))
            connection.execute(
                "INSERT OR REPLACE INTO given_up VALUES (?, ?, ?, ?)", (number, micros(at), actor, reason)
            )

    def note(self, customer_key: Key, actor: str, detail: str, at: datetime) -> None:
        """Keep a reading for the source's audit trail."""
        with self.step() as connection:
            connection.execute(
                "INSERT INTO notes (customer, actor, detail, at) VALUES (?, ?, ?, ?)",
                (customer_key, actor, detail, micros(at)),
            )

    def noted(self, number: int) -> None:
        """Forget a reading that the source has heard of."""
        with self.step() as connection:
            connection.execute("DELETE FROM notes WHERE number = ?", (number,))

    def tidy(self, now: datetime, needed: Iterable[int]) -> bool:
        """Forget old keys that no batch (`needed` are numbers) builds on, and empty the log of what was deleted.

        Returns False while another console reads the log, which then still holds it.
        """
        held = [(number,) for number in needed]
        with self.step() as connection:
            connection.execute("CREATE TEMP TABLE IF NOT EXISTS held (number INTEGER PRIMARY KEY)")
            connection.execute("DELETE FROM temp.held")
            connection.executemany("INSERT OR IGNORE INTO temp.held VALUES (?)", held)
            connection.execute(
                "DELETE FROM became WHERE at < ? AND number NOT IN (SELECT number FROM temp.held)",
                (micros(now - KEPT_KEYS),),
            )
            connection.execute("DELETE FROM given_up WHERE at < ?", (micros(now - KEPT_DROPS),))
        with translated(self.source, self.path):
            assert self._connection is not None
            busy, _pages, _moved = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    def given_up(self) -> list[tuple[int, datetime, str, str]]:
        """Return who gave up what and why, of late: number, moment, actor, reason."""
        with self.step("BEGIN") as connection:
            rows = connection.execute("SELECT number, at, actor, reason FROM given_up ORDER BY at").fetchall()
        return [(number, moment(at) or datetime.now(UTC), actor, reason) for number, at, actor, reason in rows]

    def check(self) -> list[str]:
        """Return what is wrong with the file and its batches; nothing when all is sound."""
        with translated(self.source, self.path):
            assert self._connection is not None
            wrong = [row[0] for row in self._connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
        before, self.unread = self.unread, 0
        self.contents()
        wrong += [f"{self.unread} batches cannot be read"] if self.unread else []
        self.unread = before
        return wrong
