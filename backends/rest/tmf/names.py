"""What the six APIs and their attributes are called in wire version 4 and in version 5: one table for each.

Whatever differs between the versions is data here; the mapping (`pieces`, `people`, `cases`, `works`) asks the table
and knows no version. Names and rules are those of the published descriptions: TMF629 4.0.0 and 5.0.1, TMF683 4.0.0 and
5.0.0, TMF621 4.0.0 and 5.0.1, TMF656 4.0.0 and 5.0.0, TMF651 4.0.0, TMF646 4.0.0. The last two have no version 5: they
are spoken in version 4 beside the others' version 5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from backends.records import Contact, Contract, Customer, Outage, Record, Ticket, Visit


@dataclass(frozen=True, slots=True)
class Wrapping:
    """How a reference stands in a list: flat, or wrapped into an element that adds the role."""

    inner: str
    """The attribute that holds the reference, empty where its attributes stand in the element itself."""
    outer_type: str
    inner_type: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """How references, named values and ways of contact look in a wire version."""

    version: int
    party: Wrapping
    entity: Wrapping
    item: Wrapping
    channel: Wrapping
    place: Wrapping
    typed: bool
    """Whether objects carry `@type`, and named values and ways of contact are told apart by it."""
    patch_type: str
    """Media type of a PATCH."""

    def wrapping(self, what: str) -> Wrapping:
        """Return how references to a `party`, `entity`, `item`, `channel` or `place` stand in a list."""
        found: Wrapping = getattr(self, what)
        return found


FLAT = Shape(
    4,
    party=Wrapping("", "RelatedParty"),
    entity=Wrapping("", "RelatedEntity"),
    item=Wrapping("", "RelatedEntity"),
    channel=Wrapping("", "RelatedChannel"),
    place=Wrapping("", "RelatedPlace"),
    typed=False,
    patch_type="application/json",
)
"""Version 4: flat references, Swagger 2.0."""
WRAPPED = Shape(
    5,
    party=Wrapping("partyOrPartyRole", "RelatedPartyRefOrPartyRoleRef", "PartyRef"),
    entity=Wrapping("entity", "RelatedEntity", "EntityRef"),
    item=Wrapping("entity", "RelatedEntityRefOrValue", "EntityRef"),
    channel=Wrapping("channel", "RelatedChannel", "ChannelRef"),
    place=Wrapping("place", "RelatedPlaceRefOrValue", "PlaceRef"),
    typed=True,
    patch_type="application/merge-patch+json",
)
"""Version 5: references wrapped into typed elements, OpenAPI 3."""
_OTHER_PARTY = replace(WRAPPED, party=replace(WRAPPED.party, outer_type="RelatedPartyOrPartyRole"))
"""TMF629 and TMF683 name the element of relatedParty otherwise."""


@dataclass(frozen=True, slots=True)
class Api:
    """One API in one version: where it is, and what its resource needs."""

    number: str
    """As the industry calls it: `TMF621`."""
    kind: type[Record]
    resource: str
    base: str
    """Base path below the host, without slashes at its ends."""
    needed: tuple[str, ...]
    """Attributes without which a resource cannot be created."""
    always: tuple[str, ...] = ()
    """Attributes that every PATCH must carry."""
    fixed: tuple[str, ...] = ()
    """Attributes that are the server's to set: sent by nobody."""
    characteristic: str = "characteristic"
    """The list of named values; an additional attribute where the standard has none."""
    own_characteristic: bool = False
    """Whether that list is an attribute of the standard."""
    external: str = ""
    """The attribute for identifiers of other systems, empty where there is none."""
    external_list: bool = True
    """Whether `external` is a list of identifiers, or one text."""
    shape: Shape = FLAT
    names: Mapping[str, str] = field(default_factory=dict)
    """Attributes of this resource that another version calls otherwise."""

    @property
    def type_name(self) -> str:
        """The resource's `@type`: `TroubleTicket`."""
        return self.resource[0].upper() + self.resource[1:]

    def name(self, attribute: str) -> str:
        """Return how this version calls an attribute that is named as in version 5."""
        return self.names.get(attribute, attribute)


@dataclass(frozen=True, slots=True)
class Version:
    """A wire version as a profile chooses it."""

    number: int
    apis: Mapping[type[Record], Api]


_CUSTOMER = Api(
    "TMF629", Customer, "customer", "tmf-api/customerManagement/v4",
    needed=("name", "engagedParty"), always=("engagedParty",), own_characteristic=True,
)  # fmt: skip
_INTERACTION = Api(
    "TMF683", Contact, "partyInteraction", "tmf-api/partyInteraction/v4",
    needed=("reason", "direction", "status", "channel", "interactionDate"),
    names={"relatedChannel": "channel"},
)  # fmt: skip
_TICKET = Api(
    "TMF621", Ticket, "troubleTicket", "tmf-api/troubleTicket/v4",
    needed=("description", "severity", "ticketType"), fixed=("statusChange",),
    external="externalId", external_list=False,
    names={
        "statusChangeHistory": "statusChange",
        "statusChangeHistory.statusChangeDate": "changeDate",
        "statusChangeHistory.statusChangeReason": "changeReason",
    },
)  # fmt: skip
_PROBLEM = Api(
    "TMF656", Outage, "serviceProblem", "tmf-api/serviceProblemManagement/v4",
    needed=("category", "priority", "description", "reason", "originatorParty"),
    own_characteristic=True, external="externalIdentifier",
)  # fmt: skip
_AGREEMENT = Api(
    "TMF651", Contract, "agreement", "tmf-api/agreementManagement/v4",
    needed=("agreementItem", "agreementType", "engagedParty", "name"),
    always=("agreementItem", "agreementType", "engagedParty", "name"), own_characteristic=True,
)  # fmt: skip
_APPOINTMENT = Api(
    "TMF646", Visit, "appointment", "tmf-api/appointment/v4",
    needed=("validFor",), always=("validFor",), external="externalId", external_list=False,
)  # fmt: skip

V4 = Version(4, {api.kind: api for api in (_CUSTOMER, _INTERACTION, _TICKET, _PROBLEM, _AGREEMENT, _APPOINTMENT)})

_TYPED = ("@type",)
V5 = Version(
    5,
    {
        Customer: replace(
            _CUSTOMER, base="tmf-api/customer/v5", shape=_OTHER_PARTY,
            needed=("@type", "name", "engagedParty"), always=("@type", "name", "engagedParty"),
        ),
        Contact: replace(
            _INTERACTION, base="tmf-api/partyInteraction/v5", shape=_OTHER_PARTY,
            needed=("@type", "direction", "reason", "relatedChannel"), always=_TYPED,
            external="externalIdentifier", names={},
        ),
        Ticket: replace(
            _TICKET, base="tmf-api/troubleTicket/v5", shape=WRAPPED, fixed=("statusChangeHistory",),
            needed=("@type", "description", "severity", "ticketType"), always=_TYPED,
            characteristic="troubleTicketCharacteristic", own_characteristic=True,
            external="externalIdentifier", external_list=True, names={},
        ),
        Outage: replace(
            _PROBLEM, base="tmf-api/serviceProblemManagement/v5", shape=WRAPPED, always=_TYPED,
            needed=("@type", "category", "priority", "description", "reason", "originatorParty"),
        ),
        Contract: _AGREEMENT,
        Visit: _APPOINTMENT,
    },
)  # fmt: skip

VERSIONS: Mapping[int, Version] = {4: V4, 5: V5}

KINDS: tuple[type[Record], ...] = tuple(V4.apis)
"""Kinds of record that are resources of their own; ticket events travel with their ticket."""
