"""Alerts of the Common Alerting Protocol (CAP 1.2) as outages.

Only what is `Actual` counts: exercises and tests look exactly like alerts. An Update or Cancel names what it replaces
in `references`; a whole chain of messages is one outage.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from backends.clean import fold
from backends.errors import Unavailable
from backends.feeds import moments
from backends.feeds.places import NOWHERE, Places, joined, name_of, placed
from backends.feeds.reading import Notes, Reading, body_of, digest, origin_of, reference_for, title_of
from backends.feeds.statuspage_incidents import with_changes
from backends.feeds.wordings import Said, Wording
from backends.feeds.xmltree import children, local, text_of
from backends.records import Coverage, Outage, OutageKind, OutageState

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

GEOCODES = {
    "postcodes": ("postcode", "postal_code", "postalcode", "zip", "zipcode", "plz", "cap", "kod pocztowy", "postnummer",
                  "code postal", "codepostal"),
    "elements": ("element", "exchange", "node", "olt", "port", "cabinet", "site"),
    "towns": ("town", "city", "municipality", "comune", "commune", "gmina", "miasto", "kommun", "ort"),
}  # fmt: skip
"""Part of the coverage → names of geocodes that hold it, whatever their case."""
CATEGORIES = ("Infra",)
"""Telecommunications are infrastructure; a storm warning is no outage."""
_MOST_REMEMBERED = 20_000
_MESSAGES = ("Alert", "Update", "Cancel")
_CONFIRMED_BY_SEVERITY = frozenset({"Extreme", "Severe"})


@dataclass(frozen=True, slots=True)
class CapRules:
    """How alerts become outages."""

    places: Places
    source: str
    wording: Wording
    categories: frozenset[str] = frozenset(CATEGORIES)
    languages: tuple[str, ...] = ("en",)
    """Which of an alert's languages to take, best first."""
    geocodes: tuple[tuple[str, str], ...] = ()
    """(folded name of a geocode, part of the coverage)"""


@dataclass(frozen=True, slots=True)
class Message:
    """One CAP document, its texts cleaned where they are shown."""

    name: tuple[str, str]
    """(sender, identifier)"""
    sent: datetime
    kind: str
    references: tuple[tuple[str, str], ...]
    """What it replaces, oldest first."""
    note: str
    info: Element | None
    """The block in the language asked for."""


def message_in(root: Element, rules: CapRules, now: datetime, notes: Notes) -> Message | None:
    """Return the message of a CAP document, None when it is left out (counted) or cannot be read (noted)."""
    if local(root) != "alert":
        raise Unavailable(f"no CAP alert but <{title_of(local(root))[:40]}>")
    name = (text_of(root, "sender")[:200], text_of(root, "identifier")[:200])
    where = title_of(" ".join(name))
    if not all(name):
        notes.problem("bad_entry", where, "has no sender or identifier")
        return None
    if text_of(root, "status") != "Actual":
        notes.leave("not_actual")
        return None
    kind = text_of(root, "msgtype")
    if kind not in _MESSAGES:
        notes.leave("no_alert")
        return None
    sent = moments.iso(text_of(root, "sent"), now, notes, f"{where} sent")
    if sent is None:
        notes.once("no_time", where)
    info = _info(root, rules)
    if kind != "Cancel" and info is None:
        notes.problem("bad_entry", where, "has no info")
        return None
    return Message(
        name, sent or now, kind, _references(text_of(root, "references"), notes, where), text_of(root, "note"), info
    )


def _references(text: str, notes: Notes, where: str) -> tuple[tuple[str, str], ...]:
    """Return (sender, identifier) of each triple, oldest first; the moment stands last and sorts them."""
    found: list[tuple[str, str, str]] = []
    for one in text.split()[:1_000]:
        parts = one.split(",")
        if len(parts) == 3 and all(parts):
            found.append((parts[2], parts[0], parts[1]))
        else:
            notes.once("bad_reference", where, one)
    return tuple((sender, name) for _, sender, name in sorted(found))


def _info(root: Element, rules: CapRules) -> Element | None:
    """Return the info block in the best language; those without one are American English by the standard."""
    blocks = list(children(root, "info"))
    for language in rules.languages:
        for block in blocks:
            if (text_of(block, "language") or "en-US").lower().startswith(language.lower()):
                return block
    return blocks[0] if blocks else None


class Chains:
    """Which messages belong to one outage; remembered from reading to reading, for a feed drops what was replaced."""

    def __init__(self) -> None:
        self._roots: dict[tuple[str, str], tuple[str, str]] = {}

    def root(self, message: Message) -> tuple[str, str]:
        """Return the name of the first message of the chain that `message` belongs to."""
        known = [self._roots[name] for name in (message.name, *message.references) if name in self._roots]
        root = known[0] if known else message.references[0] if message.references else message.name
        for name in (message.name, *message.references):
            self._roots.setdefault(name, root)
        for name in list(self._roots)[: max(0, len(self._roots) - _MOST_REMEMBERED)]:
            del self._roots[name]
        return root


def read_messages(messages: Iterable[Message], chains: Chains, rules: CapRules, now: datetime, notes: Notes) -> Reading:
    """Return the outages that CAP messages tell of."""
    threads: dict[tuple[str, str], list[Message]] = {}
    ordered = sorted(messages, key=lambda message: (message.sent, message.name))
    for message in ordered:
        threads.setdefault(chains.root(message), []).append(message)
    found = [_outage(root, thread, rules, now, notes) for root, thread in threads.items()]
    return Reading(
        tuple(outage for outage in found if outage is not None),
        len(ordered),
        tuple(notes.problems),
        notes.total,
        dict(notes.left_out),
        ordered[-1].sent if ordered else None,
    )


