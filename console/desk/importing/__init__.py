"""Imports what other systems know: tables through a mapping file, and mailboxes. See docs/importing.md.

`read_mapping` reads a mapping, `run` carries an `Order` out and counts in a `Report`; rejected rows go to `Rejects`.
Everything can be interrupted at any moment and repeated: what is stored is left as it is.
"""

from __future__ import annotations

from console.desk.importing.mapping import MAIL_FORMATS, Fault, Format, Mapping, MappingError
from console.desk.importing.mapping_file import mapping_from, read_mapping
from console.desk.importing.rejects import Rejects, RejectsError
from console.desk.importing.report import Report
from console.desk.importing.run import Order, UnknownOperator, run

__all__ = [
    "MAIL_FORMATS",
    "Fault",
    "Format",
    "Mapping",
    "MappingError",
    "Order",
    "Rejects",
    "RejectsError",
    "Report",
    "UnknownOperator",
    "mapping_from",
    "read_mapping",
    "run",
]
