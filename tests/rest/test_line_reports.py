"""What the doctor asks a remote backend for: its last exchanges, and whose credentials it was given."""

from __future__ import annotations

import pytest

from backends.errors import BackendError
from backends.registry import SHIPPED, backend_for
from backends.remote import Personal, Traced
from tests.rest.http_stage import token
from tests.servers.plain import PlainServer, Request, reply

REMOTE = sorted(SHIPPED.keys() - {"memory", "sqlite"})


@pytest.mark.parametrize("scheme", REMOTE)
async def test_every_remote_dialect_tells_its_last_exchanges(scheme: str) -> None:
    """Also and above all when its server answers nothing but errors, and without the secret."""
    async with PlainServer(lambda _: reply(403, {"error": "not you"})) as server:
        backend = backend_for(f"{scheme}+{server.url}/", name="there", secret=token, deadline=3.0)
        assert isinstance(backend, Traced)
        with pytest.raises(BackendError) as caught:
            await backend.open()
        assert caught.value.source == "there"
        assert {one.status for one in backend.exchanges} == {403}
        assert "not you" in backend.exchanges[-1].said
        assert "sesame" not in repr(backend.exchanges)
        await backend.close()


async def test_zammad_says_who_is_signed_in() -> None:
    """The login of the token's owner, cleaned."""

    def handler(request: Request) -> bytes:
        return reply(200, {"id": 3, "login": "anna\x1b[2J"} if request.path.endswith("/users/me") else [])

    async with PlainServer(handler) as server:
        backend = backend_for(f"zammad+{server.url}/", name="there", secret=token)
        await backend.open()
        assert isinstance(backend, Personal)
        assert await backend.signed_in_as() == "anna␛[2J"
        await backend.close()
