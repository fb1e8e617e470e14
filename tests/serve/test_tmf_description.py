"""The description of the TM Forum routes: it says what the standard demands, and holds when another's program tries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings

from backends.rest.tmf.names import VERSIONS
from backends.serve.tmf_described import description
from tests.serve.apart import Apart


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apart]:
    """Run one server for all examples."""
    found = Apart(tmp_path_factory.mktemp("tmf"))
    yield found
    found.close()


def test_every_api_is_described_in_every_version() -> None:
    """Each resource can be listed, created, read and changed where the standard has it; needed attributes are named."""
    described = description("1")
    for version in VERSIONS.values():
        for api in version.apis.values():
            path = f"/{api.base}/{api.resource}"
            assert set(described["paths"][path]) == {"get", "post"}
            assert set(described["paths"][f"{path}/{{id}}"]) == {"get", "patch"}
            create = described["components"]["schemas"][f"{api.type_name}_v{api.shape.version}_create"]
            assert set(api.needed) <= set(create["required"]) <= set(create["properties"])


def test_the_description_is_served(apart: Apart) -> None:
    """Beside the routes that it describes."""
    answer = httpx.get(f"{apart.base}tmf-api/openapi.json", headers={"Authorization": f"Bearer {apart.token}"})
    assert answer.json()["paths"] == description("1.2.3")["paths"]


TRIED = (
    "customerManagement/v4", "partyInteraction/v5", "troubleTicket/v5", "serviceProblemManagement/v4",
    "agreementManagement/v4", "appointment/v4",
)  # fmt: skip
"""Each API in one of its versions: all ten take minutes to make up requests for."""


def _tried() -> dict[str, Any]:
    found = description("1")
    paths = {
        path: one for path, one in found["paths"].items() if path.startswith(tuple(f"/tmf-api/{at}" for at in TRIED))
    }
    return {**found, "paths": paths}


schema = schemathesis.openapi.from_dict(_tried())


@schema.parametrize()
@settings(
    max_examples=2, deadline=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck)
)
def test_no_request_breaks_the_server(case: schemathesis.Case[Any], apart: Apart) -> None:
    """Whatever the description allows, and what it does not, never ends in a fault of the server."""
    answer = case.call(base_url=apart.base.rstrip("/"), headers={"Authorization": f"Bearer {apart.token}"})
    case.validate_response(answer, checks=[schemathesis.checks.not_a_server_error])
