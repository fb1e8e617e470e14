"""Who is sending which batch, among all consoles of this machine: byte locks on a file beside the journal.

The system lets go of them when their process ends, however it ends. They belong to a process, so those of one process
share a descriptor and keep the rest apart themselves.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import ClassVar

_RUNNING = 0
"""The byte that every console holds together with the others for as long as it has the journal open."""
_FIRST = 16


class _File:
    def __init__(self, path: Path) -> None:
        self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self.taken: set[int] = set()
        self.users = 0


class Locks:
    """The locks of one outbox on the journal `path`; raises OSError where the folder cannot be written."""

    _files: ClassVar[dict[str, _File]] = {}

    def __init__(self, journal: Path) -> None:
        self._path = os.path.realpath(journal.with_name(journal.name + ".lock"))
        file = self._files.get(self._path)
        if file is None:
            file = self._files[self._path] = _File(Path(self._path))
        self._file = file
        self._mine: set[int] = set()
        file.users += 1
        self._open = True

    def take(self, number: int) -> bool:
        """Claim a batch; False when somebody else is sending it."""
        if number in self._file.taken or not self._lock(_FIRST + number, fcntl.LOCK_EX):
            return False
        self._file.taken.add(number)
        self._mine.add(number)
        return True

    def release(self, number: int) -> None:
        """Let go of a batch."""
        if number in self._mine:
            self._mine.discard(number)
            self._file.taken.discard(number)
            fcntl.lockf(self._file.descriptor, fcntl.LOCK_UN, 1, _FIRST + number)

    def taken(self, number: int) -> bool:
        """Return whether somebody is sending a batch just now."""
        if number in self._file.taken:
            return True
        if not self._lock(_FIRST + number, fcntl.LOCK_EX):
            return True
        fcntl.lockf(self._file.descriptor, fcntl.LOCK_UN, 1, _FIRST + number)
        return False

    def alone(self) -> bool:
        """Return whether no other outbox has the journal open."""
        if self._file.users > 1 or not self._lock(_RUNNING, fcntl.LOCK_EX):
            return False
        fcntl.lockf(self._file.descriptor, fcntl.LOCK_UN, 1, _RUNNING)
        return True

    def stay(self) -> None:
        """Let others know that the journal is open, until `close`."""
        self._lock(_RUNNING, fcntl.LOCK_SH)

    def close(self) -> None:
        """Let go of everything; may be called twice."""
        if not self._open:
            return
        self._open = False
        for number in tuple(self._mine):
            self.release(number)
        self._file.users -= 1
        if not self._file.users:
            os.close(self._file.descriptor)
            self._files.pop(self._path, None)

    def _lock(self, byte: int, how: int) -> bool:
        try:
            fcntl.lockf(self._file.descriptor, how | fcntl.LOCK_NB, 1, byte)
        except (BlockingIOError, PermissionError):
            return False
        return True
