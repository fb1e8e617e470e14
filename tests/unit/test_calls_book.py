"""The book of calls: each call once, whatever is told twice, late, in the wrong order, or by two ways in."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from backends.records import CallRoute, Direction
from console.calls.book import FORGOTTEN, LOST, MOST, TWIN, CallBook
from console.calls.call import Call, CallState, Heard, count_in, text_in, texts_in

NOW = datetime(2026, 11, 21, 2, 14, tzinfo=UTC)
RINGING, ANSWERED, ENDED = CallState.RINGING, CallState.ANSWERED, CallState.ENDED


def book() -> CallBook:
    """Return an empty book that takes numbers as they are."""
    return CallBook(lambda heard: (heard.number, heard.dialled, ""))


def heard(state: CallState = RINGING, number: str = "+48601234567", call_id: str = "a", **more: object) -> Heard:
    """Return news from the exchange."""
    return Heard(**{"source": "exchange", "id": call_id, "state": state, "number": number, **more})  # type: ignore[arg-type]


def test_a_call_rings_is_answered_and_ends() -> None:
    """Its length is that of the talk, and it was not missed."""
    kept = book()
    assert kept.hear(heard(), NOW) is not None
    kept.hear(heard(ANSWERED), NOW + timedelta(seconds=8))
    call = kept.hear(heard(ENDED, cause="normalClearing"), NOW + timedelta(seconds=98))
    assert call is not None
    assert (call.state, call.seconds(NOW + timedelta(days=1)), call.missed, call.cause) == (
        ENDED,
        90,
        False,
        "normalClearing",
    )
    assert kept.live == ()


def test_who_gave_up_was_missed() -> None:
    """Nobody answered: somebody should ring back."""
    kept = book()
    kept.hear(heard(), NOW)
    call = kept.hear(heard(ENDED), NOW + timedelta(seconds=20))
    assert call is not None
    assert call.missed


def test_news_that_says_nothing_new_is_none() -> None:
    """An exchange that repeats itself opens nothing twice."""
    kept = book()
    kept.hear(heard(), NOW)
    assert kept.hear(heard(), NOW + timedelta(seconds=1)) is None
    assert len(kept.calls) == 1


def test_two_at_once_are_two_even_from_one_number() -> None:
    """A company has one number and many telephones."""
    kept = book()
    kept.hear(heard(call_id="a"), NOW)
    kept.hear(heard(call_id="b"), NOW + timedelta(seconds=1))
    assert [one.id for one in kept.live] == ["1", "2"]
    kept.hear(heard(ENDED, call_id="a"), NOW + timedelta(seconds=2))
    assert [one.id for one in kept.live] == ["2"]


def test_two_ways_in_tell_of_one_call() -> None:
    """The softphone and the exchange ring for the same caller; what either knows is known."""
    kept = book()
    kept.hear(heard(name="Ewa"), NOW)
    kept.hear(heard(call_id="x9", source="softphone", dialled="+48800155501"), NOW + timedelta(seconds=2))
    (call,) = kept.calls
    assert (call.name, call.dialled) == ("Ewa", "+48800155501")
    kept.hear(heard(ENDED, call_id="x9", source="softphone"), NOW + timedelta(seconds=9))
    assert kept.live == ()


def test_the_same_number_later_is_another_call() -> None:
    """Whoever rings again has rung twice."""
    kept = book()
    kept.hear(heard(), NOW)
    kept.hear(heard(call_id="", source="pop"), NOW + TWIN + timedelta(seconds=1))
    assert len(kept.calls) == 2


def test_a_pop_without_a_name_of_its_call_means_the_last_of_that_number() -> None:
    """`cordboard pop NUMBER --state ended` needs no id."""
    kept = book()
    kept.hear(heard(call_id="", source="pop"), NOW)
    assert kept.hear(heard(call_id="", source="pop"), NOW + timedelta(seconds=3)) is None
    call = kept.hear(heard(ENDED, call_id="", source="pop"), NOW + timedelta(minutes=5))
    assert call is not None
    assert not call.live


def test_a_hang_up_that_overtook_its_call_wins() -> None:
    """Posts arrive in any order; a dead call never rings."""
    kept = book()
    assert kept.hear(heard(ENDED), NOW) is None
    assert kept.hear(heard(RINGING), NOW) is None
    assert kept.hear(heard(ANSWERED), NOW) is None
    assert kept.calls == ()


def test_anonymous_callers_are_several_people() -> None:
    """Two who show no number are not one, even at the same moment on one way in."""
    kept = book()
    kept.hear(heard(number="", call_id="a"), NOW)
    kept.hear(heard(number="", call_id="b"), NOW)
    assert len(kept.live) == 2


def test_a_call_of_whose_end_nobody_told_ends() -> None:
    """No line is busy for ever."""
    kept = book()
    kept.hear(heard(ANSWERED), NOW)
    kept.hear(heard(number="+48700000000", call_id="b"), NOW + LOST + timedelta(minutes=1))
    assert [one.id for one in kept.live] == ["2"]


def test_yesterdays_calls_are_forgotten() -> None:
    """The book is of today."""
    kept = book()
    kept.hear(heard(), NOW)
    kept.hear(heard(ENDED), NOW)
    kept.hear(heard(number="+48700000000", call_id="b"), NOW + FORGOTTEN + timedelta(minutes=1))
    assert [one.id for one in kept.calls] == ["2"]


def test_a_flood_leaves_the_book_small() -> None:
    """The oldest that are over go first."""
    kept = book()
    kept.hear(heard(call_id="live"), NOW)
    for number in range(MOST + 50):
        kept.hear(heard(number=f"+4860{number:07}", call_id=str(number)), NOW + timedelta(seconds=number))
        kept.hear(heard(ENDED, number=f"+4860{number:07}", call_id=str(number)), NOW + timedelta(seconds=number))
    assert len(kept.calls) <= MOST
    assert kept.live[0].number == "+48601234567"


def test_r35_the_way_in_is_kept() -> None:
    """Dialled, menu, time waited, transfers: as the contact has them."""
    kept = book()
    told = heard(dialled="+48800155501", menu=("internet", "fault"), waited_seconds=130, transfers=1)
    call = kept.hear(told, NOW)
    assert call is not None
    assert call.route() == CallRoute("+48800155501", ("internet", "fault"), 130, 1)


_news = st.builds(
    heard,
    state=st.sampled_from(CallState),
    number=st.sampled_from(["+48601234567", "+46701740605", ""]),
    call_id=st.sampled_from(["a", "b", ""]),
    source=st.sampled_from(["exchange", "softphone", "pop"]),
    direction=st.sampled_from([Direction.INBOUND, Direction.OUTBOUND]),
)


@given(st.lists(st.tuples(_news, st.integers(0, 900)), max_size=40))
def test_no_order_of_news_breaks_the_book(told: list[tuple[Heard, int]]) -> None:
    """States only move forward, ids are unique, what ended has an end, and live calls are among all calls."""
    kept = book()
    now = NOW
    before: dict[str, Call] = {}
    for one, seconds in told:
        now += timedelta(seconds=seconds)
        kept.hear(one, now)
        seen: dict[str, Call] = {call.id: call for call in kept.calls}
        assert len(seen) == len(kept.calls)
        for call in kept.calls:
            assert (call.ended_at is None) is call.live
            assert call.seconds(now) >= 0
            old = before.get(call.id)
            assert old is None or list(CallState).index(old.state) <= list(CallState).index(call.state)
        assert {one.id for one in kept.live} <= set(seen)
        before = seen


_any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(max_size=5), below, max_size=3),
    max_leaves=8,
)


@given(_any)
def test_what_comes_in_is_clean_or_nothing(value: object) -> None:
    """No value of any type gets through as anything but short printable text, or a count within bounds."""
    assert all(text for text in texts_in(value))
    for character in "".join((text_in(value), *texts_in(value))):
        assert unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp")
    assert 0 <= count_in(value, 99) <= 99
