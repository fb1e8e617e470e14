"""Links: which records of several sources are the same, found from either end and gone with the customer."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import strategies as st

from backends.contract import strategies
from backends.contract.base import ACTOR, NOBODY, checked, refused
from backends.contract.living import LiveContract
from backends.contract.samples import (
    a_contact,
    a_customer,
    a_foreign_end,
    a_link,
    a_ticket,
    ago,
    unlike_any_other,
)
from backends.errors import Invalid, NotFound
from backends.events import CustomerChanged
from backends.port import Backend, Capability, Put, undoing
from backends.records import Customer, Key, LinkKind, Origin


class LinkContract(LiveContract):
    """`links`, for stores that keep them."""

    async def _needs_links(self, backend: Backend, *capabilities: Capability) -> None:
        await self.needs(backend, Capability.LINKS, *capabilities)
        await self.needs_records(backend)
        await self.needs_kinds(backend, a_link(a_foreign_end(), a_foreign_end()))

    def _here(self, backend: Backend, key: Key) -> Origin:
        """Return the end that is a record of this store: its source has the store's own name."""
        return Origin(backend.name, key)

    @checked(25, data=st.data())
    async def test_links_round_trip(self, backend: Backend, data: st.DataObject) -> None:
        """A link is read as it was stored, from either of its ends."""
        await self._needs_links(backend)
        sample = await self.fitting(backend, data.draw(strategies.links))
        stored = await self.planted(backend, sample)
        assert self.same(backend, stored, sample)
        for asked in ([sample.left], [sample.right], [sample.left, sample.right, a_foreign_end()]):
            assert await backend.links(asked) == (stored,)

    async def test_links_are_found_by_their_ends(self, backend: Backend) -> None:
        """Every link that has one of the ends asked for is given once, oldest first; no other is."""
        await self._needs_links(backend)
        one, two, three, four = (a_foreign_end() for _ in range(4))
        samples = [
            a_link(one, two, made_at=ago(days=1)),
            a_link(three, two, made_at=ago(days=3)),
            a_link(one, three, made_at=ago(days=2), kind=LinkKind.NOT_SAME),
            a_link(four, a_foreign_end()),
        ]
        newest, oldest, between, other = await self.stored(backend, samples)
        assert await backend.links([one]) == (between, newest)
        assert await backend.links({one, two, three}) == (oldest, between, newest)
        assert await backend.links([four]) == (other,)
        assert await backend.links([]) == ()
        assert await backend.links([Origin(one.source, two.foreign_id + "x"), Origin("", ""), a_foreign_end()]) == ()
        assert await backend.links([Origin("ELSEWHERE", one.foreign_id)]) == ()

    async def test_one_pair_has_one_link(self, backend: Backend) -> None:
        """A second link of the same two ends is refused in either order, and so is a link of an end with itself."""
        await self._needs_links(backend)
        one, two = a_foreign_end(), a_foreign_end()
        await self.planted(backend, a_link(one, two))
        for left, right in ((one, two), (two, one)):
            with refused("right", "taken"):
                await self.planted(backend, a_link(left, right, kind=LinkKind.NOT_SAME))
        with pytest.raises(Invalid) as raised:
            await self.planted(backend, a_link(one, one))
        assert raised.value.field == "right"

    async def test_an_end_leads_somewhere(self, backend: Backend) -> None:
        """An end that is empty is refused, and so is one of this store that names no record of its kind."""
        await self._needs_links(backend)
        customer = await self.a_customer(backend)
        ticket = await self.planted(backend, a_ticket(customer))
        for end, code in (
            (Origin("", "x"), "missing"),
            (Origin("elsewhere", ""), "missing"),
            (self._here(backend, NOBODY), "unknown"),
            (self._here(backend, ticket.key), "unknown"),
        ):
            with refused("left", code):
                await self.planted(backend, a_link(end, a_foreign_end()))
        same = a_link(self._here(backend, ticket.key), a_foreign_end(), kind=LinkKind.SAME_TICKET)
        assert await self.planted(backend, same) in await backend.links([same.left])

    async def test_a_link_to_what_the_batch_brings(self, backend: Backend) -> None:
        """An end may be a record of the same batch: its new key becomes the real one."""
        await self._needs_links(backend, Capability.WRITE)
        customer = a_customer(await self.an_operator(backend))
        link = a_link(a_foreign_end(), self._here(backend, customer.key))
        receipt = await backend.write(await self.batch(backend, Put(link), Put(customer)))
        assert receipt.keys is not None
        (found,) = await backend.links([link.left])
        assert found.right == self._here(backend, receipt.keys[customer.key])

    async def test_a_link_is_changed_and_undone(self, backend: Backend) -> None:
        """That two are not the same takes the place of a link, and undo brings it back, or takes it away."""
        await self._needs_links(backend, Capability.WRITE, Capability.UNDO)
        one, two = a_foreign_end(), a_foreign_end()
        await self.planted(backend, a_link(one, two))
        (link,) = await backend.links([one])
        batch = await self.batch(backend, Put(replace(link, kind=LinkKind.NOT_SAME), seen=link.version))
        receipt = await backend.write(batch)
        (changed,) = await backend.links([two])
        assert (changed.kind, changed.key) == (LinkKind.NOT_SAME, link.key)
        await backend.write(undoing(receipt, actor=ACTOR))
        (again,) = await backend.links([two])
        assert again.kind is LinkKind.SAME_CUSTOMER
        fresh = await backend.write(await self.batch(backend, Put(a_link(two, a_foreign_end()))))
        await backend.write(undoing(fresh, actor=ACTOR))
        assert await backend.links([two]) == (again,)

    async def test_what_a_link_names_stays(self, backend: Backend) -> None:
        """A record that a link names cannot be undone before the link is."""
        await self._needs_links(backend, Capability.WRITE, Capability.UNDO)
        operator = await self.an_operator(backend)
        receipt = await backend.write(await self.batch(backend, Put(a_customer(operator))))
        customer = receipt.changes[0].after
        assert isinstance(customer, Customer)
        linked = await backend.write(
            await self.batch(backend, Put(a_link(self._here(backend, customer.key), a_foreign_end())))
        )
        with refused("left", "in_use"):
            await backend.write(undoing(receipt, actor=ACTOR))
        await backend.write(undoing(linked, actor=ACTOR))
        await backend.write(undoing(receipt, actor=ACTOR))
        with pytest.raises(NotFound):
            await backend.customer_file(customer.key)

    async def test_a_link_is_heard(self, backend: Backend) -> None:
        """Who looks at a customer of this store hears that a link of theirs changed; of other links nobody hears."""
        await self._needs_links(backend, Capability.LIVE, Capability.WRITE)
        async with self.other(backend) as there, self.listening(backend) as listener:
            customer = await self.a_customer(there)
            contact = await self.planted(there, a_contact(customer))
            await listener.until(lambda event: getattr(event, "key", "") == contact.key)
            for link in (
                a_link(self._here(there, customer.key), a_foreign_end()),
                a_link(a_foreign_end(), self._here(there, contact.key), kind=LinkKind.SAME_CONTACT),
            ):
                after = len(listener.heard)
                await self.planted(there, link)
                await self._hears(listener, CustomerChanged(customer.key), after)
            after = len(listener.heard)
            await self.planted(there, a_link(a_foreign_end(), a_foreign_end()))
            sign = await self.sign(there)
            await self._hears(listener, sign, after)
            assert self._told(listener, after) == [sign] or self.coarse_events

    async def test_a_link_is_in_the_trail_of_its_customer(self, backend: Backend) -> None:
        """Who linked a customer is in the trail, under that customer; the evidence is not."""
        await self._needs_links(backend, Capability.AUDIT, Capability.WRITE)
        customer = await self.a_customer(backend)
        canary = unlike_any_other()
        link = a_link(a_foreign_end(), self._here(backend, customer.key), evidence=(canary,))
        await backend.write(await self.batch(backend, Put(link), act="link", reason="same number"))
        row = (await backend.audit(customer_key=customer.key)).rows[0]
        assert (row.act, row.subject) == ("link", "link")
        assert canary not in row.detail

    async def test_a_link_is_exported_and_forgotten(self, backend: Backend) -> None:
        """What was found about a person is given to them, and is gone with them: from links, exports and receipts."""
        await self._needs_links(backend, Capability.FORGET, Capability.EXPORT, Capability.WRITE)
        customer, other = await self.a_customer(backend), await self.a_customer(backend)
        contact = await self.planted(backend, a_contact(customer))
        canary = unlike_any_other()
        ends = [a_foreign_end() for _ in range(3)]
        links = [
            a_link(self._here(backend, customer.key), ends[0], evidence=(canary,)),
            a_link(ends[1], self._here(backend, contact.key), kind=LinkKind.SAME_CONTACT, evidence=(canary,)),
            a_link(self._here(backend, other.key), ends[2]),
        ]
        batch = await self.batch(backend, *map(Put, links), idempotency_key=unlike_any_other())
        await backend.write(batch)
        assert canary in repr(await backend.export(customer.key, ACTOR))
        assert canary not in repr(await backend.export(other.key, ACTOR))
        counts = await backend.forget(customer.key, ACTOR, "asked to")
        assert counts["link"] == 2
        assert [link.right for link in await backend.links(ends)] == [ends[2]]
        assert canary not in repr(await backend.export(customer.key, ACTOR))
        repeated = await backend.write(batch)
        assert repeated.repeated
        assert canary not in repr(repeated)
        assert await backend.links([*ends[:2], self._here(backend, customer.key)]) == ()
