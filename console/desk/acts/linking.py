"""Saying who is who across sources: the same person, or not the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from backends.port import Batch, Put
from backends.records import Link, LinkKind, Origin, new_key


def say_who(
    left: Origin,
    right: Origin,
    kind: LinkKind,
    evidence: Sequence[str],
    *,
    actor: str,
    now: datetime,
    known: Sequence[Link] = (),
) -> Batch:
    """Return the batch that says what two ends are to each other, in place of what was said of them before.

    `known` are the links of these ends. What speaks for it is kept with it, so that a colleague can judge it anew.
    """
    before = next((one for one in known if {one.left, one.right} == {left, right}), None)
    key = before.key if before is not None else new_key()
    link = Link(key, kind, left, right, tuple(evidence), actor, now, before.version if before is not None else 0)
    return Batch((Put(link, seen=before.version if before is not None else None),), actor=actor, act="link")
