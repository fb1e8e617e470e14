"""One history from many records: its order, and folding that loses nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from backends.records import (
    Channel,
    Contact,
    Coverage,
    Direction,
    Entry,
    Outage,
    OutageState,
    OutageUpdate,
    TicketEvent,
    TicketEventKind,
)
from console.rules.coverage import Because, Hit
from console.rules.timeline import Happening, folded, merged, moments_of, name_of

NOW = datetime(2026, 11, 21, 2, tzinfo=UTC)


def contact(key: str, minutes: int, thread: str = "") -> Contact:
    """Return a mail of some minutes ago."""
    at = NOW - timedelta(minutes=minutes)
    return Contact(key, f"K{key}", "1", "1", Channel.EMAIL, Direction.INBOUND, at, thread=thread)


def event(key: str, minutes: float, ticket: str = "5") -> TicketEvent:
    """Return a ticket event of some minutes ago."""
    return TicketEvent(key, ticket, "1", TicketEventKind.NOTE, NOW - timedelta(minutes=minutes))


def hit_of(**changes: object) -> Hit:
    """Return the hit of an outage that began six hours ago."""
    outage = Outage("9", "O9", OutageState.SUSPECTED, "cut", NOW - timedelta(hours=6), Coverage())
    return Hit(replace(outage, **changes), "7", Because.EVERYWHERE, "")  # type: ignore[arg-type]


_threads = st.sampled_from(["", "a", "b", "events:1", "thread:a"])
_contacts = st.builds(lambda minutes, thread: ("contact", minutes, thread), st.integers(0, 60), _threads)
_events = st.builds(lambda minutes, ticket: ("event", minutes, ticket), st.integers(0, 60), st.sampled_from("56"))
_entries = st.lists(_contacts | _events, max_size=25).map(
    lambda rows: [
        contact(str(key), minutes, name) if kind == "contact" else event(str(key), minutes, name)
        for key, (kind, minutes, name) in enumerate(rows)
    ]
)


@given(entries=_entries, order=st.randoms(use_true_random=False))
def test_r12_history_is_newest_first_whatever_came_first(entries: list[Entry], order: object) -> None:
    """R12: the merged history has one order, however pages and sources arrive."""
    shuffled = list(entries)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    hits = [hit_of(updates=(OutageUpdate(NOW - timedelta(minutes=20), "news"),))]
    one = merged(entries, hits, None)
    assert one == merged(shuffled, hits, None)
    assert [row.at for row in one] == sorted((row.at for row in one), reverse=True)
    assert len(one) == len(entries) + 2


@given(entries=_entries, closed=st.sets(st.integers(0, 30)), opened=st.sets(st.integers(0, 30)))
def test_folding_loses_nothing(entries: list[Entry], closed: set[int], opened: set[int]) -> None:
    """Shown and folded rows are all rows; each shown one has a name of its own; what is shown keeps its order."""
    happenings = merged(entries, (), None)
    threads = [item.thread for item in folded(happenings)]
    shut = {threads[number] for number in closed if number < len(threads)}
    unfolded = {threads[number] for number in opened if number < len(threads)}
    items = folded(happenings, closed=shut, opened=unfolded)
    assert len(items) + sum(item.folded for item in items) == len(happenings)
    assert len({item.key for item in items}) == len(items)
    shown = [item.happening for item in items]
    assert shown == [one for one in happenings if one in shown]


@given(entries=_entries)
def test_everything_unfolded_shows_every_row(entries: list[Entry]) -> None:
    """With no thread closed and every run opened, no row is behind another."""
    happenings = merged(entries, (), None)
    items = folded(happenings, opened={item.thread for item in folded(happenings)})
    assert [item.happening for item in items] == happenings
    assert not any(item.folded for item in items)


def test_a_threads_rows_stand_in_their_place_in_time_until_it_is_closed() -> None:
    """A reply stands where it happened; closed, the thread is its newest row with the count of the others."""
    rows: list[Happening] = [contact("3", 1, "t"), contact("2", 5), contact("1", 9, "t")]
    items = folded(rows)
    assert [(item.key, item.depth) for item in items] == [("contact:3", 0), ("contact:2", 0), ("contact:1", 1)]
    items = folded(rows, closed={items[0].thread})
    assert [(item.key, item.folded) for item in items] == [("contact:3", 1), ("contact:2", 0)]


def test_what_one_action_did_to_a_ticket_is_one_row() -> None:
    """Events of one ticket within two minutes fold; another ticket's, or one three minutes earlier, do not."""
    rows: list[Happening] = [
        event("5", 0),
        event("4", 1.5),
        event("3", 4.5),
        event("2", 4.6, "6"),
        event("1", 4.7, "6"),
    ]
    items = folded(rows)
    assert [(item.key, item.folded) for item in items] == [("event:5", 1), ("event:3", 0), ("event:2", 1)]


