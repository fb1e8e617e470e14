"""Records as TM Forum resources: what goes over the wire comes back, in both versions, whatever it holds."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backends.contract import strategies
from backends.contract.samples import a_contact, a_contract, a_customer, a_ticket, an_operator, an_outage
from backends.errors import Invalid
from backends.records import (
    AnswerState,
    Customer,
    CustomerKind,
    Direction,
    Key,
    OutageState,
    Place,
    PointKind,
    Priority,
    Record,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketState,
    VisitState,
)
from backends.rest.tmf.cases import ticket_events, ticket_record, ticket_wire
from backends.rest.tmf.names import KINDS, V4, V5, Version
from backends.rest.tmf.pieces import Frame
from backends.rest.tmf.wire import MAPPED, from_wire, to_wire, version_of


class SameKeys:
    """Keys that are ids; what stands for nothing stays so."""

    def key(self, kind: type[Record], identifier: str) -> Key:
        """Return the id, of an event the part behind its ticket."""
        return identifier.rpartition("/")[2] if kind is TicketEvent else identifier

    def identifier(self, kind: type[Record], key: Key) -> str:
        """Return the key."""
        return key

    def operator_key(self, code: str) -> Key:
        """Return the code."""
        return code

    def operator_code(self, key: Key) -> str:
        """Return the key."""
        return key

    def name_of(self, record: Record) -> str:
        """Return the record's key."""
        return record.key


VERSIONS = pytest.mark.parametrize("version", [V4, V5], ids=["v4", "v5"])
STRICT = pytest.mark.parametrize("strict", [False, True], ids=["tolerant", "strict"])
ANY = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
OPERATOR = an_operator(key="nord")
CUSTOMER = a_customer(OPERATOR, key="c1", number="C-1")
TICKET = a_ticket(CUSTOMER, key="t1", reference="T-1")
MADE: dict[str, Callable[[], st.SearchStrategy[Any]]] = {
    "customer": lambda: strategies.customers("nord"),
    "contact": lambda: strategies.contacts(CUSTOMER, "t1", "l1", "k0", "o1"),
    "ticket": lambda: strategies.tickets(CUSTOMER, "l1", "o1"),
    "visit": lambda: strategies.visits(TICKET),
    "outage": lambda: strategies.outages("nord"),
    "contract": lambda: strategies.contracts("c1", "l1"),
}


def _sent(document: Any, identifier: str = "x1") -> Any:
    return {**json.loads(json.dumps(document)), "id": identifier}


def _frame(version: Version, *, strict: bool = False, extras: bool = True) -> Frame:
    return Frame(version, SameKeys(), strict=strict, extras=extras)


@VERSIONS
@STRICT
@pytest.mark.parametrize("kind", MADE)
@given(data=st.data())
@ANY
def test_every_record_comes_back(kind: str, version: Version, strict: bool, data: st.DataObject) -> None:
    """Whatever a record holds, its resource is read as the same record, by both kinds of reader."""
    record = data.draw(MADE[kind]())
    record = replace(record, key="x1", version=7)
    for name in ("reference", "number"):
        if hasattr(record, name):
            record = replace(record, **{name: "R-1"})
    frame = _frame(version, strict=strict)
    assert from_wire(type(record), _sent(to_wire(record, frame)), frame) == record


@VERSIONS
@given(data=st.data())
@ANY
def test_every_event_comes_back(version: Version, data: st.DataObject) -> None:
    """A ticket's notes are its events; the history of states beside them tells nothing twice."""
    events = [
        replace(data.draw(strategies.ticket_events(TICKET, "k1")), key=f"e{position}", version=1)
        for position in range(3)
    ]
    frame = _frame(version)
    assert ticket_events(_sent(ticket_wire(TICKET, frame, events), "t1"), frame) == events


