"""Backends by the scheme of their URL, found through the entry point group `cordboard.backends`.

Nobody imports a concrete backend by name. An entry point names a function `open_url(url: str, **settings) -> Backend`
that returns a backend that is not opened yet. A broken plug-in raises only when its own scheme is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from backends.errors import Unsupported
from backends.port import Backend

GROUP = "cordboard.backends"


@cache
def _points() -> Mapping[str, EntryPoint]:
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
    point = _points().get(scheme)
    if point is None:
        raise Unsupported("scheme", f"no backend for {scheme or 'a URL without a scheme'}")
    try:
        factory: Callable[..., Backend] = point.load()
    except Exception as error:  # a plug-in may fail in any way; it must not take the console with it
        raise Unsupported("scheme", f"backend for {scheme} cannot be loaded: {type(error).__name__}") from error
    return factory(url, **settings)
