"""The guides that ship, and an operator's own over them: read once, offered only when nothing is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from console.data import DataError
from console.data.guide_reading import Reading, Table, parsed, read_guide, read_text
from console.rules.guide_faults import Lowering
from console.rules.guides import Guide, Step, Words

SHIPPED = Path(__file__).with_name("guides")
SHARED = "shared.toml"
PROTECTION = "protection.toml"
ORDER = ("fault-internet", "fault-tv", "fault-telephone", "billing", "complaint", "new-customer", "moving")
"""Shipped guides as they are offered; an operator's own follow by name."""
_NO_GUIDES = (SHARED, PROTECTION)


@dataclass(frozen=True, slots=True)
class Guides:
    """All guides that can be used, the steps that ask who a new caller is, and what is wrong with files left out."""

    guides: tuple[Guide, ...]
    caller: tuple[Step, ...] = ()
    greeting: Words | None = None
    """What is said first where the operator has no greeting of its own."""
    faults: tuple[DataError, ...] = ()

    def named(self, guide_id: str) -> Guide | None:
        """Return the guide of that name, None when there is none."""
        return next((one for one in self.guides if one.id == guide_id), None)


@dataclass(frozen=True, slots=True)
class _Shared:
    steps: Mapping[str, Table]
    caller: tuple[Step, ...]
    greeting: Words


@lru_cache(maxsize=1)
def lowering() -> Mapping[str, Lowering]:
    """Return the words by language that take a protection away from a customer (R28)."""
    path = SHIPPED / PROTECTION
    table = parsed(read_text(path), path)
    return {language: Lowering(tuple(one["takes"]), tuple(one["protects"])) for language, one in table.items()}


def _shared(folder: Path) -> _Shared:
    """Return the steps that a folder's guides share, over the shipped ones; raises DataError."""
    own = folder / SHARED
    return _read_shared(folder, own.stat().st_mtime_ns if own.exists() else 0)


@lru_cache(maxsize=8)
def _read_shared(folder: Path, _changed: int) -> _Shared:
    table: dict[str, Any] = {}
    for path in (SHIPPED / SHARED, folder / SHARED):
        if path.exists():
            own = parsed(read_text(path), path)
            table = {**table, **own, "steps": {**table.get("steps", {}), **own.get("steps", {})}}
    reading = Reading("", table["steps"])
    names = table.get("caller", [])
    steps = {name: {**table["steps"][name], "goto": "-"} for name in names if name in table["steps"]}
    made = reading.guide({"id": "caller", "title": table["greeting"], "start": "", "steps": steps}, SHARED)
    return _Shared(table["steps"], tuple(made.steps.values()), made.title)


def read(path: Path) -> tuple[Guide | None, tuple[DataError, ...]]:
    """Return the guide of a file and what is wrong with it; the steps shared beside the file may be used in it."""
    try:
        shared = _shared(path.absolute().parent)
    except DataError as error:
        return None, (error,)
    return read_guide(path, shared.steps, lowering())


def load(folder: str = "") -> Guides:
    """Return the guides: an operator's own in `folder` take the place of shipped ones with the same id."""
    own = Path(folder).expanduser() if folder else None
    return _load(own, _state(own))


def _state(folder: Path | None) -> tuple[tuple[str, int], ...]:
    """Return what tells whether a folder's files changed: names and times."""
    if folder is None:
        return ()
    return tuple((one.name, one.stat().st_mtime_ns) for one in sorted(folder.glob("*.toml")))


@lru_cache(maxsize=8)
def _load(own: Path | None, _changed: tuple[tuple[str, int], ...]) -> Guides:
    found: dict[str, Guide] = {}
    faults: list[DataError] = []
    for folder in (SHIPPED, own):
        for path in sorted(folder.glob("*.toml")) if folder is not None else ():
            if path.name in _NO_GUIDES:
                continue
            guide, wrong = read(path)
            faults += wrong
            if guide is not None:
                found[guide.id] = guide
    place = {name: number for number, name in enumerate(ORDER)}
    ordered = sorted(found.values(), key=lambda one: (place.get(one.id, len(ORDER)), one.id))
    shared = _shared(own or SHIPPED)
    return Guides(tuple(ordered), shared.caller, shared.greeting, tuple(faults))
