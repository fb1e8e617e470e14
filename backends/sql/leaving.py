"""What is not fetched because a role may not see it (R41): columns that are not selected, rows that are not asked for.

`hidden` holds for the task that reads and what it begins. Where everybody's customers are concerned, a constant stands
in the column's place; where those of one operator alone are, a condition decides row by row, within the statement.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache

from backends.areas import NOWHERE, Hidden
from backends.port import MatchedOn
from backends.records import Area, Key, TicketEventKind, TicketKind
from backends.sql.columns import key_of, row_of
from backends.sql.shapes import BY_KIND, Shape

_HIDDEN: ContextVar[Hidden] = ContextVar("hidden", default=NOWHERE)

_PAPER = "json_object('name', '', 'content_type', '', 'size', 0, 'identity_document', json('true'))"
_PAPERS = (
    "(SELECT json_group_array(json(CASE WHEN json_extract(value, '$.identity_document') THEN {paper} ELSE value END))"
    " FROM json_each({column}))"
)

_ALWAYS: Mapping[tuple[str, str], tuple[Area, str]] = {
    ("contract", "price_minor"): (Area.PAYMENT, "NULL"),
    ("contract", "price_currency"): (Area.PAYMENT, "NULL"),
    ("contract", "list_price_minor"): (Area.PAYMENT, "NULL"),
    ("contract", "list_price_currency"): (Area.PAYMENT, "NULL"),
    ("ticket", "compensations"): (Area.PAYMENT, "'[]'"),
    **{("line", column): (Area.NETWORK, "''") for column in ("exchange", "node", "olt", "port", "mac", "ip")},
}
"""(kind, column) → the area it belongs to, and what stands in its place."""
_OF_BILLING: Mapping[str, Mapping[str, str]] = {
    "ticket": {
        "subject": "''",
        "description": "''",
        "details": "'[]'",
        "holder_reference": "''",
        "next_step": "''",
        "outcome_reason": "''",
        "resolution": "''",
    },
    "contact": {"subject": "''", "body": "''", "whole": "1", "waived_reason": "''", "attachments": "'[]'"},
    "ticket_event": {"text": "''"},
    "chase": {"note": "''"},
    "promise": {"deed": "''", "closed_reason": "''"},
    "visit": {"note": "''"},
    "handover": {"note": "''", "told_customer": "''", "declined_reason": "''"},
}
"""Columns whose texts are about money where the ticket is one of billing, and what stands in their place."""
_TELLING: Mapping[str, tuple[TicketEventKind, ...]] = {
    "before": (TicketEventKind.COMPENSATION, TicketEventKind.NOTE),
    "after": (TicketEventKind.COMPENSATION, TicketEventKind.NOTE),
    "text": (TicketEventKind.COMPENSATION,),
}
"""Columns of events that tell of money whatever their ticket is about: an amount, or how a dispute stands."""
_GONE: Mapping[str, Area] = {"charge": Area.PAYMENT, "dispute": Area.PAYMENT}
_FOUND_BY: Mapping[MatchedOn, Area] = {
    MatchedOn.CONTRACT: Area.PAYMENT,
    MatchedOn.MAC: Area.NETWORK,
    MatchedOn.IP: Area.NETWORK,
}


@contextmanager
def leaving_out(hidden: Hidden) -> Iterator[None]:
    """Fetch nothing of what is hidden within the block."""
    token = _HIDDEN.set(hidden)
    try:
        yield
    finally:
        _HIDDEN.reset(token)


def selected(shape: Shape) -> str:
    """Return the columns of a kind as `Shape.build` takes them, constants in the place of what is hidden."""
    hidden = _HIDDEN.get()
    return shape.selected if not hidden else _selected(shape.kind, _frozen(hidden))


_Frozen = tuple[frozenset[Area], tuple[tuple[Key, frozenset[Area]], ...]]


def _frozen(hidden: Hidden) -> _Frozen:
    return hidden.areas, tuple(sorted(hidden.operators.items()))


@lru_cache(maxsize=512)
def _selected(kind: str, frozen: _Frozen) -> str:
    hidden = Hidden(frozen[0], dict(frozen[1]))
    shape = BY_KIND[kind]
    columns = shape.columns[:-1] if shape.number else shape.columns
    return ", ".join(_column(kind, column, hidden) for column in columns)


def _column(kind: str, column: str, hidden: Hidden) -> str:
    """Return what is selected for a column."""
    plain = f'"{kind}"."{column}"'
    if (always := _ALWAYS.get((kind, column))) is not None:
        plain = _unless(_whose(kind, always[0], hidden), always[1], plain)
    if (kind, column) == ("contact", "attachments"):
        papers = _PAPERS.format(paper=_PAPER, column=plain)
        plain = _unless(_whose(kind, Area.DOCUMENTS, hidden), papers, plain)
    if (blank := _OF_BILLING.get(kind, {}).get(column)) is not None:
        plain = _unless(_and(_whose(kind, Area.PAYMENT, hidden), _on_billing(kind)), blank, plain)
    if kind == "ticket_event" and (telling := _TELLING.get(column)):
        listed = ", ".join(f"'{one}'" for one in telling)
        condition = _and(_whose(kind, Area.PAYMENT, hidden), f'"ticket_event".kind IN ({listed})')
        plain = _unless(condition, "''", plain)
    return plain


def _unless(condition: str, blank: str, plain: str) -> str:
    if condition == "0":
        return plain
    return blank if condition == "1" else f"CASE WHEN {condition} THEN {blank} ELSE {plain} END"


def _and(first: str, second: str) -> str:
    if first in ("0", "1"):
        return second if first == "1" else "0"
    return f"{first} AND {second}"


def _on_billing(kind: str) -> str:
    """Return the condition that a row is a billing ticket or hangs on one."""
    if kind == "ticket":
        return f"\"ticket\".kind = '{TicketKind.BILLING}'"
    return (
        f'EXISTS (SELECT 1 FROM ticket AS money WHERE money.id = "{kind}".ticket_id'  # noqa: S608 -- names of our own
        f" AND money.kind = '{TicketKind.BILLING}')"
    )


def _whose(kind: str, area: Area, hidden: Hidden) -> str:
    """Return the condition that an area is hidden of the customer of a row: `0` never, `1` always."""
    if hidden.everywhere(area):
        return "1"
    rows = [row for key in hidden.somewhere(area) if (row := row_of("operator", key)) is not None]
    if not rows:
        return "0"
    listed = ", ".join(str(row) for row in rows)
    return f'"{kind}".customer_id IN (SELECT id FROM customer WHERE operator_id IN ({listed}))'  # noqa: S608


def is_gone(kind: str, operator_key: Key) -> bool:
    """Return whether no row of a kind is asked for, of an operator's customers."""
    return _GONE.get(kind) in _HIDDEN.get().of(operator_key)


