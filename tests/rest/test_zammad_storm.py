"""A bad line before Zammad: whatever happens to requests, each write is there exactly once.

Zammad knows neither idempotency keys nor versions, so that everything rests on our marks. Every write is repeated with
its key until it is answered, each time as by a program that was just started.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest

from backends.contract.samples import a_contact, a_customer, a_ticket, points, unlike_any_other
from backends.errors import Busy, Conflict, Refused, Unavailable
from backends.port import Batch, Put, Receipt
from backends.records import Channel, Customer, Direction, Operator, Priority, Ticket, TicketState
from backends.rest.zammad import backend as backend_module
from backends.rest.zammad.marks import login_for
from backends.rest.zammad.shared import Shared
from tests.rest.zammad_stage import batch, of, opened, options
from tests.servers.faulty import ALL_FAULTS, DROP_AFTER, DROP_BEFORE, PASS, Fault, FaultProxy, Storm
from tests.servers.zammad import Running, zammad_server

pytestmark = pytest.mark.xdist_group("zammad")
_TRIES = 80


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """Give the server of this module."""
    with zammad_server() as server:
        yield server


@pytest.fixture
def server(running: Running) -> Running:
    """Give the server, emptied."""
    running.clear()
    return running


@pytest.fixture
def _forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that has just started remembers nothing."""
    monkeypatch.setattr(backend_module, "shared_by", lambda base: Shared())


async def _insisted(server: Running, proxy: FaultProxy, wanted: Batch) -> Receipt:
    """Write a batch until it is answered, each time by a program that was just started."""
    last: Exception | None = None
    for _ in range(_TRIES):
        async with opened(server, proxy.url, deadline=5.0) as backend:
            try:
                return await backend.write(wanted)
            except Conflict:
                raise
            except (Unavailable, Refused) as error:
                last = error
    raise AssertionError(f"not stored in {_TRIES} tries: {last!r}")


async def _case(server: Running) -> tuple[Customer, Ticket]:
    async with opened(server) as backend:
        (operator,) = await backend.operators()
        customer = a_customer(operator, points=points("ida@home.example"))
        receipt = await backend.write(batch(customer, a_ticket(customer)))
    return of(receipt), of(receipt, 1)


@pytest.mark.parametrize("fault", ALL_FAULTS, ids=lambda fault: f"{fault.kind}-{fault.forwarded}-{fault.status}")
@pytest.mark.usefixtures("_forgetful")
async def test_a_step_that_is_struck_is_taken_once(server: Running, fault: Fault) -> None:
    """A new customer, a ticket, a call and a mail, each POST struck by the same fault: one of each."""
    customer, _ = await _case(server)
    fresh = replace(a_customer(await _operator(server), name="Nova Osoba"), number="")
    words = {name: unlike_any_other() for name in ("subject", "call", "mail")}
    ticket = a_ticket(fresh, subject=words["subject"])
    call = a_contact(fresh, ticket_key=ticket.key, body=words["call"], seconds=95)
    mail = a_contact(fresh, ticket_key=ticket.key, channel=Channel.EMAIL, direction=Direction.OUTBOUND,
                     body=words["mail"], recipient="nova@home.example")  # fmt: skip
    wanted = batch(fresh, ticket, call, mail, key=unlike_any_other())
    async with FaultProxy(server.url, only=("POST",)) as proxy:
        proxy.next(*[fault] * 6)
        receipt = await _insisted(server, proxy, wanted)
        assert proxy.struck[fault.kind]
    state = server.state
    assert [user["lastname"] for user in state.users.values()].count("Osoba") == 1
    assert [row["title"] for row in state.tickets.values()].count(words["subject"]) == 1
    bodies = [row["body"] for row in state.articles.values()]
    assert (bodies.count(words["call"]), bodies.count(words["mail"]), len(state.mails)) == (1, 1, 1)
    assert (of(receipt, 2).seconds, of(receipt, 2).at) == (95, call.at)
    assert of(receipt, 2).ticket_key == of(receipt, 1).key
    assert customer.key != of(receipt).key


async def _operator(server: Running) -> Operator:
    async with opened(server) as backend:
        return (await backend.operators())[0]


@pytest.mark.parametrize("fault", ALL_FAULTS, ids=lambda fault: f"{fault.kind}-{fault.forwarded}-{fault.status}")
@pytest.mark.usefixtures("_forgetful")
async def test_a_change_that_is_struck_is_made_once(server: Running, fault: Fault) -> None:
    """A change of a ticket and one of a customer whose answers were lost are made once, and no conflict with us."""
    customer, ticket = await _case(server)
    changed = replace(ticket, state=TicketState.IN_PROGRESS, priority=Priority.HIGH, description="more words")
    moved = replace(customer, tone="calm", points=points("+48601234567", "ida@home.example"))
    items = (Put(changed, seen=ticket.version), Put(moved, seen=customer.version))
    async with FaultProxy(server.url, only=("PUT",)) as proxy:
        proxy.next(*[fault] * 4)
        receipt = await _insisted(server, proxy, Batch(items, actor="ola", idempotency_key=unlike_any_other()))
    number = int(ticket.key.partition(":")[2])
    made = [row["attribute"] for row in server.state.history if row["o_id"] == number and row["type"] == "updated"]
    assert (made.count("state"), made.count("priority")) == (1, 1)
    assert [row["body"] for row in server.state.articles.values()].count("more words") == 1
    assert of(receipt).description == "more words"
    assert of(receipt, 1).points == moved.points


