"""Several sources as one: who is who, what is shown once, what a slow or dead source does to the rest."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from backends.contract.samples import a_chase, a_contact, a_line, a_promise, a_ticket, ago, an_email, an_outage
from backends.errors import TimedOut, Unavailable, Unsupported
from backends.events import CustomerChanged, Event, OutageChanged
from backends.memory import MemoryBackend
from backends.port import Batch, OutageFilter, Put, TimelineFilter, undoing
from backends.records import (
    AnswerState,
    Chase,
    Contact,
    Customer,
    Key,
    Link,
    LinkKind,
    Origin,
    OutageState,
    Ticket,
    TicketEvent,
    new_key,
)
from console.desk.picture import gather
from console.desk.several import Several
from console.rules.sources import SourceState
from tests.several_stage import Far, operator_in, person_in, put, two_sources

PHONE, MAIL = "+48601000111", "nowak@mail.example"


@asynccontextmanager
async def heard(several: Several) -> AsyncIterator[list[Event]]:
    """Collect what the desk hears meanwhile."""
    events: list[Event] = []

    async def listen() -> None:
        async for event in several.events():
            events.append(event)

    task = asyncio.ensure_future(listen())
    await asyncio.sleep(0)
    try:
        yield events
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(true: object, seconds: float = 5.0) -> None:
    """Wait until a condition holds."""
    assert callable(true)
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        await asyncio.sleep(0.01)


async def nowak(home: MemoryBackend, far: Far) -> tuple[Customer, Customer]:
    """Store the same person in both sources."""
    here = await person_in(home, await operator_in(home), PHONE, name="Anna Nowak", number="K-1")
    there = await person_in(far, await operator_in(far), PHONE, MAIL, name="Nowak, Anna", number="77")
    return here, there


async def test_one_person_of_two_sources_is_one_customer() -> None:
    """Tickets, contacts and ways to reach of both are in one file under the key they were opened by."""
    async with two_sources() as (several, home, far):
        here, there = await nowak(home, far)
        await put(home, a_contact(here, body="called us"), a_ticket(here, subject="ours"))
        (ticket,) = await put(far, a_ticket(there, subject="theirs"))
        await put(far, an_email(there, subject="where is my line?", ticket_key=ticket.key, at=ago(days=1)))
        file = await several.customer_file(here.key)
        assert file.customer.key == here.key
        assert {one.subject for one in file.tickets} == {"ours", "theirs"}
        assert {one.value for one in file.customer.points} == {PHONE, MAIL}
        assert {one.customer_key for one in file.tickets} == {here.key}
        page = await several.timeline(here.key)
        assert [one.body or one.subject for one in page.rows if isinstance(one, Contact)] == [
            "called us",
            "where is my line?",
        ]
        mail = next(one for one in page.rows if isinstance(one, Contact) and one.subject)
        assert mail.ticket_key == f"desk|{ticket.key}"
        assert (await several.contact(mail.key)).subject == "where is my line?"


async def test_the_other_way_round_it_is_the_same_person() -> None:
    """Opened by the helpdesk's key, the home store's part is there too."""
    async with two_sources() as (several, home, far):
        here, there = await nowak(home, far)
        await put(home, a_ticket(here, subject="ours"))
        file = await several.customer_file(f"desk|{there.key}")
        assert file.customer.key == f"desk|{there.key}"
        assert [one.subject for one in file.tickets] == ["ours"]


async def test_who_only_shares_a_telephone_is_somebody_else() -> None:
    """Two people behind one landline are not thrown together."""
    async with two_sources() as (several, home, far):
        here = await person_in(home, await operator_in(home), PHONE, name="Anna Nowak")
        there = await person_in(far, await operator_in(far), PHONE, name="Piotr Zieliński")
        await put(far, a_ticket(there))
        assert (await several.customer_file(here.key)).tickets == ()


async def test_operators_are_the_same_by_their_code_and_kept_apart_otherwise() -> None:
    """The same code is the same operator; a customer of another operator is another customer (R22)."""
    async with two_sources() as (several, home, far):
        here = await person_in(home, await operator_in(home, "NORD"), PHONE, name="Anna Nowak")
        there = await person_in(far, await operator_in(far, "SUED"), PHONE, name="Anna Nowak")
        await put(far, a_ticket(there))
        await several.customer_file(f"desk|{there.key}")
        assert {one.code for one in await several.operators()} == {"NORD", "SUED"}
        assert (await several.customer_file(here.key)).tickets == ()


async def test_the_same_contact_of_two_sources_appears_once_with_both_references() -> None:
    """A mail that both systems received is one row; what one of them knows to be answered is answered (R10)."""
    async with two_sources() as (several, home, far):
        here, there = await nowak(home, far)
        at = ago(hours=3)
        body = "Good morning, my line has been dead since Monday and nobody calls back."
        await put(home, an_email(here, at=at, subject="Line dead", body=body, reference="C-1"))
        await put(
            far,
            an_email(
                there,
                at=at,
                subject="Re: [desk #9] Line dead",
                body=body,
                reference="RT-9",
                answer=AnswerState.ANSWERED,
            ),
        )
        await several.customer_file(here.key)
        page = await several.timeline(here.key)
        (mail,) = (one for one in page.rows if isinstance(one, Contact))
        assert mail.reference == "C-1 · RT-9"
        assert mail.answer is AnswerState.ANSWERED
        assert (await several.contact(mail.key)).reference == "C-1 · RT-9"


async def test_a_slow_source_holds_nobody_up_and_comes_as_news() -> None:
    """The own history is there at once; the late part is told as a change of this customer, and then is there."""
    async with two_sources() as (several, home, far):
        here, there = await nowak(home, far)
        await put(home, a_contact(here, body="called us"))
        await put(far, a_contact(there, body="called them", at=ago(days=2)))
        far.delay = 0.6
        async with heard(several) as events:
            begun = time.monotonic()
            picture = await gather(several, here.key, several.clock())
            assert time.monotonic() - begun < 0.5
            assert [one.state for one in picture.sources] == [SourceState.FRESH, SourceState.LOADING]
            assert [one.body for one in picture.entries if isinstance(one, Contact)] == ["called us"]
            await until(lambda: here.key in {getattr(one, "customer_key", "") for one in events})
            far.delay = 0.0
            picture = await gather(several, here.key, several.clock())
            assert [one.state for one in picture.sources] == [SourceState.FRESH, SourceState.FRESH]
            assert [one.body for one in picture.entries if isinstance(one, Contact)] == ["called us", "called them"]


async def test_a_dead_source_is_named_and_keeps_what_it_gave() -> None:
    """What a source told before stays, marked with since when and why; what never came is failed, not empty."""
    async with two_sources() as (several, home, far):
        here, there = await nowak(home, far)
        await put(far, a_contact(there, body="called them"))
        far.failing = TimedOut("x", source="desk")
        picture = await gather(several, here.key, several.clock())
        assert [one.state for one in picture.sources] == [SourceState.FRESH, SourceState.FAILED]
        assert picture.entries == ()
        far.failing = None
        several._hearing._heard(several.members["desk"], CustomerChanged(there.key))
        several._circles.grew_old(several.members["desk"])
        picture = await gather(several, here.key, several.clock())
        assert len(picture.entries) == 1
        far.failing = Unavailable("gone", source="desk")
        several._circles.grew_old(several.members["desk"])
        picture = await gather(several, here.key, several.clock())
        assert picture.sources[1].state is SourceState.STALE
        assert picture.sources[1].at is not None
        assert [ticket.subject for ticket in picture.file.tickets] == []


async def test_a_customer_of_a_dead_source_fails_and_is_not_empty() -> None:
    """Whoever is known only there cannot be opened while it does not answer, and the error says so."""
    async with two_sources() as (several, _home, far):
        there = await person_in(far, await operator_in(far), PHONE)
        far.failing = Unavailable("gone", source="desk")
        with pytest.raises(Unavailable):
            await several.customer_file(f"desk|{there.key}")


async def test_found_by_both_somebody_stands_in_the_list_once() -> None:
    """The own store's matches come first and at once; further sources add who is new."""
    async with two_sources() as (several, home, far):
        here, there = await nowak(home, far)
        stranger = await person_in(far, (await far.operators())[0], "+48601000999", name="Nowak Jan")
        far.delay = 0.05
        lists = [one async for one in several.searching("nowak")]
        assert [match.customer.key for match in lists[0]] == [here.key]
        assert [match.customer.key for match in lists[-1]] == [here.key, f"desk|{stranger.key}"]
        assert f"desk|{there.key}" not in {match.customer.key for match in lists[-1]}


