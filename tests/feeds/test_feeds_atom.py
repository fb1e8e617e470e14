"""Atom and RSS status feeds become outages by the words that people write."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from backends.errors import Unavailable
from backends.feeds.atom_entries import EntryRules, read_feed
from backends.feeds.options import Options
from backends.feeds.reading import Notes, Reading
from backends.feeds.wordings import Said, Wording, wording_from
from backends.records import Coverage, Outage, OutageKind, OutageState
from tests.feeds.feeds_stage import NOW, at, data, places

TOWNS = {name: {"towns": [name]} for name in ("Umeå", "Luleå", "Kiruna", "Łódź", "Radom", "Kielce")}


def _read(content: bytes, **options: Any) -> Reading:
    rules = EntryRules(places(areas=TOWNS, **options), "drift", Wording())
    return read_feed(content, rules, NOW, Notes())


def _titled(reading: Reading, start: str) -> Outage:
    return next(outage for outage in reading.outages if outage.title.startswith(start))


def test_entries_of_one_page_are_updates_of_one_outage() -> None:
    """Two entries that lead to the same page are one outage: begun with the first, ended by the second."""
    outage = _titled(_read(data("status.atom")), "Avbrott bredband")
    assert outage.title == "Avbrott bredband Umeå åtgärdat"
    assert outage.coverage == Coverage(("internet",), towns=("Umeå",))
    assert (outage.state, outage.started_at, outage.ended_at) == (
        OutageState.RESTORED, at("05-01 05:00"), at("05-01 07:30"),
    )  # fmt: skip
    assert [(one.at, one.text, one.state) for one in outage.updates] == [
        (at("05-01 05:10"), "Vi felsöker en fiber.", OutageState.CONFIRMED),
        (at("05-01 07:30"), "Fibern är lagad.", OutageState.RESTORED),
    ]


def test_words_make_the_state() -> None:
    """A disturbance that is looked into is a suspicion; works without dates are announced, not confirmed."""
    reading = _read(data("status.atom"))
    assert _titled(reading, "Störning").state is OutageState.SUSPECTED
    works = _titled(reading, "Planerat")
    assert (works.kind, works.state) == (OutageKind.PLANNED_WORKS, OutageState.SUSPECTED)


def test_what_an_atom_feed_leaves_open_is_told() -> None:
    """A vacancy is no outage; an empty entry and a moment without a zone are named."""
    reading = _read(data("status.atom"))
    assert reading.left_out == {"no_place": 1}
    assert [(one.code, one.where) for one in reading.problems] == [
        ("no_zone", "Planerat underhåll bredband Kiruna updated"),
        ("bad_entry", "entry 6"),
        ("no_time", "Planerat underhåll bredband Kiruna"),
    ]
    assert (reading.entries, reading.published_at) == (6, NOW)


@pytest.mark.parametrize("encoding", ["UTF-8", "ISO-8859-2", "UTF-16"])
def test_rss_is_read_in_its_own_encoding(encoding: str) -> None:
    """Entries that all lead to the page of the feed are told apart by their guid; categories count as words."""
    text = data("status.rss").decode().replace("UTF-8", encoding)
    reading = _read(text.encode(encoding))
    cut = _titled(reading, "Awaria internetu")
    assert cut.title == "Awaria internetu: Łódź"
    assert (cut.state, cut.coverage) == (OutageState.CONFIRMED, Coverage(("internet",), towns=("Łódź",)))
    assert cut.cause == "Nie działa internet."
    over = _titled(reading, "Telefony")
    assert (over.state, over.ended_at) == (OutageState.RESTORED, at("04-30 20:00"))
    assert [(one.code, one.where) for one in reading.problems] == [
        ("bad_time", "Telewizja: Kielce pubDate"), ("no_time", "Telewizja: Kielce"),
    ]  # fmt: skip
    assert reading.published_at == at("05-01 07:00")


def test_an_old_entry_is_over() -> None:
    """Many pages never say that it is over: after three days without a word it is, and that is counted."""
    text = data("status.rss").decode().replace("Thu, 01 May 2031 08:00", "Sat, 26 Apr 2031 08:00")
    reading = _read(text.encode())
    cut = _titled(reading, "Awaria")
    assert cut.ended_at == at("04-26 06:00") + timedelta(hours=72)
    assert reading.left_out == {"stale": 1}


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b"<html><body>Sign in</body></html>", b"<feed>", b"{}", b"\xff\xfe\x00", b"<a/>" * 2],
)
def test_no_feed_is_no_empty_feed(content: bytes) -> None:
    """A page that is neither Atom nor RSS raises; it never looks as if nothing were broken."""
    with pytest.raises(Unavailable):
        _read(content)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Broadband outage in Leeds resolved", Said.OVER),
        ("Not yet resolved: broadband in Leeds", None),
        ("Unresolved fault in Leeds", None),
        ("Outage in Leeds expected to be resolved by noon", Said.CONFIRMED),
        ("Service partly restored in Leeds", None),
        ("Fixed line trouble", None),
        ("Signal lost in Leeds", None),
        ("Planned maintenance completed", Said.OVER),
        ("Lavori programmati a Pisa", Said.WORKS),
        ("Guasto risolto a Pisa", Said.OVER),
        ("Guasto non ancora risolto a Pisa", Said.CONFIRMED),
        ("Service rétabli à Lyon", Said.OVER),
        ("Panne en cours à Lyon", Said.CONFIRMED),
        ("Service pas encore rétabli", None),
        ("Awaria usunięta", Said.OVER),
        ("Awaria nie została usunięta", Said.CONFIRMED),
        ("Prace planowe w Radomiu", Said.WORKS),
        ("Felet är löst", Said.OVER),
        ("Felet är inte åtgärdat", None),
        ("Driftstopp undersöks", Said.SUSPECTED),
        ("Investigating reports of slow TV", Said.SUSPECTED),
        ("We moved to a new office", None),
    ],
)
def test_headlines_are_understood(text: str, said: Said | None) -> None:
    """States are read in five languages; "not", "partly" and "will be" are no end."""
    assert Wording().in_title(text) is said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Resolved - the line works again", Said.OVER),
        ("Nov 22, 10:00 UTC\nResolved - works again", Said.OVER),
        ("2031-05-01 10:00 Fixed: works again", Said.OVER),
        ("Fixed line customers: please wait", None),
        ("We hope that all will be resolved soon", None),
        ("Our technicians are on their way. Nothing is resolved.", None),
        ("Monitoring – a part was replaced\nInvestigating – we look", Said.CONFIRMED),
        ("", None),
    ],
)
def test_labels_are_understood(text: str, said: Said | None) -> None:
    """Of a body only the label at its start counts, after a date or without one."""
    assert Wording().at_start(text) is said


def test_a_feed_may_have_words_of_its_own() -> None:
    """`options.words` adds to ours."""
    wording = wording_from(Options({"words": {"over": ["Wieder da"]}}))
    assert wording.in_title("Internet wieder da") is Said.OVER
    assert wording.in_title("Resolved") is Said.OVER
