"""Zammad keeps the promises of the port, as far as a helpdesk without versions and transactions can."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar, cast

import pytest
import pytest_asyncio

from backends.contract import BackendContract
from backends.contract.limits import R
from backends.port import Backend, MatchedOn
from backends.records import (
    Channel,
    Contact,
    ContactPoint,
    Customer,
    CustomerFlag,
    Direction,
    Entry,
    Place,
    PointKind,
    Record,
    Ticket,
    TicketEvent,
)
from backends.rest.zammad import open_url
from backends.rest.zammad.phones import e164
from tests.servers.zammad import Running, zammad_server

pytestmark = pytest.mark.xdist_group("zammad")

OPTIONS: Mapping[str, object] = {
    "operator": {"code": "gwiazda", "name": "Gwiazda", "country": "PL", "language": "pl", "time_zone": "Europe/Warsaw"},
    "groups": {
        "Faults": "fault", "Installation": "installation", "Billing": "billing", "Complaints": "complaint",
        "Sales": "sales", "Changes": "change", "Privacy": "data_request",
    },
    "priorities": {"4 urgent": "urgent"},
    "customer": {"number": "customer_number", "kind": "contract_kind", "greeting_name": "salutation", "tone": "mood"},
    "ticket": {
        "holder": "ball", "holder_reference": "supplier_number", "next_step": "next_step", "outcome": "outcome",
        "outcome_reason": "outcome_reason", "resolution": "resolution",
    },
    "details": {"router": "router"},
    "index_delay": 0.0,
}  # fmt: skip
"""A site that has attributes for all that one can have."""
_PLAIN = (PointKind.PHONE, PointKind.MOBILE, PointKind.EMAIL, PointKind.FAX)


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    """Give the server of this module."""
    with zammad_server() as running:
        yield running


class TestZammad(BackendContract):
    """The suite over a real socket."""

    examples: ClassVar[int | None] = 10
    large: ClassVar[int] = 120
    unchanging: ClassVar[frozenset[type[Record]]] = frozenset({Contact})
    assigned: ClassVar[Mapping[type[Record], frozenset[str]]] = {
        Customer: frozenset({"since"}),
        Ticket: frozenset({
            "opened_at", "opened_by", "closed_at", "first_contact_at", "held_since", "taken_in_charge_at", "due_at",
            "next_step_at",
        }),
        Contact: frozenset({"agent", "answer", "answered_at", "answered_by", "sender", "recipient"}),
    }  # fmt: skip
    lone_contacts: ClassVar[bool] = False
    atomic: ClassVar[bool] = False
    serialised: ClassVar[bool] = False
    coarse_events: ClassVar[bool] = True
    folds: ClassVar[bool] = False
    finds: ClassVar[frozenset[MatchedOn]] = frozenset(
        {MatchedOn.NAME, MatchedOn.NUMBER, MatchedOn.PHONE, MatchedOn.EMAIL, MatchedOn.TICKET, MatchedOn.PLACE,
         MatchedOn.POSTCODE}
    )  # fmt: skip

    @pytest_asyncio.fixture
    async def backend(self, server: Running) -> AsyncIterator[Backend]:  # type: ignore[override]  # a fixture's needs
        """Yield a handle on the emptied server."""
        server.clear()
        self._server = server
        backend = self._open()
        await backend.open()
        yield backend
        await backend.close()

    def _open(self) -> Backend:
        return open_url(
            f"zammad+{self._server.url}", name="desk", options=OPTIONS, secret=self._server.secret, poll=0.05
        )

    async def second(self, backend: Backend) -> Backend:
        """Return another handle on the same server."""
        again = self._open()
        await again.open()
        return again

    def by_server(self, entry: Entry) -> bool:
        """What the server notes of each change of a ticket."""
        return isinstance(entry, TicketEvent)

    def shaped(self, record: R) -> R:
        """Return what a user, a ticket or an article can hold."""
        shaped: Any = record
        match record:
            case Customer():
                shaped = _customer(record)
            case Ticket():
                details = tuple(("router", text[:200]) for _, text in record.details[:1] if text.strip())
                subject = record.subject[:250].strip() or "-"
                shaped = replace(record, details=details, subject=subject, holder_name="")
                if record.holder_name in ("Nicole", "Olaf"):
                    shaped = replace(shaped, holder_name=f"{record.holder_name.lower()}@desk.example")
            case Contact():
                known = record.channel[:60]
                shaped = replace(record, channel=known)
                if record.direction is Direction.OUTBOUND and record.channel == Channel.EMAIL:
                    shaped = replace(shaped, recipient=record.recipient or "somebody@there.example")
        return cast("R", shaped)


def _customer(record: Customer) -> Customer:
    """Return a customer with a name, one number and address of each kind, and a place as one writes it on a letter."""
    name = " ".join(part[:90] for part in record.name.split()[:2]) or "Nobody"
    points = []
    for kind in _PLAIN:
        first = next((point for point in record.points if point.kind is kind and point.value.strip()), None)
        if first is None:
            continue
        value = first.value[:90].strip()
        if kind is PointKind.EMAIL or e164(value, "PL") in ("", value):
            points.append(ContactPoint(kind, value.lower() if kind is PointKind.EMAIL else value))
    place = record.place
    street = place.street.rstrip("0123456789 /")[:60]
    plain = Place(street=street, postcode=place.postcode[:90], town=place.town[:90], country=place.country)
    if street[-1:].isalpha() and re.fullmatch(r"\d{1,4}[a-z]?", place.house, re.ASCII):
        plain = replace(plain, house=place.house, unit=place.unit if re.fullmatch(r"\w{1,5}", place.unit) else "")
    return replace(
        record, name=name, points=tuple(points), place=plain, flags=record.flags & {CustomerFlag.PRIORITY_REPAIR}
    )


def test_the_suite_is_not_made_easier_than_the_port_says() -> None:
    """What tests of this module take as set by the server is told to the console too."""
    backend = open_url("zammad+http://127.0.0.1:1/", options=OPTIONS)
    told = {kind: names - {"sender", "recipient"} for kind, names in TestZammad.assigned.items()}
    assert all(names <= backend.omits[kind] for kind, names in told.items())
    assert "number" not in backend.omits[Customer]
