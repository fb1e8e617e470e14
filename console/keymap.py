"""The action table as the toolkit's bindings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.binding import Binding

from console.actions import ACTIONS, BY_ID, Action
from console.keynames import ALSO_WHILE_TYPING, EVEN_WHILE_TYPING, types_nothing

DIGITS = "0123456789"
_TYPING = "{name}.typing"
"""Name of the binding that holds those keys of an action which work while somebody types, beside its letters'."""
_NO_KEY = "none"
"""Stands where no key is left for a binding: the toolkit keeps the former ones where nothing stands."""


def number_bindings() -> list[Binding]:
    """Return the keys with which a telephone or customer number begins: typed anywhere, they begin a search."""
    keys = [(digit, digit) for digit in DIGITS] + [("plus", "+")]
    return [Binding(key, f"type_number('{typed}')", show=False) for key, typed in keys]


def bindings(actions: Sequence[Action] = ACTIONS) -> list[Binding]:
    """Return one binding an action; pressing it asks the app to perform the action by its id."""
    return [
        Binding(
            keys,
            f"perform('{action.id}')",
            action.label,
            id=name,
            show=False,
            # dialogs hear nothing else from below
            priority=action.id in EVEN_WHILE_TYPING or name != action.id,
        )
        for action in actions
        for name, keys in _named(action, action.keys).items()
    ]


def keymap(keys: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return the keys by the names of bindings, of those actions alone whose keys were changed.

    The toolkit looks through the whole keymap, squared, at each key.
    """
    changed = {name: used for name, used in keys.items() if tuple(used) != BY_ID[name].keys}
    return {name: text for action, used in changed.items() for name, text in _named(BY_ID[action], used).items()}


def _named(action: Action, keys: Sequence[str]) -> dict[str, str]:
    """Return an action's keys by the names of its bindings."""
    if action.id not in ALSO_WHILE_TYPING:
        return {action.id: ",".join(keys)}
    letters = [key for key in keys if not types_nothing(key)]
    others = [key for key in keys if types_nothing(key)]
    return {action.id: ",".join(letters) or _NO_KEY, _TYPING.format(name=action.id): ",".join(others) or _NO_KEY}
