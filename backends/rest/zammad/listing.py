"""Pages over all tickets of a server that pages by number: nothing is given twice, nothing left out.

Between two pages new tickets push the others on to later pages, so that reading on from the page where one stopped
meets some again and misses none; a removed one could pull another back, hence the page before is read too. The cursor
holds the server's page, the moment of the last ticket given, and which tickets of that moment were given.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from backends.errors import Invalid
from backends.port import Page
from backends.records import Ticket
from backends.rest.zammad.pages import place_of
from backends.rest.zammad.rows import Row
from backends.rest.zammad.site import PAGE, Site

_MOST_PAGES = 50
"""Pages of the server that one page of ours looks through for tickets that pass."""


async def tickets_page(site: Site, read: Callable[[Row], Ticket | None], after: str | None, limit: int) -> Page[Ticket]:
    """Return the tickets that `read` lets through, newest first; raises Invalid for a cursor that no page gave."""
    number, moment, given = (1, "", frozenset[str]()) if after is None else _place_in(after)
    found: dict[str, Ticket] = {}
    number = max(1, number - 1)
    first = number
    for number in range(first, first + _MOST_PAGES):
        rows = await site.all_tickets(number, "created_at")
        for row in rows:
            ticket = read(row)
            if ticket is not None and _follows(ticket, moment, given):
                found[ticket.key] = ticket
        if len(rows) < PAGE:
            break
        if len(found) > limit:
            break
    else:
        number = first + _MOST_PAGES
    ordered = sorted(found.values(), key=lambda ticket: place_of(ticket.opened_at, ticket.key), reverse=True)
    shown = tuple(ordered[:limit])
    if len(ordered) <= limit and len(rows) < PAGE:
        return Page(shown)
    last = place_of(shown[-1].opened_at, "")[0] if shown else moment
    here = {ticket.key for ticket in shown if place_of(ticket.opened_at, "")[0] == last}
    if last == moment:
        here |= given
    # what is left of this page is read again: the next one begins where the first ticket not shown may stand
    start = first if len(ordered) > limit else number
    return Page(shown, json.dumps([start + 1, last, sorted(here)]))


def _follows(ticket: Ticket, moment: str, given: frozenset[str]) -> bool:
    at = place_of(ticket.opened_at, "")[0]
    return not moment or at < moment or (at == moment and ticket.key not in given)


def _place_in(cursor: str) -> tuple[int, str, frozenset[str]]:
    try:
        place = json.loads(cursor)
    except (ValueError, RecursionError) as error:
        raise Invalid("after", "cursor") from error
    match place:
        case [int(number), str(moment), list(given)] if number > 0 and all(isinstance(each, str) for each in given):
            return number, moment, frozenset(given)
    raise Invalid("after", "cursor")
