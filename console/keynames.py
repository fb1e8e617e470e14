"""Names of keys for people and for the configuration: how they are printed, which are safe, what may be changed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from console.actions import ACTIONS, BY_ID
from console.i18n import _

_LABELS: Mapping[str, str] = {
    "slash": "/",
    "colon": ":",
    "question_mark": "?",
    "escape": "Esc",
    "enter": "Enter",
    "space": "Space",
    "tab": "Tab",
    "backspace": "Backspace",
    "delete": "Del",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "comma": ",",
    "full_stop": ".",
    "semicolon": ";",
    "minus": "-",
    "plus": "+",
    "equals_sign": "=",
    "number_sign": "#",
    "asterisk": "*",
    "exclamation_mark": "!",
    "less_than_sign": "<",
    "greater_than_sign": ">",
}
_SPELLED: Mapping[str, str] = {
    **{label: name for name, label in _LABELS.items() if len(label) == 1},
    **{label.lower(): name for name, label in _LABELS.items() if len(label) > 1},
    "return": "enter",
    " ": "space",
}

_SAFE = re.compile(
    r"[a-zA-Z0-9]|slash|colon|question_mark|comma|full_stop|semicolon|minus|plus|equals_sign|number_sign|asterisk"
    r"|exclamation_mark|less_than_sign|greater_than_sign|enter|tab|shift\+tab|space|backspace|escape|up|down|left|right"
    r"|pageup|pagedown|home|end|f([1-9]|10)|ctrl\+[glnortyqdeuwkp]"
)
"""Keys that every thin terminal delivers (TERMINALS.md); others are refused in the configuration."""

EVEN_WHILE_TYPING = frozenset({"leave", "repaint"})
"""Actions whose keys work in forms and dialogs as well, before any text field; so none of them may be a letter."""

ALSO_WHILE_TYPING = frozenset({"calls"})
"""Actions of which those keys that are no letters work in forms and dialogs as well; their letters are text there."""

WIDGET_KEYS = frozenset({"up", "down", "left", "right", "pageup", "pagedown", "home", "end"}) | frozenset(
    {"enter", "tab", "shift+tab", "f2", "ctrl+o"}
)
"""Keys that lists and forms hear before any action does."""

_NO_LETTER = re.compile(r"f\d+|ctrl\+.")


def types_nothing(key: str) -> bool:
    """Return whether a key is never text, wherever it is pressed: a function key, or Ctrl with a letter."""
    return _NO_LETTER.fullmatch(key) is not None


def key_label(key: str) -> str:
    """Return a key as it is printed on a keyboard, e.g. `Ctrl+N`, `/`, `F9`."""
    if key in _LABELS:
        return _LABELS[key]
    if key.startswith("ctrl+"):
        return f"Ctrl+{key[5:].upper()}"
    return key.upper() if re.fullmatch(r"f\d+", key) else key


def key_named(typed: str) -> str:
    """Return the toolkit's name of a key as people write it: `/`, `Ctrl+N`, `esc`."""
    lowered = typed.strip().lower() if len(typed.strip()) > 1 else typed.strip() or typed
    return _SPELLED.get(lowered, lowered)


def is_safe(key: str) -> bool:
    """Return whether every terminal delivers this key."""
    return _SAFE.fullmatch(key) is not None


def _refused(name: str, chosen: Sequence[str]) -> str:
    """Return why these keys cannot be those of an action, whatever the others have; empty when they can."""
    if name not in BY_ID:
        return _("keys.{name}: there is no such action").format(name=name)
    if unsafe := [key_label(one) for one in chosen if not is_safe(one)]:
        return _("keys.{name}: {key} does not arrive from every terminal").format(name=name, key=", ".join(unsafe))
    if fixed := [key_label(one) for one in chosen if one in WIDGET_KEYS]:
        return _("keys.{name}: {key} moves in lists and forms and cannot be changed").format(
            name=name, key=", ".join(fixed)
        )
    letters = [key_label(one) for one in chosen if name in EVEN_WHILE_TYPING and not types_nothing(one)]
    if letters:
        return _("keys.{name}: {key} is needed for typing; take a function key or Ctrl with a letter").format(
            name=name, key=", ".join(letters)
        )
    return ""


def _clash(keys: Mapping[str, Sequence[str]]) -> tuple[str, list[str]] | None:
    """Return a key that several actions have, and these; None when there is none."""
    owners: dict[str, list[str]] = {}
    for name, chosen in keys.items():
        for key in chosen:
            owners.setdefault(key, []).append(name)
    return next(((key, names) for key, names in owners.items() if len(names) > 1), None)


def rebound(wanted: Mapping[str, Sequence[str]]) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """Return the keys of every action with the configuration's changes, and what is wrong with those changes.

    A wrong change is left out: the action keeps its own keys. A key given to two actions goes to none of them anew;
    two actions may exchange theirs.
    """
    problems: list[str] = []
    asked: dict[str, tuple[str, ...]] = {}
    for name, typed in wanted.items():
        chosen = tuple(dict.fromkeys(key_named(one) for one in typed))
        if problem := _refused(name, chosen):
            problems.append(problem)
        elif chosen:
            asked[name] = chosen
    own = {action.id: action.keys for action in ACTIONS}
    while clash := _clash({**own, **asked}):
        key, names = clash
        for name in [one for one in names if one in asked]:
            other = next(one for one in names if one != name)
            problems.append(
                _("keys.{name}: {key} belongs to {other}").format(name=name, key=key_label(key), other=other)
            )
            del asked[name]
    return {**own, **asked}, problems


def labels(keys: Sequence[str]) -> str:
    """Return all keys of an action for reading."""
    return ", ".join(key_label(key) for key in keys)
