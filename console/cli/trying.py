"""A source, tried: whether it answers, for whom, and how long it takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from backends.errors import BackendError
from backends.port import Backend, Capability
from backends.remote import Exchange, Personal, Traced

if TYPE_CHECKING:
    from console.cli.setting import Setting
    from console.config import Source


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of it: `error` is None when it answered; `seconds` are for opening and one look."""

    error: BackendError | None
    who: str
    """Login or name of who is signed in, empty where the source does not say."""
    seconds: float
    exchanges: Sequence[Exchange] = ()


async def tried(setting: Setting, name: str, source: Source, secret: Callable[[], str | None] | None = None) -> Tried:
    """Open a source, look into it and close it, with `secret` in place of the stored one; never raises BackendError."""
    from console.cli.sources import far

    try:
        backend = far(setting, source.url, name, source, secret)
    except BackendError as error:
        return Tried(error, "", 0.0)
    began = time.monotonic()
    who = ""
    failure: BackendError | None = None
    try:
        await backend.open()
        who = await _looked(backend)
    except BackendError as error:
        failure = error
    finally:
        taken = time.monotonic() - began
        exchanges = _exchanges(backend)
        await backend.close()
    return Tried(failure, who, taken, exchanges)


def _exchanges(backend: Backend) -> Sequence[Exchange]:
    return tuple(backend.exchanges) if isinstance(backend, Traced) else ()


async def _looked(backend: Backend) -> str:
    """Ask for something small, so that a backend which opens without asking is tried as well; return who is asking."""
    if isinstance(backend, Personal):
        return await backend.signed_in_as()
    if Capability.SEARCH in backend.capabilities:
        await backend.operators()
    elif Capability.OUTAGES in backend.capabilities:
        await backend.outages()
    return ""
