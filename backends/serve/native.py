"""The port's own routes: every method of `backends.port.Backend` under its name, asked with a JSON object.

Searching is a POST as well: what people type (names, numbers) must not stand in the logs of proxies.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from backends import wire
from backends.errors import Invalid, Unsupported
from backends.port import Batch, OutageFilter
from backends.serve.answers import body_of, content_of, key_of, said
from backends.serve.callers import Caller, Right, caller_of
from backends.serve.hub import FORM
from backends.serve.office import Office
from backends.serve.stream import Stream
from backends.wire import calls
from backends.wire.about import About, about

BASE = "/desk/v1"
MOST_ROWS = 1_000
"""Rows that one answer may have."""
RIGHTS: Mapping[str, Right] = {
    "operators": Right.WATCH,
    "outages": Right.WATCH,
    "write": Right.WRITE,
    "audit": Right.AUDIT,
    "audit_verify": Right.AUDIT,
    "export": Right.KEEP,
    "forget": Right.KEEP,
}
"""What a call needs; every other one needs the right to read."""
_ABOUT: wire.Form[About] = wire.Form(About)

Endpoint = Callable[[Request], Awaitable[Response]]


def routes(office: Office) -> Sequence[BaseRoute]:
    """Return the routes of the port over `office`."""
    found: list[BaseRoute] = [
        Route(f"{BASE}/about", _about(office), methods=["GET"]),
        Route(f"{BASE}/events", _events(office), methods=["GET"]),
        Route(f"{BASE}/hub", _registering(office), methods=["POST"]),
        Route(f"{BASE}/hub/{{hook}}", _dropping(office), methods=["DELETE"]),
    ]
    for call in calls.CALLS:
        endpoint = _writing(office) if call is calls.WRITE else _calling(office, call)
        found.append(Route(f"{BASE}/{call.name}", endpoint, methods=["POST"] if call.parameters else ["GET"]))
    return found


def _about(office: Office) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        caller = caller_of(request)
        told = about(office.backend, version=office.version, agent=caller.agent, roles=caller.roles)
        return said(_ABOUT.plain(told))

    return endpoint


def _events(office: Office) -> Endpoint:
    async def endpoint(request: Request) -> Any:
        caller = caller_of(request)
        caller.needs(Right.WATCH)
        since = request.query_params.get("since", request.headers.get("last-event-id"))
        return Stream(office, caller, since)

    return endpoint


def _registering(office: Office) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        caller = caller_of(request)
        caller.needs(Right.WATCH)
        asked = await body_of(request)
        if not isinstance(asked, dict):
            raise Invalid("", "type", "an object is needed")
        hook = office.hub.add(caller.token, FORM, asked.get("callback"))
        return said({"id": hook.id, "callback": hook.callback}, 201, {"Location": f"{BASE}/hub/{hook.id}"})

    return endpoint


def _dropping(office: Office) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        office.hub.remove(caller_of(request).token, FORM, request.path_params["hook"])
        return Response(status_code=204)

    return endpoint


def _calling(office: Office, call: calls.Call) -> Endpoint:
    """Return the endpoint of one method."""
    right = RIGHTS.get(call.name, Right.READ)

    async def endpoint(request: Request) -> Response:
        caller = caller_of(request)
        caller.needs(right)
        arguments = call.built(await body_of(request) if call.parameters else {})
        _settle(arguments, caller)
        method = getattr(office.backend, call.name, None)
        if method is None:
            raise Unsupported(call.name)
        return said(call.result.plain(await method(**arguments)))

    return endpoint


def _settle(arguments: dict[str, Any], caller: Caller) -> None:
    """Check what the port leaves to whoever calls: who acts, and how much is asked for."""
    for name in ("actor", "agent"):
        if name in arguments:
            arguments[name] = caller.as_actor(arguments[name])
    only = arguments.get("only")
    limit = only.limit if isinstance(only, OutageFilter) else arguments.get("limit", 1)
    if not 1 <= limit <= MOST_ROWS:
        raise Invalid("limit", "range", f"from 1 to {MOST_ROWS}")


def _writing(office: Office) -> Endpoint:
    """Return the endpoint that stores a batch, once for each idempotency key."""

    async def endpoint(request: Request) -> Response:
        caller = caller_of(request)
        caller.needs(Right.WRITE)
        batch: Batch = calls.WRITE.built(wire.loads(await content_of(request)))["batch"]
        key = _key(request, batch)
        batch = caller.allowed(replace(batch, idempotency_key=key))
        content = wire.BATCH.text(replace(batch, idempotency_key=""))
        receipt = await office.once(caller, key, content, lambda: office.backend.write(batch))
        return said(wire.RECEIPT.plain(receipt))

    return endpoint


def _key(request: Request, batch: Batch) -> str:
    """Return the key of a request, in its header or in its batch; raises Invalid when they differ."""
    header = key_of(request)
    if header and batch.idempotency_key and header != batch.idempotency_key:
        raise Invalid("idempotency_key", "two_keys", "the header and the batch have different keys")
    return header or batch.idempotency_key
