"""Entries of an Atom (RFC 4287) or RSS 2.0 feed as outages.

Such feeds have no field for a state or a place: words of the title, of the categories and of the text's first label
tell the state, names of areas and services tell whom it hits. Entries that belong to one page are updates of one
outage.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urldefrag

from backends.errors import Unavailable
from backends.feeds import moments
from backends.feeds.places import Places, placed
from backends.feeds.reading import Notes, Reading, body_of, digest, origin_of, reference_for, title_of
from backends.feeds.statuspage_incidents import with_changes
from backends.feeds.wordings import Said, Wording
from backends.feeds.xmltree import children, local, text_of, tree
from backends.htmltext import html_to_text
from backends.records import Coverage, Outage, OutageKind, OutageState

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MOST_ENTRIES = 1_000
_STATES = {
    Said.OVER: OutageState.RESTORED,
    Said.WORKS: OutageState.SUSPECTED,  # no field says from when to when
    Said.CONFIRMED: OutageState.CONFIRMED,
    Said.SUSPECTED: OutageState.SUSPECTED,
}
_NAMES_OF_HTML = frozenset({"html", "xhtml", "text/html"})


@dataclass(frozen=True, slots=True)
class EntryRules:
    """How entries become outages."""

    places: Places
    source: str
    wording: Wording
    stale: timedelta = timedelta(hours=72)
    """Without a word for this long, an entry is over: many pages never say so."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry, its texts cleaned."""

    name: str
    """Its id or guid, else its link."""
    link: str
    title: str
    body: str
    categories: tuple[str, ...]
    at: datetime | None
    """When it was last changed."""
    since: datetime | None
    """When it was first published."""


def read_feed(content: bytes, rules: EntryRules, now: datetime, notes: Notes) -> Reading:
    """Return the outages that a feed tells of; raises Unavailable for what is neither Atom nor RSS."""
    root = tree(content, rules.source)
    home, published, total, entries = entries_in(root, now, notes)
    threads = _threads(entries, home)
    found = [_outage(key, thread, rules, now, notes) for key, thread in threads.items()]
    return Reading(
        tuple(outage for outage in found if outage is not None),
        total,
        tuple(notes.problems),
        notes.total,
        dict(notes.left_out),
        published or max((entry.at for entry in entries if entry.at), default=None),
    )


def entries_in(root: Element, now: datetime, notes: Notes) -> tuple[str, datetime | None, int, list[Entry]]:
    """Return the link of a feed's page, when it was published, how many entries it has, and those that can be read."""
    kind = local(root)
    if kind == "feed":
        rows, head = list(children(root, "entry")), root
        read = _atom_entry
        published = moments.iso(text_of(root, "updated"), now, notes, "feed updated")
    elif kind in ("rss", "rdf"):
        head = next(children(root, "channel"), root)
        rows = [*children(head, "item"), *(children(root, "item") if head is not root else ())]
        read = _rss_item
        said = text_of(head, "lastbuilddate") or text_of(head, "pubdate")
        published = moments.mail_date(said, now, notes, "channel lastBuildDate")
    else:
        raise Unavailable(f"neither Atom nor RSS but <{title_of(kind)[:40]}>")
    if len(rows) > MOST_ENTRIES:
        notes.problem("too_many", "feed", f"{len(rows)} entries, {MOST_ENTRIES} are read")
    entries: list[Entry] = []
    for number, row in enumerate(rows[:MOST_ENTRIES]):
        entry = read(row, now, notes, f"entry {number + 1}")
        if not entry.title and not entry.body:
            notes.problem("bad_entry", f"entry {number + 1}", "has neither title nor text")
        elif not entry.name:
            notes.problem("bad_entry", entry.title, "has neither id nor link")
        else:
            entries.append(entry)
    return _atom_link(head) or text_of(head, "link"), published, len(rows), entries


def _atom_link(element: Element) -> str:
    """Return the page that an Atom element links to: rel="alternate" or none."""
    for link in children(element, "link"):
        if link.get("rel", "alternate") == "alternate" and link.get("href"):
            return link.get("href", "").strip()
    return ""


def _markup(element: Element, default: str, *names: str) -> str:
    """Return the text of the first of the children that has one, its markup dropped; `default` is an unnamed type."""
    for name in names:
        for child in children(element, name):
            raw = "".join(child.itertext())
            if child.get("type", default).lower() in _NAMES_OF_HTML and len(child) == 0:
                raw = html_to_text(raw)
            if raw.strip():
                return raw
    return ""


