"""What is owed: who has a claim, from when and how much; amounts never fall, and tables are data (R33)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backends.port import CustomerFile
from backends.records import (
    Compensation,
    Contract,
    ContractState,
    Customer,
    CustomerFlag,
    CustomerKind,
    Line,
    Money,
    Operator,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketKind,
    TicketState,
    Visit,
    VisitState,
)
from console.data import DataError
from console.data.clocks import policies
from console.data.compensation import SHIPPED, read, tariffs
from console.rules.clocks import ClockState, clocks
from console.rules.compensation import After, Owed, Step, Tariff, TariffError, Tariffs, owed

UNTIMED = settings(deadline=None)
"""Calendars of holidays are made when they are first asked for, on whatever computer."""
MOOR = Operator("1", "LRK", "Larkmoor", "GB", "en", "Europe/London", "GBP")
VALLE = Operator("2", "VAL", "Valle", "IT", "it", "Europe/Rome")
RHEIN = Operator("3", "RHE", "Rhein", "DE", "de", "Europe/Berlin")
LUNA = Operator("4", "LUN", "Luna", "PL", "pl", "Europe/Warsaw", "PLN")
START = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
"""A Monday."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CUSTOMER = Customer("1", "C1", "1", CustomerKind.SUBSCRIBER, "Ada", "en")
LINE = Line("1", "L1", "1", "internet")
CONTRACT = Contract("1", "K1", "1", "Fibre", date(2020, 1, 1), price=Money(8000, "EUR"), line_keys=("1",))


def ticket(kind: TicketKind = TicketKind.FAULT, **changes: Any) -> Ticket:
    """Return a case since Monday on which nothing works."""
    one = Ticket(
        "5", "T5", "1", "1", kind, "dead", START, first_contact_at=START, line_key="1",
        details=(("symptom", "no_service"),),
    )  # fmt: skip
    return replace(one, **changes)


def reckoned(
    one: Ticket,
    now: datetime,
    operator: Operator = MOOR,
    events: tuple[TicketEvent, ...] = (),
    rules: Tariffs | None = None,
    **file: Any,
) -> Owed | None:
    """Return what a case is owed."""
    parts: dict[str, Any] = {"lines": (LINE,), "contracts": (CONTRACT,), "customer": CUSTOMER, **file}
    whole = CustomerFile(operator=operator, **parts)
    return owed(one, whole, now, rules or tariffs(), policies(), events)


def amount(one: Ticket, now: datetime, operator: Operator = MOOR, **more: Any) -> int | None:
    """Return how much a case is owed, None where no tariff concerns it."""
    found = reckoned(one, now, operator, **more)
    return found.amount.minor if found is not None else None


def visit(state: VisitState, at: datetime = START + DAY, key: str = "1") -> Visit:
    """Return an engineer's visit."""
    return Visit(key, "5", "1", at, at, state=state)


# who has a claim ------------------------------------------------------------------------------------------------------


def test_r33_a_claim_begins_after_two_whole_working_days_from_the_first_report() -> None:
    """On Thursday, and counted from the day on which the customer first spoke of it, whenever the ticket was opened."""
    assert [amount(ticket(), START + n * DAY) for n in (2, 3, 4)] == [0, 1034, 2068]
    sooner = ticket(opened_at=START + 2 * DAY)
    assert amount(sooner, START + 3 * DAY) == 1034
    assert amount(ticket(first_contact_at=START - 3 * DAY), START + 2 * DAY) == 1034


@pytest.mark.parametrize(
    ("changes", "file"),
    [
        ({"details": (("symptom", "slow"),)}, {}),
        ({"kind": TicketKind.BILLING}, {}),
        ({}, {"lines": (replace(LINE, service="tv"),)}),
        ({"opened_at": datetime(2019, 3, 20, tzinfo=UTC), "first_contact_at": None}, {}),
    ],
    ids=["not all is lost", "another kind", "another service", "before the scheme"],
)
def test_r33_who_has_no_claim_is_owed_nothing(changes: dict[str, Any], file: dict[str, Any]) -> None:
    """The scheme pays for a total loss of internet or telephone, reported since it exists, and for nothing else."""
    assert not amount(ticket(**changes), START + 30 * DAY, **file)


