"""Incidents and announced works of a status page become outages."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from backends.feeds.reading import Notes, Reading
from backends.feeds.statuspage_incidents import PageRules, read_page
from backends.records import Coverage, Outage, OutageKind, OutageState
from tests.feeds.feeds_stage import NOW, at, data, places

AREAS = {"Lublin North": {"elements": ["lub-1", "lub-2"], "services": ["internet"], "country": "PL"}}


def _read(document: Any = None, **options: Any) -> Reading:
    if document is None:
        document = {**json.loads(data("incidents.json")), **json.loads(data("scheduled-maintenances.json"))}
    rules = PageRules(places(**{"areas": AREAS, **options}), "breza", ("none",))
    return read_page(document, rules, NOW, Notes())


def _titled(title: str) -> Outage:
    return next(outage for outage in _read().outages if outage.title == title)


def test_an_incident_is_an_outage() -> None:
    """A component that is mapped says whom it hits; updates are in order, with the state where it changed."""
    outage = _titled("Broadband down in Lublin North")
    assert outage.coverage == Coverage(("internet",), (), (), ("lub-1", "lub-2"), "PL")
    assert outage.state is OutageState.CONFIRMED
    assert (outage.started_at, outage.confirmed_at) == (at("05-01 07:00"), at("05-01 07:40"))
    assert [(one.at, one.text, one.state) for one in outage.updates] == [
        (at("05-01 07:05"), "We look at reports from Lublin.", OutageState.SUSPECTED),
        (at("05-01 07:40"), "A digger cut a cable; a crew is & was sent.", OutageState.CONFIRMED),
    ]
    assert outage.cause == outage.updates[-1].text


def test_a_resolved_incident_keeps_its_end() -> None:
    """The page tells when it was over; the component's name tells the service."""
    outage = _titled("Channels freeze")
    assert (outage.state, outage.ended_at) == (OutageState.RESTORED, at("04-30 21:30"))
    assert outage.coverage == Coverage(services=("tv",))


def test_announced_works_are_planned_works() -> None:
    """Scheduled maintenance has its window, also before it begins."""
    outage = _titled("New software on the exchange")
    assert (outage.kind, outage.state) == (OutageKind.PLANNED_WORKS, OutageState.CONFIRMED)
    assert (outage.started_at, outage.expected_end) == (at("05-02 22:00"), at("05-03 02:00"))


def test_what_cannot_be_used_is_told() -> None:
    """A shop that is slow is no outage; unknown states, entries without id and wrong moments are named."""
    reading = _read()
    assert reading.left_out == {"no_place": 1}
    assert [(one.code, one.where) for one in reading.problems] == [
        ("bad_entry", "incidents 5"),
        ("bad_entry", "incidents 6"),
        ("unmapped_area", "Web shop"),
        ("unknown_state", "Voice is broken"),
        ("bad_time", "Voice calls drop created_at"),
    ]
    assert reading.entries == 8
    assert reading.published_at == at("05-01 07:40")
    assert _titled("Voice calls drop").started_at == NOW


def test_the_same_page_gives_the_same_keys() -> None:
    """An incident keeps its key while its name, state and times change."""
    row: dict[str, Any] = {"id": "a", "name": "Broadband", "status": "investigating", "created_at": "2031-05-01T07:00Z"}
    later = {**row, "name": "Broadband again", "status": "resolved", "resolved_at": "2031-05-01T07:30Z"}
    keys = {outage.key for each in (row, later) for outage in _read({"incidents": [each]}).outages}
    assert len(keys) == 1


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["incidents", "id", "name", "status", "components", "incident_updates", "page", "display_at", "body"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=30,
)


@given(_JSON | st.fixed_dictionaries({"incidents": st.lists(_JSON)}))
def test_any_json_page_is_survived(document: Any) -> None:
    """Whatever a page sends is read to its end."""
    if document is not None:
        _read(document)
