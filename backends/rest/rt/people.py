"""Users of RT as customers, and customers as users of RT."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from backends import clean
from backends.errors import Invalid
from backends.records import ContactPoint, Customer, CustomerKind, Key, Operator, Place, PointKind
from backends.rest.rt.options import Options
from backends.rest.rt.rows import UserRow
from backends.wire import Form

CUSTOMER: Form[Customer] = Form(Customer)

NUMBER = "U-"
"""What stands before RT's number of a user where that is the customer number."""

_PHONES = (
    ("MobilePhone", PointKind.MOBILE),
    ("HomePhone", PointKind.PHONE),
    ("WorkPhone", PointKind.PHONE),
    ("PagerPhone", PointKind.FAX),
)
_ASSIGNED = frozenset({"key", "number", "operator_key", "version", "origin"})
NATIVE = frozenset({"name", "greeting_name", "language", "place", "points"})
"""Fields of a customer that RT has places of its own for, if not for every value."""
KEPT_AS_DATA = frozenset(spec.name for spec in fields(Customer)) - _ASSIGNED
OMITTED = KEPT_AS_DATA - NATIVE
"""What of a customer has no place in RT without a field for data; the kind then follows from the number."""

_LIMITS = {"RealName": 120, "EmailAddress": 120, "NickName": 16, "MobilePhone": 30, "HomePhone": 30, "WorkPhone": 30,
           "PagerPhone": 30, "Address1": 200, "Address2": 200, "City": 100, "State": 100, "Zip": 16, "Country": 50,
           "Lang": 16}  # fmt: skip
"""Characters that RT's own tables hold."""


def key_of(number: int) -> Key:
    """Return the key of the customer that a user is."""
    return f"user:{number}"


def number_in(key: Key) -> int:
    """Return the number of the user in a customer's key, 0 when it is none."""
    kind, _, number = key.partition(":")
    good = kind == "user" and number.isascii() and number.isdigit() and len(number) < 19
    return int(number) if good and str(int(number)) == number else 0


def e164(text: str, country: str) -> str:
    """Return a telephone number in E.164, as dialled in `country`; what is none stays as it is written."""
    plain = clean.line(text)
    if not any(character.isdigit() for character in plain):
        return plain
    import phonenumbers

    try:
        number = phonenumbers.parse(plain, country or None)
    except phonenumbers.NumberParseException:
        return plain
    if not phonenumbers.is_possible_number(number):
        return plain
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def customer_of(user: UserRow, options: Options) -> Customer:
    """Return the customer that a user of RT is."""
    number = _first(user, options.number_field)
    base = Customer(
        key=key_of(user.id),
        number=number or f"{NUMBER}{user.id}",
        operator_key=options.operator.key,
        kind=CustomerKind.SUBSCRIBER if number else CustomerKind.PROSPECT,
        name=clean.line(user.texts["RealName"] or user.login),
        language=clean.line(user.texts["Lang"]).partition("_")[0].lower() or options.operator.language,
        greeting_name=clean.line(user.texts["NickName"]),
        place=_place(user, options.operator),
        points=_points(user, options),
        version=max(1, user.version),
    )
    return _with_data(base, user, options)


def _first(user: UserRow, name: str) -> str:
    values = user.fields.get(name, ()) if name else ()
    return clean.line(values[0]) if values else ""


def _place(user: UserRow, operator: Operator) -> Place:
    texts = {name: clean.line(user.texts[name]) for name in ("Address1", "Address2", "City", "State", "Zip", "Country")}
    if not any(texts.values()):
        return Place()
    country = texts["Country"].upper()
    return Place(
        street=texts["Address1"], unit=texts["Address2"], postcode=texts["Zip"], town=texts["City"],
        region=texts["State"], country=country if len(country) == 2 else operator.country,
    )  # fmt: skip


def _points(user: UserRow, options: Options) -> tuple[ContactPoint, ...]:
    country = options.operator.country
    found: dict[tuple[PointKind, str], ContactPoint] = {}
    email = clean.line(user.texts["EmailAddress"]).lower()
    if email:
        found[PointKind.EMAIL, email] = ContactPoint(PointKind.EMAIL, email)
    for name, kind in _PHONES:
        value = e164(user.texts[name], country) if user.texts[name].strip() else ""
        if value:
            found.setdefault((kind, value), ContactPoint(kind, value))
    known = {point.value for point in found.values()}
    for number in phones_in(user, options) - known:
        found[PointKind.PHONE, number] = ContactPoint(PointKind.PHONE, number)
    return tuple(found.values())


def phones_in(user: UserRow, options: Options) -> set[str]:
    """Return the numbers in the field that is searched by telephone."""
    values = user.fields.get(options.phones_field, ()) if options.phones_field else ()
    return {clean.line(word) for value in values for word in value.split()}


# what RT has no place for ---------------------------------------------------------------------------------------------


