"""Whom an outage hits: everybody it should, and nobody else (R26)."""

from __future__ import annotations

import string
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.records import (
    Coverage,
    Customer,
    CustomerKind,
    Line,
    LineState,
    NetworkPath,
    Outage,
    OutageKind,
    OutageState,
    Place,
)
from console.rules.coverage import Because, hit, hits, in_postcodes

NOW = datetime(2026, 11, 21, 2, tzinfo=UTC)
CUSTOMER = Customer("1", "C1", "luna", CustomerKind.SUBSCRIBER, "Ewa", "pl")
LINE = Line(
    "7",
    "L7",
    "1",
    "internet",
    place=Place(postcode="61-014", town="Poznań", country="PL"),
    path=NetworkPath(exchange="POZ", node="poz-2", olt="LUB-3", port="LUB-3/1/4"),
)


def outage(key: str = "9", /, **parts: object) -> Outage:
    """Return a suspected outage; `parts` are those of its coverage, or of itself."""
    own = {name: parts.pop(name) for name in tuple(parts) if name in Outage.__dataclass_fields__}
    coverage = Coverage(**parts)  # type: ignore[arg-type]
    return replace(Outage(key, f"O{key}", OutageState.SUSPECTED, "cut", NOW, coverage), **own)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("parts", "because", "value"),
    [
        ({"elements": ("lub-3",)}, Because.ELEMENT, "lub-3"),
        ({"elements": ("LUB - 3",)}, Because.ELEMENT, "LUB - 3"),
        ({"elements": ("Łub-3/",)}, Because.ELEMENT, "Łub-3/"),
        ({"elements": ("lub-3/1",)}, Because.ELEMENT, "lub-3/1"),
        ({"postcodes": ("61014",)}, Because.POSTCODE, "61-014"),
        ({"postcodes": ("61-010..61-020",)}, Because.POSTCODE, "61-010..61-020"),
        ({"postcodes": ("61*",)}, Because.POSTCODE, "61*"),
        ({"towns": ("POZNAN",)}, Because.TOWN, "POZNAN"),
        ({}, Because.EVERYWHERE, ""),
        ({"services": ("Internet",), "towns": ("poznań",)}, Because.TOWN, "poznań"),
    ],
)
def test_r26_what_covers_the_line_hits_it_and_says_why(parts: dict[str, object], because: Because, value: str) -> None:
    """R26: a line is hit through its element, postcode, town or everywhere, however it was typed."""
    found = hit(outage(**parts), LINE, CUSTOMER)
    assert found is not None
    assert (found.because, found.value) == (because, value)


@pytest.mark.parametrize(
    "parts",
    [
        {"elements": ("lub-31",)},
        {"elements": ("lub-3/1/4/2",)},
        {"elements": ("",)},
        {"postcodes": ("61-015",)},
        {"postcodes": ("61-015..61-020",)},
        {"postcodes": ("61-020..61-010",)},
        {"postcodes": ("6..7",)},
        {"postcodes": ("62*", "*")},
        {"towns": ("Poznań Stary",)},
        {"services": ("tv",)},
        {"country": "SE"},
        {"towns": ("Poznań",), "country": "SE"},
        {"operator_keys": ("valle",)},
    ],
)
def test_r26_what_lies_elsewhere_does_not_hit(parts: dict[str, object]) -> None:
    """R26: a neighbour's element, postcode, town, service, country or operator is somebody else's outage."""
    assert hit(outage(**parts), LINE, CUSTOMER) is None


def test_the_level_is_named_only_when_the_element_is_part_of_the_path() -> None:
    """The banner says `same OLT lub-3` for the element itself and `behind lub` for what lies above it."""
    same = hit(outage(elements=("lub-3",)), LINE, CUSTOMER)
    above = hit(outage(elements=("lub",)), LINE, CUSTOMER)
    assert same is not None
    assert above is not None
    assert (same.level, above.level) == ("olt", "")


def test_a_brand_is_hit_by_its_operators_outage_and_an_ended_line_by_none() -> None:
    """An outage of the operator above hits its brands; a line that has ended cannot be broken."""
    ours = outage(operator_keys=("group",))
    assert hit(ours, LINE, CUSTOMER) is None
    assert hit(ours, LINE, CUSTOMER, ("group",)) is not None
    assert hit(outage(), replace(LINE, state=LineState.ENDED), CUSTOMER) is None


