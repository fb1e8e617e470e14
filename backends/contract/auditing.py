"""The audit trail: who looked, who changed what; nothing is ever taken out of it."""

from __future__ import annotations

from dataclasses import fields

import pytest

from backends.contract.base import ACTOR, NOBODY, Contract, every_row
from backends.contract.samples import (
    a_contact,
    a_ticket,
    unlike_any_other,
)
from backends.errors import NotFound
from backends.port import Backend, Capability, Put, undoing
from backends.records import (
    FIRST_LINK,
    AuditEntry,
    Contact,
    Customer,
    Origin,
    chained,
)


class AuditContract(Contract):
    """The audit trail: appended, chained, complete."""

    async def _trail(self, backend: Backend, customer: Customer | None = None) -> list[AuditEntry]:
        key = customer.key if customer else ""
        rows = await every_row(lambda after: backend.audit(customer_key=key, after=after, limit=3))
        return rows[::-1]

    async def test_everything_done_leaves_a_row(self, backend: Backend) -> None:
        """Creating, changing, reading and undoing are each in the trail with who, what and whose."""
        await self.needs(backend, Capability.AUDIT, Capability.WRITE, Capability.UNDO)
        customer = await self.a_customer(backend)
        other = await self.a_customer(backend)
        begun = len(await self._trail(backend, customer))
        changed = self.touched(backend, customer, "calm")
        items = (Put(a_ticket(customer)), Put(changed, seen=customer.version))
        batch = await self.batch(backend, *items, actor="mia", act="change", reason="asked")
        receipt = await backend.write(batch)
        await backend.note_read(customer.key, "leo", "search")
        await backend.write(undoing(receipt, actor="ola", reason="slip"))
        rows = (await self._trail(backend, customer))[begun:]
        assert [(row.actor, row.act, row.subject) for row in rows] == [
            ("mia", "change", "ticket"),
            ("mia", "change", "customer"),
            ("leo", "read", "customer"),
            ("ola", "undo", "customer"),
            ("ola", "undo", "ticket"),
        ]
        ticket = receipt.changes[0].after
        assert ticket is not None
        assert [row.subject_key for row in rows] == [ticket.key, customer.key, customer.key, customer.key, ticket.key]
        assert {row.customer_key for row in rows} == {customer.key}
        names = [spec.name for spec in fields(customer)]
        (field,) = [name for name in names if getattr(changed, name) != getattr(customer, name)]
        assert field in rows[1].detail
        assert "asked" in rows[1].detail
        assert "search" in rows[2].detail
        assert [row.customer_key for row in await self._trail(backend, other)] == [other.key]

    async def test_details_hold_no_customer_text(self, backend: Backend) -> None:
        """The trail names fields; it never repeats what is in them."""
        await self.needs(backend, Capability.AUDIT, Capability.WRITE)
        canary = unlike_any_other()
        customer = await self.a_customer(backend, name=canary, tone=canary)
        contact = await self.planted(backend, a_contact(customer, subject=canary, body=canary))
        await self.changed(backend, contact, body=f"{canary} {canary}")
        rows = await self._trail(backend)
        assert rows
        assert not any(canary in row.detail for row in rows)

    async def test_the_chain_holds(self, backend: Backend) -> None:
        """Each row is chained to the one before, numbered without gaps from 1, and the check finds all in order."""
        await self.needs(backend, Capability.AUDIT)
        await self.needs_records(backend)
        customer = await self.a_customer(backend, name="Ząb")
        await backend.note_read(customer.key, "leo", "zażółć 🦓")
        await self.contacts(backend, customer, 5)
        rows = await self._trail(backend)
        previous = FIRST_LINK
        for number, row in enumerate(rows, 1):
            assert row.sequence == number
            assert row.previous == previous
            previous = chained(
                previous, number, row.at, row.actor, row.act, row.subject, row.subject_key, row.customer_key, row.detail
            )
            assert row.digest == previous
        heard: list[tuple[int, int]] = []
        verdict = await backend.audit_verify(lambda done, total: heard.append((done, total)))
        assert (verdict.rows, verdict.broken_at, verdict.reason) == (len(rows), None, "")
        assert heard[-1] == (len(rows), len(rows))

    async def test_an_import_leaves_a_row(self, backend: Backend) -> None:
        """A batch of many records leaves one row or more with its act; what was known already leaves none."""
        await self.needs(backend, Capability.AUDIT, Capability.WRITE)
        customer = await self.a_customer(backend)
        begun = len(await self._trail(backend))
        origin = Origin("mbox", unlike_any_other())
        self.needs_fields(backend, Contact, "origin")
        item = Put(a_contact(customer, origin=origin), unless_known=True)
        batch = await self.batch(backend, item, actor="mia", act="import")
        await backend.write(batch)
        rows = (await self._trail(backend))[begun:]
        assert rows
        assert {(row.actor, row.act, row.subject) for row in rows} == {("mia", "import", "contact")}
        await backend.write(batch)
        assert len(await self._trail(backend)) == begun + len(rows)

    async def test_an_empty_trail_is_in_order(self, backend: Backend) -> None:
        """A store in which nothing was done has nothing to find."""
        await self.needs(backend, Capability.AUDIT)
        verdict = await backend.audit_verify()
        assert (verdict.rows, verdict.broken_at) == (0, None)

    async def test_pages_hold_while_the_trail_grows(self, backend: Backend) -> None:
        """Paging back gives each row once while new ones are appended."""
        await self.needs(backend, Capability.AUDIT)
        await self.needs_records(backend)
        customer = await self.a_customer(backend)
        for _ in range(5):
            await backend.note_read(customer.key, ACTOR)
        first = await backend.audit(limit=3)
        await backend.note_read(customer.key, "late")
        rows = await every_row(lambda after: backend.audit(limit=3, after=after or first.after))
        sequences = [row.sequence for row in (*first.rows, *rows)]
        assert sequences == list(range(first.rows[0].sequence, 0, -1))

    async def test_reading_nobody_is_not_found(self, backend: Backend) -> None:
        """A reading of a customer who does not exist is refused, not noted."""
        await self.needs(backend, Capability.AUDIT)
        with pytest.raises(NotFound):
            await backend.note_read(NOBODY, ACTOR)
        assert await self._trail(backend) == []
