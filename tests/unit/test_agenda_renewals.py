"""Fixed terms that end (R24): when the law wants the notice, what may be offered, and the file that says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.records import Contract, ContractState, Money, Operator
from console.data import DataError
from console.data.renewals import renewal_rules
from console.rules.renewals import NoticeState, Offer, RenewalRules, offers_for, renewal, to_be_told

UK = Operator("op", "LRK", "Larkmoor", "GB", "en", "Europe/London", currency="GBP")
PL = Operator("op2", "LUN", "Łuniec", "PL", "pl", "Europe/Warsaw", currency="PLN")
CONTRACT = Contract(
    "k1", "LRK/1", "c1", "Fibre 300", date(2024, 12, 12), date(2026, 12, 12), 24, Money(3900, "GBP"), Money(5199, "GBP")
)


def state_on(day: date, contract: Contract = CONTRACT, operator: Operator = UK) -> NoticeState | None:
    """Return how the notice stands on a day; None when nothing ends."""
    found = renewal(contract, operator, day, renewal_rules())
    return found.state if found is not None else None


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 11, 1), NoticeState.AHEAD),
        (date(2026, 11, 2), NoticeState.OPEN),
        (date(2026, 12, 2), NoticeState.OPEN),
        (date(2026, 12, 3), NoticeState.LATE),
        (date(2026, 12, 12), NoticeState.LATE),
        (date(2026, 12, 13), None),
    ],
)
def test_r24_the_uk_notice_lies_10_to_40_days_before_the_end(day: date, expected: NoticeState | None) -> None:
    """R24: 40 days before the end the window opens, 10 days before it closes."""
    assert state_on(day) is expected


def test_r24_other_countries_have_other_windows_each_with_source_and_date() -> None:
    """R24: Poland wants 30 days, Italy 60; elsewhere in the EU the law names no days, and the data says so."""
    rules = renewal_rules()
    for country, last in (("PL", 30), ("IT", 60), ("FR", 31)):
        rule = rules.notice_for(country, date(2026, 1, 1))
        assert (rule.to_days, rule.by_law) == (last, True)
    sweden = rules.notice_for("SE", date(2026, 1, 1))
    assert not sweden.by_law
    assert all(one.source and one.holds_from for one in (rules.usual, *rules.notices))


def test_r24_a_given_notice_is_settled_but_not_one_of_an_earlier_term() -> None:
    """R24: the notice must have been given for this very term."""
    sent = datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert state_on(date(2026, 11, 25), replace(CONTRACT, notice_sent_at=sent)) is NoticeState.GIVEN
    earlier = sent - timedelta(days=800)
    assert state_on(date(2026, 11, 25), replace(CONTRACT, notice_sent_at=earlier)) is NoticeState.OPEN


@pytest.mark.parametrize("changes", [{"ends_on": None}, {"state": ContractState.NOTICE_GIVEN}])
def test_r24_nothing_ends_without_a_running_fixed_term(changes: dict[str, object]) -> None:
    """An open term has no end; one that the customer ended needs no offer."""
    assert state_on(date(2026, 11, 25), replace(CONTRACT, **changes)) is None  # type: ignore[arg-type]


@given(st.integers(1, 900), st.integers(0, 200), st.sampled_from(["GB", "PL", "IT", "SE", "FR", "", "ZZ"]))
def test_r24_the_window_lies_within_the_term(length: int, ahead: int, country: str) -> None:
    """Whatever the term and the country: first day, last day and end stand in this order, none before the term."""
    today = date(2026, 3, 1)
    contract = replace(
        CONTRACT, started_on=today + timedelta(days=ahead - length), ends_on=today + timedelta(days=ahead)
    )
    found = renewal(contract, replace(UK, country=country), today, renewal_rules())
    assert found is not None
    assert contract.started_on <= found.notify_from <= found.notify_to <= found.ends_on


def test_r24_the_window_ends_with_the_last_day_by_the_operators_clock() -> None:
    """The last minute of the last day counts where the operator is, in summer too."""
    found = renewal(replace(CONTRACT, ends_on=date(2026, 7, 20)), PL, date(2026, 6, 1), renewal_rules())
    assert found is not None
    local = found.due_at(ZoneInfo("Europe/Warsaw")).astimezone(ZoneInfo("Europe/Warsaw"))
    assert (local.date(), local.hour, local.minute) == (date(2026, 6, 20), 23, 59)


def test_r24_the_one_with_the_nearest_last_day_is_told_first() -> None:
    """Those whose window is open or gone by, by last day."""
    rules = renewal_rules()
    ends = [date(2026, 12, 20), date(2026, 12, 4), date(2027, 6, 1)]
    found = [renewal(replace(CONTRACT, key=str(day), ends_on=day), UK, date(2026, 11, 25), rules) for day in ends]
    told = to_be_told([one for one in found if one is not None])
    assert [one.ends_on for one in told] == [date(2026, 12, 4), date(2026, 12, 20)]


# offers ---------------------------------------------------------------------------------------------------------------


def offer(months: int, minor: int, **changes: object) -> Offer:
    """Return an offer of Larkmoor in pounds."""
    return replace(Offer("LRK", months, Money(minor, "GBP")), **changes)  # type: ignore[arg-type]


def test_r24_offers_for_12_and_24_months_the_cheapest_of_each() -> None:
    """R24: one offer a term, that for the very product before one for all; none of another operator or currency."""
    every = (
        offer(24, 3000),
        offer(24, 2800),
        offer(12, 3500),
        offer(12, 3600, product="Fibre 300"),
        offer(12, 100, product="Fibre 900"),
        offer(24, 100, operator="lun"),
        offer(24, 100, price=Money(100, "EUR")),
        offer(24, 100, holds_to=date(2026, 1, 1)),
    )
    found = offers_for(CONTRACT, UK, date(2026, 11, 25), every)
    assert [(one.months, one.price.minor) for one in found] == [(12, 3600), (24, 2800)]


def test_r24_without_offers_only_the_list_price_is_said() -> None:
    """R24: no offer ships; what is not configured is not invented."""
    found = renewal(CONTRACT, UK, date(2026, 11, 25), renewal_rules())
    assert found is not None
    assert found.offers == ()


# the file -------------------------------------------------------------------------------------------------------------

OWN = """
[[notice]]
countries = ["gb"]
from_days = 30
to_days = 14
by_law = true
source = "house rule, stricter than the law"
holds_from = 2026-01-01

