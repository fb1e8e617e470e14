"""Desk hours as people write them, and working time counted through nights, weekends, holidays and clock changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backends.records import Operator
from console.rules.desk_hours import ALWAYS, HOLIDAY, HoursError, hours_or_always, read_hours
from console.rules.workdays import add_months, is_working_day
from console.rules.working_time import (
    FAR,
    Calendar,
    Counted,
    advanced,
    calendar_of,
    counted_between,
    next_opening,
)

UNTIMED = settings(deadline=None)
"""Calendars of holidays are made when they are first asked for, on whatever computer."""
WARSAW = ZoneInfo("Europe/Warsaw")
LONDON = ZoneInfo("Europe/London")
OFFICE = Calendar("PL", WARSAW, hours=read_hours("Mon-Fri 08:00-18:00; Sat 09:00-13:00"))
NIGHT = Calendar("PL", WARSAW, hours=read_hours("Mon-Sun 22:00-06:00"))
ROUND_THE_CLOCK = Calendar("PL", WARSAW)
HOUR = timedelta(hours=1)


def wall(*when: int, zone: ZoneInfo = WARSAW) -> datetime:
    """Return a moment on the wall."""
    return datetime(*when, tzinfo=zone)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("Mon-Fri 08:00-18:00; Sat 09:00-13:00", {**dict.fromkeys(range(5), ((480, 1080),)), 5: ((540, 780),)}),
        ("monday 9-17", {0: ((540, 1020),)}),
        ("Mon,Wed-Fri 8.30-12, 13-17:15", dict.fromkeys((0, 2, 3, 4), ((510, 720), (780, 1035)))),
        ("Sat-Mon 10:00–24:00", dict.fromkeys((5, 6, 0), ((600, 1440),))),
        ("Fri 22:00-06:00", {4: ((1320, 1440),), 5: ((0, 360),)}),
        ("Sun 22:00-06:00", {6: ((1320, 1440),), 0: ((0, 360),)}),
        ("Sun 22:00-00:00", {6: ((1320, 1440),)}),
        ("8-20", dict.fromkeys(range(7), ((480, 1200),))),
        ("Mon 8-12; Mon 11-14; PH 10-12", {0: ((480, 840),), HOLIDAY: ((600, 720),)}),
        ("Mon: 8-12\nTue: 9-13", {0: ((480, 720),), 1: ((540, 780),)}),
    ],
)
def test_r22_desk_hours_are_read_as_people_write_them(text: str, spans: dict[int, tuple[tuple[int, int], ...]]) -> None:
    """Days alone, in ranges over the weekend and in lists; hours that are several, whole, or end on the next day."""
    assert read_hours(text).spans == spans


@pytest.mark.parametrize(
    ("text", "part", "code"),
    [
        ("Mo 8-18", "Mo", "day"),
        ("Mon-Xyz 8-18", "Xyz", "day"),
        ("Mon 8", "8", "span"),
        ("Mon 8-25", "25", "time"),
        ("Mon 8:75-9", "8:75", "time"),
        ("Mon 8-8", "8-8", "span"),
        ("Mon closed", "Mon closed", "empty"),
        ("Mon 8-18; whenever", "whenever", "empty"),
    ],
)
def test_r22_hours_that_cannot_be_read_name_the_piece_that_is_wrong(text: str, part: str, code: str) -> None:
    """An operator who mistypes is shown the piece, and its desk counts as open until that is put right."""
    with pytest.raises(HoursError) as wrong:
        read_hours(text)
    assert (wrong.value.part, wrong.value.code) == (part, code)
    assert hours_or_always(text) == ALWAYS


def test_no_hours_are_always_open() -> None:
    """A desk that says nothing is there at any hour, on any day."""
    assert read_hours("  ").always
    assert ALWAYS.on(6, True) == ((0, 1440),)


def test_a_desk_is_closed_on_public_holidays_unless_it_says_otherwise() -> None:
    """Epiphany 2026 is a Tuesday: no open hour, and two where the desk names holidays."""
    start, end = wall(2026, 1, 6), wall(2026, 1, 7)
    assert counted_between(start, end, OFFICE, Counted.DESK) == timedelta()
    there = replace(OFFICE, hours=read_hours("Mon-Fri 8-18; PH 10-12"))
    assert counted_between(start, end, there, Counted.DESK) == 2 * HOUR


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ((2026, 11, 17, 10, 0), (2026, 11, 17, 10, 0)),
        ((2026, 11, 17, 18, 0), (2026, 11, 18, 8, 0)),
        ((2026, 11, 17, 23, 0), (2026, 11, 18, 8, 0)),
        ((2026, 11, 20, 23, 0), (2026, 11, 21, 9, 0)),
        ((2026, 11, 21, 13, 0), (2026, 11, 23, 8, 0)),
        ((2026, 1, 5, 23, 0), (2026, 1, 7, 8, 0)),
        ((2026, 12, 31, 23, 0), (2027, 1, 2, 9, 0)),
    ],
)
def test_r22_a_night_report_starts_when_the_desk_opens_next(moment: tuple[int, ...], opens: tuple[int, ...]) -> None:
    """In the night, over the weekend, over Epiphany and New Year's Day."""
    assert next_opening(wall(*moment), OFFICE) == wall(*opens)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ((2026, 11, 17, 16, 0), 4, (2026, 11, 18, 10, 0)),
        ((2026, 11, 20, 16, 0), 4, (2026, 11, 21, 11, 0)),
        ((2026, 11, 20, 16, 0), 8, (2026, 11, 23, 10, 0)),
        ((2026, 11, 17, 8, 0), 10, (2026, 11, 17, 18, 0)),
    ],
)
def test_working_hours_are_counted_over_nights_and_weekends(
    start: tuple[int, ...], hours: int, end: tuple[int, ...]
) -> None:
    """What is not done by closing time goes on at the next opening; a full day ends when the desk closes."""
    assert advanced(wall(*start), hours * HOUR, OFFICE, Counted.DESK) == wall(*end)
    assert counted_between(wall(*start), wall(*end), OFFICE, Counted.DESK) == hours * HOUR


