"""Write docs/keys.md from the action table."""

from __future__ import annotations

from pathlib import Path

from console.cheatsheet import markdown

FILE = Path(__file__).parents[1] / "docs" / "keys.md"


def text() -> str:
    """Return what docs/keys.md holds when it is current."""
    return markdown().rstrip("\n") + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
