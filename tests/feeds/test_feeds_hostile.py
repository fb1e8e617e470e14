"""Whatever a stranger's feed holds, it ends in records that any terminal can show, or in an error of the port."""

from __future__ import annotations

import asyncio
import re
from dataclasses import asdict
from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backends.errors import BackendError, Unavailable
from backends.feeds.atom import open_url as open_atom
from backends.feeds.atom_entries import EntryRules, read_feed
from backends.feeds.cap import open_url as open_cap
from backends.feeds.cap_alerts import CapRules, Chains, message_in, read_messages
from backends.feeds.reading import BODY_LIMIT, TITLE_LIMIT, Notes, Reading
from backends.feeds.statuspage_incidents import PageRules, read_page
from backends.feeds.wordings import Wording
from backends.feeds.xmltree import tree
from tests.feeds.feeds_stage import NOW, Pages, places
from tests.servers.plain import PlainServer, Request, reply

_NASTY = (
    "\x1b]52;c;aGk=\x07 \u202egnp.exe \u0085 a\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301 [@click=app.quit] \u3164"
)
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_TEXTS = st.text(max_size=60) | st.sampled_from(
    [_NASTY, "[b]x[/b]", "Outage resolved", "internet", "2031-05-01T07:00Z"]
)

_FIELDS = (
    "headline", "event", "description", "instruction", "onset", "expires", "senderName", "certainty", "language",
)  # fmt: skip


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for one in value.values() for text in _strings(one)]
    if isinstance(value, list | tuple):
        return [text for one in value for text in _strings(one)]
    return []


def _clean(reading: Reading) -> None:
    for outage in reading.outages:
        shown = asdict(outage)
        for text in _strings(shown):
            assert not _FORBIDDEN.search(text), repr(text)
        assert len(outage.title) <= TITLE_LIMIT
        assert len(outage.cause) <= BODY_LIMIT
        assert outage.started_at.tzinfo is not None
        assert outage.ended_at is None or outage.started_at <= outage.ended_at
    for problem in reading.problems:
        assert not _FORBIDDEN.search(problem.where + problem.detail)


def _rules() -> EntryRules:
    return EntryRules(places(unmapped="everybody"), "x", Wording())


@settings(deadline=None)
@given(st.lists(st.tuples(_TEXTS, _TEXTS, _TEXTS, _TEXTS), max_size=5), st.booleans())
def test_atom_and_rss_survive_any_text(entries: list[tuple[str, str, str, str]], atom: bool) -> None:
    """Titles, texts, links and moments of any kind."""
    item, when, place = ("entry", "updated", "link") if atom else ("item", "pubDate", "link")
    body = "".join(
        f"<{item}><id>{escape(one)}</id><guid>{escape(one)}</guid><title>{escape(two)}</title>"
        f"<{place}>{escape(three)}</{place}><{when}>{escape(four)}</{when}>"
        f"<summary>{escape(three)}</summary><description>{escape(three)}</description></{item}>"
        for one, two, three, four in entries
    )
    text = f"<feed>{body}</feed>" if atom else f"<rss><channel>{body}</channel></rss>"
    try:
        reading = read_feed(text.encode("utf-8", "replace"), _rules(), NOW, Notes())
    except Unavailable:
        return  # characters that XML forbids
    _clean(reading)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(_FIELDS), _TEXTS), _TEXTS, _TEXTS, _TEXTS)
def test_cap_survives_any_text(info: dict[str, str], area: str, sent: str, references: str) -> None:
    """Any text in any field of an alert."""
    block = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in info.items())
    text = (
        f"<alert><identifier>a</identifier><sender>b</sender><sent>{escape(sent)}</sent><status>Actual</status>"
        f"<msgType>Update</msgType><references>{escape(references)}</references><info><category>Infra</category>{block}"
        f"<area><areaDesc>{escape(area)}</areaDesc></area></info></alert>"
    )
    rules, notes = CapRules(places(unmapped="everybody"), "x", Wording()), Notes()
    try:
        message = message_in(tree(text.encode("utf-8", "replace")), rules, NOW, notes)
    except Unavailable:
        return
    _clean(read_messages([message] if message else [], Chains(), rules, NOW, notes))


@settings(deadline=None)
@given(_TEXTS, _TEXTS, _TEXTS)
def test_status_pages_survive_any_text(name: str, body: str, when: str) -> None:
    """Any text in names, bodies and moments."""
    row = {
        "id": "a",
        "name": name,
        "status": "resolved",
        "started_at": when,
        "resolved_at": when,
        "components": [{"name": body}],
        "incident_updates": [{"status": "identified", "body": body, "created_at": "2031-05-01T07:00:00Z"}],
    }
    _clean(read_page({"incidents": [row]}, PageRules(places(unmapped="everybody"), "x"), NOW, Notes()))


@pytest.mark.parametrize("opened", [open_atom, open_cap])
async def test_a_huge_answer_is_refused(opened: Any) -> None:
    """Compressed or not, an answer beyond the limit raises and is not kept."""
    pages = Pages({"/x.xml": b"<feed>" + b"<entry/>" * 1_500_000 + b"</feed>"})
    async with pages.server as server:
        backend = opened(f"{opened.__module__.rpartition('.')[2]}+{server.url}/x.xml", deadline=5.0)
        with pytest.raises(BackendError):
            await backend.open()
        await backend.close()


async def test_a_server_that_drips_costs_a_deadline() -> None:
    """A server that sends byte by byte is given up when the deadline is over."""

    async def drip(request: Request) -> bytes:
        await asyncio.sleep(30)
        return reply(200, b"")

    async with PlainServer(drip) as server:
        backend = open_atom(f"atom+{server.url}/x.xml", deadline=0.3)
        with pytest.raises(Unavailable):
            await asyncio.wait_for(backend.open(), 10)
        await backend.close()
