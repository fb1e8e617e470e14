"""Reads dates that may mean two days, and says so instead of guessing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from console.desk.importing.mapping import EPOCH, DateRule, OnDisagreement
from console.desk.importing.reasons import BadValue

SETTLED = "settled_by_prefer"
KEPT = "kept_against_check"
CORRECTED = "taken_from_check"
REPEATED_HOUR = "repeated_hour"


@dataclass(frozen=True, slots=True)
class Reading:
    """A date as read: the moment in UTC, the local day, and how doubt was settled, if there was any."""

    moment: datetime
    day: date
    doubts: tuple[str, ...] = ()
    """Codes of this module."""
    other: date | None = None
    """The day that was not believed."""


def _one(text: str, format_: str, zone: tzinfo) -> datetime | None:
    """Return `text` read by one format, local in `zone` when it names no offset; None when it does not fit."""
    try:
        if format_ == "iso":
            read = datetime.fromisoformat(text)
        elif format_ in ("epoch", "epoch_ms"):
            seconds = float(text) / (1000 if format_ == "epoch_ms" else 1)
            read = datetime.fromtimestamp(seconds, UTC).astimezone(zone)
        else:
            read = datetime.strptime(text, format_)
    except (ValueError, OverflowError, OSError):
        return None
    return read if read.tzinfo is not None else read.replace(tzinfo=zone)


def readings(text: str, formats: Sequence[str], zone: tzinfo) -> dict[str, datetime]:
    """Return every different moment that `text` can mean, by the first format that reads it so."""
    found: dict[str, datetime] = {}
    for format_ in formats:
        read = _one(text, format_, zone)
        if read is not None and read not in found.values():
            found[format_] = read
    return found


def _settled(text: str, rule: DateRule) -> tuple[datetime, tuple[str, ...], date | None]:
    """Return the one reading of `text` that the rule believes, the doubt, and the first day it does not believe."""
    found = readings(text, rule.formats, rule.zone)
    if not found:
        raise BadValue("no_date", text)
    if rule.within is not None:
        first, last = rule.within
        found = {format_: read for format_, read in found.items() if first <= read.date() <= last}
        if not found:
            raise BadValue("date_outside", text)
    if len(found) == 1:
        return next(iter(found.values())), (), None
    preferred = _one(text, rule.prefer, rule.zone) if rule.prefer else None
    if preferred is None or preferred not in found.values():
        raise BadValue("ambiguous_date", text)
    other = next(read for read in found.values() if read != preferred)
    return preferred, (SETTLED,), other.date()


def _checked(believed: datetime, rule: DateRule, check_text: str) -> tuple[datetime, tuple[str, ...], date | None]:
    """Return the moment after comparing its day with the check column; raises BadValue as the rule says."""
    if not rule.check_columns or not check_text:
        return believed, (), None
    found = readings(check_text, rule.check_formats, rule.zone)
    days = {read.date() for read in found.values()}
    if not days:
        raise BadValue("check_unreadable", check_text)
    if believed.date() in days:
        return believed, (), None
    if rule.on_disagreement is OnDisagreement.KEEP:
        return believed, (KEPT,), min(days)
    if rule.on_disagreement is OnDisagreement.CHECK and len(days) == 1:
        day = days.pop()
        corrected = believed.replace(year=day.year, month=day.month, day=day.day)
        return corrected, (CORRECTED,), believed.date()
    raise BadValue("dates_disagree", check_text)


def read_date(text: str, rule: DateRule, check_text: str, *, now: datetime) -> Reading:
    """Return what `text` means under `rule`; raises BadValue where it is not certain and no rule settles it.

    `check_text` is what the columns to check against hold. `now` bounds moments unless the rule believes the future;
    a day of grace allows for clocks and zones. Of an hour that a clock change repeats the first one is taken.
    """
    believed, doubts, other = _settled(text, rule)
    believed, more, differs = _checked(believed, rule, check_text)
    doubts += more
    moment = believed.astimezone(UTC)
    if moment < EPOCH:
        raise BadValue("date_too_old", text)
    if not rule.future and moment > now + timedelta(days=1):
        raise BadValue("date_in_future", text)
    if believed.replace(fold=1).utcoffset() != believed.utcoffset() and believed.tzinfo is rule.zone:
        doubts += (REPEATED_HOUR,)
    return Reading(moment, believed.date(), doubts, differs if other is None else other)
