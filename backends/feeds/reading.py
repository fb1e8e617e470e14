"""What one look at a feed gives, and the notes taken on the way."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from backends import clean
from backends.records import Key, Origin, Outage
from backends.understanding import Problem

MOST_PROBLEMS = 100
"""Problems that are kept with their detail; all are counted."""
TITLE_LIMIT = 200
BODY_LIMIT = 4_000
"""Characters of a text about an outage: more is an essay, not a banner."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The outages that a source tells of at one moment.

    What a former reading told and this one does not is over, except for the keys in `held`: the source has not said so
    yet. When not `complete`, that holds for all keys. A key in `withdrawn` was taken back by somebody, with the reason.
    """

    outages: tuple[Outage, ...] = ()
    entries: int = 0
    problems: tuple[Problem, ...] = ()
    problems_total: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    published_at: datetime | None = None
    held: frozenset[Key] = frozenset()
    withdrawn: Mapping[Key, str] = field(default_factory=dict)
    ends: Mapping[Key, datetime] = field(default_factory=dict)
    """When an outage counts as over if the source says nothing more about it."""
    told_at: Mapping[Key, datetime] = field(default_factory=dict)
    """When the source itself last heard of an outage, by its own clock."""
    complete: bool = True
    """False when a part of what the source lists could not be read now."""
    tells_history: bool = True
    """Whether the outages bring their own updates; else they are made from what changes between two readings."""


@dataclass
class Notes:
    """What could not be read and what was left out, gathered while a feed is read."""

    problems: list[Problem] = field(default_factory=list)
    total: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    _said: set[tuple[str, str]] = field(default_factory=set)

    def problem(self, code: str, where: str = "", detail: str = "") -> None:
        """Note something that could not be used; the texts are cleaned here."""
        self.total += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(code, clean.line(where, limit=120), clean.line(detail, limit=200)))

    def once(self, code: str, where: str, detail: str = "") -> None:
        """Note what would be the same for many entries, such as a name that nobody mapped, a single time."""
        if (code, where) not in self._said:
            self._said.add((code, where))
            self.problem(code, where, detail)

    def leave(self, code: str) -> None:
        """Count an entry that a rule leaves out."""
        self.left_out[code] += 1


def digest(parts: Iterable[str]) -> str:
    """Return 16 hexadecimal digits that stand for these texts in this order, the same in every process."""
    joined = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def reference_for(prefix: str, key_digest: str) -> str:
    """Return a reference for an outage that has none of its own, short enough to be read out."""
    return f"{prefix}-{key_digest[:6].upper()}"


def title_of(text: str) -> str:
    """Return `text` as an outage's title."""
    return clean.line(text, limit=TITLE_LIMIT)


def origin_of(source: str, name: str) -> Origin:
    """Return where an outage came from, by the name that the source has for it."""
    return Origin(source, clean.line(name, limit=TITLE_LIMIT))


def body_of(text: str) -> str:
    """Return `text` as a body of several lines."""
    return clean.block(text, limit=BODY_LIMIT).strip()