@pytest.mark.parametrize(
    ("evening", "real_hours"),
    [((2026, 3, 28, 22, 0), 7), ((2026, 10, 24, 22, 0), 9), ((2026, 11, 20, 22, 0), 8)],
)
def test_a_night_shift_has_the_hours_that_its_night_has(evening: tuple[int, ...], real_hours: int) -> None:
    """From ten to six there are seven hours in the spring night, nine in the autumn one, eight in all others."""
    start = wall(*evening)
    end = start + timedelta(hours=8)  # on the wall
    assert counted_between(start, end, NIGHT, Counted.DESK) == real_hours * HOUR
    assert advanced(start, real_hours * HOUR, NIGHT, Counted.DESK) == end


def test_a_region_has_holidays_of_its_own() -> None:
    """2 January and St Andrew's Day are holidays in Scotland, Easter Monday is not; the code may name the country."""
    scotland = Operator("1", "SCO", "Scot", "GB", "en", "Europe/London", region="GB-SCT")
    assert calendar_of(scotland).region == "SCT"
    assert not is_working_day(date(2026, 1, 2), "GB", "SCT")
    assert is_working_day(date(2026, 1, 2), "GB", "ENG")
    assert is_working_day(date(2026, 4, 6), "GB", "SCT")
    assert not is_working_day(date(2026, 4, 6), "GB", "ENG")


def test_weekends_are_those_of_the_country_and_exchanged_days_are_worked() -> None:
    """In Israel Friday is weekend and Sunday is not; Hungary works on a Saturday in exchange for a bridging day."""
    assert not is_working_day(date(2026, 11, 20), "IL")
    assert is_working_day(date(2026, 11, 22), "IL")
    assert is_working_day(date(2024, 12, 7), "HU")
    assert not is_working_day(date(2024, 12, 21), "HU")


