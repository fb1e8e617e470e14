"""Joining, climbing the ladder and visits: what keeps a case together."""

from __future__ import annotations

from console.screens.acting import ActsOnCustomer


class ActsOnCases(ActsOnCustomer):
    """Joining, climbing the ladder and visits: what keeps a case together."""

    def act_join(self) -> None:
        """Join what belongs to one matter."""

    def act_escalate(self) -> None:
        """One rung up or down the ladder."""

    def act_visit(self) -> None:
        """Plan a visit, or say what became of it."""
