"""Writes prepared rows in batches: each batch whole or not at all, a refused row alone, what is known left as it is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping as Table
from collections.abc import Sequence
from dataclasses import dataclass, replace

from backends.errors import Busy, Conflict, Invalid, NotFound, Refused
from backends.port import Backend, Batch, Origins, Put
from backends.records import Charge, Contact, Contract, Key, Line, Origin, Record, Ticket, TicketEvent, is_new
from console.desk.importing.rejects import Rejects
from console.desk.importing.report import Report

_TRIES = 8
_FIRST_PAUSE = 0.05  # seconds; doubles with each try, so that another writer gets some six seconds

_Numbered = tuple[Key, str, str]
"""A customer's key, the kind and number of a line or contract of theirs."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """One row or mail, ready to be stored. `text` is what the rejects would show of it."""

    file: str
    row: int
    text: str
    puts: tuple[Put, ...]


class Intake:
    """Stores what was prepared and counts it in the report."""

    def __init__(self, backend: Backend, report: Report, rejects: Rejects, *, actor: str, size: int) -> None:
        self.backend = backend
        self.report = report
        self.rejects = rejects
        self.size = size
        """Rows in a batch."""
        self._actor = actor
        self._waiting: list[Prepared] = []
        self._numbers: dict[_Numbered, Key] = {}
        self._real: dict[Key, Key] = {}
        """Real keys of the records of the last batch, whole or in pieces."""
        self._asked: set[Key] = set()
        """Customers whose lines and contracts were looked up."""
        report.can_tell_known = isinstance(backend, Origins)

    async def add(self, prepared: Prepared) -> None:
        """Take one more row; writes when a batch is full. Raises BackendError other than a refusal."""
        self._waiting.append(prepared)
        if len(self._waiting) >= self.size:
            await self.flush()

    async def flush(self) -> None:
        """Write what waits."""
        rows, self._waiting = self._waiting, []
        self._real.clear()
        if rows:
            await self._store(rows)

    def reject(self, file: str, row: int, path: str, reason: str, shown: str, text: str) -> None:
        """Note a row that cannot be stored."""
        self.report.reject(path, reason)
        self.report.rejects_file = str(self.rejects.path or "")
        self.rejects.add(file, row, path, reason, shown, text)

    async def stored(self, kind: type[Record], origins: Sequence[Origin]) -> Table[Origin, Key]:
        """Return the keys of records that earlier runs stored; nothing when the backend cannot tell."""
        if not origins or not isinstance(self.backend, Origins):
            return {}
        return await self.backend.stored(kind, origins)

    async def _store(self, rows: list[Prepared]) -> None:
        items, taking = await self._items(rows)
        if not items:
            return
        try:
            keys = await self._write(items)
        except Refused as error:
            if not isinstance(error, Invalid | Conflict | NotFound):
                raise
            if len(rows) == 1:
                row = rows[0]
                path = error.field if isinstance(error, Invalid) else ""
                code = "taken" if isinstance(error, Invalid) and error.code == "taken" else "refused"
                self.reject(row.file, row.row, path, code, error.detail, row.text)
                return
            middle = len(rows) // 2
            await self._store(rows[:middle])
            await self._store(rows[middle:])
        else:
            self._numbers.update({name: keys.get(key, key) for name, key in taking.items()})

    async def _items(self, rows: list[Prepared]) -> tuple[list[Put], dict[_Numbered, Key]]:
        """Return what these rows store, each record once, and the lines and contracts among it.

        What hangs on a stored ticket is left out; in place of a line or contract that the customer has already, the
        records name that one. Where the store cannot tell, events of tickets are left out rather than doubled.
        """
        known = await self._known(rows)
        items: dict[Key, Put] = {}
        taking: dict[_Numbered, Key] = {}
        instead: dict[Key, Key] = {}
        for row in rows:
            for put in row.puts:
                record = put.record
                if record.key in items or (isinstance(record, TicketEvent) and record.ticket_key in known):
                    continue
                if isinstance(record, TicketEvent) and not self.report.can_tell_known:
                    continue
                if isinstance(record, Line | Contract):
                    name = (record.customer_key, type(record).__name__, record.number)
                    there = taking.get(name) or await self._held(name, known)
                    if there:
                        instead[record.key] = there
                        continue
                    taking[name] = record.key
                items[record.key] = put
        answers = {put.record.answered_by for put in items.values() if isinstance(put.record, Contact)}
        for answer in filter(is_new, answers - items.keys()):
            # The answer is in the other half of a batch that was taken apart: stored just now, or not yet.
            instead[answer] = self._real.get(answer, "")
        return [replace(put, record=_naming(put.record, instead)) for put in items.values()], taking

    async def _known(self, rows: list[Prepared]) -> dict[Key, Key]:
        """Return the real keys of records that are stored already, by the key that this run gave them."""
        origins: dict[type[Record], dict[Origin, Key]] = {}
        for row in rows:
            for put in row.puts:
                origin: Origin | None = getattr(put.record, "origin", None)
                if origin is not None and is_new(put.record.key):
                    origins.setdefault(type(put.record), {})[origin] = put.record.key
        known: dict[Key, Key] = {}
        for kind, keys in origins.items():
            for origin, real in (await self.stored(kind, tuple(keys))).items():
                known[keys[origin]] = real
        return known

    async def _held(self, name: _Numbered, known: Table[Key, Key]) -> Key:
        """Return the key of the customer's line or contract of that number, empty when there is none yet."""
        customer = name[0]
        if customer not in self._asked:
            self._asked.add(customer)
            real = known.get(customer, "" if is_new(customer) else customer)
            if real:
                file = await self.backend.customer_file(real)
                self._numbers.update({(customer, "Line", line.number): line.key for line in file.lines})
                self._numbers.update({(customer, "Contract", each.number): each.key for each in file.contracts})
        return self._numbers.get(name, "")

    async def _write(self, items: list[Put]) -> Table[Key, Key]:
        """Store the items and return the real keys of the new ones; a trial run only counts."""
        if self.report.dry_run:
            await self._pretend(items)
            return {}
        batch = Batch(tuple(items), actor=self._actor, act="import", reason=self.report.source)
        pause = _FIRST_PAUSE
        for attempt in range(_TRIES):
            try:
                receipt = await self.backend.write(batch)
                break
            except Busy as error:
                if attempt == _TRIES - 1:
                    raise
                await asyncio.sleep(error.retry_after or pause)
                pause *= 2
        known = {position for position, _key in receipt.known}
        for position, item in enumerate(items):
            if is_new(item.record.key):
                self.report.count(item.record, known=position in known)
            else:
                self.report.answered += 1
        self._real.update(receipt.keys or {})
        return receipt.keys or {}

    async def _pretend(self, items: list[Put]) -> None:
        """Count what writing would have done."""
        known = await self._known([Prepared("", 0, "", tuple(items))])
        for item in items:
            if is_new(item.record.key):
                self.report.count(item.record, known=item.record.key in known)
            else:
                self.report.answered += 1


def _naming(record: Record, instead: Table[Key, Key]) -> Record:
    """Return `record` with other lines and contracts in place of those that were left out."""
    match record:
        case Contact() if record.answered_by in instead:
            return replace(record, answered_by=instead[record.answered_by])
        case Ticket() | Contact() if record.line_key in instead:
            return replace(record, line_key=instead[record.line_key])
        case Contract() if any(key in instead for key in record.line_keys):
            return replace(record, line_keys=tuple(instead.get(key, key) for key in record.line_keys))
        case Charge() if record.contract_key in instead:
            return replace(record, contract_key=instead[record.contract_key])
    return record
