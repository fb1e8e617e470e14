"""What a profile may say of a TM Forum source, and what a PATCH is made of."""

from __future__ import annotations

from typing import Any

import pytest

from backends.errors import Invalid
from backends.records import Customer, Ticket
from backends.rest.tmf import open_url
from backends.rest.tmf.changing import difference, whole
from backends.rest.tmf.names import V4, V5

TICKETS = V4.apis[Ticket]


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"versoin": 4}, "options.versoin"),
        ({"version": 3}, "options.version"),
        ({"version": "5"}, "options.version"),
        ({"paths": "x"}, "options.paths"),
        ({"paths": {"TMF999": "x"}}, "options.paths.TMF999"),
        ({"paths": {"TMF621": "a?b"}}, "options.paths.TMF621"),
        ({"operator": {"colour": "blue"}}, "options.operator.colour"),
        ({"operator": {"code": 7}}, "options.operator.code"),
        ({"operator": {"numbers": "+48"}}, "options.operator.numbers"),
        ({"extras": "no"}, "options.extras"),
        ({"idempotency": "never"}, "options.idempotency"),
        ({"page": 0}, "options.page"),
        ({"page": True}, "options.page"),
    ],
)
def test_a_wrong_option_is_named(options: dict[str, object], field: str) -> None:
    """Whatever is wrong in a profile is refused before anything is sent, by its name."""
    with pytest.raises(Invalid) as raised:
        open_url("tmf+https://host.example/", name="theirs", options=options)
    assert (raised.value.field, raised.value.source) == (field, "theirs")


@pytest.mark.parametrize("poll", [0, -1, "x", 1e9])
def test_a_wrong_pace_is_named(poll: object) -> None:
    """How often to ask is a number of seconds."""
    with pytest.raises(Invalid) as raised:
        open_url("tmf+https://host.example/", poll=poll)
    assert raised.value.field == "poll"


async def test_what_a_profile_says_holds() -> None:
    """Paths by number or resource; the operator by its code, by the host's name where none is given."""
    options = {"version": 5, "paths": {"tmf621": "/bss/tickets/", "customer": "crm"}, "operator": {"code": "nord"}}
    backend = open_url("tmf+https://bss.example/", options=options)
    site = backend._site
    assert (site.api(Ticket).base, site.api(Customer).base) == ("bss/tickets", "crm")
    (operator,) = await backend.operators()
    assert (operator.key, operator.name) == ("operator:nord", "nord")
    (other,) = await open_url("tmf+https://bss.example/").operators()
    assert other.code == "bss"


@pytest.mark.parametrize(
    ("raw", "before", "after", "patch"),
    [
        ({"name": "a", "x": 1}, {"name": "a"}, {"name": "a"}, {}),
        ({"name": "a", "x": 1}, {"name": "a"}, {"name": "b"}, {"name": "b"}),
        ({"name": "a"}, {"name": "a"}, {}, {"name": None}),
        (
            {"validFor": {"startDateTime": "1", "zone": "z"}},
            {"validFor": {"startDateTime": "1"}},
            {"validFor": {"startDateTime": "2"}},
            {"validFor": {"startDateTime": "2", "zone": "z"}},
        ),
        (
            {"relatedParty": [{"role": "boss", "id": "9"}, {"role": "customer", "id": "1", "href": "h"}]},
            {"relatedParty": [{"role": "customer", "id": "1"}]},
            {"relatedParty": [{"role": "customer", "id": "2"}, {"role": "agent", "id": "3"}]},
            {
                "relatedParty": [
                    {"role": "boss", "id": "9"},
                    {"role": "customer", "id": "2", "href": "h"},
                    {"role": "agent", "id": "3"},
                ]
            },
        ),
        (
            {"relatedEntity": [{"role": "other", "id": "9"}, {"role": "causedBy", "id": "1"}]},
            {"relatedEntity": [{"role": "causedBy", "id": "1"}]},
            {},
            {"relatedEntity": [{"role": "other", "id": "9"}]},
        ),
    ],
)
def test_a_patch_holds_what_others_keep(
    raw: dict[str, Any], before: dict[str, Any], after: dict[str, Any], patch: dict[str, Any]
) -> None:
    """Only what changes is sent; a list or object that changes keeps the parts that are not ours."""
    assert difference(TICKETS, raw, before, after) == patch


def test_what_every_patch_must_carry_is_carried() -> None:
    """Some attributes are demanded in every PATCH; they are sent as the server has them."""
    raw = {"name": "a", "engagedParty": {"id": "1"}, "status": "x"}
    assert difference(V4.apis[Customer], raw, {"status": "x"}, {"status": "y"}) == {
        "engagedParty": {"id": "1"}, "status": "y"
    }  # fmt: skip


def test_a_whole_patch_clears_what_is_not_there() -> None:
    """For our own server a PATCH says everything, so that a repetition is the same to the byte."""
    api = V5.apis[Ticket]
    patch = whole(api, {"@type": "TroubleTicket", "name": "a", api.characteristic: [{"name": "recordVersion"}]})
    assert (patch["name"], patch["resolutionDate"], patch[api.characteristic]) == ("a", None, [])
