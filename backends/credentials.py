"""Secrets of remote sources as a keyring keeps them: one JSON text each, which nothing here ever shows.

{"kind": "token", "token": …}
{"kind": "basic", "user": …, "password": …}
{"kind": "oauth2", "client_id": …, "client_secret": …, "token_url": …, "scope": …}
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from backends.errors import Invalid

KIND_NAMES = ("token", "basic", "oauth2")
"""What `kind` may be."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token that the server gave out for this agent or this desk."""

    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Basic:
    """A user and a password (RFC 7617)."""

    user: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """OAuth2 client credentials (RFC 6749 §4.4): exchanged at `token_url` for a bearer token that expires."""

    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    token_url: str
    scope: str = ""


Secret = Token | Basic | ClientCredentials

_NEEDED = {
    "token": (Token, {"token": "value"}),
    "basic": (Basic, {"user": "user", "password": "password"}),
    "oauth2": (
        ClientCredentials,
        {"client_id": "client_id", "client_secret": "client_secret", "token_url": "token_url"},
    ),
}


def secret_from(text: str) -> Secret:
    """Return the secret that a keyring's text describes; raises Invalid, which never quotes the text."""
    found, field_name, code = parsed(text)
    del text  # it must not be a local of the frame that raises
    if found is None:
        raise Invalid(field_name, code, "sign in again with cordboard login")
    return found


def parsed(text: str) -> tuple[Secret | None, str, str]:
    """Return the secret, or None with the field that is wrong and how; never raises."""
    try:
        held = json.loads(text)
    except (ValueError, RecursionError):
        return None, "secret", "not_json"
    kind = held.get("kind") if isinstance(held, dict) else None
    if not isinstance(kind, str) or kind not in _NEEDED:
        return None, "kind", "unknown"
    made, names = _NEEDED[kind]
    values: dict[str, Any] = {}
    for name, attribute in names.items():
        value = held.get(name)
        if not isinstance(value, str) or not value or not value.isprintable():
            return None, name, "missing" if not value else "not_a_text"
        values[attribute] = value
    if made is ClientCredentials:
        scope = held.get("scope") or ""
        values["scope"] = scope if isinstance(scope, str) else ""
    return made(**values), "", ""


def secret_text(secret: Secret) -> str:
    """Return the text that a keyring keeps for `secret`; `secret_from` reads it."""
    match secret:
        case Token(value):
            return json.dumps({"kind": "token", "token": value})
        case Basic(user, password):
            return json.dumps({"kind": "basic", "user": user, "password": password})
        case ClientCredentials(client_id, client_secret, token_url, scope):
            held = {"client_id": client_id, "client_secret": client_secret, "token_url": token_url, "scope": scope}
            return json.dumps({"kind": "oauth2", **held})
