"""A server that stands in this process: real sockets, a real database in a file, tokens of its own."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from backends.port import Backend
from backends.rest import cordboard
from backends.rest.cordboard.backend import DeskBackend
from backends.serve.ledger import Ledger
from backends.serve.office import Limits, Office
from backends.serve.running import Address, Server, running
from backends.sql import open_url

UNLIMITED = Limits(rate=0, at_once=256)


@dataclass
class Standing:
    """What a test needs of a running server."""

    office: Office
    server: Server
    base: str

    def token(self, *roles: str, agent: str = "ola", name: str = "") -> str:
        """Make a token with these roles, `system` without any."""
        taken = {row.name for row in self.office.ledger.tokens()}
        wanted = name or f"{agent}-{len(taken)}"
        return self.office.ledger.add_token(wanted, agent, roles or ("system",))

    def http(self, *roles: str) -> httpx.AsyncClient:
        """Return a plain HTTP client that signs in with a token of these roles."""
        return httpx.AsyncClient(base_url=self.base, headers={"Authorization": f"Bearer {self.token(*roles)}"})

    def client(self, token: str = "", **settings: object) -> DeskBackend:
        """Return a client with this token, not opened yet."""
        held = token or self.token()
        secret = json.dumps({"kind": "token", "token": held})
        return cordboard.open_url(f"cordboard+{self.base}", name="desk", secret=lambda: secret, **settings)


@asynccontextmanager
async def standing(
    folder: Path, *, limits: Limits = UNLIMITED, hosts: Iterable[str] = (), backend: Backend | None = None
) -> AsyncIterator[Standing]:
    """Run a server over the database in `folder`, or over `backend`, which it opens."""
    served = backend or open_url(f"sqlite://{folder}/desk/desk.db")
    await served.open()
    ledger = Ledger(folder / "serve.db")
    office = Office(served, ledger, limits, version="1.2.3", callback_hosts=frozenset(hosts))
    try:
        async with running(office, Address(port=0)) as (server, _task):
            yield Standing(office, server, f"http://127.0.0.1:{server.listening_port}/")
    finally:
        await served.close()
        ledger.close()
