"""What a server must remember over a restart: tokens, requests made once, callbacks. One small file of its own.

The file is private to its owner. It holds no customer data: a token only as its digest, a request only as the digest
of its body, a callback as its address.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from backends.errors import Invalid, NotFound, Unavailable

KEPT_FOR = timedelta(hours=24)
"""How long a request's idempotency key is held against its body."""
_PREFIX = "cbd_"
_PATIENCE = 5.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS token (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, agent TEXT NOT NULL, roles TEXT NOT NULL,
    digest BLOB NOT NULL UNIQUE, made_at TEXT NOT NULL, ends_at TEXT, used_on TEXT
);
CREATE TABLE IF NOT EXISTS request (
    owner TEXT NOT NULL, key TEXT NOT NULL, digest BLOB NOT NULL, at REAL NOT NULL, PRIMARY KEY (owner, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS request_at ON request (at);
CREATE TABLE IF NOT EXISTS hook (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, form TEXT NOT NULL, callback TEXT NOT NULL, query TEXT NOT NULL,
    made_at TEXT NOT NULL
);
"""


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token as it is listed: never the token itself."""

    name: str
    agent: str
    roles: frozenset[str]
    made_at: datetime
    ends_at: datetime | None = None
    used_on: str = ""
    """The day on which it was last used, in UTC."""


@dataclass(frozen=True, slots=True)
class Hook:
    """A callback that was asked for: `form` says which route's events it wants, `query` which of them."""

    id: str
    owner: str
    form: str
    callback: str
    query: str = ""


def _digest(token: str) -> bytes:
    """Return what is kept of a token; it has 256 random bits, so that one round of SHA-256 cannot be turned back."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


class Ledger:
    """The file, opened; used from one thread. Raises Unavailable when it cannot be read or written."""

    def __init__(self, file: Path) -> None:
        self.file = file
        with _told():
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
            file.chmod(0o600)
            self._connection = sqlite3.connect(file, timeout=_PATIENCE, isolation_level=None)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        """Let go of the file; may be called twice."""
        self._connection.close()

    # tokens -------------------------------------------------------------------------------------------------------

    def add_token(self, name: str, agent: str, roles: Collection[str], ends_at: datetime | None = None) -> str:
        """Make a token and return it; nothing but its digest is kept. Raises Invalid when the name is taken."""
        token = _PREFIX + secrets.token_urlsafe(32)
        row = (name, agent, json.dumps(sorted(roles)), _digest(token), _now().isoformat(), _iso(ends_at))
        try:
            with _told():
                self._connection.execute(
                    "INSERT INTO token (name, agent, roles, digest, made_at, ends_at) VALUES (?, ?, ?, ?, ?, ?)", row
                )
        except sqlite3.IntegrityError:
            raise Invalid("name", "taken", f"there is a token {name}") from None
        return token

    def remove_token(self, name: str) -> None:
        """Make a token worthless from now on; raises NotFound."""
        with _told():
            gone = self._connection.execute("DELETE FROM token WHERE name = ?", (name,)).rowcount
        if not gone:
            raise NotFound(f"there is no token {name}")

    def tokens(self) -> tuple[TokenRow, ...]:
        """Return all tokens, by name."""
        query = "SELECT name, agent, roles, made_at, ends_at, used_on FROM token ORDER BY name"
        with _told():
            return tuple(_token_row(row) for row in self._connection.execute(query))

    def token(self, given: str) -> TokenRow | None:
        """Return whose token this is, None for one that is unknown, removed or has ended."""
        query = "SELECT name, agent, roles, made_at, ends_at, used_on FROM token WHERE digest = ?"
        with _told():
            row = self._connection.execute(query, (_digest(given),)).fetchone()
            if row is None:
                return None
            found = _token_row(row)
            now = _now()
            if found.ends_at is not None and found.ends_at <= now:
                return None
            today = now.date().isoformat()
            if found.used_on != today:
                self._connection.execute("UPDATE token SET used_on = ? WHERE name = ?", (today, found.name))
        return found

    def roles_of(self, name: str) -> frozenset[str]:
        """Return the roles of the token of this name, none when it was removed or has ended."""
        with _told():
            row = self._connection.execute("SELECT roles, ends_at FROM token WHERE name = ?", (name,)).fetchone()
        if row is None or (row[1] is not None and datetime.fromisoformat(row[1]) <= _now()):
            return frozenset()
        return frozenset(json.loads(row[0]))

    # requests -----------------------------------------------------------------------------------------------------

    def remembered(self, owner: str, key: str) -> bytes | None:
        """Return the digest of the body that `owner` sent under `key` within the last 24 hours."""
        query = "SELECT digest FROM request WHERE owner = ? AND key = ? AND at > ?"
        oldest = (_now() - KEPT_FOR).timestamp()
        with _told():
            row = self._connection.execute(query, (owner, key, oldest)).fetchone()
        return None if row is None else bytes(row[0])

    def remember(self, owner: str, key: str, digest: bytes) -> None:
        """Hold `key` against this body for 24 hours, and drop what is older."""
        now = _now()
        with _told():
            self._connection.execute("DELETE FROM request WHERE at <= ?", ((now - KEPT_FOR).timestamp(),))
            self._connection.execute(
                "INSERT OR REPLACE INTO request VALUES (?, ?, ?, ?)", (owner, key, digest, now.timestamp())
            )

    def unremember(self, owner: str, key: str) -> None:
        """Let `key` be used anew: nothing was stored under it."""
        with _told():
            self._connection.execute("DELETE FROM request WHERE owner = ? AND key = ?", (owner, key))

    # callbacks ----------------------------------------------------------------------------------------------------

    def add_hook(self, owner: str, form: str, callback: str, query: str = "") -> Hook:
        """Keep a callback and return it with its id."""
        hook = Hook(secrets.token_urlsafe(12), owner, form, callback, query)
        with _told():
            self._connection.execute(
                "INSERT INTO hook VALUES (?, ?, ?, ?, ?, ?)",
                (hook.id, owner, form, callback, query, _now().isoformat()),
            )
        return hook

    def remove_hook(self, owner: str, form: str, hook_id: str) -> None:
        """Drop a callback of `owner`; raises NotFound."""
        with _told():
            query = "DELETE FROM hook WHERE id = ? AND owner = ? AND form = ?"
            gone = self._connection.execute(query, (hook_id, owner, form)).rowcount
        if not gone:
            raise NotFound("there is no such callback")

    def hooks(self) -> tuple[Hook, ...]:
        """Return all callbacks, oldest first."""
        query = "SELECT id, owner, form, callback, query FROM hook ORDER BY made_at, id"
        with _told():
            return tuple(Hook(*row) for row in self._connection.execute(query))


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except sqlite3.IntegrityError:
        raise
    except (sqlite3.Error, OSError) as error:
        raise Unavailable(f"the server's own file: {error}") from error


def _now() -> datetime:
    return datetime.now(UTC)


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat()


def _token_row(row: tuple[str, str, str, str, str | None, str | None]) -> TokenRow:
    name, agent, roles, made_at, ends_at, used_on = row
    ends = None if ends_at is None else datetime.fromisoformat(ends_at)
    return TokenRow(name, agent, frozenset(json.loads(roles)), datetime.fromisoformat(made_at), ends, used_on or "")
