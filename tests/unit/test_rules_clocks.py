"""Working days and the clocks of tickets: golden cases of four countries, and what no clock may ever do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backends.records import Operator, Ticket, TicketEvent, TicketEventKind, TicketKind, TicketState
from console.data.clocks import policies
from console.rules.clocks import MAIN, Clock, ClockState, Policies, Policy, Unit, clock, zone_of
from console.rules.workdays import add_working_days, is_working_day

UNTIMED = settings(deadline=None)
"""Calendars of holidays are made when they are first asked for, on whatever computer."""
ZONES = {"PL": "Europe/Warsaw", "IT": "Europe/Rome", "SE": "Europe/Stockholm", "GB": "Europe/London"}
OPERATORS = {code: Operator(code, code, code, code, "en", zone) for code, zone in ZONES.items()}
START = datetime(2026, 11, 16, 8, 30, tzinfo=UTC)


def local(country: str, *when: int) -> datetime:
    """Return a moment on the wall of a country's capital."""
    return datetime(*when, tzinfo=ZoneInfo(ZONES[country]))  # type: ignore[arg-type,misc]


def ticket(opened: datetime = START, kind: TicketKind = TicketKind.FAULT) -> Ticket:
    """Return an open ticket."""
    return Ticket("5", "T5", "1", "PL", kind, "no internet", opened, first_contact_at=opened)


def main_clock(
    one: Ticket,
    operator: Operator,
    now: datetime,
    events: tuple[TicketEvent, ...] | list[TicketEvent] = (),
    rules: Policies | None = None,
) -> Clock:
    """Return the main clock of a case, by the shipped policies unless others are given."""
    found = clock(one, operator, now, events, rules or policies())
    assert found is not None
    return found


def state_event(at: datetime, after: TicketState, key: str = "1") -> TicketEvent:
    """Return a change of state."""
    return TicketEvent(key, "5", "1", TicketEventKind.STATE, at, after=after)


def due_on(country: str, opened: datetime, kind: TicketKind = TicketKind.FAULT) -> datetime:
    """Return the due time on the wall of the operator's country."""
    found = main_clock(ticket(opened.astimezone(UTC), kind), OPERATORS[country], opened.astimezone(UTC))
    return found.due_at.astimezone(ZoneInfo(ZONES[country]))


@pytest.mark.parametrize(
    ("country", "opened", "due"),
    [
        ("PL", (2026, 1, 2, 23, 0), (2026, 1, 7)),  # Friday night; Tuesday is Epiphany
        ("PL", (2025, 12, 23, 23, 0), (2025, 12, 30)),  # Christmas Eve is a holiday since 2025
        ("IT", (2026, 4, 3, 23, 0), (2026, 4, 8)),  # Friday night before Easter Monday
        ("IT", (2026, 5, 29, 23, 0), (2026, 6, 3)),  # Friday night before Republic Day on a Tuesday
        ("SE", (2026, 6, 18, 23, 0), (2026, 6, 23)),  # Thursday night before Midsummer Eve
        ("SE", (2026, 4, 3, 23, 0), (2026, 4, 8)),  # Good Friday night, Easter Monday
        ("GB", (2026, 4, 3, 23, 0), (2026, 4, 8)),  # Good Friday night, Easter Monday in England
        ("GB", (2026, 8, 28, 23, 0), (2026, 9, 2)),  # Friday night before the August bank holiday
        ("GB", (2026, 12, 24, 23, 0), (2026, 12, 30)),  # Boxing Day on a Saturday is kept on Monday
    ],
)
def test_r1_a_fault_is_due_after_two_working_days_of_its_country(
    country: str, opened: tuple[int, ...], due: tuple[int, ...]
) -> None:
    """R1: two working days count neither weekends nor public holidays, and end with the day on the wall."""
    assert due_on(country, local(country, *opened)) == local(country, *due, 23, 59)


@pytest.mark.parametrize("country", sorted(ZONES))
def test_r1_a_night_report_belongs_to_the_day_on_the_operators_wall(country: str) -> None:
    """R1: half past midnight on Tuesday is Tuesday, though it is still Monday in UTC in most of Europe."""
    assert due_on(country, local(country, 2026, 11, 17, 0, 30)) == local(country, 2026, 11, 19, 23, 59)


