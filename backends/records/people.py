"""Operators, customers and the agents who serve them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from backends.records.base import Key, Origin, Place


@dataclass(frozen=True, slots=True)
class Operator:
    """A telecom company or one of its brands, on whose behalf contacts are taken (R22)."""

    key: Key
    code: str
    name: str
    country: str
    language: str
    time_zone: str
    currency: str = "EUR"
    parent_key: Key = ""
    """The operator that this brand belongs to, empty for a company of its own."""
    numbers: tuple[str, ...] = ()
    """Telephone numbers that callers dial, in E.164."""
    email: str = ""
    greeting: str = ""
    desk_hours: str = ""
    """Weekly hours of the desk in local time, e.g. `Mon-Fri 08:00-18:00; Sat 09:00-13:00`; empty is always."""
    chase_threshold: int = 3
    """From this chase on, the ticket's priority is raised (R37)."""
    region: str = ""
    """Subdivision of the country whose holidays count (ISO 3166-2 without the country), e.g. `SCT`."""
    accept_minutes: int = 30
    """A handover that is not accepted within these minutes is raised (R22)."""
    ladder: tuple[str, ...] = ()
    """Names of the rungs of escalation, lowest first; empty for the shipped ladder."""
    active: bool = True
    version: int = 0


class CustomerKind(StrEnum):
    """Asked about the service, or bound to us by a contract (R18)."""

    PROSPECT = "prospect"
    SUBSCRIBER = "subscriber"


class CustomerFlag(StrEnum):
    """What everybody who speaks to this customer must know; facts a person set, not derived ones."""

    PRIORITY_REPAIR = "priority_repair"
    AUTHORISED_THIRD_PARTY = "authorised_third_party"
    ACCESSIBLE_FORMAT = "accessible_format"
    VULNERABLE = "vulnerable"
    BUSINESS = "business"
    NO_MARKETING = "no_marketing"
    FORGOTTEN = "forgotten"
    """Personal data was erased on request; counts and clocks remain."""


class PointKind(StrEnum):
    """The ways to reach a customer."""

    PHONE = "phone"
    MOBILE = "mobile"
    EMAIL = "email"
    FAX = "fax"
    SOCIAL = "social"


@dataclass(frozen=True, slots=True)
class ContactPoint:
    """One way to reach a customer: telephone numbers in E.164, addresses in lower case."""

    kind: PointKind
    value: str
    label: str = ""
    preferred: bool = False


@dataclass(frozen=True, slots=True)
class AuthorisedParty:
    """Somebody who may speak for the customer, with the reach of that right in the customer's words."""

    name: str
    relation: str = ""
    phone: str = ""
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Customer:
    """Whoever we serve (R8), prospect or subscriber (R18)."""

    key: Key
    number: str
    """What the customer can quote; assigned by the backend when empty at creation."""
    operator_key: Key
    kind: CustomerKind
    name: str
    language: str
    greeting_name: str = ""
    """How a reply addresses the customer (R16), e.g. `Ms Nowak`."""
    place: Place = Place()
    points: tuple[ContactPoint, ...] = ()
    flags: frozenset[CustomerFlag] = frozenset()
    authorised: tuple[AuthorisedParty, ...] = ()
    tone: str = ""
    """The customer's tone for the next colleague, in neutral words (R43)."""
    since: datetime | None = None
    origin: Origin | None = None
    version: int = 0


class Role(StrEnum):
    """What an agent is there for; decides what is fetched and which actions exist (R41)."""

    DESK = "desk"
    HOTLINE = "hotline"
    TECHNICAL = "technical"
    BILLING = "billing"
    SUPERVISOR = "supervisor"
    ADVISOR = "advisor"


class Area(StrEnum):
    """A part of what is known of customers that a role may be kept from (R41)."""

    PAYMENT = "payment"
    """Charges, disputes, prices, compensations, and every text about a billing ticket."""
    DOCUMENTS = "documents"
    """Identity documents among attachments; that one came is no secret (R38)."""
    NETWORK = "network"
    """Lines' ways through the network and addresses of devices."""


@dataclass(frozen=True, slots=True)
class Agent:
    """A person who takes contacts."""

    key: Key
    login: str
    name: str
    roles: frozenset[Role] = frozenset({Role.DESK})
    languages: tuple[str, ...] = ()
    operator_keys: tuple[Key, ...] = ()
    """Operators this agent answers for; empty means all."""
    skills: tuple[str, ...] = ()
    """Kinds of ticket or codes of services this agent is the one for."""
    active: bool = True
    version: int = 0
