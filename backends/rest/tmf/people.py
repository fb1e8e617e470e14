"""Customers (TMF629) and contacts (TMF683 party interactions)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from backends.clean import fold
from backends.records import (
    AnswerState,
    Attachment,
    Channel,
    Contact,
    ContactPoint,
    Customer,
    CustomerKind,
    Direction,
    Line,
    Outage,
    Place,
    PointKind,
    Ticket,
)
from backends.rest.tmf.pieces import (
    CUSTOMER,
    OPERATOR,
    VERSION_NAME,
    Frame,
    Json,
    Reading,
    extra_values,
    moment,
    named,
    reference,
    urn,
    version_value,
)

CUSTOMER_EXTRAS = ("number", "language", "greeting_name", "place", "flags", "authorised", "tone", "origin")
CONTACT_EXTRAS = (
    "reference", "thread", "sender", "recipient", "answer", "answered_at", "waived_reason", "route", "outcome",
    "origin",
)  # fmt: skip

_PROSPECTS = frozenset({"prospect", "initialized", "lead"})
_MEDIA: Mapping[PointKind, tuple[str, str, str]] = {
    PointKind.PHONE: ("phone", "PhoneContactMedium", "phoneNumber"),
    PointKind.MOBILE: ("mobile", "PhoneContactMedium", "phoneNumber"),
    PointKind.EMAIL: ("email", "EmailContactMedium", "emailAddress"),
    PointKind.FAX: ("fax", "FaxContactMedium", "faxNumber"),
    PointKind.SOCIAL: ("socialNetwork", "SocialContactMedium", "socialNetworkId"),
}
"""Ways of contact: the medium's type in version 4 and 5, and the attribute with the number or address."""
_POSTAL = ("postalAddress", "GeographicAddressContactMedium")
_ADDRESS = ("street1", "street2", "postCode", "city", "stateOrProvince", "country")
_CHANNELS = {
    "phone": Channel.CALL, "telephone": Channel.CALL, "phone call": Channel.CALL, "voice": Channel.CALL,
    "mail": Channel.EMAIL, "e-mail": Channel.EMAIL, "live chat": Channel.CHAT, "web": Channel.WEB,
    "text message": Channel.SMS, "post": Channel.LETTER, "shop": Channel.VISIT, "store": Channel.VISIT,
}  # fmt: skip
"""What other systems call our channels."""
_DIRECTIONS = {Direction.INBOUND: "inbound", Direction.OUTBOUND: "outbound", Direction.INTERNAL: "internal"}
_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)
_BYTES = "bytes"


# customers -----------------------------------------------------------------------------------------------------------


def customer_wire(customer: Customer, frame: Frame) -> Json:
    """Return the resource of a customer; raises Invalid `naive`."""
    api = frame.version.apis[Customer]
    code = frame.keys.operator_code(customer.operator_key)
    party: Json = {"id": frame.keys.name_of(customer) or customer.number or customer.name or "-"}
    party |= {"href": urn("Individual", party["id"]), "name": customer.name, "@referredType": "Individual"}
    found: Json = {
        "@type": api.type_name,
        "name": customer.name,
        "status": "prospect" if customer.kind is CustomerKind.PROSPECT else "active",
        "engagedParty": {"@type": "PartyRef" if api.shape.typed else "RelatedParty", **party},
        "contactMedium": [*_postal(customer.place, frame), *(_medium(point, frame) for point in customer.points)],
    }
    if code:
        found["relatedParty"] = [reference(api, "party", OPERATOR, code, "Organization")]
    if customer.since is not None:
        found["validFor"] = {"startDateTime": moment(customer.since)}
    values = extra_values(api, customer, CUSTOMER_EXTRAS) if frame.extras else []
    found[api.characteristic] = values + version_value(api, customer)
    return found


def _medium(point: ContactPoint, frame: Frame) -> Json:
    old, new, attribute = _MEDIA[point.kind]
    shape = frame.version.apis[Customer].shape
    if shape.typed:
        medium: Json = {"@type": new, "mediumType": old, "preferred": point.preferred, attribute: point.value}
        return medium | {"contactType": point.label}
    inner = {attribute: point.value, "contactType": point.label}
    return {"mediumType": old, "preferred": point.preferred, "characteristic": inner}


def _postal(place: Place, frame: Frame) -> list[Json]:
    address = {name: value for name, value in zip(_ADDRESS, _written(place), strict=True) if value}
    if not address:
        return []
    old, new = _POSTAL
    if frame.version.apis[Customer].shape.typed:
        return [{"@type": new, "mediumType": old, **address}]
    return [{"mediumType": old, "characteristic": address}]


