"""The action table as the toolkit's bindings."""

from __future__ import annotations

from collections.abc import Sequence

from textual.binding import Binding

from console.actions import ACTIONS, Action
from console.keynames import EVEN_WHILE_TYPING

DIGITS = "0123456789"


def number_bindings() -> list[Binding]:
    """Return the keys with which a telephone or customer number begins: typed anywhere, they begin a search."""
    keys = [(digit, digit) for digit in DIGITS] + [("plus", "+")]
    return [Binding(key, f"type_number('{typed}')", show=False) for key, typed in keys]


def bindings(actions: Sequence[Action] = ACTIONS) -> list[Binding]:
    """Return one binding an action; pressing it asks the app to perform the action by its id."""
    return [
        Binding(
            ",".join(action.keys),
            f"perform('{action.id}')",
            action.label,
            id=action.id,
            show=False,
            priority=action.id in EVEN_WHILE_TYPING,  # dialogs hear nothing else from below
        )
        for action in actions
    ]
