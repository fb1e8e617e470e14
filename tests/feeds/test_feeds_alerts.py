"""Alerts become outages: labels mapped, storms folded, what is silenced or no outage at all left out and counted."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.errors import Invalid
from backends.feeds.alertmanager import open_url
from backends.feeds.alertmanager_alerts import alerts_in, fold_alerts, silences_in
from backends.feeds.alertmanager_rules import rules_from
from backends.feeds.options import Options
from backends.feeds.reading import Notes, Reading
from backends.records import Coverage, Outage, OutageKind, OutageState
from tests.feeds.feeds_stage import NOW


def _row(labels: dict[str, str], annotations: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    row = {
        "labels": {"alertname": "Down", **labels},
        "annotations": annotations or {},
        "startsAt": "2031-05-01T07:00:00.000Z",
        "endsAt": "2031-05-01T08:04:00.000Z",
        "updatedAt": "2031-05-01T08:00:00.000Z",
        "status": {"state": "active", "silencedBy": [], "inhibitedBy": []},
    }
    return {**row, **more}


def _quiet(**by: list[str]) -> dict[str, Any]:
    return {"status": {"state": "suppressed", "silencedBy": [], "inhibitedBy": [], **by}}


def _read(rows: Any, silences: Any = (), **options: Any) -> Reading:
    notes = Notes()
    rules = rules_from(Options(options), "noc")
    alerts = alerts_in(rows, NOW, notes)
    return fold_alerts(alerts, silences_in(list(silences), NOW, notes), rules, NOW, notes)


def _one(rows: Any, silences: Any = (), **options: Any) -> Outage:
    (outage,) = _read(rows, silences, **options).outages
    return outage


def test_an_alert_tells_all_it_knows() -> None:
    """Labels and annotations with the usual names fill the outage; the service is ours, the country capital."""
    labels = {
        "olt": "lub-3", "service": "broadband", "severity": "critical", "operator": "breza", "country": "pl",
        "supplier": "Nordlicht", "supplier_ticket": "N-77",
    }  # fmt: skip
    annotations = {
        "summary": "Fibre cut at Lubartowska", "description": "A digger.\nCrew on site.", "say": "A cable was cut.",
        "expected_end": "2031-05-01T14:00:00+02:00",
    }  # fmt: skip
    outage = _one([_row(labels, annotations)], operators={"Breza": "BRZ"})
    assert outage.state is OutageState.CONFIRMED
    assert outage.title == "Fibre cut at Lubartowska"
    assert outage.cause == "A digger.\nCrew on site."
    assert outage.say == "A cable was cut."
    assert outage.coverage == Coverage(services=("internet",), elements=("lub-3",), country="PL")
    assert outage.operator_keys == ("operator:brz",)
    assert (outage.supplier, outage.supplier_reference) == ("Nordlicht", "N-77")
    assert outage.expected_end == datetime.fromisoformat("2031-05-01T12:00:00+00:00")
    assert outage.started_at == datetime.fromisoformat("2031-05-01T07:00:00+00:00")
    assert outage.source == "noc"
    assert outage.reference.startswith("AM-")


def test_a_site_has_labels_of_its_own() -> None:
    """Any label may play any part, and a name of the network's may stand for places of ours."""
    outage = _one(
        [_row({"sys": "dsl", "patch": "nw1", "urgency": "P1"}, {"headline_pl": "Kabel"})],
        labels={"service": "sys", "area": ["patch"], "severity": "urgency", "title": "headline_pl"},
        services={"dsl": ["internet", "telephone"]},
        areas={"NW1": {"postcodes": ["NW1*"], "towns": ["London"], "country": "gb"}},
        severities={"p1": "confirmed"},
    )
    assert outage.coverage == Coverage(("internet", "telephone"), ("NW1*",), ("London",), country="GB")
    assert (outage.state, outage.title) == (OutageState.CONFIRMED, "Kabel")


@pytest.mark.parametrize(
    ("severity", "state"),
    [
        ("critical", OutageState.CONFIRMED),
        ("Major", OutageState.CONFIRMED),
        ("warning", OutageState.SUSPECTED),
        ("purple", OutageState.SUSPECTED),
        ("", OutageState.SUSPECTED),
        ("info", None),
    ],
)
def test_severity_makes_the_state(severity: str, state: OutageState | None) -> None:
    """What is grave is confirmed, what is merely noted is none, and anything unknown is a suspicion (R26)."""
    reading = _read([_row({"olt": "lub-3", "severity": severity})])
    assert [outage.state for outage in reading.outages] == ([state] if state else [])
    assert reading.left_out == ({} if state else {"severity": 1})


def test_a_changed_severity_is_the_same_outage() -> None:
    """The server makes a new alert of a new severity; here it stays one outage, and the graver one speaks."""
    first, second = _row({"olt": "lub-3", "severity": "minor"}), _row({"olt": "lub-3", "severity": "critical"})
    assert _one([first]).key == _one([first, second]).key == _one([second]).key
    assert _one([first, second]).state is OutageState.CONFIRMED


