"""Hearing of changes by any process, at no cost while nothing happens.

Every writer touches the file's times after its commit (`backends.sql.writing`), which the kernel tells at once to who
watches the folder; the log of changes then says what happened. Writers that are not ours touch only the write-ahead
log, and before their commit: after such a sign the log is looked at again a moment later. Where there is no inotify,
the store's own counter is read twice a second.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import struct
from collections.abc import Callable
from pathlib import Path

_MODIFY, _ATTRIB, _MOVED_TO, _CREATE = 0x2, 0x4, 0x80, 0x100
_NONBLOCK, _CLOEXEC = 0o4000, 0o2000000
_EVENT = struct.Struct("iIII")
_LATER = (0.02, 0.2, 1.0)
"""Seconds after a sign in the write-ahead log at which to look again: its writer commits between."""
POLL = 0.5
"""Seconds between looks where the kernel tells nothing."""


class Watch:
    """Calls `stirred` on the event loop whenever the store may have changed."""

    def __init__(self, file: Path, stirred: Callable[[], None]) -> None:
        self._names = {file.name.encode(), f"{file.name}-wal".encode()}
        self._own = file.name.encode()
        self._stirred = stirred
        self._loop = asyncio.get_running_loop()
        self._descriptor = -1
        self._timers: list[asyncio.TimerHandle] = []
        try:
            self._descriptor = _watch(file.parent)
            self._loop.add_reader(self._descriptor, self._read)
        except (OSError, AttributeError, NotImplementedError):
            self._close_descriptor()
            self._poll()

    def close(self) -> None:
        """Stop watching; may be called twice."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        if self._descriptor >= 0:
            self._loop.remove_reader(self._descriptor)
            self._close_descriptor()

    def _close_descriptor(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _poll(self) -> None:
        self._stirred()
        self._timers = [self._loop.call_later(POLL, self._poll)]

    def _read(self) -> None:
        try:
            data = os.read(self._descriptor, 65_536)
        except BlockingIOError:
            return
        committed = written = False
        start = 0
        while start < len(data):
            _, mask, _, length = _EVENT.unpack_from(data, start)
            name = data[start + _EVENT.size : start + _EVENT.size + length].rstrip(b"\0")
            start += _EVENT.size + length
            if name in self._names:
                committed = committed or (name == self._own and bool(mask & _ATTRIB))
                written = True
        if written:
            self._stirred()
        if written and not committed:
            for timer in self._timers:
                timer.cancel()
            self._timers = [self._loop.call_later(delay, self._stirred) for delay in _LATER]


def _watch(folder: Path) -> int:
    """Return a descriptor that becomes readable when something in `folder` changes; raises OSError."""
    library = ctypes.CDLL(None, use_errno=True)
    descriptor: int = library.inotify_init1(_NONBLOCK | _CLOEXEC)
    if descriptor < 0:
        raise OSError(ctypes.get_errno(), "inotify_init1")
    mask = _MODIFY | _ATTRIB | _MOVED_TO | _CREATE
    if library.inotify_add_watch(descriptor, os.fsencode(folder), mask) < 0:
        error = ctypes.get_errno()
        os.close(descriptor)
        raise OSError(error, "inotify_add_watch")
    return descriptor
