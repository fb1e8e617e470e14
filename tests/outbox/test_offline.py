"""What was read is kept only where the profile allows it, is told as old, and is gone when it should be."""

from __future__ import annotations

import stat
from datetime import timedelta
from pathlib import Path

import pytest

from backends.contract.samples import a_contact, a_customer, a_line, a_ticket, an_operator, an_outage
from backends.errors import NotFound, NotSignedIn, Unavailable
from backends.memory import Store
from backends.offline import Kept
from backends.outbox import Outbox
from backends.port import Batch, OutageFilter, Put, TimelineFilter
from backends.records import LIVE_OUTAGE_STATES, Contact, Customer, Record
from tests.outbox.box_stage import ACTOR, BadLine, Clock, until

LIVE = OutageFilter(states=LIVE_OUTAGE_STATES)


async def a_line_with_people(clock: Clock) -> tuple[BadLine, Customer]:
    """Return a source that holds a customer with a history, and somebody else."""
    line = BadLine(store=Store(clock))
    await line.open()
    operator = an_operator()
    customer = a_customer(operator, name="Anna Nowak", number="C-1")
    ticket = a_ticket(customer, reference="T-77")
    records: list[Record] = [
        operator, customer, ticket, a_line(customer, phone="+48600100200"),
        a_contact(customer, body="word " * 200, ticket_key=ticket.key), a_contact(customer, body="short"), an_outage(),
        a_customer(operator, name="Nobody Read"),
    ]  # fmt: skip
    receipt = await line.write(Batch(tuple(map(Put, records)), ACTOR))
    found = receipt.changes[1].after
    assert isinstance(found, Customer)
    return line, found


async def read_everything(kept: Kept, customer: Customer) -> None:
    """Read what a console reads when it opens a customer."""
    await kept.operators()
    await kept.agents()
    await kept.search("nowak")
    await kept.customer_file(customer.key)
    page = await kept.timeline(customer.key)
    for entry in page.rows:
        await kept.contact(entry.key)
    await kept.outages(LIVE)


async def test_what_was_read_is_there_without_the_line_and_says_its_age(tmp_path: Path) -> None:
    """After a restart without the line a customer who was read can be found, opened and read; all of it is stale."""
    clock = Clock()
    line, customer = await a_line_with_people(clock)
    kept = Kept(line, tmp_path / "kept" / "x.db", keep=True, now=clock)
    await kept.open()
    await read_everything(kept, customer)
    file = await kept.customer_file(customer.key)
    page = await kept.timeline(customer.key)
    assert not kept.error
    assert kept.stale_since == {}
    await kept.close()
    line.cut()
    clock.advance(hours=3)
    again = Kept(line, tmp_path / "kept" / "x.db", keep=True, now=clock)
    await again.open()
    assert str(again.error) == "connection refused"
    assert await again.customer_file(customer.key) == file
    assert await again.timeline(customer.key) == page
    assert not again.last_answer
    age = clock() - again.stale_since[customer.key]
    assert timedelta(hours=2, minutes=59) < age < timedelta(hours=3, minutes=5)
    assert [one.customer.key for one in await again.search("nowak")] == [customer.key]
    assert [one.customer.key for one in await again.search("600100200")] == [customer.key]
    assert (await again.ticket("t-77")).customer_key == customer.key
    assert [len((await again.contact(entry.key)).body) for entry in page.rows if isinstance(entry, Contact)]
    assert len(await again.outages(LIVE)) == 1
    assert len(await again.operators()) == 1
    assert [one.key for one in await again.customers(["other", customer.key])] == [customer.key]
    line.mend()
    again._retry_at = 0.0
    await again.customer_file(customer.key)
    assert not again.error
    assert customer.key not in again.stale_since
    assert again.last_answer is not None
    await again.close()


async def test_what_was_not_read_is_never_an_empty_answer(tmp_path: Path) -> None:
    """Without the line, what is not kept raises Unavailable: nobody is told that there is nobody."""
    clock = Clock()
    line, customer = await a_line_with_people(clock)
    kept = Kept(line, tmp_path / "x.db", keep=True, now=clock)
    await kept.open()
    await kept.search("nowak")
    line.cut()
    for call in (
        lambda: kept.search("nobody"),
        lambda: kept.customer_file(customer.key),
        lambda: kept.timeline(customer.key),
        lambda: kept.outages(LIVE),
        lambda: kept.outages(),
        lambda: kept.tickets(),
        lambda: kept.queue(),
        lambda: kept.search_text("word"),
        lambda: kept.customers(["nobody"]),
        lambda: kept.ticket("T-77"),
        lambda: kept.contact("nothing"),
        lambda: kept.timeline(customer.key, only=TimelineFilter(text="word")),
    ):
        with pytest.raises(Unavailable):
            await call()
    await kept.close()


