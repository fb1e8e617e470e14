"""Moments and durations in people's words.

All moments taken are aware; days are counted where `zone` is. Widths are promises to rows: translations keep them.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo

from console.i18n import _, _c

AGE_WIDTH = 6
"""Cells of the widest `age`, e.g. `59 min`."""
LEFT_WIDTH = 11
"""Cells of the widest `left`, e.g. `59 min late`."""
MOMENT_WIDTH = 17
"""Cells of the widest `moment`, e.g. `aujourd'hui 14:05`."""
MOMENT_SHORT_WIDTH = 9
"""Cells of the widest short `moment`, e.g. `Tue 14:05`."""
DAY_WIDTH = 11
"""Cells of the widest `day`, e.g. `14 Nov 2025`."""

_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_WEEK = 7 * _DAY
_MONTH = 30.436875 * _DAY  # a Gregorian year's twelfth
_YEAR = 365.2425 * _DAY


def _weekday(on: date) -> str:
    """Return the weekday in at most three cells."""
    match on.weekday():
        case 0:
            return _("Mon")
        case 1:
            return _("Tue")
        case 2:
            return _("Wed")
        case 3:
            return _("Thu")
        case 4:
            return _("Fri")
        case 5:
            return _("Sat")
        case _other:
            return _("Sun")


_MONTHS = (
    lambda: _c("month", "Jan"),
    lambda: _c("month", "Feb"),
    lambda: _c("month", "Mar"),
    lambda: _c("month", "Apr"),
    lambda: _c("month", "May"),
    lambda: _c("month", "Jun"),
    lambda: _c("month", "Jul"),
    lambda: _c("month", "Aug"),
    lambda: _c("month", "Sep"),
    lambda: _c("month", "Oct"),
    lambda: _c("month", "Nov"),
    lambda: _c("month", "Dec"),
)


def _month(on: date) -> str:
    """Return the month's name in three cells."""
    return _MONTHS[on.month - 1]()


def _span(seconds: float) -> str:
    """Return a length of time of a minute or more in its largest unit, rounded down."""
    if seconds < _HOUR:
        return _("{n} min").format(n=int(seconds // _MINUTE))
    if seconds < _DAY:
        return _("{n} h").format(n=int(seconds // _HOUR))
    if seconds < 2 * _WEEK:
        return _c("days", "{n} d").format(n=int(seconds // _DAY))
    if seconds < 2 * _MONTH:
        return _c("weeks", "{n} w").format(n=int(seconds // _WEEK))
    if seconds < 2 * _YEAR:
        return _c("months", "{n} mo").format(n=int(seconds // _MONTH))
    return _c("years", "{n} y").format(n=int(seconds // _YEAR))


def age(then: datetime, now: datetime) -> str:
    """Return how long ago `then` was, in one unit rounded down: `now`, `4 min`, `3 h`, `2 d`, `5 w`, `14 mo`, `3 y`.

    A moment after `now` (clocks of two machines differ) is `now` as well. At most `AGE_WIDTH` cells.
    """
    seconds = (now - then).total_seconds()
    return _("now") if seconds < _MINUTE else _span(seconds)


def left(until: datetime, now: datetime) -> str:
    """Return how much time is left, or how late it is: `in 3 h`, `now`, `2 d late`; at most `LEFT_WIDTH` cells."""
    seconds = (until - now).total_seconds()
    if abs(seconds) < _MINUTE:
        return _("now")
    if seconds > 0:
        return _("in {span}").format(span=_span(seconds))
    return _("{span} late").format(span=_span(-seconds))


def moment(then: datetime, now: datetime, zone: tzinfo, *, short: bool = False) -> str:
    """Return when `then` is, as seen from `now` in `zone`.

    `today 14:05`, `yesterday 09:10`, `tomorrow 08:00`, within six days `Tue 14:05`, in the same year `14 Nov 09:10`,
    else `14 Nov 2025`: at most `MOMENT_WIDTH` cells. `short` leaves out what a narrow column can miss: `14:05`,
    `Tue 14:05`, `14 Nov`, `Nov 2025`, at most `MOMENT_SHORT_WIDTH` cells.
    """
    local, here = then.astimezone(zone), now.astimezone(zone)
    time = f"{local:%H:%M}"
    apart = (local.date() - here.date()).days
    if short and apart == 0:
        return time
    if not short and -1 <= apart <= 1:
        pattern = (_("today {time}"), _("tomorrow {time}"), _("yesterday {time}"))[apart]
        return pattern.format(time=time)
    if -6 <= apart <= 6:
        return _("{weekday} {time}").format(weekday=_weekday(local), time=time)
    if local.year != here.year:
        return _month_of_year(local) if short else _full_date(local)
    on = _("{day} {month}").format(day=local.day, month=_month(local))
    return on if short else _("{date} {time}").format(date=on, time=time)


def _month_of_year(on: date) -> str:
    return _("{month} {year}").format(month=_month(on), year=on.year)


def _full_date(on: date) -> str:
    return _("{day} {month} {year}").format(day=on.day, month=_month(on), year=on.year)


def day(on: date, today: date) -> str:
    """Return a calendar day as seen from `today`; at most `DAY_WIDTH` cells.

    `today`, `tomorrow`, `yesterday`, within six days `Tue 24 Nov`, in the same year `14 Nov`, else `14 Nov 2025`.
    """
    apart = (on - today).days
    if -1 <= apart <= 1:
        return (_("today"), _("tomorrow"), _("yesterday"))[apart]
    if -6 <= apart <= 6:
        return _("{weekday} {day} {month}").format(weekday=_weekday(on), day=on.day, month=_month(on))
    if on.year == today.year:
        return _("{day} {month}").format(day=on.day, month=_month(on))
    return _full_date(on)


def duration(seconds: float | timedelta) -> str:
    """Return how long something took: `47 s`, `4 min 12 s`, `25 min`, `1 h 05 min`, `2 d 3 h`; negative counts as 0.

    Seconds are told below ten minutes only.
    """
    whole = max(0, int(seconds.total_seconds() if isinstance(seconds, timedelta) else seconds))
    minutes, rest = divmod(whole, _MINUTE)
    hours, minutes_of_hour = divmod(minutes, 60)
    days, hours_of_day = divmod(hours, 24)
    if minutes < 1:
        return _("{n} s").format(n=rest)
    if minutes < 10 and rest:
        return _("{minutes} min {seconds} s").format(minutes=minutes, seconds=f"{rest:02}")
    if hours < 1:
        return _("{n} min").format(n=minutes)
    if days < 1:
        if not minutes_of_hour:
            return _("{n} h").format(n=hours)
        return _("{hours} h {minutes} min").format(hours=hours, minutes=f"{minutes_of_hour:02}")
    if not hours_of_day:
        return _c("days", "{n} d").format(n=days)
    return _("{days} d {hours} h").format(days=days, hours=hours_of_day)
