"""The TM Forum APIs over any backend: six resources in wire version 4, four of them in version 5 as well.

Lists with attribute filters, single resources, creation, PATCH (merge-patch, RFC 7396), callbacks. There is no DELETE
(405): what was told to a customer is not taken back by a program. Beyond the standard, and harmless to who does not
know it: every answer with one resource has an ETag, a PATCH may say If-Match, a POST or PATCH may say Idempotency-Key,
`q` searches customers as the desk does, and `Prefer: return=previous` tells what a PATCH replaced.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from backends import wire
from backends.errors import BackendError, Conflict, Invalid, NotFound, Unsupported
from backends.port import Batch, Put, Receipt
from backends.records import (
    Contact,
    Customer,
    Key,
    Outage,
    Record,
    Ticket,
    TicketEvent,
    is_new,
    new_key,
)
from backends.rest.tmf.cases import ticket_events
from backends.rest.tmf.names import VERSIONS, Api
from backends.rest.tmf.pieces import Frame, Json, Reading
from backends.rest.tmf.wire import from_wire, to_wire
from backends.serve import tmf_told
from backends.serve.answers import JSON, content_of, key_of, said, status_of
from backends.serve.callers import Caller, Right, caller_of
from backends.serve.office import Office
from backends.serve.tmf_asked import Asked, asked
from backends.serve.tmf_described import description
from backends.serve.tmf_moments import Moments
from backends.serve.tmf_store import ServedKeys, Store
from backends.wire.forms import kind_name

MOUNTED = "tmf-api/"
"""Where the frame mounts these routes; the standard's base paths begin with it."""
HONOURED = {"Idempotency-Honoured": "24h"}
"""Tells a client that it may repeat what it sent under a key."""
REPEATED = "Idempotency-Replayed"
_PATCHES = frozenset({"", "application/json", "application/merge-patch+json"})
_MOMENTS: Mapping[type[Record], tuple[str, str]] = {
    Contact: ("interactionDate", "at"),
    Ticket: ("creationDate", "opened_at"),
    Outage: ("creationDate", "started_at"),
}
"""Attributes that may be left out of a new resource, and the moments that are then now."""
_TRIES = 5
_JSON_OF_VERSION_4 = "application/json;charset=utf-8"
"""The media type that the descriptions of version 4 name, to the letter."""

Endpoint = Callable[[Request], Awaitable[Response]]


def routes(office: Office) -> Sequence[BaseRoute]:
    """Return the routes of all APIs and versions, to be mounted at `/tmf-api`."""
    moments = Moments(office.backend)
    found: dict[str, BaseRoute] = {}
    for version in VERSIONS.values():
        store = Store(office.backend, version, moments)
        for api in version.apis.values():
            base = "/" + api.base.removeprefix(MOUNTED)
            path = f"{base}/{api.resource}"
            if path in found:
                continue  # an API that the version has no form of its own for
            served = Served(office, store, api)
            found[path] = Route(path, _told(served.list_or_create), methods=["GET", "POST"])
            found[f"{path}/id"] = Route(f"{path}/{{id:path}}", _told(served.get_or_patch), methods=["GET", "PATCH"])
            for route in tmf_told.routes(office, store, api, base):
                found[f"{base} {route.path} {route.methods}"] = Route(
                    route.path, _told(route.endpoint), methods=list(route.methods or ())
                )
    text = wire.dumps(description(office.version))

    async def described(_request: Request) -> Response:
        return Response(text, media_type="application/json")

    return [Route("/openapi.json", described), *found.values()]


def _told(endpoint: Endpoint) -> Endpoint:
    """Return `endpoint` with the port's errors answered in the standard's form."""

    async def telling(request: Request) -> Response:
        try:
            answer = await endpoint(request)
        except BackendError as error:
            answer = refusal(error)
        answer.headers.update(HONOURED)
        if "/v4/" in request.url.path and answer.headers.get("content-type") == JSON:
            answer.headers["content-type"] = _JSON_OF_VERSION_4
        return answer

    return telling


def refusal(error: BackendError) -> Response:
    """Return an error in the standard's form; `code` ends with field and reason, which our client reads."""
    status = status_of(error)
    plain = wire.plain_error(error)
    code = reason = str(plain[wire.TAG])
    if isinstance(error, Invalid):
        status = status if status != 422 or error.code == "other_body" else 400
        reason = f"{error.field or 'body'} {error.code}"
        code = f"invalid:{error.field}:{error.code}"
    elif isinstance(error, Unsupported):
        reason = error.capability
    body = {"@type": "Error", "code": code, "reason": reason, "message": error.detail[:150], "status": str(status)}
    headers = {}
    if "retry_after" in plain:
        headers["Retry-After"] = str(max(1, round(plain["retry_after"] or 1)))
    return said(body, status, headers)


