"""Who may be calling: in which order the candidates stand, and when nobody needs to be asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from backends.port import Match, MatchedOn
from backends.records import Customer, CustomerKind, Operator
from console.rules.callers import Candidate, family, of_dialled_first, ranked, sure_one

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def candidate(name: str, *, own: bool = True, days: int | None = None, tickets: int = 0) -> Candidate:
    """Return somebody with a name, whose last contact was days ago."""
    customer = Customer(name, name, "1", CustomerKind.SUBSCRIBER, name, "pl")
    return Candidate(customer, own, NOW - timedelta(days=days) if days is not None else None, tickets)


def names(candidates: tuple[Candidate, ...]) -> list[str]:
    """Return their names."""
    return [one.customer.name for one in candidates]


def test_r22_the_operator_dialled_goes_before_all_else() -> None:
    """Then who was in contact last, then who has open tickets, then by name."""
    given_ = [
        candidate("other", own=False, days=0, tickets=3),
        candidate("silent"),
        candidate("with ticket", tickets=1),
        candidate("long ago", days=20),
        candidate("yesterday", days=1),
    ]
    assert names(ranked(given_)) == ["yesterday", "long ago", "with ticket", "silent", "other"]


def test_r22_only_the_one_of_the_operator_dialled_opens_unasked() -> None:
    """Nobody of another operator, and none of two."""
    one, two, other = candidate("a"), candidate("b"), candidate("c", own=False)
    assert sure_one([one]) == one
    assert sure_one([one, other]) == one
    assert sure_one([other]) is None
    assert sure_one([one, two]) is None
    assert sure_one([]) is None


def test_r22_a_brand_and_its_parent_are_family() -> None:
    """Callers dial the one or the other."""
    known = {
        one.key: one
        for one in (
            Operator("1", "A", "A", "PL", "pl", "UTC"),
            Operator("2", "B", "B", "PL", "pl", "UTC", parent_key="1"),
            Operator("3", "C", "C", "PL", "pl", "UTC", parent_key="1"),
            Operator("4", "D", "D", "PL", "pl", "UTC"),
        )
    }
    assert family("1", known) == {"1", "2", "3"}
    assert family("2", known) == {"1", "2"}
    assert family("4", known) == {"4"}
    assert family("", known) == frozenset()


_candidates = st.builds(
    candidate,
    st.text("abc", min_size=1, max_size=3),
    own=st.booleans(),
    days=st.none() | st.integers(0, 50),
    tickets=st.integers(0, 4),
)


@given(st.lists(_candidates, max_size=8), st.randoms())
def test_the_order_does_not_depend_on_who_was_found_first(found: list[Candidate], random: object) -> None:
    """Same people, same digits."""
    shuffled = sorted(found, key=lambda _one: random.random())  # type: ignore[attr-defined]
    assert [one.last_contact_at for one in ranked(found)] == [one.last_contact_at for one in ranked(shuffled)]
    assert [one.of_dialled for one in ranked(found)] == sorted((one.of_dialled for one in found), reverse=True)


def test_r22_a_search_shows_the_dialled_operators_customers_first() -> None:
    """And hides nobody: they may have dialled the wrong number."""
    found = [
        Match(Customer(key, key, operator, CustomerKind.SUBSCRIBER, key, "pl"), MatchedOn.NAME, key)
        for key, operator in (("a", "9"), ("b", "1"), ("c", "9"), ("d", "1"))
    ]
    assert [one.customer.key for one in of_dialled_first(found, frozenset({"1"}))] == ["b", "d", "a", "c"]
    assert of_dialled_first(found, frozenset()) == tuple(found)
