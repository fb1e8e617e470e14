"""What an agent has at hand on this machine: drafts, whom they opened last, where they were. A SQLite file, 0600.

Drafts are written on a thread of their own, so that neither a stalled terminal nor a busy loop keeps them from the
disk. What is typed is in memory at once and on disk within `REST` seconds; `flush` waits for that.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

RECENT = 30
REST = 0.15
"""Seconds between two writes, so that fast typing costs a few syncs a second and not one a key."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS drafts (
    store TEXT NOT NULL, agent TEXT NOT NULL, customer TEXT NOT NULL, action TEXT NOT NULL, subject TEXT NOT NULL,
    answers TEXT NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (store, agent, customer, action, subject)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS recent (
    store TEXT NOT NULL, agent TEXT NOT NULL, customer TEXT NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (store, agent, customer)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS places (
    store TEXT NOT NULL, agent TEXT NOT NULL, process INTEGER NOT NULL, customer TEXT NOT NULL, action TEXT NOT NULL,
    subject TEXT NOT NULL,
    PRIMARY KEY (store, agent, process)) STRICT, WITHOUT ROWID;
"""

_Row = tuple[str | int, ...]
_Job = tuple[str, _Row]


@dataclass(frozen=True, slots=True)
class Draft:
    """Answers of a form that was not saved: for which customer, which action, about which record."""

    customer_key: str
    action: str
    subject: str
    answers: Mapping[str, str]
    at: datetime

    @property
    def name(self) -> tuple[str, str, str]:
        """What makes a draft the same draft."""
        return self.customer_key, self.action, self.subject


@dataclass(frozen=True, slots=True)
class Spot:
    """Where an agent was: the open customer and, if one was open, the form."""

    customer_key: str
    action: str = ""
    subject: str = ""


def _micros(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


class LocalStore:
    """Drafts, recent customers and the last spot of one agent on one store (the backend's URL)."""

    def __init__(self, path: Path, *, store: str, agent: str) -> None:
        self._path = path
        self._who = (store, agent)
        self._state = threading.Condition()
        self._drafts: dict[tuple[str, str, str], Draft] = {}
        self._jobs: dict[tuple[str, ...], _Job] = {}
        self._asked = 0
        self._done = 0
        self._hurry = False
        self._ending = False
        self._thread: threading.Thread | None = None
        self.failure: Exception | None = None
        """The last error of the writing thread; the console tells the agent that drafts are not kept."""

    def open(self) -> None:
        """Read what is there and start the writing thread; raises OSError or sqlite3.Error."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
        connection = self._connect()
        try:
            connection.executescript(_SCHEMA)
            rows = connection.execute(
                "SELECT customer, action, subject, answers, at FROM drafts WHERE store = ? AND agent = ?", self._who
            ).fetchall()
        finally:
            connection.close()
        for customer, action, subject, answers, at in rows:
            draft = Draft(customer, action, subject, json.loads(answers), datetime.fromtimestamp(at / 1e6, UTC))
            self._drafts[draft.name] = draft
        self._thread = threading.Thread(target=self._write_all, name="drafts", daemon=True)
        self._thread.start()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=5, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA secure_delete=ON")
        return connection

    # the writing thread ---------------------------------------------------------------------------------------------

    def _later(self, name: tuple[str, ...], sql: str, row: _Row) -> None:
        """Ask for a write; a newer one of the same name takes its place."""
        with self._state:
            self._jobs.pop(name, None)
            self._jobs[name] = (sql, row)
            self._asked += 1
            self._state.notify_all()

    def _write_all(self) -> None:
        connection: sqlite3.Connection | None = None
        while True:
            with self._state:
                self._state.wait_for(lambda: self._jobs or self._ending)
                if not self._hurry and not self._ending:
                    self._state.wait_for(lambda: self._hurry or self._ending, timeout=REST)
                jobs, self._jobs = list(self._jobs.values()), {}
                asked, ending = self._asked, self._ending
                self._hurry = False
            try:
                connection = connection or self._connect()
                self._write(connection, jobs)
                self.failure = None
            except (sqlite3.Error, OSError) as error:
                self.failure = error
            with self._state:
                self._done = asked
                self._state.notify_all()
                if ending and not self._jobs:
                    break
        if connection is not None:
            connection.close()

    @staticmethod
    def _write(connection: sqlite3.Connection, jobs: list[_Job]) -> None:
        connection.execute("BEGIN IMMEDIATE")
        try:
            for sql, row in jobs:
                connection.execute(sql, row)
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def flush(self, timeout: float = 1.0) -> bool:
        """Wait until everything asked so far is on disk; False when it is not in time or could not be written."""
        end = time.monotonic() + timeout
        with self._state:
            if self._thread is None:
                return True
            asked = self._asked
            self._hurry = self._done < asked
            self._state.notify_all()
            reached = self._state.wait_for(lambda: self._done >= asked, timeout=max(0.0, end - time.monotonic()))
        return reached and self.failure is None

    def close(self) -> None:
        """Write what is pending and end the thread; waits two seconds at most."""
        if self._thread is None:
            return
        with self._state:
            self._ending = True
            self._state.notify_all()
        self._thread.join(timeout=2)
        self._thread = None

    # drafts -----------------------------------------------------------------------------------------------------------

    def drafts(self) -> tuple[Draft, ...]:
        """Return all drafts, newest first."""
        return tuple(sorted(self._drafts.values(), key=lambda one: one.at, reverse=True))

    def draft(self, customer_key: str, action: str, subject: str = "") -> Draft | None:
        """Return one draft, None when there is none."""
        return self._drafts.get((customer_key, action, subject))

    def keep(self, draft: Draft) -> None:
        """Keep a draft in place of the former one; in memory at once, on disk a moment later."""
        self._drafts[draft.name] = draft
        row = (*self._who, *draft.name, json.dumps(dict(draft.answers)), _micros(draft.at))
        self._later(("draft", *draft.name), "REPLACE INTO drafts VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def drop(self, customer_key: str, action: str, subject: str = "") -> None:
        """Forget a draft that was saved or thrown away."""
        name = (customer_key, action, subject)
        if self._drafts.pop(name, None) is None:
            return
        sql = "DELETE FROM drafts WHERE store = ? AND agent = ? AND customer = ? AND action = ? AND subject = ?"
        self._later(("draft", *name), sql, (*self._who, *name))

    # where the agent is -----------------------------------------------------------------------------------------------

    def at(self, spot: Spot | None) -> None:
        """Remember where the agent is now; None on an orderly end."""
        process = os.getpid()
        if spot is None:
            sql, row = "DELETE FROM places WHERE store = ? AND agent = ? AND process = ?", (*self._who, process)
            self._later(("spot",), sql, row)
            return
        there: _Row = (*self._who, process, spot.customer_key, spot.action, spot.subject)
        self._later(("spot",), "REPLACE INTO places VALUES (?, ?, ?, ?, ?, ?)", there)

    def left_behind(self) -> Spot | None:
        """Return where a console of this agent was when it ended without a word, and forget that."""
        sql = "SELECT process, customer, action, subject FROM places WHERE store = ? AND agent = ?"
        connection = self._connect()
        try:
            rows = connection.execute(sql, self._who).fetchall()
            dead = [row for row in rows if not _alive(row[0])]
            for row in dead:
                connection.execute(
                    "DELETE FROM places WHERE store = ? AND agent = ? AND process = ?", (*self._who, row[0])
                )
        finally:
            connection.close()
        return Spot(*dead[-1][1:]) if dead else None

    # recent customers -------------------------------------------------------------------------------------------------

    def opened(self, customer_key: str, at: datetime) -> None:
        """Remember that a customer was opened; only the key is kept."""
        row = (*self._who, customer_key, _micros(at))
        self._later(("recent", customer_key), "REPLACE INTO recent VALUES (?, ?, ?, ?)", row)
        trim = (
            "DELETE FROM recent WHERE store = ?1 AND agent = ?2 AND customer NOT IN "
            "(SELECT customer FROM recent WHERE store = ?1 AND agent = ?2 ORDER BY at DESC LIMIT ?3)"
        )
        self._later(("trim",), trim, (*self._who, RECENT))

    def recent(self) -> tuple[str, ...]:
        """Return the keys of the customers opened last, newest first."""
        self.flush()
        connection = self._connect()
        try:
            rows = connection.execute(
                "SELECT customer FROM recent WHERE store = ? AND agent = ? ORDER BY at DESC LIMIT ?",
                (*self._who, RECENT),
            ).fetchall()
        finally:
            connection.close()
        return tuple(row[0] for row in rows)