async def test_a_search_goes_on_without_a_source_and_says_so() -> None:
    """The dead source is named among the sources; the others' customers are found."""
    async with two_sources() as (several, home, far):
        here, _there = await nowak(home, far)
        far.failing = Unavailable("gone", source="desk")
        assert [match.customer.key for match in await several.search("nowak")] == [here.key]
        assert several.standing()[1].error is not None
        far.failing = None
        await several.search("nowak")
        assert several.standing()[1].error is None


async def test_what_is_new_goes_where_the_profile_says() -> None:
    """A ticket is opened in the helpdesk, in the name of the same person there; the call is noted at home."""
    async with two_sources(writes=[Ticket]) as (several, home, far):
        here, there = await nowak(home, far)
        file = await several.customer_file(here.key)
        ticket = a_ticket(file.customer)
        note = a_contact(file.customer, body="line dead")
        receipt = await several.write(Batch((Put(ticket), Put(note)), actor="ola"))
        stored, noted = (change.after for change in receipt.changes)
        assert isinstance(stored, Ticket)
        assert isinstance(noted, Contact)
        assert stored.key.startswith("desk|")
        assert stored.customer_key == here.key
        assert [one.customer_key for one in (await far.tickets()).rows] == [there.key]
        assert (await home.contact(noted.key)).customer_key == here.key
        assert [one.key for one in (await several.customer_file(here.key)).tickets] == [stored.key]


