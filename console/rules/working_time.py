"""Time as clocks count it: all of it, that of working days, or that of the desk's open hours.

A calendar knows where it is counted: country, region, zone and desk hours. All moments taken and returned are aware;
what is returned is UTC. Nights on which clocks change have the hours they have: an open hour that is skipped is not
counted, one that comes twice counts twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from backends.records import Operator
from console.rules.desk_hours import ALWAYS, DAY_MINUTES, DeskHours, Span, hours_or_always
from console.rules.workdays import is_holiday, is_working_day, start_of_day

MOST_DAYS = 3_700
"""Days that are looked at one by one, ten years; beyond them all time counts (dates from outside may be anything)."""
FAR = datetime.max.replace(microsecond=0, tzinfo=UTC)
"""Later than anything: what would be due after the end of the calendar."""


class Counted(StrEnum):
    """Which time counts."""

    ALL = "all"
    WORKING_DAYS = "working_days"
    """The 24 hours of each working day."""
    DESK = "desk"
    """The hours in which the desk is open."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Where time is counted. `region` is the second half of an ISO 3166-2 code, empty for the country as a whole."""

    country: str
    zone: ZoneInfo
    region: str = ""
    hours: DeskHours = ALWAYS

    def local_day(self, moment: datetime) -> date:
        """Return the day on the wall at that moment; at the ends of the calendar, that of the moment itself."""
        try:
            return moment.astimezone(self.zone).date()
        except OverflowError:
            return moment.date()


def zone_of(operator: Operator) -> ZoneInfo:
    """Return the zone in which an operator's days begin and end; UTC where its record names none that exists."""
    return _zone(operator.time_zone)


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def calendar_of(operator: Operator) -> Calendar:
    """Return the calendar of an operator; hours that nobody can read count as always open."""
    return _calendar(operator.country, operator.region, operator.time_zone, operator.desk_hours)


@lru_cache(maxsize=64)
def _calendar(country: str, region: str, time_zone: str, hours: str) -> Calendar:
    code = country.strip().upper()
    return Calendar(code, _zone(time_zone), region.strip().upper().removeprefix(f"{code}-"), hours_or_always(hours))


@lru_cache(maxsize=4096)
def _open(calendar: Calendar, day: date, counted: Counted) -> tuple[tuple[datetime, datetime], ...]:
    """Return when time counts on a day of the wall, as moments in UTC."""
    if counted is Counted.WORKING_DAYS:
        works = is_working_day(day, calendar.country, calendar.region)
        spans: tuple[Span, ...] = ((0, DAY_MINUTES),) if works else ()
    else:
        spans = calendar.hours.on(day.weekday(), is_holiday(day, calendar.country, calendar.region))
    return tuple((_at(calendar, day, start), _at(calendar, day, end)) for start, end in spans)


def _at(calendar: Calendar, day: date, minutes: int) -> datetime:
    if minutes >= DAY_MINUTES:
        day, minutes = day + timedelta(days=1), minutes - DAY_MINUTES
    wall = start_of_day(day, calendar.zone).replace(hour=minutes // 60, minute=minutes % 60)
    found = wall.astimezone(UTC)
    if found.astimezone(calendar.zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return found
    # The clocks skip this minute: hours that begin or end in the gap do so at the moment of the change.
    before, after = wall.replace(fold=1).utcoffset(), wall.utcoffset()
    skipped = abs((before or timedelta()) - (after or timedelta()))
    for back in range(1, skipped // timedelta(minutes=1) + 1):
        last = wall - timedelta(minutes=back)
        moment = last.astimezone(UTC)
        if moment.astimezone(calendar.zone).replace(tzinfo=None) == last.replace(tzinfo=None):
            return moment + timedelta(minutes=1)
    return found


def _all_counts(calendar: Calendar, counted: Counted) -> bool:
    return counted is Counted.ALL or (counted is Counted.DESK and calendar.hours.always)


def advanced(start: datetime, amount: timedelta, calendar: Calendar, counted: Counted) -> datetime:
    """Return the moment at which `amount` of the time that counts has passed since `start`, in UTC.

    An amount of nothing gives `start` itself where time counts then, else when it next does: a desk's next opening.
    """
    try:
        return _advanced(start.astimezone(UTC), amount, calendar, counted)
    except (OverflowError, ValueError):
        return FAR


def _advanced(start: datetime, amount: timedelta, calendar: Calendar, counted: Counted) -> datetime:
    if _all_counts(calendar, counted):
        return start + amount
    day, left, reached = calendar.local_day(start), amount, start
    for _step in range(MOST_DAYS):
        for opens, closes in _open(calendar, day, counted):
            begins = max(opens, start)
            if closes <= begins:
                continue
            if left <= closes - begins:
                return begins + left
            left -= closes - begins
            reached = closes
        day += timedelta(days=1)
    return reached + left


def counted_between(start: datetime, end: datetime, calendar: Calendar, counted: Counted) -> timedelta:
    """Return how much of the time between two moments counts; negative when `end` lies before `start`."""
    if end < start:
        return -counted_between(end, start, calendar, counted)
    if _all_counts(calendar, counted):
        return end - start
    try:
        return _between(start.astimezone(UTC), end.astimezone(UTC), calendar, counted)
    except (OverflowError, ValueError):
        return end - start


def _between(start: datetime, end: datetime, calendar: Calendar, counted: Counted) -> timedelta:
    day, found = calendar.local_day(start), timedelta()
    last = calendar.local_day(end)
    beyond = timedelta()
    if (last - day).days > MOST_DAYS:
        last = day + timedelta(days=MOST_DAYS)
        beyond = end - start_of_day(last + timedelta(days=1), calendar.zone)
    while day <= last:
        for opens, closes in _open(calendar, day, counted):
            found += max(timedelta(), min(closes, end) - max(opens, start))
        day += timedelta(days=1)
    return found + beyond


def next_opening(moment: datetime, calendar: Calendar) -> datetime:
    """Return `moment` where the desk is open then, else its next opening, in UTC (R22)."""
    return advanced(moment, timedelta(), calendar, Counted.DESK)
