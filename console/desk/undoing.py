"""Taking a deed back: what was there before, also where the deed took a record away."""

from __future__ import annotations

from dataclasses import replace

from backends.port import Batch, Put, Receipt, undoing
from backends.records import new_key


def taking_back(receipt: Receipt, *, actor: str) -> Batch:
    """Return the batch that restores what was before a deed's receipt; storing it raises Conflict if anything moved.

    What the deed removed comes back with all it said, under a new key: a key is never given twice. The port's own
    `undoing` leaves removed records out, for there only an undo removes.
    """
    batch = undoing(receipt, actor=actor)
    removed = [one.before for one in receipt.changes if one.after is None and one.before is not None]
    back = (Put(replace(one, key=new_key(), version=0)) for one in removed)
    return replace(batch, items=(*batch.items, *back))
