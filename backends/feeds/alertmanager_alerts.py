"""Alerts of Prometheus Alertmanager as outages: labels mapped, storms folded, silences respected.

Alerts are about things; an outage is about customers. Alerts with the same outage label, or about the same element,
area, town or postcode, are one outage. What names no place is no outage of ours, what names a single line is none
either.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from backends.clean import fold
from backends.feeds import moments
from backends.feeds.alertmanager_rules import Rules
from backends.feeds.places import NOWHERE, joined, name_of, placed
from backends.feeds.reading import Notes, Reading, body_of, digest, origin_of, reference_for, title_of
from backends.records import Coverage, Key, Outage, OutageKind, OutageState

_FORECAST = timedelta(minutes=30)
"""An end that lies further ahead of the last word than this was set by a person: monitoring renews its own often."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert of the API, its texts not cleaned yet."""

    fingerprint: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    starts_at: datetime
    ends_at: datetime | None
    updated_at: datetime
    silenced_by: tuple[str, ...] = ()
    inhibited_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Silence:
    """Why somebody asked for quiet, and until when."""

    comment: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass
class _Group:
    """The alerts that make one outage."""

    identity: tuple[str, ...]
    alerts: list[tuple[OutageState, Alert]] = field(default_factory=list)
    coverages: list[Coverage] = field(default_factory=list)
    works: Silence | None = None


def alerts_in(rows: Any, now: datetime, notes: Notes) -> list[Alert]:
    """Return the alerts of an answer of `GET /api/v2/alerts`; rows of another shape are noted and left."""
    found: list[Alert] = []
    for number, row in enumerate(rows if isinstance(rows, list) else ()):
        alert = _alert(row, now, notes, f"alert {number + 1}")
        if alert is not None:
            found.append(alert)
    return found


def _texts(value: Any) -> dict[str, str] | None:
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        return None
    return value


def _alert(row: Any, now: datetime, notes: Notes, where: str) -> Alert | None:
    labels = _texts(row.get("labels")) if isinstance(row, dict) else None
    annotations = _texts(row.get("annotations")) if isinstance(row, dict) else None
    if not labels or annotations is None:
        notes.problem("bad_entry", where, "labels and annotations are tables of texts")
        return None
    status = row.get("status") if isinstance(row.get("status"), dict) else {}
    started = moments.iso(row.get("startsAt"), now, notes, f"{where} startsAt")
    return Alert(
        str(row.get("fingerprint") or digest(f"{name}={value}" for name, value in sorted(labels.items())))[:64],
        labels,
        annotations,
        started or now,
        moments.iso(row.get("endsAt"), now, notes, f"{where} endsAt"),
        moments.iso(row.get("updatedAt"), now, notes, f"{where} updatedAt") or now,
        _ids(status.get("silencedBy")),
        _ids(status.get("inhibitedBy")),
    )


def _ids(value: Any) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def silences_in(rows: Any, now: datetime, notes: Notes) -> dict[str, Silence]:
    """Return the silences of an answer of `GET /api/v2/silences` by id."""
    found: dict[str, Silence] = {}
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and isinstance(row.get("id"), str):
            comment = row.get("comment")
            found[row["id"]] = Silence(
                body_of(comment) if isinstance(comment, str) else "",
                moments.iso(row.get("startsAt"), now, notes, "silence startsAt"),
                moments.iso(row.get("endsAt"), now, notes, "silence endsAt"),
            )
    return found


def fold_alerts(
    alerts: Sequence[Alert], silences: Mapping[str, Silence], rules: Rules, now: datetime, notes: Notes
) -> Reading:
    """Return the outages that these alerts make, each under a key that stays the same from poll to poll."""
    groups: dict[Key, _Group] = {}
    held: set[Key] = set()
    withdrawn: dict[Key, str] = {}
    for alert in alerts:
        state = _counts(alert, rules, notes)
        if state is None:
            continue
        identity, coverage = _whom(alert, rules, notes)
        if not identity:
            notes.leave("no_place")
            continue
        works = None
        if alert.silenced_by:
            silence = _silence(alert, silences)
            works = silence if _is_works(silence, rules) else None
            withdrawn[_key(identity)] = silence.comment
            if works is None:
                notes.leave("silenced")
                continue
            identity = (*identity, "works")
        elif alert.inhibited_by:
            held.add(_key(identity))
            notes.leave("inhibited")
            continue
        group = groups.setdefault(_key(identity), _Group(identity, works=works))
        group.alerts.append((state, alert))
        group.coverages.append(coverage)
    outages = tuple(_outage(key, group, rules, now, notes) for key, group in groups.items())
    return Reading(
        outages,
        len(alerts),
        tuple(notes.problems),
        notes.total,
        dict(notes.left_out),
        max((alert.updated_at for alert in alerts), default=None),
        frozenset(held - set(withdrawn)),
        {key: why for key, why in withdrawn.items() if key not in groups},
        {key: max(ends) for key, group in groups.items() if (ends := _ends(group))},
        {key: max(alert.updated_at for _, alert in group.alerts) for key, group in groups.items()},
        tells_history=False,
    )


def _counts(alert: Alert, rules: Rules, notes: Notes) -> OutageState | None:
    """Return the state that an alert speaks for, None (counted) when a rule leaves it out."""
    labels = alert.labels
    if any(labels.get(name) == value for name, value in rules.ignore):
        notes.leave("ignored")
        return None
    if rules.first("line", labels):
        notes.leave("one_line")
        return None
    severity = rules.first("severity", labels)
    state = rules.severities.get(fold(severity), OutageState.SUSPECTED)
    if state is None:
        notes.leave("severity")
    return state


