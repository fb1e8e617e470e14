"""In a storm of faults every answer is the right one or an error of the port, and the layer is as before afterwards."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from backends.errors import BackendError
from tests.rest.http_stage import http_for, opened
from tests.servers.faulty import ALL_FAULTS, FaultProxy, Kind, Storm
from tests.servers.plain import PlainServer, Request, reply

ROOT = Path(__file__).parents[2]


def _echo(request: Request) -> bytes:
    return reply(200, {"path": request.path, "padding": "ż" * 200}, {"ETag": f'"{request.path}"'})


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_reads_in_a_storm_are_right_or_told(seed: int) -> None:
    """Forty reads at once, three of five struck: what comes belongs to its question; nothing else is raised."""
    async with (
        PlainServer(_echo) as server,
        FaultProxy(server.url, storm=Storm(seed, rate=0.6)) as proxy,
        opened(http_for(proxy.url, deadline=20.0, connections=4)) as http,
    ):

        async def ask(number: int) -> str:
            try:
                answer = await http.get(f"x/{number}", remembered=number % 2 == 0)
                assert answer.object()["path"] == f"/x/{number}"
            except BackendError as error:
                return error.source
            return "right"

        came = await asyncio.gather(*(ask(number) for number in range(40)))
        assert set(came) <= {"right", "desk"}
        assert set(proxy.struck) > {Kind.DROP_AFTER, Kind.STATUS}
        assert came.count("right") > 10
        proxy.calm()
        assert set(await asyncio.gather(*(ask(number) for number in range(40)))) == {"right"}


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_writes_in_a_storm_reach_the_server_once_at_most(seed: int) -> None:
    """Whatever strikes, no write is sent a second time, and one that succeeded was really there."""
    async with (
        PlainServer(_echo) as server,
        FaultProxy(server.url, storm=Storm(seed, rate=0.6)) as proxy,
        opened(http_for(proxy.url, deadline=20.0)) as http,
    ):

        async def write(number: int) -> int | None:
            try:
                (await http.send("POST", f"x/{number}", json={"n": number})).object()
            except BackendError:
                return None
            return number

        done = set(await asyncio.gather(*(write(number) for number in range(40)))) - {None}
        got = [int(request.path.rpartition("/")[2]) for request in server.requests]
        assert len(got) == len(set(got)) == proxy.forwarded["POST"]
        assert done < set(got), "no answer was lost: the storm tests nothing"


def test_the_faults_are_all_there() -> None:
    """A storm draws from every kind of fault that ends by itself."""
    assert {fault.kind for fault in ALL_FAULTS} == set(Kind) - {Kind.PASS, Kind.HANG}


def test_the_layer_loads_without_the_library() -> None:
    """Nothing of httpx, stamina, keyring or TLS bundles is loaded before a source is opened: the frame comes first."""
    code = (
        "import sys, backends.rest.http, backends.rest.signing, backends.rest.access;"
        "print(sys.modules.keys() & {'httpx', 'httpcore', 'httpx_sse', 'stamina', 'anyio', 'keyring', 'certifi'})"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"
