"""The one thread that writes: jobs in the order they came, each in a transaction of its own.

Other processes write to the same file. A job waits for them up to a deadline and is then given up as Busy; nobody
ever sees "database is locked".
"""

from __future__ import annotations

import asyncio
import os
import queue
import random
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TypeVar

from backends.errors import Unavailable
from backends.sql.connecting import connect
from backends.sql.faults import is_busy, translated

T = TypeVar("T")
Job = Callable[[sqlite3.Connection], T]

PATIENCE = 10.0
"""Seconds to wait for other writers."""


class Writer:
    """Runs jobs on its own connection and thread; `committed` is called on that thread after each."""

    def __init__(self, file: Path, source: str, committed: Callable[[], None], patience: float = PATIENCE) -> None:
        self._file = file
        self._source = source
        self._committed = committed
        self._patience = patience
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._connection: sqlite3.Connection | None = None
        self._closed = False

    async def run(self, job: Job[T]) -> T:
        """Return what `job` returns once its transaction is on the disk.

        Cancelling before the job's turn has come drops it; later it has no effect on what is stored.
        """
        return await asyncio.wrap_future(self.submit(job))

    def submit(self, job: Job[T]) -> Future[T]:
        """Queue `job` and return its future."""
        if self._closed:
            raise Unavailable("closed", source=self._source)
        future: Future[T] = Future()

        def work() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                with translated(self._source, self._file):
                    result = self._in_transaction(job)
            except BaseException as error:  # whatever it is, it belongs to who waits for it
                future.set_exception(error)
            else:
                future.set_result(result)

        self._jobs.put(work)
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name=f"{self._source}-writer", daemon=True)
            self._thread.start()
        return future

    async def close(self) -> None:
        """Finish what is queued and end the thread; may be called twice."""
        self._closed = True
        if self._thread is not None and self._thread.is_alive():
            self._jobs.put(None)
            await asyncio.to_thread(self._thread.join)

    def _serve(self) -> None:
        while (work := self._jobs.get()) is not None:
            work()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _in_transaction(self, job: Job[T]) -> T:
        if self._connection is None:
            self._connection = connect(self._file, patience=0.0)
        connection = self._connection
        deadline = time.monotonic() + self._patience
        self._begin(connection, deadline)
        try:
            result = job(connection)
            self._patiently(connection, "COMMIT", deadline)
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        os.utime(self._file)  # rings for those who watch the file: a commit itself touches only memory they share
        self._committed()
        return result

    def _begin(self, connection: sqlite3.Connection, deadline: float) -> None:
        self._patiently(connection, "BEGIN IMMEDIATE", deadline)

    @staticmethod
    def _patiently(connection: sqlite3.Connection, statement: str, deadline: float) -> None:
        """Execute `statement`, again and again while others write; short random pauses give each its turn."""
        while True:
            try:
                connection.execute(statement)
            except sqlite3.OperationalError as error:
                if not is_busy(error) or time.monotonic() > deadline:
                    raise
                time.sleep(random.uniform(0.0005, 0.008))  # noqa: S311 -- spreads writers, guards nothing
            else:
                return
