"""2,224 real complaints whose date columns lie: imported twice they are 2,224 tickets, each on its true day."""

from __future__ import annotations

import csv
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from backends.port import TicketFilter
from backends.records import Ticket
from backends.registry import backend_for
from console.desk.importing import Format, Order, Rejects, Report, read_mapping, run

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "comcast-complaints-2015.csv"
MAPPING = ROOT / "docs" / "examples" / "comcast-2015.toml"
ROWS = 2224
SWAPPED = 572
"""Rows whose day and month differ and are both 12 or less."""

pytestmark = pytest.mark.skipif(not DATA.exists(), reason=f"the complaints are not here: {DATA} is missing")


def table() -> list[dict[str, str]]:
    """Return the rows as they stand in the file."""
    with DATA.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def true_day(row: dict[str, str]) -> date:
    """Return the day of a row, month first where that is possible."""
    first, second, year = (int(part) for part in row["Date"].split("-"))
    return date(2000 + year, first, second) if first <= 12 else date(2000 + year, second, first)


def test_what_the_mapping_says_about_the_dates_is_so() -> None:
    """The evidence in the mapping's comments: counts, spread over the days, order of the ticket numbers."""
    rows = table()
    day_first = [datetime.strptime(row["Date"], "%d-%m-%y").date() for row in rows]
    assert day_first == [datetime.strptime(row["Date_month_year"], "%d-%b-%y").date() for row in rows]
    outside = Counter(day.day for day in day_first if day.month not in (4, 5, 6))
    assert (sum(outside.values()), set(outside)) == (486, {4, 5, 6})
    inside = {day.day for day in day_first if day.month in (4, 5, 6)}
    assert inside == {4, 5, 6, *range(13, 32)}
    days = {true_day(row) for row in rows}
    assert (min(days), max(days), len(days)) == (date(2015, 4, 1), date(2015, 6, 30), 91)
    doubtful = [row for row in rows if int(row["Date"][:2]) <= 12]
    assert len(doubtful) == 609
    assert sum(true_day(row) != day for row, day in zip(rows, day_first, strict=True)) == SWAPPED
    by_number = sorted(doubtful, key=lambda row: int(row["Ticket #"]))
    out_of_order = sum(true_day(one) > true_day(next_) for one, next_ in pairwise(by_number))
    assert out_of_order < len(doubtful) / 10
    april = Counter(row["Status"] for row in doubtful if true_day(row).month == 4)
    assert (april["Closed"], sum(april.values())) == (203, 206)


@pytest.mark.slow
async def test_two_imports_make_2224_tickets_that_are_found(tmp_path: Path) -> None:
    """Each by its number and by words of its text, on its day in April to June, with the disagreement reported."""
    backend = backend_for(f"sqlite:///{tmp_path / 'desk.db'}")
    await backend.open()
    try:
        reports = []
        for _time in range(2):
            report = Report()
            order = Order(read_mapping(MAPPING), Format.CSV, (DATA,), "tester", datetime(2031, 6, 1, tzinfo=UTC))
            await run(order, backend, report, Rejects(None), lambda _done, _total: None)
            reports.append(report)
        first, second = reports
        assert first.added["ticket"] == ROWS
        assert (second.added, second.known["ticket"]) == ({}, ROWS)
        for report in reports:
            assert (report.rejected, report.ambiguous) == (0, SWAPPED)
            assert report.doubts["ticket.opened_at", "settled_by_prefer"] == SWAPPED
            assert report.doubts["ticket.opened_at", "kept_against_check"] == SWAPPED
            assert report.examples["ticket.opened_at", "kept_against_check"]
        tickets: dict[str, Ticket] = {}
        after: str | None = None
        while True:
            page = await backend.tickets(TicketFilter(), after=after, limit=500)
            tickets.update({ticket.reference: ticket for ticket in page.rows})
            if (after := page.after) is None:
                break
        assert len(tickets) == ROWS
        eastern = ZoneInfo("America/New_York")
        for row in table():
            ticket = tickets[row["Ticket #"]]
            assert ticket.opened_at.astimezone(eastern).date() == true_day(row)
        for row in table()[::37]:
            (match,) = await backend.search(row["Ticket #"], limit=5)
            assert (match.exact, match.customer.key) == (True, tickets[row["Ticket #"]].customer_key)
            after, found = None, False
            while not found:
                hits = await backend.search_text(row["Customer Complaint"], limit=200, after=after)
                found = any(
                    hit.contact.origin and hit.contact.origin.foreign_id == row["Ticket #"] for hit in hits.rows
                )
                if (after := hits.after) is None:
                    break
            assert found, row
    finally:
        await backend.close()
    with closing(sqlite3.connect(tmp_path / "desk.db")) as raw:
        assert raw.execute("SELECT count(*) FROM ticket").fetchone() == (ROWS,)
