"""Helpdesks that speak the telecom industry's own interface: the TM Forum Open APIs, wire versions 4 and 5.

names.py       what the APIs and attributes are called in each version
pieces.py      references, named values, notes: what all resources are made of
people.py cases.py works.py    the mapping, two kinds a file
wire.py        all of it together: `to_wire`, `from_wire`; our own server uses it as well
options.py keys.py    what a profile says, and how keys look
site.py        requests; reading.py searching.py following.py writing.py    the port's own methods
changing.py marks.py checking.py    what a PATCH says, exactly-once, what is looked at before
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backends.rest.tmf.backend import TmfBackend

__all__ = ["open_url"]


def open_url(url: str, **settings: object) -> TmfBackend:
    """Return the backend for `tmf+https://host/`, not opened yet; raises Invalid naming a wrong setting.

    Settings are those of every remote source; `options` are described in `options.Options`: `version` (4 or 5),
    `paths`, `operator`, `extras`, `idempotency`, `page`.
    """
    from backends.rest.tmf.backend import backend_from

    return backend_from(url, **settings)
