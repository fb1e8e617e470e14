"""What becomes of an error in the background: a backend's is worded, any other ends the console with a report."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.message_pump import MessagePump
from textual.worker import Worker, WorkerState

from backends.errors import BackendError

if TYPE_CHECKING:
    from console.app import Cordboard


class WatchesWorkers(MessagePump):
    """Whoever starts workers hears how they end; none of their errors is swallowed."""

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Word a backend's error; raise what nobody expected."""
        error = event.worker.error
        if event.state is not WorkerState.ERROR or error is None:
            return
        if not isinstance(error, BackendError):
            raise error
        cast("Cordboard", self.app).fail(error)
