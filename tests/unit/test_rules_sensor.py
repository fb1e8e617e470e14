"""The sensor: when reports of customers make an outage likely, where, and when it keeps quiet (R26)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.records import (
    Coverage,
    Customer,
    CustomerKind,
    Line,
    NetworkPath,
    Outage,
    OutageState,
    Place,
    Ticket,
    TicketKind,
)
from console.rules.coverage import Because, hit
from console.rules.sensor import Report, suspicions

NOW = datetime(2026, 11, 21, 2, tzinfo=UTC)


@dataclass(frozen=True)
class Rule:
    """Three customers in half an hour."""

    reports: int = 3
    minutes: int = 30
    quiet_hours: int = 12


def report(number: int, port: str = "lub-3/1/4", symptom: str = "no_service", **parts: object) -> Report:
    """Return a report of the customer with that number, some minutes old, on a port of `lub-3` or elsewhere."""
    age = timedelta(minutes=parts.pop("age", number))  # type: ignore[arg-type]
    olt = port.partition("/")[0]
    place = Place(postcode=str(parts.pop("postcode", f"61-0{number:02}")), town="Poznań", country="PL")
    network = str(parts.pop("network", "luna"))
    customer = Customer(f"c{number}", f"C{number}", network, CustomerKind.SUBSCRIBER, "Ewa", "pl", place=place)
    node, exchange = ("poz-2", "POZ") if olt.startswith("lub") else ("gd-1", "GDA")
    path = NetworkPath(exchange=exchange, node=node, olt=olt, port=port) if port else NetworkPath()
    line = Line(f"l{number}", "", customer.key, str(parts.pop("service", "internet")), place=place, path=path)
    ticket = Ticket(
        f"t{number}", f"T-{number}", customer.key, network, TicketKind.FAULT, "dead", NOW - age,
        details=(("symptom", symptom),),
    )  # fmt: skip
    ticket = replace(ticket, **parts)  # type: ignore[arg-type]
    return Report(ticket, customer, network, line)


def outage(state: OutageState = OutageState.SUSPECTED, **parts: object) -> Outage:
    """Return an outage of the OLT lub-3."""
    made = Outage("o1", "O-1", state, "", NOW - timedelta(hours=1), Coverage(elements=("lub-3",)))
    return replace(made, **parts)  # type: ignore[arg-type]


def test_r26_three_customers_with_one_symptom_on_one_element_are_a_suspicion_with_its_evidence() -> None:
    """R26: what is proposed names the element, the services, the network, the first report, and every reference."""
    [found] = suspicions([report(3), report(1), report(2)], (), NOW, Rule())
    assert (found.because, found.value, found.level) == (Because.ELEMENT, "lub-3/1/4", "port")
    assert found.references == ("T-3", "T-2", "T-1")
    assert (found.services, found.network, found.country) == (("internet",), "luna", "PL")
    assert found.first_at == NOW - timedelta(minutes=3)


@pytest.mark.parametrize(
    ("ports", "value", "level"),
    [
        (("lub-3/1/4", "lub-3/1/5", "lub-3/1/6"), "lub-3/1", ""),
        (("lub-3/1/4", "lub-3/2/5", "lub-3/7/6"), "lub-3", "olt"),
        (("lub-3/1/4", "lub-4/2/5", "lub-5/7/6"), "poz-2", "node"),
    ],
)
def test_r26_the_lowest_common_element_is_proposed(ports: tuple[str, ...], value: str, level: str) -> None:
    """R26: same port before same card before same OLT before same node."""
    [found] = suspicions([report(n, port) for n, port in enumerate(ports, 1)], (), NOW, Rule())
    assert (found.because, found.value, found.level) == (Because.ELEMENT, value, level)


def test_r26_many_cards_of_one_olt_are_one_suspicion() -> None:
    """R26: three reports on each of three cards are the OLT, and not three banners."""
    reports = [report(n, f"lub-3/{1 + n % 3}/{n}") for n in range(1, 10)]
    assert [one.value for one in suspicions(reports, (), NOW, Rule())] == ["lub-3"]


def test_r26_without_a_common_element_the_postcode_speaks() -> None:
    """R26: three lines whose ways are not known, in one postcode however it is written."""
    reports = [report(n, "", postcode=code) for n, code in enumerate(("61-014", "61 014", "61014"), 1)]
    [found] = suspicions(reports, (), NOW, Rule())
    assert (found.because, found.value) == (Because.POSTCODE, "61014")


@pytest.mark.parametrize(
    "reports",
    [
        [report(1), report(2)],
        [report(1), report(2), report(2, key="again")],
        [report(1), report(2), report(3, symptom="slow")],
        [report(1), report(2), report(3, age=31)],
        [report(1), report(2), report(3, port="gda-1/1/1")],
        [report(1), report(2), report(3, kind=TicketKind.BILLING)],
        [report(1), report(2), report(3, outage_key="o9")],
        [report(1), report(2), report(3, network="valle")],
        [report(n, symptom="wifi") for n in (1, 2, 3)],
        [report(n, symptom="other") for n in (1, 2, 3)],
    ],
)
def test_r26_what_does_not_belong_together_is_no_suspicion(reports: list[Report]) -> None:
    """R26: two customers, two symptoms, an hour ago, elsewhere, another matter, explained, another network, at home."""
    assert suspicions(reports, (), NOW, Rule()) == ()


def test_r26_a_live_outage_that_covers_them_is_not_suspected_again() -> None:
    """R26: suspected, confirmed or planned and begun: known; one of tomorrow or of TV explains nothing."""
    reports = [report(n) for n in (1, 2, 3)]
    assert suspicions(reports, [outage()], NOW, Rule()) == ()
    assert suspicions(reports, [outage(OutageState.CONFIRMED)], NOW, Rule()) == ()
    assert suspicions(reports, [outage(started_at=NOW + timedelta(hours=1))], NOW, Rule())
    tv = Coverage(services=("tv",), elements=("lub-3",))
    assert suspicions(reports, [outage(coverage=tv)], NOW, Rule())


def test_r26_a_dismissed_place_stays_quiet_and_wakes_again() -> None:
    """R26: for the hours of the rule nothing below the place is proposed, afterwards it is."""
    reports = [report(n) for n in (1, 2, 3)]
    for hours, quiet in ((1, True), (11, True), (12, False), (48, False)):
        gone = outage(OutageState.DISMISSED, ended_at=NOW - timedelta(hours=hours))
        assert (suspicions(reports, [gone], NOW, Rule()) == ()) is quiet, hours


def test_r26_reports_of_an_outage_that_is_over_belong_to_it_and_new_ones_do_not() -> None:
    """R26: a ticket from before the restoration suspects nothing; three from afterwards do, at once."""
    over = outage(OutageState.RESTORED, ended_at=NOW - timedelta(minutes=10))
    assert suspicions([report(n, age=11) for n in (1, 2, 3)], [over], NOW, Rule()) == ()
    assert suspicions([report(n, age=9) for n in (1, 2, 3)], [over], NOW, Rule())


def test_r26_the_rule_can_be_off() -> None:
    """R26: no reports needed means nothing is proposed, not everything."""
    assert suspicions([report(n) for n in (1, 2, 3)], (), NOW, Rule(reports=0)) == ()


def test_r26_one_occasion_for_one_place_and_another_after_it_was_over() -> None:
    """R26: consoles that saw different reports name the suspicion alike; the next one at the place is another."""
    [one] = suspicions([report(n) for n in (1, 2, 3)], (), NOW, Rule())
    [same] = suspicions([report(n, symptom="slow", port="LUB-3/1/4") for n in (4, 5, 6)], (), NOW, Rule())
    assert one.occasion(()) == same.occasion(())
    before = outage(OutageState.RESTORED, coverage=Coverage(elements=("LUB - 3/1/4",)))
    assert one.occasion([before]) != one.occasion(())
    elsewhere = outage(OutageState.RESTORED, coverage=Coverage(elements=("gda-1",)))
    assert one.occasion([elsewhere]) == one.occasion(())


_ports = st.builds("{}-{}/{}/{}".format, st.sampled_from(["lub", "gda"]), *[st.integers(1, 2)] * 3)


@given(
    ports=st.lists(_ports, max_size=14),
    symptoms=st.lists(st.sampled_from(["no_service", "slow"]), min_size=14, max_size=14),
    needed=st.integers(2, 4),
)
def test_r26_whatever_is_proposed_covers_enough_customers_and_nothing_is_proposed_twice(
    ports: list[str], symptoms: list[str], needed: int
) -> None:
    """R26: every suspicion hits each customer it counts, and once it stands, the same reports propose nothing there."""
    reports = [report(n, port, symptoms[n]) for n, port in enumerate(ports)]
    rule = Rule(reports=needed)
    known: list[Outage] = []
    for _round in range(30):
        found = suspicions(reports, known, NOW, rule)
        if not found:
            break
        one = found[0]
        coverage = Coverage(one.services, elements=(one.value,) if one.because is Because.ELEMENT else (),
                            postcodes=(one.value,) if one.because is Because.POSTCODE else ())  # fmt: skip
        proposed = outage(key=f"o{len(known)}", coverage=coverage)
        told = [each for each in reports if each.ticket.reference in one.references]
        assert len({each.customer.key for each in told}) >= needed
        assert all(each.line and hit(proposed, each.line, each.customer, (each.network,)) for each in told)
        known.append(proposed)
    else:
        raise AssertionError("never quiet")
