"""Policies are data: which one counts, what a file of an operator may say, and what no policy can say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from backends.records import CHANNELS, Operator, TicketKind
from console.data import DataError
from console.data.clocks import SHIPPED, policies, read
from console.rules.policies import FIRST_RESPONSE, MAIN, TAKE_CHARGE, End, Pause, Policies, Policy, PolicyError, Unit

DAY = date(2026, 11, 16)
LUNA = Operator("1", "LUN", "Luna", "PL", "pl", "Europe/Warsaw")
MOOR = Operator("2", "LRK", "Larkmoor", "GB", "en", "Europe/London")
RHEIN = Operator("3", "RHE", "Rhein", "DE", "de", "Europe/Berlin")
FAULT = frozenset({TicketKind.FAULT})


def policy(count: int, **scope: object) -> Policy:
    """Return a repair clock of so many days."""
    return Policy("repair", count, Unit.CALENDAR_DAYS, "test", FAULT, **scope)  # type: ignore[arg-type]


def days(*every: Policy, operator: Operator = LUNA, on: date = DAY) -> int | None:
    """Return how many days the policy that counts allows."""
    found = Policies(every).for_case(TicketKind.FAULT, operator, on).get("repair")
    return found.count if found is not None else None


def test_the_policy_of_an_operator_goes_before_its_country_and_that_before_all() -> None:
    """However they are ordered in the file, and whoever else has one."""
    general, country, own = policy(3), policy(2, country="PL"), policy(1, operator="LUN")
    for order in ((general, country, own), (own, country, general)):
        assert days(*order) == 1
        assert days(*order, operator=replace(LUNA, code="OTH")) == 2
        assert days(*order, operator=MOOR) == 3
    assert days(country, own, operator=MOOR) is None


def test_the_operators_own_file_goes_before_the_shipped_one_for_the_same_cases_only() -> None:
    """A rule of the house does not take the place of a law of the country; one for that country does."""
    law = policy(30, country="PL")
    assert days(law, policy(40, own=True)) == 30
    assert days(law, policy(20, country="PL", own=True)) == 20
    assert days(policy(30, since=date(2020, 1, 1)), policy(20, own=True, since=date(2010, 1, 1))) == 20


def test_r15_a_general_first_answer_of_the_house_leaves_the_chat_as_it_is() -> None:
    """One for a channel goes before one for any, whosever it is; one for the operator goes before both."""
    general = Policy(FIRST_RESPONSE, 2, Unit.WORKING_DAYS, "test", ends=End.ANSWER, own=True)
    both = policies().over((general,))
    counts = {channel: both.for_answer(channel, LUNA, DAY) for channel in ("chat", "email")}
    assert {channel: one.count for channel, one in counts.items() if one is not None} == {"chat": 5, "email": 2}
    theirs = policies().over((replace(general, operator="LUN"),)).for_answer("chat", LUNA, DAY)
    assert theirs is not None
    assert theirs.count == 2


def test_the_version_valid_when_the_case_began_counts() -> None:
    """A law that changes on a day changes nothing for cases that began before it."""
    old = policy(8, since=date(2009, 9, 1), until=date(2026, 4, 8))
    new = policy(6, since=date(2026, 4, 8))
    assert days(old, new, on=date(2026, 4, 7)) == 8
    assert days(old, new, on=date(2026, 4, 8)) == 6
    assert days(old, new, on=date(2009, 8, 31)) is None
    assert days(policy(8, since=date(2009, 9, 1)), new, on=date(2026, 4, 8)) == 6, "the later version ends the earlier"


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"legal": True, "pauses_for": frozenset({Pause.CUSTOMER})}, "pauses_for", "legal_pause"),
        ({"count": 0}, "count", "count"),
        ({"kinds": frozenset()}, "kinds", "kinds"),
        ({"source": "  "}, "source", "source"),
        ({"clock": ""}, "clock", "clock"),
        ({"since": DAY, "until": DAY}, "until", "dates"),
    ],
)
def test_a_policy_that_contradicts_itself_cannot_be_made(changes: dict[str, object], field: str, code: str) -> None:
    """A legal clock that pauses, a clock without a source or an end before its beginning: refused where it is made."""
    with pytest.raises(PolicyError) as wrong:
        replace(policy(1), **changes)  # type: ignore[arg-type]
    assert (wrong.value.field, wrong.value.code) == (field, code)


def test_there_is_no_word_for_a_pause_by_a_supplier() -> None:
    """R1: only the customer can stop a clock, by construction."""
    assert list(Pause) == [Pause.CUSTOMER]


# what ships -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operator", "kind", "clock", "count", "unit", "legal"),
    [
        (MOOR, TicketKind.FAULT, "repair", 2, Unit.WORKING_DAYS, False),
        (MOOR, TicketKind.INSTALLATION, "installation", 12, Unit.WORKING_DAYS, False),
        (LUNA, TicketKind.COMPLAINT, "answer", 30, Unit.CALENDAR_DAYS, True),
        (RHEIN, TicketKind.FAULT, "notice", 2, Unit.CALENDAR_DAYS, True),
        (MOOR, TicketKind.COMPLAINT, "adr_letter", 6, Unit.WEEKS, True),
        (LUNA, TicketKind.DATA_REQUEST, "data_request", 1, Unit.MONTHS, True),
    ],
)
def test_what_ships_is_what_the_sources_say(
    operator: Operator, kind: TicketKind, clock: str, count: int, unit: Unit, legal: bool
) -> None:
    """R1, R2 and the laws of three countries, each with its source and the day from which it holds."""
    found = policies().for_case(kind, operator, DAY)[clock]
    assert (found.count, found.unit, found.legal) == (count, unit, legal)
    assert found.source
    assert date(2000, 1, 1) <= found.since <= DAY


def test_the_letter_about_dispute_resolution_came_after_eight_weeks_before_8_april_2026() -> None:
    """The day before it is still the former rule."""
    assert policies().for_case(TicketKind.COMPLAINT, MOOR, date(2026, 4, 7))["adr_letter"].count == 8
    assert "adr_letter" not in policies().for_case(TicketKind.COMPLAINT, LUNA, DAY)


def test_a_polish_complaint_by_post_is_acknowledged() -> None:
    """Only one that came by letter has that clock."""
    assert "acknowledgement" not in policies().for_case(TicketKind.COMPLAINT, LUNA, DAY, "email")
    assert policies().for_case(TicketKind.COMPLAINT, LUNA, DAY, "letter")["acknowledgement"].count == 14


@pytest.mark.parametrize("kind", list(TicketKind))
def test_r42_every_kind_of_case_has_its_main_clock_and_one_for_taking_charge(kind: TicketKind) -> None:
    """No case is without a clock, in whichever country."""
    for operator in (LUNA, MOOR, RHEIN, replace(LUNA, country="ZZ")):
        assert {MAIN[kind], TAKE_CHARGE} <= set(policies().for_case(kind, operator, DAY))


@pytest.mark.parametrize("channel", [*CHANNELS, "pigeon"])
def test_r15_every_channel_has_a_clock_for_the_first_answer(channel: str) -> None:
    """A channel that nobody thought of has the general one (R14); chat is the fastest."""
    found = policies().for_answer(channel, LUNA, DAY)
    assert found is not None
    assert found.clock == FIRST_RESPONSE
    assert (found.unit is Unit.MINUTES) == (channel == "chat")


def test_no_shipped_legal_clock_pauses_and_every_source_says_something() -> None:
    """What a law sets runs on whoever is waited for."""
    shipped = read(SHIPPED)
    assert any(one.legal for one in shipped)
    assert not any(one.legal and one.pauses for one in shipped)
    assert all(len(one.source) > 10 for one in shipped)


# an operator's own file -----------------------------------------------------------------------------------------------

GOOD = """
[[clock]]
clock = "repair"
operator = "lun"
kinds = ["fault"]
count = 1
unit = "working_days"
pauses_for = ["customer"]
from = 2026-01-01
source = "the contract with our customers, § 7"
"""


def test_an_operators_own_file_lies_over_the_shipped_one(tmp_path: Path) -> None:
    """Its clock counts for that operator; everybody else, and every other clock, keeps the shipped one."""
    file = tmp_path / "clocks.toml"
    file.write_text(GOOD)
    both = policies(file)
    assert both.for_case(TicketKind.FAULT, LUNA, DAY)["repair"].count == 1
    assert both.for_case(TicketKind.FAULT, LUNA, date(2025, 12, 31))["repair"].count == 2
    assert both.for_case(TicketKind.FAULT, MOOR, DAY)["repair"].count == 2
    assert both.for_case(TicketKind.INSTALLATION, LUNA, DAY) == policies().for_case(TicketKind.INSTALLATION, LUNA, DAY)


@pytest.mark.parametrize(
    ("was", "becomes", "line", "where", "says"),
    [
        ('pauses_for = ["customer"]', 'pauses_for = ["supplier"]', 8, "clock 1, pauses_for", "supplier"),
        (
            'pauses_for = ["customer"]',
            'pauses_for = ["customer"]\nlegal = true',
            8,
            "clock 1, pauses_for",
            "never pauses",
        ),
        ('unit = "working_days"', 'unit = "fortnights"', 7, "clock 1, unit", "calendar_days"),
        ("count = 1", "count = 0", 6, "clock 1, count", "from 1 to"),
        ("count = 1", 'count = "1"', 6, "clock 1, count", "without quotes"),
        ('kinds = ["fault"]', 'kinds = ["crash"]', 5, "clock 1, kinds", "installation"),
        ('kinds = ["fault"]', "", 2, "clock 1, kinds", "for which"),
        ("from = 2026-01-01", 'from = "2026-01-01"', 9, "clock 1, from", "without quotes"),
        ("from = 2026-01-01", "", 2, "clock 1, from", "from which day"),
        ("from = 2026-01-01", "from = 2026-01-01\nuntil = 2025-01-01", 10, "clock 1, until", "ends before"),
        ('operator = "lun"', 'operater = "lun"', 4, "clock 1, operater", "no such field"),
        ('operator = "lun"', 'country = "POL"', 4, "clock 1, country", "two letters"),
        ("source = ", "sauce = ", 10, "clock 1, sauce", "no such field"),
        ("[[clock]]", "[clock]", 2, "clock", "[[clock]]"),
        ("[[clock]]", "[[klock]]", 2, "klock", "[[clock]]"),
        ("count = 1", "count = = 1", 6, "", "not TOML"),
        pytest.param(GOOD, GOOD + GOOD, 19, "clock 2, from", "twice", id="twice"),
    ],
)
def test_a_wrong_file_is_refused_with_line_and_field(
    tmp_path: Path, was: str, becomes: str, line: int, where: str, says: str
) -> None:
    """Whoever edits it is told the line, the field, and what to write: a supplier never stops a clock."""
    file = tmp_path / "clocks.toml"
    assert was in GOOD
    file.write_text(GOOD.replace(was, becomes, 1))
    with pytest.raises(DataError) as wrong:
        policies(file)
    error = wrong.value
    assert (error.path, error.line, error.where) == (file, line, where)
    assert says in error.says


def test_a_file_that_is_not_there_is_told_by_its_name(tmp_path: Path) -> None:
    """A wrong path in the configuration is no reason to work by other rules in silence."""
    with pytest.raises(DataError, match="cannot be read"):
        policies(tmp_path / "none.toml")


def test_the_documentation_lists_every_shipped_clock() -> None:
    """What ships can be read without opening the program: clock, number and day of each policy stand in one row."""
    page = (Path(__file__).parents[2] / "docs" / "clocks.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    for one in read(SHIPPED):
        assert any(
            row.startswith(f"| `{one.clock}`")
            and f" {one.since} " in row
            and f"{one.count} " in row.replace("second", "2 ")
            for row in rows
        ), one
