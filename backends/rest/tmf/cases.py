"""Tickets with their events (TMF621 trouble tickets) and visits (TMF646 appointments)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from backends.clean import fold
from backends.records import (
    Contact,
    Customer,
    Key,
    Line,
    Outage,
    Priority,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketKind,
    TicketState,
    Visit,
    VisitState,
)
from backends.rest.tmf.pieces import (
    CUSTOMER,
    OPERATOR,
    Frame,
    Json,
    Reading,
    extra_values,
    moment,
    note,
    reference,
    version_value,
)

TICKET_EXTRAS = (
    "reference", "details", "first_contact_at", "holder", "holder_name", "holder_reference", "held_since",
    "escalated_to", "next_step", "next_step_at", "taken_in_charge_at", "reference_given_at", "closed_at", "outcome",
    "class_proposed", "outcome_reason", "resolution", "compensations", "origin",
)  # fmt: skip
VISIT_EXTRAS = ()

STATES = {
    TicketState.OPEN: "acknowledged",
    TicketState.IN_PROGRESS: "inProgress",
    TicketState.WAITING_CUSTOMER: "pending",
    TicketState.SOLVED: "resolved",
    TicketState.CLOSED: "closed",
}
"""Our states in the standard's words."""
_STATE_OF = {
    **{name: state for state, name in STATES.items()},
    "held": TicketState.IN_PROGRESS,
    "rejected": TicketState.CLOSED,
    "cancelled": TicketState.CLOSED,
}
_SETTLED = frozenset({TicketState.SOLVED, TicketState.CLOSED})
_PRIORITIES = {
    Priority.LOW: ("Low", "Minor"),
    Priority.NORMAL: ("Medium", "Minor"),
    Priority.HIGH: ("High", "Major"),
    Priority.URGENT: ("Critical", "Critical"),
}
"""Priority and severity as the standard's examples write them."""
_PRIORITY_OF = {
    **{names[0].lower(): priority for priority, names in _PRIORITIES.items()},
    "normal": Priority.NORMAL, "major": Priority.HIGH, "minor": Priority.LOW, "urgent": Priority.URGENT,
    "1": Priority.URGENT, "2": Priority.HIGH, "3": Priority.NORMAL, "4": Priority.LOW,
}  # fmt: skip
_KIND_WORDS = (
    ("install", TicketKind.INSTALLATION), ("bill", TicketKind.BILLING), ("invoice", TicketKind.BILLING),
    ("complain", TicketKind.COMPLAINT), ("sale", TicketKind.SALES), ("order", TicketKind.SALES),
    ("chang", TicketKind.CHANGE), ("request", TicketKind.CHANGE), ("data", TicketKind.DATA_REQUEST),
    ("privacy", TicketKind.DATA_REQUEST),
)  # fmt: skip
"""Words by which other systems' ticket types are told; what none tells is a fault."""
STATE_EVENTS = frozenset(
    {TicketEventKind.OPENED, TicketEventKind.STATE, TicketEventKind.CLOSED, TicketEventKind.REOPENED}
)
"""Events that also stand in the ticket's history of states."""
_ABOUT_THE_SAME = timedelta(minutes=5)
_FIRST = datetime.min.replace(tzinfo=UTC)
_VISITS = {
    VisitState.PLANNED: "initialized",
    VisitState.CONFIRMED: "confirmed",
    VisitState.DONE: "completed",
    VisitState.MISSED: "failed",
    VisitState.CANCELLED: "cancelled",
}
_VISIT_OF = {name: state for state, name in _VISITS.items()}
_CAUSE, _SERVICE = "causedBy", "affectedService"


# tickets -------------------------------------------------------------------------------------------------------------


