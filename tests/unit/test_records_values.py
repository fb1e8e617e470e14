"""Records are plain, frozen, hashable values whose names and codes do not change."""

from __future__ import annotations

import inspect
import pkgutil
import types
import typing
from dataclasses import FrozenInstanceError, fields, is_dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from enum import Enum, StrEnum
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backends import records
from backends.contract import strategies
from backends.contract.samples import (
    a_charge,
    a_chase,
    a_contact,
    a_contract,
    a_customer,
    a_dispute,
    a_handover,
    a_line,
    a_link,
    a_promise,
    a_ticket,
    a_ticket_event,
    a_visit,
    an_agent,
    an_operator,
    an_outage,
)
from backends.records import FIRST_LINK, OPEN_STATES, Origin, Record, TicketState, chained, is_new, new_key, utc

MODULES = [import_module(f"backends.records.{found.name}") for found in pkgutil.iter_modules(records.__path__)]
CLASSES = sorted(
    {
        thing
        for module in MODULES
        for thing in vars(module).values()
        if inspect.isclass(thing) and thing.__module__ == module.__name__
    },
    key=lambda cls: cls.__name__,
)
DATACLASSES = [cls for cls in CLASSES if is_dataclass(cls)]
CUSTOMER = a_customer(an_operator())
TICKET = a_ticket(CUSTOMER)
ONE_OF_EACH: list[Record] = [
    an_operator(), CUSTOMER, an_agent(), a_line(CUSTOMER), a_contract(CUSTOMER), a_charge(CUSTOMER),
    a_dispute(CUSTOMER), a_contact(CUSTOMER), TICKET, a_ticket_event(TICKET), a_chase(TICKET), a_promise(CUSTOMER),
    a_visit(TICKET), a_handover(TICKET), an_outage(), a_link(Origin("own", "1"), Origin("desk", "2")),
]  # fmt: skip


def test_exported_names_are_pinned() -> None:
    """What plug-in authors import is exactly this; a name that goes away breaks them."""
    names = """
        CHANNELS FIRST_LINK KINDS Link LinkKind LIVE_OUTAGE_STATES NEEDS_IDENTITY_DOCUMENT OPEN_STATES
        Agent AnswerState Area Attachment AuditEntry AuditVerdict AuthorisedParty CallRoute Channel Charge Chase
        Compensation Contact ContactPoint Contract ContractState Coverage Customer CustomerFlag CustomerKind Direction
        Dispute DisputeState Entry Handover Holder Key Line LineState Money NetworkPath Operator Origin Outage
        OutageKind OutageState OutageUpdate Outcome Place PointKind Priority Promise PromiseKind PromiseState Record
        Role Ticket TicketEvent TicketEventKind TicketKind TicketState Visit VisitState chained is_new new_key utc
        """
    assert " ".join(sorted(records.__all__)) == " ".join(sorted(names.split()))
    for name in records.__all__:
        assert hasattr(records, name)


def test_nothing_defined_is_forgotten_in_the_exports() -> None:
    """Every class of the package can be imported from it."""
    assert {cls.__name__ for cls in CLASSES} <= set(records.__all__)


@pytest.mark.parametrize("cls", DATACLASSES, ids=lambda cls: cls.__name__)
def test_every_record_is_frozen_and_slotted(cls: type[Any]) -> None:
    """No record and no part of one can be changed, or given a field it does not have."""
    assert cls.__dataclass_params__.frozen
    assert "__slots__" in vars(cls)
    assert "__dict__" not in dir(cls)


@pytest.mark.parametrize("cls", DATACLASSES, ids=lambda cls: cls.__name__)
def test_fields_hold_immutable_values(cls: type[Any]) -> None:
    """Fields are texts, numbers, moments, days, codes, tuples, frozen sets, or records: all can be hashed."""
    for name, hint in typing.get_type_hints(cls).items():
        assert _is_immutable(hint), f"{cls.__name__}.{name}: {hint}"