@VERSIONS
@pytest.mark.parametrize("kind", MADE)
@given(data=st.data())
@ANY
def test_no_resource_breaks_the_tolerant_reader(kind: str, version: Version, data: st.DataObject) -> None:
    """Any JSON under the names of the standard is read as some record; the strict reader raises Invalid at most."""
    anything = st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["2026-02-30", "customer"]),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names(version), inner, max_size=4),
        max_leaves=12,
    )
    document = data.draw(st.dictionaries(_names(version), anything, max_size=8))
    (record_kind,) = (one for one in KINDS if one.__name__.lower() == kind)
    record = from_wire(record_kind, document, _frame(version))
    assert record.version > 0
    with suppress(Invalid):
        from_wire(record_kind, document, _frame(version, strict=True))


def _names(version: Version) -> st.SearchStrategy[str]:
    samples: list[Record] = [CUSTOMER, TICKET, a_contact(CUSTOMER), an_outage(), a_contract(CUSTOMER)]
    found: set[str] = {"id", "lastUpdate", "value", "note"}
    waiting: list[Any] = [to_wire(sample, _frame(version)) for sample in samples]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            found |= set(one)
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
    return st.sampled_from(sorted(found))


@VERSIONS
@pytest.mark.parametrize("kind", MADE)
@given(data=st.data())
@ANY
def test_what_is_needed_is_there(kind: str, version: Version, data: st.DataObject) -> None:
    """Every attribute that the standard demands of a new resource is sent, also without named values of our own."""
    record = data.draw(MADE[kind]())
    api = version.apis[type(record)]
    for extras in (True, False):
        document = to_wire(record, _frame(version, extras=extras))
        assert set(api.needed) <= set(document)
        assert set(api.always) <= set(document)
        assert not set(api.fixed) & set(document)
        assert extras or not document.get(api.characteristic)


def test_a_strangers_customer_is_understood() -> None:
    """A customer as the industry's examples show one: version 4 and 5 read alike, unknown ways of contact are left."""
    flat = {
        "id": "1140", "name": "Moon Football Club", "status": "Approved",
        "engagedParty": {"id": "500", "name": "Happy Travellers", "@referredType": "Organization"},
        "contactMedium": [
            {"mediumType": "Email", "preferred": True,
             "characteristic": {"emailAddress": "ellen@moon.example", "contactType": "work"}},
            {"mediumType": "Mobile Phone", "characteristic": {"phoneNumber": "+48601234567"}},
            {"mediumType": "postal address",
             "characteristic": {"street1": "15 Water Street", "postCode": "PO1", "city": "Big Tree", "country": "GB"}},
            {"mediumType": "pigeon", "characteristic": {"loft": "7"}},
        ],
    }  # fmt: skip
    typed = {
        "@type": "Customer", "id": "1140", "name": "Moon Football Club", "status": "Approved",
        "engagedParty": {"@type": "PartyRef", "id": "500", "name": "Happy Travellers"},
        "contactMedium": [
            {"@type": "EmailContactMedium", "preferred": True, "contactType": "work",
             "emailAddress": "ellen@moon.example"},
            {"@type": "MobilePhoneContactMedium", "mediumType": "mobile", "phoneNumber": "+48601234567"},
            {"@type": "GeographicAddressContactMedium", "street1": "15 Water Street", "postCode": "PO1",
             "city": "Big Tree", "country": "GB"},
        ],
    }  # fmt: skip
    for version, document in ((V4, flat), (V5, typed)):
        customer = from_wire(Customer, document, _frame(version))
        assert isinstance(customer, Customer)
        assert (customer.name, customer.number, customer.kind) == (
            "Moon Football Club", "1140", CustomerKind.SUBSCRIBER
        )  # fmt: skip
        assert [(point.kind, point.value, point.label) for point in customer.points] == [
            (PointKind.EMAIL, "ellen@moon.example", "work"),
            (PointKind.MOBILE, "+48601234567", ""),
        ]
        assert customer.place == Place("15 Water Street", "", "", "PO1", "Big Tree", "", "GB")


