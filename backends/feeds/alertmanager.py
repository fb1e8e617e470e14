"""Prometheus Alertmanager (API v2) as a source of outages: `alertmanager+http://127.0.0.1:9093/`.

The server keeps no history. An alert that ended is simply gone, and after a restart all of them are until they are sent
again: what was seen before a restart is held for a while, so that no banner vanishes because of one.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from backends.feeds import moments
from backends.feeds.alertmanager_alerts import alerts_in, fold_alerts, silences_in
from backends.feeds.alertmanager_rules import Rules, rules_from
from backends.feeds.feed import FeedBackend
from backends.feeds.opening import Document, feed_backend
from backends.feeds.options import Options
from backends.feeds.reading import Notes, Reading
from backends.records import Key

if TYPE_CHECKING:
    from backends.rest.http import Http

_LARGE = 256 * 1024  # bytes above which an answer is read in a thread
_MATCHER = re.compile(r'[a-zA-Z_][a-zA-Z0-9_]*\s*(?:=~|!~|!=|=)\s*"?[^"]*"?')
_API = "api/v2/"


class AlertmanagerReader:
    """Asks for all alerts, and for silences only when an alert names one."""

    def __init__(self, rules: Rules, matchers: tuple[str, ...] = (), settle: timedelta = timedelta(minutes=5)) -> None:
        self.rules = rules
        self._matchers = matchers
        self._settle = settle
        self._body = b""
        self._reading: Reading | None = None
        self._told: Mapping[Key, datetime] = {}
        self._held: dict[Key, datetime] = {}

    async def read(self, http: Http, now: datetime) -> Reading:
        """Return the outages that the server's alerts make now."""
        answer = await http.get(f"{_API}alerts", [("filter", one) for one in self._matchers])
        if answer.content == self._body and self._reading is not None and not self._held:
            return self._reading
        if len(answer.content) > _LARGE:
            rows = await asyncio.to_thread(answer.array)
        else:
            rows = answer.array()
        silences = await self._silences(http, rows)
        if len(answer.content) > _LARGE:
            reading = await asyncio.to_thread(self._folded, rows, silences, now)
        else:
            reading = self._folded(rows, silences, now)
        reading = await self._through_restarts(http, reading, now)
        self._body, self._reading = answer.content, reading
        return reading

    def _folded(self, rows: list[Any], silences: list[Any], now: datetime) -> Reading:
        notes = Notes()
        alerts = alerts_in(rows, now, notes)
        reading = fold_alerts(alerts, silences_in(silences, now, notes), self.rules, now, notes)
        return replace(reading, entries=len(rows))

    async def _silences(self, http: Http, rows: list[Any]) -> list[Any]:
        if not any(_silenced(row) for row in rows):
            return []
        return (await http.get(f"{_API}silences")).array()

    async def _through_restarts(self, http: Http, reading: Reading, now: datetime) -> Reading:
        """Return the reading with what vanished because the server was started anew held for `settle`.

        The server's start and its last word of an alert are moments of one clock: what it heard before it was started
        is what it has forgotten.
        """
        keys = frozenset(outage.key for outage in reading.outages)
        gone = self._told.keys() - keys - reading.held - reading.withdrawn.keys()
        if gone:
            started = await self._start_of(http, now)
            lost = [key for key in gone if started is not None and self._told[key] < started]
            self._held.update(dict.fromkeys(lost, now + self._settle))
        self._told = reading.told_at
        self._held = {key: until for key, until in self._held.items() if until > now and key not in keys}
        return _holding(reading, self._held)

    async def _start_of(self, http: Http, now: datetime) -> datetime | None:
        """Return when the server was started, None when it does not say."""
        return moments.iso((await http.get(f"{_API}status")).object().get("uptime"), now, Notes(), "uptime")


def _holding(reading: Reading, keys: Iterable[Key]) -> Reading:
    held = frozenset(keys)
    return replace(reading, held=reading.held | held) if held else reading


def _silenced(row: Any) -> bool:
    status = row.get("status") if isinstance(row, dict) else None
    return isinstance(status, dict) and bool(status.get("silencedBy"))


def _reader(options: Options, source: str, _document: Document) -> AlertmanagerReader:
    matchers = options.texts("matchers")
    for matcher in matchers:
        if not _MATCHER.fullmatch(matcher.strip()):
            raise options.wrong("matchers", "type", 'looks like team="access"')
    settle = timedelta(seconds=options.number("settle_seconds", 300.0, 0.0, 86_400.0))
    return AlertmanagerReader(rules_from(options, source), matchers, settle)


def open_url(url: str, **settings: Any) -> FeedBackend:
    """Return the backend for `alertmanager+https://host:9093/`, not opened yet; raises Invalid for a wrong option."""
    return feed_backend(url, _reader, **settings)
