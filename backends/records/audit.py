"""The audit trail: who read which customer, who changed what; appended and chained, never changed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from backends.records.base import Key

FIRST_LINK = "0" * 64
"""What the first row of a chain is chained to."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One row of the trail."""

    sequence: int
    at: datetime
    actor: str
    act: str
    """`read`, `create`, `change`, `remove`, `undo`, `import`, `export`, `forget`, `reveal`, …"""
    subject: str
    """The kind of record: `customer`, `ticket`, `contact`, …"""
    subject_key: Key
    customer_key: Key
    detail: str
    """Names of changed fields, counts, reasons; never customer text."""
    previous: str
    digest: str


def chained(
    previous: str,
    sequence: int,
    at: datetime,
    actor: str,
    act: str,
    subject: str,
    subject_key: str,
    customer_key: str,
    detail: str,
) -> str:
    """Return the SHA-256 hex digest that chains a row to the one before it; `at` counts to the microsecond."""
    parts = [
        previous,
        sequence,
        round(at.timestamp() * 1_000_000),
        actor,
        act,
        subject,
        subject_key,
        customer_key,
        detail,
    ]
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class AuditVerdict:
    """What a check of the whole chain found."""

    rows: int
    broken_at: int | None = None
    """Sequence number of the first row that does not fit, None when all do."""
    reason: str = ""
    """A code: `changed`, `missing`, `reordered`, `truncated`; empty when all fit."""
