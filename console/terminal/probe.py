"""One bounded question to the terminal: how wide is é, and how long does an answer take.

Runs before the toolkit is imported, on the plain standard library.
"""

from __future__ import annotations

import os
import re
import select
import termios
import time
from contextlib import suppress
from dataclasses import dataclass

PATIENCE = 1.5
"""Seconds the whole question may take; a terminal that is slower is answered for by guesses."""

_QUESTION = b"\r\xc3\xa9\x1b[6n"
_WIPE = b"\r  \r"
_ANSWER = re.compile(rb"\x1b\[(\d{1,4});(\d{1,4})R")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the terminal said about itself, and what the operator typed meanwhile."""

    columns: int | None
    """Columns that the two UTF-8 bytes of é took; None when no answer came."""
    seconds: float
    """Time from the question to the answer, or the patience that was spent."""
    typed: bytes
    """Bytes that arrived beside the answer: keys typed ahead, to be given to the console."""


def ask(read_fd: int, write_fd: int, *, patience: float = PATIENCE) -> Answer:
    """Write é, ask for the cursor's column and wait at most `patience` seconds for the answer.

    The settings of the terminal are put back whatever happens. An answer that comes too late is for the driver to
    swallow. Raises nothing: a terminal that cannot be asked is one that did not answer.
    """
    try:
        before = termios.tcgetattr(read_fd)
    except (termios.error, OSError):
        return Answer(None, 0.0, b"")
    quiet = [*before[:6], list(before[6])]
    quiet[3] &= ~(termios.ECHO | termios.ICANON)
    quiet[6][termios.VMIN] = 0
    quiet[6][termios.VTIME] = 0
    started = time.monotonic()
    try:
        termios.tcsetattr(read_fd, termios.TCSANOW, quiet)
        return _exchange(read_fd, write_fd, started, started + patience)
    except (termios.error, OSError):
        return Answer(None, time.monotonic() - started, b"")
    finally:
        with suppress(termios.error, OSError):  # raised when the line is gone, and nothing is left to restore
            termios.tcsetattr(read_fd, termios.TCSANOW, before)


def _exchange(read_fd: int, write_fd: int, started: float, deadline: float) -> Answer:
    if not _send(write_fd, _QUESTION, deadline):
        return Answer(None, time.monotonic() - started, b"")
    heard = b""
    try:
        while (left := deadline - time.monotonic()) > 0:
            ready, _, _ = select.select([read_fd], [], [], left)
            if not ready:
                break
            chunk = os.read(read_fd, 1024)
            if not chunk:
                break
            heard += chunk
            if found := _ANSWER.search(heard):
                typed = heard[: found.start()] + heard[found.end() :]
                return Answer(int(found[2]) - 1, time.monotonic() - started, typed)
        return Answer(None, time.monotonic() - started, heard)
    finally:
        _send(write_fd, _WIPE, time.monotonic() + 0.1)


def _send(fd: int, data: bytes, deadline: float) -> bool:
    _, ready, _ = select.select([], [fd], [], max(0.0, deadline - time.monotonic()))
    return bool(ready) and os.write(fd, data) == len(data)
