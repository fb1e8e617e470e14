"""Keys that work even while somebody types are never letters."""

from __future__ import annotations

import pytest

from console.keymap import bindings, keymap
from console.keynames import ALSO_WHILE_TYPING, EVEN_WHILE_TYPING, rebound, types_nothing


@pytest.mark.parametrize("name", sorted(EVEN_WHILE_TYPING))
def test_a_letter_cannot_end_the_console(name: str) -> None:
    """A letter for an action that works before any text field is refused; a function key is taken."""
    keys, problems = rebound({name: ("E",)})
    assert "E" not in keys[name]
    assert len(problems) == 1
    keys, problems = rebound({name: ("ctrl+p",)})
    assert (keys[name], problems) == (("ctrl+p",), [])


@pytest.mark.parametrize("name", sorted(ALSO_WHILE_TYPING))
def test_letters_of_what_also_works_in_forms_are_text_there(name: str) -> None:
    """Before a text field come those keys alone that type nothing; both kinds can be changed, each on its own."""
    for one in bindings():
        if one.action == f"perform('{name}')":
            assert one.priority == all(types_nothing(key) for key in one.key.split(","))
    keys, problems = rebound({name: ("ctrl+p", "-")})
    assert problems == []
    assert keymap(keys) == {name: "minus", f"{name}.typing": "ctrl+p"}
    assert keymap(rebound({name: ("-",)})[0]) == {name: "minus", f"{name}.typing": "none"}
    assert keymap(rebound({})[0]) == {}
