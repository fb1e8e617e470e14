"""Asking fewer widgets for fewer lines paints the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual._compositor import Compositor
from textual.geometry import Region

from console.terminal.compositing import SparingCompositor
from tests.desk_stage import on_desk


class Everything(SparingCompositor):
    """Textual's own way, on the map of a sparing one."""

    _get_renders = Compositor._get_renders


@pytest.mark.parametrize("size", [(80, 24), (132, 43)])
async def test_a_part_is_painted_as_textual_paints_it(demo_file: Path, tmp_path: Path, size: tuple[int, int]) -> None:
    """Whatever part of the customer's view is asked for, every line of it has the same pieces at the same places."""
    async with on_desk(demo_file, tmp_path, size=size) as stage:
        await stage.open("third_chase")
        await stage.press("down")
        sparing = stage.customer._compositor
        assert isinstance(sparing, SparingCompositor)
        whole = Everything()
        whole.__dict__.update(sparing.__dict__)
        for crop in (Region(0, 0, *size), Region(0, 9, 4, 2), Region(3, 5, 60, 7), Region(70, size[1] - 1, 10, 1)):
            wanted = range(crop.y, crop.bottom)
            seen, expected = (one._render_chops(crop, wanted.__contains__) for one in (sparing, whole))
            for y in wanted:
                ends = zip(sparing.cuts[y], sparing.cuts[y][1:], strict=False)
                inside = [start for start, end in ends if start < crop.right and end > crop.x]
                assert inside
                assert [seen[y][start] for start in inside] == [expected[y][start] for start in inside]
