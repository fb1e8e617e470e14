"""Whole records of which only a part was shown, so that nothing hidden is lost when they are written again.

They never leave the veil but into the source they came from.
"""

from __future__ import annotations

from collections import OrderedDict

from backends.records import Contact, Key, Record

MOST = 500
"""Records that are remembered; what is older is read again when it is needed."""

_Name = tuple[type[Record], Key, int]


class Remembered:
    """Records by kind, key and version."""

    def __init__(self) -> None:
        self._records: OrderedDict[_Name, Record] = OrderedDict()

    def keep(self, record: Record) -> None:
        """Remember a record in this version; the beginning of a contact's body is not the whole."""
        if isinstance(record, Contact) and not record.whole:
            return
        name = (type(record), record.key, record.version)
        self._records.pop(name, None)
        self._records[name] = record
        if len(self._records) > MOST:
            self._records.popitem(last=False)

    def of(self, record: Record) -> Record | None:
        """Return the whole of a record in the very version that it has, None when it is not known."""
        return self._records.get((type(record), record.key, record.version))

    def forget(self) -> None:
        """Remember nothing any more."""
        self._records.clear()
