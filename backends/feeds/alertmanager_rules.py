"""Which labels and annotations of an Alertmanager mean what, and which alerts count: a source's own table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from backends.clean import fold
from backends.feeds.options import Options
from backends.feeds.places import Places, places_from
from backends.records import OutageState

LABELS: Mapping[str, tuple[str, ...]] = {
    "outage": ("outage", "outage_id", "incident", "incident_id"),
    "service": ("service", "product"),
    "element": ("element", "port", "olt", "node", "exchange"),
    "parent": ("olt", "node", "exchange"),
    "area": ("area", "region"),
    "town": ("town", "city"),
    "postcode": ("postcode", "postal_code", "zip"),
    "country": ("country",),
    "operator": ("operator", "brand"),
    "line": ("service_id", "line", "line_id", "circuit_id"),
    "severity": ("severity",),
    "supplier": ("supplier", "carrier"),
    "supplier_reference": ("supplier_reference", "supplier_ticket"),
    "title": ("summary", "title", "headline"),
    "cause": ("cause", "description"),
    "say": ("say", "customer_text"),
    "expected_end": ("expected_end", "expected_repair", "eta"),
}
"""What is looked for → the labels or annotations that may hold it, the first found counts. Of the elements the most
special one is hit; alerts are folded by `parent`, else by the element up to its first slash."""
SEVERITIES: Mapping[str, OutageState | None] = {
    "critical": OutageState.CONFIRMED,
    "major": OutageState.CONFIRMED,
    "page": OutageState.CONFIRMED,
    "error": OutageState.CONFIRMED,
    "high": OutageState.CONFIRMED,
    "warning": OutageState.SUSPECTED,
    "minor": OutageState.SUSPECTED,
    "low": OutageState.SUSPECTED,
    "info": None,
    "none": None,
    "debug": None,
    "ok": None,
}
"""Severity → the state of the outage; None leaves the alert out. Any other one is a suspicion (R26)."""
WORKS_WORDS = (
    "planned works", "planned work", "planned maintenance", "scheduled maintenance", "maintenance window",
    "lavori programmati", "manutenzione programmata", "travaux programmes", "maintenance programmee",
    "prace planowe", "prace planowane", "planerat arbete", "planerat underhall",
)  # fmt: skip
"""A silence whose comment has one of these is shown as planned works; any other silence hides its alerts."""
_FOLD = ("operator", "service", "place")
_STATES = {"confirmed": OutageState.CONFIRMED, "suspected": OutageState.SUSPECTED, "ignore": None}


@dataclass(frozen=True, slots=True)
class Rules:
    """How alerts become outages."""

    places: Places
    source: str
    labels: Mapping[str, tuple[str, ...]]
    severities: Mapping[str, OutageState | None]
    ignore: tuple[tuple[str, str], ...] = ()
    fold: tuple[str, ...] = _FOLD
    works_words: tuple[str, ...] = ()
    ends_at: str = "auto"

    def first(self, role: str, texts: Mapping[str, str]) -> str:
        """Return the first text that has this role, empty when there is none."""
        for name in self.labels[role]:
            if found := texts.get(name):
                return found
        return ""


def rules_from(options: Options, source: str) -> Rules:
    """Return the rules that a source's options describe; raises Invalid naming the one that is wrong."""
    given = options.table("labels")
    labels = {role: given.texts(role, names) for role, names in LABELS.items()}
    given.finish()
    levels = options.table("severities")
    severities = dict(SEVERITIES)
    for level in levels.names():
        severities[fold(level)] = _STATES[levels.choice(level, "ignore", tuple(_STATES))]
    folded = options.texts("fold", _FOLD)
    if not set(folded) <= set(_FOLD) or "place" not in folded:
        raise options.wrong("fold", "unknown", "place, and service and operator where they part outages")
    return Rules(
        places_from(options),
        options.text("source", source),
        labels,
        severities,
        tuple(_pair(one, options) for one in options.texts("ignore", ("scope=line",))),
        folded,
        tuple(word for word in map(fold, options.texts("works_words", WORKS_WORDS)) if word),
        options.choice("ends_at", "auto", ("auto", "always", "never")),
    )


def _pair(text: str, options: Options) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name.strip():
        raise options.wrong("ignore", "type", 'looks like "scope=line"')
    return name.strip(), value.strip().strip('"')