def _written(place: Place) -> tuple[str, ...]:
    """Return a place as the standard writes it, which knows neither houses nor flats."""
    street = " ".join(filter(None, (place.street, place.house)))
    return (street, place.unit, place.postcode, place.town, place.region, place.country)


def customer_record(document: Mapping[str, Any], frame: Frame) -> Customer:
    """Return the customer that a resource is; raises Invalid only where the frame is strict."""
    api = frame.version.apis[Customer]
    reading = Reading(api, document, strict=frame.strict)
    extras = reading.extras(Customer, CUSTOMER_EXTRAS)
    identifier = reading.line("id")
    place, points = _reached(reading)
    if _written(extras.get("place", place)) != _written(place):
        extras["place"] = place  # somebody else changed the address: the standard's attribute holds
    operator = reading.parties().get(OPERATOR)
    return Customer(
        **{
            "number": "" if frame.strict else identifier,
            "language": "",
            "place": place,
            **extras,
            "key": frame.keys.key(Customer, identifier),
            "operator_key": frame.keys.operator_key(operator.line("id") if operator else ""),
            "kind": (
                CustomerKind.PROSPECT if reading.line("status").lower() in _PROSPECTS else CustomerKind.SUBSCRIBER
            ),
            "name": reading.line("name") or reading.part("engagedParty").line("name"),
            "points": points,
            "since": reading.part("validFor").moment("startDateTime"),
        }
    )


def _reached(reading: Reading) -> tuple[Place, tuple[ContactPoint, ...]]:
    """Return the postal place and the ways of contact; media of other kinds are left to the resource."""
    place, points = Place(), []
    for medium in reading.parts("contactMedium"):
        inner = medium.part("characteristic") if "characteristic" in medium.document else medium
        if any(name in inner.document for name in _ADDRESS) and place == Place():
            street, unit, postcode, town, region, country = (inner.line(name) for name in _ADDRESS)
            place = Place(street, "", unit, postcode, town, region, country)
            continue
        kind = _point_kind(medium, inner)
        if kind is not None:
            value = inner.line(_MEDIA[kind][2])
            label = inner.line("contactType") or medium.line("contactType")
            points.append(ContactPoint(kind, value, label, medium.document.get("preferred") is True))
    return place, tuple(points)


def _point_kind(medium: Reading, inner: Reading) -> PointKind | None:
    said = fold(medium.line("mediumType"))
    for kind, (old, _, attribute) in _MEDIA.items():
        if attribute in inner.document and (old.lower() == said or (kind is PointKind.MOBILE and "mobil" in said)):
            return kind
    for kind, (_, _, attribute) in _MEDIA.items():
        if attribute in inner.document:
            return kind
    return None


# contacts ------------------------------------------------------------------------------------------------------------


def contact_wire(contact: Contact, frame: Frame) -> Json:
    """Return the resource of a contact; raises Invalid `naive`."""
    api, keys = frame.version.apis[Contact], frame.keys
    parties = [(CUSTOMER, keys.identifier(Customer, contact.customer_key), "Customer")]
    parties += [(OPERATOR, keys.operator_code(contact.operator_key), "Organization")]
    parties += [("agent", contact.agent, "Individual")]
    found: Json = {
        "@type": api.type_name,
        "reason": contact.subject,
        "description": contact.body,
        "direction": _DIRECTIONS[contact.direction],
        "status": _status(contact.answer),
        "interactionDate": _span(contact),
        api.name("relatedChannel"): [reference(api, "channel", "interactionChannel", contact.channel, "Channel")],
        "relatedParty": [reference(api, "party", role, name, kind) for role, name, kind in parties if name],
    }
    about = [(keys.identifier(Ticket, contact.ticket_key), "TroubleTicket")]
    about += [(keys.identifier(Line, contact.line_key), "Service")]
    about += [(keys.identifier(Outage, contact.outage_key), "ServiceProblem")]
    items = [{"item": reference(api, "item", "about", name, kind)} for name, kind in about if name]
    if items:
        found["interactionItem"] = [{"@type": "InteractionItem", **item} for item in items]
    answer = keys.identifier(Contact, contact.answered_by)
    if answer:
        relationship = {"id": answer, "href": urn("PartyInteraction", answer), "relationshipType": "answeredBy"}
        found["interactionRelationship"] = [{"@type": "InteractionRelationship", **relationship}]
    if contact.attachments:
        found["attachment"] = [_attached(one, frame) for one in contact.attachments]
    values = extra_values(api, contact, CONTACT_EXTRAS) if frame.extras else []
    if contact.seconds and "endDateTime" not in found["interactionDate"] and frame.extras:
        values.append(named(api, "seconds", contact.seconds))
    found[api.characteristic] = values + version_value(api, contact)
    return found


