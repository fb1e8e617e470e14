"""The plug-in keeps the port's promises on a real Roundup, as far as Roundup can, and says what it cannot."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, TypeVar

import pytest_asyncio

from backends.contract import BackendContract
from backends.port import Backend, MatchedOn
from backends.records import (
    Contact,
    ContactPoint,
    Customer,
    CustomerKind,
    PointKind,
    Priority,
    Record,
    Ticket,
    TicketKind,
)
from backends.registry import backend_for
from roundup_server import PASSWORD, STAFF, USER, Roundup

R = TypeVar("R", bound=Record)
SECRET = json.dumps({"kind": "basic", "user": USER, "password": PASSWORD})
OPTIONS = {
    "operator": {"code": "breza", "name": "Breza", "country": "PL", "language": "pl", "time_zone": "Europe/Warsaw"},
    "staff": STAFF,
}
_MAIL = re.compile(r"[a-z0-9._+-]+@[a-z0-9-]+(\.[a-z0-9-]+)+", re.IGNORECASE)
_PHONE = re.compile(r"\+[0-9]{4,15}")


def connected(tracker: Roundup, **settings: Any) -> Backend:
    """Return the plug-in's backend as the program opens it: by the scheme of its URL."""
    given = {"name": "roundup", "options": OPTIONS, "secret": lambda: SECRET, "poll": 0.05} | settings
    return backend_for(tracker.url, **given)


class TestRoundup(BackendContract):
    """The suite."""

    examples = 2
    large = 12
    patience = 20.0
    finds = frozenset({MatchedOn.NAME, MatchedOn.PHONE, MatchedOn.EMAIL, MatchedOn.NUMBER, MatchedOn.TICKET,
                       MatchedOn.CONTACT})  # fmt: skip
    folds = False
    lone_contacts = False
    atomic = False
    serialised = False
    coarse_events = True
    tick = timedelta(seconds=1)
    unchanging = frozenset({Contact})
    assigned: ClassVar[Mapping[type[Record], frozenset[str]]] = {
        Customer: frozenset({"number"}),
        Ticket: frozenset({"reference", "opened_at"}),
        Contact: frozenset({"reference", "agent"}),
    }

    @pytest_asyncio.fixture
    async def backend(self, tracker: Roundup) -> AsyncIterator[Backend]:  # type: ignore[override]
        """Yield the plug-in on an empty tracker."""
        self._tracker = tracker
        tracker.empty()
        backend = connected(tracker)
        await backend.open()
        yield backend
        await backend.close()

    async def second(self, backend: Backend) -> Backend:
        """Return another one, as another console has it."""
        again = connected(self._tracker)
        await again.open()
        return again

    def shaped(self, record: R) -> R:
        """Return a record with values that Roundup can hold."""
        changes: dict[str, Any] = {}
        if isinstance(record, Customer):
            points = [
                point for point in record.points if point.kind is PointKind.EMAIL and _MAIL.fullmatch(point.value)
            ]
            phones = [point for point in record.points if point.kind in (PointKind.PHONE, PointKind.MOBILE)]
            numbers = [ContactPoint(PointKind.PHONE, point.value) for point in phones if _PHONE.fullmatch(point.value)]
            mails = [ContactPoint(PointKind.EMAIL, point.value.lower()) for point in points]
            changes |= {"kind": CustomerKind.SUBSCRIBER, "language": "pl", "points": (*numbers, *mails)}
        if isinstance(record, Ticket):
            low = Priority.LOW
            changes |= {"kind": TicketKind.FAULT, "due_at": record.due_at and _second(record.due_at)}
            changes |= {"description": record.description.strip(), "priority": record.priority or low}
        if isinstance(record, Contact):
            changes |= {"at": _second(record.at), "body": record.body.strip()}
        return replace(record, **changes)


def _second(moment: datetime) -> datetime:
    """Return a moment in whole seconds, of a year that every database knows."""
    if moment.tzinfo is None:
        return moment
    whole = moment.astimezone(UTC).replace(microsecond=0) if 1 < moment.year < 9999 else moment.replace(microsecond=0)
    return whole if 1971 <= whole.year <= 2037 else datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
