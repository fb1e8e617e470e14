"""The wire loses nothing, trusts nothing, and says where a value is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backends import records, wire
from backends.contract import strategies as many
from backends.contract.samples import (
    a_charge,
    a_contact,
    a_contract,
    a_customer,
    a_line,
    a_ticket,
    an_operator,
    an_outage,
)
from backends.errors import (
    BackendError,
    Busy,
    Conflict,
    Full,
    Invalid,
    NotAllowed,
    TimedOut,
    Unavailable,
    Unsupported,
    WrongVersion,
)
from backends.events import ContactAdded, CustomerChanged, OutageChanged, Resync, TicketChanged
from backends.port import (
    Batch,
    Change,
    CustomerFile,
    Match,
    MatchedOn,
    OutageFilter,
    Page,
    Put,
    QueueFilter,
    Receipt,
    Remove,
    TextHit,
    TicketFilter,
    TimelineFilter,
)
from backends.records import KINDS, CustomerFlag, Entry, Key, Origin, Outage, OutageUpdate, Record, Role, TicketState

OPERATOR = an_operator(key="operator:1")
CUSTOMER = a_customer(OPERATOR, key="customer:1")
TICKET = a_ticket(CUSTOMER, key="ticket:1")

STRATEGIES: dict[type[Record], st.SearchStrategy[Any]] = {
    records.Operator: many.operators,
    records.Agent: many.agents("o"),
    records.Customer: many.customers("o"),
    records.Line: many.lines("c"),
    records.Contract: many.contracts("c", "l"),
    records.Charge: many.charges("c", "k"),
    records.Dispute: many.disputes("c", "h", "t"),
    records.Contact: many.contacts(CUSTOMER, "t", "l", "e", "o"),
    records.Ticket: many.tickets(CUSTOMER, "l", "a"),
    records.TicketEvent: many.ticket_events(TICKET, "k"),
    records.Chase: many.chases(TICKET, "k"),
    records.Promise: many.promises(TICKET, "k", "a"),
    records.Visit: many.visits(TICKET),
    records.Handover: many.handovers(TICKET),
    records.Outage: many.outages("o"),
    records.Link: many.links,
}
any_record: st.SearchStrategy[Record] = st.one_of(*STRATEGIES.values())
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([*wire.BY_NAME]),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["@type", "key", "items", "record", "at"]), inner)
    ),
)
ANY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example])


@ANY
@given(record=any_record, version=st.integers(0, 2**63 - 1))
def test_every_record_comes_back_as_it_went(record: Record, version: int) -> None:
    """Whatever a record holds, its JSON gives back an equal one of the same kind."""
    record = replace(record, version=version)
    again = wire.RECORD.read(wire.RECORD.text(record))
    assert type(again) is type(record)
    assert again == record


@ANY
@given(record=any_record, seen=st.none() | st.integers(0, 2**40), raw=st.none() | st.binary(max_size=99))
def test_batches_and_receipts_come_back(record: Record, seen: int | None, raw: bytes | None) -> None:
    """A batch and what came of it survive, originals and new keys included."""
    batch = Batch(
        (Put(record, seen=seen, raw=raw, unless_known=bool(raw)), Remove(record, seen=3)),
        actor="ola",
        act="import",
        reason="because",
        idempotency_key="k",
    )
    assert wire.BATCH.read(wire.BATCH.text(batch)) == batch
    receipt = Receipt(
        (Change(None, record), Change(record, None)),
        datetime(2026, 3, 1, tzinfo=UTC),
        known=((1, "ticket:9"),),
        keys={"new:1": "ticket:1"},
        repeated=True,
        waiting=True,
    )
    assert wire.RECEIPT.read(wire.RECEIPT.text(receipt)) == receipt


def test_every_kind_is_among_the_records_tried() -> None:
    """A kind of record that is added to the port needs a strategy here."""
    assert set(wire.BY_NAME.values()) == set(STRATEGIES) == KINDS


def test_files_pages_and_filters_come_back() -> None:
    """What a backend is asked and what it answers survive."""
    contact = a_contact(CUSTOMER, body="x" * 300, whole=False)
    file = CustomerFile(
        CUSTOMER,
        OPERATOR,
        lines=(a_line(CUSTOMER),),
        contracts=(a_contract(CUSTOMER),),
        charges=(a_charge(CUSTOMER),),
        tickets=(TICKET,),
        recent_inbound=(contact,),
        contacts_total=7,
    )
    assert wire.CUSTOMER_FILE.read(wire.CUSTOMER_FILE.text(file)) == file
    page: Page[Entry] = Page((contact,), after="next")
    assert wire.TIMELINE.read(wire.TIMELINE.text(page)) == page
    values: tuple[tuple[Any, Any], ...] = (
        (Page[TextHit], Page((TextHit(contact, "n", "1", "…x…"),))),
        (Page[tuple[type(contact), type(CUSTOMER)]], Page(((contact, CUSTOMER),), None)),  # type: ignore[misc]
        (tuple[Match, ...], (Match(CUSTOMER, MatchedOn.PHONE, "+48", exact=True, record_key="l"),)),
        (TimelineFilter, TimelineFilter(frozenset({"sms", "call"}), text="x", events=False)),
        (TicketFilter, TicketFilter(states=frozenset(TicketState), opened_since=datetime(2026, 1, 1, tzinfo=UTC))),
        (OutageFilter, OutageFilter(limit=3)),
        (QueueFilter, QueueFilter(operator_keys=frozenset({"b", "a"}))),
    )
    for hint, value in values:
        form: wire.Form[Any] = wire.Form(hint)
        assert form.read(form.text(value)) == value
    origins: wire.Form[dict[Origin, Key]] = wire.Form(_mapping_of_origins())
    assert origins.read(origins.text({Origin("a", "1"): "k"})) == {Origin("a", "1"): "k"}


def _mapping_of_origins() -> Any:
    from collections.abc import Mapping

    return Mapping[Origin, Key]


@pytest.mark.parametrize(
    "event",
    [CustomerChanged("c", "1"), ContactAdded("c", "k"), TicketChanged("c", "t"), OutageChanged("o"), Resync("9")],
)
def test_events_come_back(event: Any) -> None:
    """Every kind of event keeps its kind and its cursor."""
    again = wire.EVENT.read(wire.EVENT.text(event))
    assert (type(again), again) == (type(event), event)


def test_what_is_empty_is_left_out_and_what_has_a_value_is_said() -> None:
    """Only defaults that are empty are left out; sets are sorted, so that equal records read alike."""
    plain = wire.RECORD.plain(replace(CUSTOMER, flags=frozenset({CustomerFlag.VULNERABLE, CustomerFlag.BUSINESS})))
    assert plain["@type"] == "customer"
    assert plain["flags"] == ["business", "vulnerable"]
    assert not {"tone", "place", "since", "origin", "version"} & set(plain)
    assert wire.RECORD.plain(TICKET)["state"] == "open"
    assert wire.RECORD.plain(OPERATOR)["chase_threshold"] == 3


def test_moments_are_told_in_utc() -> None:
    """A moment of any zone is written in UTC with microseconds, and any RFC 3339 notation is read."""
    moment = datetime(2026, 3, 29, 3, 30, 0, 7, tzinfo=timezone(timedelta(hours=2)))
    plain = wire.RECORD.plain(replace(TICKET, due_at=moment))
    assert plain["due_at"] == "2026-03-29T01:30:00.000007Z"
    for written in ("2026-03-29t03:30:00.0000079+02:00", "2026-03-29T01:30:00.000007z"):
        read = wire.RECORD.built({**plain, "due_at": written})
        assert getattr(read, "due_at", None) == moment


def test_a_newer_program_may_say_more() -> None:
    """Fields that this program does not know are ignored, at every depth."""
    plain = wire.RECORD.plain(replace(an_outage(), updates=(OutageUpdate(datetime(2026, 1, 1, tzinfo=UTC), "x"),)))
    plain["mood"] = {"deep": [1]}
    plain["updates"][0]["colour"] = "red"
    assert isinstance(wire.RECORD.built(plain), Outage)


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"@type": "spaceship"}, "", "kind"),
        ({"@type": 7}, "", "kind"),
        ({"title": 5}, "title", "type"),
        ({"title": None}, "title", "type"),
        ({"started_at": "yesterday"}, "started_at", "moment"),
        ({"started_at": "2026-13-01T00:00:00Z"}, "started_at", "moment"),
        ({"started_at": "2026-01-01T00:00:00"}, "started_at", "naive"),
        ({"started_at": "0001-01-01T00:00:00+14:00"}, "started_at", "moment"),
        ({"started_at": "2026-W01-1T00:00:00Z"}, "started_at", "moment"),
        ({"state": "exploded"}, "state", "choice"),
        ({"state": ["open"]}, "state", "type"),
        ({"version": True}, "version", "type"),
        ({"version": 1.0}, "version", "type"),
        ({"version": 2**63}, "version", "range"),
        ({"coverage": []}, "coverage", "type"),
        ({"coverage": {"towns": "Poznań"}}, "coverage.towns", "type"),
        ({"coverage": {"towns": ["Poznań", 3]}}, "coverage.towns[1]", "type"),
        ({"updates": [{"at": "2026-01-01T00:00:00Z"}]}, "updates[0].text", "missing"),
        ({"updates": [{"at": "2026-01-01T00:00:00Z", "text": "x", "state": "?"}]}, "updates[0].state", "choice"),
        ({"origin": {"source": "x"}}, "origin.foreign_id", "missing"),
        ({"origin": "x"}, "origin", "type"),
    ],
)
def test_a_wrong_value_is_named(change: dict[str, Any], field: str, code: str) -> None:
    """Invalid names the way to the value and the reason; nothing is converted."""
    with pytest.raises(Invalid) as raised:
        wire.RECORD.built({**wire.RECORD.plain(an_outage()), **change})
    assert (raised.value.field, raised.value.code) == (field, code)


def test_what_cannot_be_written_is_named() -> None:
    """A moment without a zone is found on the way out too, wherever it stands."""
    naive = datetime(2026, 1, 1)
    bad = an_outage(updates=(OutageUpdate(datetime(2026, 1, 1, tzinfo=UTC), "x"), OutageUpdate(naive, "y")))
    with pytest.raises(Invalid) as raised:
        wire.BATCH.plain(Batch((Put(OPERATOR), Put(bad)), "ola"))
    assert (raised.value.field, raised.value.code) == ("items[1].record.updates[1].at", "naive")


@pytest.mark.parametrize(
    "text", [b"", b"{", b"\xff\xfe", b"[" * 200_000, b"NaN", b'{"a": Infinity}', b"1" * 5_000, b'"a" "b"']
)
def test_what_is_no_json_is_refused(text: bytes) -> None:
    """Broken, endless or made-up JSON is Invalid `json`, never another exception."""
    with pytest.raises(Invalid) as raised:
        wire.RECORD.read(text)
    assert raised.value.code == "json"


@ANY
@given(value=json_values)
def test_any_json_is_read_or_refused(value: Any) -> None:
    """Whatever values come, reading gives a record or Invalid."""
    for form in (wire.RECORD, wire.BATCH, wire.RECEIPT, wire.EVENT):
        with pytest.raises(Invalid):
            form.built(value)
    with pytest.raises(Invalid):
        wire.RECORD.built({"@type": "customer", "name": value})


def test_texts_are_cleaned_when_they_are_read() -> None:
    """Escape sequences and lone surrogates that come over the wire do not reach a record."""
    plain = {**wire.RECORD.plain(CUSTOMER), "name": "a\x1b[2Jb\ud800"}
    read = wire.RECORD.read(json.dumps(plain))
    assert getattr(read, "name", "") == "a␛[2Jb\ufffd"


ERRORS: tuple[BackendError, ...] = (
    Busy("later", retry_after=2.5),
    Busy("later"),
    Invalid("updates[0].at", "naive", "no zone"),
    Conflict(TICKET, "moved"),
    Conflict(None),
    Unsupported("write.ticket_event"),
    WrongVersion("9", "3", newer=True),
    NotAllowed("not you"),
    TimedOut(),
    Full("no room"),
)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_errors_come_back_as_the_same_kind(error: BackendError) -> None:
    """An error keeps its kind, its fields and its words; its source is the one that tells it."""
    again = wire.built_error(json.loads(wire.dumps(wire.plain_error(error))), source="far")
    assert type(again) is type(error)
    assert again.source == "far"
    ours = {name: value for name, value in vars(error).items() if name != "source"}
    assert {name: value for name, value in vars(again).items() if name != "source"} == ours


def test_every_error_has_a_name_on_the_wire() -> None:
    """All kinds of the port's tree can be told."""
    assert len(wire.ERRORS) >= 14
    assert all(issubclass(kind, BackendError) for kind in wire.ERRORS.values())


