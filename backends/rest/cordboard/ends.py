"""Ends of links on both sides of the line: a store has one name where it is served and may have another here."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from backends.port import Batch, Receipt
from backends.records import Link, Origin


def end_called(end: Origin, before: str, after: str) -> Origin:
    """Return an end whose source is called `before` with the name `after`; any other one as it is."""
    return replace(end, source=after) if end.source == before else end


def ends_called(ends: Collection[Origin], before: str, after: str) -> tuple[Origin, ...]:
    """Return ends with the store's other name."""
    return tuple(end_called(end, before, after) for end in ends)


def called(record: Any, before: str, after: str) -> Any:
    """Return a link with the store's other name at its ends; any other record as it is."""
    if not isinstance(record, Link):
        return record
    return replace(record, left=end_called(record.left, before, after), right=end_called(record.right, before, after))


def batch_called(batch: Batch, before: str, after: str) -> Batch:
    """Return a batch with the store's other name in its links."""
    if before == after or not any(isinstance(item.record, Link) for item in batch.items):
        return batch
    return replace(batch, items=tuple(replace(item, record=called(item.record, before, after)) for item in batch.items))


def receipt_called(receipt: Receipt, before: str, after: str) -> Receipt:
    """Return a receipt with the store's other name in its links."""
    if before == after:
        return receipt
    changes = tuple(
        replace(each, before=called(each.before, before, after), after=called(each.after, before, after))
        for each in receipt.changes
    )
    return replace(receipt, changes=changes)
