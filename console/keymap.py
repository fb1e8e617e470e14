"""The action table as the toolkit's bindings."""

from __future__ import annotations

from collections.abc import Sequence

from textual.binding import Binding

from console.actions import ACTIONS, Action
from console.keynames import EVEN_WHILE_TYPING


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