def _is_immutable(hint: Any) -> bool:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return all(_is_immutable(part) for part in typing.get_args(hint))
    if typing.get_origin(hint) in (tuple, frozenset):
        return all(part is ... or _is_immutable(part) for part in typing.get_args(hint))
    plain = (str, int, bool, datetime, date, type(None))
    return hint in plain or (inspect.isclass(hint) and (issubclass(hint, Enum) or hint in DATACLASSES))


@pytest.mark.parametrize("record", ONE_OF_EACH, ids=lambda record: type(record).__name__)
def test_records_are_compared_and_hashed_by_value(record: Record) -> None:
    """Equal fields make equal records with equal hashes; another version makes another record; none can be changed."""
    twin = replace(record)
    assert twin == record
    assert hash(twin) == hash(record)
    assert replace(record, version=record.version + 1) != record
    with pytest.raises(FrozenInstanceError):
        record.key = "other"  # type: ignore[misc]


def test_samples_cover_every_kind() -> None:
    """A kind that is added to `Record` needs a sample, and with it a place in the suite."""
    assert {type(record) for record in ONE_OF_EACH} == set(typing.get_args(Record))


def test_every_record_has_key_and_version() -> None:
    """What a batch stores has a key first and a version last, which is 0 until it is stored."""
    for kind in typing.get_args(Record):
        names = [spec.name for spec in fields(kind)]
        assert (names[0], names[-1]) == ("key", "version"), kind
        assert fields(kind)[-1].default == 0
    for record in ONE_OF_EACH:
        assert is_new(record.key)
        assert record.version == 0


CODES = {
    "AnswerState": "not_needed waiting answered waived",
    "Area": "payment documents network",
    "ContractState": "offered running notice_given ended",
    "CustomerFlag": "priority_repair authorised_third_party accessible_format vulnerable business no_marketing"
    " forgotten",
    "CustomerKind": "prospect subscriber",
    "Direction": "in out internal",
    "DisputeState": "open hold_asked on_hold upheld refused withdrawn",
    "Holder": "desk technical supplier billing customer",
    "LineState": "ordered active suspended ended",
    "LinkKind": "same_customer same_contact same_ticket not_same",
    "OutageKind": "fault planned_works",
    "OutageState": "suspected confirmed restored dismissed",
    "Outcome": "right_first_time recovered compounded",
    "PointKind": "phone mobile email fax social",
    "Priority": "low normal high urgent",
    "PromiseKind": "deed call_back word_at_restoration document_check",
    "PromiseState": "open kept withdrawn",
    "Role": "desk hotline technical billing supervisor advisor",
    "TicketEventKind": "opened state holder priority chased promised promise_kept promise_withdrawn visit handover"
    " next_step reference_given compensation outage_attached joined note escalated parted"
    " overridden raised closed reopened",
    "TicketKind": "fault installation billing complaint sales change data_request",
    "TicketState": "open in_progress waiting_customer solved closed",
    "VisitState": "planned confirmed done missed cancelled",
}
"""What stands in databases, mappings and scripts."""


@pytest.mark.parametrize("cls", [cls for cls in CLASSES if issubclass(cls, Enum)], ids=lambda cls: cls.__name__)
def test_codes_are_pinned(cls: type[Any]) -> None:
    """Codes are stored: none may change or go away, and each is a plain string."""
    assert issubclass(cls, StrEnum)
    assert " ".join(member.value for member in cls) == CODES[cls.__name__]


def test_channels_are_pinned() -> None:
    """The channels we ship keep their codes and their order; fax and letter need an identity document (R38)."""
    assert records.CHANNELS == ("call", "email", "chat", "sms", "fax", "letter", "visit", "web", "social", "note")
    assert {"fax", "letter"} == records.NEEDS_IDENTITY_DOCUMENT


def test_open_is_everything_but_closed() -> None:
    """A solved ticket is still open: the customer has not confirmed. A suspected outage is alive."""
    assert set(TicketState) - {TicketState.CLOSED} == OPEN_STATES
    assert {"suspected", "confirmed"} == records.LIVE_OUTAGE_STATES


