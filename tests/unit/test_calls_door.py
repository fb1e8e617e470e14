"""The door for `cordboard pop`: own user only, several consoles, nobody there, and what comes through of any bytes."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.calls import door
from console.calls.call import CallState, Heard
from console.calls.door import Door, make_folder, reach, read, written

HEARD = Heard(
    door.SOURCE, "", CallState.RINGING, "+48601234567", "+48800155501", "Ewa “x”", menu=("1", "net"), waited_seconds=9
)


async def test_news_goes_through_to_every_console(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole and as it was, to each that runs; the door is the user's alone."""
    heard: list[Heard] = []
    doors = []
    for number in (os.getpid(), 1):
        monkeypatch.setattr(os, "getpid", lambda number=number: number)
        doors.append(Door(tmp_path / "run", heard.append))
        await doors[-1].open()
    try:
        assert await asyncio.to_thread(reach, tmp_path / "run", HEARD) == 2
        assert heard == [HEARD, HEARD]
        assert (tmp_path / "run").stat().st_mode & 0o777 == 0o700
        assert all(one.stat().st_mode & 0o077 == 0 for one in (tmp_path / "run").iterdir())
    finally:
        for one in doors:
            await one.close()
    assert list((tmp_path / "run").iterdir()) == []


async def test_the_folder_may_lie_deep(tmp_path: Path) -> None:
    """A socket's name is short; a home's is not."""
    deep = tmp_path / ("x" * 100) / ("y" * 100)
    heard: list[Heard] = []
    one = Door(deep, heard.append)
    await one.open()
    try:
        assert await asyncio.to_thread(reach, deep, HEARD) == 1
    finally:
        await one.close()


def test_nobody_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No folder, an empty one, and a door whose console was killed: nobody took it, and the dead door is gone."""
    assert reach(tmp_path / "run", HEARD) == 0
    make_folder(tmp_path / "run")
    assert reach(tmp_path / "run", HEARD) == 0
    dead = tmp_path / "run" / "console-1.sock"
    with socket.socket(socket.AF_UNIX) as left:
        monkeypatch.chdir(tmp_path)
        left.bind("run/console-1.sock")
    assert dead.exists()
    assert reach(tmp_path / "run", HEARD) == 0
    assert not dead.exists()


async def test_a_stranger_is_not_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is at the other end is looked at, on both sides."""
    heard: list[Heard] = []
    one = Door(tmp_path / "run", heard.append)
    await one.open()
    try:
        monkeypatch.setattr(os, "getuid", lambda: 4_000_000)
        assert await asyncio.to_thread(reach, tmp_path / "run", HEARD) == 0
        assert heard == []
    finally:
        await one.close()


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or one that others may enter is closed to them first; a link elsewhere is not followed."""
    folder = tmp_path / "run"
    folder.mkdir(mode=0o755)
    make_folder(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    (tmp_path / "link").symlink_to(folder)
    with pytest.raises(PermissionError):
        make_folder(tmp_path / "link")
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000)
    with pytest.raises(PermissionError):
        make_folder(folder)


@pytest.mark.parametrize("raw", [b"\n", b"x" * 40_000 + b"\n", b"[]\n", b'{"state":"up"}\n', b"\xff\xfe\n", b""])
async def test_noise_at_the_door(tmp_path: Path, raw: bytes) -> None:
    """It is not taken, and the next one is."""
    heard: list[Heard] = []
    one = Door(tmp_path / "r", heard.append)
    await one.open()
    try:
        with door._short(tmp_path / "r") as short:
            reader, writer = await asyncio.open_unix_connection(str(short / f"console-{os.getpid()}.sock"))
        writer.write(raw)
        writer.write_eof()
        assert b"true" not in await asyncio.wait_for(reader.read(), 10)
        writer.close()
        await writer.wait_closed()
        assert heard == []
        assert await asyncio.to_thread(reach, tmp_path / "r", HEARD) == 1
    finally:
        await one.close()


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reading(raw: bytes) -> None:
    """They are news or none."""
    assert read(raw) is None or isinstance(read(raw), Heard)


@given(st.text(max_size=50), st.text(max_size=50), st.integers(), st.sampled_from(CallState))
def test_what_goes_in_comes_out_clean(number: str, name: str, waited: int, state: CallState) -> None:
    """Whatever a hook passes on as number and name."""
    found = read(written(Heard(door.SOURCE, "", state, number, name=name, waited_seconds=waited)))
    assert found is not None
    assert found.state is state
    assert "\x1b" not in found.number + found.name
