"""Pasted text as people mean it: line ends of every kind, and nothing that a terminal would obey."""

from __future__ import annotations

from widgets.cells import one_line


def pasted_lines(text: str) -> list[str]:
    """The lines of a pasted text, clean, without empty ones at either end; terminals send line ends as CR."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = [one_line(line.expandtabs(4)).rstrip() for line in unified.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    while lines and not lines[0]:
        lines.pop(0)
    return lines