class Served:
    """The routes of one API in one version."""

    def __init__(self, office: Office, store: Store, api: Api) -> None:
        self._office = office
        self._store = store
        self._api = api

    # reading ------------------------------------------------------------------------------------------------------

    def _may_read(self, caller: Caller) -> None:
        caller.needs(Right.WATCH if self._api.kind is Outage else Right.READ)

    async def list_or_create(self, request: Request) -> Response:
        """Answer a GET or POST of the whole collection."""
        return await (self._create(request) if request.method == "POST" else self._list(request))

    async def get_or_patch(self, request: Request) -> Response:
        """Answer a GET or PATCH of one resource."""
        return await (self._patch(request) if request.method == "PATCH" else self._get(request))

    async def _list(self, request: Request) -> Response:
        self._may_read(caller_of(request))
        query = asked(request.query_params.multi_items())
        await self._store.moments.refresh()
        total = await self._store.counted(self._api.kind, query)
        rows = await (self._matching if total is None else self._piece)(query, _root(request))
        if total is None:
            total, rows = len(rows), query.in_order(rows)[query.offset : query.offset + query.limit]
        headers = {"X-Total-Count": str(total), "X-Result-Count": str(len(rows))}
        return said([query.selected(row) for row in rows], 200, headers)

    async def _matching(self, query: Asked, root: str) -> list[Json]:
        found: dict[str, Json] = {}
        keys = await self._store.keys()
        async for record in self._store.many(self._api.kind, query):
            document = await self._store.document(record, root, keys=keys)
            if query.passes(document):
                found.setdefault(document["id"], document)
        return list(found.values())

    async def _piece(self, query: Asked, root: str) -> list[Json]:
        """Return a piece of the whole, when nothing narrows it."""
        found: list[Json] = []
        position, keys = 0, await self._store.keys()
        async for record in self._store.many(self._api.kind, query):
            position += 1
            if position > query.offset + query.limit:
                break
            if position > query.offset:
                found.append(await self._store.document(record, root, keys=keys))
        return found

    async def _get(self, request: Request) -> Response:
        self._may_read(caller_of(request))
        query = asked(request.query_params.multi_items())
        await self._store.moments.refresh()
        record = await self._store.one(self._api.kind, request.path_params["id"])
        return _one(query.selected(await self._store.document(record, _root(request))), record)

    # writing ------------------------------------------------------------------------------------------------------

    async def _create(self, request: Request) -> Response:
        caller, content = caller_of(request), await content_of(request)
        caller.needs(Right.WRITE)
        document = _object(content)
        for name in self._api.needed:
            if document.get(name) is None:
                raise Invalid(name, "missing", f"{self._api.type_name} needs {name}")

        async def work() -> Response:
            records = await self._read(document)
            batch = Batch(tuple(map(Put, records)), "", act="create", idempotency_key=key_of(request))
            receipt = await self._written(caller, batch)
            return await self._stored(request, receipt, records[0], 201)

        return await self._office.once(caller, key_of(request), _asked_for(request, content), work)

    async def _read(self, document: Json) -> list[Record]:
        """Return the new records of a resource: itself, and the events that its notes are."""
        keys = await self._store.keys()
        frame = Frame(self._store.version, keys, strict=True)
        given = {name: value for name, value in document.items() if name not in ("id", "href")}
        changes: dict[str, Any] = {"key": new_key(), "version": 0}
        attribute, field = _MOMENTS.get(self._api.kind, ("", ""))
        if field and not document.get(attribute):
            changes[field] = datetime.now(UTC)
        record: Record = replace(from_wire(self._api.kind, given, frame), **changes)
        record = await self._owned(record, keys)
        return [record, *(self._new_events(document, record, frame) if isinstance(record, Ticket) else ())]

    async def _owned(self, record: Record, keys: ServedKeys) -> Record:
        """Return `record` with its operator: as told, else its customer's, else the only one there is."""
        if not isinstance(record, Customer | Contact | Ticket) or record.operator_key:
            return record
        operator = ""
        if not isinstance(record, Customer):
            customers = await self._office.backend.customers([record.customer_key])
            operator = customers[0].operator_key if customers else ""
        else:
            operators = await self._office.backend.operators()
            operator = operators[0].key if len(operators) == 1 else ""
        return replace(record, operator_key=operator)

    def _new_events(
        self, document: Json, ticket: Ticket, frame: Frame, known: frozenset[Key] = frozenset()
    ) -> list[TicketEvent]:
        """Return the events that notes without a known id are."""
        notes = [one.document for one in Reading(self._api, document, strict=True).parts("note")]
        fresh = [dict(one) for one in notes if not isinstance(one.get("id"), str) or one["id"] not in known]
        said_now = datetime.now(UTC).isoformat()
        for one in fresh:
            one["date"] = one.get("date") or said_now
        events = ticket_events({**document, "note": fresh, self._api.name("statusChangeHistory"): []}, frame)
        return [
            replace(event, key=new_key(), ticket_key=ticket.key, customer_key=ticket.customer_key, version=0)
            for event in events
        ]

    async def _patch(self, request: Request) -> Response:
        caller, content = caller_of(request), await content_of(request)
        caller.needs(Right.WRITE)
        media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media not in _PATCHES:
            raise Invalid("content-type", "unsupported", "send application/merge-patch+json")
        patch = _object(content)
        seen = _seen(request)

        async def work() -> Response:
            for attempt in range(_TRIES):
                try:
                    return await self._patched(request, caller, patch, seen)
                except Conflict:
                    if seen is not None or attempt == _TRIES - 1:
                        raise
            raise AssertionError("the last try returns or raises")

        return await self._office.once(caller, key_of(request), _asked_for(request, content), work)

    async def _patched(self, request: Request, caller: Caller, patch: Json, seen: int | None) -> Response:
        await self._store.moments.refresh()
        current = await self._store.one(self._api.kind, request.path_params["id"])
        document = await self._store.document(current)
        merged = _merged(document, {name: value for name, value in patch.items() if name not in self._api.fixed})
        frame = Frame(self._store.version, await self._store.keys(), strict=True)
        record: Record = from_wire(self._api.kind, {**merged, "id": document["id"]}, frame)
        changes: dict[str, Any] = {"key": current.key, "version": current.version}
        record = replace(record, **changes)
        items: list[Put] = []
        if seen is not None or to_wire(record, frame) != to_wire(current, frame):
            items.append(Put(record, seen=current.version if seen is None else seen))
        if isinstance(current, Ticket) and isinstance(record, Ticket):
            known = frozenset(event.key for event in await self._store.events(current))
            items.extend(map(Put, self._new_events(merged, record, frame, known)))
        if set(patch) <= {"note", "@type", *self._api.always} and len(items) > 1:
            del items[0]  # notes are added to whatever the ticket has become
        batch = Batch(tuple(items), "", act="change", idempotency_key=key_of(request))
        receipt = await self._written(caller, batch)
        return await self._stored(request, receipt, current, 200)

    async def _written(self, caller: Caller, batch: Batch) -> Receipt:
        receipt = await self._office.backend.write(caller.allowed(batch))
        await self._store.moments.refresh()
        self._store.moments.stored(receipt)
        return receipt

    async def _stored(self, request: Request, receipt: Receipt, asked_for: Record, status: int) -> Response:
        """Return the answer that tells what was stored: the resource as this request left it."""
        root = _root(request)
        for change in receipt.changes:
            if type(change.after) is type(asked_for) and change.after is not None:
                record = change.after
                document = await self._store.document(record, root, at=receipt.at)
                if change.before is not None and "return=previous" in request.headers.get("prefer", ""):
                    document["previous"] = await self._store.document(change.before, root, bare=True)
                return _one(document, record, status, repeated=receipt.repeated)
        record = await self._store.one(self._api.kind, self._name(asked_for, await self._store.keys()))
        return _one(await self._store.document(record, root), record, status, repeated=receipt.repeated)

    def _name(self, record: Record, keys: ServedKeys) -> str:
        if is_new(record.key):
            raise NotFound(f"no {kind_name(type(record))}")
        return keys.name_of(record)