def ticket_wire(ticket: Ticket, frame: Frame, events: Iterable[TicketEvent] = ()) -> Json:
    """Return the resource of a ticket with its events as notes and history of states; raises Invalid `naive`."""
    api, keys = frame.version.apis[Ticket], frame.keys
    priority, severity = _PRIORITIES[ticket.priority]
    parties = [(CUSTOMER, keys.identifier(Customer, ticket.customer_key), "Customer")]
    parties += [(OPERATOR, keys.operator_code(ticket.operator_key), "Organization")]
    parties += [("originator", ticket.opened_by, "Individual")]
    found: Json = {
        "@type": api.type_name,
        "name": ticket.subject,
        "description": ticket.description,
        "ticketType": ticket.kind.value,
        "priority": priority,
        "severity": severity,
        "status": STATES[ticket.state],
        "creationDate": moment(ticket.opened_at),
        "relatedParty": [reference(api, "party", role, name, kind) for role, name, kind in parties if name],
    }
    entities = [(_SERVICE, keys.identifier(Line, ticket.line_key), "Service")]
    entities += [(_CAUSE, keys.identifier(Outage, ticket.outage_key), "ServiceProblem")]
    related = [reference(api, "entity", role, name, kind) for role, name, kind in entities if name]
    if related:
        found["relatedEntity"] = related
    if ticket.due_at is not None:
        found["expectedResolutionDate"] = moment(ticket.due_at)
    extras = set(TICKET_EXTRAS)
    if ticket.state is TicketState.CLOSED and ticket.closed_at is not None:
        found["resolutionDate"] = moment(ticket.closed_at)
        extras.discard("closed_at")
    if ticket.state in _SETTLED and ticket.resolution:
        found["statusChangeReason"] = ticket.resolution
        extras.discard("resolution")
    values = extra_values(api, ticket, (name for name in TICKET_EXTRAS if name in extras)) if frame.extras else []
    found[api.characteristic] = values + version_value(api, ticket)
    return found | _history(events, frame)


def _history(events: Iterable[TicketEvent], frame: Frame) -> Json:
    api = frame.version.apis[Ticket]
    notes, changes = [], []
    name = "statusChangeHistory"
    for event in events:
        notes.append(event_note(event, frame))
        state = _state_code(event.after)
        if event.kind in STATE_EVENTS and state:
            change = {
                api.name(f"{name}.statusChangeDate"): moment(event.at),
                api.name(f"{name}.statusChangeReason"): event.text,
                "status": state,
            }
            changes.append({"@type": "StatusChange", **change} if api.shape.typed else change)
    return ({"note": notes} if notes else {}) | ({api.name(name): changes} if changes else {})


def _state_code(code: str) -> str:
    return next((name for state, name in STATES.items() if state.value == code), "")


def event_note(event: TicketEvent, frame: Frame) -> Json:
    """Return an event as a note of its ticket; what it is stands in attributes of our own."""
    identifier = frame.keys.identifier(TicketEvent, event.key)
    found = note(frame.version.apis[Ticket], identifier, event.by, event.at, event.text)
    if not identifier:
        del found["id"]
    if frame.extras:
        contact = frame.keys.identifier(Contact, event.contact_key)
        more = {"before": event.before, "after": event.after, "contact": contact}
        found |= {"kind": event.kind.value, **{name: value for name, value in more.items() if value}}
    return found


def ticket_record(document: Mapping[str, Any], frame: Frame) -> Ticket:
    """Return the ticket that a resource is; raises Invalid only where the frame is strict."""
    api, keys = frame.version.apis[Ticket], frame.keys
    reading = Reading(api, document, strict=frame.strict)
    extras, parties = reading.extras(Ticket, TICKET_EXTRAS), reading.parties()
    identifier = reading.line("id")
    state = _STATE_OF.get(reading.line("status"), TicketState.OPEN)
    if state is TicketState.CLOSED:
        extras["closed_at"] = reading.moment("resolutionDate") or extras.get("closed_at")
        extras["closed_at"] = extras["closed_at"] or (None if frame.strict else reading.moment("statusChangeDate"))
    if state in _SETTLED and "resolution" not in extras:
        extras["resolution"] = reading.block("statusChangeReason")
    related = [one.referred() for one in reading.parts("relatedEntity")]
    return Ticket(
        **{
            "reference": "" if frame.strict else identifier,
            **extras,
            "key": keys.key(Ticket, identifier),
            "customer_key": keys.key(Customer, _id(parties.get(CUSTOMER))),
            "operator_key": keys.operator_key(_id(parties.get(OPERATOR))),
            "kind": ticket_kind(reading.line("ticketType")),
            "subject": reading.line("name"),
            "opened_at": reading.moment("creationDate") or _FIRST,
            "state": state,
            "priority": _priority(reading),
            "description": reading.block("description"),
            "line_key": keys.key(Line, _entity(related, _SERVICE, "Service")),
            "outage_key": keys.key(Outage, _entity(related, _CAUSE, "ServiceProblem")),
            "opened_by": _id(parties.get("originator")),
            "due_at": reading.moment("expectedResolutionDate"),
        }
    )


def _id(party: Reading | None) -> str:
    return party.line("id") if party else ""


def _entity(related: list[Reading], role: str, kind: str) -> str:
    fitting = [one for one in related if one.line("@referredType") == kind]
    fitting.sort(key=lambda one: one.line("role") != role)
    return fitting[0].line("id") if fitting else ""


