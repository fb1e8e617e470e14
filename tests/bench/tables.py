"""What was measured, as rows of a table: a thing, its yardstick, the ratio between them, and the goal."""

from __future__ import annotations

import os
import platform
import sqlite3
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def _marks(name: str) -> tuple[str, str]:
    """Return the marks around the table called `name` in the document, of the main one without a name."""
    return (BEGIN.replace("measured", f"measured {name}"), END.replace("measured", f"measured {name}")) if name else (
        BEGIN, END)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; `goal` is the most that `value` may be, None where there is no goal.

    `value` is the ratio where there is a yardstick, otherwise the thing itself.
    """

    what: str
    seen: str
    yardstick: str = ""
    value: float | None = None
    goal: float | None = None
    at_least: bool = False
    goal_words: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the goal was met; None without one."""
        if self.goal is None or self.value is None:
            return None
        return self.value >= self.goal if self.at_least else self.value <= self.goal

    def cells(self) -> tuple[str, ...]:
        """Return the line's cells as they are printed."""
        ratio = "" if self.value is None or not self.yardstick else f"{self.value:.2f}"
        sign = "≥" if self.at_least else "≤"
        goal = self.goal_words or ("" if self.goal is None else f"{sign} {self.goal:g}")
        return self.what, self.seen, self.yardstick, ratio, goal, {None: "", True: "yes", False: "**no**"}[self.met]


@dataclass(frozen=True, slots=True)
class Section:
    """Some rows under a heading."""

    title: str
    rows: Sequence[Row]


HEADS = ("what", "seen", "yardstick, same run", "ratio", "goal", "met")


def median(values: Iterable[float]) -> float:
    """Return the median; 0 of nothing."""
    listed = list(values)
    return statistics.median(listed) if listed else 0.0


def percentile(values: Iterable[float], percent: float) -> float:
    """Return the value below which so many per cent lie; 0 of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else 0.0


def against(
    what: str, seen: float, yard: float, unit: str, name: str, goal: float | None = None, *, at_least: bool = False
) -> Row:
    """Return the row of something that is measured by a yardstick of the same unit."""
    ratio = seen / yard if yard else 0.0
    return Row(what, f"{shown(seen)} {unit}", f"{name}: {shown(yard)} {unit}", ratio, goal, at_least)


def alone(what: str, seen: float, unit: str, goal: float | None = None) -> Row:
    """Return the row of something that has an absolute goal."""
    return Row(what, f"{shown(seen)} {unit}", "", seen, goal, goal_words="" if goal is None else f"≤ {goal:g} {unit}")


def shown(value: float) -> str:
    """Return a number with three digits that say something."""
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def printed(sections: Iterable[Section]) -> str:
    """Return the sections as text in columns."""
    lines: list[str] = []
    for section in sections:
        table = [HEADS, *(row.cells() for row in section.rows)]
        widths = [max(len(line[column]) for line in table) for column in range(len(HEADS))]
        lines += ["", section.title]
        lines += ["  " + "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
                  for line in table]  # fmt: skip
    return "\n".join(lines)


def markdown(sections: Iterable[Section], sizes: str, name: str = "") -> str:
    """Return the sections as Markdown, with the machine they were measured on."""
    begin, end = _marks(name)
    lines = [begin, "", f"Measured on {datetime.now(UTC):%Y-%m-%d} with {machine()}. {sizes}", ""]
    for section in sections:
        lines += [f"### {section.title}", "", "| " + " | ".join(HEADS) + " |", "|" + " --- |" * len(HEADS)]
        lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row.cells()) + " |" for row in section.rows]
        lines.append("")
    return "\n".join([*lines, end])


def machine() -> str:
    """Return what this was measured on, without names of hosts or folders."""
    model = next((line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())  # fmt: skip
    cores = len(os.sched_getaffinity(0))
    load = os.getloadavg()[0]
    return (
        f"{cores} cores ({model}), load {load:.1f}, {platform.system()}, Python {platform.python_version()},"
        f" SQLite {sqlite3.sqlite_version}, Textual {version('textual')}"
    )


def written(document: Path, table: str, name: str = "") -> None:
    """Put the table into the document in place of the one that is there; raises ValueError when it has no place."""
    text = document.read_text(encoding="utf-8")
    first, last = _marks(name)
    before, begin, rest = text.partition(first)
    _old, end, after = rest.partition(last)
    if not begin or not end:
        raise ValueError(f"{document.name} has no place for the table")
    document.write_text(before + table + after, encoding="utf-8")
