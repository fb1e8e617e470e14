"""A status page (Statuspage API v2) as a source of outages: `statuspage+https://status.example/`.

`incidents.json` tells the last fifty, those that are over included, so that an end comes with its time; works that are
announced stand in `scheduled-maintenances.json`.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from backends.errors import NotFound
from backends.feeds.feed import FeedBackend
from backends.feeds.opening import Document, feed_backend
from backends.feeds.options import Options
from backends.feeds.places import places_from
from backends.feeds.reading import Notes, Reading
from backends.feeds.statuspage_incidents import PageRules, read_page

if TYPE_CHECKING:
    from backends.rest.http import Http

_LISTS = ("incidents", "scheduled-maintenances")


class StatuspageReader:
    """Reads both lists of a page, conditionally."""

    def __init__(self, rules: PageRules) -> None:
        self.rules = rules

    async def read(self, http: Http, now: datetime) -> Reading:
        """Return the outages that the page tells of; raises Unavailable for an answer that is no status page."""
        together: dict[str, Any] = {}
        try:
            for name in _LISTS:
                together.update(await self._list(http, name))
        except NotFound:  # pages of the same shape by other makers have the summary alone
            together = await self._list(http, "summary")
        return read_page(together, self.rules, now, Notes())

    async def _list(self, http: Http, name: str) -> dict[str, Any]:
        return (await http.get(f"api/v2/{name}.json", remembered=True)).object()


def _reader(options: Options, source: str, _document: Document) -> StatuspageReader:
    rules = PageRules(places_from(options), options.text("source", source), options.texts("ignore_impact"))
    return StatuspageReader(rules)


def open_url(url: str, **settings: Any) -> FeedBackend:
    """Return the backend for `statuspage+https://host/`, not opened yet; raises Invalid for a wrong option."""
    return feed_backend(url, _reader, hosted=True, **settings)