def ticket_kind(said: str) -> TicketKind:
    """Return the kind of a ticket by what a system calls it."""
    folded = fold(said)
    for kind in TicketKind:
        if folded == kind.value:
            return kind
    return next((kind for word, kind in _KIND_WORDS if word in folded), TicketKind.FAULT)


def _priority(reading: Reading) -> Priority:
    for name in ("priority", "severity"):
        known = _PRIORITY_OF.get(fold(reading.line(name)))
        if known:
            return known
    return Priority.NORMAL


def ticket_events(document: Mapping[str, Any], frame: Frame) -> list[TicketEvent]:
    """Return the events of a ticket: its notes, and its history of states where no note tells the same."""
    api, keys = frame.version.apis[Ticket], frame.keys
    reading = Reading(api, document, strict=frame.strict)
    identifier = reading.line("id")
    ticket = keys.key(Ticket, identifier)
    customer = keys.key(Customer, _id(reading.parties().get(CUSTOMER)))
    events = [
        _event(one, position, identifier, ticket, customer, frame) for position, one in enumerate(reading.parts("note"))
    ]
    told = [(event.after, event.at) for event in events if event.kind in STATE_EVENTS]
    name = "statusChangeHistory"
    for position, change in enumerate(reading.parts(api.name(name))):
        at = change.moment(api.name(f"{name}.statusChangeDate"))
        state = _STATE_OF.get(change.line("status"))
        if at is None or state is None or any(after == state and _near(at, when) for after, when in told):
            continue
        kind = TicketEventKind.CLOSED if state is TicketState.CLOSED else TicketEventKind.STATE
        key = keys.key(TicketEvent, f"{identifier}/status/{position}")
        text = change.block(api.name(f"{name}.statusChangeReason"))
        events.append(TicketEvent(key, ticket, customer, kind, at, after=state.value, text=text, version=1))
    return events


def _near(one: datetime, other: datetime) -> bool:
    return abs(one - other) <= _ABOUT_THE_SAME


def _event(one: Reading, position: int, ticket_id: str, ticket: Key, customer: Key, frame: Frame) -> TicketEvent:
    said = one.line("kind")
    kind = next((kind for kind in TicketEventKind if kind.value == said), TicketEventKind.NOTE)
    identifier = one.line("id") or f"at {position}"
    return TicketEvent(
        frame.keys.key(TicketEvent, f"{ticket_id}/note/{identifier}"),
        ticket,
        customer,
        kind,
        one.moment("date") or _FIRST,
        by=one.line("author"),
        before=one.line("before"),
        after=one.line("after"),
        text=one.block("text"),
        contact_key=frame.keys.key(Contact, one.line("contact")),
        version=1,
    )


# visits --------------------------------------------------------------------------------------------------------------


def visit_wire(visit: Visit, frame: Frame) -> Json:
    """Return the resource of a visit; raises Invalid `naive`."""
    api, keys = frame.version.apis[Visit], frame.keys
    parties = [(CUSTOMER, keys.identifier(Customer, visit.customer_key), "Customer")]
    parties += [("technician", visit.engineer, "Individual")]
    ticket = keys.identifier(Ticket, visit.ticket_key)
    found: Json = {
        "@type": api.type_name,
        "category": "technicianVisit",
        "description": visit.note,
        "status": _VISITS[visit.state],
        "validFor": {"startDateTime": moment(visit.window_from), "endDateTime": moment(visit.window_to)},
        "relatedParty": [reference(api, "party", role, name, kind) for role, name, kind in parties if name],
        "relatedEntity": [reference(api, "entity", "reason", ticket, "TroubleTicket")] if ticket else [],
    }
    values = version_value(api, visit)
    return found | ({api.characteristic: values} if values else {})


def visit_record(document: Mapping[str, Any], frame: Frame) -> Visit:
    """Return the visit that a resource is; raises Invalid only where the frame is strict."""
    api, keys = frame.version.apis[Visit], frame.keys
    reading = Reading(api, document, strict=frame.strict)
    window, parties = reading.part("validFor"), reading.parties()
    related = [one.referred() for one in reading.parts("relatedEntity")]
    begin = window.moment("startDateTime") or reading.moment("creationDate") or _FIRST
    return Visit(
        keys.key(Visit, reading.line("id")),
        keys.key(Ticket, _entity(related, "reason", "TroubleTicket")),
        keys.key(Customer, _id(parties.get(CUSTOMER))),
        begin,
        window.moment("endDateTime") or begin,
        engineer=_id(parties.get("technician")),
        state=_VISIT_OF.get(reading.line("status"), VisitState.PLANNED),
        note=reading.block("description"),
    )
