"""The description of the port's own routes (OpenAPI 3.1), made from the calls themselves."""

from __future__ import annotations

from functools import cache
from typing import Any

from backends import wire
from backends.events import Event
from backends.serve import native
from backends.wire import calls
from backends.wire.about import About
from backends.wire.schema import Schemas

_ERRORS = {
    "400": "The body is not JSON, or was refused.",
    "401": "The token is missing, unknown, removed or has ended.",
    "403": "This token may not.",
    "404": "There is no such record.",
    "408": "The body did not arrive in time.",
    "409": "Somebody changed the record meanwhile, or the same request is still being worked on.",
    "413": "The body is too large.",
    "422": "A value is wrong; `error.field` and `error.code` say which and why.",
    "429": "More requests than this token may send; Retry-After says when to come again.",
    "501": "The backend cannot do it.",
    "503": "The backend or the server is busy or cannot be reached.",
    "504": "The backend did not answer in time.",
    "507": "There is no room to write.",
}
_ERROR_SCHEMA = {
    "type": "object",
    "description": "An error; `error` holds all that a client needs to raise the same one.",
    "properties": {
        "code": {"type": "string"},
        "reason": {"type": "string"},
        "message": {"type": "string"},
        "status": {"type": "string"},
        "error": {"type": "object", "properties": {wire.TAG: {"type": "string"}}},
    },
    "required": ["code", "reason", "message", "status"],
}


@cache
def description(version: str) -> dict[str, Any]:
    """Return the whole description; not to be changed."""
    schemas = Schemas()
    paths = {f"{native.BASE}/{call.name}": _path(call, schemas) for call in calls.CALLS}
    paths |= _other_paths(schemas)
    schemas.named["Error"] = _ERROR_SCHEMA
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "cordboard",
            "version": version or "0",
            "description": "The port of a backend over HTTP. Fields that are empty may be left out.",
        },
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.named.items())),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


def _path(call: calls.Call, schemas: Schemas) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": call.name,
        "summary": (call.method.__doc__ or "").strip().splitlines()[0],
        "responses": _responses("200", _content(schemas.of(call.result.hint))),
    }
    if not call.parameters:
        return {"get": operation}
    properties = {name: schemas.of(hint) for name, hint in call.parameters.items()}
    if "limit" in properties:
        properties["limit"] = {"type": "integer", "minimum": 1, "maximum": native.MOST_ROWS}
    arguments = {"type": "object", "properties": properties, "required": list(call.needed)}
    operation["requestBody"] = {"required": True, **_content(arguments)}
    if call is calls.WRITE:
        operation["parameters"] = [
            {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 200}}
        ]
    return {"post": operation}


def _content(schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def _responses(status: str, good: dict[str, Any]) -> dict[str, Any]:
    error = _content({"$ref": "#/components/schemas/Error"})
    found: dict[str, Any] = {status: {"description": "Done.", **good}}
    return found | {code: {"description": says, **error} for code, says in _ERRORS.items()}


def _other_paths(schemas: Schemas) -> dict[str, Any]:
    """Return the paths that are no methods of the port."""
    base = native.BASE
    schemas.named["Event"] = schemas.of(Event)
    about = {"operationId": "about", "summary": "Return what the served backend can do, and whose token this is."}
    hook = {"type": "object", "properties": {"callback": {"type": "string", "format": "uri"}}, "required": ["callback"]}
    kept = {"type": "object", "properties": {"id": {"type": "string"}, "callback": {"type": "string"}}}
    stream = {
        "operationId": "events",
        "summary": "Tell what changes, as server-sent events; each `data` is an Event.",
        "parameters": [
            {"name": "since", "in": "query", "schema": {"type": "string"}, "description": "The cursor to resume from."},
            {"name": "Last-Event-ID", "in": "header", "schema": {"type": "string"}, "description": "The same."},
        ],
        "responses": _responses("200", {"content": {"text/event-stream": {"schema": {"type": "string"}}}}),
    }
    drop = {
        "operationId": "drop_callback",
        "summary": "Drop a callback.",
        "parameters": [{"name": "hook", "in": "path", "required": True, "schema": {"type": "string"}}],
        "responses": _responses("204", {}),
    }
    register = {
        "operationId": "add_callback",
        "summary": "Be told of events by a POST.",
        "requestBody": {"required": True, **_content(hook)},
        "responses": _responses("201", _content(kept)),
    }
    found: dict[str, Any] = {
        f"{base}/about": {"get": {**about, "responses": _responses("200", _content(schemas.of(About)))}},
        f"{base}/events": {"get": stream},
        f"{base}/hub": {"post": register},
        f"{base}/hub/{{hook}}": {"delete": drop},
    }
    for path, says in (("/health", "The process is alive."), ("/ready", "The backend answers.")):
        state = _content({"type": "object", "properties": {"status": {"type": "string"}}})
        responses = {"200": {"description": says, **state}, "503": {"description": "It does not.", **state}}
        found[path] = {"get": {"operationId": path[1:], "summary": says, "security": [], "responses": responses}}
    return found
