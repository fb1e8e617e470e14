"""What an import did, counted while it goes on, so that it can be told after an interruption as well."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from backends.records import Customer, Key, Origin, Record
from console.desk.importing.filling import Doubt

EXAMPLES = 5
"""Doubtful rows that are shown for each field and kind of doubt."""


def kind_of(record: Record) -> str:
    """Return the name of a record's kind: `ticket_event`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(record).__name__).lower()


@dataclass(frozen=True, slots=True)
class Example:
    """One doubtful row: where, what stood there, what was taken and what it could have been."""

    file: str
    row: int
    text: str
    taken: str
    other: str


@dataclass(slots=True)
class Report:
    """What an import did. `rows` are rows or mails read; a record is `known` when an earlier run stored it."""

    source: str = ""
    dry_run: bool = False
    can_tell_known: bool = True
    """False when the store cannot say what it holds, so that a trial run counts known records as added."""
    finished: bool = False
    rows: int = 0
    skipped: int = 0
    repeated: int = 0
    """Rows that say word for word what an earlier row of this run said."""
    rejected: int = 0
    added: Counter[str] = field(default_factory=Counter)
    known: Counter[str] = field(default_factory=Counter)
    answered: int = 0
    """Inbound contacts that one of our own mails turned out to answer."""
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(field, reason's code) → rejected rows."""
    doubts: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(field, code) → rows that were read in spite of a doubt, because the mapping says how."""
    examples: dict[tuple[str, str], list[Example]] = field(default_factory=lambda: defaultdict(list))
    notes: Counter[str] = field(default_factory=Counter)
    """Codes of what was noticed in mails."""
    unusable: list[tuple[str, str]] = field(default_factory=list)
    """(file, why in words) of whole files that could not be read."""
    rejects_file: str = ""
    _counted: set[tuple[str, Origin]] = field(default_factory=set)
    _matched: set[Key] = field(default_factory=set)

    @property
    def ambiguous(self) -> int:
        """How many rows held a date that can be read in two ways, taken or rejected."""
        rejected = sum(n for (_path, code), n in self.reasons.items() if code in ("ambiguous_date", "dates_disagree"))
        by_path: Counter[str] = Counter()
        for (path, code), n in self.doubts.items():
            by_path[path] = max(by_path[path], n if code.startswith(("settled", "kept", "taken")) else 0)
        return rejected + max(by_path.values(), default=0)

    def count(self, record: Record, *, known: bool) -> None:
        """Count a record that was stored, or found stored; one of many rows about the same thing counts once."""
        origin = getattr(record, "origin", None)
        kind = kind_of(record)
        if origin is not None:
            if (kind, origin) in self._counted:
                return
            self._counted.add((kind, origin))
        (self.known if known else self.added)[kind] += 1

    def count_customer(self, customer: Customer) -> None:
        """Count a customer who was found by what only they can have, unless this run made them."""
        made = customer.origin is not None and ("customer", customer.origin) in self._counted
        if not made and customer.key not in self._matched:
            self._matched.add(customer.key)
            self.known["customer"] += 1

    def reject(self, path: str, reason: str) -> None:
        """Count a rejected row."""
        self.rejected += 1
        self.reasons[path, reason] += 1

    def doubt(self, file: str, row: int, doubt: Doubt) -> None:
        """Count a doubtful value and keep the first few as examples."""
        self.doubts[doubt.path, doubt.code] += 1
        kept = self.examples[doubt.path, doubt.code]
        if len(kept) < EXAMPLES:
            kept.append(Example(file, row, doubt.text, doubt.taken, doubt.other))

    def plain(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return {
            "source": self.source,
            "dry_run": self.dry_run,
            "finished": self.finished,
            "can_tell_known": self.can_tell_known,
            "rows": self.rows,
            "skipped": self.skipped,
            "repeated": self.repeated,
            "rejected": self.rejected,
            "ambiguous": self.ambiguous,
            "added": dict(sorted(self.added.items())),
            "known": dict(sorted(self.known.items())),
            "answered": self.answered,
            "reasons": [{"field": path, "reason": code, "rows": n} for (path, code), n in sorted(self.reasons.items())],
            "doubts": [
                {
                    "field": path,
                    "doubt": code,
                    "rows": n,
                    "examples": [
                        {"file": e.file, "row": e.row, "text": e.text, "taken": e.taken, "other": e.other}
                        for e in self.examples[path, code]
                    ],
                }
                for (path, code), n in sorted(self.doubts.items())
            ],
            "notes": dict(sorted(self.notes.items())),
            "unusable": [{"file": file, "why": why} for file, why in self.unusable],
            "rejects_file": self.rejects_file,
        }
