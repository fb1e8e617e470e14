"""Working days: weekends, a country's public holidays, and the steps between days (R1, R2).

Days are calendar days of the operator's own time zone; the caller brings moments into that zone first.
"""

from __future__ import annotations

import sys
from calendar import monthrange
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from importlib.util import find_spec, module_from_spec
from typing import NamedTuple
from zoneinfo import ZoneInfo

SATURDAY = 5
USUAL_REGION = {"GB": "ENG"}
"""The region meant where none is named: a country's common holidays alone would leave out those of most of its people
(the holidays that all of the United Kingdom shares lack Easter Monday and the one in August)."""

_CATEGORIES = {"SE": ("public", "de_facto")}
"""Kinds of holidays that stop a clock, where these are more than the public ones: the Swedish law on reckoning time
(1930:173) puts the eves of Midsummer, Christmas and New Year on a par with Sundays."""


class _Year(NamedTuple):
    """What is known of a country's year; weekdays count from 0, which is Monday."""

    holidays: frozenset[date] = frozenset()
    weekend: frozenset[int] = frozenset({SATURDAY, SATURDAY + 1})
    worked: frozenset[date] = frozenset()
    """Days of a weekend that are worked in exchange for others, as in Hungary or China."""


def _load_only_what_is_asked_for() -> None:
    """Let the library load the countries that are asked for, each from its own module.

    The package around these modules would load all 250 of them: 130 ms and 8 MiB in every session.
    """
    name = "holidays.countries"
    if name not in sys.modules and (spec := find_spec(name)) is not None:
        sys.modules[name] = module_from_spec(spec)


@lru_cache(maxsize=128)
def _year(country: str, region: str, year: int) -> _Year:
    _load_only_what_is_asked_for()
    import holidays  # 50 ms, after the first frame

    for subdivision in (region or USUAL_REGION.get(country), None):
        try:
            found = holidays.country_holidays(
                country, subdiv=subdivision, years=year, categories=_CATEGORIES.get(country)
            )
            return _Year(frozenset(found), frozenset(found.weekend), frozenset(found.weekend_workdays))
        except NotImplementedError:
            continue
    return _Year()


def is_holiday(day: date, country: str, region: str = "") -> bool:
    """Return whether `day` is a public holiday, on whichever weekday; an unknown country has none."""
    return day in _year(country.strip().upper(), region, day.year).holidays


def is_working_day(day: date, country: str, region: str = "") -> bool:
    """Return whether `day` is neither a weekend nor a public holiday; an unknown country knows weekends only.

    `region` is the second half of an ISO 3166-2 code, e.g. `SCT`; one that the country has not is left out.
    """
    known = _year(country.strip().upper(), region, day.year)
    if day.weekday() in known.weekend:
        return day in known.worked
    return day not in known.holidays


def add_working_days(day: date, count: int, country: str, region: str = "") -> date:
    """Return the working day that lies `count` working days after `day`; `day` itself never counts."""
    left = count
    while left > 0:
        day += timedelta(days=1)
        if is_working_day(day, country, region):
            left -= 1
    return day


def add_months(day: date, count: int) -> date:
    """Return the same day `count` months later; where that month is too short, its last day.

    So reckons Regulation (EEC, Euratom) 1182/71, art. 3: a month from 31 January ends on the last of February.
    """
    months = day.year * 12 + day.month - 1 + count
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Return the first moment of `day` in `zone`, aware."""
    return datetime.combine(day, time(), tzinfo=zone)


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Return the last minute of `day` in `zone`, as an aware moment."""
    return datetime.combine(day, time(23, 59), tzinfo=zone)
