"""When a record was last changed: the standard's `lastUpdate`, which our records do not hold.

The audit trail knows it. Its newest rows are read when the first request asks, and then whatever was added since.
What is older than the rows that were read is said to be as old as the record itself says, and never newer than they
are, so that who asks for changes since a moment within them is told of all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime

from backends.port import Backend, Capability, Receipt
from backends.records import AuditEntry, Key, Record
from backends.wire.forms import kind_name

KEPT = 20_000
"""Changes that are remembered."""
_READ_AT_ONCE = 500
_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)
_NO_CHANGE = frozenset({"read", "export", "reveal"})

Subject = tuple[str, Key]
"""(kind, key)"""


class Moments:
    """The moments of the last changes."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._changed: dict[Subject, tuple[datetime, Key]] = {}
        self._sequence = 0
        self._known_since = datetime.now(UTC)
        self._read = False

    async def refresh(self) -> None:
        """Learn what was changed since the last time."""
        if Capability.AUDIT not in self._backend.capabilities:
            return
        fresh: list[AuditEntry] = []
        after: str | None = None
        while len(fresh) < KEPT:
            page = await self._backend.audit(after=after, limit=20 if self._read and after is None else _READ_AT_ONCE)
            new = [row for row in page.rows if row.sequence > self._sequence]
            fresh.extend(new)
            after = page.after
            if after is None or len(new) < len(page.rows):
                break
        if not self._read:
            self._known_since = _BEGIN if after is None else fresh[-1].at
            self._read = True
        for row in reversed(fresh):
            if row.sequence <= self._sequence:
                continue  # another request has learnt it meanwhile
            self._sequence = row.sequence
            if row.act not in _NO_CHANGE:
                self._note((row.subject, row.subject_key), row.at, row.customer_key)

    def stored(self, receipt: Receipt) -> None:
        """Remember what a batch of ours changed, for a backend without an audit trail."""
        for change in receipt.changes:
            if change.after is not None:
                subject = (kind_name(type(change.after)), change.after.key)
                if subject not in self._changed:
                    self._note(subject, receipt.at, getattr(change.after, "customer_key", ""))

    def _note(self, subject: Subject, at: datetime, customer_key: Key) -> None:
        self._changed.pop(subject, None)
        self._changed[subject] = (at, customer_key)
        if len(self._changed) > KEPT:
            oldest = next(iter(self._changed))
            self._known_since = max(self._known_since, self._changed.pop(oldest)[0])

    def of(self, record: Record) -> datetime:
        """Return when a record was last changed."""
        known = self._changed.get((kind_name(type(record)), record.key))
        if known is not None:
            return known[0]
        own = (getattr(record, spec.name) for spec in fields(record))
        said = [one for one in own if isinstance(one, datetime) and _BEGIN < one <= self._known_since]
        return max(said, default=_BEGIN)

    def reaches(self, since: datetime) -> bool:
        """Return whether everything that was changed since a moment is known here."""
        return Capability.AUDIT in self._backend.capabilities and since >= self._known_since

    def since(self, moment: datetime) -> Iterator[tuple[Subject, Key]]:
        """Yield what was changed at or after a moment, with the customer it is about; newest first."""
        for subject, (at, customer_key) in reversed(self._changed.items()):
            if at < moment:
                return
            yield subject, customer_key
