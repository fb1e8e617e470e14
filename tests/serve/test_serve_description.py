"""The description at /openapi.json: valid, complete, and true when somebody else's program tries it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings

from backends.serve import openapi
from backends.wire import calls
from tests.serve.apart import Apart


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apart]:
    """Run one server for all examples."""
    found = Apart(tmp_path_factory.mktemp("apart"))
    yield found
    found.close()


def test_every_call_is_described() -> None:
    """Each method of the port is a path, with the port's own words and types."""
    description = openapi.description("1")
    assert description["openapi"].startswith("3.1")
    for call in calls.CALLS:
        (operation,) = description["paths"][f"/desk/v1/{call.name}"].values()
        assert operation["operationId"] == call.name
        assert operation["summary"]
    ticket = description["components"]["schemas"]["Ticket"]
    assert ticket["properties"]["state"]["enum"] == ["open", "in_progress", "waiting_customer", "solved", "closed"]
    assert "opened_at" in ticket["required"]
    assert "reference_given_at" not in ticket["required"]


def test_every_reference_leads_somewhere() -> None:
    """No schema names a part that is missing."""
    description = openapi.description("1")
    known = set(description["components"]["schemas"])

    def references(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            if "$ref" in value:
                yield str(value["$ref"]).rpartition("/")[2]
            for part in value.values():
                yield from references(part)
        elif isinstance(value, list):
            for part in value:
                yield from references(part)

    assert set(references(description)) <= known


def test_the_description_is_served(apart: Apart) -> None:
    """At the usual place, without a token."""
    assert httpx.get(f"{apart.base}openapi.json").json()["info"]["title"] == "cordboard"


def _tried() -> dict[str, Any]:
    """Return the description without the stream, which never ends, and with one kind of record to write.

    All fifteen at once take minutes to make up; what is wrong in any kind of record is tried in test_wire.
    """
    found: dict[str, Any] = copy.deepcopy(openapi.description("1"))
    del found["paths"]["/desk/v1/events"]
    for name in ("Put", "Remove"):
        record = found["components"]["schemas"][name]["properties"]["record"]
        wanted = "#/components/schemas/Charge"
        (found["components"]["schemas"][name]["properties"]["record"],) = [
            each for each in record["anyOf"] if each["allOf"][1]["$ref"] == wanted
        ]
    return found


schema = schemathesis.openapi.from_dict(_tried())


@schema.parametrize()
@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_request_breaks_the_server(case: schemathesis.Case[Any], apart: Apart) -> None:
    """Whatever the description allows, and what it does not, never ends in a fault of the server."""
    answer = case.call(base_url=apart.base.rstrip("/"), headers={"Authorization": f"Bearer {apart.token}"})
    assert answer.status_code < 500, answer.text
    case.validate_response(answer, checks=[schemathesis.checks.not_a_server_error])
