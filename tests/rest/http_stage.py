"""What the tests of the HTTP layer share: an `Http` on a small server of the test."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from backends.rest.access import access_from
from backends.rest.http import Http
from backends.rest.signing import Signer
from tests.servers.plain import Handler, PlainServer

TOKEN = "sesame-4711-open"
TOKEN_TEXT = json.dumps({"kind": "token", "token": TOKEN})


def token() -> str:
    """Give the secret of most tests."""
    return TOKEN_TEXT


def http_for(url: str, secret: Callable[[], str | None] | None = token, **settings: object) -> Http:
    """Return an Http for `url`, named `desk`; close it with `opened` or by hand."""
    given = {"name": "desk", "deadline": 5.0, **settings}
    return Http(access_from(url, **given), Signer(secret))  # type: ignore[arg-type]


@asynccontextmanager
async def opened(http: Http) -> AsyncIterator[Http]:
    """Close the Http after the block."""
    try:
        yield http
    finally:
        await http.close()


@asynccontextmanager
async def on_server(
    handler: Handler, secret: Callable[[], str | None] | None = token, **settings: object
) -> AsyncIterator[tuple[Http, PlainServer]]:
    """Run a server and an Http whose base is its `/api/`."""
    async with PlainServer(handler) as server, opened(http_for(server.url + "/api/", secret, **settings)) as http:
        yield http, server
