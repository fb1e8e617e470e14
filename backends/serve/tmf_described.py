"""The description of the TM Forum routes (OpenAPI 3.1), made from the tables and from what the mapping itself writes.

The schemas are those of our own resources as they are: one full record of each kind is written in each version, and
what is found is described. Everything is optional but what the standard demands, and unknown attributes are welcome.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from backends.records import (
    AnswerState,
    Attachment,
    AuthorisedParty,
    CallRoute,
    Compensation,
    Contact,
    ContactPoint,
    Contract,
    Coverage,
    Customer,
    CustomerFlag,
    CustomerKind,
    Direction,
    Key,
    Money,
    Origin,
    Outage,
    OutageState,
    OutageUpdate,
    Outcome,
    Place,
    PointKind,
    Record,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketKind,
    TicketState,
    Visit,
)
from backends.rest.tmf.cases import ticket_wire
from backends.rest.tmf.names import VERSIONS, Api, Version
from backends.rest.tmf.pieces import Frame
from backends.rest.tmf.wire import to_wire
from backends.serve.tmf_asked import MOST, TEXT, USUAL

Schema = dict[str, Any]

_AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
_PRICE = Money(4_999, "EUR")
_ORIGIN = Origin("crm", "77")
_TICKET = Ticket(
    "t1", "T-1", "c1", "o1", TicketKind.FAULT, "No signal", _AT, TicketState.CLOSED, description="Since nine",
    details=(("since", "09:00"),), line_key="l1", outage_key="u1", opened_by="ola", first_contact_at=_AT,
    holder_name="Depot", holder_reference="D-1", held_since=_AT, escalated_to="lead", next_step="Visit",
    next_step_at=_AT, taken_in_charge_at=_AT, due_at=_AT, reference_given_at=_AT, closed_at=_AT,
    outcome=Outcome.RECOVERED, class_proposed=Outcome.COMPOUNDED, outcome_reason="late", resolution="Replaced",
    compensations=(Compensation(_PRICE, "late", _AT, "ola"),), origin=_ORIGIN, version=1,
)  # fmt: skip
FULL: tuple[Record, ...] = (
    Customer(
        "c1", "C-1", "o1", CustomerKind.SUBSCRIBER, "Ewa Nowak", "pl", "Ms Nowak",
        Place("Długa", "12", "3", "61-001", "Poznań", "Wlkp", "PL"),
        tuple(ContactPoint(kind, "x", "home", True) for kind in PointKind), frozenset({CustomerFlag.BUSINESS}),
        (AuthorisedParty("Jan"),), "calm", _AT, _ORIGIN, 1,
    ),
    Contact(
        "k1", "K-1", "c1", "o1", "email", Direction.INBOUND, _AT, "Invoice", "Why?", seconds=60, thread="t",
        ticket_key="t1", line_key="l1", outage_key="u1", agent="Ola", sender="a@b.example", recipient="c@d.example",
        answer=AnswerState.WAITING, answered_at=_AT, answered_by="k2", waived_reason="spam", route=CallRoute("1"),
        attachments=(Attachment("a.pdf", "application/pdf", 1, "00"),), outcome="solved", origin=_ORIGIN, version=1,
    ),
    _TICKET,
    Visit("v1", "t1", "c1", _AT, _AT + timedelta(hours=2), "Adam", note="Bring a ladder", version=1),
    Outage(
        "u1", "O-1", OutageState.RESTORED, "Fibre cut", _AT,
        Coverage(("internet",), ("61-*",), ("Poznań",), ("OLT-7",), "PL"), ("o1",), cause="digger",
        expected_end=_AT, confirmed_at=_AT, ended_at=_AT, source="alarms", supplier="Carrier",
        supplier_reference="X-1", say="We are on it", origin=_ORIGIN, version=1,
        updates=(OutageUpdate(_AT, "found", "ola", OutageState.CONFIRMED),),
    ),
    Contract(
        "a1", "A-1", "c1", "Fibre 300", date(2026, 1, 1), date(2028, 1, 1), 24, _PRICE, _PRICE, notice_sent_at=_AT,
        line_keys=("l1",), version=1,
    ),
)  # fmt: skip
"""One record of each kind with every field filled."""
EVENT = TicketEvent("e1", "t1", "c1", TicketEventKind.CLOSED, _AT, "ola", "open", "closed", "done", "k1", 1)
_ERRORS = {
    "400": "A value is wrong or missing; `code` is `invalid:field:reason`.",
    "401": "The token is missing, unknown, removed or has ended.",
    "403": "This token may not.",
    "404": "There is no such resource.",
    "405": "Not offered; nothing is deleted.",
    "409": "Somebody changed the resource meanwhile.",
    "413": "The body is too large.",
    "422": "The idempotency key came with another body before.",
    "429": "More requests than this token may send.",
    "501": "The backend cannot do it.",
    "503": "The backend is busy or cannot be reached.",
}


class _Names:
    """Keys as they are."""

    def key(self, kind: type[Record], identifier: str) -> Key:
        return identifier

    def identifier(self, kind: type[Record], key: Key) -> str:
        return key

    def operator_key(self, code: str) -> Key:
        return code

    def operator_code(self, key: Key) -> str:
        return key

    def name_of(self, record: Record) -> str:
        return record.key


@cache
def description(version: str) -> Schema:
    """Return the description of all routes."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {"Error": _error()}
    for number in VERSIONS:
        for api in VERSIONS[number].apis.values():
            if f"/{api.base}/{api.resource}" in paths:
                continue
            name = f"{api.type_name}_v{api.shape.version}"
            schemas[name] = _resource(VERSIONS[number], api)
            schemas[f"{name}_create"] = {**schemas[name], "required": list(api.needed)}
            paths |= _paths(api, name)
    return {
        "openapi": "3.1.0",
        "info": {"title": "cordboard: TM Forum APIs", "version": version or "0"},
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


def _resource(version: Version, api: Api) -> Schema:
    """Return the schema of a resource, from one that the mapping writes."""
    frame = Frame(version, _Names())
    (record,) = (one for one in FULL if type(one) is api.kind)
    document = ticket_wire(record, frame, [EVENT]) if isinstance(record, Ticket) else to_wire(record, frame)
    found = _schema({"id": "1", "href": "/1", **document, "lastUpdate": "2026-03-02T09:30:00.000000Z"})
    status = found["properties"].get("status")
    if status is not None and api.kind in (Ticket, Outage):
        status["enum"] = [
            "acknowledged", "rejected", "pending", "held", "inProgress", "resolved", "cancelled", "closed",
        ]  # fmt: skip
    return found


def _schema(value: Any) -> Schema:
    match value:
        case bool():
            return {"type": "boolean"}
        case int():
            return {"type": "integer"}
        case str() if len(value) == 27 and value.endswith("Z"):
            return {"type": "string", "format": "date-time"}
        case str():
            return {"type": "string"}
        case list():
            return {"type": "array", "items": _together([_schema(one) for one in value])}
        case dict():
            return {"type": "object", "properties": {name: _schema(one) for name, one in value.items()}}
    return {}


def _together(schemas: list[Schema]) -> Schema:
    """Return the schema that elements of different forms have in common: an attribute of several types is anything."""
    if any(one.get("type") != "object" for one in schemas):
        return schemas[0] if all(one == schemas[0] for one in schemas) else {}
    properties: dict[str, Any] = {}
    for one in schemas:
        for name, schema in one["properties"].items():
            same = properties.setdefault(name, schema) == schema
            properties[name] = schema if same else {}
    return {"type": "object", "properties": properties}


def _error() -> Schema:
    names = ("code", "reason", "message", "status", "@type")
    return {
        "type": "object",
        "properties": {name: {"type": "string"} for name in names},
        "required": ["code", "reason"],
    }


def _paths(api: Api, name: str) -> Schema:
    path = f"/{api.base}/{api.resource}"
    resource = {"$ref": f"#/components/schemas/{name}"}
    label = f"{api.resource}_v{api.shape.version}"
    one = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
    key = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 200}}
    match = {"name": "If-Match", "in": "header", "schema": {"type": "string"}}
    listed = {
        "operationId": f"list_{label}",
        "summary": f"{api.number}: list or find; any attribute may be a filter.",
        "parameters": _parameters(api),
        "responses": _responses("200", {"type": "array", "items": resource}),
    }
    created = {
        "operationId": f"create_{label}",
        "parameters": [key],
        "requestBody": _body("application/json", {"$ref": f"#/components/schemas/{name}_create"}),
        "responses": _responses("201", resource),
    }
    got = {
        "operationId": f"get_{label}",
        "parameters": [one, _query("fields")],
        "responses": _responses("200", resource),
    }
    patched = {
        "operationId": f"patch_{label}",
        "parameters": [one, key, match],
        "requestBody": _body(api.shape.patch_type, resource),
        "responses": _responses("200", resource),
    }
    return {
        path: {"get": listed, "post": created},
        f"{path}/{{id}}": {"get": got, "patch": patched},
        **_callbacks(api, label, one),
    }