@pytest.mark.parametrize("country", sorted(ZONES))
@pytest.mark.parametrize(
    ("opened", "due"), [((2026, 3, 27, 23, 0), (2026, 3, 31)), ((2026, 10, 23, 23, 0), (2026, 10, 27))]
)
def test_the_nights_on_which_clocks_change_move_no_due_day(
    country: str, opened: tuple[int, ...], due: tuple[int, ...]
) -> None:
    """A weekend of 47 or 49 hours leaves the due time at the end of the same calendar day."""
    assert due_on(country, local(country, *opened)) == local(country, *due, 23, 59)


def test_hours_are_counted_through_a_change_of_clocks() -> None:
    """A policy in hours means elapsed ones: on the spring night eight of them end nine later on the wall."""
    opened = local("PL", 2026, 3, 28, 22, 0)
    rules = Policies((Policy("repair", 8, Unit.HOURS, "test", frozenset(TicketKind)),))
    found = main_clock(ticket(opened.astimezone(UTC)), OPERATORS["PL"], opened, rules=rules)
    assert found.due_at - opened.astimezone(UTC) == timedelta(hours=8)
    assert found.due_at.astimezone(ZoneInfo("Europe/Warsaw")).hour == 7


def test_calendar_days_pass_over_a_leap_day() -> None:
    """A complaint of 30 January is due 30 days later, the leap day counted."""
    opened = local("PL", 2028, 1, 30, 10, 0)
    assert due_on("PL", opened, TicketKind.COMPLAINT) == local("PL", 2028, 2, 29, 23, 59)
    assert due_on("PL", local("PL", 2027, 1, 30, 10, 0), TicketKind.COMPLAINT) == local("PL", 2027, 3, 1, 23, 59)


def test_r2_a_new_line_is_due_after_twelve_working_days() -> None:
    """R2: twelve working days from the sixteenth of November, none of them a holiday in Britain."""
    assert due_on("GB", local("GB", 2026, 11, 16, 9, 0), TicketKind.INSTALLATION) == local("GB", 2026, 12, 2, 23, 59)


def test_countries_are_known_by_their_code_however_written() -> None:
    """Small letters name the same country; one that nobody knows has weekends only; an unknown region is left out."""
    epiphany = date(2026, 1, 6)
    assert not is_working_day(epiphany, "pl")
    assert is_working_day(epiphany, "")
    assert is_working_day(epiphany, "Atlantis")
    assert not is_working_day(epiphany, "PL", "no such region")
    assert is_working_day(date(2026, 8, 31), "GB", "SCT")


def test_an_operator_without_a_usable_zone_has_a_clock_all_the_same() -> None:
    """A record that names no time zone, or one that does not exist, is taken in UTC and never ends the view."""
    for name in ("", "Nowhere/Atlantis", "../../etc/passwd", "\x00"):
        odd = replace(OPERATORS["PL"], time_zone=name)
        assert zone_of(odd).key == "UTC"
        assert main_clock(ticket(), odd, START).due_at == datetime(2026, 11, 18, 23, 59, tzinfo=UTC)


def test_a_due_time_set_by_a_helpdesk_is_a_fact() -> None:
    """Neither policy nor waiting moves a due time that was given."""
    given_due = START + timedelta(hours=6)
    waiting = replace(ticket(), due_at=given_due, state=TicketState.WAITING_CUSTOMER)
    events = (state_event(START + timedelta(hours=1), TicketState.WAITING_CUSTOMER),)
    assert main_clock(waiting, OPERATORS["PL"], START + timedelta(hours=3), events).due_at == given_due


def test_the_states_of_a_clock_follow_one_another() -> None:
    """Running, warning in the last hours, late; kept or broken when closed; a time that was given never pauses."""
    due = START + timedelta(hours=40)
    one = replace(ticket(), due_at=due)

    def at(moment: datetime, **changes: object) -> ClockState:
        return main_clock(replace(one, **changes), OPERATORS["PL"], moment).state  # type: ignore[arg-type]

    closed = {"state": TicketState.CLOSED}
    assert at(START) is ClockState.RUNNING
    assert at(due - timedelta(hours=4)) is ClockState.WARNING
    assert at(due) is ClockState.WARNING
    assert at(due + timedelta(seconds=1)) is ClockState.LATE
    assert at(START, state=TicketState.WAITING_CUSTOMER) is ClockState.RUNNING
    waits = replace(ticket(), state=TicketState.WAITING_CUSTOMER)
    assert main_clock(waits, OPERATORS["PL"], START).state is ClockState.PAUSED
    assert at(due + timedelta(days=9), closed_at=due, **closed) is ClockState.KEPT
    assert at(due + timedelta(days=9), closed_at=due + timedelta(seconds=1), **closed) is ClockState.BROKEN


