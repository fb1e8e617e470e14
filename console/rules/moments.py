"""Reading due times as people say them: "tomorrow 10", "fra 2 ore", "demain 10h", "za godzinę", "i övermorgon kl 9".

All five languages are understood at any time, the interface's first: customers and colleagues mix them. What could
mean two things is never guessed: the error says what to type instead.

The clock's rules: a bare day means nine o'clock, `today` five in the afternoon; a bare time that is past is
tomorrow's; a weekday is the next one; `next week` is its Monday; days, weeks and months keep the time on the wall,
hours and minutes are counted through. A time that the spring change skips moves on by an hour, one that the autumn
change repeats is the first that is still ahead.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from console.rules.moment_reading import (
    AmbiguousMoment,
    NoSuchMoment,
    PastMoment,
    Reader,
    Said,
    SaidDate,
    Span,
    UnreadMoment,
    settle,
)
from console.rules.moment_words import EVENING, MIDNIGHT, MORNING, NOON

__all__ = [
    "DEFAULT_HOUR", "TODAY_HOUR",
    "AmbiguousMoment", "Moment", "NoSuchMoment", "PastMoment", "UnreadMoment", "read_moment",
]  # fmt: skip

DEFAULT_HOUR = 9
"""When a day is named without a time."""
TODAY_HOUR = 17
"""When only `today` is said."""

_ROLLING_DAYS = 183  # a date without a year that is past means next year's only when that is nearer than half a year
_MOST_DAYS = 3660


@dataclass(frozen=True, slots=True)
class Moment:
    """What was understood: an aware moment in UTC, and whether a time of day was said with it."""

    at: datetime
    timed: bool


@dataclass(frozen=True, slots=True)
class _Calendar:
    """Lays what was said on the calendar of one zone, seen from one moment."""

    said: Said
    now: datetime
    zone: tzinfo

    @property
    def here(self) -> datetime:
        return self.now.astimezone(self.zone)

    def moment(self) -> Moment:
        """Return what was said as a moment; raises UnreadMoment and its kin."""
        said = self.said
        clock = self._clock()
        exact = [span for span in said.spans if span.unit in "hm"]
        if said.now or exact:
            if clock is not None or said.names_a_day or (said.now and exact):
                raise UnreadMoment(said.text)
            return Moment(_next_minute(self.now + sum((_exact(span) for span in exact), timedelta())), timed=True)
        if said.spans:
            return self._after_days(clock)
        if not said.names_a_day:
            if clock is None or said.relative:
                raise UnreadMoment(said.text)
            today = self._at(self.here.date(), clock)
            return Moment(today if today >= self.now else self._at(self._day(1), clock), timed=True)
        if said.relative and said.days is None:
            raise UnreadMoment(said.text)
        return self._on_day(clock)

    def _clock(self) -> tuple[int, int] | None:
        """Return the time of day said, on 24 hours and beyond: 25:30 is half past one in the night after."""
        said = self.said
        if said.clock is None:
            if said.half is not None:
                raise UnreadMoment(said.text)
            return None if said.part is None else (said.part, 0)
        hour, minute = said.clock
        if said.half is not None:
            if not 1 <= hour <= 12:
                raise NoSuchMoment(said.text)
            hour = hour % 12 + said.half
        if minute > 59 or hour > 24 or (hour == 24 and minute):
            raise NoSuchMoment(said.text)
        if said.half is None and said.part not in (None, MORNING) and hour < 12:
            if said.part in (NOON, MIDNIGHT):
                raise UnreadMoment(said.text)
            hour += 24 if said.part >= EVENING and hour < 5 else 12
        return hour, minute

    def _day(self, days: float) -> date:
        if not abs(days) <= _MOST_DAYS:
            raise NoSuchMoment(self.said.text)
        return self.here.date() + timedelta(days=days)

    def _at(self, on: date, clock: tuple[int, int]) -> datetime:
        """Return a time on the wall as UTC: the first that is not over where the clock is set back."""
        on += timedelta(days=clock[0] // 24)
        wall = datetime.combine(on, time(clock[0] % 24, clock[1]), self.zone)
        first = wall.astimezone(UTC)
        return first if first >= self.now else wall.replace(fold=1).astimezone(UTC)

    def _after_days(self, clock: tuple[int, int] | None) -> Moment:
        said = self.said
        if said.days is not None or said.weekday is not None or said.on is not None or said.next_unit:
            raise UnreadMoment(said.text)
        if any(span.count != int(span.count) for span in said.spans):
            raise UnreadMoment(said.text)
        days = sum(span.count * (7 if span.unit == "w" else 1) for span in said.spans if span.unit in "dw")
        months = sum(span.count * (12 if span.unit == "y" else 1) for span in said.spans if span.unit in "My")
        self._day(days + 31 * months)
        on = _months_later(self._day(days), int(months))
        if clock is None:
            wall = _next_minute(self.now).astimezone(self.zone)
            clock = (wall.hour, wall.minute)
            on += timedelta(days=(wall.date() - self.here.date()).days)
        at = self._at(on, clock)
        if at < self.now:
            raise PastMoment(said.text, at)
        return Moment(at, timed=said.clock is not None or said.part is not None)

    def _on_day(self, clock: tuple[int, int] | None) -> Moment:
        on = self._named_day(clock)
        today = on == self.here.date()
        at = self._at(on, clock or (TODAY_HOUR if today else DEFAULT_HOUR, 0))
        if at < self.now:
            raise PastMoment(self.said.text, at)
        return Moment(at, timed=clock is not None)

    def _named_day(self, clock: tuple[int, int] | None) -> date:
        """Return the day that was named; what is named in two ways must agree."""
        said = self.said
        named = [] if said.on is None else [self._date_said(said.on)]
        if said.days is not None:
            named.append(self._day(said.days))
        if said.next_unit in ("w", "M", "y", "d"):
            named.append(self._next_period())
        elif said.next_unit in ("h", "m", "?"):
            raise UnreadMoment(said.text)
        if said.weekday is not None:
            if not named:
                return self._named_weekday(said.weekday, clock)
            if said.next_unit == "w" and len(named) == 1:
                return named[0] + timedelta(days=said.weekday)
            if named[0].weekday() != said.weekday:
                raise NoSuchMoment(said.text)
        if len(named) != 1:
            raise UnreadMoment(said.text)
        return named[0]

    def _next_period(self) -> date:
        today = self.here.date()
        match self.said.next_unit:
            case "w":
                return today + timedelta(days=7 - today.weekday())
            case "M":
                return _months_later(today.replace(day=1), 1)
            case "y":
                return date(today.year + 1, 1, 1)
            case _day:
                return today + timedelta(days=1)

    def _named_weekday(self, weekday: int, clock: tuple[int, int] | None) -> date:
        today = self.here.date()
        coming = today + timedelta(days=(weekday - today.weekday()) % 7)
        if self.said.next_unit == "weekday":
            coming = coming if coming != today else today + timedelta(days=7)
            other = today + timedelta(days=7 - today.weekday() + weekday)
        elif coming == today:
            if self._at(today, clock or (DEFAULT_HOUR, 0)) < self.now:
                return today + timedelta(days=7)
            other = today + timedelta(days=7)
        else:
            other = coming
        if other != coming:
            tail = "" if clock is None else f" {clock[0] % 24}:{clock[1]:02}"
            raise AmbiguousMoment(self.said.text, (f"{coming}{tail}", f"{other}{tail}"))
        return coming

    def _date_said(self, said: SaidDate) -> date:
        today = self.here.date()
        years = (said.year,) if said.year is not None else (today.year, today.year + 1)
        found = [date(year, said.month, said.day) for year in years if _exists(year, said.month, said.day)]
        if not found:
            raise NoSuchMoment(self.said.text)
        if said.year is None and found[0] < today and (found[-1] - today).days in range(_ROLLING_DAYS + 1):
            return found[-1]
        if found[0] < today:
            raise PastMoment(self.said.text, self._at(found[0], (DEFAULT_HOUR, 0)))
        return found[0]


def _exists(year: int, month: int, day: int) -> bool:
    return 1 <= month <= 12 and 1900 <= year <= 2999 and 1 <= day <= calendar.monthrange(year, month)[1]


def _months_later(on: date, months: int) -> date:
    """Return the same day so many months later, or the last day of that month where it is shorter."""
    year, month = divmod(on.year * 12 + on.month - 1 + months, 12)
    return date(year, month + 1, min(on.day, calendar.monthrange(year, month + 1)[1]))


def _exact(span: Span) -> timedelta:
    minutes = span.count * 60 + span.minutes if span.unit == "h" else span.count
    return timedelta(minutes=minutes)


def _next_minute(at: datetime) -> datetime:
    """Return `at` in UTC, rounded up to a whole minute."""
    whole = at.astimezone(UTC).replace(second=0, microsecond=0)
    return whole if whole == at else whole + timedelta(minutes=1)


def read_moment(text: str, *, now: datetime, zone: tzinfo, language: str = "en") -> Moment:
    """Return the moment that `text` names, as seen from the aware `now` by people who live in `zone`.

    `language` is read first where one word means two things; all languages of the vocabulary are understood. Raises
    AmbiguousMoment, PastMoment or NoSuchMoment where these fit, else UnreadMoment; each carries the text and an advice
    in the operator's language. The result is never before `now`.
    """
    said = Reader(text[:200], language).read()
    settle(said)
    return _Calendar(said, now, zone).moment()