def test_r33_a_business_has_no_claim_of_a_consumer() -> None:
    """The schemes of both countries are for residential customers."""
    business = replace(CUSTOMER, flags=frozenset({CustomerFlag.BUSINESS}))
    assert amount(ticket(), START + 9 * DAY, customer=business) is None
    assert amount(ticket(), START + 9 * DAY, RHEIN, customer=business) is None


def test_r33_what_nobody_asked_is_said_to_be_uncertain() -> None:
    """Without a symptom the amount is told, and that it hangs on the answer."""
    found = reckoned(ticket(details=()), START + 3 * DAY)
    assert found is not None
    assert (found.amount.minor, found.doubts) == (1034, ("symptom",))
    asked = reckoned(ticket(), START + 3 * DAY)
    assert asked is not None
    assert asked.doubts == ()


def test_r33_where_no_table_is_nothing_is_said() -> None:
    """A Polish fault has no tariff: that is not the same as an amount of nothing."""
    assert reckoned(ticket(), START + 30 * DAY, LUNA) is None


# until when -----------------------------------------------------------------------------------------------------------


def test_r33_it_stops_when_it_works_again() -> None:
    """At closing; before that, when it was settled in our eyes; opened again, it goes on."""
    closed = ticket(state=TicketState.CLOSED, closed_at=START + 4 * DAY)
    assert amount(closed, START + 90 * DAY) == 2068
    solved = TicketEvent("1", "5", "1", TicketEventKind.STATE, START + 3 * DAY, after=TicketState.SOLVED)
    other = replace(solved, key="2", ticket_key="6", at=START + DAY)
    found = reckoned(ticket(state=TicketState.SOLVED), START + 90 * DAY, events=(other, solved))
    assert found is not None
    assert (found.amount.minor, found.next_at) == (1034, None)
    assert amount(ticket(), START + 5 * DAY, events=(solved,)) == 3 * 1034


@pytest.mark.parametrize(("events", "expected"), [
    ((("solved", 3),), 1034),
    ((("solved", 3), ("in_progress", 5)), 8 * 1034),
    ((("solved", 3), ("in_progress", 5), ("solved", 6)), 4 * 1034),
    ((("solved", 12),), 8 * 1034),
])  # fmt: skip
def test_r33_what_is_closed_later_than_it_worked_is_paid_until_it_worked(
    events: tuple[tuple[str, int], ...], expected: int
) -> None:
    """R33: closing adds no days to what was settled before; what did not last goes on until it did."""
    told = tuple(
        TicketEvent(str(day), "5", "1", TicketEventKind.STATE, START + day * DAY, after=state) for state, day in events
    )
    closed = ticket(state=TicketState.CLOSED, closed_at=START + 10 * DAY)
    for order in (told, told[::-1]):
        assert amount(closed, START + 90 * DAY, events=order) == expected


def test_r33_a_repair_at_midnight_pays_no_day_more() -> None:
    """What ends with a day ends on it."""
    midnight = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)
    assert amount(ticket(state=TicketState.CLOSED, closed_at=midnight), START + 9 * DAY) == 1034


# other rights ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operator", "visits", "called_off_hours_before", "expected"),
    [
        (MOOR, (VisitState.MISSED,), None, 3231),
        (MOOR, (VisitState.DONE,), None, 0),
        (MOOR, (VisitState.CANCELLED,), None, 0),
        (MOOR, (VisitState.CANCELLED,), 30, 0),
        (MOOR, (VisitState.CANCELLED,), 5, 3231),
        (RHEIN, (VisitState.MISSED,), None, 1600),
    ],
)
def test_r33_a_missed_visit_is_paid_once(
    operator: Operator, visits: tuple[VisitState, ...], called_off_hours_before: int | None, expected: int
) -> None:
    """£32.31, or 20 % of the monthly fee in Germany; called off within 24 hours is missed, in time is not."""
    at = START + DAY
    events: tuple[TicketEvent, ...] = ()
    if called_off_hours_before is not None:
        when = at - called_off_hours_before * HOUR
        events = (TicketEvent("1", "5", "1", TicketEventKind.VISIT, when, after=VisitState.CANCELLED),)
    made = tuple(visit(state, at, str(n)) for n, state in enumerate(visits))
    assert amount(ticket(), at + 5 * HOUR, operator, events=events, visits=made) == expected
    found = reckoned(ticket(), at + 5 * HOUR, operator, events=events, visits=made)
    assert found is not None
    assert found.doubts == (("called_off",) if called_off_hours_before == 5 else ())
    two = (*made, *(replace(one, key="9", window_from=at + HOUR) for one in made))
    assert amount(ticket(), at + 9 * HOUR, operator, events=events, visits=two) == 2 * expected
    assert amount(ticket(), at - 40 * HOUR, operator, visits=made) == 0


