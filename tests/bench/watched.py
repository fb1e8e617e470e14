"""A program on a pseudo terminal of its own, watched from outside: when it wrote how much, and what it cost.

Nothing is emulated, so that watching costs next to nothing; queries that programs put at start are answered as a
terminal with true colours and synchronised output would.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

_QUERY = re.compile(rb"\x1b\[(?P<csi>[?>=]?[0-9;]*)(?P<end>\$p|c|n|t|q|u)")
_ESCAPES = re.compile(rb"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[()][A-Z0-9]|\x1b[P^_\]].*?(?:\x1b\\|\x07)|\x1b[=>78M]", re.DOTALL)
_ANSWERS = {(b"", b"6n"): b"\x1b[1;2R", (b"?2026", b"$p"): b"\x1b[?2026;2$y", (b"?2048", b"$p"): b"\x1b[?2048;0$y"}


@dataclass(frozen=True, slots=True)
class Reaction:
    """What came of a key: milliseconds to the last byte, bytes, bytes once deflated, CPU in milliseconds."""

    ms: float
    raw: int
    deflated: int
    cpu: float


@dataclass(frozen=True, slots=True)
class Effort:
    """CPU nanoseconds and context switches of a process so far."""

    cpu: int
    switches: int


class Watched:
    """A running program; use it as a context manager. Times are seconds, sizes bytes."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], *, cols: int = 80, rows: int = 24) -> None:
        self.total = 0
        self._tail = b""
        self._squeeze = zlib.compressobj(6)
        self.started = time.perf_counter()
        self.pid, self._master = pty.fork()
        if self.pid == 0:
            try:
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))
                os.execvpe(argv[0], list(argv), dict(env))
            finally:
                os._exit(127)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))
        os.set_blocking(self._master, False)

    def __enter__(self) -> Watched:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the program, however it takes that."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)
            deadline = time.perf_counter() + 5
            while time.perf_counter() < deadline:
                with contextlib.suppress(OSError):
                    self._pull(0.02)
                if os.waitpid(self.pid, os.WNOHANG)[0]:
                    os.close(self._master)
                    return

    # -- reading and typing ------------------------------------------------------------------------------------

    def _pull(self, timeout: float) -> bytes:
        """Return what came within `timeout`, answering queries in it; raises OSError when the program has ended."""
        if not select.select([self._master], [], [], max(0.0, timeout))[0]:
            return b""
        data = os.read(self._master, 1 << 16)
        self.total += len(data)
        for match in _QUERY.finditer(data):
            csi, end = match["csi"], match["end"]
            if end == b"n":
                csi, end = b"", csi + end
            if answer := _ANSWERS.get((csi, end)):
                os.write(self._master, answer)
        return data

    def send(self, keys: bytes) -> None:
        """Type these bytes."""
        os.write(self._master, keys)

    def until(self, word: str, timeout: float = 60.0) -> float:
        """Wait until `word` was written, and return the seconds since the start of the program; fail otherwise."""
        deadline = time.perf_counter() + timeout
        seen = self._tail
        while time.perf_counter() < deadline:
            seen += self._pull(deadline - time.perf_counter())
            if word.encode() in _ESCAPES.sub(b"", seen):
                self._tail = b""
                return time.perf_counter() - self.started
        shown = _ESCAPES.sub(b" ", seen)[-800:].decode("utf-8", "replace")
        raise AssertionError(f"{word!r} never came\n{shown}")

    def settle(self, quiet: float = 0.15, limit: float = 10.0) -> tuple[float, bytes]:
        """Wait until nothing came for `quiet` seconds; return when the last byte came, and all of them."""
        begin = last = time.perf_counter()
        came = b""
        while (now := time.perf_counter()) - last < quiet and now - begin < limit:
            if data := self._pull(quiet - (now - last)):
                came += data
                last = time.perf_counter()
        self._tail = came
        return last, came

    def press(self, keys: bytes, quiet: float = 0.15) -> Reaction:
        """Type keys, and return what came of them."""
        before, sent = self.effort(), time.perf_counter()
        self.send(keys)
        last, came = self.settle(quiet)
        packed = len(self._squeeze.compress(came)) + len(self._squeeze.flush(zlib.Z_SYNC_FLUSH))
        return Reaction((last - sent) * 1e3, len(came), packed, (self.effort().cpu - before.cpu) / 1e6)

    # -- what it costs -----------------------------------------------------------------------------------------

    def effort(self) -> Effort:
        """Return what the program has cost so far, over all its threads."""
        cpu = switches = 0
        for task in Path(f"/proc/{self.pid}/task").iterdir():
            with contextlib.suppress(OSError):
                cpu += int((task / "schedstat").read_text().split()[0])
                lines = (task / "status").read_text().splitlines()
                switches += sum(int(line.split()[1]) for line in lines if "ctxt_switches" in line)
        return Effort(cpu, switches)

    def memory(self) -> tuple[float, float, float]:
        """Return the program's memory in MiB: its share of all, what is private, and what it has written itself."""
        held: dict[str, int] = {}
        for line in Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines()[1:]:
            name, _colon, rest = line.partition(":")
            held[name] = int(rest.split()[0])
        dirty = held["Private_Dirty"]
        return held["Pss"] / 1024, (held["Private_Clean"] + dirty) / 1024, dirty / 1024
