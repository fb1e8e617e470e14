"""Disputes with billing, and what a role hides."""

from __future__ import annotations

from console.screens.acting import ActsOnCustomer


class ActsOnDisputes(ActsOnCustomer):
    """Disputes with billing, and what a role hides."""

    def act_hold(self) -> None:
        """Ask billing for a hold, or answer."""

    def act_reveal(self) -> None:
        """See for a while what the role hides."""
