"""Who is where: consoles say which customer they have open, and all others know it at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from backends.contract.base import ACTOR, NOBODY, every_row
from backends.contract.living import LiveContract
from backends.contract.samples import a_ticket, ago
from backends.events import CustomerChanged, Event, PresenceChanged
from backends.port import Backend, Capability, Presence
from backends.records import Customer, Key

_AT = "desk-1"
_COLLEAGUE = "leo"


def _shown(rows: tuple[Presence, ...]) -> list[tuple[str, Key, bool]]:
    return [(one.agent, one.ticket_key, one.writing) for one in rows]


def _same(events: list[Event], customer: Customer) -> list[Event]:
    """Return those of `events` that are about a customer, without their cursors."""
    return [replace(one, cursor="") for one in events if getattr(one, "customer_key", "") == customer.key]


class PresenceContract(LiveContract):
    """Who has which customer open now."""

    async def tells(
        self, backend: Backend, customer: Customer | None, agent: str = ACTOR, console: str = _AT, **said: Any
    ) -> None:
        """Say which customer a console has open."""
        told = None
        if customer is not None:
            told = replace(Presence(agent, customer.key, ago(minutes=1), ago(days=3)), **said)
        await backend.present(told, agent=agent, console=console)

    async def test_who_has_a_customer_open_is_seen(self, backend: Backend) -> None:
        """What a console tells is read by others: who, since when, on which ticket, whether they write."""
        await self.needs(backend, Capability.PRESENCE)
        await self.needs_records(backend)
        customer, other = [await self.a_customer(backend) for _ in range(2)]
        ticket = await self.planted(backend, a_ticket(customer))
        async with self.other(backend) as there:
            assert await there.presence(customer.key) == ()
            since = ago(minutes=7)
            await self.tells(backend, customer, ticket_key=ticket.key, since=since)
            (seen,) = await there.presence(customer.key)
            assert (seen.agent, seen.customer_key, seen.ticket_key) == (ACTOR, customer.key, ticket.key)
            assert (seen.since, seen.writing) == (since, False)
            assert ago(minutes=1) <= seen.seen_at <= ago(seconds=-1), "seen at is the store's, not the teller's"
            assert await there.presence(other.key) == ()
            await self.tells(backend, customer, writing=True)
            assert _shown(await there.presence(customer.key)) == [(ACTOR, "", True)]
            await self.tells(backend, None)
            assert await there.presence(customer.key) == ()

    async def test_a_console_is_at_one_customer(self, backend: Backend) -> None:
        """Opening another customer leaves the one before; two consoles of an agent are one agent."""
        await self.needs(backend, Capability.PRESENCE)
        await self.needs_records(backend)
        one, other = [await self.a_customer(backend) for _ in range(2)]
        await self.tells(backend, one)
        await self.tells(backend, other)
        assert (_shown(await backend.presence(one.key)), len(await backend.presence(other.key))) == ([], 1)
        await self.tells(backend, other, console="desk-2", writing=True)
        assert _shown(await backend.presence(other.key)) == [(ACTOR, "", True)]
        await self.tells(backend, None, console="desk-2")
        assert _shown(await backend.presence(other.key)) == [(ACTOR, "", False)]
        await self.tells(backend, other, agent=_COLLEAGUE)
        assert [one.agent for one in await backend.presence(other.key)] == sorted((ACTOR, _COLLEAGUE))
        await self.tells(backend, None)
        await self.tells(backend, None, agent=_COLLEAGUE)

    async def test_keys_are_not_looked_up(self, backend: Backend) -> None:
        """A console may be at a customer of another source; at none is nowhere, as no presence is."""
        await self.needs(backend, Capability.PRESENCE)
        await self.needs_records(backend)
        customer = await self.a_customer(backend)
        await self.tells(backend, customer)
        await self.tells(backend, replace(customer, key=NOBODY), ticket_key=NOBODY)
        assert _shown(await backend.presence(NOBODY)) == [(ACTOR, NOBODY, False)]
        assert await backend.presence(customer.key) == ()
        await self.tells(backend, replace(customer, key=""))
        assert [await backend.presence(key) for key in (NOBODY, "")] == [(), ()]

    async def test_coming_and_going_is_heard_and_nothing_else(self, backend: Backend) -> None:
        """Others hear who comes, writes, stops, goes; not each time it is told, and never that the customer changed."""
        await self.needs(backend, Capability.PRESENCE, Capability.LIVE)
        await self.needs_records(backend)
        customer, other = [await self.a_customer(backend) for _ in range(2)]
        changed, elsewhere = PresenceChanged(customer.key), PresenceChanged(other.key)
        async with self.other(backend) as there, self.listening(there) as listener:
            steps: tuple[tuple[Customer | None, dict[str, Any], list[Event]], ...] = (
                (customer, {}, [changed]),
                (customer, {}, []),
                (customer, {"writing": True}, [changed]),
                (customer, {"writing": True}, []),
                (customer, {}, [changed]),
                (other, {}, [changed]),
                (None, {}, []),
                (None, {}, []),
            )
            for told, said, wanted in steps:
                before = len(listener.heard)
                await self.tells(backend, told, **said)
                await self._hears(listener, await self.sign(backend), before)
                assert _same(listener.heard[before:], customer) == wanted, (told, said)
            heard = _same(listener.heard, other)
            assert heard == [elsewhere, elsewhere]
            assert not any(isinstance(one, CustomerChanged) for one in _same(listener.heard, customer))

    async def test_it_is_no_deed(self, backend: Backend) -> None:
        """Nothing of it is in the trail or in an export, no version grows, and nothing is left of it when forgotten."""
        await self.needs(backend, Capability.PRESENCE)
        await self.needs_records(backend)
        customer = await self.a_customer(backend)
        rows = await self.audit_rows(backend)
        console = "console-unlike-any-other"
        await self.tells(backend, customer, agent=ACTOR, console=console)
        assert await self.audit_rows(backend) == rows
        assert (await backend.customer_file(customer.key)).customer == customer
        if Capability.EXPORT in backend.capabilities:
            exported = await backend.export(customer.key, ACTOR)
            assert console not in repr(exported)
            assert "presence" not in exported
        assert await every_row(lambda after: backend.timeline(customer.key, after=after)) == []
        if Capability.FORGET in backend.capabilities:
            await backend.forget(customer.key, ACTOR, "asked to")
            assert await backend.presence(customer.key) == ()
