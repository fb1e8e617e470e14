"""Writing: a batch whole or not at all, nobody's work overwritten, nothing stored twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backends.contract.base import ACTOR, NOBODY, Contract, every_row, refused, without_identity
from backends.contract.samples import (
    a_charge,
    a_chase,
    a_contact,
    a_contract,
    a_customer,
    a_line,
    a_ticket,
    a_ticket_event,
    ago,
    an_email,
    an_operator,
    an_outage,
    unlike_any_other,
)
from backends.errors import Conflict, NotFound
from backends.port import Backend, Batch, Capability, Put, Remove, TicketFilter
from backends.records import (
    AnswerState,
    Chase,
    Compensation,
    Contact,
    Key,
    Line,
    Money,
    Outage,
    OutageUpdate,
    Record,
    Ticket,
    TicketEvent,
    TicketState,
    new_key,
)


class BatchContract(Contract):
    """One user action is stored whole or not at all, once, and only over what the user saw."""

    async def test_a_batch_that_fails_leaves_nothing(self, backend: Backend) -> None:
        """When its last item cannot be stored, nothing of a batch is: no record, no change, no audit row."""
        await self.needs(backend, Capability.WRITE)
        customer = await self.a_customer(backend)
        rows = await self.audit_rows(backend)
        key = unlike_any_other()
        batch = await self.batch(
            backend,
            Put(self.touched(backend, customer, "calm"), seen=customer.version),
            Put(a_ticket(customer)),
            Put(replace(a_ticket(customer), customer_key=NOBODY)),
            idempotency_key=key,
        )
        with refused("customer_key", "unknown"):
            await backend.write(batch)
        file = await backend.customer_file(customer.key)
        assert file.customer == customer
        assert file.tickets == ()
        assert (await backend.timeline(customer.key)).rows == ()
        assert await self.audit_rows(backend) == rows
        receipt = await backend.write(replace(batch, items=batch.items[:2]))
        assert not receipt.repeated, "a failed batch must not use up its idempotency key"

    async def test_new_keys_are_replaced_wherever_they_stand(self, backend: Backend) -> None:
        """Records of one batch name each other by new keys in any order, in circles too; all become real keys."""
        await self.needs(backend, Capability.WRITE)
        operator = an_operator() if self.has_operators(backend) else await self.an_operator(backend)
        customer = a_customer(operator)
        line = a_line(customer)
        charge = a_charge(customer)
        on_line = line.key if self.holds(backend, Line) else ""
        ticket = a_ticket(customer, line_key=on_line)
        question = an_email(customer, ticket_key=ticket.key, answer=AnswerState.ANSWERED, line_key=on_line)
        answer = a_contact(customer, ticket_key=ticket.key, answered_by=question.key)
        question = replace(question, answered_by=answer.key)
        contract = a_contract(customer, line_keys=(line.key,))
        chase = a_chase(ticket, contact_key=question.key)
        event = a_ticket_event(ticket, contact_key=question.key)
        every: list[Record] = [event, chase, contract, question, answer, ticket, charge, line, customer]
        if self.has_operators(backend):
            every.append(operator)
        records = await self.storable(backend, every)
        receipt = await backend.write(await self.batch(backend, *map(Put, records)))
        assert receipt.keys is not None
        real = dict(receipt.keys)
        assert set(real) == {record.key for record in records}
        assert [change.before for change in receipt.changes] == [None] * len(records)
        assert [type(change.after) for change in receipt.changes] == [type(record) for record in records]
        file = await backend.customer_file(real[customer.key])
        assert file.operator.key == real.get(operator.key, operator.key)
        lines = tuple(real[one.key] for one in records if one is line)
        assert [one.line_keys for one in file.contracts] == [lines for one in records if one is contract]
        assert {one.ticket_key for one in file.chases} == {real[ticket.key] for one in records if one is chase}
        (stored,) = file.tickets
        self._leads(backend, stored, "line_key", real.get(line.key, ""))
        for record, other in ((question, answer), (answer, question)):
            if record in records:
                kept = await backend.contact(real[record.key])
                self._leads(backend, kept, "ticket_key", real[ticket.key])
                self._leads(backend, kept, "answered_by", real[other.key])
        for change in receipt.changes:
            if isinstance(change.after, TicketEvent | Chase):
                assert change.after.ticket_key == real[ticket.key]
                self._leads(backend, change.after, "contact_key", real.get(question.key, ""))

    def _leads(self, backend: Backend, record: Record, name: str, key: Key) -> None:
        assert getattr(record, name) == key or not self.keeps(backend, type(record), name)

    async def test_a_receipt_shows_both_versions(self, backend: Backend) -> None:
        """A change holds the record before and after, in the batch's order, with a new version."""
        await self.needs(backend, Capability.WRITE)
        customer = await self.a_customer(backend)
        after = self.touched(backend, customer, "calm")
        batch = await self.batch(backend, Put(a_ticket(customer)), Put(after, seen=customer.version))
        receipt = await backend.write(batch)
        created, changed = receipt.changes
        assert created.before is None
        assert isinstance(created.after, Ticket)
        assert changed.before == customer
        assert changed.after is not None
        assert without_identity(changed.after) == without_identity(after)
        assert changed.after.version != customer.version
        assert changed.after.key == customer.key
        assert receipt.at.utcoffset() == timedelta(0)
        assert not receipt.repeated

    async def test_nobody_overwrites_what_they_did_not_see(self, backend: Backend) -> None:
        """Storing over a version that is no longer the newest raises Conflict with the newer record."""
        await self.needs(backend, Capability.WRITE)
        customer = await self.a_customer(backend)
        newer = await self.touch(backend, customer, "first")
        with pytest.raises(Conflict) as raised:
            await self.touch(backend, customer, "second")
        assert raised.value.newer == newer
        assert (await backend.customer_file(customer.key)).customer == newer

    async def test_a_stored_record_is_changed_only_from_a_seen_version(self, backend: Backend) -> None:
        """Storing over a record without saying which version was seen is Invalid."""
        await self.needs(backend, Capability.WRITE)
        customer = await self.a_customer(backend)
        with refused("seen", "missing"):
            await backend.write(await self.batch(backend, Put(self.touched(backend, customer, "x"))))

    async def test_a_record_that_is_gone_cannot_be_changed(self, backend: Backend) -> None:
        """Storing over, or removing, a record that is not there raises Conflict without a newer record, or NotFound."""
        await self.needs(backend, Capability.WRITE, Capability.UNDO)
        ticket = await self.planted(backend, a_ticket(await self.a_customer(backend)))
        await backend.write(Batch((Remove(ticket, seen=ticket.version),), actor=ACTOR, act="undo"))
        for item in (Put(ticket, seen=ticket.version), Remove(ticket, seen=ticket.version)):
            with pytest.raises((Conflict, NotFound)) as raised:
                await backend.write(Batch((item,), actor=ACTOR))
            assert getattr(raised.value, "newer", None) is None

    async def test_the_beginning_of_a_body_never_replaces_the_whole(self, backend: Backend) -> None:
        """A contact whose body a page has cut cannot be stored: it is Invalid, and the body stays."""
        await self.needs(backend, Capability.WRITE)
        customer = await self.a_customer(backend)
        contact = await self.planted(backend, a_contact(customer, body="word " * 200))
        (entry,) = self.own((await backend.timeline(customer.key)).rows)
        assert isinstance(entry, Contact)
        assert not entry.whole
        with refused("body", "cut"):
            await backend.write(Batch((Put(entry, seen=entry.version),), actor=ACTOR))
        assert await backend.contact(contact.key) == contact

    @pytest.mark.parametrize("field", ["opened_at", "due_at", "closed_at"])
    async def test_a_moment_without_a_zone_is_refused(self, backend: Backend, field: str) -> None:
        """A naive datetime is Invalid, naming its field; nothing is guessed."""
        await self.needs(backend, Capability.WRITE)
        self.needs_fields(backend, Ticket, field)
        customer = await self.a_customer(backend)
        naive = datetime(2026, 1, 2, 3, 4)
        with refused(field, "naive"):
            await self.planted(backend, a_ticket(customer, **{field: naive}))

    async def test_a_moment_without_a_zone_is_found_inside(self, backend: Backend) -> None:
        """A naive datetime in a part of a record is Invalid too; the field named begins with that part's."""
        await self.needs(backend, Capability.WRITE)
        customer = await self.a_customer(backend)
        naive = ago(hours=1).replace(tzinfo=None)
        paid = (Compensation(Money(100, "EUR"), "sorry", naive, "ola"),)
        if self.keeps(backend, Ticket, "compensations"):
            with refused("compensations", "naive"):
                await self.planted(backend, a_ticket(customer, compensations=paid))
        outage = an_outage(updates=(OutageUpdate(naive, "brewing"),))
        await self.needs_kinds(backend, outage)
        self.needs_fields(backend, Outage, "updates")
        with refused("updates", "naive"):
            await self.planted(backend, outage)

    @pytest.mark.parametrize("field", ["customer_key", "operator_key", "line_key", "outage_key"])
    @pytest.mark.parametrize("key", [NOBODY, "new"])
    async def test_a_reference_to_nothing_is_refused(self, backend: Backend, field: str, key: str) -> None:
        """A key that leads to no record, or a new key that the batch does not bring, is Invalid, naming its field."""
        await self.needs(backend, Capability.WRITE)
        self.needs_fields(backend, Ticket, field)
        customer = await self.a_customer(backend)
        with refused(field, "unknown"):
            await self.planted(backend, a_ticket(customer, **{field: new_key() if key == "new" else key}))
        assert (await backend.tickets(TicketFilter(customer_key=customer.key))).rows == ()

    async def test_a_reference_to_another_kind_is_refused(self, backend: Backend) -> None:
        """References in lists are looked at one by one, and must lead to the right kind."""
        await self.needs(backend, Capability.WRITE)
        customer = await self.a_customer(backend)
        ticket = a_ticket(customer)
        event = a_ticket_event(ticket, contact_key=ticket.key)
        if self.holds(backend, TicketEvent) and self.keeps(backend, TicketEvent, "contact_key"):
            with refused("contact_key", "unknown"):
                await self.stored(backend, [ticket, event])
        for line in await self.storable(backend, [a_line(customer)]):
            line = await self.planted(backend, line)
            for contract in await self.storable(backend, [a_contract(customer, line_keys=(line.key, NOBODY))]):
                with refused("line_keys", "unknown"):
                    await self.planted(backend, contract)
        with refused("customer_key", "unknown"):
            await self.planted(backend, a_ticket(customer, customer_key=(await self.planted(backend, ticket)).key))

    @pytest.mark.parametrize("field", ["customer_key", "operator_key"])
    async def test_what_a_record_cannot_do_without_is_demanded(self, backend: Backend, field: str) -> None:
        """An empty key where the record needs one is Invalid, naming its field."""
        await self.needs(backend, Capability.WRITE)
        customer = await self.a_customer(backend)
        self.needs_fields(backend, Ticket, field)
        with refused(field, "missing"):
            await self.planted(backend, a_ticket(customer, **{field: ""}))

    async def test_a_record_stands_once_in_a_batch(self, backend: Backend) -> None:
        """A batch that holds one record twice is Invalid: which of the two is meant cannot be known."""
        await self.needs(backend, Capability.WRITE)
        customer = await self.a_customer(backend)
        ticket = a_ticket(customer)
        changed = Put(self.touched(backend, customer, "calm"), seen=customer.version)
        for item in (Put(ticket), changed):
            with refused("key", "twice"):
                await backend.write(await self.batch(backend, item, item))
        assert (await backend.customer_file(customer.key)).customer == customer

    async def test_a_record_without_a_key_is_refused(self, backend: Backend) -> None:
        """The empty key means that nothing is stored: nothing can be stored under it."""
        await self.needs(backend, Capability.WRITE)
        customer = await self.a_customer(backend)
        with refused("key", "missing"):
            await backend.write(await self.batch(backend, Put(a_ticket(customer, key=""))))

    async def test_a_large_batch_is_one_action(self, backend: Backend) -> None:
        """Very many records in one batch are all stored, in order, and one wrong one at the end keeps out all."""
        await self.needs(backend, Capability.WRITE)
        customer = await self.a_customer(backend)
        samples = [a_contact(customer, at=ago(minutes=index), body=f"body {index}") for index in range(self.large)]
        batch = await self.batch(backend, *map(Put, samples), act="import")
        begun = (await backend.customer_file(customer.key)).contacts_total
        nowhere: dict[str, Any] = {"key": new_key(), "ticket_key": NOBODY}
        wrong = Put(replace(batch.items[-1].record, **nowhere))
        with refused("ticket_key", "unknown"):
            await backend.write(replace(batch, items=(*batch.items, wrong)))
        assert (await backend.customer_file(customer.key)).contacts_total == begun
        receipt = await backend.write(batch)
        assert receipt.keys is not None
        rows = self.own(await every_row(lambda after: backend.timeline(customer.key, after=after, limit=90)))
        stored = [change.after for change in receipt.changes if change.after is not None]
        assert [record.key for record in stored] == [receipt.keys[sample.key] for sample in samples]
        assert {row.key for row in rows} == {record.key for record in stored}
        assert [row.key for row in rows] == [record.key for record in stored] or not self.keeps(backend, Contact, "at")

    async def test_an_empty_batch_is_an_empty_receipt(self, backend: Backend) -> None:
        """A batch without items stores nothing and says so."""
        await self.needs(backend, Capability.WRITE)
        receipt = await backend.write(Batch((), actor=ACTOR))
        assert receipt.changes == ()
        assert receipt.at.tzinfo is UTC

    async def test_changes_reach_every_way_of_reading(self, backend: Backend) -> None:
        """A stored change is seen by the file, the list and the reference at once."""
        await self.needs(backend, Capability.WRITE)
        customer = await self.a_customer(backend)
        ticket = await self.planted(backend, a_ticket(customer))
        ticket = await self.changed(backend, ticket, state=TicketState.IN_PROGRESS, subject="Slow")
        assert ticket.subject == "Slow"
        assert ticket.state is TicketState.IN_PROGRESS or not self.keeps(backend, Ticket, "state")
        assert (await backend.customer_file(customer.key)).tickets == (ticket,)
        assert (await backend.tickets(TicketFilter(customer_key=customer.key))).rows == (ticket,)
        assert await backend.ticket(ticket.reference) == ticket
