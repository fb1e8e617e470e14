"""The command line: what was typed becomes an action with its words, or a list of actions to choose from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from backends.clean import fold
from console.actions import ACTIONS, Action, command_named
from console.i18n import _


@dataclass(frozen=True, slots=True)
class Command:
    """An action and the words that came with it."""

    action: Action
    words: str = ""


def read_command(typed: str) -> Command | None:
    """Return the command that is typed as `name words…`, None when its first word names none."""
    name, _space, words = typed.strip().lstrip(":").partition(" ")
    action = command_named(name)
    return Command(action, words.strip()) if action else None


def _rank(action: Action, words: list[str]) -> int | None:
    names = [fold(action.id), *(fold(one) for one in action.commands)]
    label, told = fold(_(action.label)), fold(_(action.help))
    if not words:
        return 0
    if len(words) > 1 and label.startswith(" ".join(words)):
        return 0
    if any(name.startswith(words[0]) for name in names):
        return 1
    if all(any(part.startswith(word) for part in label.split()) for word in words):
        return 2
    if all(word in label or word in told for word in words):
        return 3
    return None


def fitting(typed: str, actions: Iterable[Action] = ACTIONS) -> tuple[Action, ...]:
    """Return the actions that what was typed may mean, best first, in the table's order among equals."""
    words = fold(typed.lstrip(":")).split()
    ranked = [(rank, action) for action in actions if (rank := _rank(action, words)) is not None]
    return tuple(action for _rank_of, action in sorted(ranked, key=lambda pair: pair[0]))
