"""The weekly hours of a desk, as an operator's record writes them (R22).

`Mon-Fri 08:00-18:00; Sat 09:00-13:00`: days, a space, hours; parts end with a semicolon. Days are English names of
three letters or more, ranges or lists of them (`Mon,Wed-Fri`); hours may be several (`08:00-12:00, 13:00-17:00`), whole
(`9-17`), until midnight (`24:00`) or into the next day (`22:00-06:00`). `PH` or `holidays` stands for public holidays,
on which a desk is closed unless its hours say otherwise. Empty is always open.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
HOLIDAY = 7
"""The place of public holidays beside the seven weekdays, Monday being 0."""
DAY_MINUTES = 24 * 60

Span = tuple[int, int]
"""From and until, in minutes of the day on the wall; `until` lies at most at 1440."""

_HOLIDAY_NAMES = frozenset({"ph", "holiday", "holidays"})
_TIME = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?")
_DASHES = str.maketrans({"–": "-", "—": "-", "−": "-"})


class HoursError(ValueError):
    """Hours cannot be read: `part` is the piece of text that is wrong, `code` says how.

    Codes: `day` (no such day), `time` (no such time), `span` (no `from-until`), `empty` (no hours after the days).
    """

    def __init__(self, part: str, code: str) -> None:
        super().__init__(f"{code}: {part}")
        self.part = part
        self.code = code


@dataclass(frozen=True, slots=True)
class DeskHours:
    """The spans of each weekday (0 is Monday) and of public holidays (`HOLIDAY`); None where the desk never closes."""

    spans: Mapping[int, tuple[Span, ...]] | None = field(default=None, hash=False)

    @property
    def always(self) -> bool:
        """Whether the desk never closes."""
        return self.spans is None

    def on(self, weekday: int, holiday: bool) -> tuple[Span, ...]:
        """Return when the desk is open on a day, in order, none overlapping another."""
        if self.spans is None:
            return ((0, DAY_MINUTES),)
        return self.spans.get(HOLIDAY if holiday else weekday, ())


ALWAYS = DeskHours()


def _weekday(name: str) -> int:
    wanted = name.strip().casefold()
    if len(wanted) >= 3:
        for number, day in enumerate(DAYS):
            if day.startswith(wanted):
                return number
    raise HoursError(name.strip(), "day")


def _days(text: str) -> list[int]:
    found: list[int] = []
    for part in text.split(","):
        if part.strip().casefold() in _HOLIDAY_NAMES:
            found.append(HOLIDAY)
            continue
        first, dash, last = part.partition("-")
        start = _weekday(first)
        end = _weekday(last) if dash else start
        found += [(start + step) % 7 for step in range((end - start) % 7 + 1)]
    return found


def _minutes(text: str) -> int:
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise HoursError(text.strip(), "time")
    minutes = int(found[1]) * 60 + int(found[2] or 0)
    if minutes > DAY_MINUTES or int(found[2] or 0) > 59:
        raise HoursError(text.strip(), "time")
    return minutes


def _span(text: str) -> Span:
    start, dash, end = text.partition("-")
    if not dash:
        raise HoursError(text.strip(), "span")
    found = _minutes(start), _minutes(end)
    if found[0] == found[1] or found[0] == DAY_MINUTES:
        raise HoursError(text.strip(), "span")
    return found


def _joined(spans: list[Span]) -> tuple[Span, ...]:
    """Return spans in order, those that touch or overlap as one: no minute is counted twice."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return tuple(found)


def _split(part: str) -> tuple[str, str]:
    """Return the days and the hours of a part: the hours begin at its first digit."""
    digit = re.search(r"\d", part)
    if digit is None:
        raise HoursError(part, "empty")
    return part[: digit.start()].strip().rstrip(":").strip(), part[digit.start() :]


@lru_cache(maxsize=64)
def read_hours(text: str) -> DeskHours:
    """Return the hours that `text` names; raises HoursError with the piece that cannot be read.

    What goes on after midnight belongs to the day on which it began; after a Sunday comes Monday.
    """
    cleaned = text.translate(_DASHES).strip()
    if not cleaned:
        return ALWAYS
    spans: dict[int, list[Span]] = {}
    for part in (piece.strip() for piece in re.split(r"[;\n]", cleaned) if piece.strip()):
        named, hours = _split(part)
        days = _days(named) if named else list(range(7))
        for start, end in map(_span, hours.split(",")):
            for day in days:
                spans.setdefault(day, []).append((start, end if start < end else DAY_MINUTES))
                if end < start and end:
                    following = day if day == HOLIDAY else (day + 1) % 7
                    spans.setdefault(following, []).append((0, end))
    return DeskHours({day: _joined(found) for day, found in spans.items()})


def hours_or_always(text: str) -> DeskHours:
    """Return the hours that `text` names; a desk whose hours nobody can read counts as always open."""
    try:
        return read_hours(text)
    except HoursError:
        return ALWAYS
