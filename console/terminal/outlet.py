"""The way out to the terminal: bytes in order, never waiting for a terminal that does not read."""

from __future__ import annotations

import asyncio
import fcntl
import os
import select
import time
from collections import deque
from collections.abc import Callable

KEPT_BYTES = 1 << 16
"""Bytes that may wait; beyond them whole pieces of picture are dropped and the picture is owed anew."""

_PICTURE = 256
"""Characters from which on a piece counts as a part of the picture; shorter ones set modes and are kept."""


class Outlet:
    """Writes to a terminal without ever blocking the event loop.

    What the terminal does not take waits in order, until the loop says that it takes more. `when_drained` is called
    once all of it has gone out; with True when pictures were dropped, so that the screen has to be painted anew.
    """

    def __init__(self, fd: int, loop: asyncio.AbstractEventLoop, when_drained: Callable[[bool], None]) -> None:
        self._loop = loop
        self._when_drained = when_drained
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._dropped = False
        self._watched = False
        self._begun = False
        self._stalled_at: float | None = None
        self.closed = False
        self._fd, self._own = _private_descriptor(fd)

    @property
    def fd(self) -> int:
        """The descriptor that is written to; it does not block."""
        return self._fd

    @property
    def congested(self) -> bool:
        """True while the terminal has not taken all that was written."""
        return bool(self._waiting)

    @property
    def stalled_seconds(self) -> float:
        """Seconds since the terminal last took a byte of what waits; 0 when nothing waits."""
        return 0.0 if self._stalled_at is None else time.monotonic() - self._stalled_at

    @property
    def inside_a_piece(self) -> bool:
        """True when a piece has gone out in part: perhaps in the middle of an escape sequence."""
        return self._begun

    def write(self, data: bytes) -> None:
        """Send `data` now as far as the terminal takes it, and queue the rest."""
        if self.closed or not data:
            return
        if self._waiting:
            if self._size + len(data) > KEPT_BYTES:
                self._make_room()
            if self._size + len(data) > KEPT_BYTES and len(data) >= _PICTURE:
                self._dropped = True
                return
        self._waiting.append(data)
        self._size += len(data)
        if not self._watched:
            self._send()
            if self._waiting and not self.closed:
                self._watch()

    def flush(self, seconds: float) -> bool:
        """Wait at most `seconds` until the terminal has taken what waits; return whether it has."""
        deadline = time.monotonic() + seconds
        while self._waiting and not self.closed:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            select.select([], [self._fd], [], left)
            self._send()
        return True

    def drop_pictures(self) -> None:
        """Forget pictures that wait: the screen they were made for is about to be left."""
        self._make_room()

    def close(self) -> None:
        """Forget what waits and let go of the terminal."""
        if self.closed:
            return
        self.closed = True
        self._unwatch()
        self._waiting.clear()
        self._size = 0
        self._stalled_at = None
        if self._own:
            os.close(self._fd)

    def _watch(self) -> None:
        self._loop.add_writer(self._fd, self._ready)
        self._watched = True

    def _unwatch(self) -> None:
        if self._watched:
            self._loop.remove_writer(self._fd)
            self._watched = False

    def _ready(self) -> None:
        self._send()
        if self._waiting and not self.closed:
            return
        self._unwatch()
        dropped, self._dropped = self._dropped, False
        if not self.closed:
            self._when_drained(dropped)

    def _send(self) -> None:
        while self._waiting:
            piece = self._waiting[0]
            try:
                sent = self._write_some(piece)
            except (BlockingIOError, InterruptedError):
                sent = 0
            except OSError:  # EIO, EPIPE: the line is gone; the reader of keys sees it too and ends the program
                self.close()
                return
            if not sent:
                self._stalled_at = self._stalled_at or time.monotonic()
                return
            self._stalled_at = None
            self._size -= sent
            self._begun = sent < len(piece)
            if self._begun:
                self._waiting[0] = piece[sent:]
            else:
                self._waiting.popleft()

    def _write_some(self, piece: bytes) -> int:
        if self._own:
            return os.write(self._fd, piece)
        # The open file is shared with the shell: it may not stay non-blocking behind our back.
        flags = fcntl.fcntl(self._fd, fcntl.F_GETFL)
        fcntl.fcntl(self._fd, fcntl.F_SETFL, flags | os.O_NONBLOCK)
        try:
            return os.write(self._fd, piece)
        finally:
            fcntl.fcntl(self._fd, fcntl.F_SETFL, flags)

    def _make_room(self) -> None:
        """Drop pictures that have not begun to go out; short pieces stay, and stay in order."""
        first = self._waiting.popleft() if self._begun else None
        kept = [piece for piece in self._waiting if len(piece) < _PICTURE]
        self._dropped = self._dropped or len(kept) < len(self._waiting)
        self._waiting = deque(kept if first is None else [first, *kept])
        self._size = sum(map(len, self._waiting))


def _private_descriptor(fd: int) -> tuple[int, bool]:
    """Open the terminal of `fd` once more, non-blocking; return the old one when it cannot be opened.

    A descriptor's non-blocking flag belongs to the open file, which the shell and its other children share.
    """
    try:
        own = os.open(os.ttyname(fd), os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return fd, False
    return own, True