def test_r33_a_late_start_pays_the_missed_day_too_when_it_is_over() -> None:
    """£6.46 for each whole day from the day that was agreed; no claim without an agreed day."""
    agreed = (visit(VisitState.DONE, START + 7 * DAY),)
    new_line = ticket(TicketKind.INSTALLATION)
    assert [amount(new_line, START + n * DAY, visits=agreed) for n in (7, 8, 9)] == [0, 646, 2 * 646]
    done = replace(new_line, state=TicketState.CLOSED, closed_at=START + 9 * DAY)
    assert amount(done, START + 40 * DAY, visits=agreed) == 2 * 646
    assert amount(replace(new_line, due_at=START + 8 * DAY), START + 9 * DAY, visits=agreed) == 646
    assert amount(new_line, START + 90 * DAY) == 0


def test_r33_a_start_that_was_called_off_too_late_is_late_from_the_first_day() -> None:
    """A new date does not undo the day that was kept free; called off in time, the new date counts."""
    new_line = ticket(TicketKind.INSTALLATION)
    visits = (visit(VisitState.CANCELLED, START + 7 * DAY), visit(VisitState.PLANNED, START + 14 * DAY, "2"))
    late = TicketEvent("1", "5", "1", TicketEventKind.VISIT, START + 7 * DAY - 3 * HOUR, after=VisitState.CANCELLED)
    found = reckoned(new_line, START + 9 * DAY, events=(late,), visits=visits)
    assert found is not None
    assert {one.name: one.amount for one in found.shares} == {"start_late": 2 * 646, "visit_missed": 3231}
    assert found.doubts == ("called_off",)
    in_time = replace(late, at=START + 5 * DAY)
    assert amount(new_line, START + 9 * DAY, events=(in_time,), visits=visits) == 0


def test_r33_repeated_complaints_about_one_matter_are_paid_once() -> None:
    """AGCOM 347/18/CONS: the first one is paid; a second on the same line is counted with it, one on another is not."""
    first = ticket(TicketKind.COMPLAINT, key="4", reference="T4", opened_at=START - 5 * DAY, first_contact_at=None)
    second = ticket(TicketKind.COMPLAINT)
    elsewhere = replace(second, line_key="2")
    now = START + 40 * DAY
    every = (first, second)
    counted = reckoned(second, now, VALLE, tickets=every)
    assert counted is not None
    assert (counted.amount.minor, counted.shares[0].counted_with, counted.next_at) == (0, "T4", None)
    assert amount(first, now, VALLE, tickets=every) == 15 * 250
    assert amount(elsewhere, now, VALLE, tickets=(first, elsewhere)) == 10 * 250
    settled = replace(first, state=TicketState.CLOSED, closed_at=START - DAY)
    assert amount(second, now, VALLE, tickets=(settled, second)) == 10 * 250


def test_r33_the_fee_is_that_of_the_lines_contract_in_the_tariffs_currency() -> None:
    """Another line's contract and one in another currency give no percentage; without one for the line all count."""
    now = START + 3 * DAY
    assert amount(ticket(), now, RHEIN) == 800
    assert amount(ticket(), now, RHEIN, contracts=(replace(CONTRACT, price=Money(8000, "SEK")),)) == 500
    ended = replace(CONTRACT, key="2", state=ContractState.ENDED, price=Money(90000, "EUR"))
    assert amount(ticket(), now, RHEIN, contracts=(CONTRACT, ended)) == 800
    others = tuple(replace(CONTRACT, key=str(n), line_keys=()) for n in range(2))
    assert amount(ticket(), now, RHEIN, contracts=others) == 1600


