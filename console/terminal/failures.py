"""The last resort: a failure nobody foresaw ends the console with short words, and the details in a private file."""

from __future__ import annotations

import os
import secrets
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

from rich.console import RenderableType
from rich.text import Text
from textual.app import App

from console.i18n import _
from console.terminal import leaving

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Failure:
    """One failure as it was filed: its id, and the file with the details, None when none could be written."""

    id: str
    file: Path | None

    def words(self, *, saved: bool) -> str:
        """Return what to tell the operator; never a message of the error itself, which may quote a customer."""
        lines = [_("cordboard had to stop because of a fault of its own (reference {id}).").format(id=self.id)]
        if saved:
            lines.append(_("Your drafts are saved."))
        if self.file is not None:
            lines.append(_("Details for those who repair it: {file}").format(file=self.file))
        return "\n".join(lines)


def file_failure(error: BaseException | str, folder: Path | None) -> Failure:
    """Write the details of `error` to a new file in `folder` that only its owner can read.

    The traceback holds lines of code and the messages of the errors, never the values of local names. Raises nothing:
    a full disk or a missing folder must not hide the failure itself.
    """
    failure = secrets.token_hex(4)
    if folder is None:
        return Failure(failure, None)
    now = datetime.now(UTC)
    if isinstance(error, str):
        details = error
    else:
        details = "".join(traceback.TracebackException.from_exception(error, capture_locals=False).format())
    file = folder / f"{now:%Y%m%dT%H%M%SZ}-{failure}.txt"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(file, flags, 0o600), "w", encoding="utf-8", errors="backslashreplace") as out:
            out.write(f"{now.isoformat()} {failure}\n{details}\n")
    except OSError:
        return Failure(failure, None)
    return Failure(failure, file)


class ReportsFailuresBriefly(App[Result], Generic[Result]):
    """An app whose failures show a few words and an id; tracebacks and local values never reach the terminal.

    Drafts are saved first (`leaving.install`). The exit code is 1. Touches the private `App._handle_exception` and
    what is around `App._exit_renderables` of Textual (tested with 8.2.8).
    """

    failure_folder: ClassVar[Path | None] = None
    """Where the details go; None keeps none."""

    failure: Failure | None = None
    """The first failure, once there was one."""

    _words = ""

    def _handle_exception(self, error: Exception) -> None:
        self._return_code = 1
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        self._report(error)

    def panic(self, *renderables: RenderableType) -> None:
        """Exit because of what `renderables` describe; the description goes to the file."""
        self._return_code = 1
        self._report("\n".join(self._as_text(renderables)))

    def _report(self, error: Exception | str) -> None:
        filed = file_failure(error, self.failure_folder)
        if self.failure is None:  # later ones follow from the first; they are filed and not told
            self.failure = filed
            self._words = filed.words(saved=leaving.save_now(self))
            self._exit_renderables[:] = [Text(self._words)]
        self._close_messages_no_wait()

    def _print_error_renderables(self) -> None:
        if self._words:
            # Past Rich, which would break the path of the file at the edge of the screen.
            leaving.last_word(self._words)
            self._exit_renderables.clear()
        super()._print_error_renderables()

    def _as_text(self, renderables: Iterable[RenderableType]) -> Iterable[str]:
        for renderable in renderables:
            with self.console.capture() as captured:
                self.console.print(renderable)
            yield captured.get()
