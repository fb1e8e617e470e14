"""Users of Zammad as customers, and what of a customer a user can hold.

A change sends the attributes that differ and no others: what the site writes in its own way (`Polska`, a number with
spaces) stays as it is until somebody changes it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backends import clean
from backends.errors import Invalid
from backends.records import (
    ContactPoint,
    Customer,
    CustomerFlag,
    CustomerKind,
    Key,
    Place,
    PointKind,
)
from backends.rest.zammad import phones, rows
from backends.rest.zammad.marks import login_for
from backends.rest.zammad.options import Options
from backends.rest.zammad.rows import Row

SYSTEM = 1
"""The user that is nobody: owner of what nobody owns."""
LONGEST_NAME = 100
"""Characters of each half of a name that the server keeps."""

_POINTS: Mapping[PointKind, str] = {
    PointKind.PHONE: "phone",
    PointKind.MOBILE: "mobile",
    PointKind.EMAIL: "email",
    PointKind.FAX: "fax",
}
_LOCALES = {
    "cs": "cs", "da": "da-dk", "de": "de-de", "en": "en-us", "es": "es-es", "fi": "fi", "fr": "fr-fr", "hr": "hr",
    "hu": "hu", "it": "it-it", "lt": "lt", "nl": "nl-nl", "no": "no-no", "pl": "pl", "pt": "pt-pt", "ro": "ro-ro",
    "ru": "ru", "sk": "sk", "sl": "sl", "sr": "sr-cyrl-rs", "sv": "sv-se", "tr": "tr", "uk": "uk",
}  # fmt: skip
"""The locale that a language is written as in a user's preferences."""
_HOUSE = re.compile(r"(?P<street>.*[^\s\d].*?)\s+(?P<house>\d+[a-zA-Z]?)(?:\s*/\s*(?P<unit>\w+))?")
_COUNTRY = re.compile(r"[A-Za-z]{2}")


def key_of(user: int) -> Key:
    """Return the key of a customer."""
    return f"user:{user}"


def name_of(row: Row) -> str:
    """Return how a user is called: name and organisation, else what else there is."""
    name = " ".join(part for part in (rows.line(row, "firstname"), rows.line(row, "lastname")) if part not in ("", "-"))
    house = organisation_of(row)
    return ", ".join(part for part in (name, house) if part) or rows.line(row, "email") or rows.line(row, "login")


def organisation_of(row: Row) -> str:
    """Return the organisation of a user read with `expand`."""
    value = row.get("organization")
    return clean.line(str(value.get("name") or "")) if isinstance(value, Mapping) else rows.line(row, "organization")


@dataclass(frozen=True, slots=True)
class People:
    """The mapping of users for one profile."""

    options: Options

    def customer(self, row: Row) -> Customer:
        """Return a user as a customer."""
        options = self.options
        organisation = organisation_of(row)
        kind = CustomerKind.SUBSCRIBER
        if rows.raw(row, options.customer.get("kind", "")) in tuple(CustomerKind):
            kind = CustomerKind(rows.raw(row, options.customer["kind"]))
        flags = {flag for flag, name in options.flags.items() if rows.truth(row, name)}
        if organisation:
            flags.add(CustomerFlag.BUSINESS)
        key = rows.number(row, "id")
        return Customer(
            key=key_of(key),
            number=self._kept(row, "number") or str(key),
            operator_key=options.operator.key,
            kind=kind,
            name=name_of(row),
            language=_language(rows.raw(rows.inside(row, "preferences"), "locale")),
            greeting_name=self._kept(row, "greeting_name"),
            place=self.place(row),
            points=self.points(row),
            flags=frozenset(flags),
            tone=self._kept(row, "tone"),
            since=rows.moment(row, "created_at"),
            version=rows.version(row),
        )

    def _kept(self, row: Row, name: str) -> str:
        attribute = self.options.customer.get(name)
        return rows.line(row, attribute) if attribute else ""

    def points(self, row: Row) -> tuple[ContactPoint, ...]:
        """Return the ways to reach a user: numbers in E.164 where they can be read, addresses in lower case."""
        found = []
        for kind, name in _POINTS.items():
            value = rows.line(row, name)
            if kind is PointKind.EMAIL:
                value = value.lower()
            elif value:
                value = phones.shown(value, self.options.operator.country)
            if value:
                found.append(ContactPoint(kind, value))
        return tuple(found)

    def place(self, row: Row) -> Place:
        """Return where a user lives; a house number that ends the street is taken from it."""
        street, postcode, town = (rows.line(row, name) for name in ("street", "zip", "city"))
        if not (street or postcode or town):
            street = rows.line(row, "address")
        found = _HOUSE.fullmatch(street)
        country = rows.line(row, "country")
        code = self.options.countries.get(country.casefold(), country if _COUNTRY.fullmatch(country) else "").upper()
        if found is None:
            return Place(street=street, postcode=postcode, town=town, country=code)
        return Place(found["street"], found["house"], found["unit"] or "", postcode, town, "", code)

    # writing ------------------------------------------------------------------------------------------------------

    def creation(self, customer: Customer, mark: str) -> dict[str, Any]:
        """Return what makes a user of a new customer; raises Invalid for what a user cannot hold."""
        return {"login": login_for(mark), "roles": ["Customer"], **self._attributes(customer, {})}

    def changes(self, customer: Customer, row: Row) -> dict[str, Any]:
        """Return the attributes of the user `row` that `customer` has otherwise; raises Invalid."""
        now = self.customer(row)
        sent = self._attributes(customer, row)
        known = self._attributes(now, row)
        return {name: value for name, value in sent.items() if known.get(name) != value}

    def _attributes(self, customer: Customer, row: Row) -> dict[str, Any]:
        place = customer.place
        if place.region:
            raise Invalid("place", "no_place", "a user has no region")
        house = "/".join(part for part in (place.house, place.unit) if part)
        sent: dict[str, Any] = {
            **_halves(customer.name, organisation_of(row)),
            "street": " ".join(part for part in (place.street, house) if part),
            "zip": place.postcode,
            "city": place.town,
            "country": place.country,
            **dict.fromkeys(_POINTS.values(), ""),
        }
        for index, point in enumerate(customer.points):
            name = _POINTS.get(point.kind)
            if name is None or sent[name]:
                says = f"a user has no place for another {point.kind}"
                raise Invalid(f"points[{index}]", "no_place", says)
            sent[name] = point.value
        sent |= {name: flag in customer.flags for flag, name in self.options.flags.items()}
        sent |= {name: str(getattr(customer, ours)) for ours, name in self.options.customer.items()}
        language = customer.language
        if _language(rows.raw(rows.inside(row, "preferences"), "locale")) != language:
            sent["preferences"] = {**rows.inside(row, "preferences"), "locale": _LOCALES.get(language, language)}
        return sent


def _halves(name: str, organisation: str) -> dict[str, str]:
    """Return first and last name: what stands before the last space, and the rest."""
    if organisation:
        name = name.removesuffix(f", {organisation}") if name != organisation else ""
    first, _, last = name.rpartition(" ")
    if max(len(first), len(last)) > LONGEST_NAME:
        raise Invalid("name", "too_long", f"each half of a name has {LONGEST_NAME} characters at most")
    return {"firstname": first, "lastname": last}


def _language(locale: str) -> str:
    """Return the language of a locale such as `de-de`; empty when there is none."""
    language = locale.partition("-")[0].lower()
    return language if language.isascii() and language.isalpha() and len(language) in (2, 3) else ""