def test_a_storm_is_folded_by_element() -> None:
    """Five thousand ports of twenty OLTs are twenty outages that name their ports; a dead OLT stands for its ports."""
    rows = [_row({"olt": f"lub-{index % 20}", "port": f"lub-{index % 20}/{index // 20}"}) for index in range(5_000)]
    outages = _read(rows).outages
    assert len(outages) == 20
    assert all(len(outage.coverage.elements) == 250 for outage in outages)
    dead = next(one for one in _read([*rows, _row({"olt": "lub-7"})]).outages if "lub-7" in one.coverage.elements)
    assert dead.coverage.elements == ("lub-7",)


def test_ports_without_a_parent_are_folded_at_the_slash() -> None:
    """`rad-1/2/3` lies below `rad-1`, also where no label says so."""
    outage = _one([_row({"element": f"rad-1/{port}"}) for port in ("2/3", "2/4")])
    assert outage.coverage.elements == ("rad-1/2/3", "rad-1/2/4")


def test_an_outage_label_makes_one_of_all() -> None:
    """Alerts with the same incident number are one outage, wherever they are, under that number."""
    rows = [_row({"incident": "INC-9", "town": town, "service": "tv"}) for town in ("Radom", "Kielce")]
    outage = _one(rows)
    assert outage.reference == "INC-9"
    assert outage.coverage.towns == ("Radom", "Kielce")


def test_keys_do_not_depend_on_order() -> None:
    """The same alerts in any order make the same outages, word for word."""
    rows = [
        _row({"olt": f"o-{index % 3}", "port": f"o-{index % 3}/{index}", "severity": ("minor", "major")[index % 2]})
        for index in range(30)
    ]
    mixed = rows[:]
    random.Random(7).shuffle(mixed)
    told = [{one.key: (one.title, one.state, one.started_at) for one in _read(each).outages} for each in (rows, mixed)]
    assert told[0] == told[1]


def test_what_names_no_place_is_no_outage() -> None:
    """A full disk is nobody's outage; with `unmapped` it may be everybody's, and a service may be down everywhere."""
    rows = [_row({"instance": "db1:9100"})]
    assert _read(rows).left_out == {"no_place": 1}
    assert _one(rows, unmapped="everybody").coverage == Coverage()
    assert _one([_row({"service": "iptv"})]).coverage == Coverage(services=("tv",))
    assert _read([_row({"service": "node-exporter"})]).outages == ()


def test_one_line_is_no_outage_of_many() -> None:
    """An alert about a single line, or one that a rule ignores, is left out and counted."""
    reading = _read([_row({"area": "nw1", "service_id": "S-1"}), _row({"area": "nw1", "scope": "line"})])
    assert reading.outages == ()
    assert reading.left_out == {"one_line": 1, "ignored": 1}


def test_silenced_alerts_are_withdrawn() -> None:
    """A silence takes the outage away and says why; an alert of the same outage that is not silenced keeps it."""
    silences = [{"id": "s1", "comment": "known, not customer facing"}]
    silent = _row({"olt": "lub-3", "port": "lub-3/1"}, **_quiet(silencedBy=["s1"]))
    reading = _read([silent], silences)
    assert reading.outages == ()
    assert list(reading.withdrawn.values()) == ["known, not customer facing"]
    both = _read([silent, _row({"olt": "lub-3", "port": "lub-3/2"})], silences)
    assert len(both.outages) == 1
    assert both.withdrawn == {}


def test_a_silence_may_announce_works() -> None:
    """A silence whose comment says so makes planned works of its alerts, for as long as the silence lasts."""
    silences = [
        {
            "id": "s1",
            "comment": "Planned works: new cards",
            "startsAt": "2031-05-01T06:30:00Z",
            "endsAt": "2031-05-01T10:00:00Z",
        }
    ]
    rows = [_row({"olt": "lub-3"}, {"summary": "OLT down"}, **_quiet(silencedBy=["s1"]))]
    outage = _one(rows, silences)
    assert (outage.kind, outage.state) == (OutageKind.PLANNED_WORKS, OutageState.CONFIRMED)
    assert (outage.title, outage.cause) == ("Planned works: new cards", "OLT down")
    assert outage.started_at.hour == 6
    assert outage.expected_end is not None
    assert outage.expected_end.hour == 10
    assert _read(rows, silences, works_words=[]).outages == ()


def test_inhibited_alerts_are_held() -> None:
    """What the server hides behind a larger outage is no outage of its own, and is not over either."""
    visible = _one([_row({"olt": "lub-3"})])
    reading = _read([_row({"olt": "lub-3"}, **_quiet(inhibitedBy=["f1"]))])
    assert reading.outages == ()
    assert reading.held == {visible.key}