def test_a_line_without_a_place_stands_where_its_customer_lives() -> None:
    """The customer's own place counts where the line has none, and its country where the line names none."""
    at_home = replace(LINE, place=Place(), path=NetworkPath())
    there = replace(CUSTOMER, place=Place(town="Łódź", country="PL"))
    assert hit(outage(towns=("lodz",)), at_home, there) is not None
    nameless = replace(LINE, place=Place(town="Bergen"))
    assert hit(outage(towns=("Bergen",), country="NO"), nameless, there) is None


def test_graver_and_newer_outages_come_first() -> None:
    """Confirmed before suspected before works, the newest of each first, one hit an outage, by its strongest reason."""
    old = outage("1", state=OutageState.CONFIRMED, started_at=NOW - timedelta(hours=3))
    new = outage("2", state=OutageState.CONFIRMED, elements=("lub-3",), towns=("Poznań",))
    suspected = outage("3", started_at=NOW + timedelta(hours=1))
    works = outage("4", state=OutageState.CONFIRMED, kind=OutageKind.PLANNED_WORKS)
    other = replace(LINE, key="8", path=NetworkPath())
    found = hits([suspected, works, old, new], [other, LINE], CUSTOMER)
    assert [one.outage.key for one in found] == ["2", "1", "4", "3"]
    assert (found[0].because, found[0].line_key) == (Because.ELEMENT, "7")


_names = st.text(string.ascii_lowercase + string.digits + "łóżåäøé", min_size=1, max_size=6)
_signs = st.sampled_from("/:.-_ ")


@given(parent=_names, sign=_signs, child=_names, upper=st.booleans(), spaced=st.booleans(), deep=st.booleans())
def test_r26_an_element_covers_whatever_lies_below_it(
    parent: str, sign: str, child: str, upper: bool, spaced: bool, deep: bool
) -> None:
    """R26: case, spaces around separators and a parent element never make an outage miss a line."""
    port = f"{parent}{sign}{child}" + (f"/{child}" if deep else "")
    typed = parent.upper() if upper else parent
    typed = f" {typed} " if spaced else typed
    line = replace(LINE, path=NetworkPath(port=port))
    assert hit(outage(elements=(typed,)), line, CUSTOMER) is not None


@given(name=_names, more=st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=4))
def test_a_longer_name_of_the_same_beginning_is_another_element(name: str, more: str) -> None:
    """`lub-3` says nothing of `lub-31`."""
    line = replace(LINE, path=NetworkPath(olt=name + more))
    assert hit(outage(elements=(name,)), line, CUSTOMER) is None


@given(low=st.integers(0, 99_999), high=st.integers(0, 99_999), mine=st.integers(0, 99_999), dashed=st.booleans())
def test_a_range_of_postcodes_holds_its_ends_and_what_lies_between(
    low: int, high: int, mine: int, dashed: bool
) -> None:
    """`A..B` is inclusive at both ends, dashes and spaces set aside."""

    def written(number: int) -> str:
        text = f"{number:05}"
        return f"{text[:2]}-{text[2:]}" if dashed else f"{text[:3]} {text[3:]}"

    found = in_postcodes(f"{mine:05}", (f"{written(low)}..{written(high)}",))
    assert bool(found) == (low <= mine <= high)


@given(code=st.text(string.ascii_uppercase + string.digits, min_size=1, max_size=7), cut=st.integers(1, 7))
def test_a_beginning_with_a_star_holds_every_postcode_that_begins_so(code: str, cut: int) -> None:
    """`SW1*` holds `sw1a 2aa`; a postcode that is not known is never held."""
    assert in_postcodes(code.lower(), (f"{code[:cut]}*",))
    assert in_postcodes("", (f"{code[:cut]}*", code, f"{code}..{code}")) == ""


@given(
    operators=st.sets(st.sampled_from(["luna", "valle", "nor"]), min_size=1),
    mine=st.sampled_from(["luna", "valle", "nor"]),
)
def test_only_the_named_operators_customers_are_hit(operators: set[str], mine: str) -> None:
    """Another operator's customer never sees the banner."""
    found = hit(outage(operator_keys=tuple(operators)), LINE, replace(CUSTOMER, operator_key=mine))
    assert (found is not None) == (mine in operators)
