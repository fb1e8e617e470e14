"""Two customers of one store who are one person: everything moves, the number leads on, undo gives all back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from backends.contract.samples import a_contact, a_ticket
from backends.port import Batch, Capability, Put
from backends.records import (
    Channel,
    Charge,
    Chase,
    Contact,
    ContactPoint,
    Contract,
    Customer,
    CustomerFlag,
    CustomerKind,
    Direction,
    Dispute,
    Handover,
    Holder,
    Line,
    Link,
    LinkKind,
    Money,
    Origin,
    PointKind,
    Promise,
    PromiseKind,
    Record,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketKind,
    Visit,
    new_key,
)
from console.desk.acts.merging import merge
from console.desk.acts.scene import Unfit
from console.desk.cases import place_of
from console.desk.importing.finding import Finder
from console.desk.persons import alike, as_persons, belongings, leading, person_of
from console.desk.undoing import taking_back
from tests.acts_stage import BODY, NOW, Counter, at_counter
from tests.cases_stage import content_of, differing
from tests.several_stage import operator_in, person_in, put, two_sources


async def second_number(desk: Counter, **changes: Any) -> Customer:
    """Store another customer who is the same Ewa, with a record of every kind."""
    theirs = Customer(
        new_key(), "", desk.customer.operator_key, CustomerKind.PROSPECT, "Ewa Nowak", "pl",
        points=(ContactPoint(PointKind.MOBILE, "+48600111222", preferred=True),),
        flags=frozenset({CustomerFlag.VULNERABLE}), since=NOW - timedelta(days=900),
        origin=Origin("old billing", "77"),
    )  # fmt: skip
    customer: Customer = await desk.stored(replace(theirs, **changes))
    key, operator = customer.key, customer.operator_key
    ticket = Ticket(new_key(), "", key, operator, TicketKind.FAULT, "No tone", NOW)
    line = Line(new_key(), "", key, "telephone")
    charge = Charge(new_key(), key, "June", Money(1000, "PLN"), NOW.date())
    contract = Contract(new_key(), "", key, "Fibre 300", NOW.date())
    due = NOW + timedelta(hours=4)
    records: Sequence[Record] = (
        ticket, line, charge, contract,
        Contact(
            new_key(), "", key, operator, Channel.EMAIL, Direction.INBOUND, NOW, "No tone", BODY, ticket_key=ticket.key
        ),
        TicketEvent(new_key(), ticket.key, key, TicketEventKind.OPENED, NOW),
        Chase(new_key(), ticket.key, key, NOW),
        Promise(new_key(), key, PromiseKind.DEED, "Ring", NOW, due, ticket_key=ticket.key),
        Visit(new_key(), ticket.key, key, due, due + timedelta(hours=2)),
        Handover(new_key(), ticket.key, key, Holder.TECHNICAL, NOW),
        Dispute(new_key(), key, "too much", NOW, charge_keys=(charge.key,)),
    )  # fmt: skip
    await desk.backend.write(Batch(tuple(Put(one) for one in records), actor="test"))
    return customer


async def merged(desk: Counter, person: Customer, other: Customer) -> Any:
    """Make the other one the person."""
    backend = desk.backend
    ends = frozenset({Origin(backend.name, person.key), Origin(backend.name, other.key)})
    batch = merge(
        person, other, await belongings(backend, other.key), store=backend.name, evidence=["same name"],
        actor="ola", now=NOW, known=await backend.links(ends),
    )  # fmt: skip
    return await desk.do(batch, "same")


@pytest.mark.parametrize("on_file", [False, True])
async def test_r38_two_numbers_of_one_person_become_one(on_file: bool, tmp_path: Path) -> None:
    """R38: every record of the one is the other's afterwards, and what the person lacked is taken over."""
    async with at_counter(tmp_path if on_file else None) as desk:
        other = await second_number(desk)
        theirs = await belongings(desk.backend, other.key)
        assert len({type(one) for one in theirs}) == 11
        await merged(desk, desk.customer, other)
        assert await belongings(desk.backend, other.key) == ()
        now = await belongings(desk.backend, desk.customer.key)
        assert {one.key for one in theirs} <= {one.key for one in now}
        person = (await desk.picture()).file.customer
        assert "+48600111222" in {point.value for point in person.points}
        assert [point.value for point in person.points if point.preferred] == ["+48618520000"]
        assert CustomerFlag.VULNERABLE in person.flags
        assert (person.since, person.origin) == (other.since, other.origin)
        mail = next(one for one in (await desk.picture()).entries if isinstance(one, Contact))
        assert (await desk.backend.contact(mail.key)).body == BODY


@pytest.mark.parametrize("on_file", [False, True])
async def test_a_search_that_hits_the_given_up_number_finds_the_person(on_file: bool, tmp_path: Path) -> None:
    """By number, telephone, mail, name or ticket: it is the person who is found, once."""
    async with at_counter(tmp_path if on_file else None) as desk:
        other = await second_number(desk)
        await merged(desk, desk.customer, other)
        for text in (other.number, "+48600111222", "Ewa Nowak"):
            found = await as_persons(desk.backend, await desk.backend.search(text))
            assert [one.customer.key for one in found] == [desk.customer.key], text
        assert await person_of(desk.backend, other.key) == desk.customer.key
        assert await person_of(desk.backend, desk.customer.key) == desk.customer.key