def test_an_end_counts_only_when_somebody_set_it() -> None:
    """Monitoring moves its `endsAt` on all the time: it is no promise of repair; one far ahead is."""
    soon, late = _row({"olt": "a"}), _row({"olt": "a"}, endsAt="2031-05-01T12:00:00Z")
    assert _one([soon]).expected_end is None
    assert _one([soon], ends_at="always").expected_end == NOW + timedelta(minutes=4)
    assert _one([late]).expected_end == NOW + timedelta(hours=4)
    assert _one([late], ends_at="never").expected_end is None
    assert _read([late]).ends == {_one([late]).key: NOW + timedelta(hours=4)}


def test_wrong_rows_are_told() -> None:
    """Rows and moments that cannot be read are noted one by one and spoil nothing else."""
    rows: list[Any] = [
        None, 7, [], {}, {"labels": {}}, {"labels": {"olt": 3}}, {"labels": {"olt": "x"}, "annotations": []},
        _row({"olt": "lub-3"}, startsAt="soon"), _row({"olt": "lub-4"}, startsAt="2031-05-01T07:00:00"),
        _row({"olt": "lub-5"}, endsAt="0001-01-01T00:00:00Z"), _row({"olt": "lub-6"}, status="odd"),
    ]  # fmt: skip
    reading = _read(rows)
    assert len(reading.outages) == 4
    assert [problem.code for problem in reading.problems] == ["bad_entry"] * 7 + ["bad_time", "no_zone"]


def test_unmapped_names_are_told_once() -> None:
    """`feed check` can say which areas and services nobody mapped; an unmapped area is a town of that name."""
    reading = _read([_row({"area": "nw1", "service": "quux", "x": str(index)}) for index in range(5)])
    assert [(problem.code, problem.where) for problem in reading.problems] == [
        ("unknown_service", "quux"), ("unmapped_area", "nw1"),
    ]  # fmt: skip
    assert reading.outages[0].coverage.towns == ("nw1",)


def test_services_may_be_folded_too() -> None:
    """With `fold` on the place alone, internet and telephone of one OLT are one outage of both."""
    rows = [_row({"olt": "lub-3", "service": name}) for name in ("dsl", "voip")]
    assert len(_read(rows).outages) == 2
    assert _one(rows, fold=["place"]).coverage.services == ("internet", "telephone")


def test_text_is_cleaned() -> None:
    """No control character of an alert reaches a record."""
    outage = _one([_row({"olt": "lub\x1b[2J-3"}, {"summary": "cut\x07\nhere", "say": "a\x00b\u202e"})])
    assert not any(sign in repr(outage) for sign in ("\\x1b", "\\x07", "\\x00", "\\u202e"))
    assert "\n" not in outage.title


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"colour": "red"}, "options.colour"),
        ({"labels": {"colour": "x"}}, "options.labels.colour"),
        ({"labels": "x"}, "options.labels"),
        ({"severities": {"p1": "grave"}}, "options.severities.p1"),
        ({"fold": ["service"]}, "options.fold"),
        ({"ignore": ["scope"]}, "options.ignore"),
        ({"areas": {"nw1": {"colour": "x"}}}, "options.areas.nw1.colour"),
        ({"areas": {"nw1": "NW1"}}, "options.areas.nw1"),
        ({"unmapped": "all"}, "options.unmapped"),
        ({"services": {"dsl": 3}}, "options.services.dsl"),
        ({"ends_at": True}, "options.ends_at"),
        ({"keep_hours": -1}, "options.keep_hours"),
        ({"keep_hours": True}, "options.keep_hours"),
        ({"matchers": ["team"]}, "options.matchers"),
        ({"listen": "9095"}, "options.listen"),
        ({"listen": "127.0.0.1:99999"}, "options.listen"),
    ],
)
def test_a_wrong_option_names_itself(options: dict[str, Any], field: str) -> None:
    """Whatever is wrong in the source's table is named where it stands."""
    with pytest.raises(Invalid) as raised:
        open_url("alertmanager+http://127.0.0.1:9093/", name="noc", options=options)
    assert (raised.value.field, raised.value.source) == (field, "noc")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)
_ODD = st.fixed_dictionaries(
    {},
    optional={
        "labels": st.dictionaries(st.sampled_from(["olt", "area", "severity", "service", "x"]), st.text()) | _JSON,
        "annotations": _JSON,
        "startsAt": st.datetimes().map(str) | _JSON,
        "endsAt": _JSON,
        "status": st.fixed_dictionaries({}, optional={"silencedBy": _JSON, "inhibitedBy": _JSON}) | _JSON,
        "fingerprint": _JSON,
    },
)


@given(st.lists(_ODD | _JSON, max_size=6) | _JSON, st.lists(_JSON, max_size=3))
def test_any_json_is_survived(rows: Any, silences: Any) -> None:
    """Whatever a server sends, reading it ends with outages and problems, never with an error of ours."""
    reading = _read(rows, silences)
    assert len({outage.key for outage in reading.outages}) == len(reading.outages)