def _whom(alert: Alert, rules: Rules, notes: Notes) -> tuple[tuple[str, ...], Coverage]:
    """Return what makes an alert the same outage as another, and whom it hits; nothing when it names no place."""
    labels = alert.labels
    service = rules.first("service", labels)
    known = bool(service) and rules.places.knows_service(service)
    if service and not known:
        notes.once("unknown_service", service)
    where, spot = _where(labels, rules, notes)
    if not placed(where) and not (known or rules.places.anywhere):
        return (), NOWHERE
    services = where.services or (rules.places.service(service) if service else ())
    country = where.country or rules.first("country", labels).upper()
    whom = Coverage(services, where.postcodes, where.towns, where.elements, country)
    operator = rules.first("operator", labels)
    if named := rules.first("outage", labels):
        return ("outage", operator, named), whom
    parts = {"operator": operator, "service": ",".join(services), "place": spot}
    return ("folded", *(parts[part] for part in ("operator", "service", "place") if part in rules.fold)), whom


def _where(labels: Mapping[str, str], rules: Rules, notes: Notes) -> tuple[Coverage, str]:
    """Return the narrowest place that the labels name, and the name by which alerts are folded."""
    element = name_of(rules.first("element", labels))
    area = name_of(rules.first("area", labels))
    parent = name_of(rules.first("parent", labels)) or element.partition("/")[0]
    mapped = None
    if rules.places.areas:
        mapped = rules.places.area(element) or rules.places.area(parent) or rules.places.area(area)
    if element:
        whom = Coverage(elements=(element,))
        return (joined((whom, mapped)) if mapped else whom), f"element {parent}"
    if mapped is not None:
        return mapped, f"area {area}"
    town, postcode = name_of(rules.first("town", labels)), name_of(rules.first("postcode", labels))
    if postcode:
        return Coverage(postcodes=(postcode,)), f"area {area}" if area else f"postcode {postcode}"
    if area and not town:
        notes.once("unmapped_area", area)
    return Coverage(towns=(town or area,) if town or area else ()), f"area {area or town}"


def _silence(alert: Alert, silences: Mapping[str, Silence]) -> Silence:
    known = [silences[one] for one in alert.silenced_by if one in silences]
    return max(known, key=lambda one: (bool(one.comment), one.ends_at or alert.updated_at), default=Silence(""))


def _is_works(silence: Silence, rules: Rules) -> bool:
    words = f" {' '.join(fold(silence.comment).split())} "
    return any(word in words for word in rules.works_words)


def _key(identity: tuple[str, ...]) -> Key:
    return f"alert:{digest(identity)}"


def _ends(group: _Group) -> list[datetime]:
    return [alert.ends_at for _, alert in group.alerts if alert.ends_at is not None]


def _elements(elements: Sequence[str], parents: Iterable[str]) -> tuple[str, ...]:
    """Return the elements of a folded outage; where their parent itself is hit, it stands for all below it."""
    hit = [parent for parent in dict.fromkeys(parents) if parent in elements]
    return tuple(hit) if hit else tuple(elements)


def _text(role: str, alerts: Iterable[Alert], rules: Rules) -> str:
    for alert in alerts:
        if found := rules.first(role, alert.annotations) or rules.first(role, alert.labels):
            return found
    return ""


def _outage(key: Key, group: _Group, rules: Rules, now: datetime, notes: Notes) -> Outage:
    # the gravest and oldest alert speaks for all, whatever order they come in
    ranked = sorted(
        group.alerts, key=lambda one: (one[0] is not OutageState.CONFIRMED, one[1].starts_at, one[1].fingerprint)
    )
    alerts = [alert for _, alert in ranked]
    parents = [name_of(rules.first("parent", alert.labels)) for alert in alerts]
    whom = rules.places.settled(joined(group.coverages))
    whom = Coverage(whom.services, whom.postcodes, whom.towns, _elements(whom.elements, parents), whom.country)
    operator = name_of(rules.first("operator", alerts[0].labels))
    named = group.identity[2] if group.identity[0] == "outage" else ""
    title = title_of(_text("title", alerts, rules)) or title_of(alerts[0].labels.get("alertname", ""))
    works = group.works
    started = min(alert.starts_at for alert in alerts)
    return Outage(
        key,
        title_of(named)[:40] or reference_for("AM", key.partition(":")[2]),
        OutageState.CONFIRMED if works else ranked[0][0],
        title_of(works.comment) if works else title,
        (works.starts_at or started) if works else started,
        whom,
        rules.places.operator(operator),
        OutageKind.PLANNED_WORKS if works else OutageKind.FAULT,
        cause=title if works else body_of(_text("cause", alerts, rules)),
        expected_end=works.ends_at if works else _expected(alerts, rules, now, notes),
        source=rules.source,
        supplier=title_of(_text("supplier", alerts, rules)),
        supplier_reference=title_of(_text("supplier_reference", alerts, rules)),
        say=body_of(_text("say", alerts, rules)),
        origin=origin_of(rules.source, "|".join(group.identity)),
    )


def _expected(alerts: Sequence[Alert], rules: Rules, now: datetime, notes: Notes) -> datetime | None:
    """Return the latest repair that is promised: an annotation's, else an `endsAt` that a person must have set."""
    told = [_text("expected_end", (alert,), rules) for alert in alerts]
    said = [moments.iso(text, now, notes, "expected end") for text in dict.fromkeys(told) if text]
    if promised := [moment for moment in said if moment is not None]:
        return max(promised)
    if rules.ends_at == "never":
        return None
    forecasts = [
        alert.ends_at
        for alert in alerts
        if alert.ends_at is not None
        and (rules.ends_at == "always" or alert.ends_at - max(alert.updated_at, alert.starts_at) >= _FORECAST)
    ]
    return max(forecasts, default=None)
