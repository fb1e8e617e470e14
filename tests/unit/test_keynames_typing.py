"""Keys that work even while somebody types are never letters."""

from __future__ import annotations

import pytest

from console.keynames import EVEN_WHILE_TYPING, rebound


@pytest.mark.parametrize("name", sorted(EVEN_WHILE_TYPING))
def test_a_letter_cannot_end_the_console(name: str) -> None:
    """A letter for an action that works before any text field is refused; a function key is taken."""
    keys, problems = rebound({name: ("E",)})
    assert "E" not in keys[name]
    assert len(problems) == 1
    keys, problems = rebound({name: ("ctrl+p",)})
    assert (keys[name], problems) == (("ctrl+p",), [])
