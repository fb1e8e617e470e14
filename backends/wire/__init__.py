"""The port's language as JSON: records, batches, receipts, pages, files, events and errors, without loss.

    wire.BATCH.text(batch)        bytes, one line of JSON
    wire.BATCH.read(text)         the batch; Invalid names the field that is wrong
    wire.RECORD.plain(record)     JSON values, to be put into something larger; `built` is the way back
    wire.plain_error(error)       and `built_error`: the port's errors, with their fields

What a server and its clients send each other, and what an outbox writes into its journal, is this. `Form` makes
further forms of any type that is made of records, data classes, tuples, sets, mappings and plain values.
"""

from __future__ import annotations

from backends.events import Event
from backends.port import Batch, Change, CustomerFile, Page, Receipt
from backends.records import Entry, Record
from backends.wire.faults import ERRORS, built_error, plain_error
from backends.wire.forms import BY_NAME, TAG, Form, dumps, kind_name, loads

RECORD: Form[Record] = Form(Record)
"""Any record, tagged with its kind."""
BATCH: Form[Batch] = Form(Batch)
CHANGE: Form[Change] = Form(Change)
RECEIPT: Form[Receipt] = Form(Receipt)
CUSTOMER_FILE: Form[CustomerFile] = Form(CustomerFile)
TIMELINE: Form[Page[Entry]] = Form(Page[Entry])
EVENT: Form[Event] = Form(Event)

__all__ = [
    "BATCH", "BY_NAME", "CHANGE", "CUSTOMER_FILE", "ERRORS", "EVENT", "RECEIPT", "RECORD", "TAG", "TIMELINE", "Form",
    "built_error", "dumps", "kind_name", "loads", "plain_error",
]  # fmt: skip