def _outage(
    root: tuple[str, str], thread: Sequence[Message], rules: CapRules, now: datetime, notes: Notes
) -> Outage | None:
    newest = next((one for one in reversed(thread) if one.info is not None and one.kind != "Cancel"), None)
    if newest is None or newest.info is None:
        notes.leave("cancelled")
        return None
    info = newest.info
    where = title_of(" ".join(root))
    if not rules.categories & {"".join(one.itertext()).strip() for one in children(info, "category")}:
        notes.leave("category")
        return None
    if text_of(info, "certainty") == "Unlikely":
        notes.leave("unlikely")
        return None
    coverage = _whom(info, rules, notes)
    if coverage is None:
        notes.leave("no_place")
        return None
    times = {
        name: moments.iso(text_of(info, name), now, notes, f"{where} {name}")
        for name in ("onset", "effective", "expires")
    }
    works = _works(info, rules)
    live = OutageState.CONFIRMED if works else _state(info)
    started = times["onset"] or times["effective"] or thread[0].sent
    state, ended = _ended(thread[-1], live, started, times["expires"], now)
    key = digest((rules.source, *root))
    told = [
        (
            one.sent,
            _text(one),
            state if one.kind == "Cancel" or one.info is None else live if works else _state(one.info),
        )
        for one in thread
    ]
    return Outage(
        f"cap:{key}",
        reference_for("CAP", key),
        state,
        title_of(text_of(info, "headline") or text_of(info, "event")),
        min(started, ended) if ended else started,
        rules.places.settled(coverage),
        rules.places.operator(""),
        OutageKind.PLANNED_WORKS if works else OutageKind.FAULT,
        cause=body_of(text_of(info, "description")),
        expected_end=times["expires"] if ended is None else None,
        confirmed_at=next((at for at, _, one in told if one is OutageState.CONFIRMED), None),
        ended_at=ended,
        source=title_of(text_of(info, "sendername")) or rules.source,
        say=body_of(text_of(info, "instruction")),
        updates=tuple(with_changes(told)),
        origin=origin_of(rules.source, " ".join(root)),
    )


def _text(message: Message) -> str:
    if message.info is None or message.kind == "Cancel":
        return body_of(message.note)
    return body_of(text_of(message.info, "description") or text_of(message.info, "headline"))


def _state(info: Element) -> OutageState:
    """Return confirmed for what was observed, and for what is likely and severe; all else is suspected."""
    certainty, severity = text_of(info, "certainty"), text_of(info, "severity")
    sure = certainty == "Observed" or (certainty == "Likely" and severity in _CONFIRMED_BY_SEVERITY)
    return OutageState.CONFIRMED if sure else OutageState.SUSPECTED


def _works(info: Element, rules: CapRules) -> bool:
    return any(rules.wording.in_title(text_of(info, name)) is Said.WORKS for name in ("event", "headline"))


def _ended(
    last: Message, live: OutageState, started: datetime, expires: datetime | None, now: datetime
) -> tuple[OutageState, datetime | None]:
    """Return the state and the end: a cancelled suspicion was none, and nothing lives longer than `expires`."""
    if last.kind == "Cancel":
        never = live is OutageState.SUSPECTED or started > last.sent
        return (OutageState.DISMISSED if never else OutageState.RESTORED), last.sent
    if last.info is not None and text_of(last.info, "urgency") == "Past":
        return OutageState.RESTORED, last.sent
    if expires is not None and expires <= now:
        return OutageState.RESTORED, max(expires, started)
    return live, None


def _whom(info: Element, rules: CapRules, notes: Notes) -> Coverage | None:
    """Return whom an alert hits: geocodes first, then areas by their description; None when neither says anything."""
    parts = [_area(area, rules, notes) for area in children(info, "area")]
    places = joined(parts)
    words = " . ".join(text_of(info, name) for name in ("event", "headline"))
    values = [
        text_of(one, "value") for one in children(info, "parameter") if fold(text_of(one, "valuename")) == "service"
    ]
    services = [code for value in values for code in rules.places.service(value)]
    services = list(places.services) or services or list(rules.places.within(words).services)
    if not placed(places) and not (services or rules.places.anywhere):
        return None
    return Coverage(tuple(dict.fromkeys(services)), places.postcodes, places.towns, places.elements, places.country)


def _area(area: Element, rules: CapRules, notes: Notes) -> Coverage:
    """Return what one area covers; polygons and circles are not looked at, a line has no coordinates here."""
    known = dict(rules.geocodes)
    parts: dict[str, list[str]] = {"postcodes": [], "towns": [], "elements": []}
    mapped: list[Coverage] = []
    for geocode in children(area, "geocode"):
        kind, value = fold(text_of(geocode, "valuename")), name_of(text_of(geocode, "value"))
        if found := rules.places.area(f"{kind}:{value}") or rules.places.area(value):
            mapped.append(found)
        elif kind in known and value:
            parts[known[kind]].append(value)
        elif value:
            notes.once("unmapped_area", f"{kind}:{value}")
    coded = Coverage((), tuple(parts["postcodes"]), tuple(parts["towns"]), tuple(parts["elements"]))
    if mapped or placed(coded):
        return joined((*mapped, coded))
    description = name_of(text_of(area, "areadesc"))
    if found := rules.places.area(description):
        return found
    within = rules.places.within(description)
    if placed(within):
        return within
    names = [name_of(part) for part in description.replace(";", ",").split(",")]
    return Coverage(towns=tuple(name for name in names if name)) if any(names) else NOWHERE
