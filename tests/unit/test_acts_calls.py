"""What a stored contact keeps of its call (R35), and binding a caller's number."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from backends.records import CallRoute, Channel, Contact, Direction, PointKind
from console.calls.call import Call, CallState
from console.desk.acts import contacts, tickets
from console.desk.acts.calls import bind_number, has_number, of_call
from console.desk.acts.scene import Unfit
from console.desk.calling import candidates_for
from tests.acts_stage import NOW, at_counter

UNKNOWN = "+48221239988"
CALL = Call(
    "1", "+48601234567", NOW - timedelta(seconds=100), "+48800155501", "Ewa", menu=("internet", "fault"),
    waited_seconds=130, transfers=1, answered_at=NOW - timedelta(seconds=90), state=CallState.ANSWERED,
)  # fmt: skip


async def test_r35_a_contact_keeps_the_way_its_caller_came_in() -> None:
    """Number dialled, menu, time waited, transfers, the caller's own number and the length of the talk."""
    async with at_counter() as counter:
        scene = await counter.scene()
        batch = contacts.log_contact(scene, {"note": "no internet", "channel": "call", "seconds": "7"})
        await counter.do(of_call(batch, replace(CALL, ended_at=NOW - timedelta(seconds=30)), scene.now))
        kept: Contact = await counter.only(Contact)
        assert kept.route == CallRoute("+48800155501", ("internet", "fault"), 130, 1)
        assert (kept.sender, kept.recipient, kept.seconds) == ("+48601234567", "+48800155501", 60)


async def test_r35_what_the_agent_says_was_no_call_is_none() -> None:
    """A letter that is noted while somebody is on the line keeps nothing of the call."""
    async with at_counter() as counter:
        scene = await counter.scene()
        batch = contacts.log_contact(scene, {"note": "a letter", "channel": Channel.LETTER})
        assert of_call(batch, CALL, scene.now) == batch


async def test_r35_a_call_that_we_made_goes_the_other_way() -> None:
    """Whoever was rung is the recipient; a number that was withheld is not made up."""
    async with at_counter() as counter:
        scene = await counter.scene()
        batch = contacts.log_contact(scene, {"note": "rang back", "channel": "call", "direction": "out"})
        await counter.do(of_call(batch, replace(CALL, direction=Direction.OUTBOUND), scene.now))
        kept: Contact = await counter.only(Contact)
        assert (kept.sender, kept.recipient) == ("+48800155501", "+48601234567")
        anonymous = contacts.log_contact(scene, {"note": "who", "channel": "call"})
        filled = of_call(anonymous, replace(CALL, number=""), scene.now).items[0].record
        assert isinstance(filled, Contact)
        assert filled.sender == ""


async def test_r35_whatever_is_stored_while_they_are_on_the_line_came_in_by_the_call() -> None:
    """A chase is a contact as well: it keeps the way in, and the call counts as logged; the next contact has none."""
    async with at_counter() as counter:
        noted: list[tuple[str, str]] = []
        counter.desk.on_call_noted = lambda call_id, customer: noted.append((call_id, customer))
        counter.desk.current_call = replace(CALL, customer_key=counter.customer.key)
        ticket = await counter.ticket()
        await counter.do(tickets.chase(await counter.scene(), ticket, {"note": "again", "channel": "call"}))
        kept: Contact = await counter.only(Contact)
        assert kept.route == CALL.route()
        assert noted == [("1", counter.customer.key)]
        counter.desk.current_call = replace(CALL, customer_key=counter.customer.key, noted=True)
        await counter.do(contacts.log_contact(await counter.scene(), {"note": "more", "channel": "call"}))
        assert [one.route for one in await counter.all_of(Contact) if one.body == "more"] == [None]


async def test_r35_somebody_elses_contact_has_nothing_of_the_call() -> None:
    """What is stored for another customer meanwhile is not the caller's."""
    async with at_counter() as counter:
        counter.desk.current_call = replace(CALL, customer_key="another")
        await counter.do(contacts.log_contact(await counter.scene(), {"note": "looked up", "channel": "call"}))
        kept: Contact = await counter.only(Contact)
        assert kept.route is None


async def test_a_number_is_bound_and_taken_back_whole() -> None:
    """Undo leaves what was before."""
    async with at_counter() as counter:
        before = await counter.content()
        deed = await counter.do(bind_number(await counter.scene(), UNKNOWN), "bind")
        scene = await counter.scene()
        assert has_number(scene, UNKNOWN)
        assert [one.kind for one in scene.file.customer.points if one.value == UNKNOWN] == [PointKind.PHONE]
        await counter.desk.undo(deed)
        assert await counter.content() == before


@pytest.mark.parametrize("number", ["+48601234567", "", "anonymous", "201", "+48601", "+48 22 123 99 88"])
async def test_what_is_known_or_no_number_is_not_bound(number: str) -> None:
    """Nothing is stored that would find nobody, or the same person twice."""
    async with at_counter() as counter:
        with pytest.raises(Unfit):
            bind_number(await counter.scene(), number)


async def test_a_number_written_in_another_way_is_theirs_already() -> None:
    """Records of other systems hold numbers as they were dialled."""
    async with at_counter() as counter:
        scene = await counter.scene()
        customer = scene.file.customer
        points = (replace(customer.points[0], value="601 234 567"), *customer.points[1:])
        file = replace(scene.file, customer=replace(customer, points=points))
        assert has_number(replace(scene, file=file), "+48601234567")


async def test_candidates_are_who_has_the_number() -> None:
    """Nobody for a number that is withheld, an extension, or unknown."""
    async with at_counter() as counter:
        (found,) = await candidates_for(counter.desk, CALL)
        assert found.customer.key == counter.customer.key
        for number in ("", "201", "Nowak", UNKNOWN):
            assert await candidates_for(counter.desk, replace(CALL, number=number)) == ()
