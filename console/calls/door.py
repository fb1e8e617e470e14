"""The door through which `cordboard pop` reaches the running consoles of the same user: one Unix socket a console.

The sockets stand in a folder that nobody else may enter (0700); where the system tells who is at the other end, both
sides look, and speak with nobody but their own user. One line of JSON goes in, one comes back.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from backends.records import Direction
from console.calls.call import LONGEST_WAIT, MOST_TRANSFERS, CallState, Heard, count_in, text_in, texts_in

SOURCE = "pop"
LONGEST = 16_384
"""Bytes of a message."""
SECONDS = 2.0
"""What one console may take to answer; it only notes what it hears."""
MOST = 16
"""Connections at the same time."""
_SUFFIX = ".sock"


def written(heard: Heard) -> bytes:
    """Return news as the line that goes through the door."""
    fields: dict[str, Any] = {
        "state": heard.state, "id": heard.id, "number": heard.number, "dialled": heard.dialled, "name": heard.name,
        "direction": heard.direction, "menu": list(heard.menu), "waited": heard.waited_seconds,
        "transfers": heard.transfers,
    }  # fmt: skip
    return json.dumps(fields).encode() + b"\n"


def read(message: bytes) -> Heard | None:
    """Return the news in a line from the door; None for what is none, whatever its bytes."""
    try:
        fields = json.loads(message)
        state = CallState(text_in(fields["state"]))
        direction = Direction(text_in(fields["direction"]))
    except (ValueError, RecursionError, TypeError, LookupError):
        return None
    return Heard(
        SOURCE,
        text_in(fields.get("id")),
        state,
        number=text_in(fields.get("number")),
        dialled=text_in(fields.get("dialled")),
        name=text_in(fields.get("name")),
        direction=direction,
        menu=texts_in(fields.get("menu")),
        waited_seconds=count_in(fields.get("waited"), LONGEST_WAIT),
        transfers=count_in(fields.get("transfers"), MOST_TRANSFERS),
    )


@contextmanager
def _short(folder: Path) -> Iterator[Path]:
    """Give the folder under a name that is short enough for a socket's: systems allow about a hundred bytes."""
    if len(os.fsencode(folder)) < 80 or not Path("/proc/self/fd").is_dir():
        yield folder
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield Path(f"/proc/self/fd/{handle}")
    finally:
        os.close(handle)


def _ours(peer: socket.socket) -> bool:
    """Return whether the other end is our own user; yes where the system does not tell, for the folder is ours."""
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return True
    size = struct.calcsize("3i")
    _pid, uid, _gid = struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, option, size))
    return bool(uid == os.getuid())


def make_folder(folder: Path) -> None:
    """Make the folder of the doors for its owner alone; raises OSError, PermissionError where it is somebody else's."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.getuid() or not folder.is_dir() or folder.is_symlink():
        raise PermissionError(str(folder))
    if found.st_mode & 0o077:
        folder.chmod(0o700)


class Door:
    """This console's door. `hear` is called with each piece of news."""

    def __init__(self, folder: Path, hear: Callable[[Heard], object]) -> None:
        self._folder = folder
        self._hear = hear
        self._name = f"console-{os.getpid()}{_SUFFIX}"
        self._server: asyncio.Server | None = None
        self._met_now: dict[asyncio.Task[Any], asyncio.StreamWriter] = {}

    async def open(self) -> None:
        """Open the door; raises OSError."""
        make_folder(self._folder)
        (self._folder / self._name).unlink(missing_ok=True)  # of a process that had the same number before
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with _short(self._folder) as folder:
                listener.bind(str(folder / self._name))
            (self._folder / self._name).chmod(0o600)
            listener.setblocking(False)
            self._server = await asyncio.start_unix_server(self._met, sock=listener, limit=LONGEST)
        except BaseException:
            listener.close()
            raise

    async def close(self) -> None:
        """Close the door and take it away."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
            for _turn in range(3):  # who was just let in is met before the door is shut
                await asyncio.sleep(0)
            meetings = dict(self._met_now)
            for writer in meetings.values():
                writer.transport.abort()
            if meetings:
                await asyncio.wait(meetings, timeout=1)
            with suppress(OSError):
                (self._folder / self._name).unlink(missing_ok=True)

    async def _met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        meeting = asyncio.current_task()
        assert meeting is not None
        self._met_now[meeting] = writer
        try:
            async with asyncio.timeout(SECONDS):
                peer = writer.get_extra_info("socket")
                if peer is None or len(self._met_now) > MOST or not _ours(peer):
                    return
                heard = read(await reader.readuntil(b"\n"))
                if heard is not None:
                    self._hear(heard)
                writer.write(json.dumps({"taken": heard is not None}).encode() + b"\n")
                await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
            del self._met_now[meeting]


def reach(folder: Path, heard: Heard) -> int:
    """Tell every running console of this user the news; returns how many took it.

    A door that nobody stands behind any more is taken away.
    """
    if not folder.is_dir():
        return 0
    message = written(heard)
    taken = 0
    with _short(folder) as short:
        for door in sorted(folder.glob(f"console-*{_SUFFIX}")):
            try:
                taken += _told(short / door.name, message)
            except ConnectionRefusedError:
                with suppress(OSError):
                    door.unlink()
            except OSError:  # one that is going, or hangs
                continue
    return taken


def _told(door: Path, message: bytes) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(SECONDS)
        line.connect(str(door))
        if not _ours(line):
            return False
        line.sendall(message)
        answer = b""
        while not answer.endswith(b"\n") and len(answer) < LONGEST:
            data = line.recv(1_024)
            if not data:
                return False
            answer += data
    try:
        found = json.loads(answer)
    except ValueError:
        return False
    return isinstance(found, dict) and found.get("taken") is True
