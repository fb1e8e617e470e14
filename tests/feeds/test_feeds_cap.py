"""CAP alerts become outages: what is actual, in one's own language, updated and cancelled by reference."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from backends.errors import Unavailable
from backends.feeds.cap import CapReader, open_url
from backends.feeds.cap_alerts import CapRules, Chains, message_in, read_messages
from backends.feeds.options import Options
from backends.feeds.reading import Notes, Reading
from backends.feeds.wordings import Wording
from backends.feeds.xmltree import tree
from backends.records import Coverage, Outage, OutageKind, OutageState
from tests.feeds.feeds_stage import NOW, Pages, at, data, places

GEOCODES = (("postcode", "postcodes"), ("node", "elements"))
_ALERT = """<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>{identifier}</identifier>
<sender>noc</sender><sent>{sent}</sent><status>{status}</status><msgType>{kind}</msgType><scope>Public</scope>
<references>{references}</references><note>{note}</note>{info}</alert>"""
_INFO = """<info><category>{category}</category><event>Broadband failure</event><urgency>{urgency}</urgency>
<severity>{severity}</severity><certainty>{certainty}</certainty><expires>2031-05-01T20:00:00+02:00</expires>
<headline>Broadband is down</headline>{area}</info>"""
_AREA = "<area><areaDesc>North</areaDesc><geocode><valueName>node</valueName><value>lub-1</value></geocode></area>"


def _info(
    category: str = "Infra", urgency: str = "Immediate", severity: str = "Minor", certainty: str = "Observed",
    area: str = _AREA,
) -> str:  # fmt: skip
    return _INFO.format(category=category, urgency=urgency, severity=severity, certainty=certainty, area=area)


def _alert(
    identifier: str = "A", sent: str = "2031-05-01T09:00:00+02:00", status: str = "Actual", kind: str = "Alert",
    references: str = "", note: str = "", info: str | None = None,
) -> bytes:  # fmt: skip
    return _ALERT.format(
        identifier=identifier,
        sent=sent,
        status=status,
        kind=kind,
        references=references,
        note=note,
        info=_info() if info is None else info,
    ).encode()


def _read(*documents: bytes, chains: Chains | None = None, now: datetime = NOW, languages: str = "en") -> Reading:
    rules = CapRules(
        places(areas={"emma_id:PL2417": {"towns": ["Bystra"]}}),
        "warnings",
        Wording(),
        languages=(languages,),
        geocodes=GEOCODES,
    )
    notes = Notes()
    found = [message_in(tree(document), rules, now, notes) for document in documents]
    return read_messages([one for one in found if one], chains or Chains(), rules, now, notes)


def _one(*documents: bytes, now: datetime = NOW) -> Outage:
    (outage,) = _read(*documents, now=now).outages
    return outage


def test_an_alert_tells_all_it_knows() -> None:
    """The block in one's language, its times, geocodes as postcodes and mapped areas, and what to tell people."""
    outage = _one(data("alert-update.cap"))
    assert outage.title == "Telephones are dead in Bystra"
    assert outage.cause == "A power cut took the exchange down."
    assert outage.say == "Use a mobile for emergency calls."
    assert outage.source == "Sieć NOC"
    assert outage.coverage == Coverage(("telephone",), ("34-235",), ("Bystra",))
    assert (outage.state, outage.started_at, outage.expected_end) == (
        OutageState.CONFIRMED, at("05-01 05:45"), at("05-01 16:00"),
    )  # fmt: skip


def test_the_language_is_chosen() -> None:
    """Another language has its own words and areas; without geocodes the area is what it is called."""
    (outage,) = _read(data("alert-update.cap"), languages="pl").outages
    assert outage.title == "Nie działają telefony w gminie Bystra"
    assert outage.coverage == Coverage(("telephone",), (), ("Gmina Bystra",))