def test_a_strangers_ticket_is_understood() -> None:
    """A ticket of another system: its states, priorities and history are said in our words."""
    document = {
        "id": "3180", "name": "Compliant over last bill", "ticketType": "Bills, charges or payment",
        "severity": "Urgent", "priority": "High", "status": "held", "creationDate": "2026-05-01T00:00",
        "lastUpdate": "2026-05-05T12:00:00Z",
        "relatedParty": [{"id": "90", "role": "Customer", "@referredType": "Customer"}],
        "note": [{"id": "1", "author": "Mr Brown", "date": "2026-05-02T10:00:00+02:00", "text": "no answer yet"}],
        "statusChange": [
            {"status": "acknowledged", "changeDate": "2026-05-01T00:00:00Z"},
            {"status": "held", "changeDate": "2026-05-03T00:00:00Z", "changeReason": "waits for the depot"},
        ],
    }  # fmt: skip
    frame = _frame(V4)
    ticket = ticket_record(document, frame)
    assert (ticket.reference, ticket.priority, ticket.state) == ("3180", Priority.HIGH, TicketState.IN_PROGRESS)
    assert (ticket.kind.value, ticket.customer_key) == ("billing", "90")
    assert ticket.opened_at == datetime(2026, 5, 1, tzinfo=UTC)
    events = ticket_events(document, frame)
    assert [(event.kind, event.by or event.text) for event in events] == [
        (TicketEventKind.NOTE, "Mr Brown"), (TicketEventKind.STATE, ""), (TicketEventKind.STATE, "waits for the depot"),
    ]  # fmt: skip
    assert version_of(V4.apis[Ticket], document) == 1_777_982_400_000_000


def test_what_others_changed_beats_what_we_remember() -> None:
    """Where the standard's attribute no longer agrees with our named value, the standard's holds."""
    frame = _frame(V5)
    customer = replace(CUSTOMER, place=Place("Długa", "12", "3", "61-001", "Poznań", "", "PL"))
    document = _sent(to_wire(customer, frame))
    (address,) = document["contactMedium"]
    address["street1"] = "Krótka 1"
    moved = from_wire(Customer, document, frame)
    assert isinstance(moved, Customer)
    assert moved.place == Place("Krótka 1", "", "3", "61-001", "Poznań", "", "PL")
    waiting = a_contact(CUSTOMER, direction=Direction.INBOUND, answer=AnswerState.WAITING)
    document = _sent(to_wire(waiting, frame))
    document["status"] = "completed"
    assert getattr(from_wire(type(waiting), document, frame), "answer", None) is AnswerState.ANSWERED


def test_without_named_values_the_standard_still_carries_the_case() -> None:
    """A server that takes only the standard's attributes gets a ticket that is still this ticket."""
    frame = _frame(V4, extras=False)
    ticket = replace(TICKET, state=TicketState.SOLVED, resolution="Router replaced", priority=Priority.URGENT)
    back = from_wire(Ticket, _sent(to_wire(ticket, frame), "t1"), frame)
    assert isinstance(back, Ticket)
    assert (back.subject, back.state, back.priority, back.resolution, back.customer_key) == (
        ticket.subject, TicketState.SOLVED, Priority.URGENT, "Router replaced", "c1"
    )  # fmt: skip


def test_moments_without_a_zone_are_not_sent() -> None:
    """A naive moment is Invalid, naming the field, wherever it stands."""
    naive = datetime(2026, 1, 2, 3, 4)
    for record, field in (
        (replace(TICKET, held_since=naive), "held_since"),
        (a_contact(CUSTOMER, answered_at=naive), "answered_at"),
    ):
        with pytest.raises(Invalid) as raised:
            to_wire(record, _frame(V4))
        assert (raised.value.field, raised.value.code) == (field, "naive")


def test_all_states_are_told_apart() -> None:
    """Each of our states has a word of its own on the wire."""
    assert set(MAPPED) == set(KINDS)
    for version in (V4, V5):
        frame = _frame(version)
        states = {to_wire(replace(TICKET, state=state), frame)["status"] for state in TicketState}
        assert len(states) == len(TicketState)
        outages = {to_wire(an_outage(state=state), frame)["status"] for state in OutageState}
        assert len(outages) == len(OutageState)
    assert len(VisitState) == 5
