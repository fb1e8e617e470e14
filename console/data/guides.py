"""The guides that ship, and an operator's own over them: read once, offered only when nothing is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from console.data import DataError
from console.data.guide_reading import Reading, Table, line_of, parsed, read_guide, read_text
from console.data.guide_wording import worded
from console.rules.guide_faults import Lowering, check
from console.rules.guides import Guide, Step, Words

SHIPPED = Path(__file__).with_name("guides")
SHARED = "shared.toml"
PROTECTION = "protection.toml"
ORDER = ("fault-internet", "fault-tv", "fault-telephone", "billing", "complaint", "new-customer", "moving")
"""Shipped guides as they are offered; an operator's own follow by name."""
_NO_GUIDES = (SHARED, PROTECTION)
_CALLER, _DONE = "caller", "caller_done"


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
    steps = _caller_steps(table, folder / SHARED)
    return _Shared(table["steps"], tuple(steps.values())[:-1], steps[_DONE].words)


def _caller_steps(table: Table, path: Path) -> Mapping[str, Step]:
    """Return the steps that ask who a new caller is, and behind them one with the greeting.

    Raises DataError for the first mistake in them: they stand before every guide.
    """
    names = [name for name in table.get("caller", []) if name in table["steps"]]
    then = [*names[1:], _DONE]
    steps: dict[str, Table] = {
        name: {**table["steps"][name], "goto": goto} for name, goto in zip(names, then, strict=True)
    }
    steps[_DONE] = {"end": "told", "words": table["greeting"]}
    reading = Reading("", {})
    made = reading.guide({"id": _CALLER, "title": table["greeting"], "start": next(iter(steps)), "steps": steps}, "")
    for fault in (*reading.faults, *check(made, lowering())):
        text = read_text(path) if path.exists() else ""
        raise DataError(path, line_of(text, fault.step, fault.key), *worded(fault))
    return made.steps


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
