"""The journal without its source: what a command line does to what waits, while a console runs or none does."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from backends import wire
from backends.delivery import Delivery
from backends.errors import Busy, NotFound
from backends.outbox.entries import Entry, Stand, withdrawn
from backends.outbox.giving_up import again, without
from backends.outbox.journal import Journal
from backends.outbox.locks import Locks
from backends.outbox.marks import Became
from backends.outbox.rows import damaged_copies

_PATIENCE = 15.0


def _now() -> datetime:
    return datetime.now(UTC)


class Post:
    """What waits for `source` in the journal at `path`, as it is at each call; synchronous.

    A console that has the journal open hears of every change within moments and acts on it.
    """

    def __init__(self, path: Path, source: str, *, now: Callable[[], datetime] = _now) -> None:
        self.path = path
        self.source = source
        self._now = now
        self._journal = Journal(path, source)
        self._locks: Locks | None = None

    def __enter__(self) -> Post:
        """Open the journal; raises Unavailable, Damaged, WrongVersion."""
        self._locks = Locks(self.path)
        try:
            self._journal.open(alone=lambda: False)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the journal."""
        self._journal.close()
        if self._locks is not None:
            self._locks.close()
            self._locks = None

    @property
    def running(self) -> bool:
        """Whether a console has the journal open, and delivers what waits."""
        return self._locks is not None and not self._locks.alone()

    @property
    def damaged(self) -> tuple[Path, ...]:
        """The files that damaged journals were moved to, oldest first."""
        return tuple(damaged_copies(self.path))

    @property
    def unread(self) -> int:
        """How many batches of the journal cannot be read."""
        return self._journal.unread

    def _all(self) -> tuple[tuple[Entry, ...], Became]:
        contents = self._journal.contents()
        entries = tuple(entry for entry in contents.entries if entry.state is not Stand.WITHDRAWN)
        return entries, Became(contents.became)

    def deliveries(self) -> tuple[Delivery, ...]:
        """Return what is on its way, oldest first."""
        entries, became = self._all()
        return tuple(entry.delivery(self.source, became) for entry in entries)

    def export(self) -> list[dict[str, Any]]:
        """Return everything that waits as plain JSON values, nothing left out."""
        return [
            {
                "number": entry.number,
                "source": self.source,
                "state": entry.state.value,
                "since": entry.since.isoformat(),
                "tries": entry.tries,
                "error": None if entry.error is None else wire.plain_error(entry.error),
                "batch": wire.BATCH.plain(entry.batch),
            }
            for entry in self._all()[0]
        ]

    def send_again(self, number: int, *, over_theirs: bool = False) -> None:
        """Put a delivery back in line, due at once; raises NotFound."""
        self._journal.write_back(again(self._entry(number), over_theirs=over_theirs))

    def drop(self, number: int, actor: str, reason: str) -> None:
        """Give a delivery up for good, as `Outbox.drop` does; raises NotFound, and Busy while it is being sent."""
        assert self._locks is not None
        self._entry(number)
        end = time.monotonic() + _PATIENCE
        while not self._locks.take(number):
            if time.monotonic() > end:
                raise Busy("being sent", source=self.source)
            time.sleep(0.05)
        try:
            entry = self._entry(number)
            for later in self._all()[0]:
                if number in later.ground:
                    self._journal.write_back(without(later, entry))
            if entry.maybe and entry.tries:
                self._journal.write_back(withdrawn(entry))
            else:
                self._journal.remove(number, actor, reason, self._now())
        finally:
            self._locks.release(number)

    def _entry(self, number: int) -> Entry:
        for entry in self._all()[0]:
            if entry.number == number:
                return entry
        raise NotFound(f"no delivery {number}", source=self.source)

    def given_up(self) -> list[tuple[int, datetime, str, str]]:
        """Return what was given up of late: number, moment, who, and why."""
        return self._journal.given_up()

    def check(self) -> list[str]:
        """Return what is wrong with the journal; nothing when it is sound."""
        return self._journal.check()


def journals(state: Path, profile: str, others: Collection[str] = ()) -> dict[str, Path]:
    """Return the journals of a profile by the names of their sources, those that it has no longer included.

    `others` are the names of the other profiles: a journal of `desk-two` is not one of `desk`.
    """
    found: dict[str, Path] = {}
    begin = quoted(profile) + "-"
    longer = [name for name in (f"{quoted(other)}-" for other in others) if len(name) > len(begin)]
    for file in sorted((state / "outbox").glob("*.db")):
        if file.name.startswith(begin) and not any(file.name.startswith(name) for name in longer):
            found[unquote(file.name.removeprefix(begin).removesuffix(".db"))] = file
    return found


def journal_path(state: Path, profile: str, source: str) -> Path:
    """Return where the journal of a profile's source is, below the folder of this computer's state."""
    return state / "outbox" / f"{quoted(profile)}-{quoted(source)}.db"


def quoted(name: str) -> str:
    """Return a name as it stands in a file's name."""
    return quote(name, safe=" ")
