"""The TM Forum routes over a real socket: lists, changes, rights, repetitions, callbacks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from backends.contract.samples import (
    a_contact,
    a_contract,
    a_customer,
    a_ticket,
    a_ticket_event,
    a_visit,
    ago,
    an_email,
    an_operator,
    an_outage,
    points,
)
from backends.memory import MemoryBackend
from backends.port import Batch, Capability, Put
from backends.records import Contract, Customer, Priority, Record, Ticket, Visit
from tests.serve.standing import Standing, standing
from tests.servers.plain import PlainServer, Request, reply

TICKETS, CUSTOMERS = "troubleTicket/v4/troubleTicket", "customer/v5/customer"


@dataclass
class Filled:
    """A server with one customer and what hangs on them, and somebody who asks."""

    server: Standing
    asks: httpx.AsyncClient
    customer: Customer
    ticket: Ticket
    visit: Visit
    contract: Contract

    def as_(self, *roles: str) -> httpx.AsyncClient:
        """Return somebody with these roles."""
        return _client(self.server, self.server.token(*roles))


def _client(server: Standing, token: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=f"{server.base}tmf-api/", headers={"Authorization": f"Bearer {token}"}, timeout=20
    )


@asynccontextmanager
async def filled(tmp_path: Path, **settings: Any) -> AsyncIterator[Filled]:
    """Give a server with some records."""
    async with standing(tmp_path, **settings) as server:
        operator = an_operator(code="nord")
        customer = a_customer(operator, name="Ewa Nowak", points=points("+48601234567"))
        ticket = a_ticket(customer, opened_at=ago(days=2))
        records: list[Record] = [
            operator, customer, ticket, a_visit(ticket), a_contract(customer), a_contact(customer),
            a_ticket_event(ticket, text="rang"), an_outage(), an_email(customer),
        ]  # fmt: skip
        receipt = await server.office.backend.write(Batch(tuple(map(Put, records)), actor="ola"))
        made = {type(change.after): change.after for change in receipt.changes}
        async with _client(server, server.token()) as asks:
            yield Filled(server, asks, made[Customer], made[Ticket], made[Visit], made[Contract])  # type: ignore[arg-type]


async def test_lists_are_filtered_cut_and_sorted(tmp_path: Path) -> None:
    """Attribute filters, comparisons, fields, offset, limit and sort; totals count what passes, not what is shown."""
    async with filled(tmp_path) as here:
        customer = here.customer.key
        made = [a_ticket(here.customer, subject=f"No {n}", priority=Priority.HIGH) for n in range(3)]
        await here.server.office.backend.write(Batch(tuple(map(Put, made)), actor="ola"))
        for query, count, total in (
            ("", 4, 4), ("limit=2", 2, 4), ("offset=3", 1, 4), ("offset=9", 0, 4), ("limit=0", 0, 4),
            ("priority=High", 3, 3), ("priority=High,Medium", 4, 4), ("priority=High&limit=1", 1, 3),
            ("priority.ne=High", 1, 1), ("name=No 1", 1, 1), ("name=nobody", 0, 0), ("colour=blue", 0, 0),
            (f"relatedParty.id={customer}", 4, 4), ("relatedParty.id=customer:99", 0, 0),
            ("relatedParty.role=operator", 4, 4), ("note.text=rang", 1, 1),
            (f"creationDate.lt={ago(days=1).isoformat().replace('+00:00', 'Z')}", 1, 1),
            (f"id={here.ticket.key}", 1, 1), (f"id={here.ticket.key},nobody", 1, 1),
        ):  # fmt: skip
            answer = await here.asks.get(f"{TICKETS}?{query}")
            assert answer.status_code == 200, query
            assert len(answer.json()) == count, query
            assert (answer.headers["x-total-count"], answer.headers["x-result-count"]) == (str(total), str(count))
        answer = await here.asks.get(f"{TICKETS}?sort=-name&fields=name")
        assert [row["name"] for row in answer.json()] == ["No internet", "No 2", "No 1", "No 0"]
        assert set(answer.json()[0]) == {"id", "href", "@type", "name"}
        for wrong in ("limit=-1", "offset=x", "limit=1e3", "filter=$.x", "before=a", f"name={'x' * 2000}"):
            refused = await here.asks.get(f"{TICKETS}?{wrong}")
            assert refused.status_code == 400, wrong
            assert {"code", "reason", "message", "status"} <= set(refused.json())


async def test_customers_are_searched(tmp_path: Path) -> None:
    """By the standard's filters, and with `q` as the desk searches."""
    async with filled(tmp_path) as here:
        for query in (
            "q=601 234 567",
            "q=nowak",
            "name=Ewa Nowak",
            "contactMedium.phoneNumber=%2B48601234567",
            "limit=9",
        ):
            rows = (await here.asks.get(f"{CUSTOMERS}?{query}")).json()
            assert [row["id"] for row in rows] == [here.customer.key], query
        assert (await here.asks.get(f"{CUSTOMERS}?name=Nowak")).json() == []


