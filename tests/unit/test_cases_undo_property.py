"""Whatever is done to keep cases together, taking it all back restores the very same content of the database."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from backends.port import Batch
from backends.records import Contact, Ticket, TicketState, VisitState
from console.desk.acts import escalation, joining, tickets, visits
from console.desk.acts.scene import Unfit
from console.desk.cases import contacts_of, history_of
from tests.acts_stage import NOW, Counter, at_counter
from tests.cases_stage import content_of, differing

STEPS = ("join", "join", "part", "chase", "tickets", "escalate", "visit", "settle", "close", "reopen")


async def _batch(desk: Counter, step: str, which: int) -> Batch | None:
    """Return the batch of a step on one of the records there are; None where there is nothing to do it to."""
    picture = await desk.picture()
    scene, file = desk.desk.scene(picture), picture.file
    ticket: Ticket = file.tickets[which % len(file.tickets)]
    heard = [one for one in picture.entries if isinstance(one, Contact)]
    contact = await desk.backend.contact(heard[which % len(heard)].key)
    match step:
        case "join":
            return joining.join_contact(scene, contact, ticket, "by hand")
        case "part":
            return joining.part_contact(scene, contact, ticket, await history_of(desk.backend, ticket))
        case "chase":
            return tickets.chase(scene, ticket, {"note": "still nothing"})
        case "tickets":
            other = file.tickets[(which + 1) % len(file.tickets)]
            _older, younger = joining.older_first(ticket, other)
            return joining.join_tickets(scene, ticket, other, await contacts_of(desk.backend, younger))
        case "escalate":
            return escalation.escalate(scene, ticket, {"reason": "stuck"})
        case "visit":
            window = {"window_from": f"in {which + 1} days 8:00", "window_to": "10:00"}
            return visits.plan_visit(scene, ticket, window)
        case "settle" if file.visits:
            visit = file.visits[which % len(file.visits)]
            return visits.settle_visit(scene, ticket, visit, VisitState.CANCELLED, {"reason": "away"})
        case "close":
            return tickets.close(scene, ticket, {"outcome": "compounded", "reason": "enough"})
        case "reopen" if ticket.state is TicketState.CLOSED:
            return tickets.reopen(scene, ticket)
    return None


async def _play(folder: Path, steps: Sequence[tuple[str, int]]) -> None:
    async with at_counter(folder) as desk:
        for hours in (50, 30, 10):
            await desk.ticket(opened_at=NOW - timedelta(hours=hours), subject=f"No tone {hours}")
            await desk.mail(at=NOW - timedelta(hours=hours - 5))
        before = content_of(folder / "desk.db")
        deeds = []
        for step, which in steps:
            try:
                batch = await _batch(desk, step, which)
            except Unfit:
                continue
            if batch is not None:
                deeds.append(await desk.do(batch, step))
        for deed in reversed(deeds):
            await desk.desk.undo(deed)
        left = _but_for_keys_of_chases(before), _but_for_keys_of_chases(content_of(folder / "desk.db"))
        assert differing(*left) == []


def _but_for_keys_of_chases(content: dict[str, list[tuple[object, ...]]]) -> dict[str, list[tuple[object, ...]]]:
    """Return the content without the keys of chases: one that was taken away comes back under a new key."""
    chases = sorted((row[1:] for row in content["chase"]), key=repr)
    return {**content, "chase": chases}


_DONE = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 5)), max_size=7)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_DONE)
@example([("join", 0), ("part", 0)])
async def test_r38_taking_everything_back_restores_the_very_same_content(steps: list[tuple[str, int]]) -> None:
    """R38: joins, partings, chases, ladders, visits and closings in any order, undone from the last to the first."""
    with tempfile.TemporaryDirectory() as folder:
        await _play(Path(folder), steps)


async def test_the_property_sees_what_is_not_taken_back(tmp_path: Path) -> None:
    """A deed that stays makes a difference: the comparison is not blind."""
    async with at_counter(tmp_path) as desk:
        ticket, mail = await desk.ticket(), await desk.mail()
        before = content_of(tmp_path / "desk.db")
        await desk.do(joining.join_contact(await desk.scene(), mail, ticket))
        changed = set(differing(before, content_of(tmp_path / "desk.db")))
        assert {"contact", "ticket_event", "chase"} <= changed
