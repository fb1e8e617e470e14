"""A driver that sleeps until something happens: keys, room for output, a new size, or the end of the line.

It stands on private parts of Textual (tested with 8.2.8), named in `_NEEDED` and touched nowhere else. When one of
them is missing, `driver_for` returns Textual's own driver and the console works as any Textual program does.
"""

from __future__ import annotations

import asyncio
import os
import select
import shutil
import signal
import sys
import termios
import threading
import tty
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, ClassVar

from textual import constants, events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size
from textual.keys import Keys
from textual.message import Message

from console.terminal.capabilities import Terminal
from console.terminal.key_repairs import FUNCTION_KEYS, KeyDecoder, from_sco, without_answers
from console.terminal.lesser_characters import lesser
from console.terminal.outlet import Outlet

TESTED_WITH = "8.2.8"
"""The version of Textual whose private parts these are."""

_NEEDED: tuple[tuple[type, tuple[str, ...]], ...] = (
    (LinuxDriver, ("_patch_lflag", "_patch_iflag", "_enable_mouse_support", "_disable_mouse_support")),
    (LinuxDriver, ("_enable_bracketed_paste", "_disable_bracketed_paste", "_enable_line_wrap")),
    (LinuxDriver, ("_disable_line_wrap", "_sigtstp_application", "_sigcont_application", "process_message")),
    (Driver, ("send_message", "suspend_application_mode", "resume_application_mode", "SignalResume")),
    (XTermParser, ("feed", "tick")),
    (App, ("post_message", "_post_message")),
)

_READ_AT_ONCE = 8192  # bytes; more would let one paste hold the event loop for long
_LAST_WORDS = 1.0  # seconds that a stalled terminal is given to take the restoring sequences on a plain exit


def what_is_missing() -> str:
    """Return the first private part of Textual that this driver needs and does not find; empty when all is there."""
    for owner, names in _NEEDED:
        for name in names:
            if not hasattr(owner, name):
                return f"{owner.__name__}.{name}"
    return "" if hasattr(XTermParser(), "_timeout_time") else "XTermParser._timeout_time"


def driver_for(terminal: Terminal) -> type[Driver] | None:
    """Return the driver class for `App(driver_class=…)` on this terminal; None leaves the choice to Textual.

    None is returned without a terminal (pipes, tests) and when Textual lacks a private part that the driver needs.
    """
    if not terminal.interactive or what_is_missing():
        return None
    if isinstance(ANSI_SEQUENCES_KEYS, dict):  # declared as a mapping only
        for sequence, key in FUNCTION_KEYS.items():
            ANSI_SEQUENCES_KEYS.setdefault(sequence, (Keys(key),))
    return type("SleepingDriverHere", (SleepingDriver,), {"terminal": terminal})


