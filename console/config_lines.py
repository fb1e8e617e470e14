"""On which line of a TOML file a setting stands, and what its parser's complaints mean in plain words."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from console.i18n import _

_MOST_LINES = 2_000  # looking for a line parses the file's beginnings; nobody writes longer ones by hand
_AT = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def parsed(content: str, path: Path) -> dict[str, Any]:
    """Return the file as tables; raises ConfigError that names the line where it stops being TOML."""
    try:
        return tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        from console.config import ConfigError, Fault

        found = _AT.search(str(error))
        line = int(found[1]) if found and found[1] else content.count("\n") + 1
        what = _AT.sub("", str(error))
        says = _('is not TOML here ({what}); texts stand in quotes, as in name = "value"').format(what=what)
        raise ConfigError((Fault(path, line, "", says),)) from error


def _holds(table: Any, where: tuple[str, ...]) -> bool:
    for name in where:
        if not isinstance(table, Mapping) or name not in table:
            return False
        table = table[name]
    return True


def lines_of(content: str, wanted: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], int]:
    """Return the line, from 1, on which each wanted setting begins; one that cannot be found is left out.

    The parser tells no lines, so the file's beginnings are parsed until they hold the setting: what makes the
    difference is the statement after the last beginning that was whole.
    """
    missing = set(wanted)
    found: dict[tuple[str, ...], int] = {}
    lines = content.split("\n")
    start = 0
    for end in range(1, min(len(lines), _MOST_LINES) + 1):
        if not missing:
            break
        if start == end - 1 and lines[start].strip()[:1] in ("", "#"):
            start = end
            continue
        try:
            table = tomllib.loads("\n".join(lines[:end]))
        except tomllib.TOMLDecodeError:
            continue
        for where in [where for where in missing if _holds(table, where)]:
            found[where] = start + 1
            missing.discard(where)
        start = end
    return found
