"""Answers that a server may say have not changed (RFC 9110 §13), kept in a bounded memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from backends.rest.answers import Answer

MOST = 256
"""Answers that are remembered."""
BYTES = 16 * 1024 * 1024
"""Bytes of bodies that are remembered."""

Subject = tuple[int, str, str]
"""Whose answer to what: the signer's serial, the URL, the kind asked for."""


@dataclass(frozen=True, slots=True)
class Known:
    """A former answer and the headers that ask whether it still holds."""

    conditions: Mapping[str, str]
    answer: Answer = field(repr=False)


class Memory:
    """The answers used last, up to `MOST` and `BYTES`."""

    def __init__(self, most: int = MOST, limit: int = BYTES) -> None:
        self._held: OrderedDict[Subject, Known] = OrderedDict()
        self._most = most
        self._limit = limit
        self._size = 0

    def get(self, subject: Subject) -> Known | None:
        """Return what is known of `subject`."""
        known = self._held.get(subject)
        if known is not None:
            self._held.move_to_end(subject)
        return known

    def keep(self, subject: Subject, answer: Answer) -> None:
        """Remember a fresh answer, if its server named a validator and does not forbid it; forget the oldest."""
        self._drop(subject)
        conditions = _conditions(answer)
        size = len(answer.content)
        if not conditions or answer.status != 200 or size > self._limit:
            return
        self._held[subject] = Known(conditions, answer)
        self._size += size
        while self._size > self._limit or len(self._held) > self._most:
            self._drop(next(iter(self._held)))

    def _drop(self, subject: Subject) -> None:
        known = self._held.pop(subject, None)
        if known is not None:
            self._size -= len(known.answer.content)

    def clear(self) -> None:
        """Forget everything."""
        self._held.clear()
        self._size = 0


def _conditions(answer: Answer) -> dict[str, str]:
    if "no-store" in answer.headers.get("cache-control", "").lower():
        return {}
    conditions = {}
    if tag := answer.headers.get("etag", ""):
        conditions["If-None-Match"] = tag
    elif moment := answer.headers.get("last-modified", ""):
        conditions["If-Modified-Since"] = moment
    return conditions
