"""Acts on customers: take in a new one, correct what we know."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from backends.port import Batch
from backends.records import (
    Agent,
    ContactPoint,
    Customer,
    CustomerKind,
    Operator,
    Place,
    PointKind,
    new_key,
)
from console.desk.acts.scene import Scene, Unfit, Values, changed, new, text_of


def phone_number(typed: str, country: str) -> str | None:
    """Return a telephone number in E.164, read as dialled in `country`; None when it is not one."""
    import phonenumbers  # 44 ms, needed only when somebody types a number into a form

    try:
        parsed = phonenumbers.parse(typed, country or None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _is_mobile(number: str) -> bool:
    import phonenumbers

    kind = phonenumbers.number_type(phonenumbers.parse(number))
    return kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)


def _phone(typed: str, country: str) -> ContactPoint:
    number = phone_number(typed, country)
    if number is None:
        raise Unfit("phone", "phone")
    return ContactPoint(PointKind.MOBILE if _is_mobile(number) else PointKind.PHONE, number, preferred=True)


def email_address(typed: str) -> str | None:
    """Return an e-mail address in small letters; None when it is not one."""
    typed = typed.lower()
    name, _at, host = typed.partition("@")
    if not name or "@" in host or " " in typed or "." not in host.strip(".") or host != host.strip("."):
        return None
    return typed


def _email(typed: str) -> ContactPoint:
    address = email_address(typed)
    if address is None:
        raise Unfit("email", "email")
    return ContactPoint(PointKind.EMAIL, address)


def _points(values: Values, country: str) -> tuple[ContactPoint, ...]:
    points: list[ContactPoint] = []
    if typed := text_of(values, "phone"):
        points.append(_phone(typed, country))
    if typed := text_of(values, "email"):
        points.append(_email(typed))
    return tuple(points)


def _corrected_points(customer: Customer, values: Values, country: str) -> tuple[ContactPoint, ...]:
    """Return the customer's points with those that the form shows as they were typed.

    One that was left as it was stays as it is, label and all, even where it came in unreadable; a new value takes the
    place of the old one and its label; an emptied answer takes it away.
    """
    points = list(customer.points)
    shown = shown_points(customer)
    for field in ("phone", "email"):
        typed, before = text_of(values, field), shown.get(field)
        if before is not None and typed == before.value:
            continue
        after = None
        if typed:
            made = _phone(typed, country) if field == "phone" else _email(typed)
            after = made if before is None else replace(before, kind=made.kind, value=made.value)
            points = [one for one in points if one is before or (one.kind, one.value) != (made.kind, made.value)]
        if before is None:
            points += [after] if after else []
        else:
            place = points.index(before)
            points[place : place + 1] = [after] if after else []
    return tuple(points)


def _place(values: Values, country: str, before: Place | None = None) -> Place:
    before = before or Place(country=country)
    return replace(
        before,
        street=text_of(values, "street"),
        house=text_of(values, "house"),
        postcode=text_of(values, "postcode"),
        town=text_of(values, "town"),
    )


def new_customer(values: Values, operator: Operator, *, agent: Agent, now: datetime) -> Batch:
    """Take in somebody who asks for the first time, as a prospect (R18).

    Answers: name (needed), phone, email (one of the two), language, greeting_name, street, house, postcode, town.
    """
    points = _points(values, operator.country)
    if not points:
        raise Unfit("phone", "reach_needed")
    customer = Customer(
        key=new_key(),
        number="",
        operator_key=operator.key,
        kind=CustomerKind.PROSPECT,
        name=text_of(values, "name", needed=True),
        language=text_of(values, "language") or operator.language,
        greeting_name=text_of(values, "greeting_name"),
        place=_place(values, operator.country),
        points=points,
        since=now,
    )
    return Batch((new(customer),), actor=agent.login, act="create")


def correct_customer(scene: Scene, values: Values) -> Batch:
    """Correct name, form of address, language, telephone, e-mail, place and the neutral note on tone (R16, R43).

    Points that the form does not show stay as they are.
    """
    customer = scene.file.customer
    country = scene.file.operator.country
    corrected = replace(
        customer,
        name=text_of(values, "name", needed=True),
        greeting_name=text_of(values, "greeting_name"),
        language=text_of(values, "language") or customer.language,
        place=_place(values, country, customer.place),
        points=_corrected_points(customer, values, country),
        tone=text_of(values, "tone"),
    )
    if corrected == customer:
        raise Unfit("name", "unchanged")
    return scene.batch(changed(corrected))


def shown_points(customer: Customer) -> dict[str, ContactPoint]:
    """Return the points that a form shows, by its question: the first telephone and the first e-mail."""
    shown: dict[str, ContactPoint] = {}
    for point in sorted(customer.points, key=lambda one: not one.preferred):
        field = {PointKind.PHONE: "phone", PointKind.MOBILE: "phone", PointKind.EMAIL: "email"}.get(point.kind)
        if field and field not in shown:
            shown[field] = point
    return shown
