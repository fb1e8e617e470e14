"""Paint the pictures of the README: the real console on the demo operator, at a fixed night, without a terminal."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from backends.registry import backend_for
from console.demo import load
from tests.desk_stage import SEED, Stage, copy_of, on_desk

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
CUSTOMERS = 400
NIGHT = datetime(2026, 11, 21, 2, 14, tzinfo=UTC)
_LEFT_OUT = re.compile(r"@font-face\s*\{[^}]*\}\s*|<!--.*?-->\s*", re.DOTALL)
"""A font from the web, which would be fetched, and the advertisement of the toolkit."""
_TEXT = re.compile(
    r'(<text [^>]*?x=")([\d.]+)("[^>]*? textLength=")([\d.]+)("[^>]*>)((?:&#160;)*)(.*?)((?:&#160;)*)</text>'
)
_CELL = 12.2
"""Width of a cell in the toolkit's pictures."""
_FONT = "Fira Code"
_FONTS = "DejaVu Sans Mono, Menlo, Consolas"


async def found(stage: Stage) -> None:
    """Home, with what a few letters find."""
    await stage.read_all()
    await stage.type("kaz")


async def outage(stage: Stage) -> None:
    """A customer whose line an outage covers."""
    await stage.open("outage")


async def third_chase(stage: Stage) -> None:
    """A customer who chases for the third time."""
    await stage.open("third_chase")


async def note(stage: Stage) -> None:
    """A call being written down."""
    await stage.open("outage")
    await stage.press("n")
    await stage.type("No light on the box since half past one")


async def reference(stage: Stage) -> None:
    """The reference, to be read out."""
    await stage.open("third_chase")
    await stage.press("y")


async def agenda(stage: Stage) -> None:
    """What to do now, most urgent first."""
    await stage.press("f4")


async def script(stage: Stage) -> None:
    """The questions of a fault, at a step that is done together."""
    await stage.open("contract_end")
    await stage.press("Q")
    await stage.press("1")
    for answer in "111":
        await stage.press(answer)


async def held(stage: Stage) -> None:
    """A step at the customer's home, held back because an outage explains the fault."""
    await stage.open("outage")
    await stage.press("Q")
    await stage.press("1")
    await stage.press("f6")  # from Polish on: Swedish, then English
    await stage.press("f6")
    for answer in "2111":
        await stage.press(answer)


async def handover(stage: Stage) -> None:
    """The end of a script: who gets the case, and until when they must accept it."""
    await stage.open("contract_end")
    await stage.press("Q")
    await stage.press("1")
    for answer in "112":
        await stage.press(answer)
    await stage.press("enter")
    await stage.press("enter")


@dataclass(frozen=True, slots=True)
class Picture:
    """What a picture shows, and how large the terminal is."""

    play: Callable[[Stage], Awaitable[None]]
    size: tuple[int, int]
    theme: str = "night"


PICTURES: Mapping[str, Picture] = {
    "home": Picture(found, (80, 24)),
    "outage": Picture(outage, (80, 24)),
    "customer": Picture(third_chase, (132, 43)),
    "note": Picture(note, (100, 30)),
    "reference": Picture(reference, (80, 24), "day"),
    "agenda": Picture(agenda, (100, 30)),
    "script": Picture(script, (80, 24)),
    "held": Picture(held, (80, 24)),
    "handover": Picture(handover, (80, 24)),
}
"""The pictures by file name."""


async def make_demo(file: Path) -> None:
    """Write the demo that the pictures show into a database file."""
    backend = backend_for(f"sqlite:///{file}")
    await backend.open()
    try:
        await load(backend, customers=CUSTOMERS, seed=SEED, now=NIGHT)
    finally:
        await backend.close()


@asynccontextmanager
async def desk_of(picture: Picture, file: Path, folder: Path) -> AsyncIterator[Stage]:
    """Run the console that a picture shows on a copy of the demo."""
    copy = copy_of(file, folder)
    async with on_desk(copy, folder, size=picture.size, theme=picture.theme, now=NIGHT) as stage:
        yield stage


async def painted(name: str, file: Path, folder: Path) -> str:
    """Return a picture as SVG that fetches nothing and is the same every time."""
    picture = PICTURES[name]
    async with desk_of(picture, file, folder / name) as stage:
        await picture.play(stage)
        svg = stage.app.export_screenshot(title="cordboard")
    svg = _TEXT.sub(_without_outer_spaces, _LEFT_OUT.sub("", svg)).replace(_FONT, _FONTS)
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


def _without_outer_spaces(found: re.Match[str]) -> str:
    """Move a text by the spaces it begins with: some programs drop them and stretch the rest."""
    head, x, middle, length, tail, before, text, after = found.groups()
    if not text:
        return ""
    begins = before.count("&") * _CELL
    ends = after.count("&") * _CELL
    return f"{head}{float(x) + begins:.1f}{middle}{float(length) - begins - ends:.1f}{tail}{text}</text>"


async def paint_all() -> None:
    """Paint every picture into docs/pictures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        original = folder / "original" / "demo.db"
        original.parent.mkdir()
        await make_demo(original)
        for one in PICTURES:
            (FOLDER / f"{one}.svg").write_text(await painted(one, original, folder), encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(paint_all())
