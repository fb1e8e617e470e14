"""Clocks and amounts for other programs and for voices: `show` prints them as text and as JSON."""

from __future__ import annotations

import json
from datetime import timedelta

from backends.records import Compensation, Money
from console.cli.clock_objects import clock_parts
from console.cli.output import moment_text
from console.cli.show_text import lines_of
from console.present.setting import Now
from console.rules.clocks import zone_of
from tests.acts_stage import NOW, Counter, at_counter

DAY = timedelta(days=1)


async def _told(desk: Counter, **changes: object) -> tuple[dict[str, object], list[str]]:
    """Store a fault and return what is printed of it."""
    ticket = await desk.ticket(opened_at=NOW - 9 * DAY, first_contact_at=NOW - 9 * DAY, **changes)
    picture = await desk.picture()
    operator = picture.file.operator
    now = Now(NOW, zone_of(operator), {operator.key: operator})
    found = clock_parts(next(one for one in picture.file.tickets if one.key == ticket.key), picture, now)
    parts: dict[str, object] = json.loads(json.dumps(found))
    return parts, list(lines_of(picture, now, {}, 5))


async def test_r33_show_tells_clocks_and_what_is_owed_to_programs() -> None:
    """Codes, moments in UTC, seconds, amounts in the smallest unit, and by which rule."""
    async with at_counter(country="GB", zone="Europe/London") as desk:
        given = Compensation(Money(500, "GBP"), "goodwill", NOW - DAY, "Ola")
        parts, _lines = await _told(desk, compensations=(given,), details=(("symptom", "no_service"),))
        clocks, owed = parts["clocks"], parts["owed"]
        assert isinstance(clocks, list)
        assert isinstance(owed, dict)
        assert {one["clock"] for one in clocks} == {"take_charge", "repair"}
        assert all(one["state"] == "late" and one["left_seconds"] < 0 and one["source"] for one in clocks)
        assert owed["today"]["currency"] == "GBP"
        assert owed["next"]["minor"] > owed["today"]["minor"] > 0
        assert owed["for"][0]["tariff"] == "repair_late"
        assert parts["compensations"] == [
            {"minor": 500, "currency": "GBP", "reason": "goodwill", "at": moment_text(NOW - DAY), "by": "Ola"}
        ]


async def test_r33_where_no_rule_says_anything_owed_is_nothing_at_all() -> None:
    """No tariff is null, which is not an amount of nothing."""
    async with at_counter() as desk:
        parts, _lines = await _told(desk)
        assert parts["owed"] is None
        assert parts["compensations"] == []


async def test_show_reads_out_each_clock_and_what_is_owed() -> None:
    """One fact a line, with words and not by colour: what is late says so."""
    async with at_counter(country="GB", zone="Europe/London") as desk:
        _parts, lines = await _told(desk, details=(("symptom", "no_service"),))
        assert any(line.strip().startswith("Due: ") and line.endswith("late)") for line in lines)
        assert any(line.strip().startswith("Due, take charge: ") for line in lines)
        assert any(line.strip().startswith("Owed today: £") for line in lines)