def test_an_error_of_a_newer_program_is_read_as_what_it_is_based_on() -> None:
    """An unknown kind becomes the known one it comes from; without any it is still an error of a backend."""

    class Throttled(Unavailable):
        """A backend's own."""

    assert wire.plain_error(Throttled("x"))["@type"] == "unavailable"
    assert type(wire.built_error({"@type": "throttled", "@baseType": "unavailable", "detail": "x"})) is Unavailable
    assert type(wire.built_error({"@type": "odd"})) is BackendError
    with pytest.raises(Invalid):
        wire.built_error(["?"])


def test_days_stay_days() -> None:
    """A calendar day is no moment: no zone moves it."""
    charge = a_charge(CUSTOMER, due_on=date(2024, 2, 29))
    assert wire.RECORD.plain(charge)["due_on"] == "2024-02-29"
    for wrong in ("2023-02-29", "20240229", 5):
        with pytest.raises(Invalid):
            wire.RECORD.built({**wire.RECORD.plain(charge), "due_on": wrong})


def test_roles_and_kinds_are_read_as_what_they_are() -> None:
    """Types as values are told by name."""
    form: wire.Form[Any] = wire.Form(frozenset[Role])
    assert form.read(b'["desk","billing"]') == {Role.DESK, Role.BILLING}
    kind: wire.Form[Any] = wire.Form(type[Record])
    assert kind.built("ticket_event").__name__ == "TicketEvent"
    with pytest.raises(Invalid):
        kind.built("type")


def test_nothing_heavy_is_loaded() -> None:
    """The wire is the standard library's: an outbox that journals with it starts no slower."""
    code = "import sys, backends.wire; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & {"pydantic", "httpx", "starlette", "sqlmodel", "textual", "msgspec"}
