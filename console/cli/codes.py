"""Exit codes, as the platform's users know them (sysexits.h), and the one error that carries its own."""

from __future__ import annotations

OK = 0
FAILED = 1
"""Also: nothing found, as with grep."""
USAGE = 2
DATA = 65
"""What is stored, or was given as input, is damaged or cannot be understood."""
UNAVAILABLE = 69
BROKEN = 70
"""A fault of our own; the details are in a file."""
CANNOT_CREATE = 73
TRY_AGAIN = 75
NOT_ALLOWED = 77
CONFIG = 78
INTERRUPTED = 130
"""128 + SIGINT."""
PIPE_CLOSED = 141
"""128 + SIGPIPE: who read our output has enough."""


class Stop(Exception):
    """Ends a command with one worded line on standard error and an exit code."""

    def __init__(self, says: str, code: int = FAILED) -> None:
        super().__init__(says)
        self.says = says
        self.code = code