def _with_data(base: Customer, user: UserRow, options: Options) -> Customer:
    """Return `base` with what the field for data holds.

    Where RT has a place of its own, what stands there was perhaps changed in RT since: then RT is right.
    """
    held = data_in(user, options)
    values = held.get("customer")
    if not isinstance(values, dict):
        return base
    same = held.get("as") == _digest(_texts_of(user))
    names = KEPT_AS_DATA if same else OMITTED
    plain = {name: value for name, value in CUSTOMER.plain(base).items() if name not in names}
    plain |= {name: value for name, value in values.items() if name in names}
    try:
        merged = CUSTOMER.built({"kind": str(base.kind), "name": "", "language": "", **plain})
    except Invalid:
        return base  # somebody wrote into the field by hand
    return merged


def data_in(user: UserRow, options: Options) -> dict[str, Any]:
    """Return what the field for data holds, nothing when there is none that can be read."""
    values = user.fields.get(options.customer_data_field, ()) if options.customer_data_field else ()
    try:
        held = json.loads(values[0]) if values else {}
    except (ValueError, RecursionError):
        return {}
    return held if isinstance(held, dict) else {}


def _texts_of(user: UserRow) -> dict[str, str]:
    return {name: user.texts[name] for name in _LIMITS}


def _digest(texts: Mapping[str, str]) -> str:
    plain = "\x1f".join(f"{name}={texts.get(name, '').strip()}" for name in _LIMITS)
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()[:16]


# writing --------------------------------------------------------------------------------------------------------------


def user_fields(customer: Customer, options: Options, mark: str) -> dict[str, Any]:
    """Return what RT is to hold of a customer; raises Invalid for what it cannot hold."""
    texts = _native(customer)
    fitting = _default_of(customer, texts, options)
    if not options.customer_data_field:
        for name in sorted(NATIVE):
            if getattr(fitting, name) != getattr(customer, name):
                raise Invalid(name, "unsupported", "Request Tracker has no place for this")
    custom: dict[str, Any] = {}
    if options.number_field and customer.number and customer.number != f"{NUMBER}{number_in(customer.key)}":
        custom[options.number_field] = customer.number
    if options.phones_field:
        custom[options.phones_field] = " ".join(sorted(_numbers(customer)))
    if options.customer_data_field:
        plain = CUSTOMER.plain(customer)
        values = {name: value for name, value in plain.items() if name in KEPT_AS_DATA}
        held = {"mark": mark, "as": _digest(texts), "customer": values}
        custom[options.customer_data_field] = json.dumps(held, separators=(",", ":"))
    return {**texts, **({"CustomFields": custom} if custom else {})}


def holds(user: UserRow, values: Mapping[str, Any]) -> bool:
    """Return whether RT holds what it was told of a user."""
    return not field_of(user, values)


def field_of(user: UserRow, values: Mapping[str, Any]) -> str:
    """Return the field of a customer that RT does not hold as it was told; empty when it holds all."""
    for name, text in values.get("CustomFields", {}).items():
        if "".join(user.fields.get(name, ())[:1]).split() != text.split():
            return "points" if text.startswith("+") else "flags" if text.startswith("{") else "number"
    ours = {"RealName": "name", "NickName": "greeting_name", "Lang": "language", "EmailAddress": "points"}
    for name in _LIMITS:
        if user.texts[name].split() != str(values.get(name, "")).split():
            return ours.get(name, "points" if name.endswith("Phone") else "place")
    return ""


def _native(customer: Customer) -> dict[str, str]:
    """Return what goes into RT's own places, cut to what they hold."""
    place = customer.place
    street = " ".join(part for part in (place.street, place.house) if part)
    texts = {"RealName": customer.name, "NickName": customer.greeting_name, "Lang": customer.language,
             "Address1": street, "Address2": place.unit, "City": place.town, "State": place.region,
             "Zip": place.postcode, "Country": place.country, "EmailAddress": ""}  # fmt: skip
    emails = [point.value for point in customer.points if point.kind is PointKind.EMAIL and _is_address(point.value)]
    texts["EmailAddress"] = emails[0] if emails else ""
    free = dict(_PHONES)
    for point in customer.points:
        name = next((name for name, kind in free.items() if kind is point.kind), None)
        if name is not None:
            texts[name] = point.value
            del free[name]
    return {name: _fit(texts.get(name, ""), limit) for name, limit in _LIMITS.items()}


def _fit(text: str, limit: int) -> str:
    """Return the beginning of a text that RT keeps whole: it counts bytes in some places and characters in others."""
    return clean.line(clean.line(text).encode("utf-8", "replace")[:limit].decode("utf-8", "ignore"))


def _is_address(text: str) -> bool:
    name, at, host = text.partition("@")
    return bool(name and at and host) and text.isascii() and text.isprintable() and not set(text) & set(" ,;<>()\"'\\")


def _numbers(customer: Customer) -> set[str]:
    return {
        "".join(point.value.split())
        for point in customer.points
        if point.kind in (PointKind.PHONE, PointKind.MOBILE, PointKind.FAX) and point.value.strip()
    }


def _default_of(customer: Customer, texts: Mapping[str, str], options: Options) -> Customer:
    """Return the customer as it would be read back from RT's own places alone."""
    named = replace(options, phones_field="", customer_data_field="")
    row = UserRow(
        number_in(customer.key), "", {"Name": "", "Organization": "", "Created": "", "LastUpdated": "", **texts}, {},
        None, False, False,
    )  # fmt: skip
    return customer_of(row, named)