def test_waiting_for_the_customer_moves_a_fault_but_not_a_complaint() -> None:
    """Time waiting for the customer stops the clocks whose policy says so, and no other."""
    events = (
        state_event(START + timedelta(hours=1), TicketState.WAITING_CUSTOMER, "1"),
        state_event(START + timedelta(hours=4), TicketState.IN_PROGRESS, "2"),
    )
    seen: set[bool] = set()
    for kind in TicketKind:
        pauses = policies().for_case(kind, OPERATORS["PL"], START.date())[MAIN[kind]].pauses
        plain = main_clock(ticket(kind=kind), OPERATORS["PL"], START + timedelta(hours=9))
        waited = main_clock(ticket(kind=kind), OPERATORS["PL"], START + timedelta(hours=9), events)
        assert waited.due_at - plain.due_at == (timedelta(hours=3) if pauses else timedelta())
        seen.add(pauses)
    assert seen == {True, False}


@pytest.mark.parametrize("kind", [TicketEventKind.CLOSED, TicketEventKind.REOPENED])
def test_closing_and_reopening_end_the_waiting(kind: TicketEventKind) -> None:
    """A case that was closed while the customer was waited for does not pause for ever after."""
    waiting = state_event(START, TicketState.WAITING_CUSTOMER)
    other = TicketEvent("2", "5", "1", kind, START + timedelta(hours=2), after=TicketState.OPEN)
    now = START + timedelta(days=9)
    plain = main_clock(ticket(), OPERATORS["PL"], now)
    assert main_clock(ticket(), OPERATORS["PL"], now, (other, waiting)).due_at - plain.due_at == timedelta(hours=2)


@pytest.mark.parametrize("country", sorted(ZONES))
@UNTIMED
@given(day=st.dates(date(2020, 1, 1), date(2032, 1, 1)), count=st.integers(0, 30))
def test_working_days_are_as_many_as_were_asked_for(country: str, day: date, count: int) -> None:
    """The day found is a working day, and exactly `count` of them lie between."""
    end = add_working_days(day, count, country)
    between = [day + timedelta(days=n) for n in range(1, (end - day).days + 1)]
    assert sum(is_working_day(one, country) for one in between) == count
    assert count == 0 or is_working_day(end, country)


_states = st.sampled_from([TicketState.WAITING_CUSTOMER, TicketState.IN_PROGRESS, TicketState.OPEN])
_histories = st.lists(st.tuples(st.integers(-500, 5000), _states), max_size=8).map(
    lambda rows: tuple(
        state_event(START + timedelta(minutes=minutes), after, str(key)) for key, (minutes, after) in enumerate(rows)
    )
)
_kinds = st.sampled_from(list(TicketKind))


@UNTIMED
@given(events=_histories, kind=_kinds, order=st.randoms(use_true_random=False), minutes=st.integers(0, 6000))
def test_the_order_of_events_does_not_matter(
    events: tuple[TicketEvent, ...], kind: TicketKind, order: object, minutes: int
) -> None:
    """Pages come newest first, files in any order: the clock is the same."""
    shuffled = list(events)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    now = START + timedelta(minutes=minutes)
    one = ticket(kind=kind)
    assert main_clock(one, OPERATORS["PL"], now, events) == main_clock(one, OPERATORS["PL"], now, tuple(shuffled))


@UNTIMED
@given(events=_histories, kind=_kinds, moments=st.lists(st.integers(0, 9000), min_size=2, max_size=6))
def test_time_left_never_grows(events: tuple[TicketEvent, ...], kind: TicketKind, moments: list[int]) -> None:
    """Whatever happens, an hour later there is not more left of the time that counts; while paused it stands still."""
    one = ticket(kind=kind)
    found = [main_clock(one, OPERATORS["SE"], START + timedelta(minutes=at), events) for at in sorted(moments)]
    assert all(later.counted <= earlier.counted for earlier, later in pairwise(found))


@UNTIMED
@given(events=_histories, kind=_kinds, later=st.integers(0, 100_000))
def test_a_closed_clock_does_not_move(events: tuple[TicketEvent, ...], kind: TicketKind, later: int) -> None:
    """What was kept stays kept: neither time nor events dated after the closing change it."""
    closed_at = START + timedelta(hours=20)
    one = replace(ticket(kind=kind), state=TicketState.CLOSED, closed_at=closed_at)
    before = [event for event in events if event.at <= closed_at]
    at_closing = main_clock(one, OPERATORS["IT"], closed_at, before)
    assert main_clock(one, OPERATORS["IT"], closed_at + timedelta(minutes=later), events) == at_closing
