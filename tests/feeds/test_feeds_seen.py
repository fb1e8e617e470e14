"""What is known of a source grows from reading to reading, and outlives what the source forgets."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from backends.feeds.reading import Reading
from backends.feeds.seen import MOST_UPDATES, Seen
from backends.records import LIVE_OUTAGE_STATES, Coverage, Outage, OutageState, OutageUpdate
from tests.feeds.feeds_stage import NOW

MINUTE = timedelta(minutes=1)
CUT = Outage("a", "A-1", OutageState.SUSPECTED, "Cut", NOW - MINUTE, Coverage(towns=("Radom",)))


def _told(*outages: Outage, **more: object) -> Reading:
    return Reading(outages, tells_history=False, **more)  # type: ignore[arg-type]


def _only(seen: Seen) -> Outage:
    (outage,) = seen
    return outage


def _seen() -> Seen:
    return Seen(timedelta(hours=48), "noc")


def test_the_same_again_is_no_change() -> None:
    """A poll that tells nothing new changes no version and gives no event."""
    seen = _seen()
    assert seen.take(_told(CUT), NOW) == ["a"]
    before = _only(seen)
    assert seen.take(_told(CUT), NOW + MINUTE) == []
    assert _only(seen) == before


def test_an_outage_grows() -> None:
    """A confirmation and another text become an update each; the version grows; when it was confirmed stays."""
    seen = _seen()
    seen.take(_told(CUT), NOW)
    first = _only(seen)
    sure = replace(CUT, state=OutageState.CONFIRMED, cause="A digger.")
    assert seen.take(_told(sure), NOW + MINUTE) == ["a"]
    assert seen.take(_told(replace(sure, title="Cable cut")), NOW + 2 * MINUTE) == ["a"]
    outage = _only(seen)
    assert outage.updates == (
        OutageUpdate(NOW + MINUTE, "A digger.", "noc", OutageState.CONFIRMED),
        OutageUpdate(NOW + 2 * MINUTE, "Cable cut", "noc"),
    )
    assert outage.confirmed_at == NOW + MINUTE
    assert outage.version > first.version


def test_what_is_gone_is_restored() -> None:
    """An alert that is no longer told of is over now, or since the end that it had announced."""
    seen = _seen()
    seen.take(_told(CUT, ends={"a": NOW + 2 * MINUTE}), NOW)
    assert seen.take(_told(), NOW + MINUTE) == ["a"]
    assert (_only(seen).state, _only(seen).ended_at) == (OutageState.RESTORED, NOW + MINUTE)
    late = _seen()
    late.take(_told(CUT, ends={"a": NOW + 2 * MINUTE}), NOW)
    late.take(_told(), NOW + 9 * MINUTE)
    assert _only(late).ended_at == NOW + 2 * MINUTE
    assert late.take(_told(), NOW + 10 * MINUTE) == []


def test_what_is_held_is_not_over() -> None:
    """What is hidden, or may be missing because the reading is not whole, stays as it was."""
    seen = _seen()
    seen.take(_told(CUT), NOW)
    assert seen.take(_told(held=frozenset({"a"})), NOW + MINUTE) == []
    assert seen.take(_told(complete=False), NOW + MINUTE) == []
    assert _only(seen).state is OutageState.SUSPECTED


def test_what_is_withdrawn_is_dismissed() -> None:
    """A silence takes an outage back, with its reason; when it is lifted the outage is there again."""
    seen = _seen()
    seen.take(_told(CUT), NOW)
    seen.take(_told(withdrawn={"a": "a test"}), NOW + MINUTE)
    assert (_only(seen).state, _only(seen).updates[-1].text) == (OutageState.DISMISSED, "a test")
    seen.take(_told(CUT), NOW + 2 * MINUTE)
    assert (_only(seen).state, _only(seen).ended_at) == (OutageState.SUSPECTED, None)


def test_what_ended_is_kept_for_a_while() -> None:
    """People were promised a word: what ended stays listed, and is forgotten after its time."""
    seen = _seen()
    seen.take(_told(CUT), NOW)
    seen.take(_told(), NOW + MINUTE)
    seen.take(_told(), NOW + timedelta(hours=48))
    assert len(list(seen)) == 1
    seen.take(_told(), NOW + timedelta(hours=48) + 2 * MINUTE)
    assert list(seen) == []


def test_what_ended_long_ago_does_not_come_up() -> None:
    """A page that lists last year's incidents adds nothing."""
    old = replace(CUT, state=OutageState.RESTORED, ended_at=NOW - timedelta(days=9), started_at=NOW - timedelta(days=9))
    seen = _seen()
    assert seen.take(_told(old), NOW) == []
    assert list(seen) == []


def test_a_flapping_alert_does_not_fill_the_memory() -> None:
    """However often it comes and goes, it is one outage with the newest of its updates."""
    seen = _seen()
    for minute in range(0, 400, 2):
        seen.take(_told(CUT), NOW + minute * MINUTE)
        seen.take(_told(), NOW + (minute + 1) * MINUTE)
    assert len(_only(seen).updates) == MOST_UPDATES


_READINGS = st.lists(
    st.tuples(
        st.lists(st.sampled_from("abc"), unique=True),
        st.sampled_from([OutageState.SUSPECTED, OutageState.CONFIRMED]),
        st.frozensets(st.sampled_from("abc")),
        st.booleans(),
        st.integers(0, 5_000),
    ),
    max_size=12,
)


@given(_READINGS)
def test_whatever_comes_the_record_makes_sense(
    steps: list[tuple[list[str], OutageState, frozenset[str], bool, int]],
) -> None:
    """Versions only grow, what is told is live, an end is there exactly for what is over and never before its start."""
    seen = _seen()
    now: datetime = NOW
    versions: dict[str, int] = {}
    for keys, state, held, complete, minutes in steps:
        now += minutes * MINUTE
        told = [replace(CUT, key=key, state=state, started_at=now - MINUTE) for key in keys]
        changed = set(seen.take(_told(*told, held=held, complete=complete), now))
        for outage in seen:
            assert (outage.ended_at is None) == (outage.state in LIVE_OUTAGE_STATES)
            assert outage.ended_at is None or outage.started_at <= outage.ended_at <= now
            assert outage.state is state or outage.key not in keys
            grown = outage.version > versions.get(outage.key, 0)
            assert grown == (outage.key in changed)
            versions[outage.key] = outage.version
