"""Opening the file: where it is, who may read it, what it is, and connections to it."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from urllib.parse import unquote, urlsplit

from backends.errors import Damaged, Unavailable, WrongVersion
from backends.sql.revisions import APPLICATION_ID, HEAD, KNOWN

MAPPED = 256 * 1024 * 1024
"""Bytes of the file that are read through the page cache of the system instead of one of our own."""
READ_PATIENCE = 2.0
"""Seconds that a read waits for a store that is being repaired or closed by another process."""


def path_of(url: str) -> Path:
    """Return the file that `sqlite:///folder/file.db` names, always absolute; `~` is the home folder.

    Raises Unavailable for a URL without a file, with a host or with a query: nothing in it is ignored in silence.
    """
    parts = urlsplit(url)
    if parts.netloc or parts.query or parts.fragment or not parts.path.strip("/"):
        raise Unavailable("a file is named like sqlite:///folder/file.db")
    path = unquote(parts.path)
    if parts.path.startswith("/"):
        path = "/" + path.lstrip("/")
    if path.startswith("/~/"):
        path = path[1:]
    return Path(os.path.abspath(os.path.expanduser(path)))


def prepare(file: Path) -> None:
    """Make sure that `file` exists, private to its owner; -wal and -shm take their permissions from it."""
    missing = []
    folder = file.parent
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)
    try:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return
    os.fchmod(descriptor, 0o600)
    os.close(descriptor)


def connect(file: Path, *, patience: float = READ_PATIENCE) -> sqlite3.Connection:
    """Return a connection in autocommit; its statements name their transactions themselves."""
    uri = f"{file.as_uri()}?mode=rw"
    connection = sqlite3.connect(
        uri, uri=True, timeout=patience, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA mmap_size = {MAPPED}")
        connection.execute("PRAGMA cache_size = -256")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA trusted_schema = OFF")
    except BaseException:
        connection.close()
        raise
    return connection


def revision(connection: sqlite3.Connection) -> str | None:
    """Return the revision of the store, None for an empty file; raises Damaged when it is no store of ours."""
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if not tables:
        return None
    (mark,) = connection.execute("PRAGMA application_id").fetchone()
    found = None
    if mark == APPLICATION_ID:
        found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    if found is None:
        raise Damaged("a database of another program")
    return str(found[0])


def check_revision(found: str) -> None:
    """Raise WrongVersion unless the store is at the revision that this program speaks."""
    if found != HEAD:
        raise WrongVersion(found, HEAD, newer=found not in KNOWN)


def check_older(found: str) -> None:
    """Raise WrongVersion when a newer program made the store."""
    if found not in KNOWN:
        raise WrongVersion(found, HEAD, newer=True)
