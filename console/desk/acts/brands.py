"""The last look at a batch before it is stored: nothing that is sent names an operator other than its own (R22)."""

from __future__ import annotations

from collections.abc import Mapping

from backends.port import Batch, Put
from backends.records import Channel, Contact, Direction, Key, Operator, is_new
from console.desk.acts.scene import Unfit
from console.i18n import _
from console.rules.other_brands import leaks

SPOKEN = frozenset({Channel.CALL, Channel.VISIT, Channel.NOTE})
"""On these nothing is sent: what stands there are an agent's own notes."""


def refuse_other_brands(batch: Batch, operators: Mapping[Key, Operator]) -> None:
    """Raise Unfit `other_brand` when a message of the batch holds something of another operator, naming both."""
    for item in batch.items:
        record = item.record
        if not (isinstance(item, Put) and isinstance(record, Contact) and is_new(record.key)):
            continue
        own = operators.get(record.operator_key)
        if own is None or record.direction is not Direction.OUTBOUND or record.channel in SPOKEN:
            continue
        for field, text in (("subject", record.subject), ("body", record.body)):
            for leak in leaks(text, own, operators.values()):
                says = _("“{text}” belongs to {other}, and this goes out in the name of {own}. Take it out.")
                advice = says.format(text=leak.text[:60], other=leak.operator.name, own=own.name)
                raise Unfit(field, "other_brand", advice)
