"""Scripts for the open customer, and what was handed over to the agent."""

from __future__ import annotations

from console.screens.acting import ActsOnCustomer


class ActsByGuide(ActsOnCustomer):
    """Scripts for the open customer, and what was handed over to the agent."""

    def act_script(self) -> None:
        """Go through the questions of a matter."""

    def act_accept(self) -> None:
        """Take over, or decline, what was handed over."""