def test_r33_what_was_given_is_taken_off_what_is_still_open() -> None:
    """Given in another currency it is another matter; nobody owes less than nothing."""
    given_before = (
        Compensation(Money(500, "GBP"), "goodwill", START, "Ola"),
        Compensation(Money(900, "EUR"), "goodwill", START, "Ola"),
    )
    found = reckoned(ticket(compensations=given_before), START + 3 * DAY)
    assert found is not None
    assert (found.amount.minor, found.given, found.open) == (1034, 500, Money(534, "GBP"))
    much = (replace(given_before[0], amount=Money(9999, "GBP")),)
    rich = reckoned(ticket(compensations=much), START + 3 * DAY)
    assert rich is not None
    assert rich.open == Money(0, "GBP")


# properties -----------------------------------------------------------------------------------------------------------

_operators = st.sampled_from([MOOR, VALLE, RHEIN])
_kinds = st.sampled_from([TicketKind.FAULT, TicketKind.INSTALLATION, TicketKind.COMPLAINT])
_starts = st.integers(0, 2_500).map(lambda days: datetime(2020, 1, 1, 9, tzinfo=UTC) + timedelta(days=days))
_visits = st.lists(st.tuples(st.integers(-50, 900), st.sampled_from(VisitState)), max_size=4)


@UNTIMED
@given(
    start=_starts, kind=_kinds, operator=_operators, visits=_visits,
    hours=st.lists(st.integers(0, 9_000), min_size=2, max_size=6),
)  # fmt: skip
def test_amounts_never_fall(
    start: datetime, kind: TicketKind, operator: Operator, visits: list[tuple[int, VisitState]], hours: list[int]
) -> None:
    """R33: whatever the day and the table, an hour later it is as much or more, and never less than nothing."""
    one = ticket(kind, opened_at=start, first_contact_at=None)
    made = tuple(visit(state, start + at * HOUR, str(n)) for n, (at, state) in enumerate(visits))
    found = [amount(one, start + at * HOUR, operator, visits=made) for at in sorted(hours)]
    if None in found:
        assert set(found) == {None}, "a claim does not come and go with time"
        return
    known = [each for each in found if each is not None]
    assert known[0] >= 0
    assert all(earlier <= later for earlier, later in pairwise(known))


@UNTIMED
@given(start=_starts, kind=_kinds, operator=_operators, hours=st.integers(0, 5_000))
def test_the_next_step_is_what_comes_next(start: datetime, kind: TicketKind, operator: Operator, hours: int) -> None:
    """R33: at the moment that is told the amount is the one that is told, and just before it is what it is now."""
    one = ticket(kind, opened_at=start, first_contact_at=None)
    agreed = (visit(VisitState.DONE, start + 5 * DAY),)
    found = reckoned(one, start + hours * HOUR, operator, visits=agreed)
    if found is None or found.next_at is None or found.next_amount is None:
        return
    assert found.next_amount.minor > found.amount.minor
    assert amount(one, found.next_at, operator, visits=agreed) == found.next_amount.minor
    assert amount(one, found.next_at - timedelta(seconds=1), operator, visits=agreed) == found.amount.minor


_any_moment = st.datetimes(timezones=st.just(UTC))


@UNTIMED
@given(opened=_any_moment, first=_any_moment, now=_any_moment, operator=_operators, kind=_kinds, due=_any_moment)
def test_no_date_is_too_odd_for_clocks_and_amounts(
    opened: datetime, first: datetime, now: datetime, operator: Operator, kind: TicketKind, due: datetime
) -> None:
    """Records come from elsewhere: whatever their dates, every clock has a state and no amount is negative."""
    for one in (
        ticket(kind, opened_at=opened, first_contact_at=first),
        ticket(kind, opened_at=opened, first_contact_at=None, due_at=due),
        ticket(kind, opened_at=opened, state=TicketState.CLOSED, closed_at=due),
    ):
        assert all(each.state in ClockState for each in clocks(one, operator, now, (), (), policies()))
        assert (amount(one, now, operator, visits=(visit(VisitState.MISSED, first),)) or 0) >= 0


