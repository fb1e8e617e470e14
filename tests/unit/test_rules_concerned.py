"""Whose customers an outage concerns where nobody named an operator (R22)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backends.records import Coverage, Operator, Outage, OutageState
from console.rules.concerned import Concern, concerned, countries_told, needs_reckoning, with_operators
from tests.guides_stage import NIGHT

LRK = Operator("l", "LRK", "Larkmoor", "GB", "en", "Europe/London")
LUN = Operator("k", "LUN", "Luna", "PL", "pl", "Europe/Warsaw", parent_key="g")
MIR = Operator("m", "MIR", "Mira", "PL", "pl", "Europe/Warsaw")
EVERY = (LRK, LUN, MIR)


def outage(*, operators: tuple[str, ...] = (), **places: object) -> Outage:
    """Return an outage at these places."""
    covered = Coverage(("internet",), **places)  # type: ignore[arg-type]
    return Outage("ou", "O-1", OutageState.CONFIRMED, "cable cut", NIGHT, covered, operators)


def test_r22_it_concerns_those_whose_customers_it_hits_most_first() -> None:
    """R22: nobody else is named, and whoever has the most customers there comes first."""
    lublin = outage(towns=("Lublin",))
    assert concerned(lublin, EVERY, ("m", "k")) == Concern((MIR, LUN))
    assert concerned(lublin, EVERY) == Concern(EVERY, certain=False)
    assert needs_reckoning(lublin, EVERY)
    assert with_operators(lublin, concerned(lublin, EVERY, ("m",))).operator_keys == ("m",)


def test_r22_an_operator_of_another_country_is_never_meant() -> None:
    """R22: a postcode with its signs left out may be one of two countries; it is of the one that spells so."""
    polish = outage(postcodes=("20-001",))
    assert concerned(polish, EVERY, ("l", "k")) == Concern((LUN,))
    assert concerned(polish, EVERY) == Concern((LUN, MIR), certain=False)
    assert concerned(outage(postcodes=("N1 1AA",)), EVERY) == Concern((LRK,))
    assert not needs_reckoning(outage(postcodes=("N1 1AA",)), EVERY)
    assert concerned(outage(towns=("Lublin",), country="pl"), EVERY).operators == (LUN, MIR)


def test_r22_what_was_said_by_name_holds() -> None:
    """R22: the operators of an outage, with the brands of a network, are not reckoned again."""
    assert concerned(outage(operators=("g",), towns=("Leeds",)), EVERY, ("l",)) == Concern((LUN,))
    one = outage(operators=("l",))
    assert with_operators(one, Concern(EVERY)) is one
    assert not needs_reckoning(one, EVERY)
    assert concerned(outage(), EVERY) == Concern(EVERY), "an outage without a place is everybody's"
    assert with_operators(outage(), Concern(())).operator_keys == ()


@pytest.mark.parametrize(
    ("code", "countries"),
    [
        ("61-001", {"PL"}), ("61-010..61-020", {"PL"}), ("62-*", {"PL"}), ("62*", set()), ("211 20", {"SE"}),
        ("SW1A 1AA", {"GB"}), ("20121", set()), ("1234-567", set()), ("", set()),
    ],
)  # fmt: skip
def test_postcodes_tell_their_country_where_no_other_spells_them_so(code: str, countries: set[str]) -> None:
    """What may be anywhere tells nothing."""
    told = countries_told(outage(postcodes=(code,)))
    assert countries <= told if countries else told == set()
    assert countries_told(replace(outage(), coverage=Coverage(postcodes=(code, "20121")))) == set()
