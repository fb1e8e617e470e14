"""The last exchanges with a server, for `cordboard doctor`: what was asked, what came, how long it took; no values."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

KEPT = 20
"""Exchanges that are remembered."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer. Nothing of the query's values, of the bodies and of the credentials is in it."""

    at: datetime
    method: str
    path: str
    """Path and the names of the query's parameters."""
    status: int | None
    """None when there was no answer."""
    seconds: float
    said: str = ""
    """What the server said about a refusal, or what went wrong; cleaned, without secrets."""


Exchanges = deque[Exchange]


def shown_path(url: str) -> str:
    """Return the path of `url` with the names of its parameters: `/users?query&page`."""
    parts = urlsplit(url)
    names = dict.fromkeys(name for name, _ in parse_qsl(parts.query, keep_blank_values=True))
    return parts.path + ("?" + "&".join(names) if names else "")
