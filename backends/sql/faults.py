"""What SQLite and the file system say, in the words of `backends.errors`."""

from __future__ import annotations

import errno
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backends.errors import BackendError, Busy, Damaged, Full, Unavailable

_PRIMARY = 0xFF
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT, sqlite3.SQLITE_SCHEMA})
_WRITING = frozenset(
    {
        sqlite3.SQLITE_IOERR_WRITE,
        sqlite3.SQLITE_IOERR_FSYNC,
        sqlite3.SQLITE_IOERR_DIR_FSYNC,
        sqlite3.SQLITE_IOERR_TRUNCATE,
        sqlite3.SQLITE_IOERR_SHMSIZE,
        sqlite3.SQLITE_IOERR_SHMOPEN,
        sqlite3.SQLITE_IOERR_SHMMAP,
    }
)
_PROBE = 65_536
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def is_busy(error: sqlite3.Error) -> bool:
    """Return whether another connection holds what this one needs."""
    return getattr(error, "sqlite_errorcode", 0) & _PRIMARY in _BUSY


def fault(error: sqlite3.Error, *, source: str, file: Path) -> BackendError:
    """Return what to raise for an error of SQLite on `file`; the detail holds no values of the statement."""
    code = getattr(error, "sqlite_errorcode", 0)
    detail = f"{getattr(error, 'sqlite_errorname', type(error).__name__)}: {error}"
    primary = code & _PRIMARY
    if primary in _BUSY:
        return Busy(detail, source=source)
    if primary == sqlite3.SQLITE_FULL or (code in _WRITING and not _has_room(file)):
        return Full(detail, source=source)
    if primary in _DAMAGED or primary == sqlite3.SQLITE_IOERR:
        return Damaged(detail, source=source)
    if primary in (sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_MISMATCH):
        return Damaged(detail, source=source)
    return Unavailable(detail, source=source)


@contextmanager
def translated(source: str, file: Path) -> Iterator[None]:
    """Raise errors of SQLite and the file system inside as those of the port."""
    try:
        yield
    except sqlite3.Error as error:
        raise fault(error, source=source, file=file) from error
    except OSError as error:
        kind = Full if error.errno in _NO_ROOM else Unavailable
        raise kind(f"{type(error).__name__}: {error.strerror}", source=source) from error


def _has_room(file: Path) -> bool:
    """Return whether the store could grow: a failed write says only that it failed, not why."""
    try:
        size = max((part.stat().st_size for part in _parts(file) if part.exists()), default=0)
        descriptor, name = tempfile.mkstemp(prefix=".room-", dir=file.parent)
        try:
            os.unlink(name)
            # beyond the store's own size: a limit on files counts there, and cuts a write short before it refuses one
            if os.pwrite(descriptor, b"\0" * _PROBE, size) < _PROBE:
                return False
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        return error.errno not in _NO_ROOM
    return True


def _parts(file: Path) -> tuple[Path, ...]:
    return file, file.with_name(file.name + "-wal")