def test_new_keys_are_new_and_unlike() -> None:
    """A new key is known as such and never given twice; a stored one, or none, is not new."""
    keys = {new_key() for _ in range(1_000)}
    assert len(keys) == 1_000
    assert all(is_new(key) for key in keys)
    assert not any(is_new(key) for key in ("", "17", "ticket:17", "old:new:1", "NEW:1"))


@given(st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1)), st.integers(-14 * 60, 14 * 60))
def test_moments_are_placed_in_utc(moment: datetime, minutes: int) -> None:
    """A moment of any zone is the same moment in UTC; one without a zone cannot be placed."""
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert utc(aware) == aware
    assert utc(aware).tzinfo is UTC
    with pytest.raises(ValueError, match="time zone"):
        utc(moment)


LINK: tuple[str, int, datetime, str, str, str, str, str, str] = (
    FIRST_LINK, 1, datetime(2026, 3, 1, 12, 0, 0, 123_456, tzinfo=UTC), "ola", "read", "customer", "7", "7", "zażółć",
)  # fmt: skip


def test_a_link_of_the_chain_is_pinned() -> None:
    """The digest of a row is the same in every version: a trail that was written stays verifiable."""
    assert chained(*LINK) == "d03a28c8a5fb3a6bde7bdbbe2823f98b626c95d63ad281bb0c45469247c086de"


def test_every_part_of_a_row_counts() -> None:
    """Whatever is changed in a row, or moved from one field to the next, changes its digest."""
    digests = {chained(*LINK)}
    for position, value in enumerate(LINK):
        changed: list[Any] = list(LINK)
        match value:
            case str():
                changed[position] = f"{value}x"
            case int():
                changed[position] = value + 1
            case datetime():
                changed[position] = value + timedelta(microseconds=1)
        digests.add(chained(*changed))
    moved: list[Any] = [*LINK[:3], "ol", "aread", *LINK[5:]]
    digests.add(chained(*moved))
    assert len(digests) == len(LINK) + 2


def test_a_row_is_chained_by_the_moment_not_by_its_notation() -> None:
    """The same moment in another zone gives the same digest; half of a surrogate pair can be chained too."""
    elsewhere: list[Any] = list(LINK)
    elsewhere[2] = LINK[2].astimezone(timezone(timedelta(hours=9)))
    assert chained(*elsewhere) == chained(*LINK)
    odd: list[Any] = [*LINK[:-1], "\ud800"]
    assert len(chained(*odd)) == 64


OF_EACH_KIND: list[st.SearchStrategy[Any]] = [
    strategies.operators, strategies.agents("o"), strategies.customers("o"), strategies.lines("c"),
    strategies.contracts("c", "l"), strategies.charges("c", "k"), strategies.disputes("c", "f", "t"),
    strategies.contacts(CUSTOMER, "t", "l", "e", "o"), strategies.tickets(CUSTOMER, "l", "o"),
    strategies.ticket_events(TICKET, "k"), strategies.chases(TICKET, "k"), strategies.promises(TICKET, "k", "o"),
    strategies.visits(TICKET), strategies.handovers(TICKET), strategies.outages("o"), strategies.links,
]  # fmt: skip
FIXED = {"number", "reference", "customer_key", "operator_key", "parent_key", "whole", "version"}
"""Fields that a backend assigns, or that must lead to what the test has stored."""


@pytest.mark.parametrize("strategy", OF_EACH_KIND)
def test_strategies_fill_every_field(strategy: st.SearchStrategy[Any]) -> None:
    """Each field of a kind takes several values: none is left to its default, so that none is stored by luck."""
    seen: dict[str, set[Any]] = {}

    @given(strategy)
    @settings(max_examples=80, database=None, derandomize=True, deadline=None)
    def collect(record: Any) -> None:
        for spec in fields(record):
            seen.setdefault(spec.name, set()).add(getattr(record, spec.name))

    collect()
    same = {name for name, values in seen.items() if len(values) == 1}
    assert same <= FIXED | ({"ticket_key"} if "channel" not in seen else set())


def test_strategies_cover_every_kind() -> None:
    """A kind that is added to `Record` needs a strategy."""
    assert len(OF_EACH_KIND) == len(typing.get_args(Record))
