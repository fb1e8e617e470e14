"""Outages (TMF656 service problems) and contracts (TMF651 agreements)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from backends.clean import fold
from backends.errors import Invalid
from backends.records import (
    Contract,
    ContractState,
    Coverage,
    Customer,
    Line,
    Outage,
    OutageKind,
    OutageState,
    OutageUpdate,
)
from backends.rest.tmf.pieces import (
    CUSTOMER,
    OPERATOR,
    Frame,
    Json,
    Reading,
    extra_values,
    moment,
    named,
    note,
    plain_reference,
    reference,
    version_value,
)

OUTAGE_EXTRAS = ("reference", "expected_end", "confirmed_at", "ended_at", "say", "supplier_reference", "origin")
CONTRACT_EXTRAS = ("number", "term_months", "price", "list_price", "notice_sent_at")

_STATES = {
    OutageState.SUSPECTED: "acknowledged",
    OutageState.CONFIRMED: "inProgress",
    OutageState.RESTORED: "resolved",
    OutageState.DISMISSED: "rejected",
}
_STATE_OF = {
    **{name: state for state, name in _STATES.items()},
    "pending": OutageState.CONFIRMED,
    "held": OutageState.CONFIRMED,
    "closed": OutageState.RESTORED,
    "cancelled": OutageState.DISMISSED,
}
_OVER = frozenset({OutageState.RESTORED, OutageState.DISMISSED})
_CATEGORIES = {OutageKind.FAULT: ("fault", 2), OutageKind.PLANNED_WORKS: ("plannedWorks", 5)}
"""Category, and priority from 1 (highest) to 10."""
_PLANNED = ("plan", "maint", "work")
_PLACES = (("postcode", "postcodes"), ("town", "towns"), ("country", "country"))
"""Roles of affected locations, and the parts of a coverage they are."""
_NOBODY = "-"
_CONTRACTS = {
    ContractState.OFFERED: "inProcess",
    ContractState.RUNNING: "approved",
    ContractState.NOTICE_GIVEN: "noticeGiven",
    ContractState.ENDED: "ended",
}
_CONTRACT_OF = {
    **{fold(name): state for state, name in _CONTRACTS.items()},
    "in process": ContractState.OFFERED,
    "rejected": ContractState.ENDED,
    "terminated": ContractState.ENDED,
    "expired": ContractState.ENDED,
    "cancelled": ContractState.ENDED,
}
_FIRST = datetime.min.replace(tzinfo=UTC)


# outages -------------------------------------------------------------------------------------------------------------


def outage_wire(outage: Outage, frame: Frame) -> Json:
    """Return the resource of an outage; raises Invalid `naive`."""
    api, keys = frame.version.apis[Outage], frame.keys
    category, priority = _CATEGORIES[outage.kind]
    found: Json = {
        "@type": api.type_name,
        "name": outage.title,
        "description": outage.title,
        "category": category,
        "priority": priority,
        "reason": outage.cause,
        "status": _STATES[outage.state],
        "creationDate": moment(outage.started_at),
        "originatorParty": reference(api, "party", "originator", outage.source or _NOBODY, "Organization"),
        "affectedService": [plain_reference(api, "ServiceRef", name) for name in outage.coverage.services],
        "affectedResource": [plain_reference(api, "ResourceRef", name) for name in outage.coverage.elements],
        "affectedLocation": _locations(outage.coverage, frame),
        "relatedParty": [
            reference(api, "party", OPERATOR, code, "Organization")
            for code in map(keys.operator_code, outage.operator_keys)
            if code
        ],
    }
    if outage.supplier:
        found["responsibleParty"] = reference(api, "party", "supplier", outage.supplier, "Organization")
    if outage.updates:
        found["note"] = [_update(update, position, frame) for position, update in enumerate(outage.updates)]
    extras = set(OUTAGE_EXTRAS)
    if outage.state in _OVER and outage.ended_at is not None:
        found["resolutionDate"] = moment(outage.ended_at)
        extras.discard("ended_at")
    values = extra_values(api, outage, (name for name in OUTAGE_EXTRAS if name in extras)) if frame.extras else []
    found[api.characteristic] = values + version_value(api, outage)
    return found


def _locations(coverage: Coverage, frame: Frame) -> list[Json]:
    api = frame.version.apis[Outage]
    found = []
    for role, name in _PLACES:
        held = getattr(coverage, name)
        for one in (held,) if isinstance(held, str) else held:
            if one or not isinstance(held, str):
                found.append(reference(api, "place", role, one, "GeographicLocation"))
    return found


def _update(update: OutageUpdate, position: int, frame: Frame) -> Json:
    try:
        found = note(frame.version.apis[Outage], str(position), update.by, update.at, update.text)
    except Invalid as error:
        raise Invalid(f"updates[{position}].at", error.code) from None
    return found | ({"status": _STATES[update.state]} if update.state is not None and frame.extras else {})


def outage_record(document: Mapping[str, Any], frame: Frame) -> Outage:
    """Return the outage that a resource is; raises Invalid only where the frame is strict."""
    api, keys = frame.version.apis[Outage], frame.keys
    reading = Reading(api, document, strict=frame.strict)
    extras = reading.extras(Outage, OUTAGE_EXTRAS)
    identifier, title, says = reading.line("id"), reading.line("name"), reading.line("description")
    state = _STATE_OF.get(reading.line("status"), OutageState.SUSPECTED)
    if state in _OVER:
        extras["ended_at"] = reading.moment("resolutionDate") or extras.get("ended_at")
    category = fold(reading.line("category"))
    related = [one.referred() for one in reading.parts("relatedParty")]
    source = reading.part("originatorParty").referred().line("id")
    return Outage(
        **{
            "reference": "" if frame.strict else identifier,
            **extras,
            "key": keys.key(Outage, identifier),
            "state": state,
            "title": title or says if not frame.strict else title,
            "started_at": reading.moment("creationDate") or _FIRST,
            "coverage": _coverage(reading),
            "operator_keys": tuple(
                keys.operator_key(one.line("id")) for one in related if one.line("role").lower() == OPERATOR
            ),
            "kind": OutageKind.PLANNED_WORKS if any(word in category for word in _PLANNED) else OutageKind.FAULT,
            "cause": reading.line("reason"),
            "source": "" if source == _NOBODY else source,
            "supplier": reading.part("responsibleParty").referred().line("id"),
            "updates": tuple(map(_told, reading.parts("note"))),
        }
    )


def _coverage(reading: Reading) -> Coverage:
    places: dict[str, list[str]] = {role: [] for role, _ in _PLACES}
    for one in reading.parts("affectedLocation"):
        place = one.referred()
        role = place.line("role")
        places[role if role in places else "town"].append(place.line("id") if role in places else _called(place))
    return Coverage(
        services=tuple(map(_called, reading.parts("affectedService"))),
        elements=tuple(map(_called, reading.parts("affectedResource"))),
        postcodes=tuple(places["postcode"]),
        towns=tuple(places["town"]),
        country=next(iter(places["country"]), ""),
    )


def _called(one: Reading) -> str:
    return one.line("name") or one.line("id")


def _told(one: Reading) -> OutageUpdate:
    return OutageUpdate(
        one.moment("date") or _FIRST, one.block("text"), one.line("author"), _STATE_OF.get(one.line("status"))
    )


# contracts -----------------------------------------------------------------------------------------------------------


def contract_wire(contract: Contract, frame: Frame) -> Json:
    """Return the resource of a contract; raises Invalid `naive`."""
    api, keys = frame.version.apis[Contract], frame.keys
    customer = keys.identifier(Customer, contract.customer_key)
    product = {"id": contract.product or _NOBODY, "name": contract.product}
    period = {"startDateTime": _midnight(contract.started_on)}
    if contract.ends_on is not None:
        period["endDateTime"] = _midnight(contract.ends_on)
    found: Json = {
        "@type": api.type_name,
        "name": contract.product,
        "agreementType": "commercial",
        "status": _CONTRACTS[contract.state],
        "agreementPeriod": period,
        "agreementItem": [{"product": [product]}],
        "engagedParty": [reference(api, "party", CUSTOMER, customer, "Customer")] if customer else [],
    }
    values = extra_values(api, contract, CONTRACT_EXTRAS) if frame.extras else []
    lines = [name for name in (keys.identifier(Line, key) for key in contract.line_keys) if name]
    if lines and frame.extras:
        values.append(named(api, "lines", lines))
    found[api.characteristic] = values + version_value(api, contract)
    return found


def _midnight(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"


def contract_record(document: Mapping[str, Any], frame: Frame) -> Contract:
    """Return the contract that a resource is; raises Invalid only where the frame is strict."""
    api, keys = frame.version.apis[Contract], frame.keys
    reading = Reading(api, document, strict=frame.strict)
    period = reading.part("agreementPeriod")
    started = period.moment("startDateTime") or reading.moment("initialDate") or _FIRST
    ends = period.moment("endDateTime")
    parties = [one.referred() for one in reading.parts("engagedParty")]
    parties.sort(key=lambda one: one.line("role").lower() != CUSTOMER)
    lines = reading.values().get("lines")
    found = Contract(
        keys.key(Contract, reading.line("id")),
        str(reading.number("documentNumber") or "") or ("" if frame.strict else reading.line("id")),
        keys.key(Customer, parties[0].line("id") if parties else ""),
        _product(reading),
        started.date(),
        ends.date() if ends else None,
        state=_CONTRACT_OF.get(fold(reading.line("status")), ContractState.RUNNING),
        line_keys=tuple(filter(None, (keys.key(Line, str(one)) for one in lines))) if isinstance(lines, list) else (),
    )
    return replace(found, **reading.extras(Contract, CONTRACT_EXTRAS))


def _product(reading: Reading) -> str:
    for item in reading.parts("agreementItem"):
        for name in ("product", "productOffering"):
            for one in item.parts(name):
                if one.line("name"):
                    return one.line("name")
    return reading.line("name")
