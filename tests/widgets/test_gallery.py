"""Pictures of all widgets in three themes and two sizes; look at them before accepting new ones."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.widgets.gallery import DeskGallery, FormGallery

THEMES = ("night", "mono", "sixteen")
SIZES = ((80, 24), (132, 43))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("theme", THEMES)
def test_the_desk_looks_as_it_did(snap_compare: Callable[..., bool], theme: str, size: tuple[int, int]) -> None:
    """Lists, card, banners, body and bottom lines."""
    assert snap_compare(DeskGallery(theme=theme), terminal_size=size)


@pytest.mark.parametrize("theme", THEMES)
def test_a_form_looks_as_it_did(snap_compare: Callable[..., bool], theme: str) -> None:
    """A form with every kind of question, and a reference in large letters."""
    assert snap_compare(FormGallery(theme=theme), terminal_size=(80, 43))