async def test_what_hangs_on_a_ticket_goes_where_the_ticket_is() -> None:
    """A contact about the helpdesk's ticket is stored there, although contacts are written at home."""
    async with two_sources() as (several, home, far):
        here, there = await nowak(home, far)
        (ticket,) = await put(far, a_ticket(there))
        file = await several.customer_file(here.key)
        contact = a_contact(file.customer, ticket_key=file.tickets[0].key)
        receipt = await several.write(Batch((Put(contact),), actor="ola"))
        assert receipt.changes[0].after is not None
        rows = (await far.timeline(there.key)).rows
        assert [one.ticket_key for one in rows if isinstance(one, Contact)] == [ticket.key]
        assert (await home.timeline(here.key)).rows == ()


async def test_what_a_helpdesk_cannot_hold_is_kept_at_home_on_a_shadow() -> None:
    """A chase of the helpdesk's ticket hangs on its shadow at home, and is shown on the ticket itself."""
    async with two_sources(stores=[Customer, Contact, Ticket, TicketEvent]) as (several, home, far):
        await operator_in(home)
        there = await _planted_person(far)
        (ticket,) = await _planted(far, a_ticket(there, subject="No tone"))
        key = f"desk|{there.key}"
        file = await several.customer_file(key)
        chase = a_chase(file.tickets[0])
        receipt = await several.write(Batch((Put(chase),), actor="ola"))
        stored = receipt.changes[0].after
        assert isinstance(stored, Chase)
        file = await several.customer_file(key)
        assert [one.key for one in file.tickets] == [f"desk|{ticket.key}"]
        assert [(one.key, one.ticket_key) for one in file.chases] == [(stored.key, f"desk|{ticket.key}")]
        again = a_promise(file.customer, ticket_key=file.tickets[0].key)
        await several.write(Batch((Put(again),), actor="ola"))
        assert len((await home.tickets()).rows) == 1, "the second thing hangs on the same shadow"
        file = await several.customer_file(key)
        assert [one.ticket_key for one in file.promises] == [f"desk|{ticket.key}"]


async def _planted_person(far: Far) -> Customer:
    writer = MemoryBackend(store=far.store)
    await writer.open()
    return await person_in(writer, await operator_in(writer), PHONE, name="Anna Nowak")


async def _planted(far: Far, *records: Ticket) -> list[Ticket]:
    writer = MemoryBackend(store=far.store)
    await writer.open()
    return await put(writer, *records)


async def test_an_edit_changes_only_what_was_edited() -> None:
    """The helpdesk's telephone numbers are not copied into the own store because a tone was noted there."""
    async with two_sources() as (several, home, far):
        here, _there = await nowak(home, far)
        customer = (await several.customer_file(here.key)).customer
        assert len(customer.points) == 2
        await several.write(Batch((Put(replace(customer, tone="in a hurry"), seen=customer.version),), actor="ola"))
        stored = (await home.customer_file(here.key)).customer
        assert (stored.tone, stored.points) == ("in a hurry", here.points)


async def test_an_action_over_two_sources_is_undone_in_both_or_not_at_all() -> None:
    """What a helpdesk cannot take back is refused before anything is taken back."""
    async with two_sources(writes=[Ticket]) as (several, home, far):
        here, _there = await nowak(home, far)
        file = await several.customer_file(here.key)
        batch = Batch((Put(a_ticket(file.customer)), Put(a_contact(file.customer))), actor="ola")
        receipt = await several.write(batch)
        with pytest.raises(Unsupported):
            await several.write(undoing(receipt, actor="ola"))
        assert len((await home.timeline(here.key)).rows) == 1
        assert len((await far.tickets()).rows) == 1