def _status(answer: AnswerState) -> str:
    return "open" if answer is AnswerState.WAITING else "completed"


def _span(contact: Contact) -> Json:
    found = {"startDateTime": moment(contact.at)}
    if contact.seconds and (_LAST - contact.at).total_seconds() > contact.seconds:
        found["endDateTime"] = moment(contact.at + timedelta(seconds=contact.seconds))
    return found


def _attached(attachment: Attachment, frame: Frame) -> Json:
    found: Json = {
        "@type": "Attachment",
        "name": attachment.name,
        "mimeType": attachment.content_type,
        "attachmentType": "identityDocument" if attachment.identity_document else "document",
        "size": {"amount": attachment.size, "units": _BYTES},
    }
    return found | ({"sha256": attachment.sha256} if frame.extras and attachment.sha256 else {})


def contact_record(document: Mapping[str, Any], frame: Frame) -> Contact:
    """Return the contact that a resource is; raises Invalid only where the frame is strict."""
    api, keys = frame.version.apis[Contact], frame.keys
    reading = Reading(api, document, strict=frame.strict)
    extras = reading.extras(Contact, (*CONTACT_EXTRAS, "seconds"))
    parties, identifier = reading.parties(), reading.line("id")
    span = reading.part("interactionDate")
    at = span.moment("startDateTime") or reading.moment("creationDate") or _FIRST
    end = span.moment("endDateTime")
    waiting = reading.line("status").lower() in ("open", "opened", "inprogress")
    if waiting != (extras.get("answer") is AnswerState.WAITING):
        extras["answer"] = AnswerState.WAITING if waiting else AnswerState.ANSWERED
        if not waiting and "answer" not in reading.values():
            extras["answer"] = AnswerState.NOT_NEEDED
    items = [item.part("item").referred() for item in reading.parts("interactionItem")]
    answers = [one for one in reading.parts("interactionRelationship") if one.line("relationshipType") == "answeredBy"]
    return Contact(
        **{
            "reference": "" if frame.strict else identifier,
            "seconds": max(0, round((end - at).total_seconds())) if end else 0,
            **extras,
            "key": keys.key(Contact, identifier),
            "customer_key": keys.key(Customer, _id(parties.get(CUSTOMER))),
            "operator_key": keys.operator_key(_id(parties.get(OPERATOR))),
            "channel": _channel(reading),
            "direction": _direction(reading.line("direction")),
            "at": at,
            "subject": reading.line("reason"),
            "body": reading.block("description"),
            "ticket_key": keys.key(Ticket, _about(items, "TroubleTicket")),
            "line_key": keys.key(Line, _about(items, "Service")),
            "outage_key": keys.key(Outage, _about(items, "ServiceProblem")),
            "agent": _id(parties.get("agent")),
            "answered_by": keys.key(Contact, answers[0].line("id") if answers else ""),
            "attachments": tuple(_attachment(one) for one in reading.parts("attachment")),
        }
    )


def _id(party: Reading | None) -> str:
    return party.line("id") if party else ""


def _about(items: list[Reading], kind: str) -> str:
    return next((item.line("id") for item in items if item.line("@referredType") == kind), "")


def _channel(reading: Reading) -> str:
    for name in ("relatedChannel", "channel"):
        for one in reading.parts(name):
            channel = one.referred()
            for said in (channel.line("id"), channel.line("name")):
                known = _CHANNELS.get(fold(said))
                if known:
                    return known
            return channel.line("id") or channel.line("name")
    return Channel.NOTE


def _direction(said: str) -> Direction:
    folded = fold(said)
    for direction, name in ((Direction.INTERNAL, "int"), (Direction.INBOUND, "in"), (Direction.OUTBOUND, "out")):
        if folded.startswith(name):
            return direction
    return Direction.INBOUND


def _attachment(one: Reading) -> Attachment:
    return Attachment(
        one.line("name"),
        one.line("mimeType"),
        one.part("size").number("amount"),
        one.line("sha256"),
        one.line("attachmentType") == "identityDocument",
    )


__all__ = [
    "CONTACT_EXTRAS", "CUSTOMER_EXTRAS", "VERSION_NAME",
    "contact_record", "contact_wire", "customer_record", "customer_wire",
]  # fmt: skip
