"""Moving: what was stored for one customer turns out to be another's (R38), and goes there with all that finds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from backends.contract.base import ACTOR, every_row
from backends.contract.limits import kind_of
from backends.contract.living import LiveContract
from backends.contract.samples import (
    a_charge,
    a_chase,
    a_contact,
    a_contract,
    a_dispute,
    a_handover,
    a_line,
    a_promise,
    a_ticket,
    a_ticket_event,
    a_visit,
    unlike_any_other,
)
from backends.errors import Unsupported
from backends.events import TicketChanged
from backends.port import (
    Backend,
    Batch,
    Capability,
    Change,
    CustomerFile,
    PendingFilter,
    Put,
    Receipt,
    TicketFilter,
    TimelineFilter,
    undoing,
)
from backends.records import Customer, Line, Record, Ticket, TicketEvent

_PHONE = "+48601555333"


def moved(record: Record, to: Customer) -> Put:
    """Return the storing of a record as another customer's."""
    changes: dict[str, Any] = {"customer_key": to.key}
    if hasattr(record, "operator_key"):
        changes["operator_key"] = to.operator_key
    return Put(replace(record, **changes), seen=record.version)


def _unversioned(value: Any) -> Any:
    """Return what was read without versions, which only grow."""
    if isinstance(value, tuple | list):
        return [_unversioned(one) for one in value]
    if isinstance(value, Change):
        return value
    if hasattr(value, "version"):
        return replace(value, version=0)
    if hasattr(value, "__dataclass_fields__"):
        return {name: _unversioned(getattr(value, name)) for name in value.__dataclass_fields__}
    return value


