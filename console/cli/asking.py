"""Questions on the terminal; where nobody can answer, the answer is no."""

from __future__ import annotations

import sys

from console.cli.setting import Setting
from console.i18n import _c


def can_ask(setting: Setting) -> bool:
    """Return whether a person is there to read a question and to answer it."""
    return sys.stdin.isatty() and setting.err.tty


def agreed(setting: Setting, question: str) -> bool:
    """Ask and return whether the answer is yes; anything else, an end of input too, is no."""
    if not can_ask(setting):
        return False
    setting.err.stream.flush()
    setting.err.part(question + _c("question", " [y/N] "))
    answer = sys.stdin.readline().strip().casefold()
    return answer in ("y", "yes", _c("answer", "y").casefold(), _c("answer", "yes").casefold())
