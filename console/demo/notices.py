"""Who of the demo was told in time that their fixed term ends: nearly everybody, so that a few are left to do (R24)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from random import Random

from backends.records import Contract, ContractState
from console.data.renewals import renewal_rules
from console.demo.household import Household

FORGOTTEN = 0.06
"""Share of the terms whose customer was not told when the window opened."""
FORGOTTEN_FOR_GOOD = 0.1
"""Share of these that nobody noticed until the last day was over."""


def give_notices(home: Household) -> None:
    """Say of the customer's contracts when they were told of the end; the same for the same contract, whoever asks."""
    home.contracts = [_told(home, one) for one in home.contracts]


def _told(home: Household, contract: Contract) -> Contract:
    if contract.ends_on is None or contract.state is not ContractState.RUNNING or contract.notice_sent_at is not None:
        return contract
    rng = Random(f"notice:{contract.number}")
    rule = renewal_rules().notice_for(home.house.country, contract.ends_on)
    day = contract.ends_on - timedelta(days=rule.from_days) + timedelta(days=rng.randint(0, 3))
    last = contract.ends_on - timedelta(days=rule.to_days)
    if rng.random() < FORGOTTEN:
        if rng.random() < FORGOTTEN_FOR_GOOD:
            return contract
        day = last - timedelta(days=rng.randint(0, 2))
    sent = datetime.combine(day, time(10, rng.randint(0, 59)), home.zone).astimezone(UTC)
    told = contract.started_on <= day and sent <= home.now
    return replace(contract, notice_sent_at=sent) if told else contract
