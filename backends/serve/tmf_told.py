"""The standard's callbacks: `POST …/hub` with an address, and what that address is told when a resource changes."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from backends.errors import Invalid, NotFound
from backends.events import ContactAdded, CustomerChanged, Event, OutageChanged, TicketChanged
from backends.records import Contact, Customer, Outage, Record, Ticket
from backends.rest.tmf.names import Api
from backends.rest.tmf.pieces import Json, moment
from backends.serve.answers import body_of, said
from backends.serve.callers import Right, caller_of
from backends.serve.ledger import Hook
from backends.serve.office import Office
from backends.serve.tmf_store import Store

_LONGEST = 1_000


def routes(office: Office, store: Store, api: Api, base: str) -> Sequence[Route]:
    """Return the routes by which callbacks of one API are registered and dropped."""
    form = f"{api.base}/{api.resource}"
    right = Right.WATCH if api.kind is Outage else Right.READ

    def words(hook: Hook, event: Event) -> Awaitable[Json | None]:
        return told(store, api, hook, event)

    office.hub.forms[form] = words

    async def register(request: Request) -> Response:
        caller = caller_of(request)
        caller.needs(right)
        asked = await body_of(request)
        if not isinstance(asked, dict):
            raise Invalid("", "type", "an object is needed")
        query = asked.get("query") or ""
        if not isinstance(query, str) or len(query) > _LONGEST:
            raise Invalid("query", "type", "a text is needed")
        hook = office.hub.add(caller.token, form, asked.get("callback"), query)
        body = {"id": hook.id, "callback": hook.callback, "query": hook.query}
        return said(body, 201, {"Location": f"/{api.base}/hub/{hook.id}"})

    async def drop(request: Request) -> Response:
        office.hub.remove(caller_of(request).token, form, request.path_params["hook"])
        return Response(status_code=204)

    return [Route(f"{base}/hub", register, methods=["POST"]), Route(f"{base}/hub/{{hook}}", drop, methods=["DELETE"])]


async def told(store: Store, api: Api, hook: Hook, event: Event) -> Json | None:
    """Return what a callback is told of an event, None when it is not about this API or not asked for."""
    key = _key(api.kind, event)
    if not key:
        return None
    try:
        record = await store.one(api.kind, key)
    except NotFound:
        return None
    kind = "CreateEvent" if record.version == 1 else "AttributeValueChangeEvent"
    name = f"{api.type_name}{kind}"
    if not _wanted(hook.query, name):
        return None
    await store.moments.refresh()
    document = await store.document(record)
    now = moment(datetime.now(UTC))
    found: dict[str, Any] = {
        "@type": name,
        "eventId": secrets.token_hex(8),
        "eventTime": now,
        "timeOcurred": now,
        "eventType": name,
        "domain": api.number,
        "title": f"{api.resource} {document['id']}",
        "event": {api.resource: document},
    }
    return found


def _key(kind: type[Record], event: Event) -> str:
    match event:
        case TicketChanged() if kind is Ticket:
            return event.key
        case ContactAdded() if kind is Contact:
            return event.key
        case OutageChanged() if kind is Outage:
            return event.key
        case CustomerChanged() if kind is Customer:
            return event.customer_key
    return ""


def _wanted(query: str, name: str) -> bool:
    """Return whether a callback's query asks for events of this name: `eventType=A,B`; nothing asks for all."""
    types = parse_qs(query.lstrip("?")).get("eventType", [])
    return not types or any(name in one.split(",") for one in types)
