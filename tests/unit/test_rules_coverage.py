"""Whom an outage hits: everybody it should, and nobody else (R26)."""

from __future__ import annotations

import string
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from backends.clean import fold
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
from console.rules.coverage import Because, elements_on, hit, hits, in_postcodes, might_hit

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
        ({"elements": ("lub 3",)}, Because.ELEMENT, "lub 3"),
        ({"elements": ("LUB_3-1",)}, Because.ELEMENT, "LUB_3-1"),
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


_letters = string.ascii_letters + string.digits + "łóżåäøéß"
_parts = st.lists(st.text(_letters, min_size=1, max_size=4), min_size=2, max_size=4)


@st.composite
def _spelled(draw: st.DrawFn, name: str) -> str:
    """Return a name as somebody else types it: other case, spaces around it, spaces and signs one for another."""
    typed = "".join(draw(st.sampled_from([sign.upper(), sign.lower(), sign])) for sign in name)
    written = {sign: draw(st.sampled_from([sign, f"{sign} ", f" {sign}", " ", "_", "-", "/"])) for sign in "/-"}
    spaced = "".join(written.get(sign, sign) for sign in typed)
    return draw(st.sampled_from(["", " ", "\t"])) + spaced + draw(st.sampled_from(["", " ", "/", " /"]))


@given(parts=_parts, data=st.data(), level=st.sampled_from(["exchange", "node", "olt", "port"]))
def test_r26_an_element_or_its_parent_is_never_missed_however_it_is_typed(
    parts: list[str], data: st.DataObject, level: str
) -> None:
    """R26: case, spaces, accents and a parent element never make an outage miss a line, at any level of its path."""
    name = "-".join(parts[:2]) + "".join(f"/{part}" for part in parts[2:])
    above = data.draw(st.sampled_from([name[:end] for end, sign in enumerate(name) if sign in "/-"] + [name]))
    line = replace(LINE, path=NetworkPath(**{level: name}))
    found = hit(outage(elements=(data.draw(_spelled(above)),)), line, CUSTOMER)
    assert found is not None
    assert found.because is Because.ELEMENT
    assert might_hit(outage(elements=(data.draw(_spelled(above)),)), line)


@given(parts=_parts, sibling=st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=4), data=st.data())
def test_r26_a_sibling_is_never_hit(parts: list[str], sibling: str, data: st.DataObject) -> None:
    """R26: the port, card or OLT beside the line's own, under the same parent, is somebody else's outage."""
    at = data.draw(st.integers(1, len(parts) - 1))
    own = "/".join(parts)
    beside = "/".join([*parts[:at], sibling, *parts[at + 1 :]])
    mine = {fold("/".join(parts[:end])).replace(" ", "") for end in range(1, len(parts) + 1)}
    assume(fold(beside).replace(" ", "") not in mine)
    line = replace(LINE, path=NetworkPath(olt=parts[0], port=own))
    assert hit(outage(elements=(data.draw(_spelled(beside)),)), line, CUSTOMER) is None
    assert not might_hit(outage(elements=(beside,)), line)


@pytest.mark.parametrize("typed", ["St. Albans", "ST ALBANS", "st-albans", "St.Albans", " saint "])
def test_r26_of_towns_letters_alone_count(typed: str) -> None:
    """R26: full stops, hyphens and spaces never make an outage miss a town; another name does."""
    line = replace(LINE, place=Place(town="St Albans"))
    assert (hit(outage(towns=(typed,)), line, CUSTOMER) is not None) == ("saint" not in typed)


def test_r26_a_range_may_be_written_with_an_ellipsis() -> None:
    """R26: editors turn three dots into one sign; the range stays a range."""
    assert in_postcodes("61-014", ("61-010…61-020",)) == "61-010…61-020"


def test_r26_the_way_of_a_line_is_told_from_the_customer_on() -> None:
    """R26: port, card, OLT, node, exchange; what only begins like the OLT is no element."""
    path = NetworkPath(exchange="POZ", node="poz-2", olt="lub-3", port="lub-3/1/4")
    assert [(one.shown, one.level) for one in elements_on(path)] == [
        ("lub-3/1/4", "port"), ("lub-3/1", ""), ("lub-3", "olt"), ("poz-2", "node"), ("POZ", "exchange"),
    ]  # fmt: skip
    assert elements_on(NetworkPath()) == ()


def test_r26_what_might_hit_is_decided_by_the_line_where_it_can_be() -> None:
    """R31: counting reads customers only of lines that may be hit; a line without a place is for the customer's."""
    assert not might_hit(outage(towns=("Gdynia",)), LINE)
    assert might_hit(outage(towns=("Gdynia",)), replace(LINE, place=Place()))
    assert not might_hit(outage(services=("tv",)), LINE)
    assert not might_hit(outage(), replace(LINE, state=LineState.ENDED))


def test_r20_a_suppliers_outage_hits_as_any_other_and_names_it() -> None:
    """R20: an outage of a company upstream carries its reference to the banner of the customer it hits."""
    theirs = outage(elements=("lub-3",), supplier="Netsurf", supplier_reference="NS-77")
    found = hit(theirs, LINE, CUSTOMER)
    assert found is not None
    assert (found.outage.supplier, found.outage.supplier_reference) == ("Netsurf", "NS-77")
