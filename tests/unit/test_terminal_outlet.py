"""The way out: order kept, nothing waited for, old pictures dropped."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import pty
import tty
from collections.abc import Iterator

import pytest

from console.terminal.outlet import KEPT_BYTES, Outlet


@pytest.fixture
def line() -> Iterator[tuple[int, int]]:
    """A raw pseudo terminal: (the end that is read, the end that is written)."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)
    yield master, slave
    for fd in (master, slave):
        try:
            os.close(fd)
        except OSError:
            continue


def taken(master: int) -> bytes:
    """Take what the line holds now."""
    heard = b""
    while True:
        try:
            heard += os.read(master, 65536)
        except BlockingIOError:
            return heard


async def drained(outlet: Outlet, master: int) -> bytes:
    """Read until the outlet has nothing left; return what came."""
    heard = b""
    while outlet.congested:
        heard += taken(master)
        await asyncio.sleep(0)
    await asyncio.sleep(0.01)
    return heard + taken(master)


async def test_a_stalled_line_keeps_the_order_and_nobody_waits(line: tuple[int, int]) -> None:
    """Writing returns at once however much waits; later all of it comes, in order, and the owner is told."""
    master, slave = line
    told: list[bool] = []
    outlet = Outlet(slave, asyncio.get_running_loop(), told.append)
    sent = [bytes([65 + n]) * 3000 for n in range(20)]
    for piece in sent:
        outlet.write(piece)
    assert outlet.congested
    assert outlet.inside_a_piece
    assert not told
    assert await drained(outlet, master) == b"".join(sent)
    await asyncio.sleep(0.01)
    assert told == [False]
    assert outlet.stalled_seconds == 0
    outlet.close()


async def test_when_too_much_waits_pictures_go_and_orders_stay(line: tuple[int, int]) -> None:
    """Beyond the limit old pictures are dropped, short orders are kept in order, and a new picture is asked for."""
    master, slave = line
    told: list[bool] = []
    outlet = Outlet(slave, asyncio.get_running_loop(), told.append)
    for number in range(200):
        outlet.write(b"P" * 4000)
        outlet.write(b"<%03d>" % number)
    assert outlet.stalled_seconds > 0
    heard = await drained(outlet, master)
    await asyncio.sleep(0.01)
    assert len(heard) < KEPT_BYTES + 10_000
    orders = heard.replace(b"P", b"")
    assert orders == b"".join(b"<%03d>" % number for number in range(200))
    assert heard.lstrip(b"P").count(b"P") % 4000 == 0  # no picture was cut in the middle
    assert told == [True]
    outlet.close()


async def test_the_shell_keeps_a_blocking_terminal(line: tuple[int, int]) -> None:
    """Our way out does not block, and the descriptor shared with others still does."""
    _, slave = line
    outlet = Outlet(slave, asyncio.get_running_loop(), lambda _: None)
    outlet.write(b"x")
    assert not fcntl.fcntl(slave, fcntl.F_GETFL) & os.O_NONBLOCK
    assert fcntl.fcntl(outlet.fd, fcntl.F_GETFL) & os.O_NONBLOCK
    outlet.close()


async def test_a_terminal_that_cannot_be_opened_again_is_not_waited_for(
    line: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a descriptor of our own, writing still returns at once and leaves the shared flags alone."""
    master, slave = line

    def refuse(_fd: int) -> str:
        raise OSError

    monkeypatch.setattr(os, "ttyname", refuse)
    outlet = Outlet(slave, asyncio.get_running_loop(), lambda _: None)
    assert outlet.fd == slave
    for _ in range(20):
        outlet.write(b"y" * 3000)
    assert outlet.congested
    assert not fcntl.fcntl(slave, fcntl.F_GETFL) & os.O_NONBLOCK
    assert await drained(outlet, master) == b"y" * 60_000
    outlet.close()


async def test_a_lost_line_is_written_to_no_more(line: tuple[int, int]) -> None:
    """After a hang-up writing does nothing and raises nothing."""
    master, slave = line
    outlet = Outlet(slave, asyncio.get_running_loop(), lambda _: None)
    os.close(master)
    outlet.write(b"into the void")
    assert outlet.closed
    assert not outlet.congested
    outlet.write(b"again")
    assert outlet.flush(0.1)


async def test_the_last_words_wait_a_bounded_time(line: tuple[int, int]) -> None:
    """Flushing a stalled line gives up in time, with the pictures that waited dropped before."""
    master, slave = line
    outlet = Outlet(slave, asyncio.get_running_loop(), lambda _: None)
    os.set_blocking(slave, False)
    for _pause in range(20):  # nobody reads: the line is full to its last byte, also what the system moves on later
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(slave, b"x" * 1024)
        await asyncio.sleep(0.01)
    for _ in range(10):
        outlet.write(b"P" * 4000)
    outlet.drop_pictures()
    outlet.write(b"bye")
    assert not outlet.flush(0.05)
    heard = taken(master)
    assert outlet.flush(1)
    heard += taken(master)
    assert heard.endswith(b"bye")
    assert len(heard) < 40_000
    outlet.close()
