"""The client of `cordboard serve`: a whole backend over HTTP, with the capabilities of the one that is served."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backends.rest.cordboard.backend import DeskBackend

__all__ = ["open_url"]


def open_url(url: str, **settings: object) -> DeskBackend:
    """Return the backend for `cordboard+https://host/`, not opened yet; raises Invalid naming a wrong setting.

    Settings are those of every remote source: `name`, `secret`, `deadline`, `connections`, `proxy`, `ca_file`,
    `allow_http`, `options` (there are none of its own).
    """
    from backends.rest.cordboard.backend import backend_from

    return backend_from(url, **settings)