# tables are data ------------------------------------------------------------------------------------------------------


def test_every_shipped_tariff_names_its_source_and_no_two_hold_at_once() -> None:
    """Of one right in one country, each day has one version, and none is missing between the first and the last."""
    shipped = read(SHIPPED)
    assert all(len(one.source) > 20 for one in shipped)
    for name, country in {(one.name, one.country) for one in shipped}:
        versions = sorted(
            (one for one in shipped if (one.name, one.country) == (name, country)), key=lambda one: one.since
        )
        assert all(earlier.until == later.since for earlier, later in pairwise(versions))
        assert versions[-1].until is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kinds": frozenset()}, "kinds"),
        ({"steps": ()}, "amounts"),
        ({"steps": (Step(2, 5),)}, "amounts"),
        ({"steps": (Step(1, 5), Step(1, 9))}, "amounts"),
        ({"until": date(2020, 1, 1)}, "until"),
        ({"clock": "answer"}, "clock"),
        ({"after": After.CLOCK}, "clock"),
    ],
)
def test_a_tariff_that_contradicts_itself_cannot_be_made(changes: dict[str, Any], field: str) -> None:
    """Refused where it is made, with the field."""
    good = Tariff(
        "x", "EUR", "test", frozenset({TicketKind.FAULT}), After.CALENDAR_DAYS, (Step(1, 5),), date(2020, 1, 1)
    )
    with pytest.raises(TariffError) as wrong:
        replace(good, **changes)
    assert wrong.value.field == field


GOOD = """
[[tariff]]
name = "repair_late"
operator = "LUN"
currency = "pln"
kinds = ["fault"]
after = "calendar_days"
grace = 1
from_days = [1, 4]
amounts = ["5.00", "7.50"]
from = 2026-01-01
source = "our contract, § 9"
"""


def test_r33_an_operators_own_table_lies_over_the_shipped_one(tmp_path: Path) -> None:
    """What a house promises in its contracts is owed as a law's amount is; others keep what ships."""
    file = tmp_path / "compensation.toml"
    file.write_text(GOOD)
    both = tariffs(file)
    assert amount(ticket(), START + 6 * DAY, LUNA, rules=both) == 3 * 500 + 2 * 750
    assert amount(ticket(), START + 3 * DAY, MOOR, rules=both) == 1034


@pytest.mark.parametrize(
    ("was", "becomes", "line", "where", "says"),
    [
        ('"7.50"', "7.50", 10, "tariff 1, amounts", "in quotes"),
        ('"7.50"', '"7.505"', 10, "tariff 1, amounts", "two decimals"),
        ('"7.50"', '"-1.00"', 10, "tariff 1, amounts", "in quotes"),
        ("[1, 4]", "[1]", 10, "tariff 1, amounts", "as many"),
        ("[1, 4]", "[4, 1]", 10, "tariff 1, amounts", "rising"),
        ('"pln"', '"zloty"', 5, "tariff 1, currency", "three letters"),
        ('"calendar_days"', '"soon"', 7, "tariff 1, after", "working_days"),
        ('"calendar_days"', '"clock"', 2, "tariff 1, clock", "Name the clock"),
        ("grace = 1", "grace = -1", 8, "tariff 1, grace", "from 0"),
        pytest.param(GOOD, GOOD + GOOD, 23, "tariff 2, from", "twice", id="twice"),
    ],
)
def test_r33_a_wrong_table_is_refused_with_line_and_field(
    tmp_path: Path, was: str, becomes: str, line: int, where: str, says: str
) -> None:
    """Amounts are texts with two decimals: no rounding between the file and the customer."""
    file = tmp_path / "compensation.toml"
    assert was in GOOD
    file.write_text(GOOD.replace(was, becomes, 1))
    with pytest.raises(DataError) as wrong:
        tariffs(file)
    assert (wrong.value.line, wrong.value.where) == (line, where)
    assert says in wrong.value.says
