"""The computer's own time zone by its name, which the standard library does not tell."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

_LOCALTIME = Path("/etc/localtime")


def _named(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return None


def computer_zone(environ: Mapping[str, str], localtime: Path = _LOCALTIME) -> ZoneInfo:
    """Return the zone of TZ, else that of /etc/localtime, else UTC."""
    asked = environ.get("TZ", "").lstrip(":")
    if asked and (found := _named(asked)):
        return found
    _before, mark, name = str(localtime.resolve()).partition("zoneinfo/")
    if mark and (found := _named(name.removeprefix("posix/").removeprefix("right/"))):
        return found
    try:
        with localtime.open("rb") as file:
            return ZoneInfo.from_file(file)
    except (OSError, ValueError):
        return ZoneInfo("UTC")
