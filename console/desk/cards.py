"""No card number is stored whole: the last look at what an agent wrote, before it goes to its source (PCI DSS 3.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from backends.port import Batch, Put, Remove
from backends.records import Record, is_new
from console.rules.privacy import masked

_WRITTEN = frozenset({
    "subject", "body", "description", "next_step", "note", "deed", "reason", "answer", "text", "told_customer",
    "resolution", "outcome_reason", "waived_reason", "closed_reason", "declined_reason", "tone", "holder_reference",
})  # fmt: skip
"""Fields that people write."""


def without_cards(batch: Batch) -> Batch:
    """Return a batch whose new records hold card numbers masked; what was stored before stays as it is."""
    items = tuple(_item(one) for one in batch.items)
    return replace(batch, items=items, reason=masked(batch.reason)) if items != batch.items else batch


def _item(item: Put | Remove) -> Put | Remove:
    if isinstance(item, Remove) or not is_new(item.record.key):
        return item
    record = _record(item.record)
    return item if record is item.record else replace(item, record=record)


def _record(record: Record) -> Record:
    changes: dict[str, Any] = {}
    for one in fields(record):
        value = getattr(record, one.name)
        if one.name in _WRITTEN and isinstance(value, str) and (shown := masked(value)) != value:
            changes[one.name] = shown
        elif one.name == "details" and (answers := tuple((code, masked(answer)) for code, answer in value)) != value:
            changes[one.name] = answers
    return replace(record, **changes) if changes else record


def masked_answers(answers: Mapping[str, str], *but: str) -> dict[str, str]:
    """Return a form's answers with card numbers masked; those named in `but` were written by no one."""
    return {code: text if code in but else masked(text) for code, text in answers.items()}
