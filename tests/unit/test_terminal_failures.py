"""Failures and hang-ups from the inside: what is filed, what is told, what is undone."""

from __future__ import annotations

import signal
import stat
from pathlib import Path
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.widgets import Static

from console.terminal import leaving
from console.terminal.failures import ReportsFailuresBriefly, file_failure


def test_the_details_are_private_and_without_values(tmp_path: Path) -> None:
    """The file can be read by its owner only and holds the traceback, not what the variables held."""
    try:
        card = "".join(["41", "11"])
        raise ValueError(len(card))
    except ValueError as error:
        failure = file_failure(error, tmp_path / "new" / "folder")
    assert failure.file is not None
    assert stat.S_IMODE(failure.file.stat().st_mode) == 0o600
    text = failure.file.read_text()
    assert failure.id in text
    assert "ValueError: 4" in text
    assert "4111" not in text


def test_nothing_is_filed_where_nothing_may_be_and_nobody_fails(tmp_path: Path) -> None:
    """No folder, or one that cannot be made, gives an id without a file."""
    (tmp_path / "file").write_text("")
    assert file_failure("text", None).file is None
    failure = file_failure("text", tmp_path / "file" / "folder")
    assert failure.file is None
    assert failure.id in failure.words(saved=False)
    assert "saved" not in failure.words(saved=False)


class FailingApp(ReportsFailuresBriefly[None]):
    """Fails when it is told to."""

    def compose(self) -> ComposeResult:
        yield Static("fine")

    def action_panic(self) -> None:
        self.panic("customer 4711", "and more")


async def test_a_panic_files_what_it_describes_and_tells_an_id(tmp_path: Path) -> None:
    """What Textual would print goes to the file; the terminal gets the words."""

    class Filing(FailingApp):
        failure_folder = tmp_path

    app = Filing()
    async with app.run_test():
        app.action_panic()
        words = "".join(str(part) for part in app._exit_renderables)
        assert app.failure is not None
        assert app.failure.id in words
        assert "4711" not in words
    (file,) = tmp_path.iterdir()
    assert "customer 4711" in file.read_text()
    assert app.return_code == 1


async def test_two_failures_are_told_as_one(tmp_path: Path) -> None:
    """Later failures follow from the first: they are filed, and the words stay those of the first."""

    class Filing(FailingApp):
        failure_folder = tmp_path

    app = Filing()

    async def fail_twice() -> None:
        async with app.run_test():
            app._handle_exception(RuntimeError("customer 4711"))
            app._handle_exception(RuntimeError("another"))
            assert len(app._exit_renderables) == 1

    with pytest.raises(RuntimeError, match="4711"):
        await fail_twice()
    assert len(list(tmp_path.iterdir())) == 2


def test_signals_come_back_after_uninstalling() -> None:
    """A program that goes on after its app has its handlers back, and a second installation replaces the first."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    app: App[Any] = App()
    saved: list[int] = []
    leaving.install(app, lambda: saved.append(1))
    leaving.install(app, lambda: saved.append(2))
    assert signal.getsignal(signal.SIGTERM) != before[signal.SIGTERM]
    assert leaving.save_now(app)
    leaving.uninstall()
    assert {number: signal.getsignal(number) for number in before} == before
    assert saved == [2]
    assert not leaving.save_now(app)
    assert not leaving.hang_up(app)
    assert signal.set_wakeup_fd(-1) == -1


def test_saving_that_fails_is_not_told_as_saved() -> None:
    """A save that raises is reported as not done."""
    app: App[Any] = App()

    def fail() -> None:
        raise OSError("disk full")

    leaving.install(app, fail)
    assert not leaving.save_now(app)
    leaving.uninstall()
