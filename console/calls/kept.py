"""A call as a draft keeps it: the note that was begun with it is stored with it, whoever rings by then (R35)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

from backends.records import Direction
from console.calls.call import LONGEST_WAIT, MOST_TRANSFERS, Call, CallState, count_in, text_in, texts_in
from console.rules.privacy import masked


def kept(call: Call | None) -> str:
    """Return a call as text for a draft, empty for none; what its telephone claims of the caller is left out."""
    if call is None:
        return ""
    told = {
        "id": call.id,
        "number": call.number,
        "at": call.at.isoformat(),
        "dialled": call.dialled,
        "direction": call.direction.value,
        "menu": [masked(one) for one in call.menu],
        "waited": call.waited_seconds,
        "transfers": call.transfers,
        "operator": call.operator_key,
        "answered": call.answered_at.isoformat() if call.answered_at else "",
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def read_kept(text: str, ended_at: datetime) -> Call | None:
    """Return the call that a draft keeps, over at `ended_at` (UTC) at the latest; None for none or unreadable text."""
    told: object = None
    with suppress(ValueError, RecursionError):
        told = json.loads(text) if text else None
    if not isinstance(told, Mapping):
        return None
    began, answered = _moment(told.get("at")), _moment(told.get("answered"))
    if began is None:
        return None
    outbound = told.get("direction") == Direction.OUTBOUND.value
    return Call(
        text_in(told.get("id")), text_in(told.get("number")), began, text_in(told.get("dialled")),
        direction=Direction.OUTBOUND if outbound else Direction.INBOUND, state=CallState.ENDED,
        menu=texts_in(told.get("menu")), waited_seconds=count_in(told.get("waited"), LONGEST_WAIT),
        transfers=count_in(told.get("transfers"), MOST_TRANSFERS), operator_key=text_in(told.get("operator")),
        answered_at=answered, ended_at=max(ended_at, answered or began), talked=True,
    )  # fmt: skip


def _moment(value: object) -> datetime | None:
    with suppress(ValueError):
        read = datetime.fromisoformat(value) if isinstance(value, str) else None
        return read if read is not None and read.tzinfo is not None else None
    return None
