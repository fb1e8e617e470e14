"""Everything the sources said of one person: a part from each, as it came, and the histories read so far."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from backends.areas import opened_now
from backends.errors import BackendError
from backends.port import CustomerFile, TimelineFilter
from backends.records import Area, Customer, Entry, Key, Origin
from console.desk.several.files import one_file
from console.desk.several.keys import HOME, parted
from console.desk.several.members import Member
from console.desk.several.pages import Stream
from console.rules.identity import Judgement

MOST_HISTORIES = 6


@dataclass(slots=True)
class Part:
    """What one source said of the person. `key` is theirs there, empty while it is not known."""

    member: Member
    key: Key = ""
    file: CustomerFile | None = None
    """With the desk's keys."""
    at: datetime | None = None
    """When it was last asked for."""
    told_at: datetime | None = None
    """When it last came."""
    error: BackendError | None = None
    linked: bool = False
    """Whether an agent's link, and no comparison, says who they are there."""
    absent: bool = False
    """Whether the source answered that it does not know them."""
    dirty: bool = True
    late: bool = False
    """Whether somebody already went on without it; its coming is news then."""
    task: asyncio.Task[None] | None = None

    @property
    def loading(self) -> bool:
        """Whether it is being asked."""
        return self.task is not None and not self.task.done()


@dataclass(slots=True)
class Circle:
    """One person, under the key by which they were opened."""

    key: Key
    asked: Part
    parts: dict[str, Part]
    stands_for: Mapping[Key, Key] = field(default_factory=dict)
    merged: CustomerFile | None = None
    histories: dict[TimelineFilter, dict[str, Stream[Entry]]] = field(default_factory=dict)
    maybe: dict[Key, tuple[Customer, Judgement]] = field(default_factory=dict)
    """Who might be the same person in another source, by the desk's key."""
    same_tickets: frozenset[tuple[Origin, Origin]] = frozenset()
    opened: frozenset[Area] = field(default_factory=opened_now)
    """What was open to whoever had it gathered: once that changes, nothing of it may be shown any more."""

    def part_of(self, source: str, key: Key) -> Part | None:
        """Return the part that is this customer of this source."""
        part = self.parts.get(source)
        return part if part is not None and part.key == key else None

    def known(self) -> list[Part]:
        """Return the parts that hold something, the one that was asked for first, then the home store's."""
        found = [part for part in self.parts.values() if part.file is not None and part is not self.asked]
        found.sort(key=lambda part: part.member.name != HOME)
        return [self.asked, *found] if self.asked.file is not None else found

    def end(self, key: Key) -> Origin:
        """Return the source of a key and the key there, as links name them."""
        source, rest = parted(key, self.parts)
        return Origin(self.parts[source].member.shown, rest)

    def one(self) -> CustomerFile | None:
        """Return all parts as one file, None while there is none."""
        files = [part.file for part in self.known() if part.file is not None]
        if not files:
            return None
        ends = {ticket.key: self.end(ticket.key) for file in files for ticket in file.tickets}
        self.merged, self.stands_for = one_file(self.key, files, ends, self.same_tickets)
        return self.merged

    def stands(self, key: Key) -> Key:
        """Return the key of what a record is shown as: its own, or that of the one it is the same as."""
        return self.stands_for.get(key, key)

    def histories_grew_old(self, source: str) -> None:
        """Note that a source's history has changed; what was read of it serves until it is read anew."""
        for streams in self.histories.values():
            if source in streams:
                streams[source].old = True

    def history(self, only: TimelineFilter) -> dict[str, Stream[Entry]]:
        """Return what was read of the history through a filter, by source."""
        found = self.histories.pop(only, {})
        while len(self.histories) >= MOST_HISTORIES:
            del self.histories[next(iter(self.histories))]
        self.histories[only] = found
        return found