async def test_what_was_changed_since_is_told(tmp_path: Path) -> None:
    """`lastUpdate` says when, over a restart of the server, and finds what was changed, also by other programs."""
    async with filled(tmp_path) as here:
        (row,) = (await here.asks.get(TICKETS)).json()
        since = row["lastUpdate"]
        store = here.server.office.backend
        for path in (TICKETS, "partyInteraction/v5/partyInteraction", CUSTOMERS, "appointment/v4/appointment"):
            assert (await here.asks.get(f"{path}?lastUpdate.gt={since}")).json() == [], path
        (problem,) = (await here.asks.get("serviceProblemManagement/v5/serviceProblem")).json()
        problems = f"serviceProblemManagement/v5/serviceProblem?lastUpdate.gt={problem['lastUpdate']}"
        assert (await here.asks.get(problems)).json() == []
        await store.write(Batch((Put(an_outage(title="Second")),), actor="leo"))
        assert [row["name"] for row in (await here.asks.get(problems)).json()] == ["Second"]
        event = a_ticket_event(here.ticket, text="again")
        await store.write(Batch((Put(event), Put(replace(here.visit, note="x"), seen=1)), actor="leo"))
        (row,) = (await here.asks.get(f"{TICKETS}?lastUpdate.gt={since}")).json()
        assert row["lastUpdate"] > since
        assert [note["text"] for note in row["note"]] == ["rang", "again"]
        (visit,) = (await here.asks.get(f"appointment/v4/appointment?lastUpdate.gt={since}")).json()
        assert visit["description"] == "x"
        assert (await here.asks.get(f"{CUSTOMERS}?lastUpdate.gt={since}")).json() == []
    async with standing(tmp_path) as again, _client(again, again.token()) as asks:
        (same,) = (await asks.get(f"{TICKETS}?lastUpdate.gt={since}")).json()
        assert same["lastUpdate"] == row["lastUpdate"]


async def test_a_patch_changes_what_it_names(tmp_path: Path) -> None:
    """Named attributes change, null clears, notes are added and never taken away; a stale If-Match is a conflict."""
    async with filled(tmp_path) as here:
        path = f"{TICKETS}/{here.ticket.key}"
        answer = await here.asks.patch(path, json={"priority": "Critical", "note": [{"text": "new", "author": "Ida"}]})
        assert answer.headers["etag"] == '"2"'
        assert [note["text"] for note in answer.json()["note"]] == ["rang", "new"]
        stored = await here.server.office.backend.ticket(here.ticket.key)
        assert replace(stored, priority=Priority.NORMAL, version=1) == here.ticket
        stale = await here.asks.patch(path, json={"name": "x"}, headers={"If-Match": '"1"'})
        assert (stale.status_code, stale.json()["code"]) == (409, "conflict")
        answer = await here.asks.patch(path, json={"expectedResolutionDate": "2026-05-01T10:00:00Z"})
        assert "expectedResolutionDate" in answer.json()
        answer = await here.asks.patch(path, json={"expectedResolutionDate": None})
        assert "expectedResolutionDate" not in answer.json()
        for body, status in (
            ("[]", 400), ("{", 400), ('{"creationDate": "yesterday"}', 400), ('{"relatedParty": "x"}', 400),
            ('{"relatedParty": []}', 400),
        ):  # fmt: skip
            wrong = await here.asks.patch(path, content=body, headers={"Content-Type": "application/json"})
            assert (wrong.status_code, wrong.json()["@type"]) == (status, "Error"), body
        other = await here.asks.patch(path, content="[]", headers={"Content-Type": "application/json-patch+json"})
        assert other.json()["code"] == "invalid:content-type:unsupported"
        assert (await here.asks.delete(path)).status_code == 405


async def test_a_key_is_honoured(tmp_path: Path) -> None:
    """The same request under one key is done once and answered alike; another under it is refused."""
    async with filled(tmp_path) as here:
        body = {"name": "Slow", "description": "", "severity": "Minor", "ticketType": "fault"}
        body |= {"relatedParty": [{"id": here.customer.key, "role": "customer", "@referredType": "Customer"}]}  # type: ignore[dict-item]
        headers = {"Idempotency-Key": '"one"'}
        first, again = [await here.asks.post(TICKETS, json=body, headers=headers) for _ in range(2)]
        assert (first.status_code, again.status_code) == (201, 201)
        assert first.json() == again.json()
        assert ("idempotency-replayed" in first.headers, again.headers["idempotency-replayed"]) == (False, "true")
        assert first.headers["location"] == first.json()["href"]
        assert (await here.asks.get(first.json()["href"])).json()["name"] == "Slow"
        other = await here.asks.post(TICKETS, json={**body, "name": "Other"}, headers=headers)
        assert (other.status_code, other.json()["code"]) == (422, "invalid:idempotency_key:other_body")
        assert first.json()["relatedParty"][1]["id"] == "nord", "the operator is the customer's"


