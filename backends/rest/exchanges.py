"""The last exchanges with a server, for `cordboard doctor`: what was asked, what came, how long it took; no values."""

from __future__ import annotations

from collections import deque
from urllib.parse import parse_qsl, urlsplit

from backends.remote import Exchange

__all__ = ["KEPT", "Exchange", "Exchanges", "shown_path"]

KEPT = 20
"""Exchanges that are remembered."""


Exchanges = deque[Exchange]


def shown_path(url: str) -> str:
    """Return the path of `url` with the names of its parameters: `/users?query&page`."""
    parts = urlsplit(url)
    names = dict.fromkeys(name for name, _ in parse_qsl(parts.query, keep_blank_values=True))
    return parts.path + ("?" + "&".join(names) if names else "")
