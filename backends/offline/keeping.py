"""The file of what was read: one row an answer, its owner's alone, erased after some days."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from backends.sql.connecting import prepare

MOST = 2_000
"""Answers that are kept; of more, the oldest are erased."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    name TEXT PRIMARY KEY, customer TEXT NOT NULL, at INTEGER NOT NULL, body BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS answers_at ON answers (at);
"""
_FIRST = datetime.fromtimestamp(0, UTC)


def erase(file: Path) -> None:
    """Remove the file of what was kept, and what stands beside it; nothing when there is none. Raises OSError."""
    for end in ("", "-wal", "-shm", "-journal"):
        with suppress(FileNotFoundError):
            os.unlink(f"{file}{end}")


class Store:
    """What was read, by the name of the question. A file that cannot be read is begun anew: it is only a copy.

    Synchronous; raises OSError and sqlite3.Error.
    """

    def __init__(self, file: Path, days: int, now: Callable[[], datetime]) -> None:
        self.file = file
        self._days = timedelta(days=days)
        self._now = now
        self._connection: sqlite3.Connection | None = None

    def open(self) -> None:
        """Make ready, and erase what is too old."""
        if self._connection is not None:
            return
        try:
            self._connection = self._connect()
        except sqlite3.DatabaseError:
            erase(self.file)
            self._connection = self._connect()
        self._trim()

    def _connect(self) -> sqlite3.Connection:
        prepare(self.file)
        os.chmod(self.file, 0o600)
        connection = sqlite3.connect(self.file, timeout=5, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA secure_delete = ON")
            connection.executescript(_SCHEMA)
            if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                raise sqlite3.DatabaseError("malformed")
        except BaseException:
            connection.close()
            raise
        return connection

    def _trim(self) -> None:
        assert self._connection is not None
        oldest = self._count(self._now() - self._days)
        self._connection.execute("DELETE FROM answers WHERE at < ?", (oldest,))
        self._connection.execute(
            "DELETE FROM answers WHERE name NOT IN (SELECT name FROM answers ORDER BY at DESC LIMIT ?)", (MOST,)
        )

    @staticmethod
    def _count(at: datetime) -> int:
        return (at - _FIRST) // timedelta(microseconds=1)

    def put(self, name: str, customer: str, body: bytes, at: datetime) -> None:
        """Keep an answer given `at`, in place of the former one to the same question."""
        if self._connection is not None:
            row = (name, customer, self._count(at), body)
            self._connection.execute("REPLACE INTO answers VALUES (?, ?, ?, ?)", row)

    def get(self, name: str) -> tuple[bytes, datetime] | None:
        """Return a kept answer and when it was given, None when there is none that is young enough."""
        found = self.all(name, exact=True)
        return found[0] if found else None

    def all(self, name: str, *, exact: bool = False) -> list[tuple[bytes, datetime]]:
        """Return the kept answers whose names begin so, newest first."""
        if self._connection is None:
            return []
        how = "name = ?" if exact else "substr(name, 1, length(?1)) = ?1"
        rows = self._connection.execute(
            f"SELECT body, at FROM answers WHERE {how} AND at >= ?2 ORDER BY at DESC",  # noqa: S608 (constants)
            (name, self._count(self._now() - self._days)),
        ).fetchall()
        return [(body, _FIRST + timedelta(microseconds=at)) for body, at in rows]

    def forget(self, customer: str) -> None:
        """Erase what was kept about a customer, and every answer that may name them."""
        if self._connection is not None:
            self._connection.execute("DELETE FROM answers WHERE customer = ?", (customer,))
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    def close(self) -> None:
        """Let go of the file; may be called twice."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                self._connection = connection
                self._trim()
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            self._connection = None
            connection.close()
