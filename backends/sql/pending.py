"""What is to be done over all customers: five kinds of record, each read in order from an index of its own."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from backends.errors import Invalid
from backends.port import PENDING_ORDER, Page, Pending, PendingFilter, PendingKind
from backends.records import Customer
from backends.sql import leaving
from backends.sql.columns import micros, moment_of, row_of
from backends.sql.pages import Where
from backends.sql.shapes import BY_KIND, Shape

CUSTOMER = BY_KIND["customer"]
_MOST_VALUES = 500
"""Values of one statement; SQLite's own limit was 999 for long."""

_DUNNING = (
    "(SELECT dispute.*, (SELECT min(charge.dunning_on) FROM json_each(dispute.charge_ids) AS named"
    " CROSS JOIN charge ON charge.id = named.value WHERE charge.paid_on IS NULL) AS dunning_on"
    " FROM dispute INDEXED BY ix_dispute_pending WHERE dispute.state IN ('open', 'hold_asked')) AS dispute"
)
"""The few disputes that are pending, with the first dunning day of what is not paid."""


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the pending records of a kind are found, in the order of `due`."""

    kind: PendingKind
    rows: str
    due: str
    condition: str
    in_days: bool = False
    """Whether `due` is a day instead of a moment."""

    @property
    def shape(self) -> Shape:
        return BY_KIND[self.kind.value]

    @property
    def rank(self) -> int:
        return PENDING_ORDER[self.kind]


_SOURCES = (
    _Source(PendingKind.PROMISE, "promise INDEXED BY ix_promise_due", "promise.due_at", "promise.state = 'open'"),
    _Source(
        PendingKind.HANDOVER,
        "handover INDEXED BY ix_handover_due",
        "handover.due_at",
        "handover.accepted_at IS NULL AND handover.declined_at IS NULL",
    ),
    _Source(
        PendingKind.CONTRACT,
        "contract INDEXED BY ix_contract_ends",
        "contract.ends_on",
        "contract.ends_on IS NOT NULL AND contract.state = 'running'",
        in_days=True,
    ),
    _Source(PendingKind.DISPUTE, _DUNNING, "dispute.dunning_on", "1", in_days=True),
    _Source(
        PendingKind.TICKET,
        "ticket INDEXED BY ix_ticket_next_step",
        "ticket.next_step_at",
        "ticket.next_step_at IS NOT NULL AND ticket.state <> 'closed'",
    ),
)
_OF_OUTAGE = _Source(
    PendingKind.PROMISE, "promise INDEXED BY ix_promise_outage_id", "promise.due_at", "promise.state = 'open'"
)

_Place = tuple[int | None, int, int]
"""Where a row stands: its due time in microseconds (None last), the rank of its kind, its number."""
_Row = tuple[_Place, _Source]
_CURSOR = re.compile(r"(-?[0-9]{1,19}|none)\.([0-9])\.([0-9]{1,18})")


def pending(connection: sqlite3.Connection, only: PendingFilter, after: str | None, limit: int) -> Page[Pending]:
    """Return a page of what is to be done, by due time, kind and number; raises Invalid `after`."""
    place = None if after is None else _place_in(after)
    sources = tuple(_asked(only))
    found: list[_Row] = []
    if place is None or place[0] is not None:
        for source in sources:
            found += _dated(connection, source, only, place, limit + 1)
    found.sort(key=lambda row: row[0])
    if len(found) <= limit:
        loose: list[_Row] = []
        for source in sources:
            loose += _undated(connection, source, only, place, limit + 1 - len(found))
        found += sorted(loose, key=lambda row: row[0][1:])
    shown = found[:limit]
    more = len(found) > limit and shown
    return Page(tuple(_records(connection, shown)), _cursor(shown[-1][0]) if more else None)


def _asked(only: PendingFilter) -> Iterator[_Source]:
    if only.outage_key:
        if not only.kinds or PendingKind.PROMISE in only.kinds:
            yield _OF_OUTAGE
        return
    for source in _SOURCES:
        if (not only.kinds or source.kind in only.kinds) and leaving.present(source.kind.value) != "0":
            yield source


def _dated(
    connection: sqlite3.Connection, source: _Source, only: PendingFilter, place: _Place | None, limit: int
) -> list[_Row]:
    """Return rows of a kind that have a due time and stand after `place`."""
    where = _where(source, only)
    where.add(f"{source.due} IS NOT NULL")
    if only.until is not None:
        where.add(*_compared(source, "<", micros(only.until)))
    if place is not None and place[0] is not None:
        if source.rank == place[1]:
            where.add(f"({source.due}, {source.shape.kind}.id) > (?, ?)", _value(source, place[0]), place[2])
        else:
            where.add(*_compared(source, ">=" if source.rank > place[1] else ">", place[0]))
    return _read(connection, source, where, f"{source.due}, {source.shape.kind}.id", limit)


def _undated(
    connection: sqlite3.Connection, source: _Source, only: PendingFilter, place: _Place | None, limit: int
) -> list[_Row]:
    """Return rows of a kind that have no due time and stand after `place`."""
    where = _where(source, only)
    where.add(f"{source.due} IS NULL")
    if place is not None and place[0] is None:
        if source.rank < place[1]:
            return []
        if source.rank == place[1]:
            where.add(f"{source.shape.kind}.id > ?", place[2])
    return _read(connection, source, where, f"{source.shape.kind}.id", limit)


def _where(source: _Source, only: PendingFilter) -> Where:
    where = Where(source.condition, leaving.present(source.kind.value))
    if only.operator_keys:
        owner = "ticket" if source.kind is PendingKind.TICKET else "customer"
        where.among(f"{owner}.operator_id", [row_of("operator", key) for key in sorted(only.operator_keys)])
    if only.outage_key:
        where.add("promise.outage_id = ?", row_of("outage", only.outage_key))
    if source.kind is PendingKind.CONTRACT:
        if only.ends_from is not None:
            where.add("contract.ends_on >= ?", only.ends_from.isoformat())
        if only.ends_to is not None:
            where.add("contract.ends_on <= ?", only.ends_to.isoformat())
    return where


def _compared(source: _Source, how: str, at: int) -> tuple[str, Any]:
    """Return the condition that a due time lies before or after a moment, in the source's own unit.

    A day stands for its midnight: before 10:00 means up to this day, before midnight up to the day before.
    """
    if not source.in_days:
        return f"{source.due} {how} ?", at
    day = moment_of(at).date().isoformat()
    if micros(_midnight(day)) != at:
        how = {"<": "<=", ">=": ">", ">": ">"}[how]
    return f"{source.due} {how} ?", day


def _value(source: _Source, at: int) -> Any:
    return moment_of(at).date().isoformat() if source.in_days else at


def _midnight(day: str) -> datetime:
    return moment_of(0) + timedelta(days=date.fromisoformat(day).toordinal() - _FIRST_DAY)


def _read(connection: sqlite3.Connection, source: _Source, where: Where, order: str, limit: int) -> list[_Row]:
    """Return where rows of a kind stand; customers are joined only where they decide, for the index has the rest."""
    kind = source.shape.kind
    joined = f" CROSS JOIN customer ON customer.id = {kind}.customer_id" if "customer." in str(where) else ""
    found = connection.execute(
        f"SELECT {source.due}, {kind}.id FROM {source.rows}{joined} WHERE {where} ORDER BY {order} LIMIT ?",  # noqa: S608
        (*where.values, limit),
    )
    return [((_due(source, due), source.rank, row), source) for due, row in found]


def _records(connection: sqlite3.Connection, rows: Sequence[_Row]) -> list[Pending]:
    """Return what stands in these rows, in their order, each with its customer."""
    held: dict[tuple[int, int], tuple[Any, ...]] = {}
    for source in dict.fromkeys(source for _place, source in rows):
        numbers = [place[2] for place, other in rows if other is source]
        kind = source.shape.kind
        for at in range(0, len(numbers), _MOST_VALUES):
            some = numbers[at : at + _MOST_VALUES]
            found = connection.execute(
                f"SELECT {leaving.selected(source.shape)}, {CUSTOMER.selected} FROM {kind}"  # noqa: S608
                f" CROSS JOIN customer ON customer.id = {kind}.customer_id"
                f" WHERE {kind}.id IN ({', '.join('?' * len(some))})",
                some,
            )
            held.update(((source.rank, row[0]), row) for row in found)
    return [_built(place, source, held[place[1:]]) for place, source in rows]


def _due(source: _Source, value: Any) -> int | None:
    if value is None:
        return None
    return micros(_midnight(value)) if source.in_days else int(value)


def _built(place: _Place, source: _Source, held: tuple[Any, ...]) -> Pending:
    split = source.shape.selected.count(",") + 1
    customer: Customer = CUSTOMER.build(held[split:])
    due = None if place[0] is None else moment_of(place[0])
    return Pending(source.kind, source.shape.build(held[:split]), customer, due)


def _cursor(place: _Place) -> str:
    due, rank, row = place
    return f"{'none' if due is None else due}.{rank}.{row}"


def _place_in(after: str) -> _Place:
    found = _CURSOR.fullmatch(after)
    if found is None:
        raise Invalid("after", "cursor")
    due = None if found[1] == "none" else int(found[1])
    if int(found[2]) >= len(PENDING_ORDER) or (due is not None and not _EARLIEST <= due <= _LATEST):
        raise Invalid("after", "cursor")
    return due, int(found[2]), int(found[3])


_FIRST_DAY = date(1970, 1, 1).toordinal()
_EARLIEST = micros(datetime.min.replace(tzinfo=moment_of(0).tzinfo))
_LATEST = micros(datetime.max.replace(tzinfo=moment_of(0).tzinfo))
