"""The refusals of a server of our own, which carry the very error that its backend raised."""

from __future__ import annotations

from backends import wire
from backends.errors import BackendError, Invalid
from backends.rest.answers import Unreadable, json_from
from backends.rest.transfer import Reply

_LONGEST = 4 * 1024 * 1024  # bytes; a conflict brings the whole record as it is now


def told_error(reply: Reply, source: str) -> BackendError | None:
    """Return the error that a server of ours tells; None when another one answered, whose status says what it is."""
    if len(reply.body) > _LONGEST:
        return None
    try:
        body = json_from(reply.body)
        if not isinstance(body, dict) or "error" not in body:
            return None
        return wire.built_error(body["error"], source=source)
    except (Unreadable, Invalid, OverflowError):
        return None