def _body(media: str, schema: Schema) -> Schema:
    return {"required": True, "content": {media: {"schema": schema}}}


def _callbacks(api: Api, label: str, one: Schema) -> Schema:
    hook = {"type": "object", "properties": {"callback": {"type": "string"}, "query": {"type": "string"}}}
    registered = {
        "operationId": f"register_{label}",
        "requestBody": _body("application/json", hook),
        "responses": _responses("201", hook),
    }
    dropped = {"operationId": f"drop_{label}", "parameters": [one], "responses": _responses("204", None)}
    return {f"/{api.base}/hub": {"post": registered}, f"/{api.base}/hub/{{id}}": {"delete": dropped}}


def _parameters(api: Api) -> list[Schema]:
    found = [
        _query("fields"),
        _query("offset", {"type": "integer", "minimum": 0, "default": 0}),
        _query("limit", {"type": "integer", "minimum": 0, "maximum": MOST, "default": USUAL}),
        _query("sort"),
        _query("id"),
        _query("status"),
        _query("lastUpdate.gt", {"type": "string", "format": "date-time"}),
    ]
    return [*found, _query(TEXT)] if api.kind is Customer else [*found, _query("relatedParty.id")]


def _query(name: str, schema: Schema | None = None) -> Schema:
    return {"name": name, "in": "query", "schema": schema or {"type": "string"}}


def _responses(status: str, schema: Schema | None) -> Schema:
    good: Schema = {"description": "Done."}
    if schema is not None:
        good["content"] = {"application/json": {"schema": schema}}
    error = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}}
    return {status: good} | {code: {"description": says, **error} for code, says in _ERRORS.items()}
