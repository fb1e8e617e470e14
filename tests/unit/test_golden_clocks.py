"""Golden cases, reckoned by hand from the calendars of each country: due times and amounts that must never move.

A Friday 23:00 report before a public holiday in four countries, both nights on which clocks change, the leap day, and a
change of tariffs on 1 April. Every case is written with the days that lie between, so that a person can check it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from backends.port import CustomerFile
from backends.records import Contract, Customer, CustomerKind, Line, Money, Operator, Ticket, TicketKind
from console.data.clocks import policies
from console.data.compensation import tariffs
from console.rules.clocks import Clock, ClockState, Policies, Policy, Unit, clocks
from console.rules.compensation import Owed, owed

WEEK = "Mon-Fri 08:00-18:00"
POLAND = Operator("1", "LUN", "Luna", "PL", "pl", "Europe/Warsaw", "PLN", desk_hours=WEEK)
ITALY = Operator("2", "VAL", "Valle", "IT", "it", "Europe/Rome", desk_hours=WEEK)
SWEDEN = Operator("3", "NOR", "Norr", "SE", "sv", "Europe/Stockholm", "SEK", desk_hours=WEEK)
ENGLAND = Operator("4", "LRK", "Moor", "GB", "en", "Europe/London", "GBP", desk_hours=WEEK)
SCOTLAND = replace(ENGLAND, key="5", region="SCT")
GERMANY = Operator("6", "RHE", "Rhein", "DE", "de", "Europe/Berlin", desk_hours=WEEK)


def at(operator: Operator, written: str) -> datetime:
    """Return a moment on the wall of an operator, in UTC."""
    return datetime.fromisoformat(written).replace(tzinfo=ZoneInfo(operator.time_zone)).astimezone(UTC)


def ticket(operator: Operator, reported: str, kind: TicketKind = TicketKind.FAULT) -> Ticket:
    """Return a case that was reported then, and that nobody took charge of."""
    moment = at(operator, reported)
    details = (("symptom", "no_service"),)
    return Ticket(
        "5",
        "T5",
        "1",
        operator.key,
        kind,
        "nothing works",
        moment,
        first_contact_at=moment,
        line_key="1",
        details=details,
    )


def clock_of(operator: Operator, name: str, reported: str, now: str = "", kind: TicketKind = TicketKind.FAULT) -> Clock:
    """Return one of the clocks of a case, by what ships."""
    moment = at(operator, now or reported)
    every = clocks(ticket(operator, reported, kind), operator, moment, (), (), policies())
    return next(one for one in every if one.name == name)


def wall(operator: Operator, one: Clock) -> str:
    """Return when a clock is due, on the wall of its operator."""
    return f"{one.due_at.astimezone(ZoneInfo(operator.time_zone)):%a %Y-%m-%d %H:%M}"


# Friday, 23:00, before a public holiday -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operator", "reported", "repair", "charge"),
    [
        # Poland: Epiphany on Tuesday. Received on Monday the 5th; the 7th and the 8th are the two working days.
        (POLAND, "2026-01-02 23:00", "Thu 2026-01-08 23:59", "Mon 2026-01-05 12:00"),
        # Poland: Constitution Day on a Sunday, nothing on Monday; received on Monday the 4th.
        (POLAND, "2026-05-01 23:00", "Wed 2026-05-06 23:59", "Mon 2026-05-04 12:00"),
        # Poland: Independence Day on Wednesday. Received on Monday the 9th; the 10th and the 12th.
        (POLAND, "2026-11-06 23:00", "Thu 2026-11-12 23:59", "Mon 2026-11-09 12:00"),
        # Italy: Easter Monday. Received on Tuesday the 7th; the 8th and the 9th.
        (ITALY, "2026-04-03 23:00", "Thu 2026-04-09 23:59", "Tue 2026-04-07 12:00"),
        # Italy: Republic Day on Tuesday. Received on Monday the 1st; the 3rd and the 4th.
        (ITALY, "2026-05-29 23:00", "Thu 2026-06-04 23:59", "Mon 2026-06-01 12:00"),
        # Sweden: Midsummer Eve is itself that Friday. Received on Monday the 22nd; the 23rd and the 24th.
        (SWEDEN, "2026-06-19 23:00", "Wed 2026-06-24 23:59", "Mon 2026-06-22 12:00"),
        # Sweden: Good Friday to Easter Monday. Received on Tuesday the 7th; the 8th and the 9th.
        (SWEDEN, "2026-04-03 23:00", "Thu 2026-04-09 23:59", "Tue 2026-04-07 12:00"),
        # England: the August bank holiday is the last Monday. Received on Tuesday the 1st; the 2nd and the 3rd.
        (ENGLAND, "2026-08-28 23:00", "Thu 2026-09-03 23:59", "Tue 2026-09-01 12:00"),
        # England: Easter Monday is a holiday …
        (ENGLAND, "2026-04-03 23:00", "Thu 2026-04-09 23:59", "Tue 2026-04-07 12:00"),
        # … and in Scotland it is not: received on Monday the 6th; the 7th and the 8th.
        (SCOTLAND, "2026-04-03 23:00", "Wed 2026-04-08 23:59", "Mon 2026-04-06 12:00"),
        # Scotland: its bank holiday is the first Monday of August, when England works.
        (SCOTLAND, "2026-07-31 23:00", "Thu 2026-08-06 23:59", "Tue 2026-08-04 12:00"),
        (ENGLAND, "2026-07-31 23:00", "Wed 2026-08-05 23:59", "Mon 2026-08-03 12:00"),
        # Boxing Day on a Saturday is kept on Monday the 28th: received on Tuesday the 29th; the 30th and the 31st.
        (ENGLAND, "2026-12-25 23:00", "Thu 2026-12-31 23:59", "Tue 2026-12-29 12:00"),
    ],
)
def test_r1_a_report_of_friday_night_before_a_holiday(
    operator: Operator, reported: str, repair: str, charge: str
) -> None:
    """R1, R42: received when the desk opens next, repaired in the two working days after that day."""
    assert wall(operator, clock_of(operator, "repair", reported)) == repair
    assert wall(operator, clock_of(operator, "take_charge", reported)) == charge


@pytest.mark.parametrize(
    ("operator", "reported", "repair"),
    [
        (POLAND, "2026-01-02 23:00", "Wed 2026-01-07 23:59"),
        (ITALY, "2026-04-03 23:00", "Wed 2026-04-08 23:59"),
        (SWEDEN, "2026-06-19 23:00", "Tue 2026-06-23 23:59"),
        (ENGLAND, "2026-08-28 23:00", "Wed 2026-09-02 23:59"),
        (SCOTLAND, "2026-04-03 23:00", "Tue 2026-04-07 23:59"),
    ],
)
def test_r1_a_desk_that_never_closes_receives_it_at_once(operator: Operator, reported: str, repair: str) -> None:
    """The same nights where somebody is there at any hour: the two working days follow that Friday."""
    open_always = replace(operator, desk_hours="")
    assert wall(operator, clock_of(open_always, "repair", reported)) == repair


@pytest.mark.parametrize(
    ("operator", "kind", "name", "due"),
    [
        (POLAND, TicketKind.COMPLAINT, "answer", "Sun 2026-12-06 23:59"),
        (ENGLAND, TicketKind.COMPLAINT, "adr_letter", "Fri 2026-12-18 23:59"),
        (GERMANY, TicketKind.FAULT, "notice", "Sun 2026-11-08 23:59"),
        (ITALY, TicketKind.DATA_REQUEST, "data_request", "Sun 2026-12-06 23:59"),
    ],
)
def test_a_legal_clock_of_friday_night_counts_days_whatever_the_desk_does(
    operator: Operator, kind: TicketKind, name: str, due: str
) -> None:
    """Reported on Friday, 6 November 2026 at 23:00: the law counts from that day, not from the next opening."""
    found = clock_of(operator, name, "2026-11-06 23:00", kind=kind)
    assert (wall(operator, found), found.legal) == (due, True)


# the nights on which clocks change ------------------------------------------------------------------------------------


@pytest.mark.parametrize("operator", [POLAND, ITALY, SWEDEN, ENGLAND, SCOTLAND, GERMANY])
@pytest.mark.parametrize(
    ("reported", "repair"),
    [
        ("2026-03-27 17:00", "Tue 2026-03-31 23:59"),
        ("2026-03-28 23:00", "Wed 2026-04-01 23:59"),
        ("2026-10-23 17:00", "Tue 2026-10-27 23:59"),
        ("2026-10-24 23:00", "Wed 2026-10-28 23:59"),
    ],
)
def test_r1_a_weekend_of_47_or_49_hours_moves_no_due_day(operator: Operator, reported: str, repair: str) -> None:
    """Clocks go forward on 29 March 2026 and back on 25 October: days are days."""
    assert wall(operator, clock_of(operator, "repair", reported)) == repair


@pytest.mark.parametrize(
    ("evening", "due"),
    [
        ("2026-03-28 22:00", "Sun 2026-03-29 07:00"),  # two o'clock is three o'clock
        ("2026-10-24 22:00", "Sun 2026-10-25 05:00"),  # two o'clock comes twice
        ("2026-11-21 22:00", "Sun 2026-11-22 06:00"),
    ],
)
def test_eight_working_hours_of_a_night_desk_are_eight_hours(evening: str, due: str) -> None:
    """A night desk works the hours that there are: nobody loses one or gains one by the clocks."""
    owls = replace(POLAND, desk_hours="Mon-Sun 20:00-08:00")
    rules = Policies((Policy("repair", 8, Unit.WORKING_HOURS, "test", frozenset({TicketKind.FAULT})),))
    [found] = clocks(ticket(owls, evening), owls, at(owls, evening), (), (), rules)
    assert wall(owls, found) == due


@pytest.mark.parametrize("moment", ["2026-03-29 02:30", "2026-10-25 02:30"])
def test_an_hour_that_does_not_exist_or_comes_twice_has_a_clock(moment: str) -> None:
    """A report in the odd hour itself is one of that Sunday."""
    day = int(moment[8:10])
    month = moment[5:7]
    opened = wall(POLAND, clock_of(POLAND, "take_charge", moment))
    assert opened == f"Mon 2026-{month}-{day + 1} 12:00"


# the leap day ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operator", "kind", "name", "reported", "due"),
    [
        (POLAND, TicketKind.COMPLAINT, "answer", "2028-01-30 10:00", "Tue 2028-02-29 23:59"),
        (POLAND, TicketKind.COMPLAINT, "answer", "2027-01-30 10:00", "Mon 2027-03-01 23:59"),
        (ITALY, TicketKind.DATA_REQUEST, "data_request", "2028-01-31 10:00", "Tue 2028-02-29 23:59"),
        (ITALY, TicketKind.DATA_REQUEST, "data_request", "2027-01-31 10:00", "Sun 2027-02-28 23:59"),
        (ITALY, TicketKind.DATA_REQUEST, "data_request", "2028-02-29 10:00", "Wed 2028-03-29 23:59"),
        (SWEDEN, TicketKind.FAULT, "repair", "2028-02-28 10:00", "Wed 2028-03-01 23:59"),
        (GERMANY, TicketKind.FAULT, "notice", "2028-02-28 10:00", "Wed 2028-03-01 23:59"),
    ],
)
def test_the_leap_day_is_a_day(operator: Operator, kind: TicketKind, name: str, reported: str, due: str) -> None:
    """29 February 2028 is a Tuesday that is worked; a month from 31 January and 30 days from the 30th end on it."""
    assert wall(operator, clock_of(operator, name, reported, kind=kind)) == due


def test_compensation_is_paid_for_the_leap_day() -> None:
    """Reported on Friday, 25 February 2028 in England: two whole working days are Monday and the leap day."""
    assert british("2028-02-25 10:00", "2028-02-29 23:59").amount == Money(0, "GBP")
    assert british("2028-02-25 10:00", "2028-03-01 00:00").amount == Money(1034, "GBP")


# a change of tariffs on 1 April ---------------------------------------------------------------------------------------


def british(reported: str, now: str, operator: Operator = ENGLAND) -> Owed:
    """Return what a British fault is owed at a moment."""
    found = owed(ticket(operator, reported), file_of(operator), at(operator, now), tariffs(), policies())
    assert found is not None
    return found


def file_of(operator: Operator, fee: int = 2999) -> CustomerFile:
    """Return a customer with one line and a contract for it."""
    customer = Customer("1", "C1", operator.key, CustomerKind.SUBSCRIBER, "Ada", "en")
    line = Line("1", "L1", "1", "internet")
    contract = Contract(
        "1", "K1", "1", "Fibre", date(2018, 1, 1), price=Money(fee, operator.currency), line_keys=("1",)
    )
    return CustomerFile(customer, operator, lines=(line,), contracts=(contract,))


@pytest.mark.parametrize(
    ("now", "amount", "then", "when"),
    [
        # Reported on Thursday, 26 March 2026: Friday and Monday are the two whole working days; paid from the 31st on.
        ("2026-03-30 23:59", 0, 998, "2026-03-31 00:00"),
        ("2026-03-31 00:00", 998, 998 + 1034, "2026-04-01 00:00"),
        ("2026-03-31 23:59", 998, 998 + 1034, "2026-04-01 00:00"),
        ("2026-04-01 00:00", 998 + 1034, 998 + 2 * 1034, "2026-04-02 00:00"),
        ("2026-04-03 12:00", 998 + 3 * 1034, 998 + 4 * 1034, "2026-04-04 00:00"),
    ],
)
def test_r33_a_tariff_that_changes_on_1_april_pays_the_days_after_it(
    now: str, amount: int, then: int, when: str
) -> None:
    """£9.98 for the last of March, £10.34 from the first of April: each day by the tariff of that day, none twice."""
    found = british("2026-03-26 10:00", now)
    assert found.amount == Money(amount, "GBP")
    assert (found.next_amount, found.next_at) == (Money(then, "GBP"), at(ENGLAND, when))


def test_r33_every_first_of_april_is_in_the_table() -> None:
    """A fault of that day, paid for its first day: £8.00 in 2019 and 2020, then a little more each year."""
    assert [british_day(year) for year in range(2019, 2028)] == [800, 800, 806, 840, 933, 976, 998, 1034, 1034]


def british_day(year: int) -> int:
    """Return what the first paid day of a fault in May is worth."""
    reported = at(ENGLAND, f"{year}-05-11 10:00")
    for days in range(2, 12):
        now = (reported + timedelta(days=days)).astimezone(ZoneInfo("Europe/London")).replace(hour=0, minute=0)
        found = british(f"{year}-05-11 10:00", f"{now:%Y-%m-%d %H:%M}")
        if found.amount.minor:
            return found.amount.minor
    raise AssertionError(year)


def test_r33_scotland_and_england_pay_by_their_own_holidays() -> None:
    """Reported on the Thursday before Easter: in Scotland Monday is a working day, in England Tuesday is the first."""
    assert british("2026-04-02 10:00", "2026-04-08 00:00", SCOTLAND).amount.minor == 1034
    assert british("2026-04-02 10:00", "2026-04-08 00:00", ENGLAND).amount.minor == 0
    assert british("2026-04-02 10:00", "2026-04-09 00:00", ENGLAND).amount.minor == 1034


@pytest.mark.parametrize(
    ("fee", "now", "amount"),
    [
        # Reported on Monday, 9 November 2026: the third and fourth day after it are the 12th and the 13th.
        (2000, "2026-11-11 23:59", 0),
        (2000, "2026-11-12 00:00", 500),
        (2000, "2026-11-13 09:00", 1000),
        (2000, "2026-11-14 09:00", 2000),
        (6000, "2026-11-12 09:00", 600),
        (6000, "2026-11-15 09:00", 2 * 600 + 2 * 1200),
        (5999, "2026-11-12 09:00", 600),
        (5994, "2026-11-12 09:00", 599),
    ],
)
def test_r33_germany_pays_a_share_of_the_monthly_fee_where_that_is_more(fee: int, now: str, amount: int) -> None:
    """TKG § 58(3): €5 or 10 % on the third and fourth day, €10 or 20 % from the fifth; Saturdays and Sundays too."""
    one = ticket(GERMANY, "2026-11-09 23:00")
    found = owed(one, file_of(GERMANY, fee), at(GERMANY, now), tariffs(), policies())
    assert found is not None
    assert found.amount == Money(amount, "EUR")


@pytest.mark.parametrize(
    ("now", "amount", "state"),
    [
        ("2026-12-16 23:59", 0, ClockState.WARNING),
        ("2026-12-17 00:00", 250, ClockState.LATE),
        ("2026-12-20 12:00", 1000, ClockState.LATE),
        ("2027-06-30 12:00", 30000, ClockState.LATE),
    ],
)
def test_r33_italy_pays_for_each_day_without_an_answer_up_to_a_limit(now: str, amount: int, state: ClockState) -> None:
    """AGCOM 347/18/CONS: a complaint of 16 November 2026, not answered in 30 days, €2.50 a day and €300 at most."""
    one = ticket(ITALY, "2026-11-16 09:00", TicketKind.COMPLAINT)
    found = owed(one, file_of(ITALY), at(ITALY, now), tariffs(), policies())
    assert found is not None
    assert found.amount == Money(amount, "EUR")
    answer = clock_of(ITALY, "answer", "2026-11-16 09:00", now, TicketKind.COMPLAINT)
    assert answer.state is state
    assert (found.next_at is None) == (amount == 30000)
