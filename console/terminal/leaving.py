"""Ready to leave at any moment: signals, a terminal that is gone, and failures nobody foresaw.

One thread sleeps in `poll` on a pipe and on the terminal. A signal or a hang-up wakes it; it saves, gives the terminal
back, asks the app to close, and ends the process itself when the app does not. So leaving works while the event loop
is stuck, while the main thread holds a lock that saving needs, and on a terminal that takes no byte.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import termios
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from textual.app import App

SAVING_SECONDS = 1.0
"""Seconds that saving may take before the process leaves without it."""

CLOSING_SECONDS = 0.6
"""Seconds that the app then has to close in good order."""

_SIGNALS = (signal.SIGTERM, signal.SIGHUP)

# Any order in progress is cut off, then: end of a synchronised frame, plain letters, the whole screen scrolls, the
# keyboard's own protocol is popped (its stack belongs to the other screen), mouse, paste and focus reports off, lines
# wrap, back to the first screen, cursor shown.
_RESTORE = (
    b"\x1b[?2026l\x1b[0m\x1b[r\x1b[<u\x1b[?1000l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?2004l\x1b[?1004l"
    b"\x1b[?7h\x1b[?1049l\x1b[?25h"
)
_CANCEL = b"\x18"


class Departure:
    """Watches for reasons to leave and leaves once; `install` makes it."""

    def __init__(self, app: App[Any], save: Callable[[], None]) -> None:
        self._app = app
        self._save = save
        self._settings = _settings_of(0)
        self._leaving = threading.Lock()
        self._wake, self._alarm = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._before: dict[int, Any] = {}
        self._former_wakeup = -1
        self._thread = threading.Thread(target=self._watch, name="cordboard-leaving", daemon=True)
        self._standing = True

    def start(self) -> None:
        """Take over the signals and begin to watch; only from the main thread."""
        for number in _SIGNALS:
            # Started to survive a hang-up (nohup): the signal stays ignored, the lost terminal is seen anyway.
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._signalled)
        # The C level writes the number even while the main thread is busy outside Python.
        former = signal.set_wakeup_fd(self._alarm, warn_on_full_buffer=False)
        if former != -1:
            signal.set_wakeup_fd(former, warn_on_full_buffer=False)
        self._thread.start()

    def stop(self) -> None:
        """Give the signals back and end the watch; for a program that goes on after its app."""
        if not self._standing:
            return
        self._standing = False
        for number, handler in self._before.items():
            signal.signal(number, handler)
        former = signal.set_wakeup_fd(-1)
        if former not in (-1, self._alarm):
            signal.set_wakeup_fd(former, warn_on_full_buffer=False)
        self._ring(0)
        self._thread.join(1.0)
        os.close(self._alarm)
        os.close(self._wake)

    def hang_up(self) -> None:
        """Leave because the terminal is gone; returns at once, from any thread."""
        self._ring(signal.SIGHUP)

    def save(self) -> bool:
        """Save within `SAVING_SECONDS`, whatever locks others hold; return whether it was done without an error."""
        done: list[bool] = []

        def saving() -> None:
            with contextlib.suppress(Exception):  # leaving goes on; the journal holds all but the last moment
                self._save()
                done.append(True)

        helper = threading.Thread(target=saving, name="cordboard-last-save", daemon=True)
        helper.start()
        helper.join(SAVING_SECONDS)
        return bool(done)

    def _signalled(self, number: int, _frame: FrameType | None) -> None:
        self._ring(number)

    def _ring(self, number: int) -> None:
        with contextlib.suppress(OSError):  # a full pipe has woken the watcher already
            os.write(self._alarm, bytes((number,)))

    def _watch(self) -> None:
        poll = select.poll()
        poll.register(self._wake, select.POLLIN)
        if os.isatty(0):
            poll.register(0, 0)  # hang-up and error are reported without being asked for
        while True:
            for fd, event in poll.poll():
                if fd == self._wake:
                    numbers = set(os.read(self._wake, 64))
                    if 0 in numbers:
                        return
                    for number in _SIGNALS:
                        if number in numbers and number in self._handled:
                            self._leave(number)
                elif event & (select.POLLHUP | select.POLLERR | select.POLLNVAL):
                    poll.unregister(fd)
                    if event & select.POLLHUP:
                        self._leave(signal.SIGHUP)

    @property
    def _handled(self) -> set[int]:
        # The driver reports a lost line as a hang-up even where the signal itself is ignored.
        return {*self._before, signal.SIGHUP}

    def _leave(self, number: int) -> None:
        if not self._leaving.acquire(blocking=False):
            return
        code = 128 + number
        self.save()
        self._restore_terminal()
        if _is_gone(0):
            _let_go_of_output()
        driver = self._app._driver
        loop = getattr(driver, "_loop", None)
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended: the process is about to
                loop.call_soon_threadsafe(self._close_app, code)
            time.sleep(CLOSING_SECONDS)
        os._exit(code)

    def _close_app(self, code: int) -> None:
        self._app.exit(return_code=code)

    def _restore_terminal(self) -> None:
        driver = self._app._driver
        settings = getattr(driver, "attrs_before", None) or self._settings
        partial = bool(getattr(driver, "inside_a_piece", False))
        # Textual's own driver does not say whether the terminal is taken, only that it once was.
        drawn = bool(getattr(driver, "taken", getattr(driver, "attrs_before", None) is not None))
        if driver is not None:
            driver.muted = True  # type: ignore[attr-defined]  # a driver that knows it writes nothing more
        restore_terminal(settings, sequences=drawn, cut_off=partial)


def restore_terminal(settings: list[Any] | None, *, sequences: bool = True, cut_off: bool = False) -> None:
    """Give the terminal back without ever waiting for it: cooked mode from `settings`, then the restoring sequences.

    `cut_off` ends an escape sequence of which only a part went out. Raises nothing; a terminal that takes nothing
    keeps its picture.
    """
    if settings is not None:
        with contextlib.suppress(termios.error, OSError):
            termios.tcsetattr(0, termios.TCSANOW, settings)
    if not sequences:
        return
    with contextlib.suppress(OSError):
        fd = os.open(os.ttyname(0), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            os.write(fd, (_CANCEL if cut_off else b"") + _RESTORE)
        finally:
            os.close(fd)


def _is_gone(fd: int) -> bool:
    poll = select.poll()
    poll.register(fd, 0)
    return any(event & select.POLLHUP for _, event in poll.poll(0))


def _let_go_of_output() -> None:
    """Send what is still printed nowhere: Python ends with 120 when it cannot flush it at the end."""
    with contextlib.suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
        for fd in (1, 2):
            if os.isatty(fd) or _is_gone(fd):
                os.dup2(nowhere, fd)
        os.close(nowhere)


def _settings_of(fd: int) -> list[Any] | None:
    try:
        return termios.tcgetattr(fd)
    except (termios.error, OSError):
        return None


_standing: Departure | None = None


def install(app: App[Any], save: Callable[[], None]) -> Departure:
    """Make `app` ready to leave on SIGTERM (143), SIGHUP (129) and a lost terminal (129).

    Call before `app.run()`, from the main thread, while the terminal still has its own settings. `save` keeps the
    drafts; it runs on a thread of its own, may run while the main thread is anywhere, and gets `SAVING_SECONDS`. The
    app is then asked to exit with the code as `return_code`; the process ends with it even when the app does not
    within `CLOSING_SECONDS`. `uninstall` when the app has returned and the program goes on.
    """
    global _standing  # signals and the terminal belong to the process, so does the one who answers them
    if _standing is not None:
        _standing.stop()
    _standing = Departure(app, save)
    _standing.start()
    return _standing


def uninstall() -> None:
    """Undo `install`: signals act as before."""
    global _standing
    if _standing is not None:
        _standing.stop()
        _standing = None


def hang_up(app: App[Any]) -> bool:
    """Leave because the terminal of `app` is gone; return False when nobody was installed to see to that."""
    if _standing is None or _standing._app is not app:
        return False
    _standing.hang_up()
    return True


def save_now(app: App[Any]) -> bool:
    """Save the drafts of `app` as on leaving; return whether that was done."""
    return _standing is not None and _standing._app is app and _standing.save()


def last_word(text: str) -> None:
    """Write `text` to the error output as far as it takes it; raises nothing."""
    with contextlib.suppress(OSError, ValueError):
        print(text, file=sys.__stderr__, flush=True)
