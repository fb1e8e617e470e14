"""Visits and the ladder of escalation: what is stored, what is refused, what comes after what."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.port import Batch, Put
from backends.records import Operator, Priority, Ticket, TicketEvent, TicketEventKind, Visit, VisitState
from console.desk.acts import escalation, visits
from console.desk.acts.scene import Unfit, Values
from console.rules.escalation import GROUND, SHIPPED, climbs, ladder_of, level_of, next_rung, rung_below
from console.rules.standing import missed_visit
from console.rules.visits import colliding, coming, unsettled
from tests.acts_stage import NOW, Counter, at_counter
from tests.cases_stage import content_of, differing

MORNING = {"window_from": "tomorrow 8", "window_to": "12:00", "engineer": "Jan", "note": "ring before"}


async def planned(desk: Counter, values: Values = MORNING) -> tuple[Ticket, Visit]:
    """Plan a visit and return it with its ticket."""
    ticket = (await desk.all_of(Ticket) or [await desk.ticket()])[0]
    await desk.do(visits.plan_visit(await desk.scene(), ticket, values), "visit")
    return ticket, (await desk.picture()).file.visits[-1]


async def test_r5_a_visit_has_its_window_its_engineer_and_an_event() -> None:
    """R5: the end is read as seen from the beginning; the history names window and engineer."""
    async with at_counter() as desk:
        _ticket, visit = await planned(desk)
        zone = (await desk.scene()).zone
        begin, end = visit.window_from.astimezone(zone), visit.window_to.astimezone(zone)
        assert (begin.hour, end.hour, end.date()) == (8, 12, begin.date())
        assert (visit.engineer, visit.note, visit.state) == ("Jan", "ring before", VisitState.PLANNED)
        event = await desk.only(TicketEvent)
        assert (event.kind, event.after, event.text) == (
            TicketEventKind.VISIT, "planned", f"{begin:%Y-%m-%d} 08:00–12:00 · Jan",
        )  # fmt: skip


@pytest.mark.parametrize(
    ("values", "field", "code"),
    [
        ({"window_from": "", "window_to": "12:00"}, "window_from", "needed"),
        ({"window_from": "tomorrow 8", "window_to": ""}, "window_to", "needed"),
        ({"window_from": "yesterday 8", "window_to": "12:00"}, "window_from", "moment_past"),
        ({"window_from": "tomorrow 8", "window_to": "in 40h"}, "window_to", "window_long"),
        ({"window_from": "tomorrow 11", "window_to": "15:00"}, "window_from", "window_overlaps"),
        ({"window_from": "tomorrow 6", "window_to": "20:00"}, "window_from", "window_overlaps"),
    ],
)
async def test_r5_windows_that_are_over_or_collide_are_refused(values: Values, field: str, code: str) -> None:
    """Nobody is told to be at home twice at once, nor yesterday."""
    async with at_counter() as desk:
        ticket, _visit = await planned(desk)
        with pytest.raises(Unfit) as error:
            visits.plan_visit(await desk.scene(), ticket, values)
        assert (error.value.field, error.value.code) == (field, code)


async def test_windows_that_only_touch_are_two_visits() -> None:
    """One engineer goes at noon, another may come then; a cancelled window is free again."""
    async with at_counter() as desk:
        ticket, visit = await planned(desk)
        await planned(desk, {"window_from": "tomorrow 12", "window_to": "16:00"})
        with pytest.raises(Unfit):
            visits.plan_visit(await desk.scene(), ticket, MORNING)
        cancelled = VisitState.CANCELLED
        await desk.do(visits.settle_visit(await desk.scene(), ticket, visit, cancelled, {"reason": "customer away"}))
        await planned(desk)


async def test_r5_a_missed_visit_is_stated_and_undone_to_the_same_content(tmp_path: Path) -> None:
    """R5: the engineer did not come: it is the last word on visits until another is made out; undo restores all."""
    async with at_counter(tmp_path) as desk:
        ticket, visit = await planned(desk)
        over = replace(visit, window_from=NOW - timedelta(hours=5), window_to=NOW - timedelta(hours=1))
        await desk.backend.write(_put(over, visit.version))
        visit = (await desk.picture()).file.visits[0]
        assert unsettled([visit], NOW) == (visit,)
        before = content_of(tmp_path / "desk.db")
        deed = await desk.do(
            visits.settle_visit(await desk.scene(), ticket, visit, VisitState.MISSED, {"reason": "nobody came"})
        )
        missed = missed_visit((await desk.picture()).file)
        assert missed is not None
        assert missed.note == "ring before · nobody came"
        await desk.desk.undo(deed)
        assert differing(before, content_of(tmp_path / "desk.db")) == []


def _put(visit: Visit, seen: int) -> Batch:
    return Batch((Put(visit, seen=seen),), actor="test")


@pytest.mark.parametrize("state", [VisitState.DONE, VisitState.MISSED])
async def test_what_has_not_begun_is_neither_done_nor_missed(state: VisitState) -> None:
    """A slip of the key does not write tomorrow's history; cancelling needs a reason; settled is settled."""
    async with at_counter() as desk:
        ticket, visit = await planned(desk)
        scene = await desk.scene()
        with pytest.raises(Unfit, match="visit_ahead"):
            visits.settle_visit(scene, ticket, visit, state, {})
        with pytest.raises(Unfit, match="needed"):
            visits.settle_visit(scene, ticket, visit, VisitState.CANCELLED, {})
        with pytest.raises(Unfit, match="visit_over"):
            visits.settle_visit(scene, ticket, replace(visit, state=VisitState.DONE), VisitState.CONFIRMED, {})