[[offer]]
operator = "LRK"
months = 24
price = "31.50"
currency = "GBP"
says = "with a new router"
"""


def own(tmp_path: Path, text: str) -> RenewalRules:
    """Return the rules with a file of their own over them."""
    file = tmp_path / "renewals.toml"
    file.write_text(text, encoding="utf-8")
    return renewal_rules(file)


def test_r24_an_own_file_lies_over_the_shipped_one(tmp_path: Path) -> None:
    """A country it names is ruled by it alone, others stay; its offers count."""
    rules = own(tmp_path, OWN)
    assert rules.notice_for("GB", date(2026, 5, 1)).to_days == 14
    assert rules.notice_for("PL", date(2026, 5, 1)).to_days == 30
    assert rules.offers == (Offer("LRK", 24, Money(3150, "GBP"), says="with a new router"),)


@pytest.mark.parametrize(
    ("old", "new", "line", "where"),
    [
        ("to_days = 14", "to_days = 31", 5, "notice[1].to_days"),
        ("to_days = 14", 'to_days = "14"', 5, "notice[1].to_days"),
        ('countries = ["gb"]', 'countries = ["Britain"]', 3, "notice[1].countries"),
        ("by_law = true", "by_law = 1", 6, "notice[1].by_law"),
        ("holds_from = 2026-01-01", 'holds_from = "2026"', 8, "notice[1].holds_from"),
        ('price = "31.50"', "price = 31.5", 13, "offer[1].price"),
        ('price = "31.50"', 'price = "NaN"', 13, "offer[1].price"),
        ('price = "31.50"', 'price = "31.505"', 13, "offer[1].price"),
        ('currency = "GBP"', 'currency = "pounds"', 14, "offer[1].currency"),
        ('says = "with', 'sais = "with', 15, "offer[1].sais"),
        ("[[offer]]", "[offer]", 10, "offer"),
        ("[[notice]]", "[[notices]]", 2, "notices"),
        ("months = 24", "months = = 24", 12, ""),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(tmp_path: Path, old: str, new: str, line: int, where: str) -> None:
    """What is wrong is named by line and setting, with what to write instead."""
    with pytest.raises(DataError) as raised:
        own(tmp_path, OWN.replace(old, new))
    assert (raised.value.line, raised.value.where) == (line, where)
    assert raised.value.says


@pytest.mark.parametrize("content", [b"\xff\xfe", b"[[notice]]\n" + b"#" * 1_000_001])
def test_a_file_that_is_no_text_or_far_too_large_is_refused(tmp_path: Path, content: bytes) -> None:
    """Neither bytes that are no text nor a file without end is read."""
    file = tmp_path / "renewals.toml"
    file.write_bytes(content)
    with pytest.raises(DataError):
        renewal_rules(file)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """A path that leads nowhere is a fault of the configuration, not an empty file."""
    with pytest.raises(DataError, match=r"nowhere\.toml"):
        renewal_rules(tmp_path / "nowhere.toml")
