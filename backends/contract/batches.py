"""Writing: a batch whole or not at all, nobody's work overwritten, nothing stored twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

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
from backends.port import Backend, Batch, Capability, Put, Remove, TicketFilter, undoing
from backends.records import (
    AnswerState,
    Compensation,
    Contact,
    Customer,
    Money,
    Origin,
    OutageUpdate,
    Record,
    Ticket,
    TicketState,
    new_key,
)


class BatchContract(Contract):
    """One user action is stored whole or not at all, once, and only over what the user saw."""

    async def test_a_batch_that_fails_leaves_nothing(self, backend: Backend) -> None:
        """When its last item cannot be stored, nothing of a batch is: no record, no change, no audit row."""
        await self.needs(backend, Capability.WRITE)
        customer = await self.a_customer(backend)
        rows = await self._audit_rows(backend)
        items = (
            Put(replace(customer, tone="calm"), seen=customer.version),
            Put(a_ticket(customer)),
            Put(a_contact(customer, customer_key=NOBODY)),
        )
        with refused("customer_key", "unknown"):
            await backend.write(Batch(items, actor=ACTOR, idempotency_key="once"))
        file = await backend.customer_file(customer.key)
        assert file.customer == customer
        assert file.tickets == ()
        assert (await backend.timeline(customer.key)).rows == ()
        assert await self._audit_rows(backend) == rows
        receipt = await backend.write(Batch(items[:2], actor=ACTOR, idempotency_key="once"))
        assert not receipt.repeated, "a failed batch must not use up its idempotency key"

    async def _audit_rows(self, backend: Backend) -> int:
        if Capability.AUDIT not in backend.capabilities:
            return 0
        return len(await every_row(lambda after: backend.audit(after=after)))

    async def test_new_keys_are_replaced_wherever_they_stand(self, backend: Backend) -> None:
        """Records of one batch name each other by new keys in any order, in circles too; all become real keys."""
        await self.needs(backend, Capability.WRITE)
        operator = an_operator()
        customer = a_customer(operator)
        line = a_line(customer)
        charge = a_charge(customer)
        ticket = a_ticket(customer, line_key=line.key)
        question = an_email(customer, ticket_key=ticket.key, answer=AnswerState.ANSWERED, line_key=line.key)
        answer = a_contact(customer)
        question = replace(question, answered_by=answer.key)
        answer = replace(answer, answered_by=question.key)
        contract = a_contract(customer, line_keys=(line.key,))
        chase = a_chase(ticket, contact_key=question.key)
        records: list[Record] = [chase, contract, question, answer, ticket, charge, line, customer, operator]
        receipt = await backend.write(Batch(tuple(Put(record) for record in records), actor=ACTOR))
        assert receipt.keys is not None
        real = receipt.keys
        assert set(real) == {record.key for record in records}
        assert [change.before for change in receipt.changes] == [None] * len(records)
        assert [type(change.after) for change in receipt.changes] == [type(record) for record in records]
        file = await backend.customer_file(real[customer.key])
        assert file.operator.key == real[operator.key]
        assert file.contracts[0].line_keys == (real[line.key],)
        assert file.tickets[0].line_key == real[line.key]
        assert (file.chases[0].ticket_key, file.chases[0].contact_key) == (real[ticket.key], real[question.key])
        stored = await backend.contact(real[question.key])
        assert (stored.answered_by, stored.ticket_key) == (real[answer.key], real[ticket.key])
        assert (await backend.contact(real[answer.key])).answered_by == real[question.key]

    async def test_a_receipt_shows_both_versions(self, backend: Backend) -> None:
        """A change holds the record before and after, in the batch's order, with a new version."""
        await self.needs(backend, Capability.WRITE)
        customer = await self.a_customer(backend)
        after = replace(customer, tone="calm", name="Other")
        contact = a_contact(customer)
        receipt = await backend.write(Batch((Put(contact), Put(after, seen=customer.version)), actor=ACTOR))
        created, changed = receipt.changes
        assert created.before is None
        assert isinstance(created.after, Contact)
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
        newer = await self.changed(backend, customer, tone="first")
        with pytest.raises(Conflict) as raised:
            await self.changed(backend, customer, tone="second")
        assert raised.value.newer == newer
        assert (await backend.customer_file(customer.key)).customer == newer

    async def test_a_stored_record_is_changed_only_from_a_seen_version(self, backend: Backend) -> None:
        """Storing over a record without saying which version was seen is Invalid."""
        await self.needs(backend, Capability.WRITE)
        customer = await self.a_customer(backend)
        with refused("seen", "missing"):
            await backend.write(Batch((Put(replace(customer, tone="x")),), actor=ACTOR))

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
        (entry,) = (await backend.timeline(customer.key)).rows
        assert isinstance(entry, Contact)
        assert not entry.whole
        with refused("body", "cut"):
            await self.changed(backend, entry, outcome="solved")
        assert await backend.contact(contact.key) == contact

    async def test_a_repeated_batch_is_stored_once(self, backend: Backend) -> None:
        """A batch with an idempotency key that was seen returns the first receipt, marked, and stores nothing."""
        await self.needs(backend, Capability.WRITE)
        customer = await self.a_customer(backend)
        batch = Batch((Put(a_ticket(customer)),), actor=ACTOR, idempotency_key=unlike_any_other())
        first = await backend.write(batch)
        rows = await self._audit_rows(backend)
        again = await backend.write(batch)
        assert again.repeated
        assert replace(again, repeated=False) == first
        assert len((await backend.customer_file(customer.key)).tickets) == 1
        assert await self._audit_rows(backend) == rows

    async def test_a_repeat_is_a_repeat_after_later_changes(self, backend: Backend) -> None:
        """A batch repeated late changes nothing that was done since."""
        await self.needs(backend, Capability.WRITE)
        customer = await self.a_customer(backend)
        batch = Batch((Put(replace(customer, tone="calm"), seen=customer.version),), ACTOR, idempotency_key="late")
        receipt = await backend.write(batch)
        after = receipt.changes[0].after
        assert isinstance(after, Customer)
        newest = await self.changed(backend, after, tone="glad")
        assert (await backend.write(batch)).repeated
        assert (await backend.customer_file(customer.key)).customer == newest

    async def test_batches_without_a_key_are_all_stored(self, backend: Backend) -> None:
        """Without an idempotency key, alike batches are different actions."""
        await self.needs(backend, Capability.WRITE)
        customer = await self.a_customer(backend)
        await self.contacts(backend, customer, 1, body="same")
        await self.contacts(backend, customer, 1, body="same")
        assert len((await backend.timeline(customer.key)).rows) == 2

    async def test_what_an_import_knows_is_left_alone(self, backend: Backend) -> None:
        """With `unless_known`, a record of a stored origin stays as it is; what names it names the stored one."""
        await self.needs(backend, Capability.WRITE)
        origin = Origin("crm", unlike_any_other())
        known = await self.a_customer(backend, origin=origin, name="As Stored")
        operator = (await backend.customer_file(known.key)).operator
        again = a_customer(operator, origin=origin, name="As Imported")
        ticket = a_ticket(again, origin=origin)
        items = (Put(ticket, unless_known=True), Put(again, unless_known=True))
        receipt = await backend.write(Batch(items, actor=ACTOR, act="import"))
        assert receipt.known == ((1, known.key),)
        assert receipt.keys is not None
        assert receipt.keys[again.key] == known.key
        assert [type(change.after) for change in receipt.changes] == [Ticket]
        file = await backend.customer_file(known.key)
        assert file.customer == known
        assert [each.subject for each in file.tickets] == [ticket.subject]
        receipt = await backend.write(Batch(items, actor=ACTOR, act="import"))
        assert [position for position, _ in receipt.known] == [0, 1]
        assert receipt.changes == ()

    async def test_one_origin_twice_in_a_batch_is_stored_once(self, backend: Backend) -> None:
        """With `unless_known`, the second record of an origin within one batch is known by the first."""
        await self.needs(backend, Capability.WRITE)
        customer = await self.a_customer(backend)
        origin = Origin("mbox", unlike_any_other())
        items = tuple(Put(a_contact(customer, origin=origin), unless_known=True) for _ in range(2))
        receipt = await backend.write(Batch(items, actor=ACTOR, act="import"))
        assert len(receipt.changes) == 1
        stored = receipt.changes[0].after
        assert stored is not None
        assert receipt.known == ((1, stored.key),)

    async def test_an_origin_is_stored_once(self, backend: Backend) -> None:
        """Without `unless_known`, a second record of the same kind and origin is Invalid."""
        await self.needs(backend, Capability.WRITE)
        origin = Origin("crm", unlike_any_other())
        customer = await self.a_customer(backend)
        await self.planted(backend, a_ticket(customer, origin=origin))
        with refused("origin", "taken"):
            await self.planted(backend, a_ticket(customer, origin=origin))

    @pytest.mark.parametrize("field", ["opened_at", "due_at", "closed_at"])
    async def test_a_moment_without_a_zone_is_refused(self, backend: Backend, field: str) -> None:
        """A naive datetime is Invalid, naming its field; nothing is guessed."""
        await self.needs(backend, Capability.WRITE)
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
        with refused("compensations", "naive"):
            await self.planted(backend, a_ticket(customer, compensations=paid))
        with refused("updates", "naive"):
            await self.planted(backend, an_outage(updates=(OutageUpdate(naive, "brewing"),)))

    @pytest.mark.parametrize("field", ["customer_key", "operator_key", "line_key", "outage_key"])
    @pytest.mark.parametrize("key", [NOBODY, "new"])
    async def test_a_reference_to_nothing_is_refused(self, backend: Backend, field: str, key: str) -> None:
        """A key that leads to no record, or a new key that the batch does not bring, is Invalid, naming its field."""
        await self.needs(backend, Capability.WRITE)
        customer = await self.a_customer(backend)
        with refused(field, "unknown"):
            await self.planted(backend, a_ticket(customer, **{field: new_key() if key == "new" else key}))
        assert (await backend.tickets(TicketFilter(customer_key=customer.key))).rows == ()

    async def test_a_reference_to_another_kind_is_refused(self, backend: Backend) -> None:
        """References in lists are looked at one by one, and must lead to the right kind."""
        await self.needs(backend, Capability.WRITE)
        customer = await self.a_customer(backend)
        line = await self.planted(backend, a_line(customer))
        with refused("line_keys", "unknown"):
            await self.planted(backend, a_contract(customer, line_keys=(line.key, NOBODY)))
        ticket = a_ticket(customer)
        with refused("contact_key", "unknown"):
            await self.plant(backend, [ticket, a_ticket_event(ticket, contact_key=ticket.key)])

    @pytest.mark.parametrize("field", ["customer_key", "operator_key"])
    async def test_what_a_record_cannot_do_without_is_demanded(self, backend: Backend, field: str) -> None:
        """An empty key where the record needs one is Invalid, naming its field."""
        await self.needs(backend, Capability.WRITE)
        customer = await self.a_customer(backend)
        with refused(field, "missing"):
            await self.planted(backend, a_contact(customer, **{field: ""}))

    async def test_a_record_stands_once_in_a_batch(self, backend: Backend) -> None:
        """A batch that holds one record twice is Invalid: which of the two is meant cannot be known."""
        await self.needs(backend, Capability.WRITE)
        customer = await self.a_customer(backend)
        ticket = a_ticket(customer)
        changed = Put(replace(customer, tone="calm"), seen=customer.version)
        for item in (Put(ticket), changed):
            with refused("key", "twice"):
                await backend.write(Batch((item, item), actor=ACTOR))
        assert (await backend.customer_file(customer.key)).customer == customer

    async def test_a_record_without_a_key_is_refused(self, backend: Backend) -> None:
        """The empty key means that nothing is stored: nothing can be stored under it."""
        await self.needs(backend, Capability.WRITE)
        with refused("key", "missing"):
            await backend.write(Batch((Put(an_operator(key="")),), actor=ACTOR))

    async def test_an_import_that_was_undone_can_be_repeated(self, backend: Backend) -> None:
        """An origin is known only as long as its record is there."""
        await self.needs(backend, Capability.WRITE, Capability.UNDO)
        customer = await self.a_customer(backend)
        item = Put(a_ticket(customer, origin=Origin("csv", unlike_any_other())), unless_known=True)
        receipt = await backend.write(Batch((item,), actor=ACTOR, act="import"))
        await backend.write(undoing(receipt, actor=ACTOR))
        again = await backend.write(Batch((item,), actor=ACTOR, act="import"))
        assert (len(again.changes), again.known) == (1, ())

    async def test_a_large_batch_is_one_action(self, backend: Backend) -> None:
        """A thousand records in one batch are all stored, in order, and one wrong one at the end keeps out all."""
        await self.needs(backend, Capability.WRITE)
        customer = await self.a_customer(backend)
        samples = [a_contact(customer, at=ago(minutes=index), body=f"body {index}") for index in range(1_000)]
        wrong = Put(a_contact(customer, line_key=NOBODY))
        with refused("line_key", "unknown"):
            await backend.write(Batch((*map(Put, samples), wrong), actor=ACTOR, act="import"))
        assert (await backend.customer_file(customer.key)).contacts_total == 0
        receipt = await backend.write(Batch(tuple(map(Put, samples)), actor=ACTOR, act="import"))
        assert receipt.keys is not None
        rows = await every_row(lambda after: backend.timeline(customer.key, after=after, limit=90))
        assert [entry.key for entry in rows] == [receipt.keys[sample.key] for sample in samples]

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
        ticket = await self.changed(backend, ticket, state=TicketState.WAITING_CUSTOMER, subject="Slow")
        assert (await backend.customer_file(customer.key)).tickets == (ticket,)
        assert (await backend.tickets(TicketFilter(customer_key=customer.key))).rows == (ticket,)
        assert await backend.ticket(ticket.reference) == ticket
