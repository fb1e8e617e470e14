"""Moments as feeds write them, in UTC; what cannot be placed is noted and is None."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from backends.feeds.reading import Notes

_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=3_660)
_LONGEST = 64


def iso(text: object, now: datetime, notes: Notes, where: str) -> datetime | None:
    """Return a moment in ISO 8601 or RFC 3339; None without a note for a missing one or the year-1 zero of Go."""
    if text is None or text == "" or (isinstance(text, str) and text.startswith("0001-01-01")):
        return None
    try:
        if not isinstance(text, str) or len(text) > _LONGEST:
            raise ValueError
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        notes.problem("bad_time", where, str(text)[:_LONGEST])
        return None
    return _placed(found, str(text), now, notes, where)


def mail_date(text: str, now: datetime, notes: Notes, where: str) -> datetime | None:
    """Return a moment as RSS writes it (RFC 822), or in ISO 8601 as many feeds do all the same; None for none."""
    text = text.strip()
    if not text:
        return None
    if text[:4].isdigit():
        return iso(text, now, notes, where)
    try:
        if len(text) > _LONGEST:
            raise ValueError
        found = parsedate_to_datetime(text)
    except (ValueError, IndexError, TypeError, OverflowError):
        notes.problem("bad_time", where, text[:_LONGEST])
        return None
    if found.tzinfo is None and text.endswith("-0000"):  # RFC 5322: UTC, and nothing said about the local zone
        found = found.replace(tzinfo=UTC)
    return _placed(found, text, now, notes, where)


def _placed(found: datetime, text: str, now: datetime, notes: Notes, where: str) -> datetime | None:
    if found.tzinfo is None:
        notes.problem("no_zone", where, text)
        return None
    try:
        moment = found.astimezone(UTC)
    except OverflowError:
        moment = _EARLIEST - _AHEAD
    if not _EARLIEST <= moment <= now + _AHEAD:
        notes.problem("bad_time", where, text)
        return None
    return moment