async def test_roles_decide(tmp_path: Path) -> None:
    """A monitor sees outages and nobody's data; a desk agent cannot confirm an outage; without a token nothing."""
    async with filled(tmp_path) as here:
        problems = "serviceProblemManagement/v4/serviceProblem"
        async with here.as_("monitor") as monitor, here.as_("desk") as desk, here.as_("technical") as technical:
            assert (await monitor.get(problems)).status_code == 200
            for path in (TICKETS, CUSTOMERS, f"{TICKETS}/{here.ticket.key}", "agreementManagement/v4/agreement"):
                assert (await monitor.get(path)).status_code == 403, path
            assert (await monitor.post(TICKETS, json={})).status_code == 403
            (row,) = (await desk.get(problems)).json()
            for who, status in ((desk, 403), (technical, 200)):
                answer = await who.patch(f"{problems}/{row['id']}", json={"status": "inProgress"})
                assert answer.status_code == status
        async with httpx.AsyncClient() as nobody:
            answer = await nobody.get(f"{here.server.base}tmf-api/{TICKETS}")
        assert answer.status_code == 401
        assert {"code", "reason"} <= set(answer.json())


async def test_resources_are_found_by_their_ids(tmp_path: Path) -> None:
    """Also those that the port gives only with their customer."""
    async with filled(tmp_path) as here:
        for path in ("agreementManagement/v4/agreement", "appointment/v4/appointment"):
            (row,) = (await here.asks.get(f"{path}?relatedParty.id={here.customer.key}")).json() or (
                await here.asks.get(f"{path}?engagedParty.id={here.customer.key}")
            ).json()
            assert (await here.asks.get(f"{path}/{row['id']}")).json() == row
            for wrong in ("nobody", "customer:1~nobody", "a~b", "~"):
                assert (await here.asks.get(f"{path}/{wrong}")).status_code == 404, wrong
        for path in (TICKETS, CUSTOMERS, "serviceProblemManagement/v5/serviceProblem"):
            assert (await here.asks.get(f"{path}/x/y")).status_code == 404


async def test_a_source_that_cannot_list_says_so(tmp_path: Path) -> None:
    """Over a backend that cannot be walked, all customers are refused rather than some given."""

    class Plain(MemoryBackend):
        listed = None  # type: ignore[assignment]

    operator = an_operator(key="o", code="nord")
    customer = a_customer(operator, key="c")
    backend = Plain(
        [operator, customer, an_email(customer, key="k")], capabilities=set(Capability) - {Capability.AUDIT}
    )
    async with standing(tmp_path, backend=backend) as server, _client(server, server.token()) as asks:
        assert (await asks.get(CUSTOMERS)).json()["code"] == "invalid:relatedParty.id:missing"
        interactions = "partyInteraction/v4/partyInteraction"
        assert (await asks.get(interactions)).status_code == 400
        assert len((await asks.get(f"{interactions}?status=open")).json()) == 1
        assert len((await asks.get(f"{interactions}?relatedParty.id=c")).json()) == 1
        assert (await asks.get(TICKETS)).json() == []


@pytest.mark.parametrize("query", ["", "eventType=TroubleTicketCreateEvent"])
async def test_callbacks_are_told(tmp_path: Path, query: str) -> None:
    """Who registered an address is told of what is created and changed, with the resource, in the standard's form."""
    told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def hear(request: Request) -> bytes:
        told.put_nowait(json.loads(request.body))
        return reply(201)

    async with PlainServer(hear) as listener, filled(tmp_path, hosts=["127.0.0.1"]) as here:
        asked = {"callback": f"{listener.url}/listener", "query": query}
        answer = await here.asks.post("troubleTicket/v4/hub", json=asked)
        assert (answer.status_code, answer.json()["query"]) == (201, query)
        for _ in range(40):  # when the server has begun to follow its backend cannot be seen from here
            stored = await here.server.office.backend.write(Batch((Put(a_ticket(here.customer)),), actor="leo"))
            try:
                event = await asyncio.wait_for(told.get(), 0.5)
                break
            except TimeoutError:
                continue
        made = stored.changes[0].after
        assert made is not None
        assert event["eventType"] == "TroubleTicketCreateEvent"
        assert event["event"]["troubleTicket"]["id"] == made.key
        await here.server.office.backend.write(Batch((Put(made, seen=1),), actor="leo"))
        await here.server.office.backend.write(Batch((Put(a_ticket(here.customer)),), actor="leo"))
        heard = [await asyncio.wait_for(told.get(), 10)]
        wanted = "TroubleTicketCreateEvent" if query else "TroubleTicketAttributeValueChangeEvent"
        assert heard[0]["eventType"] == wanted
        gone = await here.asks.delete(f"troubleTicket/v4/hub/{answer.json()['id']}")
        assert gone.status_code == 204
        bad = await here.asks.post("troubleTicket/v4/hub", json={"callback": "http://10.0.0.1/"})
        assert bad.json()["code"] == "invalid:callback:not_https"
