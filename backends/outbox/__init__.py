"""Nothing is lost on a bad line: every batch is journalled, shown as waiting, and delivered exactly once (R23).

    outbox = Outbox(remote, journal_path(state, profile, source), agent=login)

is a backend in the place of `remote` and `backends.delivery.Outgoing`. `Post` is the journal alone, for those who list,
repeat, drop or copy what waits without reaching any source.
"""

from __future__ import annotations

from backends.outbox.outbox import Outbox
from backends.outbox.post import Post, journal_path, journals

__all__ = ["Outbox", "Post", "journal_path", "journals"]
