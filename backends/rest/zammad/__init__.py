"""Zammad by its REST interface, version 1: `zammad+https://host/`.

Users are customers, tickets are tickets, articles of every channel are contacts, and calls of the caller log that
nobody has written a note of are contacts too. Customers, tickets and contacts are stored; a contact stays as it was
written. docs/remote.md tells what a profile can say about a site.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from backends.errors import Invalid
from backends.rest.access import access_from
from backends.rest.http import Http
from backends.rest.signing import Signer
from backends.rest.zammad.backend import ZammadBackend
from backends.rest.zammad.options import options_from

__all__ = ["ZammadBackend", "open_url"]


def open_url(
    url: str,
    *,
    name: str = "",
    options: Mapping[str, object] | None = None,
    secret: Callable[[], str | None] | None = None,
    deadline: float = 10.0,
    connections: int = 8,
    proxy: str = "",
    ca_file: str = "",
    allow_http: bool = False,
    poll: float = 5.0,
    **others: object,
) -> ZammadBackend:
    """Return the backend for a Zammad, not opened yet, nothing sent; raises Invalid naming what is wrong.

    `deadline` and `poll` are seconds. `secret` blocks and returns the secret's JSON, or None; a token is a user's
    access token.
    """
    access = access_from(
        url,
        name=name,
        deadline=deadline,
        connections=connections,
        proxy=proxy,
        ca_file=ca_file,
        allow_http=allow_http,
    )
    if not 0 < poll <= 3_600:
        raise Invalid("poll", "out_of_range", "seconds above 0 and up to 3600", source=name)
    said = options_from(options, access.base, name)
    http = Http(access, Signer(secret, "Token token={token}"), headers={"Accept": "application/json"})
    host = urlsplit(access.base).hostname or ""
    return ZammadBackend(http, said, url=url, name=name or host, poll=poll)
