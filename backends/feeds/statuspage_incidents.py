"""Incidents and scheduled works of a status page (Statuspage API v2) as outages.

Components are products, seldom places: `options.areas` says what a component's name means here, and words such as
broadband name a service. Of everything but id, name and status nothing is sure to be there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from backends.feeds import moments
from backends.feeds.places import NOWHERE, Places, joined, placed
from backends.feeds.reading import Notes, Reading, body_of, digest, origin_of, reference_for, title_of
from backends.htmltext import html_to_text
from backends.records import Coverage, Key, Outage, OutageKind, OutageState, OutageUpdate

_SUSPECTED = frozenset({"investigating"})
_OVER = frozenset({"resolved", "postmortem", "completed"})
_WORKS = frozenset({"scheduled", "in_progress", "verifying", "completed"})
_KNOWN = frozenset({"investigating", "identified", "monitoring", "resolved", "postmortem"}) | _WORKS
_MOST_UPDATES = 100


@dataclass(frozen=True, slots=True)
class PageRules:
    """How incidents of a page become outages."""

    places: Places
    source: str
    ignore_impact: tuple[str, ...] = ()
    """Impacts that are no outage to anybody: `none`."""


def read_page(document: Any, rules: PageRules, now: datetime, notes: Notes) -> Reading:
    """Return the outages in `incidents` and `scheduled_maintenances` of a summary or of any of the page's lists."""
    rows: dict[str, Any] = {}
    entries = 0
    for part in ("incidents", "scheduled_maintenances"):
        for number, row in enumerate(_rows(document, part)):
            entries += 1
            name = row.get("id") if isinstance(row, dict) else None
            if not isinstance(name, str) or not name:
                notes.problem("bad_entry", f"{part} {number + 1}", "has no id")
                continue
            rows[name] = row
    found = [_outage(name, row, rules, now, notes) for name, row in rows.items()]
    page = document.get("page") if isinstance(document, dict) else None
    published = page.get("updated_at") if isinstance(page, dict) else None
    return Reading(
        tuple(outage for outage in found if outage is not None),
        entries,
        tuple(notes.problems),
        notes.total,
        dict(notes.left_out),
        moments.iso(published, now, notes, "page updated_at"),
        held=frozenset(_key(name, rules) for name, row in rows.items() if _said(row, "status") not in _KNOWN),
    )


def _rows(document: Any, part: str) -> list[Any]:
    rows = document.get(part) if isinstance(document, dict) else None
    return rows if isinstance(rows, list) else []


def _said(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else ""


def _key(name: str, rules: PageRules) -> Key:
    return f"incident:{digest((rules.source, name))}"


def _outage(name: str, row: Mapping[str, Any], rules: PageRules, now: datetime, notes: Notes) -> Outage | None:
    where = title_of(_said(row, "name")) or name
    status = _said(row, "status")
    if status not in _KNOWN:
        notes.problem("unknown_state", where, status)
        return None
    if _said(row, "impact") in rules.ignore_impact:
        notes.leave("severity")
        return None
    coverage = _whom(row, rules, notes)
    if coverage is None:
        notes.leave("no_place")
        return None
    works = status in _WORKS
    state = _state(status)
    times = {
        field: moments.iso(row.get(field), now, notes, f"{where} {field}")
        for field in ("started_at", "created_at", "scheduled_for", "scheduled_until", "resolved_at", "updated_at")
    }
    started = times["scheduled_for"] if works else times["started_at"]
    started = started or times["created_at"] or now
    ended = (times["resolved_at"] or times["updated_at"] or now) if state is OutageState.RESTORED else None
    updates = _updates(row, now, notes, where)
    key = _key(name, rules)
    return Outage(
        key,
        reference_for("SP", key.partition(":")[2]),
        state,
        title_of(_said(row, "name")),
        min(started, ended) if ended else started,
        rules.places.settled(coverage),
        rules.places.operator(""),
        OutageKind.PLANNED_WORKS if works else OutageKind.FAULT,
        cause=updates[-1].text if updates else "",
        expected_end=times["scheduled_until"] if works else None,
        confirmed_at=next((one.at for one in updates if one.state is OutageState.CONFIRMED), None),
        ended_at=ended,
        source=rules.source,
        updates=updates,
        origin=origin_of(rules.source, name),
    )


def _state(status: str) -> OutageState:
    if status in _OVER:
        return OutageState.RESTORED
    return OutageState.SUSPECTED if status in _SUSPECTED else OutageState.CONFIRMED


def _names(row: Mapping[str, Any]) -> list[str]:
    """Return the names and ids of the components that an incident names, in its own list and in its updates."""
    parts = [part for part in _rows(row, "components") if isinstance(part, dict)]
    for update in _rows(row, "incident_updates"):
        if isinstance(update, dict):
            parts.extend(part for part in _rows(update, "affected_components") if isinstance(part, dict))
    found = [_said(part, field) for part in parts for field in ("name", "id", "code")]
    return list(dict.fromkeys(name for name in found if name))


def _whom(row: Mapping[str, Any], rules: PageRules, notes: Notes) -> Coverage | None:
    """Return whom an incident hits, None when neither its components nor its title name a place or service."""
    names, title = _names(row), _said(row, "name")
    mapped = [area for area in map(rules.places.area, names) if area is not None]
    coverage = joined(mapped) if mapped else joined(map(rules.places.within, names))
    if not placed(coverage):
        told = rules.places.within(title)
        services = coverage.services or told.services
        coverage = joined((told if placed(told) else NOWHERE, Coverage(services, country=coverage.country)))
    if placed(coverage) or coverage.services or rules.places.anywhere or (mapped and coverage != NOWHERE):
        return coverage
    for name in (_said(part, "name") for part in _rows(row, "components") if isinstance(part, dict)):
        notes.once("unmapped_area", name)
    return None


def _updates(row: Mapping[str, Any], now: datetime, notes: Notes, where: str) -> tuple[OutageUpdate, ...]:
    """Return what was said, oldest first, with the state where it changed."""
    told: list[tuple[datetime, str, OutageState | None]] = []
    for number, update in enumerate(_rows(row, "incident_updates")[:_MOST_UPDATES]):
        at = None
        if isinstance(update, dict):
            when = update.get("display_at") or update.get("created_at")
            at = moments.iso(when, now, notes, f"{where} update {number + 1}")
        if at is None:
            notes.problem("bad_entry", f"{where} update {number + 1}", "has no moment")
            continue
        status = _said(update, "status")
        body = body_of(html_to_text(_said(update, "body")))
        told.append((at, body, _state(status) if status in _KNOWN else None))
    told.sort(key=lambda one: one[0])
    return tuple(with_changes(told))


def with_changes(told: Iterable[tuple[datetime, str, OutageState | None]], speaker: str = "") -> Iterable[OutageUpdate]:
    """Yield updates whose `state` stands only where it is another than before."""
    last: OutageState | None = None
    for at, text, state in told:
        yield OutageUpdate(at, text, speaker, state if state is not last else None)
        last = state or last
