"""The wire as the published descriptions have it, checked by a program that nobody here wrote (Prism)."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from backends.contract.samples import a_contact, a_line, an_operator
from backends.port import Batch, Put
from backends.records import Customer, Key, Line, Record, is_new
from backends.rest.tmf import open_url
from backends.rest.tmf.changing import whole
from backends.rest.tmf.names import VERSIONS, Api
from backends.rest.tmf.pieces import Json
from backends.rest.tmf.wire import from_wire, to_wire
from backends.serve.tmf_described import EVENT, FULL
from tests.serve.standing import Standing, standing
from tests.servers.prism import prism, services, violations

APIS: dict[str, Api] = {
    f"{api.number.removeprefix('TMF')}{'v4' if api.shape.version == 4 else ''}": api
    for version in VERSIONS.values()
    for api in version.apis.values()
}
_NUMBERED = ("reference", "number", "origin")
pytestmark = pytest.mark.xdist_group("prism")


async def _filled(server: Standing) -> None:
    """Store one record of each kind with every field filled, and what they name."""
    operator = an_operator(code="nord")
    keys: dict[Key, Key] = {"o1": operator.key}

    def fresh(record: Any) -> Any:
        changes: dict[str, Any] = {"version": 0}
        for name in ("key", "customer_key", "ticket_key", "line_key", "outage_key", "answered_by", "contact_key"):
            key = getattr(record, name, "")
            if key:
                changes[name] = keys.setdefault(key, f"new:{key}")
        for name in ("operator_key", "operator_keys", "line_keys"):
            if hasattr(record, name):
                held = getattr(record, name)
                known = tuple(
                    keys.setdefault(key, f"new:{key}") for key in ((held,) if isinstance(held, str) else held)
                )
                changes[name] = known[0] if isinstance(held, str) else known
        return replace(record, **changes)

    records: list[Record] = [operator, *map(fresh, FULL), fresh(EVENT)]
    (customer,) = (record for record in records if isinstance(record, Customer))
    line: Line = a_line(customer, key=keys["l1"])
    records += [line, a_contact(customer, key=keys["k2"])]
    assert all(is_new(record.key) for record in records)
    await server.office.backend.write(Batch(tuple(map(Put, records)), actor="ola"))


@pytest.mark.parametrize("name", APIS)
async def test_our_server_answers_as_described(tmp_path: Path, name: str) -> None:
    """Lists, single resources, creation, change and errors of a full record break nothing of the description."""
    services()
    api = APIS[name]
    async with standing(tmp_path) as server:
        await _filled(server)
        token = server.token()
        with await asyncio.to_thread(_entered, name, f"{server.base}{api.base}") as url:
            headers = {"Authorization": f"Bearer {token}"}
            async with httpx.AsyncClient(base_url=url, headers=headers, timeout=30) as client:
                answers = await _tried(client, api)
        assert answers == []


class _entered:
    """A Prism that was started on a thread, so that our server can answer it."""

    def __init__(self, name: str, upstream: str = "") -> None:
        self._prism = prism(name, upstream)
        self._url = self._prism.__enter__()

    def __enter__(self) -> str:
        return self._url

    def __exit__(self, *exc: Any) -> None:
        self._prism.__exit__(*exc)


async def _tried(client: httpx.AsyncClient, api: Api) -> list[str]:
    """Return what is wrong with the exchanges with one API."""
    wrong: list[str] = []

    def look(what: str, answer: httpx.Response, status: int) -> Any:
        wrong.extend(f"{what} {one}" for one in violations(answer.headers.get("sl-violations", "")))
        if answer.status_code != status:
            wrong.append(f"{what}: {answer.status_code} {answer.text[:200]}")
        return answer.json()

    rows: list[Json] = look("list", await client.get(f"/{api.resource}?limit=5"), 200)
    full = max(rows, key=lambda row: len(json.dumps(row)))
    look("get", await client.get(f"/{api.resource}/{full['id']}"), 200)
    given = {key: value for key, value in full.items() if key not in ("id", "href", "lastUpdate", *api.fixed)}
    values = [one for one in given[api.characteristic] if one["name"] not in (*_NUMBERED, "recordVersion")]
    look("create", await client.post(f"/{api.resource}", json={**given, api.characteristic: values}), 201)
    content = json.dumps(whole(api, given))
    cleared = {key: value for key, value in json.loads(content).items() if value is not None}
    patch_headers = {"Content-Type": api.shape.patch_type}
    answer = await client.patch(f"/{api.resource}/{full['id']}", content=json.dumps(cleared), headers=patch_headers)
    look("change", answer, 200)
    look("nobody", await client.get(f"/{api.resource}/nobody"), 404)
    return wrong


@pytest.mark.parametrize("name", ["621v4", "629v4", "656v4", "683v4"])
async def test_our_client_asks_as_described(name: str) -> None:
    """What our client sends passes a mock that refuses what breaks the description; its examples are understood.

    In version 5 the mock refuses every reference, for its descriptions contradict themselves (`violations`); those
    requests are the ones that pass the proxy above.
    """
    services()
    api = APIS[name]
    url = await asyncio.to_thread(_entered, name)
    with url as base:
        paths = {other.number: other.base for other in APIS.values()} | {api.number: ""}
        options = {"version": api.shape.version, "paths": paths, "operator": {"code": "nord"}, "idempotency": "header"}
        backend = open_url(f"tmf+{base}/", options=options)
        try:
            site = backend._site
            (record,) = (one for one in FULL if type(one) is api.kind)
            rows, _ = await site.piece(api.kind, {}, 0, 5)
            assert rows
            assert all(from_wire(api.kind, row, site.frame).version > 0 for row in rows)
            document = to_wire(replace(record, version=0), site.frame)
            await site.create(api.kind, document, "k1")
            patch = {key: value for key, value in whole(api, document).items() if value is not None}
            await site.patch(api.kind, "1", patch, "k2", {})
        finally:
            await backend.close()
