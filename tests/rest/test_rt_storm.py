"""A bad line before a real Request Tracker: whatever happens to requests, each write is there exactly once.

RT knows no idempotency key, so that the outbox's promise rests on marks alone. Every write is repeated with its key, by
a new backend as after a restart, until it is answered.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from backends.contract.samples import a_contact, a_customer, a_ticket, an_email, points, unlike_any_other
from backends.errors import Conflict, Refused, Unavailable
from backends.port import Batch, Change, Put, Receipt
from backends.records import AnswerState, Channel, Contact, Customer, Direction, Record, Ticket, TicketState
from backends.rest.rt import repeating
from tests.servers.faulty import ALL_FAULTS, DROP_AFTER, DROP_BEFORE, Fault, FaultProxy, Storm

if TYPE_CHECKING:
    from backends.rest.rt import RtBackend
    from tests.servers.rt import RequestTracker

pytestmark = pytest.mark.xdist_group("rt")

_TRIES = 60


@pytest.fixture(autouse=True)
def _forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that has just started remembers no receipt."""
    monkeypatch.setattr(repeating, "KEPT", 0)


async def _opened(server: RequestTracker, proxy: FaultProxy | None = None) -> RtBackend:
    url = f"rt+{proxy.url}/" if proxy is not None else ""
    backend = server.backend(url, deadline=20.0, secret=server.secret)
    if proxy is None:
        await backend.open()
    else:
        backend._is_open = True  # what `open` does even when nobody answers
    return backend


async def _insisted(server: RequestTracker, proxy: FaultProxy, batch: Batch) -> Receipt:
    """Write a batch until it is answered, each time as a program that was just started."""
    last: Exception | None = None
    for _ in range(_TRIES):
        backend = await _opened(server, proxy)
        try:
            return await backend.write(batch)
        except Conflict:
            raise
        except (Unavailable, Refused) as error:
            last = error
        finally:
            await backend.close()
    raise AssertionError(f"not stored in {_TRIES} tries: {last!r}")


def _after(receipt: Receipt, position: int = 0) -> Record:
    record = receipt.changes[position].after
    assert record is not None
    return record


def _key() -> str:
    return unlike_any_other()


async def _case(server: RequestTracker) -> tuple[Customer, Ticket]:
    backend = await _opened(server)
    (operator,) = await backend.operators()
    customer = a_customer(operator)
    ticket = a_ticket(customer)
    receipt = await backend.write(Batch((Put(customer), Put(ticket)), actor="ola"))
    await backend.close()
    stored, case = _after(receipt), _after(receipt, 1)
    assert isinstance(stored, Customer)
    assert isinstance(case, Ticket)
    return stored, case


def _messages(server: RequestTracker, ticket: Ticket, text: str) -> int:
    """Return how many messages with this text RT itself has stored on a ticket."""
    return server.count(
        "SELECT count(*) FROM Attachments a JOIN Transactions t ON t.id = a.TransactionId WHERE t.ObjectType = "
        "'RT::Ticket' AND t.ObjectId = ? AND t.Type IN ('Comment', 'Correspond') AND a.Content LIKE ?",
        int(ticket.key.removeprefix("ticket:")), f"%{text}%",
    )  # fmt: skip


@pytest.mark.parametrize("fault", ALL_FAULTS, ids=lambda fault: f"{fault.kind}-{fault.forwarded}-{fault.status}")
async def test_a_step_that_is_struck_is_taken_once(rt_server: RequestTracker, fault: Fault) -> None:
    """Opening a ticket and logging a call, the write of each struck by the same fault: one ticket, one call."""
    customer, _ = await _case(rt_server)
    subject, text = unlike_any_other(), unlike_any_other()
    ticket = a_ticket(customer, subject=subject)
    call = a_contact(customer, ticket_key=ticket.key, body=text, seconds=95)
    batch = Batch((Put(ticket), Put(call)), actor="ola", idempotency_key=_key())
    async with FaultProxy(rt_server.web, only=("POST",)) as proxy:
        proxy.next(*[fault] * 4)
        receipt = await _insisted(rt_server, proxy, batch)
        assert proxy.struck[fault.kind]
    stored, noted = _after(receipt), _after(receipt, 1)
    assert isinstance(stored, Ticket)
    assert isinstance(noted, Contact)
    assert rt_server.count("SELECT count(*) FROM Tickets WHERE Subject = ?", subject) == 1
    assert _messages(rt_server, stored, text) == 1
    assert (noted.seconds, noted.ticket_key) == (95, stored.key)


