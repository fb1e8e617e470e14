"""The export and the audit trail without what is hidden; both are rows of plain values, not records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from backends.areas import REVEAL
from backends.records import Area, AuditEntry, TicketEventKind, TicketKind
from backends.veil.covering import Areas

_GONE = ("charge", "dispute")
_BILLING: Mapping[str, Mapping[str, Any]] = {
    "ticket": {
        "subject": "", "description": "", "details": [], "holder_reference": "", "next_step": "",
        "outcome_reason": "", "resolution": "",
    },
    "contact": {"subject": "", "body": "", "waived_reason": "", "attachments": []},
    "ticket_event": {"text": ""},
    "chase": {"note": ""},
    "promise": {"deed": "", "closed_reason": ""},
    "visit": {"note": ""},
    "handover": {"note": "", "told_customer": "", "declined_reason": ""},
}  # fmt: skip
_ALWAYS: Mapping[str, tuple[Area, Mapping[str, Any]]] = {
    "contract": (Area.PAYMENT, {"price": None, "list_price": None}),
    "ticket": (Area.PAYMENT, {"compensations": []}),
    "line": (
        Area.NETWORK,
        {"path": {"exchange": "", "node": "", "olt": "", "port": ""}, "mac": "", "ip": ""},
    ),
}
_PAPER: Mapping[str, Any] = {"name": "", "content_type": "", "size": 0, "sha256": "", "identity_document": True}
_SPEAKS = frozenset({"charge", "dispute", "ticket", "ticket_event", "contact", "chase", "promise", "visit", "handover"})
"""Kinds whose audit rows may give reasons that speak of money."""


def export_covered(held: Mapping[str, Any], areas: Areas) -> dict[str, Any]:
    """Return an export without what is hidden; of originals, which cannot be parted, nothing is given then."""
    if not areas:
        return dict(held)
    money = Area.PAYMENT in areas
    billing = {one.get("key") for one in held.get("ticket", ()) if one.get("kind") == TicketKind.BILLING}
    found: dict[str, Any] = {}
    for kind, rows in held.items():
        if kind == "originals":
            found[kind] = []
        elif kind == "audit":
            found[kind] = [_audit_row(one, areas) for one in rows]
        elif money and kind in _GONE:
            continue
        elif isinstance(rows, list):
            found[kind] = [_row(kind, one, areas, billing) for one in rows]
        else:
            found[kind] = rows
    return found


def _row(kind: str, row: Any, areas: Areas, billing: set[Any]) -> Any:
    """Return one record of an export without what is hidden of it."""
    if not isinstance(row, Mapping):
        return row
    blank: dict[str, Any] = {}
    always = _ALWAYS.get(kind)
    if always is not None and always[0] in areas:
        blank |= always[1]
    if Area.PAYMENT in areas:
        if (row.get("key") if kind == "ticket" else row.get("ticket_key")) in billing:
            blank |= _BILLING.get(kind, {})
        if kind == "ticket_event" and row.get("kind") in (TicketEventKind.COMPENSATION, TicketEventKind.NOTE):
            blank |= {"before": "", "after": ""}
            if row.get("kind") == TicketEventKind.COMPENSATION:
                blank |= {"text": ""}
    if kind == "contact" and Area.DOCUMENTS in areas and "attachments" not in blank:
        blank["attachments"] = [
            _PAPER if one.get("identity_document") else one for one in row.get("attachments", ())
        ]  # fmt: skip
    return {**row, **{name: value for name, value in blank.items() if name in row}}


def _audit_row(row: Any, areas: Areas) -> Any:
    if not isinstance(row, Mapping):
        return row
    return {**row, "detail": _detail(str(row.get("subject", "")), str(row.get("detail", "")), areas)}


def audit_covered(entry: AuditEntry, areas: Areas) -> AuditEntry:
    """Return a row of the trail without the reason that somebody gave, where that may speak of what is hidden.

    Its digest stays that of the whole row: the chain is checked where it is stored.
    """
    detail = _detail(entry.subject, entry.detail, areas)
    return entry if detail == entry.detail else replace(entry, detail=detail)


def _detail(subject: str, detail: str, areas: Areas) -> str:
    """Return the names of changed fields without the words behind them; a reveal says what was opened, not why."""
    if Area.PAYMENT not in areas or (subject not in _SPEAKS and not detail.startswith(REVEAL)):
        return detail
    return detail.partition(":")[0]
