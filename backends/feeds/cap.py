"""Public warnings in CAP 1.2 as a source of outages: `cap+https://warnings.example/telecom/feed.xml`.

The document is one alert, or an Atom or RSS index whose entries hold alerts or link to them. An alert that was read is
not asked for again while its entry does not change; links to other hosts are not followed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from backends.clean import fold
from backends.errors import NotAllowed, NotSignedIn, Refused, Unavailable
from backends.feeds.cap_alerts import CATEGORIES, GEOCODES, CapRules, Chains, Message, message_in, read_messages
from backends.feeds.feed import FeedBackend
from backends.feeds.opening import Document, feed_backend
from backends.feeds.options import Options
from backends.feeds.places import places_from
from backends.feeds.reading import Notes, Reading, title_of
from backends.feeds.wordings import wording_from
from backends.feeds.xmltree import children, local, text_of, tree

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from backends.rest.http import Http

MOST_ALERTS = 200
"""Alerts of an index that are fetched; more are noted."""
_ACCEPT = {"Accept": "application/cap+xml, application/atom+xml, application/rss+xml, application/xml;q=0.9, */*;q=0.1"}


class CapReader:
    """Reads one alert, or an index and the alerts that it leads to."""

    def __init__(self, rules: CapRules, document: Document) -> None:
        self.rules = rules
        self._document = document
        self._chains = Chains()
        self._known: dict[tuple[str, str], bytes] = {}

    async def read(self, http: Http, now: datetime) -> Reading:
        """Return the outages that the alerts tell of; raises Unavailable for what is no CAP and no index of it."""
        where = self._document
        answer = await http.get(where.path, where.query or None, headers=_ACCEPT, remembered=True)
        root = tree(answer.content, self.rules.source)
        notes = Notes()
        complete, entries = True, 1
        if local(root) == "alert":
            alerts = [root]
        elif local(root) in ("feed", "rss"):
            listed = _entries(root)
            alerts, complete = await self._listed(http, listed, answer.url, notes)
            entries = len(listed)
        else:
            raise Unavailable(f"neither CAP nor an index but <{title_of(local(root))[:40]}>", source=self.rules.source)
        found = [message_in(alert, self.rules, now, notes) for alert in alerts]
        messages: list[Message] = [message for message in found if message is not None]
        reading = read_messages(messages, self._chains, self.rules, now, notes)
        return replace(reading, complete=complete, entries=entries)

    async def _listed(
        self, http: Http, entries: Sequence[Element], base: str, notes: Notes
    ) -> tuple[list[Element], bool]:
        """Return the alerts inside an index and behind its links, and whether all that are there could be read."""
        if len(entries) > MOST_ALERTS:
            notes.problem("too_many", "index", f"{len(entries)} alerts, {MOST_ALERTS} are read")
        inside: list[Element] = []
        wanted: dict[tuple[str, str], str] = {}
        for entry in entries[:MOST_ALERTS]:
            held = [alert for content in children(entry, "content") for alert in children(content, "alert")]
            link = _link(entry)
            if held:
                inside.extend(held)
            elif link:
                wanted[urljoin(base, link), text_of(entry, "updated") or text_of(entry, "pubdate")] = title_of(
                    text_of(entry, "title") or link
                )
            else:
                notes.problem("bad_entry", text_of(entry, "title"), "has neither alert nor link")
        contents = await asyncio.gather(*(self._alert(http, *name, title, notes) for name, title in wanted.items()))
        self._known = {}
        complete = True
        for (name, title), content in zip(wanted.items(), contents, strict=True):
            root = _alert_in(content, title, notes) if content else None
            if root is not None and content:
                inside.append(root)
                self._known[name] = content
            complete = complete and (root is not None or content == b"")
        return inside, complete

    async def _alert(self, http: Http, url: str, updated: str, title: str, notes: Notes) -> bytes | None:
        """Return the document behind an entry; empty, with a note, when it is gone or elsewhere, None when refused.

        Raises Unavailable when the server does not answer: an alert that could not be fetched is not over.
        """
        known = self._known.get((url, updated)) if updated else None
        if known is not None:
            return known
        try:
            return (await http.get(url, headers=_ACCEPT, remembered=True)).content
        except (Unavailable, NotSignedIn):
            raise
        except Refused as error:
            notes.problem("not_fetched", title, error.detail)
            return None if isinstance(error, NotAllowed) else b""


def _entries(index: Element) -> list[Element]:
    """Return the entries of an Atom index or the items of an RSS one."""
    items = [item for channel in children(index, "channel") for item in children(channel, "item")]
    return list(children(index, "entry")) or items


def _alert_in(content: bytes, title: str, notes: Notes) -> Element | None:
    """Return the alert in a document, None with a note when there is none."""
    try:
        root = tree(content)
    except Unavailable as error:
        notes.problem("bad_entry", title, error.detail)
        return None
    if local(root) == "alert":
        return root
    notes.problem("bad_entry", title, f"no CAP alert but <{local(root)[:40]}>")
    return None


def _link(entry: Element) -> str:
    """Return the link of an entry to its alert: one that says it is CAP, else the first."""
    links = list(children(entry, "link"))
    for link in links:
        if "cap" in link.get("type", ""):
            return link.get("href", "")
    return (links[0].get("href") or (links[0].text or "").strip()) if links else ""


def _reader(options: Options, source: str, document: Document) -> CapReader:
    own = options.table("geocodes")
    geocodes = {fold(name): part for part, names in GEOCODES.items() for name in names}
    for name in own.names():
        geocodes[fold(name)] = own.choice(name, "", tuple(GEOCODES))
    rules = CapRules(
        places_from(options),
        options.text("source", source),
        wording_from(options),
        frozenset(options.texts("categories", CATEGORIES)),
        options.texts("languages", ("en",)),
        tuple(geocodes.items()),
    )
    return CapReader(rules, document)


def open_url(url: str, **settings: Any) -> FeedBackend:
    """Return the backend for `cap+https://host/index.xml`, not opened yet; raises Invalid for a wrong option."""
    return feed_backend(url, _reader, document=True, hosted=True, **settings)
