"""Which foreign records a store holds: what imports ask before they write."""

from __future__ import annotations

import pytest

from backends.contract.base import ACTOR, Contract
from backends.contract.samples import a_contact, a_ticket, unlike_any_other
from backends.port import Backend, Capability, Origins, Put, undoing
from backends.records import Charge, Contact, Customer, Line, Origin, Ticket


class OriginContract(Contract):
    """`backends.port.Origins`, for stores that take imports; others have no method `stored` and are skipped."""

    async def _origins(self, backend: Backend) -> Origins:
        await self.needs_records(backend)
        if not isinstance(backend, Origins):
            pytest.skip("takes no imports: has no method `stored`")
        return backend

    async def test_stored_origins_are_known_by_kind(self, backend: Backend) -> None:
        """Each asked origin that a record of this kind came from is given with its key; no other is."""
        store = await self._origins(backend)
        for kind in (Customer, Ticket, Contact):
            self.needs_fields(backend, kind, "origin")
        origin, other = Origin("crm", unlike_any_other()), Origin("CRM", unlike_any_other())
        customer = await self.a_customer(backend, origin=origin)
        ticket = await self.planted(backend, a_ticket(customer, origin=origin))
        contact = await self.planted(backend, a_contact(customer, origin=other))
        asked = [origin, other, Origin("crm", other.foreign_id), Origin("CRM", origin.foreign_id), Origin("", "")]
        assert await store.stored(Customer, asked) == {origin: customer.key}
        assert await store.stored(Ticket, asked) == {origin: ticket.key}
        assert await store.stored(Contact, frozenset(asked)) == {other: contact.key}
        assert await store.stored(Charge, asked) == {}
        assert await store.stored(Line, asked) == {}, "a line comes from nowhere"
        assert await store.stored(Customer, []) == {}

    async def test_many_origins_are_asked_for_at_once(self, backend: Backend) -> None:
        """An import may ask for thousands, known and unknown, with any text in them."""
        store = await self._origins(backend)
        self.needs_fields(backend, Contact, "origin")
        customer = await self.a_customer(backend)
        known = [Origin("m'b\"ox; --", f"<{index}%_*@ż.example>") for index in range(50)]
        stored = await self.stored(backend, [a_contact(customer, origin=origin) for origin in known])
        asked = [*(Origin("mbox", f"{index}") for index in range(5_000)), *known]
        assert await store.stored(Contact, asked) == dict(zip(known, (record.key for record in stored), strict=True))

    async def test_what_was_undone_is_no_longer_known(self, backend: Backend) -> None:
        """An undone import leaves no origin behind; a forgotten customer's stays, so that none comes back."""
        await self.needs(backend, Capability.UNDO, Capability.FORGET)
        store = await self._origins(backend)
        self.needs_fields(backend, Ticket, "origin")
        origin, lasting = Origin("csv", unlike_any_other()), Origin("csv", unlike_any_other())
        customer = await self.a_customer(backend, origin=lasting)
        receipt = await backend.write(await self.batch(backend, Put(a_ticket(customer, origin=origin)), act="import"))
        assert set(await store.stored(Ticket, [origin])) == {origin}
        await backend.write(undoing(receipt, actor=ACTOR))
        assert await store.stored(Ticket, [origin]) == {}
        await backend.forget(customer.key, ACTOR, "asked to")
        assert await store.stored(Customer, [lasting]) == {lasting: customer.key}