class SleepingDriver(LinuxDriver):
    """Keys by the event loop instead of a polling thread, output that never waits, no timer but for a pending Escape.

    The painter uses `congested`, `doubts` and `when_drained`; `muted` is for those who have already restored the
    terminal and want no more bytes on it.
    """

    terminal: ClassVar[Terminal]

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse and self.terminal.mouse, size=size)
        self.doubts = 0
        """Counts the occasions on which the screen may no longer show what was painted last."""
        self.cleared = False
        """The screen was cleared since the last doubt: nothing but blanks is on it."""
        self.muted = False
        self.taken = False
        """The terminal is ours: raw, on its other screen."""
        self.when_drained: Callable[[], None] | None = None
        self._outlet: Outlet | None = None
        self._thread = threading.get_ident()
        self._decoder = KeyDecoder(self.terminal.characters)
        self._parser = XTermParser(debug)
        self._patience: asyncio.TimerHandle | None = None
        self._typed_ahead = self.terminal.typed_ahead
        self._listening = False
        self._last_size = (0, 0)
        if not (self._file is not None and self._file.isatty()) and sys.__stdout__ is not None:
            self._file = sys.__stdout__  # errors go to a file: the picture still belongs on the screen

    # -- output ------------------------------------------------------------------------------------------------

    @property
    def congested(self) -> bool:
        """True while the terminal has not taken all that was written; a frame made now would be stale on arrival."""
        return self._outlet is not None and self._outlet.congested

    @property
    def stalled_seconds(self) -> float:
        """Seconds for which the terminal has taken nothing though bytes wait."""
        return 0.0 if self._outlet is None else self._outlet.stalled_seconds

    @property
    def inside_a_piece(self) -> bool:
        """True when the terminal has taken a part of an escape sequence and waits for the rest."""
        return self._outlet is not None and self._outlet.inside_a_piece

    def write(self, data: str) -> None:
        """Send `data` to the terminal, from any thread, without waiting for it."""
        if threading.get_ident() != self._thread:
            self._loop.call_soon_threadsafe(self.write, data)
            return
        outlet = self._outlet
        if outlet is None or self.muted:
            return
        characters = self.terminal.characters
        if characters == "utf8":
            outlet.write(data.encode("utf-8", "replace"))
        else:
            outlet.write(lesser(data, characters).encode("latin-1", "replace"))

    def flush(self) -> None:
        """Do nothing: what the terminal takes has gone out, and the rest goes when it takes more."""

    def _drained(self, dropped: bool) -> None:
        if dropped:
            self.doubts += 1
            self.cleared = False
            self._app.refresh(layout=True)
        if self.when_drained is not None:
            self.when_drained()

    # -- start and stop ----------------------------------------------------------------------------------------

    def start_application_mode(self) -> None:
        """Take the terminal: raw keys, the other screen, and the size that it has now."""
        if os.isatty(self.fileno) and not self._in_foreground():
            return
        if self._outlet is not None:
            self._outlet.close()
        assert self._file is not None
        self._outlet = Outlet(self._file.fileno(), self._loop, self._drained)
        self._thread = threading.get_ident()
        self.doubts += 1
        self.cleared = True
        self.taken = True
        signal.signal(signal.SIGWINCH, self._size_changed)
        self.write("\x1b[?1049h\x1b[0m\x1b[2J")
        self._make_raw()
        self.write("\x1b[?25l" if self.terminal.sco_keys else "\x1b[?25l\x1b[?1004h")
        self._enable_mouse_support()
        if self.terminal.answers_queries:
            if not constants.DISABLE_KITTY_KEY:
                self.write("\x1b[>25u")
            self._request_terminal_sync_mode_support()
        self._enable_bracketed_paste()
        self._disable_line_wrap()
        self._last_size = self._get_terminal_size()
        self._send_size()
        self._listen()
        if self._must_signal_resume:
            self._must_signal_resume = False
            self.send_message(self.SignalResume())

    def _in_foreground(self) -> bool:
        """Go back to sleep when the shell keeps the terminal (`bg` after Ctrl+Z); a harmless change shows it."""

        def stop_again(*_: object) -> None:
            os.kill(os.getpid(), signal.SIGSTOP)

        signal.signal(signal.SIGTTOU, stop_again)
        signal.signal(signal.SIGTTIN, stop_again)
        try:
            termios.tcsetattr(self.fileno, termios.TCSANOW, termios.tcgetattr(self.fileno))
        except termios.error:
            return False
        finally:
            signal.signal(signal.SIGTTOU, signal.SIG_DFL)
            signal.signal(signal.SIGTTIN, signal.SIG_DFL)
        return True

    def _make_raw(self) -> None:
        try:
            self.attrs_before = termios.tcgetattr(self.fileno)
            raw = termios.tcgetattr(self.fileno)
            raw[tty.LFLAG] = self._patch_lflag(raw[tty.LFLAG])
            # A parity or eighth bit that is stripped would turn é into a control character.
            raw[tty.IFLAG] = self._patch_iflag(raw[tty.IFLAG]) & ~termios.ISTRIP
            raw[tty.CC][termios.VMIN] = 1
            raw[tty.CC][termios.VTIME] = 0
            termios.tcsetattr(self.fileno, termios.TCSANOW, raw)
        except termios.error:
            self.attrs_before = None

    def disable_input(self) -> None:
        """Take no more keys; what was typed and not read is dropped, so that it does not reach the shell."""
        if not self._listening:
            return
        signal.signal(signal.SIGWINCH, signal.SIG_DFL)
        self._disable_mouse_support()
        self._stop_listening()
        if not self.muted:
            try:
                termios.tcflush(self.fileno, termios.TCIFLUSH)
            except termios.error:
                return

    def stop_application_mode(self) -> None:
        """Give the terminal back as it was."""
        if self._outlet is not None:
            self._outlet.drop_pictures()
        self._disable_bracketed_paste()
        self._enable_line_wrap()
        self.disable_input()
        if self.attrs_before is not None and not self.muted:
            try:
                termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)
            except termios.error:
                self.attrs_before = None
        # The keyboard's stack belongs to the other screen: it is popped before that is left.
        self.write("\x1b[<u\x1b[?1004l\x1b[0m\x1b[?1049l\x1b[?25h")
        self.taken = False

    def close(self) -> None:
        """Send the last words, within a second, and let go of the terminal."""
        if self._outlet is not None:
            self._outlet.flush(_LAST_WORDS)
            self._outlet.close()

    # -- size --------------------------------------------------------------------------------------------------

    def _get_terminal_size(self) -> tuple[int, int]:
        try:
            size = os.get_terminal_size(self.fileno)
        except OSError:
            size = shutil.get_terminal_size((80, 24))
        return size.columns or 80, size.lines or 24

    def _size_changed(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._tell_size)

    def _tell_size(self) -> None:
        size = self._get_terminal_size()
        same, self._last_size = size == self._last_size, size
        if same:
            # Someone else drew here and asks for the picture: dtach does so on attaching.
            self.doubts += 1
            self.cleared = False
            self._app.refresh(layout=True)
            return
        self._send_size()

    def _send_size(self) -> None:
        size = Size(*self._last_size)
        self.send_message(events.Resize(size, size))

    # -- keys --------------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        self._loop.add_reader(self.fileno, self._readable)
        self._listening = True
        if self._typed_ahead:
            typed, self._typed_ahead = self._typed_ahead, b""
            self._loop.call_soon(partial(self._feed, typed))

    def _stop_listening(self) -> None:
        if self._listening:
            self._loop.remove_reader(self.fileno)
            self._listening = False
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _readable(self) -> None:
        # Another reader of the same terminal may have been faster; a read would then block the loop.
        if not select.select([self.fileno], [], [], 0)[0]:
            return
        try:
            data = os.read(self.fileno, _READ_AT_ONCE)
        except InterruptedError:
            return
        except OSError:  # EIO: hung up
            data = b""
        if data:
            self._feed(data)
        else:
            self._line_lost()

    def _feed(self, data: bytes) -> None:
        self._understand(self._decoder.feed(data))
        self._wait_if_needed()

    def _understand(self, text: str) -> None:
        text = without_answers(from_sco(text) if self.terminal.sco_keys else text)
        # Piece by piece where sequences are, so that one the parser chokes on takes nothing else with it.
        for piece in text if "\x1b" in text else (text,):
            if piece:
                self._hand_on(partial(self._parser.feed, piece))

    def _hand_on(self, parse: Callable[[], Iterable[Message]]) -> None:
        try:
            for event in parse():
                self.process_message(event)
        except Exception:  # whatever a terminal sends, the console goes on; the parser starts anew
            self._parser = XTermParser(self._debug)

    def _wait_if_needed(self) -> None:
        if self._patience is None and (self._decoder.waits or self._parser._timeout_time is not None):
            self._patience = self._loop.call_later(constants.ESCAPE_DELAY + 0.001, self._patience_ended)

    def _patience_ended(self) -> None:
        self._patience = None
        if self._decoder.waits:
            self._understand(self._decoder.give_up_waiting())
        self._hand_on(self._parser.tick)
        self._wait_if_needed()

    def send_message(self, message: Message) -> None:
        """Hand `message` to the app: at once on the loop's own thread."""
        if threading.get_ident() == self._thread:
            self._app.post_message(message)
        else:
            super().send_message(message)

    # -- the end of the line -----------------------------------------------------------------------------------

    def _line_lost(self) -> None:
        """The terminal is gone: never read it again (it would say so for ever), save, and leave."""
        self._stop_listening()
        if self._outlet is not None:
            self._outlet.close()
        self.muted = True
        from console.terminal import leaving

        if not leaving.hang_up(self._app):
            self._app.exit(return_code=128 + signal.SIGHUP)
