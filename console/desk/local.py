"""What an agent has at hand on this machine: drafts, whom they opened last, where they were. A SQLite file, 0600.

Drafts are written on a thread of their own, so that neither a stalled terminal nor a busy loop keeps them from the
disk. What is typed is in memory at once and on disk within `REST` seconds; `flush` waits for that. A write that fails
is tried again until it succeeds; where the folder cannot be written at all, the console works without it and says so.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from console.desk.cards import masked_answers

RECENT = 30
OCCASION = "occasion"
"""Code under which a draft's answers name their form: storing the same form twice stores it once."""
CALL = "_call"
"""Code under which a draft's answers keep the call it was begun with (`console.calls.kept`)."""
REST = 0.15
"""Seconds between two writes, so that fast typing costs a few syncs a second and not one a key."""
KEEP_DAYS = 30
"""Days that a draft nobody came back to is kept."""
FIRST_RETRY = 0.5
LONGEST_RETRY = 15.0
"""Seconds until a write that failed is tried again: at first, and after many failures."""

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
CREATE TABLE IF NOT EXISTS facts (
    store TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (store, name)) STRICT, WITHOUT ROWID;
"""

_Row = tuple[str | int, ...]
_Job = tuple[str, _Row]
_PID_BITS = 22  # Linux gives out no larger process numbers


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


def _started(pid: int) -> int:
    """Return when a process started, in ticks since boot; 0 where the system does not tell."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
        return int(stat.rpartition(b")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return 0


def _mark(pid: int) -> int:
    """Return a number that names one process and no later one: numbers of processes are given out again."""
    return _started(pid) << _PID_BITS | pid


def _alive(mark: int) -> bool:
    pid, started = mark & ((1 << _PID_BITS) - 1), mark >> _PID_BITS
    if not pid:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not started or _started(pid) in (0, started)


class LocalStore:
    """Drafts, recent customers and the last spot of one agent on one store (the backend's URL).

    `rest` is the seconds between two writes, `keep_days` the days after which a draft is removed unasked.
    """

    def __init__(self, path: Path, *, store: str, agent: str, rest: float = REST, keep_days: int = KEEP_DAYS) -> None:
        self._path = path
        self._who = (store, agent)
        self._rest = rest
        self._keep = timedelta(days=keep_days)
        self._mark = _mark(os.getpid())
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
        """Remove what is too old, read what is there and start the writing thread.

        Nothing is raised: an agent must be able to work on a machine whose disk is full or read-only. What went wrong
        stands in `failure`, and the thread goes on trying.
        """
        try:
            self._read()
        except (OSError, sqlite3.Error) as error:
            self.failure = error
        self._thread = threading.Thread(target=self._write_all, name="drafts", daemon=True)
        self._thread.start()

    def _read(self) -> None:
        oldest = _micros(datetime.now(UTC) - self._keep)
        with closing(self._connect()) as connection:
            connection.execute("DELETE FROM drafts WHERE at < ?", (oldest,))
            rows = connection.execute(
                "SELECT customer, action, subject, answers, at FROM drafts WHERE store = ? AND agent = ?", self._who
            ).fetchall()
        for customer, action, subject, answers, at in rows:
            with suppress(ValueError, TypeError, OverflowError):  # a row that nobody can read must not keep others away
                draft = Draft(
                    customer, action, subject, dict(json.loads(answers)), datetime.fromtimestamp(at / 1e6, UTC)
                )
                self._drafts[draft.name] = draft

    def _connect(self) -> sqlite3.Connection:
        """Return a connection to the file, made if need be, its owner's alone; raises OSError, sqlite3.Error."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            with suppress(PermissionError):  # the mode of somebody else's file that we may write to is theirs
                os.fchmod(file, 0o600)
        finally:
            os.close(file)
        connection = sqlite3.connect(self._path, timeout=5, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA secure_delete=ON")
            connection.executescript(_SCHEMA)
        except BaseException:
            connection.close()
            raise
        return connection

    # the writing thread ---------------------------------------------------------------------------------------------

    def _later(self, name: tuple[str, ...], sql: str, row: _Row, *, at_once: bool = False) -> None:
        """Ask for a write; a newer one of the same name takes its place."""
        with self._state:
            self._hurry = self._hurry or at_once
            self._jobs.pop(name, None)
            self._jobs[name] = (sql, row)
            self._asked += 1
            self._state.notify_all()

    def _write_all(self) -> None:
        connection: sqlite3.Connection | None = None
        pause = self._rest
        ending = False
        while not ending:
            with self._state:
                self._state.wait_for(lambda: self._jobs or self._ending)
                if not self._hurry and not self._ending:
                    self._state.wait_for(lambda: self._hurry or self._ending, timeout=pause)
                jobs, self._jobs = self._jobs, {}
                asked, ending = self._asked, self._ending
                self._hurry = False
            failure: Exception | None = None
            try:
                if jobs:
                    connection = connection or self._connect()
                    self._write(connection, list(jobs.values()))
                pause = self._rest
            except (sqlite3.Error, OSError) as error:
                failure = error
                pause = min(max(FIRST_RETRY, pause * 2), LONGEST_RETRY)
                if connection is not None:
                    connection.close()
                    connection = None
            with self._state:
                if jobs:
                    self.failure = failure
                if failure is not None:
                    self._jobs = {**jobs, **self._jobs}
                self._done = asked
                self._state.notify_all()
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
        """Write what is pending and end the thread; waits two seconds at most. May be called twice."""
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
        """Keep a draft in place of the former one, card numbers masked; in memory at once, on disk a moment later."""
        draft = replace(draft, answers=masked_answers(draft.answers, OCCASION, CALL))
        self._drafts[draft.name] = draft
        row = (*self._who, *draft.name, json.dumps(dict(draft.answers)), _micros(draft.at))
        self._later(("draft", *draft.name), "REPLACE INTO drafts VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def drop(self, customer_key: str, action: str, subject: str = "") -> None:
        """Forget a draft that was saved or thrown away."""
        name = (customer_key, action, subject)
        if self._drafts.pop(name, None) is None:
            return
        sql = "DELETE FROM drafts WHERE store = ? AND agent = ? AND customer = ? AND action = ? AND subject = ?"
        # A console killed before this is on disk would offer what is stored already to be stored once more.
        self._later(("draft", *name), sql, (*self._who, *name), at_once=True)

    # where the agent is -----------------------------------------------------------------------------------------------

    def at(self, spot: Spot | None) -> None:
        """Remember where the agent is now; None on an orderly end."""
        if spot is None:
            sql, row = "DELETE FROM places WHERE store = ? AND agent = ? AND process = ?", (*self._who, self._mark)
            self._later(("spot",), sql, row)
            return
        there: _Row = (*self._who, self._mark, spot.customer_key, spot.action, spot.subject)
        self._later(("spot",), "REPLACE INTO places VALUES (?, ?, ?, ?, ?, ?)", there)

    def left_behind(self) -> Spot | None:
        """Return where a console of this agent was when it ended without a word, and forget that.

        Of several, the one with the newest draft.

        None as well when the file cannot be read; `failure` says why.
        """
        sql = "SELECT process, customer, action, subject FROM places WHERE store = ? AND agent = ?"
        try:
            with closing(self._connect()) as connection:
                rows = connection.execute(sql, self._who).fetchall()
                dead = [row for row in rows if not _alive(row[0])]
                for row in dead:
                    connection.execute(
                        "DELETE FROM places WHERE store = ? AND agent = ? AND process = ?", (*self._who, row[0])
                    )
        except (OSError, sqlite3.Error) as error:
            self.failure = error
            return None
        spots = [Spot(*row[1:]) for row in dead]
        return max(spots, key=self._written_at, default=None)

    def _written_at(self, spot: Spot) -> datetime:
        draft = self._drafts.get((spot.customer_key, spot.action, spot.subject))
        return draft.at if draft is not None else datetime.min.replace(tzinfo=UTC)

    # facts about the store ------------------------------------------------------------------------------------------

    def note(self, name: str, body: str) -> None:
        """Keep a fact about the store that is about no person, such as its operators; in place of the former one."""
        self._later(("fact", name), "REPLACE INTO facts VALUES (?, ?, ?)", (self._who[0], name, body))

    def noted(self, name: str) -> str:
        """Return a fact that was kept, empty when there is none or the file cannot be read."""
        try:
            with closing(self._connect()) as connection:
                row = connection.execute(
                    "SELECT body FROM facts WHERE store = ? AND name = ?", (self._who[0], name)
                ).fetchone()
        except (OSError, sqlite3.Error) as error:
            self.failure = error
            return ""
        return str(row[0]) if row is not None else ""

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
        """Return the keys of the customers opened last, newest first; none when the file cannot be read."""
        self.flush()
        try:
            with closing(self._connect()) as connection:
                rows = connection.execute(
                    "SELECT customer FROM recent WHERE store = ? AND agent = ? ORDER BY at DESC LIMIT ?",
                    (*self._who, RECENT),
                ).fetchall()
        except (OSError, sqlite3.Error) as error:
            self.failure = error
            return ()
        return tuple(row[0] for row in rows)
