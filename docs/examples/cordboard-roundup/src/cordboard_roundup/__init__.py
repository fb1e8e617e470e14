"""Roundup issue trackers as a source of cordboard: users are customers, issues tickets, messages contacts.

`roundup+https://host/tracker/`; what the entry point names is `open_url`. `CAPABILITIES`, `STORES` and `EXAMPLE` are
what `cordboard backends` tells without a connection.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from backends.rest.access import access_from
from cordboard_roundup.backend import CAPABILITIES, STORES, RoundupBackend
from cordboard_roundup.options import options_from

__all__ = ["CAPABILITIES", "EXAMPLE", "STORES", "RoundupBackend", "open_url"]

EXAMPLE = "roundup+https://tracker.example/helpdesk/"


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
) -> RoundupBackend:
    """Return a backend for a tracker's address, not opened yet; raises Invalid for a wrong address or option."""
    access = access_from(
        url, name=name, deadline=deadline, connections=connections, proxy=proxy, ca_file=ca_file, allow_http=allow_http
    )
    return RoundupBackend(url, access, options_from(options, name), secret=secret, poll=poll)
