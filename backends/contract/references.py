"""References: everybody gets one, no two alike, found as people read them out."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from backends.contract.base import NOBODY, Contract, R, kind_of, refused
from backends.contract.samples import (
    a_contact,
    a_customer,
    a_line,
    a_ticket,
    an_agent,
    an_operator,
    an_outage,
    unlike_any_other,
)
from backends.errors import NotFound
from backends.port import Backend, Capability
from backends.records import Customer, Record, Ticket


class ReferenceContract(Contract):
    """What customers, lines, tickets, contacts and outages are called outside the backend."""

    async def test_references_are_assigned_and_unique(self, backend: Backend) -> None:
        """What comes without a reference gets one that no other has, fit to be read out: letters, digits, dashes."""
        await self.needs_records(backend)
        operator = await self.an_operator(backend)
        customer = await self.planted(backend, a_customer(operator))
        every: list[Record] = []
        for _ in range(3):
            every += [a_customer(operator), a_line(customer), a_ticket(customer), a_contact(customer), an_outage()]
        records = await self.stored(backend, await self.storable(backend, every))
        given = [(kind_of(record), _called(record)) for record in records]
        assert len(set(given)) == len(given)
        assert all(re.fullmatch(self.reference_form, reference) for _, reference in given), given

    async def test_a_reference_of_ones_own_is_kept(self, backend: Backend) -> None:
        """An imported reference stays as it is, and no assigned one collides with it."""
        await self.needs_records(backend)
        self.needs_fields(backend, Ticket, "reference")
        customer = await self.a_customer(backend)
        first = await self.planted(backend, a_ticket(customer))
        begun = re.match(r"(.*?)(\d+)$", first.reference)
        following = f"{begun[1]}{int(begun[2]) + 1}" if begun else f"{first.reference}1"
        own = await self.planted(backend, a_ticket(customer, reference=following))
        assert own.reference == following
        later = [await self.planted(backend, a_ticket(customer)) for _ in range(3)]
        assert len({ticket.reference for ticket in (first, own, *later)}) == 5

    async def test_a_ticket_is_found_as_people_say_it(self, backend: Backend) -> None:
        """A ticket is found by its key and by its reference in any case."""
        await self.needs_records(backend)
        customer = await self.a_customer(backend)
        sample = a_ticket(customer)
        if self.keeps(backend, Ticket, "reference"):
            sample = replace(sample, reference="Abc-77x")
        ticket = await self.planted(backend, sample)
        assert ticket.reference == "Abc-77x" or not self.keeps(backend, Ticket, "reference")
        await self.planted(backend, a_ticket(customer))
        for said in (ticket.key, ticket.reference, ticket.reference.lower(), ticket.reference.upper()):
            assert await backend.ticket(said) == ticket

    async def test_no_two_share_what_names_them(self, backend: Backend) -> None:
        """A taken reference, number, code or login is Invalid in any case, naming its field."""
        await self.needs_records(backend)
        operator = an_operator(code="BREZA") if self.has_operators(backend) else await self.an_operator(backend)
        if self.has_operators(backend):
            operator = await self.planted(backend, operator)
        customer = await self.a_customer(backend)
        pairs: list[tuple[str, Record, Record]] = [
            ("login", an_agent(login="Ola"), an_agent(login="ola")),
            ("number", a_customer(operator, number="C-ABC"), a_customer(operator, number="c-abc")),
            ("reference", a_ticket(customer, reference="T-ABC"), a_ticket(customer, reference="t-abc")),
            ("reference", a_contact(customer, reference="K-ABC"), a_contact(customer, reference="k-abc")),
            ("reference", an_outage(reference="O-ABC"), an_outage(reference="o-abc")),
        ]
        if self.has_operators(backend):
            await self._is_taken(backend, an_operator(code="breza"), "code")
        for field, first, second in pairs:
            if await self.storable(backend, [first]) and self.keeps(backend, type(first), field):
                await self.planted(backend, first)
                await self._is_taken(backend, second, field)

    async def _is_taken(self, backend: Backend, record: R, field: str) -> None:
        with refused(field, "taken"):
            await self.planted(backend, record)

    async def test_brands_number_their_customers_themselves(self, backend: Backend) -> None:
        """Two operators may have a customer of the same number each; both are found by it."""
        await self.needs(backend, Capability.SEARCH)
        await self.needs_records(backend)
        await self.needs_operators(backend)
        self.needs_fields(backend, Customer, "number")
        number = f"{unlike_any_other()}-7".upper()
        one = await self.a_customer(backend, number=number)
        other = await self.a_customer(backend, number=number)
        found = await backend.search(number)
        assert {match.customer.key for match in found} == {one.key, other.key}
        assert not any(match.exact for match in found), "exact means that nobody else can be meant"

    async def test_a_change_keeps_the_reference(self, backend: Backend) -> None:
        """Storing a record over itself is no collision, and a reference can be corrected."""
        await self.needs(backend, Capability.WRITE)
        ticket = await self.planted(backend, a_ticket(await self.a_customer(backend)))
        same = await self.changed(backend, ticket, subject="other")
        assert same.reference == ticket.reference
        self.needs_fields(backend, Ticket, "reference")
        corrected = await self.changed(backend, same, reference="FIXED-1")
        assert await backend.ticket("fixed-1") == corrected

    async def test_what_is_not_there_is_not_found(self, backend: Backend) -> None:
        """Unknown keys and references raise NotFound; an error never looks like an empty list."""
        for asked in (
            backend.customer_file(NOBODY),
            backend.contact(NOBODY),
            backend.ticket(NOBODY),
            backend.timeline(NOBODY),
            backend.customer_file(""),
            backend.contact(""),
            backend.ticket(""),
        ):
            with pytest.raises(NotFound):
                await asked

    @pytest.mark.parametrize("key", ["-1", "0", "99999999999999999999", "1.0", "1 OR 1=1", "٣", "\x00", "x" * 10_000])
    async def test_odd_keys_are_not_found(self, backend: Backend, key: str) -> None:
        """A key that no record ever had raises NotFound, whatever it looks like."""
        for asked in (backend.customer_file(key), backend.contact(key), backend.ticket(key), backend.timeline(key)):
            with pytest.raises(NotFound):
                await asked

    async def test_operators_by_name_agents_by_login(self, backend: Backend) -> None:
        """Operators come in the order of their names, agents in the order of their logins."""
        await self.needs_records(backend)
        await self.needs_operators(backend)
        await self.stored(backend, [an_operator(name=name) for name in ("Breza", "Aurora", "Cirrus")])
        await self.stored(backend, [replace(an_agent(), login=login) for login in ("mia", "leo", "ola")])
        assert [operator.name for operator in await backend.operators()] == ["Aurora", "Breza", "Cirrus"]
        assert [agent.login for agent in await backend.agents()] == ["leo", "mia", "ola"]


def _called(record: Record) -> str:
    return str(getattr(record, "reference", "") or getattr(record, "number", ""))
