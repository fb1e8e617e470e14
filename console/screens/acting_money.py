"""What is owed to the open customer."""

from __future__ import annotations

from console.screens.acting import ActsOnCustomer


class ActsOnMoney(ActsOnCustomer):
    """What is owed to the open customer."""

    def act_compensate(self) -> None:
        """Record what is owed, or goodwill, on the ticket that is meant (R33)."""
        from console.screens.plans_compensation import plan_compensate  # not everybody's action

        ticket = self.ticket() or self.open_ticket()
        if ticket is not None:
            self.open_plan(plan_compensate(self, ticket))