def test_a_chain_is_one_outage() -> None:
    """An update is known by what it references, whether the first message is in the feed, was, or never came."""
    first = _alert("A", "2031-05-01T08:00:00+02:00", info=_info(certainty="Possible"))
    second = _alert("B", "2031-05-01T08:30:00+02:00", kind="Update", references="noc,A,2031-05-01T08:00:00+02:00")
    third = _alert("C", kind="Update", references="noc,B,2031-05-01T08:30:00+02:00")
    chains = Chains()
    keys = {
        outage.key
        for feed in ((first,), (first, second), (second,), (third,))
        for outage in _read(*feed, chains=chains).outages
    }
    assert len(keys) == 1
    outage = _one(first, second, third)
    assert outage.key in keys
    assert outage.confirmed_at == at("05-01 06:30")
    assert [update.state for update in outage.updates] == [OutageState.SUSPECTED, OutageState.CONFIRMED, None]


def test_a_cancelled_alert_is_over() -> None:
    """What was real is restored by its cancel, what was only suspected is dismissed; the note says why."""
    cancel = _alert(
        "Z", "2031-05-01T09:30:00+02:00", kind="Cancel", references="noc,A,2031-05-01T09:00:00+02:00", note="Repaired",
        info="",
    )  # fmt: skip
    outage = _one(_alert(), cancel)
    assert (outage.state, outage.ended_at) == (OutageState.RESTORED, at("05-01 07:30"))
    assert outage.updates[-1].text == "Repaired"
    assert _one(_alert(info=_info(certainty="Possible")), cancel).state is OutageState.DISMISSED
    alone = _read(cancel)
    assert (alone.outages, alone.left_out) == ((), {"cancelled": 1})


def test_an_alert_expires() -> None:
    """After `expires` it is over, also when nobody says so; what is past when it is sent is over at once."""
    late = _one(_alert(), now=at("05-01 19:00"))
    assert (late.state, late.ended_at) == (OutageState.RESTORED, at("05-01 18:00"))
    assert _one(_alert(info=_info(urgency="Past"))).ended_at == at("05-01 07:00")


@pytest.mark.parametrize(
    ("severity", "certainty", "state"),
    [
        ("Minor", "Observed", OutageState.CONFIRMED),
        ("Extreme", "Likely", OutageState.CONFIRMED),
        ("Moderate", "Likely", OutageState.SUSPECTED),
        ("Extreme", "Possible", OutageState.SUSPECTED),
        ("Unknown", "Unknown", OutageState.SUSPECTED),
    ],
)
def test_certainty_makes_the_state(severity: str, certainty: str, state: OutageState) -> None:
    """What was seen is confirmed, what is likely and grave too; the rest is suspected."""
    assert _one(_alert(info=_info(severity=severity, certainty=certainty))).state is state


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (_alert(status="Exercise"), "not_actual"),
        (_alert(status="Test"), "not_actual"),
        (_alert(status=""), "not_actual"),
        (_alert(kind="Ack"), "no_alert"),
        (_alert(info=_info(category="Met")), "category"),
        (_alert(info=_info(certainty="Unlikely")), "unlikely"),
    ],
)
def test_exercises_and_storms_are_no_outages(document: bytes, why: str) -> None:
    """An exercise looks exactly like an alert and must never be one; all that is left out is counted by its reason."""
    reading = _read(document)
    assert (reading.outages, reading.left_out) == ((), {why: 1})


def test_what_cannot_be_read_is_told() -> None:
    """Missing names, blocks and moments, and references that are none, are named."""
    reading = _read(
        _alert(identifier=""),
        _alert("B", info=""),
        _alert("C", sent="2031-05-01T09:00:00"),
        _alert("D", references="noc,only"),
    )
    assert [problem.code for problem in reading.problems] == [
        "bad_entry", "bad_entry", "no_zone", "no_time", "bad_reference",
    ]  # fmt: skip
    assert len(reading.outages) == 2