def test_a_thread_from_outside_cannot_pass_for_a_run_of_events() -> None:
    """A mail whose thread is called `events:1` stays in sight."""
    rows: list[Happening] = [contact("2", 1, "events:1"), contact("1", 2, "events:1"), event("1", 3)]
    assert len(folded(rows)) == 3


def test_r26_an_outage_tells_its_story_once() -> None:
    """R26: begun, confirmed, news, restored: each once, in order, under names of their own that stay."""
    start = NOW - timedelta(hours=6)
    news = (
        OutageUpdate(start + timedelta(hours=1), "crew sent"),
        OutageUpdate(start + timedelta(hours=1), "crew sent again"),
        OutageUpdate(start + timedelta(hours=2), "it is the cable", state=OutageState.CONFIRMED),
    )
    hit = hit_of(
        state=OutageState.RESTORED,
        updates=news,
        confirmed_at=start + timedelta(hours=2),
        ended_at=start + timedelta(hours=3),
    )
    moments = moments_of(hit)
    assert [one.state for one in moments] == [
        OutageState.SUSPECTED, None, None, OutageState.CONFIRMED, OutageState.RESTORED,
    ]  # fmt: skip
    assert len({one.key for one in moments}) == 5
    earlier = moments_of(hit_of(updates=news[:1]))
    assert {one.key for one in earlier} <= {one.key for one in moments}


def test_only_what_was_fetched_and_has_happened_is_in_the_history() -> None:
    """Moments before the oldest row fetched wait for their page; works of tomorrow are no history."""
    works = hit_of(started_at=NOW + timedelta(days=1), state=OutageState.CONFIRMED)
    assert merged([contact("1", 10)], [hit_of()], NOW - timedelta(minutes=10)) == [contact("1", 10)]
    assert merged([], [works], None, NOW) == []
    assert len(merged([], [works], None)) == 1


def test_names_do_not_depend_on_what_changes() -> None:
    """The cursor stays on its row when a contact is answered or an event gets a text."""
    one, other = contact("1", 1), event("1", 1)
    assert name_of(one) == name_of(replace(one, subject="changed", version=7)) == "contact:1"
    assert name_of(other) == name_of(replace(other, text="changed")) == "event:1"


def test_a_beginning_that_was_written_down_is_told_once() -> None:
    """News of the same moment and state stand for the beginning; works that were confirmed beforehand are no doubt."""
    start = NOW - timedelta(hours=6)
    alarm = OutageUpdate(start, "alarm", state=OutageState.SUSPECTED)
    assert [one.text for one in moments_of(hit_of(updates=(alarm,)))] == ["alarm"]
    works = hit_of(
        state=OutageState.CONFIRMED,
        confirmed_at=start - timedelta(days=4),
        updates=(OutageUpdate(start - timedelta(days=4), "announced", state=OutageState.CONFIRMED),),
    )
    assert [(one.text, one.state) for one in moments_of(works)] == [
        ("announced", OutageState.CONFIRMED), ("cut", OutageState.CONFIRMED),
    ]  # fmt: skip
