"""Backends by the scheme of their URL, found through the entry point group `cordboard.backends`.

Nobody imports a concrete backend by name. An entry point names a function `open_url(url: str, **settings) -> Backend`
that returns a backend that is not opened yet. A broken plug-in raises only when its own scheme is asked for.

Our own are named here too: to look through all that is installed costs 50 ms of every start, and nothing that is
installed takes their place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from backends.errors import Unsupported
from backends.port import Backend

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "cordboard.backends"
SHIPPED: Mapping[str, str] = {
    "alertmanager": "backends.feeds.alertmanager",
    "atom": "backends.feeds.atom",
    "cap": "backends.feeds.cap",
    "cordboard": "backends.rest.cordboard",
    "memory": "backends.memory",
    "rt": "backends.rest.rt",
    "sqlite": "backends.sql",
    "statuspage": "backends.feeds.statuspage",
    "tmf": "backends.rest.tmf",
    "zammad": "backends.rest.zammad",
}
"""Scheme → the module whose `open_url` it is, the same as our own entry points say."""
EMBEDDED = frozenset({"memory", "sqlite"})
"""Schemes of stores in this process: they need no outbox, for they are durable themselves or not at all."""


@cache
def _points() -> Mapping[str, EntryPoint]:
    from importlib.metadata import entry_points

    return {point.name: point for point in entry_points(group=GROUP)}


def schemes() -> tuple[str, ...]:
    """Return the URL schemes that a backend is installed for, sorted."""
    return tuple(sorted(_points()))


def scheme_of(url: str) -> str:
    """Return the scheme of `url` in lower case, without a `+http` part's transport; empty when there is none."""
    scheme, colon, _ = url.partition(":")
    return scheme.lower().partition("+")[0] if colon else ""


def backend_for(url: str, **settings: object) -> Backend:
    """Return the backend for `url`, not opened yet; raises Unsupported when its scheme has none or it cannot load."""
    scheme = scheme_of(url)
    if scheme in SHIPPED:
        shipped: Callable[..., Backend] = import_module(SHIPPED[scheme]).open_url
        return shipped(url, **settings)
    point = _points().get(scheme)
    if point is None:
        raise Unsupported("scheme", f"no backend for {scheme or 'a URL without a scheme'}")
    try:
        factory: Callable[..., Backend] = point.load()
    except Exception as error:  # a plug-in may fail in any way; it must not take the console with it
        raise Unsupported("scheme", f"backend for {scheme} cannot be loaded: {type(error).__name__}") from error
    return factory(url, **settings)