@pytest.mark.parametrize(
    ("day", "months", "found"),
    [
        (date(2027, 1, 31), 1, date(2027, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2026, 11, 15), 1, date(2026, 12, 15)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2026, 8, 31), 1, date(2026, 9, 30)),
    ],
)
def test_a_month_ends_on_the_same_day_or_the_last_one(day: date, months: int, found: date) -> None:
    """Months are no number of days: that of 31 January ends with February, leap day or not."""
    assert add_months(day, months) == found


def test_what_lies_after_the_end_of_time_is_far_away_and_no_crash() -> None:
    """A date from outside may be anything: the answer is late, not an error."""
    last = datetime.max.replace(tzinfo=UTC)
    assert advanced(last, timedelta(days=400), OFFICE, Counted.WORKING_DAYS) == FAR
    assert counted_between(datetime(2, 1, 1, tzinfo=UTC), last, OFFICE, Counted.DESK) > timedelta(days=300_000)


_moments = st.datetimes(datetime(2024, 1, 1), datetime(2029, 1, 1), timezones=st.just(UTC))
_calendars = st.sampled_from([OFFICE, NIGHT, ROUND_THE_CLOCK, replace(OFFICE, country="GB", zone=LONDON, region="SCT")])
_kinds = st.sampled_from(list(Counted))


@UNTIMED
@given(start=_moments, minutes=st.integers(1, 60_000), calendar=_calendars, counted=_kinds)
def test_counting_forward_and_measuring_agree(
    start: datetime, minutes: int, calendar: Calendar, counted: Counted
) -> None:
    """Going forward by an amount and measuring the way gives the same amount, whatever lies between."""
    amount = timedelta(minutes=minutes)
    assert counted_between(start, advanced(start, amount, calendar, counted), calendar, counted) == amount


@UNTIMED
@given(moments=st.tuples(_moments, _moments, _moments), calendar=_calendars, counted=_kinds)
def test_two_parts_of_a_way_are_the_whole_way(
    moments: tuple[datetime, datetime, datetime], calendar: Calendar, counted: Counted
) -> None:
    """Whatever is between, time counted in two parts is the time counted at once, and there is never more than all."""
    first, middle, last = sorted(moments)
    one = counted_between(first, middle, calendar, counted)
    two = counted_between(middle, last, calendar, counted)
    assert (
        one + two == counted_between(first, last, calendar, counted) == -counted_between(last, first, calendar, counted)
    )
    assert timedelta() <= one <= middle - first


@pytest.mark.parametrize(
    ("zone", "hours", "day", "open_for"),
    [
        (WARSAW, "Mon-Sun 02:30-06:00", (2026, 3, 29), 3 * HOUR),
        (WARSAW, "Mon-Sun 00:00-02:30", (2026, 3, 29), 2 * HOUR),
        (WARSAW, "Mon-Sun 02:10-02:50", (2026, 3, 29), 0 * HOUR),
        (LONDON, "Mon-Sun 01:30-05:00", (2026, 3, 29), 3 * HOUR),
        (ZoneInfo("America/Santiago"), "Mon-Sun 00:00-06:00", (2026, 9, 6), 5 * HOUR),
        (WARSAW, "Mon-Sun 02:30-06:00", (2026, 3, 30), 3.5 * HOUR),
    ],
)
def test_r22_hours_that_begin_or_end_in_the_skipped_hour(
    zone: ZoneInfo, hours: str, day: tuple[int, int, int], open_for: timedelta
) -> None:
    """What the clocks skip is not worked: such hours begin, or end, at the moment of the change."""
    calendar = Calendar("PL", zone, hours=read_hours(hours))
    start = wall(*day, 0, 0, zone=zone) - HOUR
    end = wall(*day, 12, 0, zone=zone)
    assert counted_between(start, end, calendar, Counted.DESK) == open_for