@pytest.mark.parametrize(
    "bomb",
    [
        b'<!DOCTYPE a [<!ENTITY x "y">]><alert>&x;</alert>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><alert/>',
        b'<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]><l>&c;</l>',
        b"<alert>" + b"<x/>" * 300_000 + b"</alert>",
        b"<alert>" + b"x" * (5 * 1024 * 1024) + b"</alert>",
        b'<?xml version="1.0" encoding="klingon"?><alert/>',
    ],
    ids=["entity", "external", "laughs", "elements", "size", "encoding"],
)
def test_xml_bombs_are_refused(bomb: bytes) -> None:
    """Document types, entities and documents made to fill the memory raise at once."""
    with pytest.raises(Unavailable, match="no usable XML"):
        tree(bomb)


def test_deep_xml_is_survived() -> None:
    """Ten thousand levels neither crash the parser nor the reading."""
    deep = b"<alert>" + b"<info>" * 10_000 + b"</info>" * 10_000 + b"</alert>"
    assert _read(deep).outages == ()


async def test_an_index_is_followed() -> None:
    """Alerts inside entries and behind links of the same host are read; others are named, and nothing twice."""
    pages = Pages({"/cap/index.atom": data("index.atom"), "/cap/alerts/7b.cap": data("alert-update.cap")})
    async with pages.server as server:
        backend = open_url(
            f"cap+{server.url}/cap/index.atom", name="warn", options={"least_poll": 0}, poll=600.0, now=lambda: NOW
        )
        await backend.open()
        seen = {outage.title: outage for outage in await backend.outages()}
        assert set(seen) == {"Telephones are dead in Bystra", "Planned maintenance in Kielce"}
        works = seen["Planned maintenance in Kielce"]
        assert (works.kind, works.state) == (OutageKind.PLANNED_WORKS, OutageState.CONFIRMED)
        assert works.started_at - NOW > timedelta(days=2)
        assert works.coverage == Coverage(("internet",), towns=("Kielce", "Chęciny"))
        await backend.look()
        told = await backend.explain()
        assert [(problem.code, problem.where) for problem in told.problems] == [
            ("bad_entry", "Leads nowhere"),
            ("not_fetched", "Elsewhere"),
            ("not_fetched", "Gone"),
            ("unmapped_area", "emma_id:PL2417"),
        ]
        assert pages.asked.count("/cap/alerts/7b.cap") == 1
        assert pages.asked.count("/cap/index.atom") == 2
        assert pages.unchanged == 1
        await backend.close()


async def test_an_alert_that_does_not_come_is_not_over() -> None:
    """A listed alert that is damaged, or kept from us, is not over, and that is told; one that is gone is over."""
    pages = Pages({"/index.atom": data("index.atom"), "/alerts/7b.cap": data("alert-update.cap")})
    async with pages.server as server:
        backend = open_url(f"cap+{server.url}/index.atom", options={"least_poll": 0}, deadline=1.0, now=lambda: NOW)
        await backend.open()
        pages.files["/index.atom"] = data("index.atom").replace(b"2031-05-01T07:30:00Z", b"2031-05-01T07:50:00Z")
        pages.files["/alerts/7b.cap"] = b"<alert>half"
        await backend.look()
        told = await backend.explain()
        assert ("bad_entry", "Telephones in Bystra") in {(one.code, one.where) for one in told.problems}
        assert {outage.state for outage in await backend.outages()} == {OutageState.CONFIRMED}
        del pages.files["/alerts/7b.cap"]
        await backend.look()
        over = {outage.title for outage in await backend.outages() if outage.state is OutageState.RESTORED}
        assert over == {"Telephones are dead in Bystra"}
        await backend.close()


def test_geocodes_and_languages_are_options() -> None:
    """A site may name its geocodes, languages and categories; a part that is none is refused."""
    from backends.errors import Invalid

    backend = open_url(
        "cap+https://w.example/x.xml",
        options={"geocodes": {"KSR": "elements"}, "languages": ["sv"], "categories": "Other"},
    )
    reader = backend._reader
    assert isinstance(reader, CapReader)
    assert ("ksr", "elements") in reader.rules.geocodes
    assert reader.rules.languages == ("sv",)
    with pytest.raises(Invalid) as raised:
        open_url("cap+https://w.example/x.xml", options={"geocodes": {"KSR": "streets"}})
    assert raised.value.field == "options.geocodes.KSR"
    assert Options({}).names() == ()