@pytest.mark.usefixtures("_forgetful")
async def test_a_change_that_was_lost_is_known_after_later_ones(server: Running) -> None:
    """A change repeated by a new program, after a colleague changed the ticket again, undoes nothing."""
    _, ticket = await _case(server)
    wanted = Batch((Put(replace(ticket, priority=Priority.HIGH), seen=ticket.version),), "ola", idempotency_key="late")
    async with FaultProxy(server.url, only=("PUT",)) as proxy:
        proxy.next(DROP_AFTER)
        async with opened(server, proxy.url) as backend:
            with pytest.raises(Unavailable):
                await backend.write(wanted)
    async with opened(server) as colleague:
        now = await colleague.ticket(ticket.key)
        assert now.priority is Priority.HIGH
        lowered = replace(now, priority=Priority.LOW)
        await colleague.write(Batch((Put(lowered, seen=now.version),), "leo", idempotency_key="other"))
    async with opened(server) as backend:
        receipt = await backend.write(wanted)
        assert receipt.repeated
        assert (await backend.ticket(ticket.key)).priority is Priority.LOW


@pytest.mark.usefixtures("_forgetful")
async def test_a_ticket_that_was_lost_is_known_after_later_changes(server: Running) -> None:
    """A ticket whose answer was lost is not opened again, although somebody changed it from another desk since."""
    customer, _ = await _case(server)
    word = unlike_any_other()
    wanted = batch(a_ticket(customer, subject=word), key=word)
    async with FaultProxy(server.url, only=("POST",)) as proxy:
        proxy.next(DROP_AFTER)
        async with opened(server, proxy.url) as backend:
            with pytest.raises(Unavailable):
                await backend.write(wanted)
    async with opened(server) as colleague:
        (found,) = [row for row in (await colleague.tickets()).rows if row.subject == word]
        raised = replace(found, priority=Priority.URGENT)
        await colleague.write(Batch((Put(raised, seen=found.version),), "leo", idempotency_key="other desk"))
    async with opened(server) as backend:
        receipt = await backend.write(wanted)
    assert receipt.repeated
    assert [row["title"] for row in server.state.tickets.values()].count(word) == 1


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.usefixtures("_forgetful")
async def test_after_a_storm_everything_is_there_once(server: Running, seed: int) -> None:
    """Twelve writes through a storm under reads and writes alike: afterwards each is there exactly once."""
    customer, ticket = await _case(server)
    words = [unlike_any_other() for _ in range(12)]
    async with FaultProxy(server.url, storm=Storm(seed=seed, rate=0.3)) as proxy:
        for index, word in enumerate(words):
            record = (
                a_contact(customer, ticket_key=ticket.key, body=word)
                if index % 3
                else a_ticket(customer, subject=word, description=word)
            )
            await _insisted(server, proxy, batch(record, key=word))
        assert sum(proxy.struck.values()) > 8
    titles = [row["title"] for row in server.state.tickets.values()]
    bodies = [row["body"] for row in server.state.articles.values()]
    assert [titles.count(word) for word in words[::3]] == [1] * 4
    assert [bodies.count(word) for word in words] == [1] * 12


async def test_a_search_that_is_behind_makes_nobody_twice(server: Running) -> None:
    """After a lost answer a new customer is not made again while the search cannot know; then it is recognised."""
    server.state.lag = 0.5
    said = options(index_delay=0.8)
    operator = await _operator(server)
    wanted = batch(a_customer(operator, name="Ida Lag"), key="lagging")
    async with FaultProxy(server.url, only=("POST",)) as proxy, opened(server, proxy.url, options=said) as backend:
        receipt: Receipt | None = None
        waits = lost = 0
        proxy.next(DROP_AFTER)
        while receipt is None:
            try:
                receipt = await backend.write(wanted)
            except Busy as busy:
                waits += 1
                await asyncio.sleep(busy.retry_after or 0.05)
            except Unavailable:
                lost += 1
    assert (waits > 0, lost) == (True, 1)
    assert [user["lastname"] for user in server.state.users.values()].count("Lag") == 1
    assert proxy.forwarded["POST"] == 1


async def test_who_was_made_just_now_is_known_before_the_search(server: Running) -> None:
    """When a later step of the batch is lost, the customer that it made is not made again."""
    server.state.lag = 30.0
    fresh = a_customer(await _operator(server), name="Ida Early")
    wanted = batch(fresh, a_ticket(fresh, subject="early"), key=unlike_any_other())
    async with FaultProxy(server.url, only=("POST",)) as proxy, opened(server, proxy.url) as backend:
        proxy.next(PASS, DROP_BEFORE)
        with pytest.raises(Unavailable):
            await backend.write(wanted)
        receipt = await backend.write(wanted)
    assert of(receipt, 1).customer_key == of(receipt).key
    assert [user["lastname"] for user in server.state.users.values()].count("Early") == 1


async def test_marks_stand_where_nobody_reads_them(server: Running) -> None:
    """Marks are in a login, a ticket's attribute and message ids, never in what customers or colleagues read."""
    fresh = a_customer(await _operator(server), name="Ida Mark")
    ticket = a_ticket(fresh, subject="Subject", description="Description")
    mail = a_contact(fresh, ticket_key=ticket.key, channel=Channel.EMAIL, direction=Direction.OUTBOUND, body="Body",
                     recipient="a@b.example")  # fmt: skip
    async with opened(server) as backend:
        await backend.write(batch(fresh, ticket, mail, key="k"))
    state = server.state
    user = next(each for each in state.users.values() if each["lastname"] == "Mark")
    (row,) = state.tickets.values()
    (sent,) = state.mails
    assert user["login"].startswith(login_for(""))
    assert row["note"].startswith("cordboard ")
    assert "cordboard" in sent["in_reply_to"]
    assert "cordboard" not in sent["message_id"]
    read = [str(each[name]) for each in state.articles.values() for name in ("subject", "body", "from", "to")]
    assert not any("cordboard" in text for text in (*read, row["title"], user["firstname"], user["email"]))
