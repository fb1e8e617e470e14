"""A line on standard error that says how far long work is."""

from __future__ import annotations

import time

from backends import clean
from console.cli.output import Writer, fitted

_EVERY = 0.1  # seconds between two paints: a slow line must not be filled by its own progress


class Progress:
    """Counts work and paints it in place; silent when the stream is no terminal."""

    def __init__(self, to: Writer, total: int, label: str) -> None:
        self.done = 0
        self.total = total
        self._to = to
        self._label = clean.line(label)
        self._shown = to.tty
        self._painted_at = 0.0
        self._dirty = False

    def advance(self, by: int = 1) -> None:
        """Count `by` more pieces as done."""
        self.at(self.done + by)

    def at(self, done: int, total: int | None = None) -> None:
        """Say that `done` pieces are done, of `total` if that is known only now."""
        self.done = done
        self.total = self.total if total is None else total
        now = time.monotonic()
        if self._shown and (now - self._painted_at >= _EVERY or done == self.total):
            self._painted_at = now
            self._paint()

    def say(self, label: str) -> None:
        """Name the work that is going on now."""
        self._label = clean.line(label)
        if self._shown:
            self._paint()

    def clear(self) -> None:
        """Take the line away again."""
        if self._dirty:
            self._to.stream.write("\r" + " " * (self._to.columns - 1) + "\r")
            self._to.stream.flush()
            self._dirty = False

    def _paint(self) -> None:
        room = self._to.columns - 1
        text = fitted(self.text(room), room)
        self._to.stream.write("\r" + text.ljust(room))
        self._to.stream.flush()
        self._dirty = True

    def text(self, room: int) -> str:
        """Return the line for `room` cells: label, bar and numbers as far as they fit."""
        if self.total <= 0:
            return f"{self._label} {self.done}" if self.done else self._label
        share = min(1.0, self.done / self.total)
        counted = f"{self._label} {self.done}/{self.total} {int(share * 100)}%"
        bar = min(30, room - len(counted) - 3)
        if bar < 5:
            return counted
        filled = int(share * bar)
        return f"{counted} [{'#' * filled}{'.' * (bar - filled)}]"