async def test_undo_of_making_two_one_restores_the_very_same_content(tmp_path: Path) -> None:
    """R38: every row of the database as it was before, versions, audit and journal aside."""
    async with at_counter(tmp_path) as desk:
        other = await second_number(desk)
        before = content_of(tmp_path / "desk.db")
        deed = await merged(desk, desk.customer, other)
        assert len(differing(before, content_of(tmp_path / "desk.db"))) > 10
        await desk.desk.undo(deed)
        assert differing(before, content_of(tmp_path / "desk.db")) == []
        [match] = await desk.backend.search(other.number)
        assert match.customer.key == other.key


async def test_numbers_that_lead_on_and_on_end_at_the_person() -> None:
    """First into second, second into third: the first leads to the third."""
    async with at_counter() as desk:
        first = await second_number(desk)
        second = await second_number(desk, origin=None)
        await merged(desk, second, first)
        [now] = await desk.backend.customers((second.key,))
        await merged(desk, desk.customer, now)
        leads = await leading(desk.backend, (first.key, second.key, desk.customer.key))
        assert leads == {first.key: desk.customer.key, second.key: desk.customer.key}


async def test_who_may_be_the_same_is_proposed_with_evidence_until_denied() -> None:
    """The same name and telephone speak for it; nobody is proposed as themselves, nor of another operator."""
    async with at_counter() as desk:
        other = await second_number(desk, points=desk.customer.points, origin=None)
        [proposed] = await alike(desk.backend, desk.customer)
        assert proposed.customer.key == other.key
        assert {str(one) for one in proposed.evidence} == {"email", "phone", "name"}
        await merged(desk, desk.customer, other)
        assert await alike(desk.backend, (await desk.picture()).file.customer) == ()


async def test_over_several_sources_two_numbers_of_the_home_store_become_one() -> None:
    """The helpdesk's part goes on belonging to the person; a link of the old number to it moves with the rest."""
    async with two_sources(writes=()) as (several, home, far):
        operator, theirs = await operator_in(home), await operator_in(far)
        person = await person_in(home, operator, "ewa@example.org", name="Ewa Nowak", number="")
        other = await person_in(home, operator, "+48600111222", name="E. N. Kowalska", number="")
        there = await person_in(far, theirs, "other@example.org", name="Nowakowa", number="F-1")
        left, right = Origin("own", other.key), Origin("desk", there.key)
        await put(home, Link(new_key(), LinkKind.SAME_CUSTOMER, left, right, ("said so",), "ola", NOW))
        ends = frozenset({Origin("own", person.key), left})
        batch = merge(
            person, other, await belongings(several, other.key), store="own", evidence=["looked"], actor="ola",
            now=NOW, known=await several.links(ends),
        )  # fmt: skip
        receipt = await several.write(batch)
        assert await person_of(several, other.key) == person.key
        [link] = [one for one in await several.links(frozenset({right})) if one.kind is LinkKind.SAME_CUSTOMER]
        assert link.left == Origin("own", person.key)
        found = await as_persons(several, await several.search(other.number))
        assert [one.customer.key for one in found] == [person.key]
        await several.write(taking_back(receipt, actor="ola"))
        assert await person_of(several, other.key) == other.key
        [link] = await several.links(frozenset({right}))
        assert link.left == left


async def test_what_a_helpdesk_keeps_is_hung_on_its_own_tickets_only() -> None:
    """R38: joining never looks done when the source could not keep it."""
    async with two_sources() as (several, home, far):
        people = [await person_in(one, await operator_in(one), "ewa@example.org") for one in (home, far)]
        found = [await put(one, a_ticket(who), a_contact(who)) for one, who in zip((home, far), people, strict=True)]
        (ours, our_mail), (theirs, their_mail) = found
        theirs, their_mail = (
            replace(theirs, key=f"desk|{theirs.key}"),
            replace(their_mail, key=f"desk|{their_mail.key}"),
        )
        assert place_of(several, their_mail, ours) == "desk"
        assert place_of(several, their_mail, theirs) == ""
        assert place_of(several, our_mail, theirs) == ""
        assert place_of(home, our_mail, ours) == ""


async def test_what_is_imported_for_the_old_number_is_the_persons() -> None:
    """A file that names the number that was given up finds the person."""
    async with at_counter() as desk:
        other = await second_number(desk)
        await merged(desk, desk.customer, other)
        [operator] = await desk.backend.operators()
        found = await Finder(desk.backend, operator).by("number", other.number)
        assert found is not None
        assert found.key == desk.customer.key


@pytest.mark.parametrize("field", ["key", "operator_key"])
def test_who_cannot_be_one_is_refused(field: str) -> None:
    """Not with oneself, and not across operators."""
    one = Customer("c1", "1", "o1", CustomerKind.PROSPECT, "Ewa", "pl")
    other = replace(one, key="c2", number="2", operator_key="o2") if field == "operator_key" else one
    with pytest.raises(Unfit):
        merge(one, other, (), store="desk", evidence=(), actor="ola", now=NOW)


async def test_a_source_without_links_leads_nowhere() -> None:
    """Where no links are kept, every key is its own person, and nothing is asked."""
    async with at_counter() as desk:
        assert Capability.LINKS in desk.backend.capabilities
        assert await leading(desk.backend, ()) == {}
