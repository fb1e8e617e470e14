"""How the desk looks: few, telling states at the three sizes, in several themes. Look at a picture before taking it."""

from __future__ import annotations

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from scripts.pictures import handover, held, script
from tests.desk_stage import Stage, on_desk

SMALL, MIDDLE, WIDE = (80, 24), (100, 30), (132, 43)


class Picture(SingleFileSnapshotExtension):
    """One SVG file a picture."""

    _file_extension = "svg"
    _write_mode = WriteMode.TEXT


async def _home(stage: Stage) -> None:
    await stage.read_all()


async def _found(stage: Stage) -> None:
    await stage.read_all()
    await stage.type("no")


async def _outage(stage: Stage) -> None:
    await stage.open("outage")


async def _chase(stage: Stage) -> None:
    await stage.open("third_chase")


async def _note(stage: Stage) -> None:
    await stage.open("third_chase")
    await stage.press("n")
    await stage.type("still nothing")


async def _fault(stage: Stage) -> None:
    await stage.open("priority")
    await stage.press("t", "f")


async def _reference(stage: Stage) -> None:
    await stage.open("third_chase")
    await stage.press("y")


async def _hostile(stage: Stage) -> None:
    await stage.open("hostile")
    await stage.press("enter")


async def _help(stage: Stage) -> None:
    await stage.open("third_chase")
    await stage.press("question_mark")


async def _outages(stage: Stage) -> None:
    await stage.press("escape", "o")


async def _nothing(stage: Stage) -> None:
    await stage.open("prospect")
    await stage.press("v", "v", "v", "v", "v", "v")


async def _agenda(stage: Stage) -> None:
    await stage.press("f4")


async def _agenda_mine(stage: Stage) -> None:
    await stage.press("f4", "m", "v")


async def _calls(stage: Stage) -> None:
    await stage.press("escape", "I")


async def _outage_words(stage: Stage) -> None:
    await stage.press("escape", "o", "w")


SCENES = {
    "home-small-sixteen": (_home, SMALL, "sixteen"),
    "home-wide-night": (_home, WIDE, "night"),
    "found-small-night": (_found, SMALL, "night"),
    "outage-small-night": (_outage, SMALL, "night"),
    "outage-middle-day": (_outage, MIDDLE, "day"),
    "chase-wide-night": (_chase, WIDE, "night"),
    "chase-middle-contrast": (_chase, MIDDLE, "contrast"),
    "note-small-mono": (_note, SMALL, "mono"),
    "note-middle-night": (_note, MIDDLE, "night"),
    "fault-small-night": (_fault, SMALL, "night"),
    "reference-small-night": (_reference, SMALL, "night"),
    "hostile-small-night": (_hostile, SMALL, "night"),
    "help-small-night": (_help, SMALL, "night"),
    "outages-middle-night": (_outages, MIDDLE, "night"),
    "nothing-small-night": (_nothing, SMALL, "night"),
    "agenda-small-night": (_agenda, SMALL, "night"),
    "agenda-mine-wide-day": (_agenda_mine, WIDE, "day"),
    "script-small-mono": (script, SMALL, "mono"),
    "held-small-night": (held, SMALL, "night"),
    "handover-middle-sixteen": (handover, MIDDLE, "sixteen"),
    "calls-small-night": (_calls, SMALL, "night"),
    "outage-words-middle-night": (_outage_words, MIDDLE, "night"),
}


@pytest.mark.parametrize("scene", SCENES)
async def test_the_desk_looks_as_it_did(
    scene: str, demo_file: Path, tmp_path: Path, snapshot: SnapshotAssertion
) -> None:
    """A change of what an agent sees is seen by a reviewer first."""
    play, size, theme = SCENES[scene]
    async with on_desk(demo_file, tmp_path, size=size, theme=theme) as stage:
        await play(stage)
        svg = stage.app.export_screenshot(title="cordboard")
    assert svg == snapshot(extension_class=Picture)
