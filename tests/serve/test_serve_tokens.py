"""Who may do what: tokens, roles, and in whose name something is stored."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from backends import wire
from backends.contract.samples import a_customer, an_agent, an_operator, an_outage
from backends.errors import NotAllowed, NotSignedIn
from backends.port import Batch, Put, undoing
from backends.records import Customer, Outage, OutageState
from backends.serve.callers import ROLES
from tests.serve.standing import Standing, standing


@pytest_asyncio.fixture
async def served(tmp_path: Path) -> AsyncIterator[Standing]:
    """Run a server over an empty database."""
    async with standing(tmp_path) as found:
        yield found


def _as(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer cbd_guessed", "Basic b2xhOm9sYQ==", "bearer\tx", "Bearer é"])
async def test_without_a_token_nobody_learns_anything(served: Standing, header: str) -> None:
    """No token, a wrong one or another scheme: 401 with a challenge, on every path but health and description."""
    async with httpx.AsyncClient(base_url=served.base) as http:
        headers = [(b"Authorization", header.encode())] if header else []
        for method, path in (
            ("GET", "desk/v1/about"),
            ("POST", "desk/v1/write"),
            ("GET", "nowhere"),
            ("GET", "metrics"),
        ):
            answer = await http.request(method, path, headers=headers)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert answer.json()["code"] == "not_signed_in"
        for path in ("health", "ready", "openapi.json"):
            assert (await http.get(path)).status_code == 200


async def test_the_client_says_that_it_is_not_signed_in(served: Standing) -> None:
    """A token that was removed, or has ended, raises NotSignedIn."""
    token = served.token(name="gone")
    client = served.client(token)
    await client.open()
    served.office.ledger.remove_token("gone")
    with pytest.raises(NotSignedIn):
        await client.operators()
    await client.close()
    ended = served.office.ledger.add_token("ended", "ola", ["desk"], datetime.now(UTC) - timedelta(seconds=1))
    again = served.client(ended)
    with pytest.raises(NotSignedIn):
        await again.open()
    await again.close()


async def test_a_token_is_kept_as_its_digest_in_a_private_file(served: Standing) -> None:
    """The file cannot give a token away, and is its owner's alone."""
    token = served.token()
    held = b"".join(file.read_bytes() for file in served.office.ledger.file.parent.glob("serve.db*"))
    assert token.encode() not in held
    assert token[4:].encode() not in held
    for file in served.office.ledger.file.parent.glob("serve.db*"):
        assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0


async def test_a_monitor_sees_outages_and_no_customer(served: Standing) -> None:
    """The role for monitoring reads metrics, operators and outages; people and writing are forbidden to it."""
    monitor = served.client(served.token("monitor", agent="prometheus"))
    await monitor.open()
    assert await monitor.outages() == ()
    assert await monitor.operators() == ()
    for asked in (
        monitor.search("nowak"),
        monitor.customer_file("customer:1"),
        monitor.queue(),
        monitor.agents(),
        monitor.audit(),
        monitor.write(Batch((Put(an_outage()),), "prometheus")),
    ):
        with pytest.raises(NotAllowed):
            await asked
    await monitor.close()


async def test_a_monitor_hears_of_outages_only(served: Standing) -> None:
    """Whose customer something happened to is not told to who may not read customers."""
    writer, monitor = served.client(), served.client(served.token("monitor", agent="prometheus"))
    await writer.open()
    await monitor.open()
    listening = monitor.events("0")
    operator = an_operator()
    await writer.write(Batch((Put(operator), Put(a_customer(operator)), Put(an_outage())), "ola"))
    async with asyncio.timeout(10):
        assert type(await anext(listening)).__name__ in ("OutageChanged", "Resync")
    await writer.close()
    await monitor.close()


@pytest.mark.parametrize("role", [role for role in ROLES if role not in ("monitor", "system", "supervisor")])
async def test_agents_write_in_their_own_name(served: Standing, role: str) -> None:
    """An agent's batch carries the agent's login, also when none is given; another one's is refused."""
    boss = served.client()
    await boss.open()
    operator = await _stored(boss, an_operator())
    agent = served.client(served.token(role, agent="ewa"))
    await agent.open()
    await agent.write(Batch((Put(a_customer(operator)),), "ewa"))
    await agent.write(Batch((Put(a_customer(operator)),), ""))
    with pytest.raises(NotAllowed):
        await agent.write(Batch((Put(a_customer(operator)),), "ola"))
    assert {entry.actor for entry in (await boss.audit(limit=2)).rows} == {"ewa"}
    for asked in (agent.audit(), agent.export("customer:1", "ewa"), agent.forget("customer:1", "ewa", "x")):
        with pytest.raises(NotAllowed):
            await asked
    await agent.close()
    await boss.close()


