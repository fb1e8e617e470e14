"""A status feed in Atom or RSS 2.0 as a source of outages: `atom+https://status.example/history.atom`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from backends.feeds.atom_entries import EntryRules, read_feed
from backends.feeds.feed import FeedBackend
from backends.feeds.opening import Document, feed_backend
from backends.feeds.options import Options
from backends.feeds.places import places_from
from backends.feeds.reading import Notes, Reading
from backends.feeds.wordings import wording_from

if TYPE_CHECKING:
    from backends.rest.http import Http

ACCEPT = {"Accept": "application/atom+xml, application/rss+xml, application/xml;q=0.9, text/xml;q=0.8, */*;q=0.1"}


class AtomReader:
    """Reads one feed document, conditionally."""

    def __init__(self, rules: EntryRules, document: Document) -> None:
        self.rules = rules
        self._document = document

    async def read(self, http: Http, now: datetime) -> Reading:
        """Return the outages that the feed tells of; raises Unavailable for what is neither Atom nor RSS."""
        where = self._document
        answer = await http.get(where.path, where.query or None, headers=ACCEPT, remembered=True)
        return read_feed(answer.content, self.rules, now, Notes())


def _reader(options: Options, source: str, document: Document) -> AtomReader:
    rules = EntryRules(
        places_from(options),
        options.text("source", source),
        wording_from(options),
        timedelta(hours=options.number("stale_hours", 72.0, 0.1, 24 * 366)),
    )
    return AtomReader(rules, document)


def open_url(url: str, **settings: Any) -> FeedBackend:
    """Return the backend for `atom+https://host/feed.xml`, not opened yet; raises Invalid for a wrong option."""
    return feed_backend(url, _reader, document=True, hosted=True, **settings)