class MovingContract(LiveContract):
    """A changed `customer_key`: everything is the other customer's, as if it had never been anybody else's."""

    async def possessions(self, backend: Backend, customer: Customer, word: str) -> list[Record]:
        """Store for a customer one of everything that can be theirs, findable by `word`, and return it."""
        (ticket,) = await self.stored(backend, [a_ticket(customer, subject=f"no {word}")])
        assert isinstance(ticket, Ticket)
        found: list[Record] = [ticket]
        lines = await self.storable(backend, [a_line(customer, phone=_PHONE, product=word)])
        for line in lines:
            found.append(await self.planted(backend, line))
        owed = await self.storable(backend, [a_charge(customer, text=word, dunning_on=date(2026, 6, 1))])
        for charge in owed:
            found.append(await self.planted(backend, charge))
        charges = tuple(each.key for each in found[1 + len(lines) :])
        hanging: list[Record] = [
            a_contact(customer, ticket_key=ticket.key, body=f"my {word} " + "long " * 100),
            a_ticket_event(ticket, text=word),
            a_chase(ticket, note=word),
            a_promise(customer, ticket_key=ticket.key, deed=word),
            a_visit(ticket, note=word),
            a_handover(ticket, note=word),
            a_contract(customer, product=word, ends_on=date(2027, 1, 1)),
            a_dispute(customer, charge_keys=charges, reason=word),
        ]
        for record in await self.storable(backend, hanging):
            found.append(await self.planted(backend, record))
        contacts = [kind_of(record) for record in found].index("contact")
        found[contacts] = await backend.contact(found[contacts].key)
        return found

    async def seen(self, backend: Backend, customer: Customer, words: Sequence[str] = ()) -> Any:
        """Return everything that reading shows of a customer, and who is found by words, without versions."""
        key = customer.key
        found: list[Any] = [
            await backend.customer_file(key),
            await every_row(lambda after: backend.timeline(key, after=after)),
            await every_row(lambda after: backend.tickets(TicketFilter(customer_key=key), after=after)),
        ]
        if Capability.PENDING in backend.capabilities:
            rows = await every_row(lambda after: backend.pending(PendingFilter(), after=after))
            found.append([(row.kind, row.record) for row in rows if row.customer.key == key])
        for word in words:
            if Capability.TEXT_SEARCH in backend.capabilities:
                hits = (await backend.search_text(word)).rows
                found.append([(hit.contact.key, hit.customer_number) for hit in hits])
            if Capability.SEARCH in backend.capabilities:
                found.append([(match.customer.key, match.on) for match in await backend.search(word)])
        return _unversioned(found)

    async def moves(self, backend: Backend, records: Sequence[Record], to: Customer) -> Receipt:
        """Move records to another customer in one batch; skips where it is refused and nothing was stored."""
        owners = [customer for customer in {getattr(one, "customer_key", "") for one in records} if customer]
        before = [await backend.customer_file(key) for key in (*owners, to.key)]
        batch = Batch(tuple(moved(one, to) for one in records), ACTOR, reason="same person")
        refused = ""
        try:
            receipt = await backend.write(batch)
        except Unsupported as refusal:
            refused = refusal.capability
        if refused:
            assert refused.startswith(("change.", "move.", "write."))
            assert [await backend.customer_file(key) for key in (*owners, to.key)] == before
            pytest.skip(f"does not {refused.replace('.', ' ')}, and says so")
        await self.settled(backend)
        return receipt

    async def test_everything_moves_and_an_undo_restores_it(self, backend: Backend) -> None:
        """All of one person becomes another's, in file, history, lists and search; the undo makes it as it was."""
        await self.needs(backend, Capability.WRITE)
        one, other = [await self.a_customer(backend, name=unlike_any_other()) for _ in range(2)]
        word = unlike_any_other()
        records = await self.possessions(backend, one, word)
        words = (word, _PHONE, one.name, other.name)
        before = [await self.seen(backend, each, words) for each in (one, other)]
        receipt = await self.moves(backend, records, other)
        here, there = await backend.customer_file(one.key), await backend.customer_file(other.key)
        assert _unversioned(replace(here, customer=one)) == _unversioned(_emptied(here, one))
        assert (here.contacts_total, there.contacts_total) == (0, 1)
        for name in ("lines", "contracts", "charges", "disputes", "chases", "promises", "visits", "handovers"):
            kinds = [kind_of(record) for record in records]
            assert len(getattr(there, name)) == kinds.count(name.removesuffix("s")), name
        assert [ticket.customer_key for ticket in there.tickets] == [other.key]
        assert await every_row(lambda after: backend.timeline(one.key, after=after)) == []
        entries = await every_row(lambda after: backend.timeline(other.key, after=after))
        wanted = 1 + any(isinstance(record, TicketEvent) for record in records)
        assert len(self.own(entries)) == wanted
        if Capability.TEXT_SEARCH in backend.capabilities:
            (hit,) = (await backend.search_text(word)).rows
            assert (hit.contact.customer_key, hit.customer_name) == (other.key, other.name)
            filtered = await backend.timeline(other.key, only=TimelineFilter(text=word))
            assert len(filtered.rows) == 1
        if Capability.SEARCH in backend.capabilities and any(isinstance(record, Line) for record in records):
            assert [match.customer.key for match in await backend.search(_PHONE)] == [other.key]
        await self.needs(backend, Capability.UNDO)
        await backend.write(undoing(receipt, actor=ACTOR, reason="they are two"))
        assert [await self.seen(backend, each, words) for each in (one, other)] == before

    @pytest.mark.parametrize(
        "kind",
        [
            "contact", "ticket", "ticket_event", "chase", "promise", "visit", "handover", "line", "contract", "charge",
            "dispute",
        ],
    )  # fmt: skip
    async def test_one_record_moves_alone(self, backend: Backend, kind: str) -> None:
        """Each kind can be moved by itself and back; nothing else moves with it."""
        await self.needs(backend, Capability.WRITE)
        one, other = [await self.a_customer(backend) for _ in range(2)]
        records = await self.possessions(backend, one, unlike_any_other())
        chosen = [record for record in records if kind_of(record) == kind]
        if not chosen:
            pytest.skip(f"does not store {kind}, which other tests see")
        if kind in ("contact", "ticket") and not self.has_operators(backend):
            pytest.skip("keeps a contact and its ticket together")
        before = [await self.seen(backend, each) for each in (one, other)]
        receipt = await self.moves(backend, chosen, other)
        (change,) = receipt.changes
        assert getattr(change.after, "customer_key", "") == other.key
        assert [await self.seen(backend, each) for each in (one, other)] != before
        await self.needs(backend, Capability.UNDO)
        await backend.write(undoing(receipt, actor=ACTOR))
        assert [await self.seen(backend, each) for each in (one, other)] == before

    async def test_both_customers_hear_of_a_move(self, backend: Backend) -> None:
        """Who has the one open sees it go, who has the other open sees it come."""
        await self.needs(backend, Capability.LIVE, Capability.WRITE)
        one, other = [await self.a_customer(backend) for _ in range(2)]
        ticket = await self.planted(backend, a_ticket(one))
        async with self.other(backend) as there, self.listening(there) as listener:
            before = len(listener.heard)
            await self.moves(backend, [ticket], other)
            assert (await backend.ticket(ticket.key)).customer_key == other.key
            for customer in (other,) if self.coarse_events else (one, other):
                await self._hears(listener, TicketChanged(customer.key, ticket.key), before)

    async def test_who_is_forgotten_is_forgotten_wherever_they_were(self, backend: Backend) -> None:
        """A repeated batch tells nothing of a person whose record was moved away before they were forgotten."""
        await self.needs(backend, Capability.WRITE, Capability.FORGET)
        one, other = [await self.a_customer(backend) for _ in range(2)]
        word = unlike_any_other()
        ticket = await self.planted(backend, a_ticket(one, subject=word))
        batch = Batch((moved(ticket, other),), ACTOR, idempotency_key=unlike_any_other())
        try:
            await backend.write(batch)
        except Unsupported:
            pytest.skip("moves no ticket, which another test sees")
        await backend.forget(one.key, ACTOR, "asked to")
        repeated = await backend.write(batch)
        assert repeated.repeated
        assert word not in repr(repeated)


def _emptied(file: CustomerFile, customer: Customer) -> CustomerFile:
    """Return a customer's file with nothing in it."""
    return CustomerFile(customer, file.operator)