async def _stored(client: Any, record: Any) -> Any:
    return (await client.write(Batch((Put(record),), "ola"))).changes[0].after


@pytest.mark.parametrize(("role", "may"), [("hotline", False), ("technical", True), ("supervisor", True)])
async def test_who_decides_on_outages(served: Standing, role: str, may: bool) -> None:
    """Everybody may say that something is brewing, and take that back; confirming is the technical service's."""
    agent = served.client(served.token(role, agent="ewa"))
    await agent.open()
    receipt = await agent.write(Batch((Put(an_outage()),), "ewa"))
    outage = receipt.changes[0].after
    assert isinstance(outage, Outage)
    if not may:
        await agent.write(undoing(receipt, actor="ewa"))
        receipt = await agent.write(Batch((Put(an_outage()),), "ewa"))
        outage = receipt.changes[0].after
        assert isinstance(outage, Outage)
    confirmed = Batch((Put(replace(outage, state=OutageState.CONFIRMED), seen=outage.version),), "ewa")
    if may:
        await agent.write(confirmed)
    else:
        with pytest.raises(NotAllowed):
            await agent.write(confirmed)
        with pytest.raises(NotAllowed):
            await agent.write(Batch((Put(an_outage(state=OutageState.CONFIRMED)),), "ewa"))
    await agent.close()


async def test_who_may_change_who_may_do_what(served: Standing) -> None:
    """Agents and operators are stored by supervisors: their roles decide what a console offers."""
    agent, boss = served.client(served.token("desk", agent="ewa")), served.client(served.token("supervisor"))
    await agent.open()
    await boss.open()
    for record in (an_agent(), an_operator()):
        with pytest.raises(NotAllowed):
            await agent.write(Batch((Put(record),), "ewa"))
        await boss.write(Batch((Put(record),), "ola"))
    await agent.close()
    await boss.close()


async def test_a_removed_token_ends_its_stream(tmp_path: Path) -> None:
    """Somebody whose token was taken away does not go on listening."""
    from backends.serve.office import Limits

    limits = Limits(rate=0, alive_seconds=0.05)
    async with standing(tmp_path, limits=limits) as served, served.http() as http, asyncio.timeout(10):
        (token,) = served.office.ledger.tokens()
        async with http.stream("GET", "desk/v1/events") as answer:
            assert answer.status_code == 200
            served.office.ledger.remove_token(token.name)
            async for _ in answer.aiter_raw():
                pass


async def test_two_agents_keys_do_not_meet(served: Standing) -> None:
    """The same idempotency key of two agents means two requests: nobody gets another one's receipt."""
    boss = served.client()
    await boss.open()
    operator = await _stored(boss, an_operator())
    found = set()
    for login in ("ewa", "jan"):
        client = served.client(served.token("desk", agent=login))
        await client.open()
        receipt = await client.write(Batch((Put(a_customer(operator, name=login)),), login, idempotency_key="1"))
        after = receipt.changes[0].after
        assert isinstance(after, Customer)
        assert (receipt.repeated, after.name) == (False, login)
        found.add(after.key)
        await client.close()
    assert len(found) == 2
    await boss.close()


async def test_the_server_tells_what_it_can_do(served: Standing) -> None:
    """The client takes over the capabilities of what is served, and knows who it is signed in as."""
    client = served.client(served.token("desk", agent="ewa"))
    await client.open()
    assert client.capabilities == served.office.backend.capabilities
    assert client.stores == served.office.backend.stores
    async with httpx.AsyncClient(base_url=served.base, headers=_as(served.token("desk", agent="ewa"))) as http:
        told = (await http.get("desk/v1/about")).json()
    assert (told["agent"], told["roles"], told["version"]) == ("ewa", ["desk"], "1.2.3")
    assert set(told["stores"]) == set(wire.BY_NAME)
    await client.close()
