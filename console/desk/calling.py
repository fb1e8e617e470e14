"""Finding who calls: the customers with the caller's number, with what is needed to rank them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from backends.errors import BackendError
from backends.port import Match, MatchedOn
from console.desk.desk import Desk
from console.rules.callers import Candidate, family, ranked
from console.rules.standing import open_tickets

if TYPE_CHECKING:
    from console.calls.call import Call

MOST = 9
"""Candidates that are offered: each has a digit."""


async def candidates_for(desk: Desk, call: Call) -> tuple[Candidate, ...]:
    """Return who has the caller's number, likeliest first; nobody for one that is withheld or no telephone number.

    Nothing of it is noted as a reading: only names and counts are shown. Raises what the backend raises.
    """
    if not call.dialable:
        return ()
    dialled = family(call.operator_key, desk.operators)
    found = [one for one in await desk.find(call.number) if one.on is MatchedOn.PHONE]
    own = [one for one in found if one.customer.operator_key in dialled]
    likely = {one.customer.key: one for one in (*own, *found)}
    some = list(likely.values())[:MOST]
    facts = await asyncio.gather(*(_candidate(desk, one, dialled) for one in some))
    return ranked(facts)


async def _candidate(desk: Desk, match: Match, dialled: frozenset[str]) -> Candidate:
    customer = match.customer
    of_dialled = not dialled or customer.operator_key in dialled
    try:
        file = await desk.backend.customer_file(customer.key)
    except BackendError:  # a source that knows the number and no more just now; the choice is still the agent's
        return Candidate(customer, of_dialled)
    last = max((one.at for one in file.recent_inbound), default=None)
    return Candidate(customer, of_dialled, last, len(open_tickets(file)))
