"""OAuth2 client credentials (RFC 6749 §4.4): a secret is exchanged for a bearer token that lasts a while."""

from __future__ import annotations

import time
from urllib.parse import quote_plus, urlencode

from backends.errors import BackendError, NotSignedIn
from backends.rest.access import may_carry_secrets
from backends.rest.answers import Unreadable, json_from
from backends.rest.refusals import refusal
from backends.rest.signing import Bearer, ClientCredentials, Headers, basic_header, lifetime
from backends.rest.transfer import Line, Reply

_LONGEST = 262_144  # bytes of an answer that holds a token


async def bearer_for(credentials: ClientCredentials, line: Line) -> Bearer:
    """Return a new bearer token; raises NotSignedIn when the server gives none, Unavailable when it cannot be asked.

    The secret goes into the Authorization header (§2.3.1), and into the body when the server will not have it there.
    """
    source = line.access.name
    if not may_carry_secrets(credentials.token_url, line.access):
        raise NotSignedIn("the token's address is not https", source=source)
    reply = await _asked(credentials, line, in_body=False)
    if reply.status in (400, 401):
        reply = await _asked(credentials, line, in_body=True)
    if 200 <= reply.status < 300:
        bearer = _bearer(reply)
        del reply  # it must not be a local of the frame that raises
        if bearer is not None:
            return bearer
        raise NotSignedIn("the token's address answers without a bearer token", source=source)
    error: BackendError = refusal(reply.status, reply.headers, b"", source)
    if 400 <= reply.status < 500 and reply.status != 429:
        error = NotSignedIn(f"no token is given: {error.detail}", source=source)
        error.status = reply.status
    raise error


async def _asked(credentials: ClientCredentials, line: Line, *, in_body: bool) -> Reply:
    headers = Headers({"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"})
    if not in_body:
        headers["Authorization"] = basic_header(
            quote_plus(credentials.client_id), quote_plus(credentials.client_secret)
        )
    return await line.transfer("POST", credentials.token_url, headers, _form(credentials, in_body=in_body))


def _form(credentials: ClientCredentials, *, in_body: bool) -> bytes:
    asked = {"grant_type": "client_credentials"}
    if credentials.scope:
        asked["scope"] = credentials.scope
    if in_body:
        asked |= {"client_id": credentials.client_id, "client_secret": credentials.client_secret}
    return urlencode(asked).encode("ascii")


def _bearer(reply: Reply) -> Bearer | None:
    if len(reply.body) > _LONGEST:
        return None
    try:
        held = json_from(reply.body)
    except Unreadable:
        return None
    if not isinstance(held, dict) or str(held.get("token_type", "bearer")).lower() != "bearer":
        return None
    value = held.get("access_token")
    if not isinstance(value, str) or not value or not (value.isascii() and value.isprintable()):
        return None
    return Bearer(value, time.monotonic() + lifetime(held.get("expires_in")))
