"""Everything held about a person, handed out to that person."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from backends.contract.base import ACTOR, NOBODY, Contract, kind_of
from backends.contract.samples import (
    a_charge,
    a_chase,
    a_contact,
    a_contract,
    a_customer,
    a_dispute,
    a_handover,
    a_line,
    a_promise,
    a_ticket,
    a_ticket_event,
    a_visit,
    ago,
    an_email,
    unlike_any_other,
)
from backends.errors import NotFound
from backends.port import Backend, Capability, Put
from backends.records import (
    Attachment,
    AuthorisedParty,
    CallRoute,
    Compensation,
    Contact,
    ContactPoint,
    Customer,
    CustomerFlag,
    Money,
    Origin,
    Place,
    PointKind,
    Record,
)


def all_about(customer: Customer, canary: str) -> list[Record]:
    """Return a record of every kind about `customer`, each personal text in it holding `canary`."""
    ticket = a_ticket(
        customer,
        subject=canary,
        description=f"about {canary}",
        details=(("where", canary),),
        next_step=canary,
        outcome_reason=canary,
        resolution=canary,
        compensations=(Compensation(Money(500, "EUR"), canary, ago(hours=1), "ola"),),
        first_contact_at=ago(hours=6),
        taken_in_charge_at=ago(hours=4),
        reference_given_at=ago(hours=5),
    )
    contact = an_email(
        customer,
        ticket_key=ticket.key,
        subject=canary,
        body="long " * 60 + canary,
        sender=f"{canary}@mail.example",
        recipient=f"{canary}@desk.example",
        waived_reason=canary,
        attachments=(Attachment(f"{canary}.pdf", "application/pdf", 9, "ab" * 32, identity_document=True),),
        route=CallRoute("+48800100200", ("2",), 33, 1),
        seconds=77,
        origin=Origin("mbox", unlike_any_other()),
    )
    place = Place(canary, canary, canary, canary, canary, "", "PL")
    line = a_line(customer, place=place, phone="+48601777888", mac="02:00:5E:77:88:99", ip="198.51.100.77")
    charge = a_charge(customer, text=canary)
    return [
        ticket,
        contact,
        line,
        charge,
        a_contract(customer, line_keys=(line.key,)),
        a_dispute(customer, reason=canary, answer=canary, charge_keys=(charge.key,)),
        a_ticket_event(ticket, text=canary),
        a_chase(ticket, note=canary),
        a_promise(customer, deed=canary, closed_reason=canary),
        a_visit(ticket, note=canary),
        a_handover(ticket, note=canary, told_customer=canary, declined_reason=canary),
    ]


async def planted_person(part: Contract, backend: Backend, canary: str) -> tuple[Customer, list[Record]]:
    """Store a person of whom everything personal holds `canary`; return them and all that hangs on them."""
    operator = await part.an_operator(backend)
    customer = await part.planted(
        backend,
        a_customer(
            operator,
            name=f"{canary} Person",
            greeting_name=f"Ms {canary}",
            place=Place(canary, "7", "", "61-777", "Poznań", "", "PL"),
            points=(
                ContactPoint(PointKind.EMAIL, f"{canary}@home.example"),
                ContactPoint(PointKind.MOBILE, "+48601777666", label=canary),
            ),
            authorised=(AuthorisedParty(canary, "son", "+48601777555", canary),),
            tone=canary,
            flags=frozenset({CustomerFlag.VULNERABLE}),
            origin=Origin("crm", unlike_any_other()),
        ),
    )
    return customer, await part.stored(backend, await part.storable(backend, all_about(customer, canary)))


def with_raw(customer: Customer, raw: bytes) -> Put:
    """Return the storing of a contact that was imported from `raw`."""
    return Put(a_contact(customer), raw=raw)


class ExportContract(Contract):
    """Everything held about a person, for that person."""

    async def test_the_export_holds_everything(self, backend: Backend) -> None:
        """Every record about the person is in it, as plain JSON values; nobody else's is."""
        await self.needs(backend, Capability.EXPORT)
        await self.needs_records(backend)
        canary, stranger = unlike_any_other(), unlike_any_other()
        customer, stored = await planted_person(self, backend, canary)
        await planted_person(self, backend, stranger)
        text = json.dumps(await backend.export(customer.key, ACTOR), ensure_ascii=False, allow_nan=False)
        assert stranger not in text
        for record in (customer, *stored):
            for value in _texts(record):
                assert json.dumps(value, ensure_ascii=False)[1:-1] in text, (kind_of(record), value)

    async def test_the_export_is_json_all_the_way(self, backend: Backend) -> None:
        """It comes back from JSON as it went in: texts, numbers, truths, lists and objects, nothing else."""
        await self.needs(backend, Capability.EXPORT)
        await self.needs_records(backend)
        customer, _ = await planted_person(self, backend, unlike_any_other())
        held = await backend.export(customer.key, ACTOR)
        assert json.loads(json.dumps(held, allow_nan=False)) == dict(held)

    async def test_the_export_holds_originals(self, backend: Backend) -> None:
        """The original of an imported item is in it byte for byte, in base64."""
        await self.needs(backend, Capability.EXPORT, Capability.RAW, Capability.WRITE)
        customer = await self.a_customer(backend)
        raw = bytes(range(256)) * 3
        await backend.write(await self.batch(backend, with_raw(customer, raw), act="import"))
        text = json.dumps(await backend.export(customer.key, ACTOR))
        assert base64.b64encode(raw).decode() in text

    async def test_an_original_outlives_changes(self, backend: Backend) -> None:
        """Changing an imported record keeps its original; another original takes its place."""
        await self.needs(backend, Capability.EXPORT, Capability.RAW, Capability.WRITE)
        customer = await self.a_customer(backend)
        first, second = base64.b64encode(b"first original"), base64.b64encode(b"second original")
        receipt = await backend.write(await self.batch(backend, with_raw(customer, b"first original"), act="import"))
        contact = receipt.changes[0].after
        assert isinstance(contact, Contact)
        contact = await self.changed(backend, contact, subject="about the line")
        assert first.decode() in json.dumps(await backend.export(customer.key, ACTOR))
        await backend.write(await self.batch(backend, Put(contact, seen=contact.version, raw=b"second original")))
        text = json.dumps(await backend.export(customer.key, ACTOR))
        assert first.decode() not in text
        assert second.decode() in text

    async def test_the_export_is_in_the_trail(self, backend: Backend) -> None:
        """Who took everything out is on record; an unknown customer is NotFound."""
        await self.needs(backend, Capability.EXPORT, Capability.AUDIT)
        await self.needs_records(backend)
        customer = await self.a_customer(backend)
        await backend.export(customer.key, "leo")
        row = (await backend.audit(customer_key=customer.key)).rows[0]
        assert (row.actor, row.act, row.subject, row.subject_key) == ("leo", "export", "customer", customer.key)
        with pytest.raises(NotFound):
            await backend.export(NOBODY, ACTOR)


def _texts(value: Any) -> list[str]:
    """Return every text in a record but those that are only codes."""
    if isinstance(value, str):
        return [str(value)] if value else []
    if isinstance(value, tuple | frozenset):
        return [text for part in value for text in _texts(part)]
    if hasattr(value, "__dataclass_fields__"):
        return [text for name in value.__dataclass_fields__ for text in _texts(getattr(value, name))]
    return []
