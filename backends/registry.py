"""Backends by the scheme of their URL, found through the entry point group `cordboard.backends`.

Nobody imports a concrete backend by name. An entry point names a function `open_url(url: str, **settings) -> Backend`
that returns a backend that is not opened yet. A broken plug-in raises only when its own scheme is asked for. Beside
`open_url` a module may state `CAPABILITIES`, `STORES` and an `EXAMPLE` of its URL, to be listed without a connection.

Our own are named here too: to look through all that is installed costs 50 ms of every start, and nothing that is
installed takes their place.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, get_type_hints

from backends.errors import BackendError, Unsupported
from backends.port import Backend, Capability
from backends.records import KINDS, Record

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


@dataclass(frozen=True, slots=True)
class Installed:
    """One kind of backend that is installed, whether or not it works.

    `capabilities` and `stores` are those that its module states, None where only a connection tells. `error` says,
    for who repairs it, why its scheme cannot be used; empty when it can.
    """

    scheme: str
    distribution: str
    version: str
    module: str
    shipped: bool
    """Whether it came with the program."""
    capabilities: frozenset[Capability] | None = None
    stores: frozenset[type[Record]] | None = None
    example: str = ""
    """A URL as the module's `EXAMPLE` shows it."""
    error: str = ""


def _every_point() -> Iterator[EntryPoint]:
    """Yield all entry points of ours; a distribution whose metadata cannot be read is passed over."""
    from importlib.metadata import distributions

    seen: set[str] = set()
    for distribution in distributions():
        try:
            name = distribution.metadata["Name"]
            if name in seen:
                continue
            points = [point for point in distribution.entry_points if point.group == GROUP]
        except Exception:  # noqa: S112 -- somebody else's broken package must not hinder ours
            continue
        seen.add(name)
        yield from points


@cache
def _points() -> Mapping[str, EntryPoint]:
    found: dict[str, EntryPoint] = {}
    for point in _every_point():
        found.setdefault(point.name.lower(), point)
    return found


def installed() -> tuple[Installed, ...]:
    """Return every kind of backend that is installed, by scheme; each is loaded to see whether it can be."""
    listed = [_looked_at(point) for point in _every_point()]
    return tuple(sorted(listed, key=lambda one: (one.scheme, not one.shipped, one.distribution)))


def _looked_at(point: EntryPoint) -> Installed:
    scheme = point.name.lower()
    distribution, version = (point.dist.name, point.dist.version) if point.dist is not None else ("", "")
    shipped = point.value == f"{SHIPPED.get(scheme)}:open_url"
    found = Installed(scheme, distribution, version, point.module, shipped)
    if not shipped and (scheme in SHIPPED or _points().get(scheme) != point):
        return replace(found, error="the scheme is another one's already")
    try:
        factory = point.load()
        if not callable(factory):
            raise TypeError("not callable")
    except (Exception, SystemExit) as error:
        return replace(found, error=_reason(error))
    return _told(found, factory)


def _told(found: Installed, factory: Callable[..., Any]) -> Installed:
    """Return `found` with what the module, or the class that the factory says it returns, states of itself."""
    from backends import clean

    try:
        module = import_module(found.module)
        made = _made_by(factory)
        capabilities = getattr(module, "CAPABILITIES", getattr(made, "capabilities", None))
        stores = getattr(module, "STORES", getattr(made, "stores", None))
        return replace(
            found,
            capabilities=frozenset(map(Capability, capabilities)) if isinstance(capabilities, Collection) else None,
            stores=frozenset(stores) & KINDS if isinstance(stores, Collection) else None,
            example=clean.line(str(getattr(module, "EXAMPLE", "")), limit=200),
        )
    except Exception:  # what it says of itself is nonsense; that it loads is known
        return found


def _made_by(factory: Callable[..., Any]) -> object:
    try:
        return get_type_hints(factory).get("return")
    except Exception:  # hints may name what only a type checker sees
        return None


def _reason(error: BaseException) -> str:
    """Return why a plug-in could not be loaded, without any text of its own, which may hold anything."""
    from backends import clean

    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"ModuleNotFoundError: {clean.line(error.name, limit=80)}"
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: line {error.lineno}"
    return type(error).__name__


def schemes() -> tuple[str, ...]:
    """Return the URL schemes that a backend is installed for, sorted; nothing is loaded."""
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
    except (Exception, SystemExit) as error:  # a plug-in may fail in any way; it must not take the console with it
        raise Unsupported("scheme", f"backend for {scheme} cannot be loaded: {_reason(error)}") from error
    try:
        return factory(url, **settings)
    except BackendError:
        raise
    except (Exception, SystemExit) as error:
        raise Unsupported("scheme", f"backend for {scheme} cannot be opened: {_reason(error)}") from error