async def test_credentials_that_are_refused_open_no_kept_copy(tmp_path: Path) -> None:
    """Who may not sign in any more sees nothing of what was kept."""
    clock = Clock()
    line, customer = await a_line_with_people(clock)
    kept = Kept(line, tmp_path / "x.db", keep=True, now=clock)
    await kept.open()
    await read_everything(kept, customer)
    line.down = NotSignedIn("dismissed")
    with pytest.raises(NotSignedIn):
        await kept.customer_file(customer.key)
    await kept.close()


async def test_nothing_is_kept_unasked(tmp_path: Path) -> None:
    """By default nothing is on the disk; a file of a time when it was allowed is removed with all beside it."""
    clock = Clock()
    line, customer = await a_line_with_people(clock)
    file = tmp_path / "x.db"
    kept = Kept(line, file, keep=True, now=clock)
    await kept.open()
    await read_everything(kept, customer)
    await kept.close()
    assert b"Anna Nowak" in file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    off = Kept(line, file, keep=False, now=clock)
    await off.open()
    await read_everything(off, customer)
    assert list(tmp_path.iterdir()) == []
    assert off.last_answer is not None
    line.cut()
    with pytest.raises(Unavailable):
        await off.customer_file(customer.key)
    assert isinstance(off.error, Unavailable)
    await off.close()
    off = Kept(line, file, keep=False, now=clock)
    with pytest.raises(Unavailable):
        await off.open()
    await off.close()


async def test_kept_copies_grow_old_and_are_erased(tmp_path: Path) -> None:
    """After its days a copy answers no more, and the next console erases it from the disk."""
    clock = Clock()
    line, customer = await a_line_with_people(clock)
    file = tmp_path / "x.db"
    kept = Kept(line, file, keep=True, days=2, now=clock)
    await kept.open()
    await read_everything(kept, customer)
    line.cut()
    clock.advance(days=1)
    await kept.customer_file(customer.key)
    clock.advance(days=1, minutes=1)
    with pytest.raises(Unavailable):
        await kept.customer_file(customer.key)
    await kept.close()
    kept = Kept(line, file, keep=True, days=2, now=clock)
    await kept.open()
    await kept.close()
    assert b"Anna Nowak" not in file.read_bytes()


async def test_forgotten_people_are_forgotten_here_too(tmp_path: Path) -> None:
    """Erasing a person in the source erases what was kept about them; `forget_all` erases everything."""
    clock = Clock()
    line, customer = await a_line_with_people(clock)
    file = tmp_path / "x.db"
    kept = Kept(line, file, keep=True, now=clock)
    await kept.open()
    await read_everything(kept, customer)
    await kept.forget(customer.key, ACTOR, "asked to")
    for part in tmp_path.iterdir():
        assert b"Anna Nowak" not in part.read_bytes()
    await kept.forget_all()
    line.cut()
    with pytest.raises(Unavailable):
        await kept.operators()
    await kept.close()


async def test_a_damaged_copy_is_begun_anew(tmp_path: Path) -> None:
    """A file that cannot be read keeps no console from starting: it held only copies."""
    clock = Clock()
    line, customer = await a_line_with_people(clock)
    file = tmp_path / "x.db"
    file.write_bytes(b"no database at all" * 1_000)
    kept = Kept(line, file, keep=True, now=clock)
    await kept.open()
    await read_everything(kept, customer)
    assert kept.failure is None
    line.cut()
    assert (await kept.customer_file(customer.key)).customer.name == "Anna Nowak"
    await kept.close()


async def test_an_outbox_before_kept_copies_shows_both(tmp_path: Path) -> None:
    """Offline a kept customer is shown with what was just taken down for them, and with why it is old."""
    clock = Clock()
    line, customer = await a_line_with_people(clock)

    def a_console() -> Outbox:
        kept = Kept(line, tmp_path / "kept.db", keep=True, now=clock)
        return Outbox(kept, tmp_path / "box.db", agent=ACTOR, now=clock, patience=0.3, poll=0.05)

    outbox = a_console()
    await outbox.open()
    await outbox.customer_file(customer.key)
    await outbox.timeline(customer.key)
    assert not outbox.error
    await outbox.close()
    line.cut()
    outbox = a_console()
    await outbox.open()
    assert str(outbox.error) == "connection refused"
    receipt = await outbox.write(Batch((Put(a_contact(customer, body="taken offline")),), ACTOR))
    assert receipt.waiting
    rows = (await outbox.timeline(customer.key)).rows
    assert next(row.body for row in rows if isinstance(row, Contact)) == "taken offline"
    assert len(rows) == 3
    assert (await outbox.customer_file(customer.key)).contacts_total == 3
    assert customer.key in outbox.stale_since
    assert str(outbox.error) == "connection refused"
    line.mend()
    clock.advance(minutes=2)
    await outbox.deliver()
    await until(lambda: not outbox.deliveries())
    assert len((await outbox.timeline(customer.key)).rows) == 3
    assert outbox.error is None
    with pytest.raises(NotFound):
        await outbox.contact("nothing")
    await outbox.close()
