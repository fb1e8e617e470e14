"""Presence and what is pending over the wire: each in their own name, and with servers and clients of other ages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from backends import wire
from backends.contract.samples import a_customer, a_promise, an_operator
from backends.errors import NotAllowed, Unavailable, Unsupported
from backends.events import PresenceChanged
from backends.port import Batch, Capability, Presence, Put
from backends.records import Customer, Key
from backends.rest.cordboard.backend import DeskBackend
from tests.serve.standing import Standing, standing

_NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)


@pytest_asyncio.fixture
async def served(tmp_path: Path) -> AsyncIterator[Standing]:
    """Run a server over an empty database."""
    async with standing(tmp_path) as found:
        yield found


async def _opened(served: Standing, *roles: str, agent: str) -> DeskBackend:
    client = served.client(served.token(*roles, agent=agent))
    await client.open()
    return client


async def _somebody(served: Standing) -> Key:
    operator = an_operator()
    customer = a_customer(operator)
    batch = Batch((Put(operator), Put(customer), Put(a_promise(customer))), "ola")
    stored = (await served.office.backend.write(batch)).changes[1].after
    assert isinstance(stored, Customer)
    return stored.key


async def test_an_agent_says_only_where_they_are_themselves(served: Standing) -> None:
    """A token tells of its own agent; for another it is refused, and without a name it is its own."""
    key = await _somebody(served)
    ewa = await _opened(served, "desk", agent="ewa")
    said = Presence("ola", key, _NOW, _NOW)
    with pytest.raises(NotAllowed):
        await ewa.present(said, agent="ola", console="one")
    await ewa.present(said, agent="", console="one")
    assert [one.agent for one in await ewa.presence(key)] == ["ewa"]
    await ewa.close()


async def test_a_monitor_learns_of_nobody(served: Standing) -> None:
    """Who is where and what is promised to whom are not for a token that only watches."""
    key = await _somebody(served)
    monitor = await _opened(served, "monitor", agent="probe")
    for asked in (monitor.presence(key), monitor.pending(), monitor.present(None, agent="probe", console="one")):
        with pytest.raises(NotAllowed):
            await asked
    await monitor.close()


async def test_a_server_of_before_is_not_asked_what_it_does_not_know(served: Standing) -> None:
    """An older server does not name these capabilities: the client says so by itself instead of asking."""
    served.office.backend.capabilities = frozenset(Capability) - {Capability.PENDING, Capability.PRESENCE}  # type: ignore[misc]
    client = await _opened(served, "desk", agent="ewa")
    before = len(client.exchanges)
    for asked, capability in (
        (client.pending(), Capability.PENDING),
        (client.presence("customer:1"), Capability.PRESENCE),
        (client.present(None, agent="ewa", console="one"), Capability.PRESENCE),
    ):
        with pytest.raises(Unsupported) as raised:
            await asked
        assert raised.value.capability == capability
    assert len(client.exchanges) == before
    await client.close()


def test_an_event_that_only_newer_servers_tell_is_passed_over() -> None:
    """A kind that this program does not know is no fault of the line; anything else that cannot be read is."""
    from backends.rest import cordboard

    client = cordboard.open_url("cordboard+https://desk.example/", name="desk", secret=lambda: None)
    told = PresenceChanged("customer:1", "7")
    assert client._event(wire.EVENT.text(told).decode()) == told
    assert client._event('{"@type": "weather_changed", "cursor": "8"}') is None
    for wrong in ('{"@type": "presence_changed"}', "no json"):
        with pytest.raises(Unavailable):
            client._event(wrong)