_HOURS = st.integers(0, 60)


@given(_HOURS, st.integers(1, 9), _HOURS, st.integers(1, 9))
def test_colliding_is_the_same_from_both_sides(one: int, length: int, other: int, width: int) -> None:
    """Two windows share a minute or they do not, whichever is asked first."""
    start = datetime(2026, 11, 20, tzinfo=UTC)

    def window(at: int, hours: int) -> Visit:
        begin = start + timedelta(hours=at)
        return Visit("v", "t", "c", begin, begin + timedelta(hours=hours))

    a, b = window(one, length), window(other, width)
    there = colliding(a.window_from, a.window_to, [b]) is not None
    assert there == (colliding(b.window_from, b.window_to, [a]) is not None)
    assert there == bool({*range(one, one + length)} & {*range(other, other + width)})
    assert colliding(a.window_from, a.window_to, [replace(b, state=VisitState.DONE)]) is None
    assert coming([a, b]) == coming([b, a]) or a.window_from == b.window_from


# the ladder ---------------------------------------------------------------------------------------------------------


async def test_r40_climbing_needs_a_reason_and_raises_the_priority() -> None:
    """R40: one rung up, kept with its reason, the priority one higher; the next climb takes the next rung."""
    async with at_counter() as desk:
        ticket = await desk.ticket()
        scene = await desk.scene()
        with pytest.raises(Unfit, match="reason: needed"):
            escalation.escalate(scene, ticket, {})
        await desk.do(escalation.escalate(scene, ticket, {"reason": "Third engineer did not come"}), "escalate")
        now = await desk.only(Ticket)
        assert (now.escalated_to, now.priority) == (SHIPPED[0], Priority.HIGH)
        events = {one.kind: one for one in await desk.all_of(TicketEvent)}
        kept = events[TicketEventKind.ESCALATED]
        assert (kept.before, kept.after, kept.text) == ("", SHIPPED[0], "Third engineer did not come")
        await desk.do(escalation.escalate(await desk.scene(), now, {"reason": "Still none"}), "escalate")
        assert (await desk.only(Ticket)).escalated_to == SHIPPED[1]


async def test_r40_stepping_down_needs_a_reason_too_and_leaves_the_priority() -> None:
    """R40: off the ladder again; who judged it above keeps the last word on how urgent it is."""
    async with at_counter() as desk:
        ticket = await desk.ticket(escalated_to=SHIPPED[1], priority=Priority.URGENT)
        down = {"rung": escalation.DOWN, "reason": "Settled with the customer"}
        await desk.do(escalation.escalate(await desk.scene(), ticket, down))
        now = await desk.only(Ticket)
        assert (now.escalated_to, now.priority) == (GROUND, Priority.URGENT)


@pytest.mark.parametrize(("rung", "code"), [("board of nowhere", "no_rung"), (SHIPPED[1], "same_rung")])
async def test_a_rung_that_is_none_and_the_present_one_are_refused(rung: str, code: str) -> None:
    """Only the ladder's own rungs, and only a step."""
    async with at_counter() as desk:
        ticket = await desk.ticket(escalated_to=SHIPPED[1])
        with pytest.raises(Unfit, match=code):
            escalation.escalate(await desk.scene(), ticket, {"rung": rung, "reason": "x"})


async def test_the_highest_rung_is_the_last() -> None:
    """From the top there is no next rung: it says so instead of doing nothing."""
    async with at_counter() as desk:
        ticket = await desk.ticket(escalated_to=SHIPPED[-1])
        with pytest.raises(Unfit, match="same_rung"):
            escalation.escalate(await desk.scene(), ticket, {"reason": "x"})


OPERATOR = Operator("o", "LUN", "Luna", "PL", "pl", "Europe/Warsaw")


def test_r40_an_operators_own_ladder_takes_the_place_of_the_shipped_one() -> None:
    """Names of roles, each once, blank ones left out."""
    assert ladder_of(OPERATOR) == SHIPPED
    assert ladder_of(replace(OPERATOR, ladder=("Kierownik", " ", "Dyrektor", "Kierownik"))) == ("Kierownik", "Dyrektor")


@given(st.lists(st.sampled_from(SHIPPED), unique=True, min_size=1), st.sampled_from((GROUND, "gone", *SHIPPED)))
def test_steps_up_and_down_stay_on_the_ladder(ladder: list[str], rung: str) -> None:
    """Up never falls, down ends on the ground, and one down after one up is where it began."""
    up = next_rung(rung, ladder)
    assert up in ladder
    assert level_of(up, ladder) >= level_of(rung, ladder)
    assert climbs(rung, up, ladder) == (up != rung)
    assert rung_below(rung, ladder) in (GROUND, *ladder)
    if up != rung and rung in ladder:
        assert rung_below(up, ladder) == rung
