"""The embedded store: one SQLite file, read directly and written by one thread.

SQLModel and Alembic make, upgrade and check its schema; opening a store that is up to date, reading and writing go
through the standard library alone, because a console that loads them starts three times as slowly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from backends.port import Capability
from backends.records import KINDS

if TYPE_CHECKING:
    from backends.sql.store import SqlBackend

__all__ = ["CAPABILITIES", "EXAMPLE", "STORES", "open_url"]

CAPABILITIES = frozenset(Capability)
STORES = KINDS
EXAMPLE = "sqlite:////srv/desk/cordboard.db"


def open_url(url: str, **settings: object) -> SqlBackend:
    """Return the backend for `sqlite:///folder/file.db`, not opened yet; raises Unavailable when no file is named.

    Settings: `name` (shown; the file's name otherwise), `now` (a clock that gives aware moments, for tests),
    `patience` (seconds to wait for other writers). Others are not for us and are left alone.
    """
    from backends.sql.store import SqlBackend

    return SqlBackend(url, **{key: settings[key] for key in ("name", "now", "patience") if key in settings})  # type: ignore[arg-type]