def _root(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}"


def _one(document: Json, record: Record, status: int = 200, *, repeated: bool = False) -> Response:
    headers = {"ETag": f'"{record.version}"'}
    if status == 201:
        headers["Location"] = document["href"]
    if repeated:
        headers[REPEATED] = "true"
    return said(document, status, headers)


def _object(content: bytes) -> Json:
    document = wire.loads(content) if content else None
    if not isinstance(document, dict):
        raise Invalid("", "type", "an object is needed")
    return document


def _asked_for(request: Request, content: bytes) -> bytes:
    """Return what a key stands for: the same key may not mean another resource or another body."""
    return f"{request.method} {request.url.path}\n".encode() + content


def _seen(request: Request) -> int | None:
    """Return the version that the client has seen, None where it does not say; raises Invalid for another's ETag."""
    tag = request.headers.get("if-match", "").strip().removeprefix("W/").strip('"')
    if tag in ("", "*"):
        return None
    if not (tag.isascii() and tag.isdigit() and len(tag) < 19):
        raise Conflict(None, "no version of this resource ever had this ETag")
    return int(tag)


def _merged(target: Any, patch: Any) -> Any:
    """Return `target` changed by a merge-patch (RFC 7396)."""
    if not isinstance(patch, dict):
        return patch
    found = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            found.pop(name, None)
        else:
            found[name] = _merged(found.get(name), value)
    return found