def present(kind: str) -> str:
    """Return the condition that a row of a kind may be seen at all; `1` where nothing of it is hidden."""
    area = _GONE.get(kind)
    condition = _whose(kind, area, _HIDDEN.get()) if area is not None else "0"
    return {"0": "1", "1": "0"}.get(condition, f"NOT ({condition})")


def heard(contact: str = "contact.id") -> str:
    """Return the condition that the words of a contact may be found; `contact` is its row in the statement."""
    condition = _and(_whose("spoken", Area.PAYMENT, _HIDDEN.get()), _on_billing("spoken"))
    if condition == "0":
        return "1"
    return f'NOT EXISTS (SELECT 1 FROM contact AS spoken WHERE "spoken".id = {contact} AND {condition})'  # noqa: S608


def never_found_by(on: MatchedOn) -> bool:
    """Return whether nobody at all may be found so: the index is not even looked into."""
    area = _FOUND_BY.get(on)
    return area is not None and _HIDDEN.get().everywhere(area)


def may_be_found(connection: sqlite3.Connection, customer: int, on: MatchedOn) -> bool:
    """Return whether this customer may be found so."""
    area = _FOUND_BY.get(on)
    hidden = _HIDDEN.get()
    if area is None or not hidden:
        return True
    if hidden.everywhere(area):
        return False
    if not hidden.somewhere(area):
        return True
    held = connection.execute("SELECT operator_id FROM customer WHERE id = ?", (customer,)).fetchone()
    return held is not None and area not in hidden.of(key_of("operator", held[0]))


def of_operator(operator_key: Key) -> frozenset[Area]:
    """Return what is hidden of an operator's customers."""
    return _HIDDEN.get().of(operator_key)


def is_asked_for(connection: sqlite3.Connection, kind: str, customer: int) -> bool:
    """Return whether rows of a kind are read of a customer at all."""
    if kind not in _GONE or not _HIDDEN.get():
        return True
    held = connection.execute("SELECT operator_id FROM customer WHERE id = ?", (customer,)).fetchone()
    return held is not None and not is_gone(kind, key_of("operator", held[0]))
