"""The README's pictures come from the running console, fetch nothing, and are the same each time."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scripts.pictures import FOLDER, PICTURES, painted

ROOT = Path(__file__).parents[2]


async def test_a_picture_is_the_same_each_time_and_fetches_nothing(demo_original: Path, tmp_path: Path) -> None:
    """Who paints again without a change gets no difference; who looks at it tells no other computer."""
    first = await painted("reference", demo_original, tmp_path / "first")
    assert first == await painted("reference", demo_original, tmp_path / "second")
    assert "</svg>" in first
    assert re.findall(r"https?://[^\"')\s]+", first) == re.findall(r"https?://www\.w3\.org/[^\"')\s]+", first)


async def test_a_picture_keeps_every_letter_in_its_place(demo_original: Path, tmp_path: Path) -> None:
    """Programs that drop the spaces a text begins with must not move what follows."""
    svg = await painted("outage", demo_original, tmp_path)
    texts = re.findall(r'<text [^>]*x="([\d.]+)"[^>]*textLength="([\d.]+)"[^>]*>([^<]+)</text>', svg)
    assert len(texts) > 50
    for x, length, text in texts:
        assert not text.startswith("&#160;")
        assert not text.endswith("&#160;")
        assert float(x) >= 0
        assert float(length) > 0


@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_is_there_and_shown(name: str) -> None:
    """No picture is painted for nobody."""
    svg = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    assert svg.startswith("<svg")
    readme, guide = (ROOT / "README.md", ROOT / "docs" / "guide.md")
    shown = f"docs/pictures/{name}.svg" in readme.read_text(encoding="utf-8")
    assert shown or f"(pictures/{name}.svg)" in guide.read_text(encoding="utf-8")


def test_no_picture_is_left_over() -> None:
    """A picture that nothing paints any more is gone."""
    assert {file.stem for file in FOLDER.iterdir()} == set(PICTURES)
