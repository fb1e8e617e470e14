"""Somebody else's TM Forum server, as plain as the standard allows: it keeps whatever JSON it gets and filters by
equality. It knows no Idempotency-Key, no ETag, no order, and none of our named values; it logs states itself.

    async with Stranger(version=4) as stranger:
        ...client_of(stranger.url)...
        stranger.kept["troubleTicket"]["1"]["priority"]
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from backends.rest.tmf.names import VERSIONS, Api
from tests.servers.plain import Given, PlainServer, Request, reply


class Stranger:
    """The server; `paging` is `whole` (offset, limit, total), `ignored` (all at once) or `partial` (206, no total)."""

    def __init__(self, version: int = 4, paging: str = "whole") -> None:
        self.apis: Mapping[str, Api] = {f"/{api.base}/{api.resource}": api for api in VERSIONS[version].apis.values()}
        self.kept: dict[str, dict[str, dict[str, Any]]] = {api.resource: {} for api in self.apis.values()}
        self.paging = paging
        self._server = PlainServer(self._answer)
        self._clock = datetime(2026, 5, 4, 9, tzinfo=UTC)
        self._last = 0

    @property
    def url(self) -> str:
        """Its base."""
        return self._server.url

    @property
    def requests(self) -> list[Request]:
        """What it was asked."""
        return self._server.requests

    async def __aenter__(self) -> Self:
        await self._server.__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._server.__aexit__(*exc)

    def put(self, resource: str, **document: Any) -> dict[str, Any]:
        """Keep a resource, as somebody else made it."""
        self._last += 1
        found = {"id": str(self._last), **document, "lastUpdate": self._now()}
        self.kept[resource][found["id"]] = found
        return found

    def touch(self, resource: str, identifier: str, **changes: Any) -> None:
        """Change a resource, as somebody else does."""
        self.kept[resource][identifier] |= {**changes, "lastUpdate": self._now()}

    def _now(self) -> str:
        self._clock += timedelta(seconds=1)
        return self._clock.isoformat().replace("+00:00", "Z")

    def _answer(self, request: Request) -> Given:
        path, _, identifier = request.path.rpartition("/")
        api = self.apis.get(request.path)
        if api is not None:
            return self._create(api, request) if request.method == "POST" else self._list(api, request)
        api = self.apis.get(path)
        found = self.kept[api.resource].get(identifier) if api is not None else None
        if api is None or found is None:
            return reply(404, {"code": "60", "reason": "Resource not found"})
        return reply(200, self._patched(api, found, request) if request.method == "PATCH" else found)

    def _create(self, api: Api, request: Request) -> bytes:
        document = json.loads(request.body)
        missing = [name for name in api.needed if name not in document]
        if missing:
            return reply(400, {"code": "21", "reason": f"missing {missing[0]}"})
        return reply(201, self.put(api.resource, **{name: one for name, one in document.items() if name != "id"}))

    def _patched(self, api: Api, found: dict[str, Any], request: Request) -> dict[str, Any]:
        patch = json.loads(request.body)
        if "status" in patch and patch["status"] != found.get("status") and api.resource == "troubleTicket":
            name, when = api.name("statusChangeHistory"), api.name("statusChangeHistory.statusChangeDate")
            found.setdefault(name, []).append({"status": patch["status"], when: self._now()})
        for name, value in patch.items():
            if value is None:
                found.pop(name, None)
            else:
                found[name] = value
        found["lastUpdate"] = self._now()
        return found

    def _list(self, api: Api, request: Request) -> bytes:
        asked = dict(request.query)
        offset, limit = int(asked.pop("offset", "0")), int(asked.pop("limit", "1000"))
        rows = [one for one in self.kept[api.resource].values() if all(_has(one, *pair) for pair in asked.items())]
        if self.paging == "ignored":
            return reply(200, rows)
        piece = rows[offset : offset + limit]
        if self.paging == "partial":
            return reply(206 if len(piece) < len(rows) else 200, piece)
        return reply(200, piece, {"X-Total-Count": str(len(rows)), "X-Result-Count": str(len(piece))})


def _has(document: Any, path: str, value: str) -> bool:
    """Return whether a resource has a value; comparisons and what it does not know it lets pass."""
    name, _, rest = path.partition(".")
    if rest in ("gt", "gte", "lt", "lte") or name in ("sort", "q", "fields"):
        return True
    if isinstance(document, list):
        return any(_has(one, path, value) for one in document)
    if not isinstance(document, dict):
        return False
    wrapped = document.get("partyOrPartyRole")
    if name not in document and isinstance(wrapped, dict):
        return _has(wrapped, path, value)
    found = document.get(name)
    return _has(found, rest, value) if rest else str(found) == value
