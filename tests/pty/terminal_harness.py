"""A real pseudo terminal with a program on it, read through an emulator: what a person would see and could do.

`Session` starts a program as the leader of its own terminal session, feeds every byte it writes to a pyte screen on
a thread of its own, and offers what an operator or a bad line can do: type, resize, hang up, stall.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import pyte

_LONG = 60.0
_HERE = Path(__file__).resolve().parent


class Session:
    """A program on a terminal of its own; use it as a context manager.

    `env` is the whole environment. Times are in seconds. `answers` are given to queries by the terminal: the cursor
    position is answered from the emulator when `answers_cursor` is true.
    """

    def __init__(
        self,
        argv: Sequence[str],
        env: Mapping[str, str],
        cols: int = 80,
        rows: int = 24,
        *,
        cwd: str | None = None,
        answers_cursor: bool = False,
        prepare: Callable[[], None] | None = None,
    ) -> None:
        self.raw = bytearray()
        self.cols, self.rows = cols, rows
        self._emulator = pyte.Screen(cols, rows)
        self._stream = pyte.ByteStream(self._emulator)
        self._lock = threading.Condition()
        self._may_read = threading.Event()
        self._may_read.set()
        self._answers_cursor = answers_cursor
        self._status: int | None = None
        self.pid, self._master = pty.fork()
        if self.pid == 0:  # the child: no way back into the tests
            try:
                if prepare is not None:
                    prepare()
                if cwd is not None:
                    os.chdir(cwd)
                os.execvpe(argv[0], list(argv), dict(env))
            finally:
                os._exit(127)
        self._set_size(cols, rows)
        self.before = termios.tcgetattr(self._master)
        self._stop_r, self._stop_w = os.pipe()
        self._open = True
        self._thread = threading.Thread(target=self._read, name="terminal-harness", daemon=True)
        self._thread.start()

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- what an operator can do -------------------------------------------------------------------------------

    def send(self, data: bytes) -> None:
        """Type these bytes."""
        os.write(self._master, data)

    def resize(self, cols: int, rows: int) -> None:
        """Give the window another size; the program gets SIGWINCH."""
        with self._lock:
            self._emulator.resize(rows, cols)
            self.cols, self.rows = cols, rows
        self._set_size(cols, rows)

    def signal(self, number: int) -> None:
        """Send a signal to the program."""
        os.kill(self.pid, number)

    # -- what a bad line can do --------------------------------------------------------------------------------

    def hangup(self) -> None:
        """Take the terminal away."""
        self._end_reading()
        if self._open:
            self._open = False
            os.close(self._master)

    def stall(self) -> None:
        """Take no more bytes from the program, as a line that hangs."""
        self._may_read.clear()

    def resume(self) -> None:
        """Take bytes again."""
        self._may_read.set()

    @contextlib.contextmanager
    def scribbled_over(self) -> Iterator[None]:
        """Write nonsense on the screen behind the program's back, as another program would."""
        with self._lock:
            for y in range(self.rows):
                self._stream.feed(b"\x1b[%d;1H\x1b[41m%s" % (y + 1, b"#" * self.cols))
        yield

    # -- what can be seen --------------------------------------------------------------------------------------

    def screen(self) -> list[str]:
        """Return the lines on the screen, without blanks at their ends."""
        with self._lock:
            rows, columns = range(self.rows), range(self.cols)
            # Not `display`, which stumbles over half of a wide character.
            return ["".join(self._emulator.buffer[y][x].data for x in columns).rstrip() for y in rows]

    def cells(self) -> list[list[tuple[Any, ...]]]:
        """Return every cell as (text, foreground, background, bold, reverse, underscore)."""
        with self._lock:
            return [[_cell(self._emulator.buffer[y][x]) for x in range(self.cols)] for y in range(self.rows)]

    @property
    def text(self) -> str:
        """The screen as one string."""
        return "\n".join(self.screen())

    def cursor(self) -> tuple[int, int, bool]:
        """Return the cursor's column and row, counted from 0, and whether it is visible."""
        with self._lock:
            cursor = self._emulator.cursor
            return cursor.x, cursor.y, not cursor.hidden

    def settings(self) -> list[Any]:
        """Return the terminal's settings as the program has set them."""
        return termios.tcgetattr(self._master)

    # -- waiting -----------------------------------------------------------------------------------------------

    def wait_for(self, text: str, timeout: float = _LONG) -> None:
        """Wait until `text` is on the screen; fail with the screen otherwise."""
        self.wait_until(lambda: text in self.text, timeout, f"{text!r} on the screen")

    def wait_until(self, condition: Callable[[], bool], timeout: float = _LONG, what: str = "it") -> None:
        """Wait until `condition` holds; it is asked whenever bytes came, and now and then."""
        deadline = time.monotonic() + timeout
        while not condition():
            left = deadline - time.monotonic()
            if left <= 0:
                raise AssertionError(f"waited {timeout} s in vain for {what}\n{self.text}\n{bytes(self.raw[-400:])!r}")
            with self._lock:
                self._lock.wait(min(left, 0.05))

    def wait_quiet(self, seconds: float = 0.25, timeout: float = _LONG) -> None:
        """Wait until the program has written nothing for `seconds`."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            size = len(self.raw)
            time.sleep(seconds)  # silence can only be seen by waiting
            if len(self.raw) == size:
                return
        raise AssertionError("the program never fell silent")

    def wait_exit(self, timeout: float = _LONG) -> int:
        """Wait for the program's end; return its exit code, or minus the signal that killed it."""
        code = self.wait_exit_undrained(timeout)
        self._drain()
        return code

    def wait_exit_undrained(self, timeout: float = _LONG) -> int:
        """Wait for the program's end while the line may be stalled; what it wrote last stays in the line."""
        deadline = time.monotonic() + timeout
        while self._status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._status = os.waitstatus_to_exitcode(status)
                break
            if time.monotonic() > deadline:
                raise AssertionError(f"still running after {timeout} s\n{self.text}")
            time.sleep(0.02)
        return self._status

    # -- what it costs -----------------------------------------------------------------------------------------

    def switches(self) -> int:
        """Return how often the program has been woken so far, over all its threads."""
        total = 0
        for status in Path(f"/proc/{self.pid}/task").glob("*/status"):
            with contextlib.suppress(OSError):
                for line in status.read_text().splitlines():
                    if line.startswith(("voluntary_ctxt", "nonvoluntary_ctxt")):
                        total += int(line.split()[1])
        return total

    def state(self) -> str:
        """Return the kernel's letter for what the program does: R, S, T (stopped), Z."""
        return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0]

    def cpu_seconds(self) -> float:
        """Return the processor time that the program has used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        """End the program and the terminal, whatever state they are in."""
        self.hangup()
        if self._status is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self.pid, 0)

    # -- inside ------------------------------------------------------------------------------------------------

    def _set_size(self, cols: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))

    def _read(self) -> None:
        while True:
            self._may_read.wait()
            ready, _, _ = select.select([self._master, self._stop_r], [], [])
            if self._stop_r in ready:
                return
            if not self._may_read.is_set():
                continue
            if not self._take():
                return

    def _take(self) -> bool:
        try:
            data = os.read(self._master, 65536)
        except OSError:
            return False
        if not data:
            return False
        with self._lock:
            self.raw += data
            self._stream.feed(data)
            place = (self._emulator.cursor.y + 1, self._emulator.cursor.x + 1)
            self._lock.notify_all()
        if self._answers_cursor and b"\x1b[6n" in data:
            self.send(b"\x1b[%d;%dR" % place)
        return True

    def _drain(self) -> None:
        """Take what the program wrote last."""
        if not self._open:
            return
        self._end_reading()
        while select.select([self._master], [], [], 0.1)[0] and self._take():
            pass

    def _end_reading(self) -> None:
        if self._thread.is_alive():
            self._may_read.set()
            os.write(self._stop_w, b"x")
            self._thread.join(5)


def small_app(folder: Path, *, cols: int = 80, rows: int = 24, **env: str) -> Session:
    """Start `terminal_app.py` with `folder` for its traces; `env` adds to an otherwise bare environment."""
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "APP_FOLDER": str(folder),
        "PYTHONPATH": str(_HERE.parent.parent),
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
    }
    environ.update(env)
    return Session([sys.executable, str(_HERE / "terminal_app.py")], environ, cols, rows)


def _cell(char: Any) -> tuple[Any, ...]:
    return (char.data, char.fg, char.bg, char.bold, char.reverse, char.underscore)
