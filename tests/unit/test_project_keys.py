"""Every key that is needed arrives from every terminal (TERMINALS.md, rule 2)."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

import pytest
from textual.binding import Binding
from textual.dom import DOMNode

import console.screens
import widgets
from console.actions import ACTIONS, Action
from console.keynames import is_safe


def classes() -> Iterator[type[DOMNode]]:
    """Yield every widget and screen that is ours."""
    for package in (widgets, console.screens):
        for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            module = importlib.import_module(found.name)
            for _name, one in inspect.getmembers(module, inspect.isclass):
                if issubclass(one, DOMNode) and one.__module__ == module.__name__:
                    yield one
    from console.app import Cordboard

    yield Cordboard


def own_bindings(one: type[DOMNode]) -> Iterator[Binding]:
    """Yield the bindings that a class declares itself, one a key."""
    yield from Binding.make_bindings(one.__dict__.get("BINDINGS", ()))


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.id)
def test_the_keys_of_an_action_arrive_everywhere(action: Action) -> None:
    """No action hangs on a key that some terminal, multiplexer or browser keeps for itself."""
    assert action.keys
    assert [key for key in action.keys if not is_safe(key)] == []


def test_function_keys_from_f5_and_escape_have_a_second_way() -> None:
    """A terminal that takes F5 to F10 or delays Escape leaves another way to the same action."""
    alone = [
        action.id
        for action in ACTIONS
        if all(key == "escape" or key in {f"f{number}" for number in range(5, 11)} for key in action.keys)
    ]
    assert alone == []


def test_the_keys_of_widgets_and_screens_arrive_everywhere() -> None:
    """Nor does anything in a widget or a screen."""
    found = list(classes())
    assert len(found) > 20
    unsafe = {
        f"{one.__name__}: {binding.action}": binding.key
        for one in found
        for binding in own_bindings(one)
        if not is_safe(binding.key)
        and not any(is_safe(other.key) for other in own_bindings(one) if other.action == binding.action)
    }
    assert unsafe == {}


def test_no_key_means_two_things_in_one_place() -> None:
    """A key does one thing in a place, and nothing else everywhere."""
    taken: dict[tuple[str, str], str] = {}
    twice = []
    for action in ACTIONS:
        for key in action.keys:
            if (other := taken.setdefault((action.where.value, key), action.id)) != action.id:
                twice.append((key, other, action.id))
    anywhere = {key: name for (where, key), name in taken.items() if where == "anywhere"}
    twice += [
        (key, anywhere[key], name) for (where, key), name in taken.items() if where != "anywhere" and key in anywhere
    ]
    assert twice == []
