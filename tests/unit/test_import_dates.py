"""Dates that may mean two days are settled by a rule or refused, never guessed."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.desk.importing.dates import CORRECTED, KEPT, REPEATED_HOUR, SETTLED, read_date
from console.desk.importing.mapping import DateRule, OnDisagreement
from console.desk.importing.reasons import BadValue

NOW = datetime(2031, 6, 1, tzinfo=UTC)
BOTH = ("%d-%m-%y", "%m-%d-%y")


def test_a_date_that_two_formats_read_differently_is_refused() -> None:
    """Without a rule, 04-08-15 is neither August nor April."""
    with pytest.raises(BadValue) as refused:
        read_date("04-08-15", DateRule(BOTH), "", now=NOW)
    assert refused.value.reason == "ambiguous_date"


@given(st.dates(date(1971, 1, 1), date(2030, 12, 31)))
def test_a_date_is_certain_exactly_when_all_formats_agree(day: date) -> None:
    """For every day: refused when day and month could be swapped into another day, else read as it was written."""
    text = day.strftime("%d-%m-%Y")
    rule = DateRule(("%d-%m-%Y", "%m-%d-%Y"))
    if day.day <= 12 and day.day != day.month:
        with pytest.raises(BadValue, match="ambiguous_date"):
            read_date(text, rule, "", now=NOW)
    else:
        read = read_date(text, rule, "", now=NOW)
        assert (read.day, read.doubts) == (day, ())


@given(st.dates(date(1971, 1, 1), date(2030, 12, 31)))
def test_prefer_settles_and_says_so(day: date) -> None:
    """The preferred format decides, and each time it had to, the doubt is told with the day not believed."""
    rule = DateRule(("%d-%m-%Y", "%m-%d-%Y"), prefer="%d-%m-%Y")
    read = read_date(day.strftime("%d-%m-%Y"), rule, "", now=NOW)
    assert read.day == day
    swapped = day.day <= 12 and day.day != day.month
    assert read.doubts == ((SETTLED,) if swapped else ())
    assert read.other == (date(day.year, day.day, day.month) if swapped else None)


def test_days_that_cannot_be_settle_an_ambiguity() -> None:
    """A reading outside `within` is none; when all are outside, the row is refused for that."""
    within = (date(2015, 4, 1), date(2015, 6, 30))
    read = read_date("04-08-15", DateRule(BOTH, within=within), "", now=NOW)
    assert (read.day, read.doubts) == (date(2015, 4, 8), ())
    with pytest.raises(BadValue, match="date_outside"):
        read_date("01-02-15", DateRule(BOTH, within=within), "", now=NOW)


@pytest.mark.parametrize(
    ("rule", "day", "doubt"),
    [(OnDisagreement.KEEP, date(2015, 4, 8), KEPT), (OnDisagreement.CHECK, date(2015, 8, 4), CORRECTED)],
)
def test_a_column_that_disagrees_is_told(rule: OnDisagreement, day: date, doubt: str) -> None:
    """A check column that names another day is followed or not, as the mapping says, and never in silence."""
    dates = DateRule(("%m-%d-%y",), check_columns=("b",), check_formats=("%d-%b-%y",), on_disagreement=rule)
    read = read_date("04-08-15", dates, "04-Aug-15", now=NOW)
    assert (read.day, read.doubts) == (day, (doubt,))
    assert read_date("04-08-15", dates, "08-Apr-15", now=NOW).doubts == ()


def test_a_column_that_disagrees_refuses_the_row_by_default() -> None:
    """Two columns that name two days are a reason to reject, as is a check column that is no date."""
    dates = DateRule(("%m-%d-%y",), check_columns=("b",), check_formats=("%d-%b-%y",))
    with pytest.raises(BadValue, match="dates_disagree"):
        read_date("04-08-15", dates, "04-Aug-15", now=NOW)
    with pytest.raises(BadValue, match="check_unreadable"):
        read_date("04-08-15", dates, "soon", now=NOW)


def test_local_time_becomes_utc_and_a_repeated_hour_is_told() -> None:
    """Two o'clock happens twice on the last Sunday of October; the first one is taken and the doubt told."""
    rule = DateRule(("%Y-%m-%d %H:%M",), zone=ZoneInfo("Europe/Warsaw"))
    assert read_date("2015-07-01 12:00", rule, "", now=NOW).moment == datetime(2015, 7, 1, 10, tzinfo=UTC)
    doubtful = read_date("2015-10-25 02:30", rule, "", now=NOW)
    assert doubtful.moment == datetime(2015, 10, 25, 0, 30, tzinfo=UTC)
    assert doubtful.doubts == (REPEATED_HOUR,)


@pytest.mark.parametrize(
    ("text", "formats", "moment"),
    [
        ("2015-04-08T10:00:00+02:00", ("iso",), datetime(2015, 4, 8, 8, tzinfo=UTC)),
        ("2015-04-08T10:00:00Z", ("iso",), datetime(2015, 4, 8, 10, tzinfo=UTC)),
        ("1428487200", ("epoch",), datetime(2015, 4, 8, 10, tzinfo=UTC)),
        ("1428487200500", ("epoch_ms",), datetime(2015, 4, 8, 10, 0, 0, 500_000, tzinfo=UTC)),
    ],
)
def test_formats_that_strptime_does_not_know(text: str, formats: tuple[str, ...], moment: datetime) -> None:
    """ISO 8601 with an offset and seconds since 1970 name their moment whatever the mapping's zone."""
    assert read_date(text, DateRule(formats, zone=ZoneInfo("Europe/Rome")), "", now=NOW).moment == moment


@pytest.mark.parametrize(
    ("text", "reason"), [("2031-07-01", "date_in_future"), ("1815-06-18", "date_too_old"), ("gestern", "no_date")]
)
def test_impossible_moments_are_refused(text: str, reason: str) -> None:
    """What lies after now or before 1970, or is no date, is a mistake."""
    with pytest.raises(BadValue, match=reason):
        read_date(text, DateRule(("iso",)), "", now=NOW)


def test_the_future_is_believed_where_the_mapping_says_so() -> None:
    """Due dates lie ahead; a day of grace allows for clocks that differ."""
    assert read_date("2031-07-01", DateRule(("iso",), future=True), "", now=NOW).day == date(2031, 7, 1)
    nearly = (NOW + timedelta(hours=20)).isoformat()
    assert read_date(nearly, DateRule(("iso",)), "", now=NOW).moment > NOW


@given(st.text(max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Any text is a date or a BadValue."""
    rule = DateRule((*BOTH, "iso", "epoch", "epoch_ms"), zone=ZoneInfo("Europe/Stockholm"))
    with suppress(BadValue):
        assert read_date(text, rule, "", now=NOW).moment.tzinfo is UTC
