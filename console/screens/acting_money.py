"""What is owed to the open customer."""

from __future__ import annotations

from console.screens.acting import ActsOnCustomer


class ActsOnMoney(ActsOnCustomer):
    """What is owed to the open customer."""

    def act_compensate(self) -> None:
        """Record what is owed, or goodwill."""
