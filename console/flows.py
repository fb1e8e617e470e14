"""How many keys the usual flows take: each is played by a test in the real program, and stands in docs/keys.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from console.i18n import N_

TYPED = "…"
"""Stands for text that is typed: a name, a number, what was said. It counts as no key."""


@dataclass(frozen=True, slots=True)
class Flow:
    """One flow of a shift: what is pressed, by the names of keys, and the most keys that it may ever take."""

    id: str
    label: str
    keys: tuple[str, ...]
    most: int

    @property
    def count(self) -> int:
        """How many keys it takes besides text."""
        return sum(key != TYPED for key in self.keys)


FLOWS: Sequence[Flow] = (
    Flow("identify", N_("Identify a caller: by a whole number, no key at all"), (TYPED,), 3),
    Flow("identify_name", N_("Identify a caller: by the first letters of a name"), (TYPED, "enter"), 3),
    Flow("log", N_("Log a call and wrap it up"), ("n", TYPED, "tab", "s", "f2"), 6),
    Flow("attach", N_("Attach a caller who popped up to the outage"), ("l",), 2),
    Flow(
        "script",
        N_("A fault by its script, up to the hand-over to the technical service"),
        ("Q", "1", "1", "1", "2", "enter", "enter", "1"),
        12,
    ),
    Flow("mail", N_("Answer the message that waits longest"), ("w", "enter", "r", TYPED, "f2"), 6),
    Flow("join", N_("Join a message to the matter that it chases"), ("J",), 2),
)