def _atom_entry(row: Element, now: datetime, notes: Notes, where: str) -> Entry:
    title = title_of(_markup(row, "text", "title"))
    since = moments.iso(text_of(row, "published"), now, notes, f"{title or where} published")
    at = moments.iso(text_of(row, "updated"), now, notes, f"{title or where} updated")
    link = urldefrag(_atom_link(row)).url
    terms = tuple(title_of(one.get("label") or one.get("term") or "") for one in children(row, "category"))
    return Entry(
        text_of(row, "id") or link, link, title, body_of(_markup(row, "text", "content", "summary")), terms, at, since
    )


def _rss_item(row: Element, now: datetime, notes: Notes, where: str) -> Entry:
    title = title_of(_markup(row, "html", "title"))
    said = text_of(row, "pubdate") or text_of(row, "date")
    at = moments.mail_date(said, now, notes, f"{title or where} pubDate")
    link = urldefrag(text_of(row, "link")).url
    terms = tuple(title_of("".join(one.itertext())) for one in children(row, "category"))
    body = body_of(_markup(row, "html", "encoded", "description"))
    return Entry(text_of(row, "guid") or link, link, title, body, terms, at, at)


def _threads(entries: Sequence[Entry], home: str) -> dict[str, list[Entry]]:
    """Return the entries that tell of one outage, by its name: they share a page that is not the feed's own."""
    linked = Counter(entry.link for entry in entries)
    threads: dict[str, list[Entry]] = {}
    for entry in entries:
        general = not entry.link or entry.link.rstrip("/") == home.rstrip("/")
        everything = len(entries) > 3 and linked[entry.link] == len(entries)
        threads.setdefault(entry.name if general or everything else entry.link, []).append(entry)
    return threads


def _said(entry: Entry, rules: EntryRules) -> Said | None:
    """Return what an entry says about its state; the title speaks before the categories, and those before the text.

    Works stay works whatever their text says, unless it says that they are over.
    """
    wording = rules.wording
    labels = [found for term in entry.categories if (found := wording.in_title(term))]
    heads = [wording.in_title(entry.title), *labels, wording.at_start(entry.body)]
    told = [one for one in heads if one is not None]
    if Said.OVER in told:
        return Said.OVER
    return told[0] if told else None


def _outage(name: str, thread: Sequence[Entry], rules: EntryRules, now: datetime, notes: Notes) -> Outage | None:
    """Return the outage that a thread of entries tells of, None (counted) when it hits nobody we know."""
    ordered = sorted(thread, key=lambda entry: entry.at or now)
    newest = ordered[-1]
    coverage = _whom(ordered, rules)
    if coverage is None:
        notes.leave("no_place")
        return None
    for entry in ordered:
        if entry.at is None:
            notes.problem("no_time", entry.title or entry.name)
    told = [(entry.at or now, entry.body or entry.title, _said(entry, rules)) for entry in ordered]
    last = told[-1][2]
    works = any(said is Said.WORKS for _, _, said in told)
    state = _STATES[last] if last else OutageState.SUSPECTED
    at = told[-1][0]
    ended = at if state is OutageState.RESTORED else None
    if ended is None and at < now - rules.stale:
        state, ended = OutageState.RESTORED, at + rules.stale
        notes.leave("stale")
    key = digest((rules.source, name))
    started = min(entry.since or entry.at or now for entry in ordered)
    states = [(when, text, _STATES[said] if said else None) for when, text, said in told]
    return Outage(
        f"entry:{key}",
        reference_for("F", key),
        state,
        newest.title,
        min(started, ended) if ended else started,
        rules.places.settled(coverage),
        rules.places.operator(""),
        OutageKind.PLANNED_WORKS if works else OutageKind.FAULT,
        cause=newest.body,
        confirmed_at=next((when for when, _, one in states if one is OutageState.CONFIRMED), None),
        ended_at=ended,
        source=rules.source,
        updates=tuple(with_changes(states)),
        origin=origin_of(rules.source, name),
    )


def _whom(thread: Sequence[Entry], rules: EntryRules) -> Coverage | None:
    """Return whom a thread hits: places named in titles and categories before those in texts, which name many."""
    heads = " . ".join(f"{entry.title} . {' . '.join(entry.categories)}" for entry in thread)
    coverage = rules.places.within(heads)
    if not placed(coverage):
        told = rules.places.within(" . ".join(entry.body for entry in thread))
        if placed(told):
            coverage = replace(told, services=coverage.services or told.services)
    if placed(coverage) or coverage.services or rules.places.anywhere:
        return coverage
    return None