@pytest.mark.parametrize("fault", [DROP_BEFORE, DROP_AFTER], ids=["before", "after"])
async def test_a_change_that_is_struck_is_made_once(rt_server: RequestTracker, fault: Fault) -> None:
    """A new state and subject whose answer was lost is one change in RT, and no conflict with ourselves."""
    _, ticket = await _case(rt_server)
    wanted = replace(ticket, state=TicketState.WAITING_CUSTOMER, subject=unlike_any_other(), next_step="call back")
    batch = Batch((Put(wanted, seen=ticket.version),), actor="ola", idempotency_key=_key())
    async with FaultProxy(rt_server.web, only=("PUT", "POST")) as proxy:
        proxy.next(fault, fault, fault)
        receipt = await _insisted(rt_server, proxy, batch)
    after = _after(receipt)
    assert replace(after, version=0) == replace(wanted, version=0)
    number = int(ticket.key.removeprefix("ticket:"))
    changes = "SELECT count(*) FROM Transactions WHERE ObjectType = 'RT::Ticket' AND ObjectId = ? AND Field = ?"
    assert rt_server.count(changes, number, "Status") == 1
    assert rt_server.count(changes, number, "Subject") == 1
    assert _messages(rt_server, ticket, "call back") == 1


@pytest.mark.parametrize("seed", [8])
async def test_after_a_storm_everything_is_there_once(rt_server: RequestTracker, seed: int) -> None:
    """A day's work through a storm of every fault under every request: afterwards each write is there exactly once."""
    words = {name: unlike_any_other() for name in ("name", "subject", "call", "letter", "mail", "reply", "note")}
    setup = await _opened(rt_server)
    (operator,) = await setup.operators()
    await setup.close()
    async with FaultProxy(rt_server.web, storm=Storm(seed=seed, rate=0.3)) as proxy:
        customer = a_customer(operator, name=words["name"], points=points("+48601234567"), tone="calm")
        ticket = a_ticket(customer, subject=words["subject"])
        mail = an_email(customer, ticket_key=ticket.key, body=words["mail"])
        batch = Batch((Put(customer), Put(ticket), Put(mail)), actor="ola", idempotency_key=_key())
        receipt = await _insisted(rt_server, proxy, batch)
        person, case, question = (_after(receipt, position) for position in range(3))
        assert isinstance(person, Customer)
        assert isinstance(case, Ticket)
        assert isinstance(question, Contact)
        for name, channel in (("call", Channel.CALL), ("letter", Channel.LETTER)):
            contact = a_contact(person, ticket_key=case.key, body=words[name], channel=channel)
            await _insisted(rt_server, proxy, Batch((Put(contact),), actor="ola", idempotency_key=_key()))
        reply = a_contact(person, ticket_key=case.key, body=words["reply"], channel=Channel.EMAIL,
                          direction=Direction.OUTBOUND)  # fmt: skip
        answered = replace(question, answer=AnswerState.ANSWERED, answered_at=reply.at, answered_by=reply.key)
        both = (Put(reply), Put(answered, seen=question.version))
        await _insisted(rt_server, proxy, Batch(both, actor="ola", idempotency_key=_key()))
        newest = await _now(rt_server, case)
        changed = replace(newest, state=TicketState.SOLVED, next_step=words["note"])
        last = Batch((Put(changed, seen=newest.version),), actor="ola", idempotency_key=_key())
        await _insisted(rt_server, proxy, last)
        assert sum(proxy.struck.values()) > 5
    for name in ("call", "letter", "mail", "reply", "note"):
        assert _messages(rt_server, case, words[name]) == 1, name
    assert rt_server.count("SELECT count(*) FROM Tickets WHERE Subject = ?", words["subject"]) == 1
    assert rt_server.count("SELECT count(*) FROM Users WHERE RealName = ?", words["name"]) == 1
    await _is_whole(rt_server, person, changed, {words[name] for name in ("call", "letter", "mail", "reply")})


async def _now(server: RequestTracker, ticket: Ticket) -> Ticket:
    backend = await _opened(server)
    try:
        return await backend.ticket(ticket.key)
    finally:
        await backend.close()


async def _is_whole(server: RequestTracker, customer: Customer, ticket: Ticket, texts: set[str]) -> None:
    """See that a console finds all of it, and the question answered."""
    backend = await _opened(server)
    try:
        file = await backend.customer_file(customer.key)
        assert [replace(each, version=0) for each in file.tickets] == [replace(ticket, version=0)]
        rows = [row for row in (await backend.timeline(customer.key)).rows if isinstance(row, Contact)]
        assert sorted(row.body for row in rows) == sorted(texts)
        assert not [row for row in rows if row.answer is AnswerState.WAITING]
    finally:
        await backend.close()


async def test_two_who_repeat_one_batch_store_it_once(rt_server: RequestTracker) -> None:
    """Two handles of one program that send the same batch at once come to one ticket."""
    customer, _ = await _case(rt_server)
    subject = unlike_any_other()
    batch = Batch((Put(a_ticket(customer, subject=subject)),), actor="ola", idempotency_key=_key())
    one, two = await _opened(rt_server), await _opened(rt_server)
    try:
        receipts = await asyncio.gather(one.write(batch), two.write(batch))
    finally:
        await one.close()
        await two.close()
    assert rt_server.count("SELECT count(*) FROM Tickets WHERE Subject = ?", subject) == 1
    assert {_key_of(receipt.changes[0]) for receipt in receipts} == {_key_of(receipts[0].changes[0])}


def _key_of(change: Change) -> str:
    assert change.after is not None
    return change.after.key