async def test_outages_of_all_sources_are_there_and_stay_when_one_dies() -> None:
    """An alarm is seen beside our own; the last ones told are kept while the alarms do not answer."""
    async with two_sources() as (several, home, far):
        await put(home, an_outage(title="ours"))
        await put(far, an_outage(title="alarm", state=OutageState.CONFIRMED))
        assert {one.title for one in await several.outages()} == {"ours", "alarm"}
        far.failing = Unavailable("gone", source="desk")
        several._outages.grew_old(several.members["desk"])
        assert {one.title for one in await several.outages()} == {"ours", "alarm"}
        only = OutageFilter(states=frozenset({OutageState.CONFIRMED}))
        far.failing = None
        assert [one.title for one in await several.outages(only)] == ["alarm"]


async def test_what_changes_in_a_source_is_heard_under_the_key_that_is_shown() -> None:
    """The screen hears of its customer, by whatever key the source knows them."""
    async with two_sources() as (several, home, far):
        here, there = await nowak(home, far)
        await several.customer_file(here.key)
        async with heard(several) as events:
            await asyncio.sleep(0.05)
            await put(far, a_contact(there))
            await put(far, an_outage())
            await until(lambda: here.key in {getattr(one, "customer_key", "") for one in events})
            await until(lambda: any(isinstance(one, OutageChanged) for one in events))
        assert (await several.customer_file(here.key)).contacts_total == 1


async def test_nothing_far_is_asked_again_while_nothing_changed() -> None:
    """Reading a customer again for a local change costs no request."""
    async with two_sources() as (several, home, far):
        here, _there = await nowak(home, far)
        async with heard(several):
            await gather(several, here.key, several.clock())
            asked = dict(far.asked)
            await put(home, a_contact(here))
            await gather(several, here.key, several.clock())
            await gather(several, here.key, several.clock())
        changed = {name for name in far.asked if far.asked[name] != asked.get(name)}
        assert changed == set()


async def test_a_link_that_an_agent_made_joins_and_parts() -> None:
    """Who was said to be the same is one customer although nothing matches; who was said not to be is not."""
    async with two_sources() as (several, home, far):
        here = await person_in(home, await operator_in(home), PHONE, name="Anna Nowak")
        there = await person_in(far, await operator_in(far), MAIL, name="A. Zielińska")
        await put(far, a_ticket(there, subject="theirs"))
        assert (await several.customer_file(here.key)).tickets == ()
        link = Link(
            new_key(),
            LinkKind.SAME_CUSTOMER,
            Origin("own", here.key),
            Origin("desk", there.key),
            ("said so",),
            "ola",
            ago(),
        )
        receipt = await several.write(Batch((Put(link),), actor="ola"))
        assert [one.subject for one in (await several.customer_file(here.key)).tickets] == ["theirs"]
        await several.write(undoing(receipt, actor="ola"))
        assert (await several.customer_file(here.key)).tickets == ()


async def test_said_not_to_be_the_same_stays_apart() -> None:
    """A link against what matches by number and name."""
    async with two_sources() as (several, home, far):
        here, there = await nowak(home, far)
        await put(far, a_ticket(there))
        assert len((await several.customer_file(here.key)).tickets) == 1
        link = Link(new_key(), LinkKind.NOT_SAME, Origin("own", here.key), Origin("desk", there.key), (), "ola", ago())
        await several.write(Batch((Put(link),), actor="ola"))
        assert (await several.customer_file(here.key)).tickets == ()


async def test_lines_of_one_number_are_one_line() -> None:
    """Two systems describe the same line; it stands there once."""
    async with two_sources() as (several, home, far):
        here, there = await nowak(home, far)
        await put(home, a_line(here, number="L-5", product="Fibre"))
        await put(far, a_line(there, number="l-5"), a_line(there, number="L-6"))
        lines = (await several.customer_file(here.key)).lines
        assert [one.number for one in lines] == ["L-5", "L-6"]


async def test_a_long_history_of_both_is_read_in_order_and_whole() -> None:
    """Page by page, each entry once, newest first, also where pages of the sources end at different times."""
    async with two_sources() as (several, home, far):
        here, there = await nowak(home, far)
        await put(home, *(a_contact(here, at=ago(hours=n), body=f"h{n}") for n in range(1, 60, 2)))
        await put(far, *(a_contact(there, at=ago(hours=n), body=f"f{n}") for n in range(0, 130, 2)))
        await several.customer_file(here.key)
        bodies: list[str] = []
        after: str | None = None
        first: Key = ""
        while True:
            page = await several.timeline(here.key, after=after, limit=7)
            first = first or page.rows[0].key
            bodies += [one.body for one in page.rows if isinstance(one, Contact)]
            after = page.after
            if after is None:
                break
        assert len(bodies) == len(set(bodies)) == 30 + 65
        order = [int(one[1:]) for one in bodies]
        assert order == sorted(order)
        only = TimelineFilter(channels=frozenset({"fax"}))
        assert (await several.timeline(here.key, only=only)).rows == ()
