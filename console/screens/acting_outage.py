"""What an agent does about an outage that hits the open customer."""

from __future__ import annotations

from console.screens.acting import ActsOnCustomer


class ActsOnOutages(ActsOnCustomer):
    """What an agent does about an outage that hits the open customer."""

    def act_attach(self) -> None:
        """Attach the caller to the outage."""
